"""Models whose cards are looked at: one of yes or no, one of times, and panels."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup

from deepcme import Cohort
from deepcme.report import inline
from deepcme.report.card.card import Card
from deepcme.report.card.writing import card_of_folder
from deepcme.trained.files import load_model, save_model
from deepcme.trained.training import TrainingSettings, train_model
from tests.trained.expected.models import model_of_times
from tests.trained.panels.invented import invented_panel_model

STRANGE = "<script>alert(1)</script> & ]]> | [x](http://y)"


@pytest.fixture(autouse=True, scope="module")
def no_vega():
    """Bundling takes seconds, and what draws charts is looked at elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inline, "_bundle", lambda: Markup("0"))
        yield


def cohort_with_groups(name="invented"):
    """180 patients, two genes of whom tell the endpoint; age, and a centre of a strange name."""
    random = np.random.default_rng(2)
    label = np.arange(180) % 3 == 0
    X = random.gamma(2.0, 8.0, size=(180, 12))
    X[label, 0] *= 2
    X[~label, 1] *= 1.5
    return Cohort.from_arrays(
        X,
        label.astype(int),
        samples=[f"S{i}" for i in range(180)],
        genes=[f"GENE{i}" for i in range(12)],
        clinical=pd.DataFrame(
            {
                "age": random.integers(30, 80, 180).astype(float),
                "centre": np.where(random.uniform(size=180) < 0.4, STRANGE[:25], "B"),
            }
        ),
        endpoint=f"invented {STRANGE}",
        scale="fpkm",
        name=name,
    )


@pytest.fixture(scope="session")
def binary_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cards") / "a-model"
    cohort = cohort_with_groups(name=f"cohort {STRANGE}")
    save_model(train_model(cohort, TrainingSettings(model="LR", repeats=1)), folder)
    return folder


@pytest.fixture(scope="session")
def binary_card(binary_folder):
    return card_of_folder(binary_folder, load_model(binary_folder))


@pytest.fixture(scope="session")
def times_card(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cards") / "of-times"
    save_model(model_of_times(), folder)
    return card_of_folder(folder, load_model(folder))


@pytest.fixture(scope="session")
def panel_card():
    model = invented_panel_model(genes=["ESR1", "<b>ERBB2</b>", "PGR"], reference=["GAPDH"])
    return Card("a-panel", model)


def with_answers(card, **answers):
    return replace(card, answers=answers)
