"""How well a model of times of one cohort ranks the patients of another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort.outcome import Outcome
from deepcme.evaluation.survival.measured import AUC_AT_HORIZON, LOGIT, UNO
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.evaluated import Evaluation

NETWORKS = "DeepCME-Cox-ensemble"
MODELS = (NETWORKS, "Cox-ridge")


def discriminate_times(
    outcome: Outcome,
    scores: NDArray[np.float64],
    patients: NDArray[np.object_],
    random: np.random.Generator,
    splits: NDArray[np.int64] | int = 1,
) -> dict[str, Any]:
    """Uno's C and AUC(t) with their intervals by patient bootstrap; one row a patient."""
    rows = pd.DataFrame(
        {
            "split": splits,
            "model": "",
            "sample": np.arange(len(scores)),
            "patient": patients,
            "part": "test",
            **outcome.values,
            "score": scores,
        }
    )
    found = compute_survival_discrimination(
        Evaluation.draw(rows, outcome.endpoint.horizon, random)
    ).set_index("measure")
    ends = ["value", "ci_low", "ci_high"]
    ranked, at_tau = found.loc[UNO.name], found.loc[AUC_AT_HORIZON.name]
    return {
        **dict(zip(("uno_c", "ci_low", "ci_high"), ranked[ends], strict=True)),
        **dict(zip(("auc_at_tau", "auc_low", "auc_high"), at_tau[ends], strict=True)),
        "tau": ranked["tau"],
        "interval": LOGIT.words,
        "n": len(scores),
        "events": ranked["events"],
        "n_patients": ranked["n"],
    }
