"""Models to be served: a panel of five genes, its twin of times, and one of all genes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme.trained.files import load_model, save_model
from tests.service.asking import Service
from tests.trained.panels.invented import invented_panel_model

N_GENES = 40


@pytest.fixture(scope="session")
def panel_model():
    return invented_panel_model("binary", "linear", 5)


@pytest.fixture(scope="session")
def times_model():
    return invented_panel_model("survival", "linear", 5, log2=True, reference=2)


@pytest.fixture(scope="session")
def whole_model(tmp_path_factory):
    """Of all genes that there are: no panel, so that it gives no intervals or ranges."""
    panel = invented_panel_model("binary", "linear", N_GENES)
    manifest = panel.manifest.model_copy(update={"panel": None})
    folder = tmp_path_factory.mktemp("models") / "whole"
    save_model(replace(panel, manifest=manifest, panel=None, sha256=None), folder)
    return load_model(folder)


@pytest.fixture(scope="session")
def patients(whole_model):
    """Six new patients, as a DataFrame."""
    random = np.random.default_rng(1)
    statistics = whole_model.statistics
    X = statistics.mean + statistics.scale * random.normal(size=(6, N_GENES))
    genes = whole_model.manifest.genes.names
    return pd.DataFrame(X.astype(np.float32), [f"S{n}" for n in range(6)], genes)


@pytest.fixture(scope="session")
def service(panel_model, times_model, whole_model):
    return Service({"panel": panel_model, "times": times_model, "whole": whole_model})
