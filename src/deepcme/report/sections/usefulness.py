"""What acting on the recalibrated risks is worth: net benefit by threshold."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.probabilities.utility import (
    choose_thresholds,
    compute_decision_curve,
    compute_net_benefit_differences,
)
from deepcme.report.blocks import Blocks, Figure, Table, Text
from deepcme.report.chance import exceeds_chance
from deepcme.report.figures.risk import plot_decision_curve
from deepcme.report.formatting import SAMPLES, Shown, SideBySideLayout
from deepcme.report.layouts.columns import Count
from deepcme.report.layouts.numbers import as_percent
from deepcme.report.section import Contents, Section

CAPTION = (
    "Net benefit of acting on the risks at a threshold, minus that of the better of treating "
    "all and none: above 0 a model is of use, below 0 it does harm."
)
NOTE = (
    "Net benefit, for each patient: true positives less false ones weighted by the odds of the "
    "threshold. 95% intervals by paired patient bootstrap, which hold at all these thresholds "
    "at once; they are not corrected for the number of models."
)


def _compute(contents: Contents) -> None:
    results = contents.results
    thresholds = results.study.decisions.thresholds
    contents.add(
        "decision_curve",
        lambda: compute_decision_curve(results.recalibrated, choose_thresholds(thresholds)),
    )
    contents.add(
        "net_benefit",
        lambda: compute_net_benefit_differences(
            results.recalibrated, contents.random("utility"), thresholds
        ),
    )
    contents.notes["decision_curves_of"] = describe_risks(results.not_recalibrated)
    draw_and_describe(contents)


def draw_and_describe(contents: Contents) -> None:
    """Add the chart of decision curves and the sentence on the headline, if there are any."""
    if not {"decision_curve", "net_benefit"} <= contents.tables.keys():
        return
    differences = contents.tables["net_benefit"]
    differences = differences[differences["model"] == contents.headline]
    contents.charts["decision_curve"] = plot_decision_curve(
        contents.tables["decision_curve"], contents.roles, differences
    )
    contents.notes["usefulness_verdict"] = describe_usefulness(
        contents.headline, differences, may_claim=exceeds_chance(contents)
    )


def show_differences(
    differences: pd.DataFrame, caption: str, note: str, counted: Count = SAMPLES
) -> Shown:
    """A row for each model, and cohort left out; a column for each threshold."""
    at = differences["threshold"].map(as_percent)
    headings = {name: f"At {name}" for name in at.unique()}
    layout = SideBySideLayout(caption, headings, counted, signed=True, alike=True, note=note)
    return layout.show(differences.assign(metric=at, value=differences["difference"]))


def describe_risks(left_out: Sequence[str]) -> str:
    """Which probabilities the decision curves take, and of which models there are none."""
    sentence = (
        "Decision curves and calls take the risks as recalibrated in each split by a line "
        "that test rows had no part in. Raw risks that are too high or too low would be acted "
        "on at another threshold than is said, and some models give none."
    )
    if not left_out:
        return sentence
    return (
        f"{sentence} Left out, as their scores rose with the risk in no split's rows for "
        f"recalibration, so that everyone gets the same risk: {', '.join(left_out)}."
    )


def describe_usefulness(model: str, differences: pd.DataFrame, *, may_claim: bool) -> str:
    """Whether acting on a model's risks is shown to be of use or harm, in one sentence.

    Parameters
    ----------
    model : str
    differences : DataFrame
        Its rows, as `compute_net_benefit_differences` gives them.
    may_claim : bool
        Whether use may be claimed: not of a model that is not shown to exceed chance.

    Returns
    -------
    str
        Empty without rows.
    """
    if differences.empty:
        return ""
    useful = differences[(differences["ci_low"] > 0) & may_claim]
    harmful = differences[differences["ci_high"] < 0]
    low, high = (as_percent(end) for end in differences["threshold"].agg(["min", "max"]))
    if useful.empty:
        where = " in any cohort left out" if LEFT_OUT in differences.columns else ""
        at = f"at a risk of {low}" if low == high else f"at risks of {low} to {high}"
        said = (
            f"is not shown to do more good than the better of treating all and none {at}{where}"
        )
    else:
        said = f"does more good than treating all or none at {_list_places(useful)}"
    if not harmful.empty:
        said += f", and does less than the better of the two at {_list_places(harmful)}"
    return f"Acting on the recalibrated risks of {model} {said}."


def _list_places(rows: pd.DataFrame) -> str:
    """Thresholds, and cohorts; with the numbers if there is one."""
    places = [
        as_percent(row["threshold"]) + (f" in {row[LEFT_OUT]}" if LEFT_OUT in row else "")
        for row in rows.to_dict("records")
    ]
    if len(places) > 1:
        return f"risks of {', '.join(places[:-1])} and {places[-1]}"
    row = rows.iloc[0]
    return (
        f"a risk of {places[0]} (net benefit {row['difference']:+.3f}, 95% interval "
        f"{row['ci_low']:+.3f} to {row['ci_high']:+.3f})"
    )


def show_decision_curve(contents: Contents) -> Figure:
    """The figure, which stands beside that of calibration."""
    return Figure(
        "decision_curve",
        "Decision curves by model",
        "Net benefit of acting on each model's recalibrated risk"
        f"{' of the event by the horizon' if contents.results.is_survival else ''}, beside "
        f"treating all and treating none. Bars: {contents.headline}, the interval of its "
        "difference to the better of the two, set upon that: of use where a whole bar is above "
        "both.",
        hint="Click a name in the legend to single it out, double click to show all.",
    )


def _write(contents: Contents) -> Blocks:
    yield Text(contents.notes["decision_curves_of"])
    if "net_benefit" in contents.tables:
        table = contents.tables["net_benefit"]
        shown = show_differences(contents.in_order(table), CAPTION, NOTE)
        yield Table("net_benefit", shown, data=table)
    yield Text(contents.notes.get("net_benefit", contents.notes.get("usefulness_verdict", "")))


SECTION = Section(_write, _compute)
