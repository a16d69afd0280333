"""What a bootstrap of test patients misses where patients that test one model train another."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from deepcme.evaluation.predictions import STRATUM, FloatArray, compute_rank_shares


def compute_refit_inflation(test: pd.DataFrame, training: pd.DataFrame, auc: float) -> float:
    """Factor on the variance of a cross-validated AUC that the bootstrap of patients gives.

    The bootstrap holds the models fixed. But if patient j's data raise the rank of
    patient i where i is tested, i's data raise that of j where j is: the test
    parts are correlated [1]_. Models weigh their training patients by likeness to first
    order, and likeness is symmetric, so that the covariance that is missed equals, for
    each pair that is tested on each other's models, the variance of this
    influence. How large it is shows where a patient is tested more than once:
    its ranks differ as the training parts do. With q the share of it in the
    variance of ranks within a class, were two training parts to have no patient in
    common, the variance of the mean over a patient's tests is 1 - q + a q, of
    which b q is missed; a and b follow from who trained and tested where.

    Parameters
    ----------
    test : DataFrame
        Test rows of one model: `split, sample, patient, label, score`.
    training : DataFrame
        The rows that its models were fitted on: `split, patient`. Without any, all
        patients that a split does not test are taken for those of its training part.
    auc : float
        The mean test AUC, 0 to 1.

    Returns
    -------
    float
        At least 1, and about 2 at most. It is 1 where no patient that tests a
        model trains one that is tested on those who trained it: frozen models, and
        those of other cohorts. Where nobody is tested twice, q is taken for 1.

    References
    ----------
    .. [1] Bengio Y, Grandvalet Y (2004). No unbiased estimator of the variance of
       K-fold cross-validation. Journal of Machine Learning Research 5:1089-1105.
    """
    refits = Refits.of(test, training)
    return refits.inflate(refits.share_of_training(test), auc)


@dataclass(frozen=True)
class Refits:
    """How the training parts of a model's fits lie to each other, whatever the fits say.

    Attributes
    ----------
    missed, kept : float
        a and b of `compute_refit_inflation`: 1 - `kept`, and `missed`.
    in_common : float, optional
        Share of the training part that two fits have in common, of those that test a patient
        in common; None where nobody is tested twice.
    """

    missed: float
    kept: float
    in_common: float | None

    @classmethod
    def of(cls, test: pd.DataFrame, training: pd.DataFrame) -> Refits:
        """Of the rows that `compute_refit_inflation` takes."""
        return _compare_parts(test, training)

    def share_of_training(self, test: pd.DataFrame) -> float:
        """That of the variance of ranks, q of `compute_refit_inflation`."""
        if self.missed == 0 or self.in_common is None:
            return 1.0
        return _share_of_training(test, self.in_common)

    def inflate(self, share_of_training: float, auc: float) -> float:
        """The factor on the variance."""
        if self.missed == 0:
            return 1.0
        q = share_of_training
        return 1 + _linear_share(auc) * self.missed * q / (1 - q + self.kept * q)


def _compare_parts(test: pd.DataFrame, training: pd.DataFrame) -> Refits:
    splits = pd.Index(test["split"].unique())
    training = training[training["split"].isin(splits)]
    everyone = (
        pd.concat([test["patient"], training["patient"]]) if len(training) else test["patient"]
    )
    patients = pd.Index(everyone.unique())
    tested = _membership(test, splits, patients)
    trained = _membership(training, splits, patients) if len(training) else 1 - tested
    n_trained = trained.sum(axis=1).mean()
    times = tested.sum(axis=0)
    share = tested / np.maximum(times, 1)
    on_model_of = share @ trained.T
    n_pairs = np.count_nonzero(times) * n_trained
    missed = float((on_model_of * on_model_of.T).sum()) / n_pairs if n_pairs else 0.0
    if missed == 0:
        return Refits(missed, 1.0, None)
    overlap = trained @ trained.T / n_trained
    kept = float(((share @ share.T) * overlap).sum()) / np.count_nonzero(times)
    together = tested @ tested.T
    np.fill_diagonal(together, 0)
    in_common = float(np.average(overlap, weights=together)) if together.any() else None
    return Refits(missed, kept, in_common)


def select_training_rows(
    predictions: pd.DataFrame, refitted: Collection[str] = ()
) -> pd.DataFrame:
    """The rows that a model was fitted on, of `refitted` models with the validation part."""
    part = predictions["part"]
    again = part.eq("validation") & predictions["model"].isin(refitted)
    return predictions[part.eq("train") | again]


def count_rarer_in_part(test: pd.DataFrame) -> float:
    """Mean over splits of the number of test patients in the rarer class."""
    positive = test.groupby(["split", "patient"], observed=True)["label"].max()
    of_split = positive.groupby("split", observed=True)
    events = of_split.sum()
    return float(np.minimum(events, of_split.size() - events).mean())


def _membership(rows: pd.DataFrame, splits: pd.Index, patients: pd.Index) -> FloatArray:
    """Which patients are in the rows of each split, splits x patients."""
    member = np.zeros((len(splits), len(patients)))
    member[
        splits.get_indexer(pd.Index(rows["split"])),
        patients.get_indexer(pd.Index(rows["patient"])),
    ] = 1
    return member


def _share_of_training(test: pd.DataFrame, in_common: float) -> float:
    """Share of the variance of ranks within a class that is due to who trained the model.

    Ranks of m rows are known to about 2 / m of that variance, which is taken off.
    """
    parts = ["split", STRATUM] if STRATUM in test.columns else ["split"]
    rank = compute_rank_shares(test)
    between = rank - rank.groupby(test["label"]).transform("mean")
    within = rank - rank.groupby(test["sample"], observed=True).transform("mean")
    freedom = len(test) - test["sample"].nunique()
    total = float((between**2).mean())
    if total == 0 or in_common >= 1:
        return 1.0
    noise = 2 * test.groupby(parts, observed=True).ngroups / len(test)
    differing = float((within**2).sum()) / freedom / total - noise
    return float(np.clip(differing / (1 - in_common), 0, 1))


@cache
def _points_of_normal() -> tuple[FloatArray, FloatArray]:
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    return points, weights


def _linear_share(auc: float) -> float:
    """Share of the variance of ranks that is linear in scores, normal in each class.

    A sample's rank in the other class is Phi(u + d) for a standard normal u.
    """
    distance = np.sqrt(2) * stats.norm.ppf(np.clip(auc, 0.01, 0.99))
    points, weights = _points_of_normal()
    rank = stats.norm.cdf(points + distance)
    slope = np.average(points * rank, weights=weights)
    variance = np.average(rank**2, weights=weights) - np.average(rank, weights=weights) ** 2
    return float(slope**2 / variance)
