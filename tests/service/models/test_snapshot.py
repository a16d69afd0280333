"""Copies of the models that are served, and the names by which they are asked."""

import os
from pathlib import Path

import pytest

from deepcme import DeepCMEError
from deepcme.service.models.loading import load_served
from deepcme.service.models.snapshot import name_models, take_snapshot
from deepcme.trained.files import load_model, save_model
from tests.trained.panels.invented import invented_panel_model


@pytest.fixture
def panel(tmp_path):
    save_model(invented_panel_model(), tmp_path / "panel")
    return tmp_path / "panel"


def served(folder, place):
    place.mkdir()
    named = name_models([folder])
    (copy,) = take_snapshot(named, place)
    return load_served(folder.name, copy, folder)


def test_a_model_is_asked_by_the_name_of_its_folder(tmp_path, monkeypatch):
    (tmp_path / "panel-2").mkdir()
    monkeypatch.chdir(tmp_path / "panel-2")
    assert name_models([Path(), Path("../genome/")]) == {
        "panel-2": Path(),
        "genome": Path("../genome/"),
    }


def test_a_link_lends_its_own_name(tmp_path, panel):
    (tmp_path / "newest").symlink_to(panel)
    assert list(name_models([tmp_path / "newest"])) == ["newest"]


@pytest.mark.parametrize("name", ["mein modell", "größe", ".hidden", "a" * 101, "x\ny", "a%2f"])
def test_a_name_that_does_not_fit_into_an_address_is_refused(name):
    with pytest.raises(DeepCMEError, match="rename it to letters"):
        name_models([Path("models") / name])


def test_two_models_of_one_name_are_refused():
    with pytest.raises(DeepCMEError, match="two models of the name panel; rename one"):
        name_models([Path("a/panel"), Path("b/panel")])


def test_what_is_served_is_a_private_copy_that_maps_its_file(panel, tmp_path):
    before = load_model(panel)
    model = served(panel, tmp_path / "place")
    assert model.folder.stat().st_mode & 0o777 == 0o700
    assert (model.name, model.version, model.sha256) == ("panel", "1", before.sha256)
    for name, array in model.model.learned.arrays():
        assert not array.flags.writeable and not array.flags.owndata, name
    for file in panel.iterdir():
        os.truncate(file, 0)
    again = load_served("panel", model.folder, panel)
    assert again.sha256 == before.sha256


def test_a_damaged_file_is_told_by_the_folder_that_was_named(panel, tmp_path):
    arrays = panel / "model.safetensors"
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"\x7f")
    with pytest.raises(DeepCMEError, match="the file is damaged") as refused:
        served(panel, tmp_path / "place")
    assert str(refused.value).startswith(str(arrays))


def test_a_folder_without_a_model_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DeepCMEError, match=f"^{tmp_path}/empty: this is not a deepcme model"):
        served(tmp_path / "empty", tmp_path / "place")


def test_a_model_that_scores_its_own_sample_otherwise_is_refused(tmp_path):
    model = invented_panel_model()
    told = model.manifest.self_test + 1e-6
    wrong = model.manifest.model_copy(update={"self_test": told})
    save_model(type(model)(**{**vars(model), "manifest": wrong}), tmp_path / "panel")
    with pytest.raises(DeepCMEError, match="self-test sample"):
        served(tmp_path / "panel", tmp_path / "place")
