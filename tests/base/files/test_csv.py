"""No table is a program: what a spreadsheet would compute is text in every cell and header."""

import csv
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme.base.files.files import write_csv

FORMULAS = [
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "\r\n@x", " =1",
    "\u00a0+1+1", "\u2003=1", "\ufeff=1", "\x0b=1", "\x00=1", '"=1+1', '""\t"=1', "\uff1d1+1", "\uff0b1", "\uff0d1+1",
    "\uff20x", "-1\n=2", "--1", "=", "-",
]  # fmt: skip
NO_FORMULAS = ["-5", "+0.031", " -5", "-5.0\n", "a=1", "1-2", "TP53", "HLA-A", "'=1", ""]


def written(tmp_path, table):
    write_csv(tmp_path / "table.csv", table)
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_a_formula_gets_an_apostrophe_in_a_cell_and_in_a_header(tmp_path, text):
    rows = written(tmp_path, pd.DataFrame({text: [text, "a"]}))
    assert [cell[0] for (cell,) in rows[:2]] == ["'", "'"]


@pytest.mark.parametrize("text", NO_FORMULAS, ids=ascii)
def test_a_number_or_a_word_stays_as_it_is(tmp_path, text):
    assert written(tmp_path, pd.DataFrame({"a": [text], "b": ["x"]}))[1] == [text, "x"]


def test_numbers_stay_numbers_and_categories_are_text(tmp_path):
    table = pd.DataFrame(
        {
            "n": [-1, 2],
            "x": [-0.5, np.nan],
            "whole": pd.array([-1, None], dtype="Int64"),
            "kind": pd.Categorical(["=a", "b"]),
            "any": ["+b", -3],
        }
    )
    assert written(tmp_path, table)[1:] == [
        ["-1", "-0.5", "-1", "'=a", "'+b"],
        ["2", "", "", "b", "-3"],
    ]
    assert table["kind"].tolist() == ["=a", "b"]


def test_columns_of_one_name_and_tables_without_rows_are_written(tmp_path):
    twice = pd.DataFrame([["=1", "=2"]], columns=["a", "a"])
    assert written(tmp_path, twice) == [["a", "a"], ["'=1", "'=2"]]
    assert written(tmp_path, twice.head(0)) == [["a", "a"]]


def test_a_lone_carriage_return_ends_no_row(tmp_path):
    write_csv(tmp_path / "table.csv", pd.DataFrame({"a": ["x\ry", "x\r\ny"], "b": [1, 2]}))
    assert pd.read_csv(tmp_path / "table.csv")["a"].tolist() == ["x\ny", "x\ny"]


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        st.one_of(
            st.sampled_from("=+-@\t\r\n \"'0159.,;\uff1d\uff0b\uff0d\uff20\u00a0\ufeff"),
            st.characters(exclude_categories=["Cs"]),
        ),
        max_size=8,
    )
)
def test_no_text_starts_a_cell_with_a_formula(text):
    with tempfile.TemporaryDirectory() as folder:
        rows = written(Path(folder), pd.DataFrame({text: [text], "b": ["x"]}))
    for cell in (rows[0][0], rows[1][0]):
        bare = cell.lstrip('\t\r\n "\u00a0\ufeff')
        number = re.fullmatch(r"[+-][0-9]+(\.[0-9]+)?\s*", bare)
        assert number or not bare.startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20"))
