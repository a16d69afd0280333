"""A table says each thing once: what all rows share in its caption, and nothing that is empty."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme.report.blocks import Table
from deepcme.report.formatting import (
    COUNTS,
    LEFT_OUT_COLUMN,
    WARNED,
    SideBySideLayout,
    TableLayout,
    rank_rows,
)
from deepcme.report.layouts.columns import Estimate, Plain, PValue
from deepcme.report.render import render_markdown, render_page

LAYOUT = TableLayout(
    "How models rank.",
    LEFT_OUT_COLUMN, ("model", "Model", ""), Estimate("auc", "AUC"), ("sd", "sd", ".2f"),
    Plain("chance", "By chance", ".2f", constant="by chance {}"), PValue("p", "p"),
    ("why", "Why none", ""), *COUNTS,
    best="auc", note="By hand.",
)  # fmt: skip


def models(rows=3, **columns):
    table = pd.DataFrame(
        {"model": [f"model {i}" for i in range(rows)], "auc": np.linspace(0.6, 0.8, rows)}
    )
    table = table.assign(ci_low=table["auc"] - 0.1, ci_high=table["auc"] + 0.1, sd=0.1)
    constant = {"chance": 0.3, "p": 1.0, "why": "", "n": 189, "events": 35}
    return table.assign(**{**constant, "n_patients": 189, "n_splits": 10, **columns})


def test_constants_are_words_of_the_caption_and_empty_columns_are_gone():
    shown = LAYOUT.show(models())
    assert shown.headings == ["Model", "AUC (95%)", "sd"]
    assert shown.rows[0] == ["model 0", "0.60 (0.50 to 0.70)", "0.10"]
    assert shown.caption == (
        "How models rank. In bold the highest AUC. All rows: by chance 0.30, p 1, 189 samples, "
        "35 events, 189 patients, 10 test parts."
    )
    assert (shown.best, shown.note) == (2, "By hand.")


def test_one_row_shares_nothing_with_others():
    shown = LAYOUT.show(models(1))
    assert shown.headings[-5:] == ["p", "Samples", "Events", "Patients", "Test parts"]
    assert (shown.caption, shown.best) == ("How models rank.", None)


def test_counts_that_follow_others_are_told_once():
    shown = LAYOUT.show(models(n=[70, 80, 90], n_patients=[70, 80, 90], events=1))
    assert shown.headings[-1] == "Samples"
    assert "1 event, as many patients as samples, 10 test parts." in shown.caption


def test_counts_of_cohorts_left_out_are_told_cohort_by_cohort():
    cohorts = ["north", "north", "south", "south"]
    table = models(4, left_out=cohorts, n=[70, 70, 90, 90], n_patients=[70, 70, 90, 90])
    shown = LAYOUT.show(table)
    assert shown.headings == ["Cohort left out", "Model", "AUC (95%)", "sd"]
    assert shown.caption.endswith(
        "north: 70 samples, 35 events, 70 patients, 10 test parts; "
        "south: 90 samples, 35 events, 90 patients, 10 test parts."
    )
    differs = LAYOUT.show(table.assign(n=[70, 71, 90, 90]))
    assert "Samples" in differs.headings and "north: " not in differs.caption
    alone = LAYOUT.show(models(2, left_out=["north", "south"], n=[70, 90]))
    assert "Samples" in alone.headings, "a cohort of one row has its counts there"


def test_words_that_repeat_another_column_are_left_out_and_numbers_are_not():
    layout = TableLayout("", ("gene", "Gene", ""), ("symbol", "Symbol", ""), ("a", "A", ".0f"),
                         ("b", "B", ".0f"))  # fmt: skip
    table = pd.DataFrame({"gene": ["x", "y"], "symbol": ["x", "y"], "a": [1, 2], "b": [1, 2]})
    assert layout.show(table).headings == ["Gene", "A", "B"]
    assert layout.show(table.assign(symbol=["x", "z"])).headings == ["Gene", "Symbol", "A", "B"]


def test_the_highest_is_marked_where_that_means_something():
    tied, flattered = models(), models(**{WARNED: [False, False, True]})
    tied["auc"] = 0.7
    assert LAYOUT.show(tied).best is None
    assert LAYOUT.show(flattered).best == 1, "what the cohort helped to make is not ranked"
    cohorts = LAYOUT.show(models(left_out=["a", "a", "b"]))
    assert cohorts.best is None and "bold" not in cohorts.caption


VALUES = st.sampled_from(["", "a", "b"])
COUNT = st.sampled_from([0, 1, 20])


@given(st.lists(st.tuples(VALUES, COUNT, COUNT), min_size=1, max_size=5))
def test_whatever_is_left_out_is_constant_told_elsewhere_or_empty(rows):
    table = pd.DataFrame(rows, columns=["why", "n", "events"])
    table.insert(0, "model", [f"model {i}" for i in range(len(rows))])
    layout = TableLayout("", ("model", "Model", ""), ("why", "Why", ""), *COUNTS[:2])
    shown = layout.show(table)
    assert [row[0] for row in shown.rows] == table["model"].tolist()
    for name, heading in (("why", "Why"), ("n", "Samples"), ("events", "Events")):
        cells = [str(value) for value in table[name]]
        if heading in shown.headings:
            place = shown.headings.index(heading)
            assert [row[place] for row in shown.rows] == cells
        elif name == "why":
            assert not any(cells)
        elif len(set(cells)) == 1:
            assert f"{cells[0]} {heading.lower()[:-1]}" in shown.caption
        else:
            assert cells == [str(value) for value in table["n"]]


def test_measures_beside_each_other_are_those_of_the_rows():
    rows = [
        {"model": model, "metric": metric, "value": value, "ci_low": value - 0.2,
         "ci_high": value + 0.2, "n": 30, "events": 9}
        for model, metric, value in (("a", "at 5%", 0.1), ("b", "at 5%", 0.3), ("b", "at 9%", 0.2))
    ]  # fmt: skip
    layout = SideBySideLayout("", {"at 5%": "At 5%", "at 9%": "At 9%"}, signed=True)
    shown = layout.show(pd.DataFrame(rows))
    assert shown.headings == ["Model", "At 5% (95%)", "At 9% (95%)"]
    assert shown.rows == [
        ["a", "+0.10 (-0.10 to +0.30)", ""],
        ["b", "+0.30 (+0.10 to +0.50)", "+0.20 (+0.00 to +0.40)"],
    ]
    assert shown.caption == "All rows: 30 samples, 9 events."


def test_columns_of_one_measure_have_as_many_decimals():
    rows = [
        {"model": "a", "metric": at, "value": 0.0, "ci_low": -half, "ci_high": half, "n": 3,
         "events": 1}
        for at, half in (("x", 0.01), ("y", 0.02), ("z", 0.3))
    ]  # fmt: skip
    headings = {at: at for at in "xyz"}
    apart, alike = (
        SideBySideLayout("", headings, alike=alike).show(pd.DataFrame(rows)).rows[0][1:]
        for alike in (False, True)
    )
    assert apart[2].startswith("0.00 (") and alike[2].startswith("0.000 (")


def test_rows_are_ranked_with_one_model_first_and_cohorts_together():
    table = models(4, left_out=["a", "b", "a", "b"])
    assert rank_rows(table, table["auc"], "model 0")["model"].tolist() == [
        "model 0", "model 2", "model 3", "model 1",
    ]  # fmt: skip


@pytest.mark.parametrize("render", [render_markdown, lambda *of: render_page("t", *of)])
def test_page_and_markdown_show_the_same_cells_and_the_note(render):
    text = render("heading", [Table("t", LAYOUT.show(models()))])
    for words in ("0.60 (0.50 to 0.70)", "189 samples", "How this is computed", "By hand."):
        assert words in text
