"""What became of patients by how high their risk was predicted: the report's first picture."""

from __future__ import annotations

from typing import Any

import pandas as pd

from deepcme.base.time_scale import TimeScale
from deepcme.evaluation.nulls import describe_power_to_reject
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.tables.nulls import LOG_RANK
from deepcme.evaluation.survival.tables.risk_groups import (
    SURVIVAL,
    compute_group_risks,
    compute_numbers_at_risk_by_group,
    compute_risk_curves,
    compute_risk_groups,
)
from deepcme.report.blocks import Blocks, Figure, Heading, Table, Text, refer_to
from deepcme.report.chance import can_reject, compute_permutation, is_unfinished
from deepcme.report.figures.styles import Chart, beside
from deepcme.report.figures.survival import plot_risk_curves
from deepcme.report.formatting import EVENTS, LEFT_OUT_COLUMN, PATIENTS, TableLayout
from deepcme.report.layouts.columns import Estimate
from deepcme.report.section import Contents, Section

SHARE_SHOWN = 0.1
"""Curves are drawn for as long as so many of the patients are at risk, or up to the horizon.

After Pocock, Clayton and Altman (2002), Lancet 359:1686-1689.
"""
MOST_MARKED = 200
"""Of more censored patients the marks would hide the curves."""

_FREE = "Free of the event"
_INCIDENCE = "With the event (cumulative incidence)"

_GROUP_RISKS = TableLayout(
    "Risk of the event by the horizon in each third of predicted risk.",
    LEFT_OUT_COLUMN, ("group", "Third", ""), Estimate("risk", "Risk", percent=True), PATIENTS,
    EVENTS, ("followed", "Followed", ",.0f"),
    note="95% intervals: Wald's on the log scale (Greenwood's variance). Thirds are those of "
    "the scores of training data that the same fit did not see, so that they need not hold "
    "equally many. Events are those by the horizon; followed are those known to be without it "
    "then.",
)  # fmt: skip
_AT_RISK = "Patients at risk just before each time, by third of predicted risk."
_NAIVE_TEST = (
    "where there is nothing to find, an ordinary log-rank test of cross-validated groups "
    "rejects in 10 to 12 of 100 studies instead of 5"
)
_NO_P_VALUE = (
    "No p-value stands beside these curves. The thirds come of models that learned from the "
    "other patients, so that the patients' outcomes are not independent of each other's "
    f"groups: {_NAIVE_TEST}. Only outcomes permuted and everything fitted again give one."
)


def _compute(contents: Contents) -> None:
    results, headline = contents.results, contents.headline

    def members() -> pd.DataFrame:
        groups = compute_risk_groups(results.evaluation)
        return groups[groups["model"] == headline].reset_index(drop=True)

    contents.add("risk_groups", members)
    contents.add("risk_curves", lambda: compute_risk_curves(contents.require("risk_groups")))
    horizon = results.horizon
    if horizon is not None:
        contents.add(
            "group_risks",
            lambda: compute_group_risks(contents.require("risk_groups"), horizon),
            _GROUP_RISKS,
        )
    permutation = compute_permutation(contents)
    if permutation is not None:
        contents.notes["risk_groups_p"] = describe_p_value(permutation)
    if "risk_curves" in contents.tables:
        _compute_at_risk(contents, find_p_value(permutation))


def find_p_value(permutation: pd.DataFrame | None) -> float | None:
    """The p-value of the thirds, where there are so many permutations that it can reject."""
    if permutation is None or not can_reject(permutation):
        return None
    return float(_of_groups(permutation)["p_value"])


def _of_groups(permutation: pd.DataFrame) -> pd.Series[Any]:
    row: pd.Series[Any] = permutation[permutation["statistic"] == LOG_RANK].iloc[0]
    return row


