"""Invented cohorts of times to an event, for checks of the audit."""

import numpy as np
import pandas as pd

from deepcme import Cohort
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome


def timed_cohort(times, ends, *, horizon=5.0, competing="", n_genes=5, X=None, **changed):
    """A cohort of these times in years; `changed` replaces parts of it."""
    n = len(times)
    endpoint = Endpoint(
        "Time to metastasis.",
        columns=("t.dmfs", "e.dmfs", *(["vital"] if competing else [])),
        unit="years",
        horizon=horizon,
        competing=competing,
    )
    clinical = {"t.dmfs": times, "e.dmfs": np.asarray(ends) == 1, "age": np.arange(n) % 40}
    parts = {
        "samples": [f"S{i}" for i in range(n)],
        "patients": [f"P{i}" for i in range(n)],
        "tissue": ["primary"] * n,
        "clinical": pd.DataFrame(clinical),
    } | changed
    drawn = np.random.default_rng(8).normal(8, 2, (n, n_genes)) if X is None else X
    return Cohort.from_arrays(
        drawn,
        SurvivalOutcome(np.asarray(times), np.asarray(ends), endpoint),
        genes=[f"gene{i}" for i in range(drawn.shape[1])],
        endpoint=endpoint,
        scale="log2",
        **parts,
    )


def drawn_follow_up(n, seed, *, hazard=0.1, until=(2.0, 9.0)):
    """Exponential times to the event, censored between two times; `until` may be a row each."""
    random = np.random.default_rng(seed)
    event, censored = random.exponential(1 / hazard, n), random.uniform(*until, n)
    return np.minimum(event, censored), (event <= censored).astype(int)
