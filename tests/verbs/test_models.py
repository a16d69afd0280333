"""Models in use from Python: of cohorts and DataFrames in memory."""

import numpy as np
import pandas as pd
import pytest

import deepcme
from deepcme import DeepCMEError
from deepcme.verbs import models
from tests.conftest import invented_cohort


@pytest.fixture(scope="module")
def new():
    """Other people than those of the model, which count from 0."""
    cohort = invented_cohort(seed=1)
    frame = cohort.to_frame().rename(index=lambda name: f"new-{name}")
    labels = pd.DataFrame({"relapse": cohort.labels}, frame.index)
    return deepcme.Cohort.from_frame(frame, labels, label="relapse", scale="fpkm", name="new")


@pytest.fixture(scope="module")
def model():
    return deepcme.train(invented_cohort(), model="LR", repeats=1, quiet=True)


def test_a_data_frame_is_predicted_as_the_cohort_that_it_is_of(model, new):
    of_cohort = model.predict(new)
    of_frame = deepcme.predict(model, new.to_frame(), scale="fpkm")
    pd.testing.assert_frame_equal(of_cohort.frame(), of_frame.frame())
    assert of_frame.frame().index.tolist() == new.samples.tolist()


def test_genes_that_it_does_not_know_and_their_order_do_not_matter(model, new):
    frame = new.to_frame().iloc[:, ::-1].assign(OTHER=1.0)
    expected = model.predict(new).frame()["probability"]
    found = model.predict(frame, scale="fpkm").frame()["probability"]
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.T, r"genes as rows: give its \.T"),
        (lambda frame: frame.rename(columns="x{}".format), "None of the model's 12 genes"),
        (lambda frame: frame.rename(index=lambda _: "S1"), "once"),
        (lambda frame: frame.assign(gene3="high"), "gene gene3: 'high' is no number"),
    ],
    ids=["transposed", "other genes", "repeated", "word"],
)
def test_what_cannot_be_meant_is_refused(model, new, change, message):
    with pytest.raises(DeepCMEError, match=message):
        model.predict(change(new.to_frame()), scale="fpkm")


def test_times_are_for_models_of_times(model, new):
    with pytest.raises(DeepCMEError, match="times= is for models of times"):
        model.predict(new, times=[1, 2])


def test_it_is_kept_and_read_again(model, new, tmp_path):
    model.save(tmp_path / "model")
    for read in (deepcme.load_model(tmp_path / "model"), tmp_path / "model"):
        predicted = deepcme.predict(read, new)
        pd.testing.assert_frame_equal(predicted.frame(), model.predict(new).frame())


def test_the_cohort_it_learned_from_is_no_new_one(model):
    with pytest.raises(DeepCMEError, match="training"):
        model.validate(invented_cohort())


def test_a_validation_is_written_if_a_folder_is_named(model, new, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(models, "write_validation", lambda *asked: written.append(asked))
    validation = model.validate(new)
    assert "external_auc" in validation.tables
    assert not written
    named = deepcme.validate(model, new, out=tmp_path / "validation")
    assert written == [(named, tmp_path / "validation", "model")]
    assert validation.describe() in " ".join(repr(validation).split())


@pytest.mark.parametrize("what", ["model", "predictions"])
def test_each_shows_itself_on_a_screen(model, new, what):
    of = model if what == "model" else model.predict(new)
    lines = repr(of).splitlines()
    assert 1 < len(lines) <= 25
    assert max(map(len, lines)) <= 100
    assert of._repr_html_().startswith("<div>")
