"""What a name may be, and that a cohort keeps any name or refuses it in one sentence."""

import string

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcme import Cohort, DeepCMEError
from deepcme.base.names import printable, require_name, require_text, stored_name, with_texts

CONTROLS = [
    *map(chr, range(9)), *map(chr, (11, 12)), *map(chr, range(14, 32)), *map(chr, range(127, 160)),
]  # fmt: skip
OTHERS = ["\ud800", "\udfff", "\ufffe", "\uffff", "\u202e", "\u2066"]
HARMLESS = [
    "ER+",
    "naïve",
    "дом",
    "乳癌",
    "👩\u200d⚕️",
    "a\u200fb",
    "l'été",
    "=1+1",
    "</script>",
    "a\\b",
]


@pytest.mark.parametrize("bad", CONTROLS + OTHERS, ids=ascii)
def test_what_files_forbid_and_terminals_obey_is_in_no_name_and_no_text(bad):
    for require in (require_name, require_text):
        with pytest.raises(
            DeepCMEError, match="a character that no name or text may hold"
        ) as e:
            require(f"BRCA{bad}1", "The gene id")
        assert str(e.value).isascii() and str(e.value).isprintable()


@pytest.mark.parametrize("bad", ["\t", "\n", "\r", "\u2028"], ids=ascii)
def test_a_text_may_have_lines_and_a_name_may_not(bad):
    require_text(f"a{bad}b", "The note")
    with pytest.raises(DeepCMEError, match="The gene id"):
        require_name(f"a{bad}b", "The gene id")


@pytest.mark.parametrize("name", ["", " ", "\u2003"], ids=ascii)
def test_a_name_is_not_empty(name):
    with pytest.raises(DeepCMEError, match="The sample id is empty"):
        require_name(name, "The sample id")


@pytest.mark.parametrize("name", HARMLESS)
def test_other_names_are_left_alone(name):
    require_name(name, "The gene id")
    assert printable(name) == name


def test_a_long_name_is_shown_around_what_is_wrong():
    with pytest.raises(DeepCMEError) as e:
        require_name("a" * 5000 + "\x00", "The gene id")
    assert len(str(e.value)) < 200


def test_what_steers_a_terminal_is_printed_escaped():
    steering = "a\x1b[2J\x9b2J\x07\r\n\u202eb\udc80"
    assert printable(steering) == r"a\x1b[2J\x9b2J\x07\r\n\u202eb\udc80"


@pytest.mark.parametrize(
    ("name", "stored"),
    [("a/b", "a|b"), (".", "unnamed"), ("..", "unnamed"), ("", "unnamed"), ("_index", "index"),
     ("label", "label_in_file"), ("age", "age")],
)  # fmt: skip
def test_a_column_is_stored_under_a_name_that_an_h5ad_file_can_keep(name, stored):
    assert stored_name(name, ["label"]) == stored


def test_every_text_of_nested_values_is_changed():
    value = {"a\x1b": ["b\x1b", {"c": ("d\x1b", 1)}], "e": None}
    assert with_texts(value, printable) == {
        r"a\x1b": [r"b\x1b", {"c": [r"d\x1b", 1]}],
        "e": None,
    }


def cohort_with(**names):
    """A small cohort, some of its names as given."""
    parts = {
        "samples": ["a", "b", "c", "d"],
        "genes": ["g", "h"],
        "endpoint": "invented",
        "name": "invented",
        **names,
    }
    return Cohort.from_arrays(np.ones((4, 2)), [0, 1, 0, 1], scale="log2", **parts)


PLACES = {
    "sample": lambda text: {"samples": [text, "b", "c", "d"]},
    "patient": lambda text: {"patients": [text, "b", "c", "d"]},
    "batch": lambda text: {"batch": [text, "b", "c", "d"]},
    "gene": lambda text: {"genes": [text, "h"]},
    "symbol": lambda text: {"symbols": [text, "h"]},
    "column": lambda text: {"clinical": pd.DataFrame({text: [1, 2, 3, 4]})},
    "column of genes": lambda text: {"gene_annotation": pd.DataFrame({text: [1, 2]})},
    "value": lambda text: {"clinical": pd.DataFrame({"grade": [text, "b", "c", "d"]})},
    "name": lambda text: {"name": text},
    "endpoint": lambda text: {"endpoint": text},
    "note": lambda text: {"provenance": {"notes": [text]}},
    "source": lambda text: {"provenance": {"files": {text: 1}}},
}


