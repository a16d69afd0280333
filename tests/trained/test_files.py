"""A model's folder: the same after a round trip, refused in a sentence when damaged."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from deepcme import DeepCMEError
from deepcme.base.files.files import write_csv
from deepcme.trained.files import ARRAYS_FILE, MANIFEST_FILE, load_model, save_model
from deepcme.trained.manifest import SCHEMA_VERSION, digest_of
from deepcme.trained.new_samples import expression_of
from deepcme.trained.prediction import predict, round_predictions
from deepcme.trained.sketches import BITS
from tests.trained.conftest import bundle_cohort, ensembl_ids

STORED = Path(__file__).parent / "models"


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model"
    save_model(model, path)
    return path


@pytest.fixture
def copy(folder, tmp_path):
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def rewrite_manifest(folder, change):
    """Change the manifest and give it the digest that belongs to it."""
    path = folder / MANIFEST_FILE
    content = json.loads(path.read_text())
    del content["digest"]
    change(content)
    path.write_text(json.dumps({**content, "digest": digest_of(content)}))


def rewrite_arrays(folder, change):
    """Change the arrays and give the manifest their digest."""
    import hashlib

    arrays = load_file(folder / ARRAYS_FILE)
    change(arrays)
    save_file(arrays, folder / ARRAYS_FILE)
    sha = hashlib.sha256((folder / ARRAYS_FILE).read_bytes()).hexdigest()
    rewrite_manifest(folder, lambda content: content["files"].update({ARRAYS_FILE: sha}))


def test_a_round_trip_gives_the_same_bytes_in_a_new_process(
    folder, model, other_cohort, tmp_path
):
    here = predict(model, expression_of(other_cohort)).table
    write_csv(tmp_path / "here.csv", round_predictions(here))
    other_cohort.save(tmp_path / "other.h5ad")
    command = ["predict", str(folder), str(tmp_path / "other.h5ad"), "-o"]
    code = "from deepcme.cli.main import main; main()"
    subprocess.run(
        [sys.executable, "-c", code, *command, str(tmp_path / "there.csv")],
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()


def test_saving_twice_gives_the_same_bytes(folder, model, tmp_path):
    save_model(load_model(folder), tmp_path / "again")
    for name in (MANIFEST_FILE, ARRAYS_FILE):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_nothing_is_overwritten(folder, model):
    with pytest.raises(DeepCMEError, match="this is there already"):
        save_model(model, folder)


@pytest.mark.parametrize("version", [*range(1, SCHEMA_VERSION + 1), "4_networks", "8_networks"])
def test_every_schema_version_stays_readable(version):
    """Each stored model lies beside what it predicted when it was written."""
    stored = STORED / f"schema_{version}"
    model = load_model(stored / "model")
    Z = np.load(stored / "standardised.npy")
    expected = pd.read_csv(stored / "probabilities.csv")["probability"]
    found = model.predict(model.learned.evaluate(Z))[model.told]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_model_of_another_version_knows_its_training_samples_again():
    """The stored model of schema 2 is of this cohort: no NumPy may project otherwise."""
    model = load_model(STORED / "schema_2" / "model")
    cohort = bundle_cohort(ensembl_ids(60), n_patients=30)
    equal = model.sketches.equal_bits(cohort.X, np.arange(60)).max(axis=1)
    assert (equal > BITS - 10).all()
    table = predict(model, expression_of(cohort), allow_training_samples=True).table
    assert set(table["training_patient"]) == {"yes"}


def test_a_newer_schema_asks_for_an_update(copy):
    rewrite_manifest(copy, lambda content: content.update(schema_version=SCHEMA_VERSION + 1))
    with pytest.raises(DeepCMEError, match="a newer deepcme wrote this model"):
        load_model(copy)


@pytest.mark.parametrize("name", [MANIFEST_FILE, ARRAYS_FILE])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(DeepCMEError, match=f"{name} cannot be read in it"):
        load_model(copy)


@pytest.mark.parametrize("name", [MANIFEST_FILE, ARRAYS_FILE])
def test_a_truncated_file_is_refused(copy, name):
    path = copy / name
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DeepCMEError, match=f"{name}: the file is damaged or was changed"):
        load_model(copy)


def test_a_foreign_file_is_refused(copy):
    (copy / MANIFEST_FILE).write_text('{"weights": []}')
    with pytest.raises(DeepCMEError, match="not the manifest of a deepcme model"):
        load_model(copy)


def test_a_pickle_is_not_opened(copy):
    import hashlib
    import pickle

    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the file's code ran",))

    packed = pickle.dumps(Trap())
    (copy / ARRAYS_FILE).write_bytes(packed)
    sha = hashlib.sha256(packed).hexdigest()
    rewrite_manifest(copy, lambda content: content["files"].update({ARRAYS_FILE: sha}))
    with pytest.raises(DeepCMEError, match="damaged"):
        load_model(copy)


def test_a_changed_number_is_noticed(copy):
    text = (copy / MANIFEST_FILE).read_text()
    content = json.loads(text)
    intercept = content["calibration"]["intercept"]
    (copy / MANIFEST_FILE).write_text(text.replace(repr(intercept), repr(intercept + 1)))
    with pytest.raises(DeepCMEError, match="damaged or was changed"):
        load_model(copy)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda a: a.pop("genes.mean"), "the array genes.mean is missing"),
        (lambda a: a.update({"genes.mean": a["genes.mean"][:-1]}), "not those of 40 genes"),
        (lambda a: a.update({"genes.scale": -a["genes.scale"]}), "deviation is negative"),
        (lambda a: a.update({"genes.mean": a["genes.mean"] * np.nan}), "not hold finite"),
        (lambda a: a.update({"genes.mean": a["genes.mean"].astype(int)}), "not hold finite"),
        (lambda a: a.update({"other": a["genes.mean"]}), "other belongs to no network"),
        (lambda a: a.pop("networks.0.0.output_bias"), "a network lacks an output bias"),
        (lambda a: a.pop("networks.0.0.blocks.0.shift"), "neither a bias nor a norm"),
        (lambda a: a.pop("networks.0.0.blocks.0.weight"), "a network lacks an array"),
        (
            lambda a: a.update({"networks.0.0.output_weight": np.ones(3, np.float32)}),
            "output does not fit its last layer",
        ),
        (
            lambda a: a.update({"networks.0.0.blocks.1.weight": np.ones((5, 4), np.float32)}),
            "weights do not take 6 inputs",
        ),
        (
            lambda a: a.update({"networks.0.0.blocks.1.scale": np.ones(5, np.float32)}),
            "do not have 4 units",
        ),
        (
            lambda a: a.update(
                {"networks.0.0.blocks.1.running_var": np.full(4, -1, np.float32)}
            ),
            "running variance is negative",
        ),
        (
            lambda a: [a.pop(name) for name in list(a) if name.startswith("networks")],
            "there is no network in it",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused(copy, change, sentence):
    rewrite_arrays(copy, change)
    with pytest.raises(DeepCMEError, match=sentence):
        load_model(copy)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda a: a.pop("sketches.bits"), "the array sketches.bits is missing"),
        (lambda a: a.update({"sketches.bits": a["sketches.bits"][:0]}), "not those of 60"),
        (lambda a: a.update({"sketches.bits": a["sketches.centre"]}), "of another type"),
        (lambda a: a.update({"sketches.centre": a["genes.mean"][1:]}), "not those of 60"),
        (lambda a: a.update({"sketches.centre": a["genes.mean"] * np.nan}), "not hold finite"),
        (lambda a: a.update({"sketches.components": a["genes.mean"]}), "not those of 60"),
    ],
)
def test_sketches_that_do_not_fit_are_refused(tmp_path, change, sentence):
    copy = Path(shutil.copytree(STORED / "schema_2" / "model", tmp_path / "copy"))
    rewrite_arrays(copy, change)
    with pytest.raises(DeepCMEError, match=sentence):
        load_model(copy)


def load_or_refuse(folder, rows):
    """Either the project's own error in one sentence, or a model that predicts."""
    try:
        model = load_model(folder)
    except DeepCMEError as error:
        assert "\n" not in str(error)
        return
    probability = model.probabilities(rows)
    assert ((probability >= 0) & (probability <= 1)).all()


