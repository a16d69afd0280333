"""How well models rank patients by when the event comes: C, AUC(t), and their differences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import AUC_AT_HORIZON, HARRELL, UNO
from deepcme.evaluation.survival.tables.auc_over_time import compute_survival_auc_over_time
from deepcme.evaluation.survival.tables.differences import compute_survival_differences
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.report.blocks import Blocks, Figure, Heading, Table, Text
from deepcme.report.figures.forest import Axis, forest_heading, forest_row, plot_forest
from deepcme.report.figures.over_time import plot_auc_over_time
from deepcme.report.figures.roles import Roles
from deepcme.report.figures.styles import Chart, beside
from deepcme.report.formatting import (
    LEFT_OUT_COLUMN,
    PATIENTS_AND_EVENTS,
    TEST_PARTS,
    WARNED,
    TableLayout,
    rank_rows,
)
from deepcme.report.layouts.columns import Column, Estimate, Plain, PValue
from deepcme.report.layouts.numbers import choose_decimals, show_estimate
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents, Section
from deepcme.report.sections.comparators.flattered import find_warned
from deepcme.study.headline import find_baselines

_CHANCE = 0.5
_DRAWN = (UNO, AUC_AT_HORIZON)
NAMES = {measure.name: measure.heading for measure in (UNO, AUC_AT_HORIZON, HARRELL)}

_OPTIONAL = (LEFT_OUT, "n_not_estimable", "absent")
_COUNTS = (*PATIENTS_AND_EVENTS, TEST_PARTS)
_CAPTION = (
    "How each model ranks patients by when the event comes; 0.5 is chance, 1 is perfect. "
    "{headline} first, the others by Uno's C."
)
_NOTE = (
    "Each measure is that of one fit, averaged over the test parts in which it can be "
    "estimated. C: of two patients of whom it is known who had the event first, how often that "
    "one had the higher score. Uno's C weighs pairs so that it does not depend on who was "
    "censored, Harrell's does. AUC(t): the same of a patient with the event by the horizon and "
    "one without it then. Of Uno's C are: sd, over the splits, which is neither the error of "
    "the mean nor that of other patients; Monte-Carlo error, how far the mean would move if "
    "the same patients were divided anew; pairs dropped, comparable pairs beyond the time up "
    "to which it looks; patients and events. Harrell's C counts all events. 95% intervals: "
    "bootstrap of patients and of their censoring, on the logit scale with Student's t, "
    "widened for refitting."
)
_DIFFERENCES = (
    "{headline} minus each baseline, on the same patients in the same draws. The comparator "
    "was named before anything was fitted: its p counts as it is, that of the others after "
    "Holm, over the baselines of one measure. The p are of Uno's C."
)


def _compute(contents: Contents) -> None:
    results = contents.results
    study, evaluation = results.study, results.evaluation
    contents.add(
        "survival_discrimination",
        lambda: compute_survival_discrimination(evaluation),
        _lay_out_measures(contents.headline),
    )
    named = [(model.name, model.estimator) for model in study.models]
    contents.add(
        "survival_comparison",
        lambda: compute_survival_differences(
            evaluation,
            contents.headline,
            find_baselines(named, contents.headline, study.comparator.model),
            comparator=study.comparator.model,
        ),
        _lay_out_differences(contents.headline),
    )
    for name, column, draw in (
        ("survival_discrimination", "value", draw_measures),
        ("survival_comparison", "difference", draw_differences),
    ):
        if name not in contents.tables:
            continue
        table = contents.tables[name]
        drawn = table[~table["model"].isin(results.comparators)]
        if drawn[column].notna().any():
            contents.charts[name] = draw(drawn, contents.roles)

    def over_time() -> pd.DataFrame:
        table = compute_survival_auc_over_time(results.trained_evaluation)
        return add_at_risk(table, results)

    unit = results.time_scale.unit.capitalize() or "Time"
    contents.add("auc_over_time", over_time, _lay_out_over_time(unit, contents.headline))
    if "auc_over_time" in contents.tables:
        contents.charts["auc_over_time"] = _draw_over_time(contents)


def _lay_out_over_time(unit: str, headline: str) -> TableLayout:
    return TableLayout(
        f"AUC(t) of {headline} over time; every interval holds for its time by itself.",
        LEFT_OUT_COLUMN, ("shown", unit, ".3g"), Estimate("value", "AUC(t)"),
        ("at_risk", "At risk", ",.0f"), *_COUNTS,
        note="Averaged over the test parts in which it can be estimated by then.",
    )  # fmt: skip


def _lay_out_measures(headline: str) -> TableLayout:
    return TableLayout(
        _CAPTION.format(headline=headline),
        LEFT_OUT_COLUMN, ("model", "Model", ""), *estimates_by_measure(), ("sd", "sd", ".2f"),
        ("monte_carlo_error", "Monte-Carlo error", ".3f"),
        Plain(
            "pairs_dropped", "Pairs dropped", ",.0f", constant="{} pairs dropped by Uno's C"
        ),
        *_COUNTS, ("n_not_estimable", "Not estimable", ",.0f"), ("absent", "Why none", ""),
        optional=_OPTIONAL, best=UNO.name, note=_NOTE,
    )  # fmt: skip


def _lay_out_differences(headline: str) -> TableLayout:
    return TableLayout(
        _DIFFERENCES.format(headline=headline),
        LEFT_OUT_COLUMN, ("baseline", "Baseline", ""), ("comparator", "Comparator", ""),
        *estimates_by_measure(signed=True), PValue("p_value", "p"),
        PValue("p_holm", "p (Holm)"), *_COUNTS, ("absent", "Why none", ""), optional=_OPTIONAL,
    )  # fmt: skip


def estimates_by_measure(*, signed: bool = False) -> list[Column]:
    """A column for each measure, of what `spread_measures` gives."""
    return [
        Estimate(name, heading, f"{name} low", f"{name} high", signed=signed)
        for name, heading in NAMES.items()
    ]


def draw_measures(table: pd.DataFrame, roles: Roles) -> Chart:
    """A forest of the models, measure by measure."""
    rows = [*_forest_rows(table, "model", "value", roles)]
    low = np.nanmin([_CHANCE, *table["ci_low"], *table["value"]])
    domain = (min(0.4, np.floor(low * 10) / 10), 1.0)
    described = (
        f"Forest plot: {' and '.join(measure.heading for measure in _DRAWN)} of "
        f"{table['model'].nunique()} models, with 95% intervals."
    )
    axis = Axis("Value with 95% interval", domain, _CHANCE)
    return plot_forest(pd.DataFrame(rows), axis, described)


def draw_differences(table: pd.DataFrame, roles: Roles) -> Chart:
    """A forest of the differences to each baseline, measure by measure."""
    rows = [*_forest_rows(table, "baseline", "difference", roles)]
    farthest = np.nanmax(np.abs([0.1, *table["ci_low"], *table["ci_high"]]))
    end = float(np.ceil(farthest * 10) / 10)
    title = f"{table['model'].iloc[0]} minus the other model, with 95% interval"
    described = (
        f"Forest plot: differences in {' and '.join(measure.heading for measure in _DRAWN)}, "
        f"{title}."
    )
    return plot_forest(pd.DataFrame(rows), Axis(title, (-end, end), 0.0), described)


def _forest_rows(
    table: pd.DataFrame, of: str, column: str, roles: Roles
) -> Iterator[dict[str, Any]]:
    """A heading for each measure, then its rows; those of a cohort left out bear its name."""
    for measure in _DRAWN:
        rows = table[table["measure"] == measure.name].dropna(subset=column)
        if rows.empty:
            continue
        decimals = choose_decimals(rows["ci_low"], rows["ci_high"])
        yield forest_heading(measure.heading, "95% interval")
        for row in rows.to_dict("records"):
            ends = [row[name] for name in (column, "ci_low", "ci_high")]
            where = f" in {row[LEFT_OUT]}" if LEFT_OUT in row else ""
            yield forest_row(
                f"{row[of]}{where}",
                ends,
                show_estimate(*ends, decimals=decimals, signed=column == "difference"),
                counts=f"{row['n']:,.0f} / {row['events']:,.0f}",
                colour=roles.colour(row[of]),
            )


def add_at_risk(table: pd.DataFrame, results: StudyResults) -> pd.DataFrame:
    """The curves over time with how many are at risk, and times in the unit shown."""
    followed = {
        patients.cohort: patients.follow_up.times for patients in results.evaluation.patients
    }
    cohorts = table.get(LEFT_OUT, pd.Series([None] * len(table), dtype=object))
    at_risk = [
        int((followed[cohort] >= time).sum())
        for cohort, time in zip(cohorts, table["time"], strict=True)
    ]
    return table.assign(at_risk=at_risk, shown=table["time"] / results.time_scale.per_unit)


def _draw_over_time(contents: Contents) -> Chart:
    results, scale = contents.results, contents.results.time_scale
    table = contents.tables["auc_over_time"]
    ticks = scale.ticks(float(table["time"].max()))
    charts = []
    for patients in results.evaluation.patients:
        of_all = patients.cohort is None
        rows = table if of_all else table[table[LEFT_OUT] == patients.cohort]
        if rows.empty:
            continue
        times = patients.follow_up.times / scale.per_unit
        numbers = [int((times >= tick).sum()) for tick in ticks]
        chart = plot_auc_over_time(
            rows.assign(time=rows["shown"]),
            pd.DataFrame({"time": ticks, "at_risk": numbers}),
            contents.roles,
            _select_concordance(contents, patients.cohort),
            unit=scale.unit,
            horizon=None if results.horizon is None else scale.show(results.horizon),
        )
        titled = chart if of_all else chart.properties(title=patients.cohort)
        charts.append(titled)
    return beside(charts, columns=1)


def _select_concordance(contents: Contents, cohort: str | None) -> pd.DataFrame:
    """Uno's C of each model, of one cohort left out or of all patients."""
    table = contents.tables["survival_discrimination"]
    rows = table[table["measure"] == UNO.name]
    return rows if cohort is None else rows[rows[LEFT_OUT] == cohort]


