"""How well the headline and its comparator do in patients of one kind."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.evaluation.groups import subgroups as of_labels
from deepcme.evaluation.groups.between_levels import (
    OBSERVED_EXPECTED,
    compute_interactions,
    difference_columns,
    with_ends,
)
from deepcme.evaluation.groups.levels import Levels, divide_by_columns
from deepcme.evaluation.groups.subgroups import FEWEST_EVENTS, compute_subgroups
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.probabilities.utility import choose_main_threshold
from deepcme.evaluation.survival.tables import subgroups as of_times
from deepcme.report.blocks import Blocks, Figure, Folded, Heading, Table, Text
from deepcme.report.chance import exceeds_chance, select_ranks
from deepcme.report.figures.subgroups import plot_subgroups
from deepcme.report.formatting import (
    N_AND_EVENTS,
    PATIENTS_AND_EVENTS,
    TableLayout,
)
from deepcme.report.layouts.columns import Estimate, Plain, PValue
from deepcme.report.layouts.numbers import as_percent, show_estimates
from deepcme.report.models import find_refitted_models
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents, Section
from deepcme.report.sections.groups.subgroup_words import (
    describe_columns,
    describe_fairness,
    describe_interactions,
    describe_methods,
)
from deepcme.report.survival import subgroups as over_time
from deepcme.study.parts.characteristics import PATIENTS

_CAPTION = (
    "{rank} and O/E by level of what was known at the start; differences and ratios are to the "
    f"largest level of the column. Below {FEWEST_EVENTS} events, or as many without, there are "
    "counts alone."
)
_NOTE_OF_LABELS = (
    "AUC: share of pairs, of a sample with the event and one without it in the same level and "
    "test part, in which the first has the higher score; 95% intervals by bootstrap of "
    "patients (t, logit scale). O/E: events observed over those expected by the recalibrated "
    "probabilities; 95% intervals Wald's on the log scale, errors by patient."
)
_NOTE_OF_ALL = (
    " Intervals of differences and ratios are made of those of both levels (square and add: "
    "Zou and Donner 2008), not corrected for their number."
)
_NET_BENEFIT = (
    "Net benefit of acting on the recalibrated risks in each level, at the threshold nearest "
    "to the risk of all, beside that of treating all; of treating none it is 0."
)
_NET_BENEFIT_NOTE = (
    "Gain: to the better of treating all and none, its 95% interval by paired bootstrap, not "
    "corrected for the number of levels."
)
_INTERACTIONS = TableLayout(
    "Interaction: whether a measure differs among the levels of a column, all at once.",
    ("model", "Model", ""), ("column", "By", ""), ("measure", "Measure", ""),
    ("levels", "Levels", ",.0f"), ("statistic", "F", ".2f"), PValue("p_value", "p"),
    PValue("p_holm", "p (Holm)"), Plain("planned", "Planned", constant="planned: {}"),
    note="Welch's test on the scale of the intervals, by standard errors that take the fitted "
    "models as they are: what levels share in them cancels between them. Holm: corrected for "
    "all tests of the model. Planned: the column was named before anything was fitted.",
)  # fmt: skip
_FIGURE = (
    "{rank} and O/E of {model} in patients of one kind (square; line: 95% interval), beside it "
    "{counted} / events. Dashed: chance, and O/E of 1; dotted: all patients. p: of the "
    "interaction, whether the levels of a column differ at all, before correction. That one "
    "interval excludes chance and another does not is no difference between them."
)


def _rank_of(contents: Contents) -> str:
    return of_times.RANK if contents.results.is_survival else of_labels.RANK


def _headings(contents: Contents) -> dict[str, str]:
    """Measures that are tested among levels, by their names for readers."""
    rank = _rank_of(contents)
    return {rank: contents.results.ranked_by.heading, OBSERVED_EXPECTED: "O/E"}


def _compute(contents: Contents) -> None:
    contents.add("subgroups", lambda: _make(contents), _lay_out(contents))
    if "subgroups" not in contents.tables:
        return
    results, table = contents.results, contents.tables["subgroups"]
    planned = results.folder.read_planned_subgroups()
    scales = of_times.SCALES if results.is_survival else of_labels.SCALES
    interactions = compute_interactions(table, scales)
    interactions = interactions.assign(planned=interactions["column"].isin(planned))
    contents.add("subgroup_interactions", lambda: interactions, _INTERACTIONS)
    of_headline = table[table["model"] == contents.headline]
    tests = interactions[interactions["model"] == contents.headline]
    headings = _headings(contents)
    contents.charts["subgroups"] = plot_subgroups(
        of_headline, tests, headings, _find_overall(contents)
    )
    contents.notes["subgroup_differences"] = describe_interactions(
        tests, of_headline, headings, planned, may_claim=exceeds_chance(contents)
    )
    contents.notes["fairness"] = describe_fairness(of_headline, headings)
    contents.notes["subgroup_methods"] = describe_methods(
        table, interactions, headings[_rank_of(contents)], planned
    )


def _make(contents: Contents) -> pd.DataFrame:
    results = contents.results
    levels = _read_levels(results)
    contents.notes["subgroup_columns"] = describe_columns(
        levels, results.study.subgroups.named, results.folder.read_planned_subgroups()
    )
    models = [contents.headline, results.study.comparator.model]
    if results.is_survival:
        return over_time.make_subgroups(contents, levels.of_sample, models)
    recalibrated = _recalibrated(results)
    predictions = results.predictions
    return compute_subgroups(
        predictions[predictions["model"].isin(models)],
        levels.of_sample,
        contents.random("subgroups"),
        recalibrated=recalibrated,
        threshold=_find_threshold(results),
        refitted=find_refitted_models(results.study),
    )


def _recalibrated(results: StudyResults) -> pd.DataFrame | None:
    """None where no model has a line that its scores rise with."""
    try:
        return results.recalibrated
    except AbsentError:
        return None


def _find_threshold(results: StudyResults) -> float:
    predictions = results.predictions
    tested = predictions[predictions["part"] == "test"].drop_duplicates("sample")
    share = float(tested["label"].mean())
    return choose_main_threshold(results.study.decisions.thresholds, share)


def _read_levels(results: StudyResults) -> Levels:
    if not results.folder.has_table(PATIENTS):
        raise AbsentError(
            "The study's folder is older than its table of what is known of the samples, so "
            "nothing is said of groups of patients: the same `deepcme run` adds it and fits "
            "nothing again."
        )
    characteristics = results.folder.read_table(PATIENTS)
    analysed = characteristics[_are_analysed(characteristics, results)].reset_index(drop=True)
    named = [of for of in results.study.subgroups.named if of in analysed.columns]
    left_out = _cohorts_left_out(analysed["sample"], results)
    levels = divide_by_columns(analysed, left_out, named=named or None)
    if levels.of_sample.columns.empty:
        not_by = f" Not by {', '.join(levels.left_out)}." if levels.left_out else ""
        raise AbsentError(
            "The cohort has no column, such as age, receptors or centre, that divides its "
            "patients in two to six groups: nothing is said of how the model does in them."
            f"{not_by}"
        )
    return levels


def _cohorts_left_out(samples: pd.Series, results: StudyResults) -> pd.Series | None:
    predictions = results.predictions
    if LEFT_OUT not in predictions.columns:
        return None
    tested = predictions[predictions["part"] == "test"].drop_duplicates("sample")
    return samples.map(tested.set_index("sample")[LEFT_OUT])


def _are_analysed(characteristics: pd.DataFrame, results: StudyResults) -> pd.Series[bool]:
    return characteristics["sample"].isin(results.samples.index)


def _find_overall(contents: Contents) -> dict[str, float]:
    """What the report says of the headline in all patients; nothing of each cohort left out."""
    rank, tables = _rank_of(contents), contents.tables
    ranks = select_ranks(contents, contents.headline)
    found = {}
    if len(ranks) == 1 and LEFT_OUT not in ranks.columns:
        found[rank] = float(ranks["value" if contents.results.is_survival else rank].iloc[0])
    name, column = (
        ("survival_performance_recalibrated", "measure")
        if contents.results.is_survival
        else ("recalibration", "metric")
    )
    if name in tables and LEFT_OUT not in tables[name].columns:
        table = tables[name]
        of_ratio = (table["model"] == contents.headline) & (table[column] == OBSERVED_EXPECTED)
        if of_ratio.any():
            found[OBSERVED_EXPECTED] = float(table.loc[of_ratio, "value"].iloc[0])
    return found


def _lay_out(contents: Contents) -> TableLayout:
    heading = contents.results.ranked_by.heading
    is_survival = contents.results.is_survival
    return TableLayout(
        _CAPTION.format(rank=heading),
        _LEVEL, ("rank", f"{heading} (95%)", "s"),
        ("difference", "Difference (95%)", "s"),
        Estimate(OBSERVED_EXPECTED, "O/E", *with_ends(OBSERVED_EXPECTED)[1:]),
        ("ratio", "Ratio of O/Es (95%)", "s"),
        *(PATIENTS_AND_EVENTS if is_survival else N_AND_EVENTS),
        note=(over_time.NOTE if is_survival else _NOTE_OF_LABELS) + _NOTE_OF_ALL,
    )  # fmt: skip


_LEVEL = ("of", "Level", "")


def _show(table: pd.DataFrame, rank: str) -> pd.DataFrame:
    """The table with words where a level has no estimate, or others are set against it."""
    table = _name_levels(table)
    ranks = show_estimates(table, with_ends(rank))
    differences = show_estimates(table, difference_columns(rank), signed=True)
    ratios = show_estimates(table, with_ends("ratio_of_ratios"))
    return table.assign(
        rank=np.where(table["absent"].eq("") | table["absent"].isna(), ranks, table["absent"]),
        difference=np.where(table["is_reference"], "largest", differences),
        ratio=np.where(table["is_reference"], "largest", ratios),
    )


def _name_levels(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(of=table["column"] + ": " + table["level"])


def _show_net_benefit(table: pd.DataFrame) -> Folded | None:
    """What acting on the risks is worth in each level, where anything is known of that."""
    known = _name_levels(table[table["net_benefit"].notna()])
    if known.empty:
        return None
    known = known.assign(at=[as_percent(threshold) for threshold in known["threshold"]])
    layout = TableLayout(
        _NET_BENEFIT,
        ("model", "Model", ""), _LEVEL, Plain("at", "At a risk of", constant="at a risk of {}"),
        ("net_benefit", "Net benefit", "+.3f"), ("treat_all", "Treat all", "+.3f"),
        Estimate("gain", "Gain", "gain_low", "gain_high", signed=True), note=_NET_BENEFIT_NOTE,
    )  # fmt: skip
    shown = Table("subgroups_net_benefit", layout.show(known))
    return Folded("Net benefit in groups of patients", [shown])


def _write(contents: Contents) -> Blocks:
    notes, headings = contents.notes, _headings(contents)
    yield Heading("Groups of patients, and fairness", "subgroups")
    if "subgroups" not in contents.tables:
        yield Text(notes["subgroups"])
        return
    yield Text(notes["subgroup_differences"])
    yield Text(notes["fairness"])
    yield Text(notes["subgroup_columns"], muted=True)
    rank = _rank_of(contents)
    yield Figure(
        "subgroups",
        f"Forest plot of {headings[rank]} and O/E by level of what was known at the start; the "
        "numbers are in the next table",
        _FIGURE.format(
            rank=headings[rank],
            model=contents.headline,
            counted="patients" if contents.results.is_survival else "samples",
        ),
    )
    table = contents.tables["subgroups"]
    of_headline = table["model"] == contents.headline
    yield contents.show("subgroups", _show(table[of_headline], rank))
    if not of_headline.all():
        other = _lay_out(contents).show(_show(table[~of_headline], rank))
        name = table.loc[~of_headline, "model"].iloc[0]
        yield Folded(f"The same of {name}", [Table("subgroups_of_the_comparator", other)])
    yield _show_net_benefit(table)
    interactions = contents.tables["subgroup_interactions"]
    if not interactions.empty:
        shown = interactions.assign(
            measure=interactions["measure"].map(headings),
            planned=interactions["planned"].map({True: "yes", False: "no, exploratory"}),
        )
        yield contents.show("subgroup_interactions", shown)


SECTION = Section(_write, _compute)