@pytest.mark.parametrize(
    "bad", ["\x00", "\x1b[2J", "\x0b", "\ufffe", "\ud800", "\u202e", "\x7f"]
)
@pytest.mark.parametrize("place", PLACES)
def test_a_cohort_refuses_them_wherever_they_stand(place, bad):
    with pytest.raises(DeepCMEError, match="no name or text may hold"):
        cohort_with(**PLACES[place](f"x{bad}y"))


@pytest.mark.parametrize("column", ["", ".", "..", "a/b", "/", "_index"])
def test_a_column_that_no_file_can_keep_is_refused_with_a_name_that_it_can(column):
    with pytest.raises(DeepCMEError, match=r"must not be called .* call it '"):
        cohort_with(clinical=pd.DataFrame({column: [1, 2, 3, 4]}))


ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from([*CONTROLS, *OTHERS, "\n", "\r", "\t", "/", ".", "_", " ", "=", "|"]),
        st.sampled_from(string.ascii_letters),
    ),
    max_size=6,
)


ANY_FILE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(ANY_FILE, max_examples=60)
@given(place=st.sampled_from(sorted(PLACES)), text=ANY_TEXT)
def test_any_text_goes_through_a_file_or_is_refused_in_one_sentence(place, text, tmp_path):
    goes_through_or_is_refused(place, text, tmp_path / "cohort.h5ad")


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@settings(ANY_FILE, max_examples=200)
@given(text=ANY_TEXT)
def test_many_texts_go_through_a_file_or_are_refused(place, text, tmp_path):
    goes_through_or_is_refused(place, text, tmp_path / "cohort.h5ad")


def goes_through_or_is_refused(place, text, path):
    try:
        cohort = cohort_with(**PLACES[place](text))
    except DeepCMEError as error:
        assert str(error).isprintable()
        return
    cohort.save(path)
    loaded = Cohort.load(path)
    assert loaded.samples.tolist() == cohort.samples.tolist()
    assert loaded.gene_ids.tolist() == cohort.gene_ids.tolist()
    assert loaded.obs.columns.tolist() == cohort.obs.columns.tolist()
    assert (loaded.name, loaded.endpoint) == (cohort.name, cohort.endpoint)
    assert loaded.provenance == cohort.provenance


@pytest.mark.slow
@pytest.mark.parametrize("n_columns", [4_093, 4_200, 5_100])
def test_a_cohort_has_any_number_of_columns(n_columns, tmp_path):
    table = pd.DataFrame(np.zeros((4, n_columns)), columns=[f"c{i}" for i in range(n_columns)])
    cohort_with(clinical=table).save(tmp_path / "cohort.h5ad")
    assert Cohort.load(tmp_path / "cohort.h5ad").obs.shape[1] == n_columns + 5


def test_a_name_of_5000_characters_is_a_name(tmp_path):
    long = "ü" * 5000
    cohort = cohort_with(genes=[long, "h"], clinical=pd.DataFrame({long: [1, 2, 3, 4]}))
    cohort.save(tmp_path / "cohort.h5ad")
    loaded = Cohort.load(tmp_path / "cohort.h5ad")
    assert loaded.gene_ids[0] == long and long in loaded.obs


def test_a_column_may_be_called_as_the_rows_are(tmp_path):
    base = cohort_with(clinical=pd.DataFrame({"barcode": [1, 2, 3, 4]})).adata
    base.obs.index.name = "barcode"
    annotated = ad.AnnData(base.X, obs=base.obs, var=base.var)
    Cohort(annotated, endpoint="invented", scale="log2").save(tmp_path / "cohort.h5ad")
    assert Cohort.load(tmp_path / "cohort.h5ad").obs["barcode"].tolist() == [1, 2, 3, 4]


def test_an_id_of_invisible_characters_alone_is_refused():
    with pytest.raises(DeepCMEError, match="The sample id is empty: give one"):
        cohort_with(**PLACES["sample"]("\xad"))