def _write(contents: Contents) -> Blocks:
    tau, scale = contents.results.evaluation.tau, contents.results.time_scale
    yield Heading("Discrimination over time", "discrimination")
    yield Text(contents.notes.get("survival_discrimination", ""))
    if np.isfinite(tau):
        yield Text(
            f"Uno's C and AUC(t) look at events up to {scale.describe(tau)}, Harrell's C at "
            "the whole follow-up."
        )
    yield Text(describe_not_estimable(contents.tables))
    yield Figure(
        "survival_discrimination",
        "C and AUC(t) of each model with intervals; the numbers are in the next table",
        "Squares are means over the test parts, lines their 95% intervals; the dashed line is "
        "chance.",
    )
    yield show_by_measure(contents, "survival_discrimination", "value")
    yield from _write_comparison(contents)
    yield Figure(
        "auc_over_time",
        "AUC over time by model, with the number of patients at risk; the numbers are in the "
        "next table",
        "AUC(t): of a patient with the event by that time and one without it then, how often "
        f"the first has the higher score. {contents.headline} is picked, with its 95% band, "
        "which holds for each time by itself; the dashed line across is chance. The line "
        "begins at the fifth event. Below: all patients at risk just before each time.",
        hint="Click another name in the legend for the band of that model.",
    )
    if "auc_over_time" in contents.tables:
        table = contents.tables["auc_over_time"]
        yield contents.show("auc_over_time", table[table["model"] == contents.headline])
    yield Text(contents.notes.get("auc_over_time", ""))


