"""Cohorts of times, each trained on and tested on all others."""

import pytest

from deepcme.report.external.transfer import write_transfer
from deepcme.trained.transfer import compute_transfer, measure_of, notes_on_transfer
from tests.trained.survival.conftest import patients


@pytest.fixture(scope="module")
def table():
    cohorts = {
        name: patients(n, seed, effect=effect, name=name)[0]
        for name, n, seed, effect in (("a", 120, 1, 1.0), ("b", 150, 2, 1.0), ("c", 60, 3, 0.0))
    }
    return compute_transfer(cohorts, ensemble={"hidden_layers": (4,), "max_epochs": 15})


def test_every_pair_has_a_c_with_its_interval(table):
    assert measure_of(table) == ("uno_c", "Uno's C")
    assert table["tested"].value_counts().to_dict() == {
        "other cohort": 12,
        "own cross-validation": 6,
    }
    assert set(table["model"]) == {"Cox-ridge", "DeepCME-Cox-ensemble"}
    across = table[table["model"] == "Cox-ridge"].set_index(["train", "test"])
    assert across.loc[("a", "b"), "uno_c"] > 0.7
    assert across.loc[("a", "b"), "ci_low"] > 0.5
    assert across.loc[("a", "c"), "ci_low"] < 0.5
    assert (table["tau"] == 5).all()
    assert (table["n"] == table["n_patients"]).all()


def test_a_model_that_tells_nobody_apart_is_named(table):
    empty = table[table["ci_low"].isna()]
    assert (empty["uno_c"] == 0.5).all()
    assert sum("tells nobody apart" in note for note in notes_on_transfer(table)) == len(empty)


def test_table_and_chart_are_written(table, tmp_path):
    write_transfer(table, tmp_path / "found")
    names = {path.name for path in (tmp_path / "found").iterdir()}
    assert names == {"transfer.csv", "transfer.svg", "transfer.pdf", "report.html"}
    assert "Uno&#39;s C" in (text := (tmp_path / "found" / "transfer.svg").read_text()) or (
        "Uno's C" in text
    )
