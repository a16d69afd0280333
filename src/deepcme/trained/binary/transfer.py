"""How well a model of yes or no of one cohort tells the patients of another apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort.outcome import Outcome, labels_of
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.intervals import compute_delong_interval
from deepcme.models.registry import ENSEMBLE

MODELS = (ENSEMBLE, "LR-tuned")
DELONG = "DeLong"


def discriminate_labels(
    outcome: Outcome,
    scores: NDArray[np.float64],
    patients: NDArray[np.object_],
    random: np.random.Generator,
    splits: NDArray[np.int64] | int = 1,
) -> dict[str, Any]:
    """AUC with its interval: DeLong's takes samples as independent, the bootstrap patients.

    Of several `splits`, each scored by another fit, it is the mean within them.
    """
    labels = labels_of(outcome)
    n_patients = len(set(patients))
    counts = {"n": len(labels), "events": int(labels.sum()), "n_patients": n_patients}
    if n_patients == len(labels) and isinstance(splits, int):
        auc = compute_delong_interval(labels, scores)
        ends = {"auc": auc.value, "ci_low": auc.ci_low, "ci_high": auc.ci_high}
        return {**ends, "interval": DELONG, **counts}
    rows = pd.DataFrame(
        {
            "split": splits,
            "model": "",
            "sample": np.arange(len(labels)),
            "patient": patients,
            "part": "test",
            "label": labels,
            "score": scores,
        }
    )
    found = compute_discrimination(rows, random).iloc[0]
    ends = {column: float(found[column]) for column in ("auc", "ci_low", "ci_high")}
    return {**ends, "interval": "patient bootstrap", **counts}
