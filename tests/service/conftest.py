"""Models to be served: a panel of five genes, its twin of times, and one of all genes."""

import pytest

from deepcme import simulate, train
from deepcme.trained.files import load_model
from tests.service.asking import Service
from tests.trained.panels.invented import invented_panel_model


@pytest.fixture(scope="session")
def panel_model():
    return invented_panel_model("binary", "linear", 5)


@pytest.fixture(scope="session")
def times_model():
    return invented_panel_model("survival", "linear", 5, log2=True, reference=2)


@pytest.fixture(scope="session")
def cohort():
    return simulate(
        samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    )


@pytest.fixture(scope="session")
def whole_model(cohort, tmp_path_factory):
    """Of all genes of 60 patients; 30 are new to it."""
    folder = tmp_path_factory.mktemp("models") / "whole"
    train(cohort[:60], model="LR", repeats=1, quiet=True).save(folder)
    return load_model(folder)


@pytest.fixture(scope="session")
def service(panel_model, times_model, whole_model):
    return Service({"panel": panel_model, "times": times_model, "whole": whole_model})
