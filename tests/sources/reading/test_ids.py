"""Ids are cleaned in one place; what becomes equal is refused, what differs in case warned of."""

import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.reading.ids import clean_cells, clean_ids, require_unique, warn_of_case
from tests.sources.files import matrix_of, refused, table_of, written


def test_spaces_go_and_are_said_once_with_their_count():
    notes = []
    ids = clean_ids(
        [" S1", "S2 ", "S\u00a03", "S  4", "\u200bS5", "\ufeffS6", "S7"],
        "sample",
        "x/m.csv",
        notes,
    )
    assert ids == ["S1", "S2", "S 3", "S 4", "S5", "S6", "S7"]
    assert notes == [
        "m.csv: spaces were taken out of 6 sample ids (' S1', 'S2 ', 'S\\xa03' ...)."
    ]


def test_clean_ids_need_no_note():
    notes = []
    assert clean_ids(["S1", "tumour 2"], "sample", "m.csv", notes) == ["S1", "tumour 2"]
    assert notes == []


def test_control_characters_in_ids_are_spaces_and_warned_about():
    notes = []
    ids = clean_ids(["S\x001", "\x1bS2\x7f", " S3"], "sample", "x/m.csv", notes)
    assert ids == ["S 1", "S2", "S3"]
    assert notes == [
        "Warning: m.csv: control characters were taken out of 2 sample ids ('S\\x001', "
        "'\\x1bS2\\x7f'): is the file damaged?",
        "m.csv: spaces were taken out of 1 sample ids (' S3').",
    ]


def test_control_characters_in_cells_are_spaces_and_warned_about():
    notes = []
    table = pd.DataFrame({"a": ["x\x1by", "\x00", None, "p\nq"], "n": [1, 2, 3, 4]})
    clean = clean_cells(table, "x/t.csv", notes)
    assert clean["a"].tolist() == ["x y", None, None, "p\nq"]
    assert clean["n"].tolist() == [1, 2, 3, 4]
    assert notes == [
        "Warning: t.csv: control characters were taken out of 2 cells ('x\\x1by', '\\x00'): "
        "is the file damaged?"
    ]
    assert clean_cells(clean, "x/t.csv", notes) is clean and len(notes) == 1


def test_ids_that_differ_in_case_alone_are_warned_about_by_name():
    notes = []
    warn_of_case(["p1", "P1", "P2"], "sample", "x/m.csv", notes)
    assert notes == [
        "Warning: m.csv: sample ids that differ in capital letters alone are taken for "
        "different ones: P1 and p1."
    ]
    warn_of_case(["P1", "P2"], "sample", "x/m.csv", notes)
    assert len(notes) == 1


def test_ids_that_repeat_are_named():
    require_unique(["a", "b"], "gene", "m.csv")
    with pytest.raises(DeepCMEError, match=r"m\.csv: 1 gene id occurs more than once \(a\)"):
        require_unique(["a", "b", "a"], "gene", "m.csv")
    with pytest.raises(
        DeepCMEError, match=r"2 gene ids occur more than once \(a, b\): each gene needs an id"
    ):
        require_unique(["a", "b", "a", "b"], "gene", "m.csv")


def test_samples_genes_and_columns_are_cleaned_in_every_reader(tmp_path):
    path = written(tmp_path, "gene, S1,S2\u00a0\nA ,1,2\n B,3,4\n")
    samples, genes, values, notes = matrix_of(path)
    assert (samples, genes, values) == (["S1", "S2"], ["A", "B"], [[1, 3], [2, 4]])
    assert notes == [
        "m.csv: spaces were taken out of 2 column ids (' S1', 'S2\\xa0').",
        "m.csv: spaces were taken out of 2 gene ids ('A ', ' B').",
    ]
    assert table_of(path)[0] == ["gene", "S1", "S2"]


@pytest.mark.parametrize("second", [" S1", "S1\u00a0", "S1\u200b"])
def test_samples_and_columns_that_become_equal_are_refused(tmp_path, second):
    path = written(tmp_path, f"gene,S1,{second}\nA,1,2\n")
    refused(matrix_of, path, r"1 sample id occurs more than once \(S1\)")
    refused(table_of, path, r"1 column id occurs more than once \(S1\)")


def test_samples_that_differ_in_case_alone_are_read_and_warned_about(tmp_path):
    samples, _, _, notes = matrix_of(written(tmp_path, "gene,s1,S1\nA,1,2\n"))
    assert samples == ["s1", "S1"]
    assert [note for note in notes if note.startswith("Warning")] == notes
    assert "S1 and s1" in notes[0]
