"""Invented committees: their predictions, and those of their members."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.comparison import REFITTED_FACTOR, compute_corrected_t_test


def take_as_members(
    predictions: pd.DataFrame, committee: str, members: list[str]
) -> pd.DataFrame:
    """The test rows of some models as those of members of another."""
    rows = predictions[predictions["model"].isin(members) & (predictions["part"] == "test")]
    return rows.assign(member=rows["model"], model=committee)


def simulate_claims(
    studies: int, patients: int, seed: int, *, effect: float, n_members: int = 4
) -> dict[str, float]:
    """Shares of studies whose committee, no better than its members, is called so or worse.

    Five folds, twice; each of the models, one of which stands for the committee, learns the
    difference of the class means over ten genes of its own, of which three tell in each.
    """
    random = np.random.default_rng(seed)
    label = np.arange(patients) % 2
    claims = np.zeros((studies, 3), dtype=bool)
    for study in range(studies):
        X = random.normal(size=(1 + n_members, patients, 10))
        X[:, :, :3] += effect * label[:, None]
        fold = np.stack([random.permutation(patients) % 5 for _ in range(2)])
        aucs = np.array([_learn(X, label, of == k) for of in fold for k in range(5)])
        best = 1 + aucs[:, 1:].mean(axis=0).argmax()
        named, chosen = (
            compute_corrected_t_test(aucs[:, 0] - aucs[:, member], REFITTED_FACTOR / 4)
            for member in (1, best)
        )
        claims[study] = chosen.ci_low > 0, chosen.ci_high < 0, named.ci_high < 0
    names = ("better", "worse", "worse than one named before")
    return dict(zip(names, claims.mean(axis=0).tolist(), strict=True))


def _learn(X: np.ndarray, label: np.ndarray, is_test: np.ndarray) -> list[float]:
    """Test AUC of each model."""
    positive = X[:, ~is_test & (label == 1)].mean(axis=1)
    weights = positive - X[:, ~is_test & (label == 0)].mean(axis=1)
    scores = np.einsum("mng,mg->mn", X[:, is_test], weights)
    one = np.ones((1, int(is_test.sum())))
    return [float(compute_weighted_auc(label[is_test], of, one)[0]) for of in scores]
