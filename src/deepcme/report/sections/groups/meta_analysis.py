"""What the cohorts that were left out say together, and what a new one may show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.groups.cohorts_left_out import (
    FEWEST_COHORTS,
    MEASURED_PREDICTION,
    compute_cohort_estimates,
    compute_meta_analysis,
)
from deepcme.evaluation.measures import MEASURES, find_measure
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import HORIZON_MEASURES
from deepcme.evaluation.survival.tables.cohorts_left_out import (
    compute_survival_cohort_estimates,
)
from deepcme.report.blocks import Blocks, Figure, Subheading, Table, Text
from deepcme.report.figures.forest import (
    ESTIMATE,
    POOLED,
    PREDICTION,
    Axis,
    forest_heading,
    forest_row,
    plot_forest,
)
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import N_AND_EVENTS, PATIENTS_AND_EVENTS, TableLayout
from deepcme.report.layouts.columns import Count, Estimate
from deepcme.report.layouts.numbers import show_ranges
from deepcme.report.section import Contents, Section

_CAPTION_OF_TABLE = (
    "Random-effects meta-analysis of the cohorts left out: pooled, and where a new cohort like "
    "these may lie."
)
_NOTE = (
    "Between-cohort variance tau2 by REML, of {scales}; 95% intervals of Hartung and Knapp (t, "
    "one degree of freedom less than there are cohorts), never narrower than the standard "
    "errors alone allow; 95% prediction intervals for a new cohort like these, which held "
    f"{MEASURED_PREDICTION[0]:.0%} to {MEASURED_PREDICTION[1]:.0%} of simulated new cohorts. "
    "I2: share of the variance of the estimates that lies between cohorts. Each cohort is "
    "tested by models that learned from the others, so that cohorts share training patients; "
    "their estimates are taken as independent. Probabilities are as the models give them."
)
_SCALES = "logit AUC, log O/E and slope"
_SCALES_OF_TIMES = "the logits of C and AUC(t), log O/E and slope"
_COLUMNS = (
    ("model", "Model", ""), ("measure", "Measure", ""), Estimate("value", "Pooled"),
    ("new_cohort", "New cohort (95%)", "s"), ("tau2", "tau2", ".3f"),
    ("i2", "I2 (%)", ".0f"), Count("k", "Cohorts", "cohort"),
)  # fmt: skip
_CAPTION = (
    "{measure} of {model} in each cohort that was left out (square; line: 95% interval by "
    "bootstrap of its patients, t), pooled over them (diamond: 95% interval of Hartung and "
    "Knapp, t), and where a new cohort like these may lie (broken line: 95% prediction "
    "interval). Beside it {counted} / events; the dashed line is chance."
)
_OF_RISKS = ("observed_expected", "slope")
_HEADINGS = {measure.name: measure.heading for measure in MEASURES}
_HEADINGS_OF_TIMES = {measure.name: measure.heading for measure in HORIZON_MEASURES}


def _layout(*, is_survival: bool) -> TableLayout:
    scales, counts = (
        (_SCALES_OF_TIMES, PATIENTS_AND_EVENTS) if is_survival else (_SCALES, N_AND_EVENTS)
    )
    return TableLayout(
        _CAPTION_OF_TABLE, *_COLUMNS, *counts, ("not_pooled", "Not pooled", ""),
        note=_NOTE.format(scales=scales),
    )  # fmt: skip


def _estimate(contents: Contents) -> pd.DataFrame:
    results, tables = contents.results, contents.tables
    if results.is_survival:
        return compute_survival_cohort_estimates(
            results.evaluation,
            tables["survival_discrimination"],
            None if results.horizon is None else results.survival_performance,
        )
    return compute_cohort_estimates(results.predictions, tables["discrimination"])


def _compute(contents: Contents) -> None:
    tables, measure = contents.tables, contents.results.ranked_by
    contents.add("cohort_estimates", lambda: _estimate(contents))
    contents.add(
        "meta_analysis",
        lambda: compute_meta_analysis(contents.require("cohort_estimates")),
        _layout(is_survival=contents.results.is_survival),
    )
    if "cohort_estimates" not in tables:
        return
    of_headline = tables["cohort_estimates"]["model"] == contents.headline
    pooled = tables.get("meta_analysis", pd.DataFrame({"model": [], "measure": []}))
    pooled = pooled[pooled["model"] == contents.headline]
    cohorts = tables["cohort_estimates"][of_headline]
    cohorts = cohorts[cohorts["measure"] == measure.name]
    pooled_ranks = pooled[pooled["measure"] == measure.name]
    contents.charts["meta_analysis"] = plot_cohorts(cohorts, pooled_ranks, measure.heading)
    contents.notes["meta_analysis_verdict"] = (
        describe_pooled_ranks(pooled_ranks.iloc[0], measure.heading)
        if len(pooled_ranks)
        else _describe_too_few(cohorts, contents.headline, measure.heading)
    )
    differences = [describe_limits(row, measure.heading) for _, row in pooled_ranks.iterrows()]
    contents.notes["meta_analysis_differences"] = " ".join(
        filter(None, [*differences, describe_pooled_calibration(pooled)])
    )


def plot_cohorts(cohorts: pd.DataFrame, pooled: pd.DataFrame, measure: str) -> Chart:
    """Forest plot of how one model ranks patients in each cohort, pooled and in a new one.

    Parameters
    ----------
    cohorts : DataFrame
        Columns left_out, value, ci_low, ci_high, n, events.
    pooled : DataFrame
        One row, as `compute_meta_analysis` gives it, or none.
    measure : str
        Its heading.
    """
    rows = [forest_heading("Cohort left out", f"{measure} (95%)")]
    rows += [
        _row(ESTIMATE, cohort[LEFT_OUT], cohort, "ci_low", "ci_high")
        for cohort in cohorts.to_dict("records")
    ]
    for row in pooled.to_dict("records"):
        rows.append(_row(POOLED, f"Pooled over {row['k']}", row, "ci_low", "ci_high"))
        new = {**row, "value": np.nan}
        ends = ("prediction_low", "prediction_high")
        rows.append({**_row(PREDICTION, "A new cohort", new, *ends), "counts": ""})
    described = (
        f"Forest plot: {measure} in each of {len(cohorts)} cohorts left out, with 95% intervals"
        f"{', pooled, and expected in a new cohort' if len(pooled) else ''}."
    )
    return plot_forest(pd.DataFrame(rows), Axis(measure, (0, 1), 0.5), described)


def _row(kind: str, label: str, row: dict[Any, Any], low: str, high: str) -> dict[str, Any]:
    value = "" if np.isnan(row["value"]) else f"{row['value']:.2f} "
    known = np.isfinite([row[low], row[high]]).all()
    return forest_row(
        label,
        (row["value"], row[low], row[high]),
        f"{value}({row[low]:.2f} to {row[high]:.2f})" if known else value,
        counts=f"{row['n']:,} / {row['events']:,}",
        kind=kind,
    )


def describe_pooled_ranks(row: pd.Series[Any], measure: str) -> str:
    """The pooled AUC or C and what a new cohort may show, in a sentence."""
    guess = f"; a guess from {row['k']}" if row["k"] < FEWEST_COHORTS else ""
    return (
        f"Pooled over the {row['k']} cohorts left out, {_with_article(measure)} of "
        f"{row['model']} is "
        f"{row['value']:.3f} (95% interval {row['ci_low']:.3f} to {row['ci_high']:.3f}, "
        f"{row['interval']}); in a new cohort like these it may be anywhere from "
        f"{row['prediction_low']:.2f} to {row['prediction_high']:.2f} (95% prediction "
        f"interval{guess})."
    )


def _with_article(measure: str) -> str:
    return measure if "'s" in measure else f"the {measure}"


def describe_limits(row: pd.Series[Any], measure: str) -> str:
    """What the pooled AUC or C does not show, in a few sentences."""
    sentences = []
    if not (row["ci_low"] > 0.5 or row["ci_high"] < 0.5):
        sentences.append("On average over such cohorts chance is not excluded.")
    elif row["ci_low"] > 0.5 >= row["prediction_low"]:
        sentences.append(
            "On average over such cohorts it is above chance; in a new one it need not be."
        )
    if row["not_pooled"]:
        sentences.append(f"Without an interval, and not pooled: {row['not_pooled']}.")
    if row["k"] < FEWEST_COHORTS:
        sentences.append(
            f"How far cohorts differ cannot be told from {row['k']} of them; at least "
            f"{FEWEST_COHORTS} are needed before either interval means much."
        )
    return " ".join([*sentences, describe_heterogeneity(row, measure)])


def describe_heterogeneity(row: pd.Series[Any], measure: str) -> str:
    """How far the cohorts differ, in a sentence."""
    values = "values of C" if "'s" in measure else f"{measure}s"
    if row["tau2"] == 0:
        return (
            f"The cohorts' {values} differ by no more than chance does, which of so few "
            "estimates is no proof that they agree."
        )
    return (
        f"Of the variance of the cohorts' {values} {row['i2']:.0f}% (I2) is between cohorts, "
        "the rest is that of small numbers."
    )


def describe_pooled_calibration(pooled: pd.DataFrame) -> str:
    """What is pooled of the risks, in a sentence each."""
    sentences = []
    for row in pooled[pooled["measure"].isin(_OF_RISKS)].to_dict("records"):
        name = find_measure(row["measure"]).heading
        verdict = "" if row["ci_low"] <= 1 <= row["ci_high"] else ", away from the ideal 1"
        sentences.append(
            f"{name}: pooled {row['value']:.2f} (95% interval {row['ci_low']:.2f} to "
            f"{row['ci_high']:.2f}{verdict}), in a new cohort {row['prediction_low']:.2f} to "
            f"{row['prediction_high']:.2f}."
        )
    return " ".join(sentences)


def _describe_too_few(cohorts: pd.DataFrame, model: str, measure: str) -> str:
    """Why the AUC or C of the headline is not pooled."""
    usable = cohorts["standard_error"] > 0
    names = ", ".join(cohorts.loc[~usable, LEFT_OUT])
    ranks = _with_article(measure)
    return (
        f"{ranks[0].upper()}{ranks[1:]} of {model} is not pooled over the cohorts left out: "
        f"that takes two with an interval, and there is none for {names}."
    )


def _show(contents: Contents) -> Table | None:
    table = contents.tables["meta_analysis"]
    headings = _HEADINGS_OF_TIMES if contents.results.is_survival else _HEADINGS
    named = table.assign(
        measure=table["measure"].map(headings),
        new_cohort=show_ranges(table, "prediction_low", "prediction_high"),
    )
    return contents.show("meta_analysis", named)


def _write(contents: Contents) -> Blocks:
    tables, notes, results = contents.tables, contents.notes, contents.results
    if "cohort_estimates" not in tables:
        return
    measure = results.ranked_by.heading
    yield Subheading("Over the cohorts left out")
    yield Text(notes["meta_analysis_verdict"])
    yield Figure(
        "meta_analysis",
        f"Forest plot of {_with_article(measure)} in each cohort left out, pooled, and in a "
        "new cohort",
        _CAPTION.format(
            measure=measure,
            model=contents.headline,
            counted="patients" if results.is_survival else "samples",
        ),
    )
    if "meta_analysis" not in tables:
        yield Text(notes["meta_analysis"])
        return
    yield Text(notes["meta_analysis_differences"])
    yield _show(contents)


SECTION = Section(_write, _compute)
