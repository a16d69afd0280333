"""The arrays of a panel: the same after a round trip, refused in a sentence if they do not fit."""

import json
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme import DeepCMEError
from deepcme.trained.files import load_model, save_model
from deepcme.trained.panels.prediction import tell
from deepcme.trained.self_test import require_self_test
from tests.trained.panels.invented import invented_panel_model
from tests.trained.panels.test_prediction import samples_of
from tests.trained.test_files import rewrite_arrays, rewrite_manifest

KINDS = [(kind, refit) for kind in ("binary", "survival") for refit in ("linear", "networks")]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}
    for kind in KINDS:
        made[kind] = tmp_path_factory.mktemp("panels") / "model"
        save_model(invented_panel_model(*kind, resamples=4, reference=1), made[kind])
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_panel_round_trips_to_the_byte(folders, tmp_path, kind):
    read = load_model(folders[kind])
    save_model(read, tmp_path / "again")
    for path in folders[kind].iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    assert read.sha256 == json.loads((folders[kind] / "manifest.json").read_text())["digest"]
    assert read.manifest.panel.reference.names == ["REF1"]
    assert read.manifest.genes_to_read.names[-1] == "REF1"
    require_self_test(read)


CHANGES = [
    (("binary", "linear"), lambda a: a.pop("panel.ranges"), "panel.ranges is missing"),
    (("binary", "linear"), lambda a: a.pop("panel.resampled"), "panel.resampled is missing"),
    (
        ("binary", "linear"),
        lambda a: a.update({"panel.lines": np.ones((4, 2))}),
        "no panel of this",
    ),
    (
        ("binary", "linear"),
        lambda a: a.update({"panel.more": np.ones(3)}),
        "panel.more belongs to no",
    ),
    (
        ("binary", "linear"),
        lambda a: a.update({"panel.ranges": a["panel.ranges"][:, ::-1].copy()}),
        "do not ascend",
    ),
    (
        ("binary", "linear"),
        lambda a: a.update({"panel.ranges": a["panel.ranges"][1:]}),
        "panel.ranges is not that of 5 genes",
    ),
    (
        ("binary", "linear"),
        lambda a: a.update({"panel.risks": a["panel.risks"] + 1}),
        "no ascending",
    ),
    (
        ("binary", "linear"),
        lambda a: a.update({"panel.risks": a["panel.risks"].astype("f4")}),
        "not hold finite",
    ),
    (
        ("binary", "linear"),
        lambda a: a.update({"panel.resampled": np.full((4, 6), np.nan)}),
        "not hold finite",
    ),
    (
        ("binary", "linear"),
        lambda a: a.update({"panel.resampled": np.ones(())}),
        "is no matrix",
    ),
    (
        ("binary", "linear"),
        lambda a: a.update({"panel.resampled": np.ones((0, 6))}),
        "no resampled",
    ),
    (
        ("binary", "networks"),
        lambda a: [a.pop(name) for name in list(a) if name.startswith("panel.resampled.2.")],
        "a resampled refit of the panel is missing",
    ),
    (
        ("binary", "networks"),
        lambda a: a.pop("panel.resampled.1.networks.0.0.output_weight"),
        "of resampled refit 1, a network lacks an array",
    ),
    (
        ("binary", "linear"),
        lambda a: a.update({"panel.resampled.0.networks.0.0.output_weight": np.ones(4, "f4")}),
        "belongs to no resampled refit",
    ),
    (
        ("survival", "networks"),
        lambda a: a.update({"panel.lines": np.ones((3, 2))}),
        "panel.lines is",
    ),
    (("survival", "linear"), lambda a: a.pop("panel.hazard_times"), "hazard_times is missing"),
    (
        ("survival", "linear"),
        lambda a: a.update({"panel.hazard_times": a["panel.hazard_times"] + 0.001}),
        "the horizon among them",
    ),
    (
        ("survival", "linear"),
        lambda a: a.update({"panel.resampled_hazards": -a["panel.resampled_hazards"]}),
        "rising ones",
    ),
]


@pytest.mark.parametrize(("kind", "change", "sentence"), CHANGES)
def test_arrays_that_do_not_fit_are_refused(folders, tmp_path, kind, change, sentence):
    copy = Path(copytree(folders[kind], tmp_path / "copy"))
    rewrite_arrays(copy, change)
    with pytest.raises(DeepCMEError, match=sentence):
        load_model(copy)


def test_a_refit_of_another_form_than_the_manifest_says_is_refused(folders, tmp_path):
    copy = Path(copytree(folders["binary", "linear"], tmp_path / "copy"))
    rewrite_manifest(copy, lambda content: content["panel"].update(refit="networks"))
    with pytest.raises(DeepCMEError, match="is not the panel's refit, networks"):
        load_model(copy)


def test_arrays_of_a_panel_without_a_panel_are_refused(folders, tmp_path):
    copy = Path(copytree(folders["binary", "linear"], tmp_path / "copy"))
    rewrite_manifest(copy, lambda content: content.update(panel=None))
    with pytest.raises(DeepCMEError, match="belongs to no panel"):
        load_model(copy)


def test_a_model_that_computes_otherwise_fails_its_self_test(folders, tmp_path):
    copy = Path(copytree(folders["binary", "linear"], tmp_path / "copy"))
    rewrite_manifest(
        copy, lambda content: content.update(self_test=content["self_test"] + 1e-6)
    )
    with pytest.raises(DeepCMEError, match="scores its self-test sample"):
        require_self_test(load_model(copy))


@settings(max_examples=8, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    genes=st.integers(1, 30),
    reference=st.integers(0, 3),
    log2=st.booleans(),
)
def test_whatever_a_panel_is_it_is_read_as_it_was_written(
    tmp_path_factory, kind, genes, reference, log2
):
    model = invented_panel_model(
        *kind, genes=genes, reference=reference, log2=log2, resamples=2
    )
    folder = tmp_path_factory.mktemp("any") / "model"
    save_model(model, folder)
    read = load_model(folder)
    assert read.manifest == model.manifest
    assert read.sha256 == model.sha256
    X = samples_of(model, 2)
    told = [tell(each, X, ["A", "B"]) for each in (model, read)]
    np.testing.assert_array_equal(*(each[model.told] for each in told))