@st.composite
def mutations(draw):
    """How to spoil bytes: overwrite, cut out, insert, cut off."""
    kind = draw(st.sampled_from(["overwrite", "delete", "insert", "truncate"]))
    place = draw(st.floats(0, 1, exclude_max=True))
    noise = draw(st.binary(min_size=1, max_size=12))

    def apply(data):
        at = int(place * len(data))
        if kind == "overwrite":
            return data[:at] + noise + data[at + len(noise) :]
        if kind == "delete":
            return data[:at] + data[at + len(noise) :]
        return data[:at] + (noise + data[at:] if kind == "insert" else b"")

    return apply


ROWS = np.random.default_rng(0).normal(size=(4, 40)).astype(np.float32)
QUICKLY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@QUICKLY
@given(mutation=mutations(), name=st.sampled_from([MANIFEST_FILE, ARRAYS_FILE]))
def test_spoilt_files_give_the_projects_error(folder, tmp_path_factory, mutation, name):
    spoilt = Path(shutil.copytree(folder, tmp_path_factory.mktemp("spoilt") / "model"))
    path = spoilt / name
    path.write_bytes(mutation(path.read_bytes()))
    load_or_refuse(spoilt, ROWS)


@QUICKLY
@given(mutation=mutations())
def test_spoilt_arrays_under_a_right_digest(folder, tmp_path_factory, mutation):
    import hashlib

    spoilt = Path(shutil.copytree(folder, tmp_path_factory.mktemp("spoilt") / "model"))
    packed = mutation((spoilt / ARRAYS_FILE).read_bytes()[:])
    (spoilt / ARRAYS_FILE).write_bytes(packed)
    sha = hashlib.sha256(packed).hexdigest()
    rewrite_manifest(spoilt, lambda content: content["files"].update({ARRAYS_FILE: sha}))
    with np.errstate(all="ignore"):
        load_or_refuse(spoilt, ROWS)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@QUICKLY
@given(data=st.data(), value=JSON_VALUES)
def test_any_value_in_a_manifest_under_a_right_digest(folder, tmp_path_factory, data, value):
    def change(content):
        place = content
        while True:
            key = data.draw(st.sampled_from(sorted(place)))
            if not isinstance(place[key], dict) or not place[key] or data.draw(st.booleans()):
                break
            place = place[key]
        place[key] = value

    spoilt = Path(shutil.copytree(folder, tmp_path_factory.mktemp("spoilt") / "model"))
    rewrite_manifest(spoilt, change)
    load_or_refuse(spoilt, ROWS)
