"""A small cohort with Ensembl ids and symbols, and a model of it."""

import numpy as np
import pytest

from deepcme import Cohort
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.trained.training import TrainingSettings, train_model

QUICK = TrainingSettings(
    repeats=1, ensemble={"hidden_layers": (6, 4), "max_epochs": 25, "learning_rate": 1e-2}
)
N_GENES = 40
TIMES = Endpoint("Time to relapse.", unit="years", horizon=5.0)


def ensembl_ids(n=N_GENES, version=None):
    suffix = "" if version is None else f".{version}"
    return [f"ENSG{number:011d}{suffix}" for number in range(1, n + 1)]


def symbols(n=N_GENES):
    return [f"GENE{number}" for number in range(1, n + 1)]


def bundle_cohort(genes, names=None, seed=0, n_patients=90, scale="fpkm", name="invented"):
    """Two samples of every third patient; the first two genes tell the endpoint.

    Seed 0, from which the model is, makes people of its own.
    """
    own = "" if seed else "A-"
    random = np.random.default_rng(seed)
    patients = np.r_[np.arange(n_patients), np.arange(0, n_patients, 3)]
    label = patients % 3 == 0
    X = random.gamma(2.0, 8.0, size=(len(patients), len(genes)))
    X[label, 0] *= 3
    X[~label, 1] *= 3
    if scale == "log2":
        X = np.log2(X + 1)
    return Cohort.from_arrays(
        X,
        label.astype(int),
        samples=[f"{own}S{i}" for i in range(len(patients))],
        patients=[f"{own}P{i}" for i in patients],
        genes=genes,
        symbols=names,
        endpoint="invented = 1 against 0",
        scale=scale,
        name=name,
    )


def with_times(cohort, times, ends=None, endpoint=TIMES, name="timed"):
    """The same samples with times; as default those that are positive have the event."""
    return Cohort.from_arrays(
        cohort.X,
        SurvivalOutcome(times, cohort.labels if ends is None else ends, endpoint),
        samples=cohort.samples.tolist(),
        patients=cohort.patients.tolist(),
        genes=cohort.gene_ids.tolist(),
        symbols=cohort.symbols.tolist(),
        endpoint=endpoint,
        scale=cohort.scale,
        name=name,
    )


def tumours(n_samples, seed, n_genes=80):
    """Log2 values: levels that all tumours share, six kinds of difference, and their own."""
    kind = np.random.default_rng(0)
    level, kinds = kind.normal(7, 2, n_genes), kind.normal(size=(6, n_genes))
    random = np.random.default_rng(seed)
    X = level + random.normal(size=(n_samples, 6)) @ kinds * 0.3
    return (X + random.normal(size=X.shape)).astype(np.float32)


@pytest.fixture(scope="session")
def training_cohort():
    return bundle_cohort(ensembl_ids(version=3), symbols())


@pytest.fixture(scope="session")
def model(training_cohort):
    return train_model(training_cohort, QUICK)


@pytest.fixture(scope="session")
def other_cohort():
    """New patients of the same kind."""
    return bundle_cohort(ensembl_ids(version=9), symbols(), seed=1, name="other")
