"""What acting on the recalibrated risks by the horizon is worth: net benefit by threshold."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from deepcme.evaluation.probabilities.utility import choose_thresholds
from deepcme.evaluation.survival.tables.decisions import (
    compute_survival_classification,
    compute_survival_decision_curve,
    compute_survival_net_benefit,
)
from deepcme.report.blocks import Blocks, Table, Text
from deepcme.report.formatting import PATIENTS, Shown, SideBySideLayout
from deepcme.report.layouts.numbers import as_percent
from deepcme.report.section import Contents, Section
from deepcme.report.sections.usefulness import draw_and_describe, show_differences

CAPTION = (
    "Net benefit of acting on the risk by the horizon at a threshold, minus that of the better "
    "of treating all and none: above 0 a model is of use, below 0 it does harm."
)
NOTE = (
    "Net benefit, for each patient: true positives less false ones weighted by the odds of the "
    "threshold; censored patients count through those like them who were followed. 95% "
    "intervals by paired bootstrap of patients and of their censoring, which hold at all these "
    "thresholds at once; they are not corrected for the number of models."
)
_CLASSIFICATION = "Calling who has at least the named recalibrated risk."
_HOW_CLASSIFICATION = (
    "The thresholds are the study's; no result chose them. Sensitivity: the share called of "
    "those with the event by the horizon; specificity: the share not called of those without "
    "it then (who had a competing event first is one of these). Of each patient's mean "
    "out-of-fold risk, weighted for censoring; 95% intervals, Wilson's, with the number of "
    "patients that the variance of the bootstrap stands for. classification.csv has every "
    "model."
)


def _compute(contents: Contents) -> None:
    results = contents.results
    thresholds = results.study.decisions.thresholds
    contents.add(
        "decision_curve",
        lambda: compute_survival_decision_curve(
            results.recalibrated_evaluation, choose_thresholds(thresholds)
        ),
    )
    contents.add(
        "net_benefit",
        lambda: compute_survival_net_benefit(results.recalibrated_evaluation, thresholds),
    )
    contents.add(
        "classification",
        lambda: compute_survival_classification(results.recalibrated_evaluation, thresholds),
    )
    draw_and_describe(contents)


def show_calls(classification: pd.DataFrame, models: Sequence[str | None]) -> Shown:
    """Sensitivity and specificity of some models: a row for each of these and threshold."""
    rows = classification[classification["model"].isin(models)]
    rows = rows.assign(
        model=rows["model"].astype(str) + " at " + rows["threshold"].map(as_percent),
        metric=rows["measure"],
    )
    headings = {name: name.capitalize() for name in ("sensitivity", "specificity")}
    return SideBySideLayout(_CLASSIFICATION, headings, PATIENTS, note=_HOW_CLASSIFICATION).show(
        rows
    )


def _write(contents: Contents) -> Blocks:
    yield Text(contents.notes.get("usefulness_verdict", contents.notes.get("net_benefit", "")))
    if "net_benefit" in contents.tables:
        table = contents.tables["net_benefit"]
        shown = show_differences(contents.in_order(table), CAPTION, NOTE, PATIENTS)
        yield Table("net_benefit", shown, data=table)
    if "classification" in contents.tables:
        chosen = [contents.headline, contents.results.study.comparator.model]
        table = contents.tables["classification"]
        shown = show_calls(contents.in_order(table), chosen)
        yield Table("classification", shown, data=table)


SECTION = Section(_write, _compute)
