"""An invented cohort of times to an event, and a quick study of it."""

import numpy as np
import pandas as pd

from deepcme import Cohort
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study.spec import make_study

HORIZON = 2.0
QUICK = {"hidden_layers": [3], "max_epochs": 2}
QUICK_ENSEMBLE = {"name": "DeepCME-ensemble", "parameters": {**QUICK, "n_networks": 2}}
QUICK_NETWORK = {"name": "DeepCME", "parameters": QUICK}
QUICK_TUNED = {"name": "LR-tuned", "parameters": {"inverse_strengths": [0.01, 0.1]}}
QUICK_COX = {"name": "Cox-ridge", "parameters": {"penalties": [3.0, 0.3], "n_folds": 3}}
QUICK_TOP = {
    "name": "Cox-top-200",
    "parameters": {"n_genes": 3, "penalties": [3.0, 0.3], "n_folds": 3},
}
QUICK_LASSO = {
    "name": "Cox-lasso",
    "parameters": {"penalties": [0.2, 0.05], "n_folds": 3, "rule": "minimum"},
}
QUICK_COX_NETWORK = {"name": "DeepCME-Cox", "parameters": QUICK}
QUICK_COX_ENSEMBLE = {
    "name": "DeepCME-Cox-ensemble",
    "parameters": {**QUICK, "n_networks": 2},
}
EVERY_KIND = [
    *(QUICK_COX, QUICK_TOP, QUICK_LASSO, QUICK_COX_NETWORK, QUICK_COX_ENSEMBLE),
    *(QUICK_ENSEMBLE, QUICK_NETWORK, QUICK_TUNED, "KNN", "SVC"),
]


def survival_cohort(n=80, n_genes=8, horizon=HORIZON, censoring=6.0, seed=4):
    """Gene 0 makes the event sooner; patients of the north are followed for less."""
    random = np.random.default_rng(seed)
    X = random.normal(5, 1, (n, n_genes))
    times = 4 * random.exponential(np.exp(-0.8 * (X[:, 0] - 5)))
    north = np.arange(n) % 2 == 0
    ends_at = censoring * random.uniform(0.1, 1, n) * np.where(north, 0.8, 1.2)
    endpoint = Endpoint("invented", unit="years", horizon=horizon)
    return Cohort.from_arrays(
        X,
        SurvivalOutcome(np.minimum(times, ends_at), times <= ends_at, endpoint),
        samples=[f"S{i}" for i in range(n)],
        patients=[f"P{i}" for i in range(n)],
        genes=[f"gene{i}" for i in range(n_genes)],
        clinical=pd.DataFrame({"place": np.where(north, "north", "south")}),
        endpoint=endpoint,
        scale="log2",
        name="times",
    )


def study_of_times(path, **options):
    """A study of a cohort of times; options replace settings."""
    split = {"design": "folds", "folds": 3, "repeats": 1, "strata": "none"}
    return make_study(
        {"cohort": {"path": path}, "split": split, "models": EVERY_KIND, **options}
    )
