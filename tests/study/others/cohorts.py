"""Invented cohorts of one signal and of different people, and a quick study of them."""

import numpy as np
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import DAYS, SurvivalOutcome
from deepcme.study.spec import make_study

GENES = 70
TUNED = {"name": "LR-tuned", "parameters": {"inverse_strengths": [0.01, 0.1]}}
COX = {"name": "Cox-ridge", "parameters": {"penalties": [3.0, 0.3], "n_folds": 3}}


def values(n, seed, genes=GENES):
    """Logs of genes of different level and spread."""
    random = np.random.default_rng(seed)
    return random.normal(random.uniform(4, 9, genes), random.uniform(0.5, 2, genes), (n, genes))


def labelled(name, n=50, seed=1, genes=range(GENES), X=None, scale="log2", share=0.4):
    """Gene 0 to 4 are higher with the event; samples and patients bear the cohort's name."""
    random = np.random.default_rng([seed, 7])
    label = random.permutation(np.arange(n) < share * n).astype(int)
    X = values(n, seed) if X is None else X
    X[:, :5] += 1.5 * label[:, np.newaxis]
    return Cohort.from_arrays(
        (2**X if scale == "tpm" else X)[:, list(genes)],
        label,
        samples=[f"{name}-{i}" for i in range(n)],
        patients=[f"patient-{name}-{i}" for i in range(n)],
        genes=[f"gene{gene}" for gene in genes],
        endpoint="invented = 1 against 0",
        scale=scale,
        name=name,
    )


def timed(name, n=60, seed=1, unit="years", horizon=2.0, longest=8.0):
    """Gene 0 makes the event sooner; times in a unit, the same in all."""
    random = np.random.default_rng([seed, 8])
    X = random.normal(5, 1, (n, GENES))
    years = 4 * random.exponential(np.exp(-1.2 * (X[:, 0] - 5)))
    censored = random.uniform(0.5, longest, n)
    factor = DAYS["years"] / DAYS[unit]
    endpoint = Endpoint("invented", unit=unit, horizon=horizon * factor)
    return Cohort.from_arrays(
        X,
        SurvivalOutcome(np.minimum(years, censored) * factor, years <= censored, endpoint),
        samples=[f"{name}-{i}" for i in range(n)],
        patients=[f"patient-{name}-{i}" for i in range(n)],
        genes=[f"gene{gene}" for gene in range(GENES)],
        endpoint=endpoint,
        scale="log2",
        name=name,
    )


@pytest.fixture
def unread(monkeypatch):
    """Cohorts that `study_with` writes are kept, as reading files takes longer than fits."""
    kept = {}

    def save(cohort, path):
        kept[path] = cohort
        path.touch()

    def load(path):
        if path not in kept:
            raise DeepCMEError(f"{path}: there is no such file.")
        return kept[path]

    monkeypatch.setattr(Cohort, "save", save)
    monkeypatch.setattr(Cohort, "load", load)


def study_with(folder, own, *others, **options):
    """A study of a cohort and others, which are written to files of their names."""
    paths = []
    for cohort in (own, *others):
        paths.append(folder / f"{cohort.name}.h5ad")
        cohort.save(paths[-1])
    of_times = isinstance(own.outcome, SurvivalOutcome)
    return make_study(
        {
            "cohort": {"path": paths[0]},
            "split": {"design": "folds", "folds": 3, "repeats": 1},
            "models": [COX] if of_times else [TUNED],
            "also": {"cohorts": paths[1:]},
            **({"survival": {"horizon": own.outcome.endpoint.horizon}} if of_times else {}),
            **options,
        }
    )
