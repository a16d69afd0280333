"""What a committee is above its best member: one table, and what it says."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.committees.gain import compute_committee_gain
from deepcme.evaluation.committees.members import compute_member_correlations, join_members
from deepcme.evaluation.committees.survival import compute_survival_committee_gain
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.blocks import Blocks, Heading, Text
from deepcme.report.chance import exceeds_chance
from deepcme.report.formatting import (
    LEFT_OUT_COLUMN,
    N_AND_EVENTS,
    PATIENTS_AND_EVENTS,
    TEST_PARTS,
    TableLayout,
    rank_rows,
)
from deepcme.report.layouts.columns import Estimate
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents, Section
from deepcme.report.sections.committee.words import describe_gain

GAIN, ALIKE = "committee_gain", "member_correlations"

_CAPTION = (
    "The committee, and its members by {measure}; difference: the committee less the member. "
    "Members are fitted by the committee: a model of the same name elsewhere on this page is "
    "another fit."
)
_NOTE = (
    "Members are fitted on the committee's training rows. {measure} and 95% interval as in the "
    "table of discrimination. Rank correlation: Spearman's, of the scores of a member and of "
    "each of the others within a test part, mean over these. Difference: {differences}."
)
_OF_LABELS = "with 95% interval by {}"
_OF_TIMES = "on the same patients in the same draws, with 95% interval"


def _lay_out(results: StudyResults, table: pd.DataFrame) -> TableLayout:
    of_labels = _OF_LABELS.format(
        "a bootstrap of patients"
        if LEFT_OUT in table
        else "the corrected resampled t-test (Nadeau and Bengio 2003)"
    )
    heading = results.ranked_by.heading
    note = _NOTE.format(
        measure=heading, differences=_OF_TIMES if results.is_survival else of_labels
    )
    several = table["committee"].nunique() > 1
    counts = PATIENTS_AND_EVENTS if results.is_survival else N_AND_EVENTS
    return TableLayout(
        _CAPTION.format(measure=heading),
        *([("committee", "Committee", "")] if several else []), LEFT_OUT_COLUMN,
        ("model", "Model", ""), ("what", "What", ""), Estimate("value", heading),
        Estimate(
            "difference", "Difference", "difference_low", "difference_high", signed=True
        ),
        ("correlation", "Rank correlation", ".2f"), *counts, TEST_PARTS, note=note,
    )  # fmt: skip


def _show_gain(table: pd.DataFrame) -> pd.DataFrame:
    """Each committee, then its members, and what each row is."""
    ranked = pd.concat(
        [
            rank_rows(rows, rows["value"], str(name))
            for name, rows in table.groupby("committee", sort=False)
        ]
    )
    kinds = [ranked["model"] == ranked["committee"], ranked["best"]]
    return ranked.assign(what=np.select(kinds, ["committee", "highest member"], "member"))


def _compute(contents: Contents) -> None:
    members = contents.results.members
    if members is None:
        return
    committees = [str(name) for name in members["model"].drop_duplicates()]
    try:
        gains = [_compute_gain(contents.results, members, name) for name in committees]
    except AbsentError as absent:
        contents.notes[GAIN] = str(absent)
        return
    table = pd.concat(gains, ignore_index=True)
    contents.add(GAIN, lambda: table, _lay_out(contents.results, table))
    contents.add(ALIKE, lambda: _correlate(contents.results, members, committees))


def _compute_gain(results: StudyResults, members: pd.DataFrame, committee: str) -> pd.DataFrame:
    if results.is_survival:
        return compute_survival_committee_gain(results.evaluation, members, committee)
    # The draws of the table of discrimination, which has the committee's interval as well.
    random = interval_generator(results.study.seed, "auc")
    return compute_committee_gain(results.predictions, members, committee, random)


def _correlate(
    results: StudyResults, members: pd.DataFrame, committees: list[str]
) -> pd.DataFrame:
    tables = []
    for name in committees:
        rows = join_members(results.predictions, members, name)
        table = compute_member_correlations(rows, name)
        table.insert(0, "committee", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _write(contents: Contents) -> Blocks:
    if contents.results.members is None:
        return
    yield Heading("The committee and its members", "committee")
    yield Text(contents.notes.get(GAIN, ""))
    if GAIN not in contents.tables:
        return
    gains, alike = contents.tables[GAIN], contents.tables[ALIKE]
    for name, of_committee in gains.groupby("committee", sort=False):
        yield Text(
            describe_gain(
                of_committee,
                alike[alike["committee"] == name],
                contents.results.ranked_by.heading,
                lambda model: exceeds_chance(contents, model),
            )
        )
    yield contents.show(GAIN, _show_gain(gains))


SECTION = Section(_write, _compute)