def _write_comparison(contents: Contents) -> Blocks:
    if "survival_comparison" not in contents.tables:
        yield Text(contents.notes.get("survival_comparison", ""))
        return
    yield Figure(
        "survival_comparison",
        "Differences in C and AUC(t) to each other model; the numbers are in the next table",
        f"To the right of the dashed line {contents.headline} ranks better.",
    )
    yield show_by_measure(contents, "survival_comparison", "difference", "baseline")


def show_by_measure(
    contents: Contents, name: str, value: str, of: str = "model"
) -> Table | None:
    """A table with a column for each measure; whatever else it has is that of Uno's C.

    Parameters
    ----------
    contents : Contents
    name : str
        The table's.
    value : str
        Its column of estimates.
    of : str
        Its column of models, one row each.
    """
    if name not in contents.tables:
        return None
    spread = spread_measures(contents.tables[name], value, of)
    if of == "model":
        spread = rank_rows(spread, spread[UNO.name], contents.headline)
        spread[WARNED] = spread["model"].isin(find_warned(contents.tables))
    return contents.show(name, spread, unfolded=True)


def spread_measures(table: pd.DataFrame, value: str, of: str) -> pd.DataFrame:
    """A row for each model, and cohort left out: each measure's estimate and its ends."""
    keys = [key for key in (LEFT_OUT, of) if key in table]
    ends = [value, "ci_low", "ci_high"]
    spread = table[table["measure"] == UNO.name].drop(columns=ends)
    for name in NAMES:
        names = dict(zip(ends, (name, f"{name} low", f"{name} high"), strict=True))
        rows = table.loc[table["measure"] == name, [*keys, *ends]].rename(columns=names)
        spread = spread.merge(rows, "left", keys)
    # How often a measure could not be estimated is said where there is anything to say.
    empty = [name for name in ("n_not_estimable",) if name in spread and not spread[name].any()]
    return spread.drop(columns=empty).assign(absent=_join_reasons(table, spread, keys))


def _join_reasons(table: pd.DataFrame, spread: pd.DataFrame, keys: list[str]) -> list[str]:
    """Why a row lacks measures, in the order of the rows that are shown."""
    reasons: dict[tuple[object, ...], list[str]] = {}
    for row in table[table["absent"].fillna("") != ""].to_dict("records"):
        found = reasons.setdefault(tuple(row[key] for key in keys), [])
        found.append(f"{NAMES[row['measure']]}: {row['absent']}")
    return [
        "; ".join(reasons.get(key, []))
        for key in spread[keys].itertuples(index=False, name=None)
    ]


def describe_not_estimable(tables: dict[str, pd.DataFrame]) -> str:
    """In how many test parts C or AUC(t) could not be estimated, if in any."""
    table = tables.get("survival_discrimination")
    if table is None or not table["n_not_estimable"].any():
        return ""
    worst = table.sort_values("n_not_estimable").iloc[-1]
    return (
        f"In up to {worst['n_not_estimable']:.0f} test parts a measure could not be estimated "
        f"({NAMES[worst['measure']]} of {worst['model']}): those parts have no say."
    )


SECTION = Section(_write, _compute)