def describe_p_value(permutation: pd.DataFrame) -> str:
    """What permuted outcomes say of the thirds, and what an ordinary test would.

    Parameters
    ----------
    permutation : DataFrame
        As `compute_survival_permutation_table` gives it.
    """
    row = _of_groups(permutation)
    found = (
        f"Whether the thirds differ at all: with outcomes permuted and everything fitted "
        f"again, {row['n_as_good']:,.0f} of {row['n_permutations']:,.0f} reruns had thirds at "
        "least as far apart (log-rank, over the whole follow-up)"
    )
    if is_unfinished(permutation):
        return f"{found}, and more reruns are to come: nothing is concluded before."
    if not can_reject(permutation):
        return f"{found}. {describe_power_to_reject(int(row['n_permutations']))}"
    return (
        f"{found}: p = {row['p_value']:.3f} (95% Monte-Carlo interval {row['ci_low']:.3f} to "
        f"{row['ci_high']:.3f}). It does not say by how much. No other p-value holds here: "
        f"{_NAIVE_TEST}."
    )


def _compute_at_risk(contents: Contents, p_value: float | None) -> None:
    """Numbers at risk at round times, and the chart that stands above them."""
    groups, horizon = contents.tables["risk_groups"], contents.results.horizon
    scale = contents.results.time_scale
    end = find_end(groups["time"], horizon)
    ticks = scale.ticks(end)
    times = [tick * scale.per_unit for tick in ticks]
    contents.add("numbers_at_risk", lambda: compute_numbers_at_risk_by_group(groups, times))
    contents.charts["risk_curves"] = _draw(contents, scale, end, p_value)


def spread_at_risk(at_risk: pd.DataFrame, scale: TimeScale) -> pd.DataFrame:
    """A row for each third, of each cohort left out; a column for each time, in its words."""
    keys = [key for key in (LEFT_OUT, "group") if key in at_risk]
    named = at_risk.assign(time=[f"{scale.show(time):g}" for time in at_risk["time"]])
    spread = named.set_index([*keys, "time"])["at_risk"].unstack(sort=False)
    spread.columns = [f"At {time}" for time in spread.columns]
    return spread.reset_index()


def find_end(times: pd.Series[float], horizon: float | None) -> float:
    """Until when curves are drawn: as many are at risk as are asked for, or the horizon."""
    last = times.sort_values(ascending=False).iloc[int(SHARE_SHOWN * len(times))]
    return max(float(last), horizon or 0.0)


def _draw(contents: Contents, scale: TimeScale, end: float, p_value: float | None) -> Chart:
    horizon = contents.results.horizon
    curves = contents.tables["risk_curves"]
    by_cohort = LEFT_OUT in curves

    def draw(cohort: object) -> Chart:
        groups, curves, at_risk = (
            table if cohort is None else table[table[LEFT_OUT] == cohort]
            for table in map(
                contents.tables.__getitem__, ("risk_groups", "risk_curves", "numbers_at_risk")
            )
        )
        of_all = None if by_cohort else p_value
        return draw_risk_curves(groups, curves, at_risk, scale, horizon, end, of_all)

    if not by_cohort:
        return draw(None)
    return beside(
        [draw(cohort).properties(title=str(cohort)) for cohort in curves[LEFT_OUT].unique()],
        columns=1,
    )


def draw_risk_curves(
    groups: pd.DataFrame,
    curves: pd.DataFrame,
    at_risk: pd.DataFrame,
    scale: TimeScale,
    horizon: float | None,
    end: float,
    p_value: float | None = None,
) -> Chart:
    """The curves of groups up to an end, with numbers at risk; of few the censored are marked.

    Parameters
    ----------
    groups, curves, at_risk : DataFrame
        As `compute_risk_groups`, `compute_risk_curves` and
        `compute_numbers_at_risk_by_group` give them, of no cohort or one.
    scale : TimeScale
    horizon : float, optional
    end : float
        As `find_end` gives it.
    p_value : float, optional
        Of the groups, where there is one that holds.
    """
    shown = curves[curves["time"] <= end]
    censored = find_censored(groups, curves)
    censored = censored[censored["time"] <= end]
    if len(censored) > MOST_MARKED:
        censored = censored.iloc[:0]
    return plot_risk_curves(
        shown.assign(time=shown["time"] / scale.per_unit),
        at_risk.assign(time=(at_risk["time"] / scale.per_unit).round(6)),
        censored.assign(time=censored["time"] / scale.per_unit),
        title=_title(curves),
        unit=scale.unit,
        horizon=None if horizon is None else scale.show(horizon),
        p_value=p_value,
    )


