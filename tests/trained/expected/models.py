"""Small models that keep what to expect of them, trained once for all tests."""

from functools import cache

import numpy as np
import pandas as pd

from deepcme import Cohort, SurvivalOutcome
from deepcme.trained.training import TrainingSettings, train_model
from tests.trained.conftest import TIMES


def with_groups(outcome=None):
    """90 patients, with a rare level, a common one and a column that tells the label."""
    random = np.random.default_rng(5)
    label = np.arange(90) % 3 == 0
    X = random.gamma(2.0, 8.0, size=(90, 12))
    X[label, 0] *= 3
    return Cohort.from_arrays(
        X,
        label.astype(int) if outcome is None else outcome(label),
        samples=[f"S{i}" for i in range(90)],
        genes=[f"GENE{i}" for i in range(12)],
        clinical=pd.DataFrame(
            {
                "age": random.integers(30, 80, 90).astype(float),
                "site": np.where(np.arange(90) < 4, "<b>rare</b>", "common & large"),
                "relapse": label,
            }
        ),
        endpoint=TIMES if outcome else "invented",
        scale="fpkm",
        name="invented",
    )


def _timed(label):
    times = np.where(label, 1 + np.arange(90) % 4, 6.0)
    return SurvivalOutcome(times, label.astype(int), TIMES)


@cache
def model_of_labels():
    return train_model(with_groups(), TrainingSettings(model="LR", repeats=1))


@cache
def model_of_times():
    return train_model(with_groups(_timed), TrainingSettings(model="Cox-ridge", repeats=1))
