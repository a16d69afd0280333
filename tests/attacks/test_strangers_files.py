"""A stranger's .h5ad: refused in one sentence by every command, and nothing outside is read."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.sources.reading.matrices import genes_in_rows, read_matrix
from deepcme.sources.reading.reading import read_table
from tests.attacks.command import deepcme
from tests.attacks.crafted import ATTACKS, GUARDS, N_SAMPLES, sound_cohort

MODEL = Path(__file__).parents[1] / "trained" / "models" / "schema_1" / "model"
DOORS = ("audit", "predict", "prepare", "run")
# What a table of samples alone, or X alone, is not concerned by.
OF_A_COHORT_ALONE = ("says",)

CAUSES = {"says": "contents", "memory": "unfolding", "endless": "endless-file"}


def marks(cause, case):
    named = pytest.mark.cause(CAUSES.get(cause, cause))
    return [named, *[pytest.mark.guard] * ((cause, case) in GUARDS)]


cases = pytest.mark.parametrize(
    ("cause", "case"),
    [pytest.param(*key, id=", ".join(key), marks=marks(*key)) for key in ATTACKS],
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "cohort.h5ad"
    sound_cohort(path)
    return path.read_bytes()


@pytest.fixture
def crafted(sound, tmp_path):
    def craft(cause, case):
        path = tmp_path / "cohort.h5ad"
        path.write_bytes(sound)
        ATTACKS[cause, case](path)
        return path

    return craft


def arguments(door, path):
    folder = path.parent
    samples = folder / "samples.csv"
    pd.DataFrame(
        {"sample": [f"S{i}" for i in range(N_SAMPLES)], "y": [1, 0, 0] * (N_SAMPLES // 3)}
    ).to_csv(samples, index=False)
    return {
        "audit": ("audit", path),
        "predict": ("predict", MODEL, path, "-o", folder / "p.csv"),
        "prepare": (
            *("prepare", "table", "--expression", path, "--samples", samples),
            *("--label", "y", "-o", folder / "out.h5ad"),
        ),
        "run": ("run", path, "--out", folder / "study"),
    }[door]


@cases
def test_it_is_refused_in_one_sentence(crafted, cause, case):
    path = crafted(cause, case)
    with pytest.raises(DeepCMEError) as caught:
        Cohort.load(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", ["a column beyond the last"])
@pytest.mark.cause("sparse")
def test_commands_refuse_it_in_one_sentence(crafted, door, case):
    path = crafted("sparse", case)
    outcome = deepcme(*arguments(door, path))
    outcome.require_one_sentence(str(path), "'X' is damaged: it has values outside its 30 x 8")


@pytest.mark.cause("sparse")
def test_selecting_samples_selects_rows_of_what_lies_beside(crafted, tmp_path):
    """The samples that are no primary tumours are left out of every study."""
    path = crafted("sparse", "values in obsp with a column beyond the last")
    with h5py.File(path, "r+") as file:
        tissue = np.array(["primary"] * 24 + ["metastasis"] * 6, dtype=object)
        del file["obs/tissue"]
        file["obs/tissue"] = tissue
    outcome = deepcme("run", path, "--out", tmp_path / "study")
    outcome.require_one_sentence(str(path), "'more' is damaged: it has values outside")


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
@cases
def test_every_command_refuses_each_in_one_sentence(crafted, cause, case, door):
    path = crafted(cause, case)
    outcome = deepcme(*arguments(door, path))
    if door == "prepare" and cause in OF_A_COHORT_ALONE:
        outcome.require_no_crash()
    else:
        outcome.require_one_sentence(str(path))
    assert outcome.peak_mb < 1000


def test_the_sentence_names_the_object_and_what_is_wrong(crafted):
    for key, words in {
        ("outside", "values in another file"): "'X' keeps its values in another file",
        ("outside", "a link to obs of another file"): "'obs' lies in another file, and links",
        ("contents", "X holds texts"): "'X' holds text, where a matrix of numbers belongs",
        ("contents", "X holds complex numbers"): "'X' holds complex numbers, where",
        ("endless", "a group within itself"): "'uns/again' is a group that is there twice",
        (
            "says",
            "a flow of words",
        ): "the cohort is damaged: 'flow.0' is not what belongs there",
        ("memory", "texts of 200 MB that are not in lists"): "unfold to about 8.0 GB",
        ("memory", "11 million samples whose name is a letter"): "would unfold to about",
        ("memory", "11 million samples whose name is a number"): "would unfold to about",
        ("packing", "a filter that needs a plugin"): "filter 32001, which needs a plugin",
    }.items():
        with pytest.raises(DeepCMEError) as caught:
            Cohort.load(crafted(*key))
        assert words in str(caught.value)


@pytest.mark.cause("escapes")
def test_names_of_a_stranger_do_not_reach_the_terminal_as_they_are(crafted, tmp_path, sound):
    path = tmp_path / "cohort.h5ad"
    path.write_bytes(sound)
    with h5py.File(path, "r+") as file:
        file["uns/\x1b[2J\nmore"] = h5py.ExternalLink("other.h5ad", "/")
    with pytest.raises(DeepCMEError) as caught:
        Cohort.load(path)
    assert str(caught.value).isprintable()


@pytest.mark.guard
def test_old_files_are_read_as_before(tmp_path):
    path = tmp_path / "old.h5ad"
    with h5py.File(path, "w") as file:
        file["X"] = np.arange(6, dtype="f4").reshape(3, 2)
        file["obs"] = np.array(
            [(b"S1", 1), (b"S2", 0), (b"S3", 0)], dtype=[("index", "S4"), ("met", "i8")]
        )
        file["var"] = np.array([(b"A1",), (b"B2",)], dtype=[("index", "S4")])
    assert read_matrix(path, genes_in_rows, []).values.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert read_table(path, [])["met"].tolist() == [1, 0, 0]


@pytest.mark.guard
def test_categories_by_reference_are_read_as_before(tmp_path):
    """As AnnData 0.7 wrote them."""
    path = tmp_path / "old.h5ad"
    with h5py.File(path, "w") as file:
        file["X"] = np.ones((3, 2), "f4")
        for name, ids in (("obs", ["S1", "S2", "S3"]), ("var", ["A1", "B2"])):
            table = file.create_group(name)
            table.attrs["encoding-type"], table.attrs["encoding-version"] = "dataframe", "0.1.0"
            table.attrs["_index"] = "n"
            table["n"] = np.array(ids, dtype=object)
        file["obs"].attrs["column-order"] = np.array(["site"], dtype=object)
        file["var"].attrs["column-order"] = np.array([], dtype="f8")
        file["obs/__categories/site"] = np.array(["north", "south"], dtype=object)
        file["obs/site"] = np.array([0, 1, 0], dtype="i1")
        file["obs/site"].attrs["categories"] = file["obs/__categories/site"].ref
    assert read_table(path, [])["site"].tolist() == ["north", "south", "north"]