def find_censored(groups: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Where the curves are marked: each censored patient's group, time, and height there."""
    keys = [key for key in (LEFT_OUT, "group") if key in curves]
    censored = groups.loc[groups["event"] == 0, [*keys, "time"]].drop_duplicates()
    heights = curves[[*keys, "time", "value"]]
    marked: pd.DataFrame = censored.merge(heights, on=[*keys, "time"])
    return marked.sort_values("time", ignore_index=True)


def _title(curves: pd.DataFrame) -> str:
    return _FREE if (curves["curve"] == SURVIVAL).all() else _INCIDENCE


def find_figure(contents: Contents) -> Figure | None:
    """The curves, which the report opens with; None where there are none, or of each cohort."""
    if "risk_curves" not in contents.charts or _is_by_cohort(contents):
        return None
    is_free = _title(contents.tables["risk_curves"]) == _FREE
    return _figure(
        f"{'Free of' if is_free else 'With'} the event, by third of predicted risk; below, "
        "patients at risk."
    )


def _figure(caption: str) -> Figure:
    return Figure(
        "risk_curves",
        "Curves of patients free of the event by third of predicted risk, with numbers at "
        "risk; the numbers are in the table of patients at risk",
        caption,
    )


def _is_by_cohort(contents: Contents) -> bool:
    return LEFT_OUT in contents.tables["risk_curves"].columns


def _write(contents: Contents) -> Blocks:
    yield Heading("What became of patients, by predicted risk", "risk-groups")
    yield Text(contents.notes.get("risk_groups", contents.notes.get("risk_curves", "")))
    if "risk_curves" in contents.charts:
        described = _describe_curves(contents)
        if _is_by_cohort(contents):
            yield _figure(described)
        else:
            yield Text(f"{refer_to('figure', 'risk_curves')}: {described}")
    yield contents.show("group_risks")
    yield _show_at_risk(contents)
    if "risk_curves" in contents.charts:
        yield Text(contents.notes.get("risk_groups_p", _NO_P_VALUE), muted=True)


def _describe_curves(contents: Contents) -> str:
    kind = (
        "Kaplan-Meier estimates"
        if _title(contents.tables["risk_curves"]) == _FREE
        else "Cumulative incidence (Aalen and Johansen), as a competing event rules the event "
        "out,"
    )
    return (
        f"{kind} of the patients in each third of the risk that {contents.headline} predicted "
        "for them while they were in no part of its training. The cuts are those at one and "
        "two thirds of the scores that the same model gave patients of the training data whom "
        "it was not fitted on, so that the groups need not be of equal size; a patient tested "
        "more than once is in the group of the median and counts once. Bands: 95%, for each "
        f"time by itself.{_describe_marks(contents)} Below: patients at risk just before each "
        "time."
    )


def _show_at_risk(contents: Contents) -> Table | None:
    """The numbers below the chart, for who reads without it."""
    if "numbers_at_risk" not in contents.tables:
        return None
    scale = contents.results.time_scale
    spread = spread_at_risk(contents.tables["numbers_at_risk"], scale)
    times = [name for name in map(str, spread) if name.startswith("At ")]
    unit = f" ({scale.unit})" if scale.unit else ""
    layout = TableLayout(
        _AT_RISK,
        LEFT_OUT_COLUMN,
        ("group", "Third", ""),
        *((name, f"{name}{unit}" if name == "At 0" else name, ",.0f") for name in times),
    )
    return Table("numbers_at_risk", layout.show(spread), only="md")


def _describe_marks(contents: Contents) -> str:
    horizon, scale = contents.results.horizon, contents.results.time_scale
    n_censored = int((contents.tables["risk_groups"]["event"] == 0).sum())
    marks = " Strokes: censored patients." if n_censored <= MOST_MARKED else ""
    if horizon is not None:
        marks += f" The dashed line is the horizon, {scale.describe(horizon)}."
    return f"{marks} Drawn for as long as {SHARE_SHOWN:.0%} of the patients are followed."


SECTION = Section(_write, _compute)
