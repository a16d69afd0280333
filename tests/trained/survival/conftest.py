"""Simulated patients of whom the risk is known, and a Cox ridge model of some of them."""

import numpy as np
import pytest

from deepcme import Cohort
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.trained.training import TrainingSettings, train_model
from tests.trained.conftest import TIMES, ensembl_ids, symbols

QUICK = TrainingSettings(repeats=1, model="Cox-ridge", parameters={"penalties": (0.05, 0.5)})
RATE = 0.1
"""Of the event a year, of a patient of log hazard 0."""
N_GENES = 30


def patients(n, seed, effect=0.6, name="invented", competing=0.0, several=False, last=12.0):
    """Exponential times: the first gene shortens them, the second lengthens them.

    With `several`, every fifth patient has a second sample.
    """
    random = np.random.default_rng(seed)
    row = np.r_[np.arange(n), np.arange(0, n, 5)] if several else np.arange(n)
    Z = random.normal(size=(n, N_GENES))
    log_hazard = effect * (Z[:, 0] - Z[:, 1])
    event = random.exponential(1 / (RATE * np.exp(log_hazard)))
    other = random.exponential(1 / competing, n) if competing else np.full(n, np.inf)
    end = random.uniform(2, last, n)
    time = np.minimum.reduce([event, other, end])
    ends = np.select([time == event, time == other], [1, 2], 0)
    X = np.linspace(5, 11, N_GENES) + Z[row] + 0.1 * random.normal(size=(len(row), N_GENES))
    cohort = Cohort.from_arrays(
        X,
        SurvivalOutcome(time[row], ends[row], TIMES),
        samples=[f"{name}-S{i}" for i in range(len(row))],
        patients=[f"{name}-P{i}" for i in row],
        genes=ensembl_ids(N_GENES),
        symbols=symbols(N_GENES),
        endpoint=TIMES,
        scale="log2",
        name=name,
    )
    return cohort, log_hazard


@pytest.fixture(scope="session")
def timed_cohort():
    return patients(240, 0, several=True)[0]


@pytest.fixture(scope="session")
def timed_model(timed_cohort):
    return train_model(timed_cohort, QUICK)


@pytest.fixture(scope="session")
def new_patients():
    return patients(250, 1, name="new")[0]
