"""What other cohorts' patients add to models: own alone beside own and others'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted, listed
from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.measures import AUC
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.differences import compute_survival_differences
from deepcme.report.blocks import Blocks, Figure, Heading, Terms, Text
from deepcme.report.chance import exceeds_chance
from deepcme.report.figures.forest import Axis, forest_heading, forest_row, plot_forest
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import EVENTS, LEFT_OUT_COLUMN, TableLayout
from deepcme.report.layouts.columns import Count, Estimate, Plain
from deepcme.report.layouts.numbers import choose_decimals, show_estimate
from deepcme.report.models import find_refitted_models
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents, Section
from deepcme.study.others.arms import (
    models_with_others,
    name_at_common_genes,
    name_with_others,
)
from deepcme.study.parts.others.also import OTHER_COHORTS

ALONE, AT_COMMON_GENES, WITH_OTHERS = "own", "own, common genes", "own and others'"
"""What a fit is called whose patients are the study's own, at all its genes or at those that
all cohorts have, or are others' as well."""
_CHANCE = 0.5
_CAPTION = (
    "Each model alone and with others' patients, tested on the study's own patients alone. "
    "With others' minus this: the difference that other patients make to that row; the fair "
    "pair is the one at the common genes, as the model with others' has no more."
)
_NOTE = (
    "On the same splits and seeds. {measure}: as in the section on discrimination. 95% "
    "intervals: {intervals}."
)
_INTERVALS = {
    False: "of the AUC as there, of differences by the corrected resampled t-test (Nadeau and "
    "Bengio 2003)",
    True: "of C as there, of differences of the same patients in the same draws",
}
_COHORTS = TableLayout(
    "The cohorts. Common genes: those that the study's own cohort has too; the models that are "
    "fitted with others' patients take those in all cohorts.",
    ("cohort", "Cohort", ""), ("role", "Patients are", ""), ("patients", "Patients", ",.0f"),
    ("events", "Events", ",.0f"), ("share", "Share with the event", ".0%"),
    ("genes", "Genes", ",.0f"), ("common_genes", "Common genes", ",.0f"),
    Plain("genes_in_all", "In all cohorts", ",.0f", constant="{} genes in all cohorts"),
    ("scale", "Scale", ""),
    note="Events: of times whenever they came.",
)  # fmt: skip


def _lay_out(*, is_survival: bool) -> TableLayout:
    heading = UNO.heading if is_survival else AUC.heading
    return TableLayout(
        _CAPTION,
        LEFT_OUT_COLUMN, ("model", "Model", ""), ("arm", "Trained on", ""),
        ("own_patients", "Own patients", ",.0f"),
        ("other_patients", "Others' patients", ",.0f"), ("genes", "Genes", ",.0f"),
        Estimate("value", heading),
        Estimate(
            "difference", "With others' minus this", "difference_low", "difference_high",
            signed=True,
        ),
        Count("n", "Tested", "patient" if is_survival else "sample"), EVENTS,
        note=_NOTE.format(measure=heading, intervals=_INTERVALS[is_survival]),
    )  # fmt: skip


def _compute(contents: Contents) -> None:
    results = contents.results
    if not models_with_others(results.study):
        contents.miss("other cohorts' patients in training", "--also COHORT.h5ad", asked=False)
        return
    cohorts = results.folder.read_table(OTHER_COHORTS)
    contents.add("other_cohorts", lambda: _describe_cohorts(cohorts), _COHORTS)
    contents.add(
        "with_others",
        lambda: compute_with_others(contents, cohorts),
        _lay_out(is_survival=results.is_survival),
        partial(_draw, heading=UNO.heading if results.is_survival else AUC.heading),
    )
    if "with_others" not in contents.tables:
        return
    table = contents.tables["with_others"]
    gains = []
    for model, rows in table.groupby("model", sort=False):
        together = name_with_others(str(model), results.study)
        gains.append(describe_gain(rows, may_claim=exceeds_chance(contents, together)))
    contents.notes["with_others_verdict"] = " ".join(gains)
    contents.notes["with_others_method"] = describe_method(results, cohorts)


def _describe_cohorts(cohorts: pd.DataFrame) -> pd.DataFrame:
    return cohorts.assign(
        role=np.where(cohorts["own"], "trained on and tested", "trained on"),
        share=cohorts["events"] / cohorts["samples"],
    )


def compute_with_others(contents: Contents, cohorts: pd.DataFrame) -> pd.DataFrame:
    """Each model alone, alone at the common genes, and with others' patients.

    Parameters
    ----------
    contents : Contents
        With the table of discrimination.
    cohorts : DataFrame
        As the part writes it.

    Returns
    -------
    DataFrame
        Columns model, arm, own_patients (of one fit), other_patients, genes, value, ci_low,
        ci_high, difference, difference_low, difference_high (of the model with others' less
        this one), n, events; and left_out, of each cohort that is left out.
    """
    study = contents.results.study
    own, others = cohorts[cohorts["own"]].iloc[0], cohorts[~cohorts["own"]]
    fitted = _count_fitted(contents.results)
    ranks = _ranks(contents)
    rows = []
    for model in (model.name for model in models_with_others(study)):
        together = name_with_others(model, study)
        arms = (
            (ALONE, model, own["genes"], 0),
            (AT_COMMON_GENES, name_at_common_genes(model), own["genes_in_all"], 0),
            (WITH_OTHERS, together, own["genes_in_all"], others["patients"].sum()),
        )
        alone = [name for _, name, *_ in arms[:2] if name in ranks["model"].array]
        differences = _differences(contents.results, together, alone)
        for arm, name, genes, n_others in arms:
            for found in ranks[ranks["model"] == name].to_dict("records"):
                keys = {LEFT_OUT: found[LEFT_OUT]} if LEFT_OUT in found else {}
                rows.append(
                    {
                        **keys,
                        "model": model,
                        "arm": arm,
                        "own_patients": fitted[name, found.get(LEFT_OUT)],
                        "other_patients": n_others,
                        "genes": genes,
                        **{column: found[column] for column in _OF_RANKS},
                        **differences.get((name, found.get(LEFT_OUT)), _NO_DIFFERENCE),
                        "n": found["n"],
                        "events": found["events"],
                    }
                )
    return pd.DataFrame(rows)


_OF_RANKS = ("value", "ci_low", "ci_high")
_OF_DIFFERENCE = ("difference", "difference_low", "difference_high")
_NO_DIFFERENCE = dict.fromkeys(_OF_DIFFERENCE, np.nan)


def _count_fitted(results: StudyResults) -> dict[tuple[str, str | None], float]:
    """Own patients that one fit of each model learns from, mean over the splits.

    Where cohorts are left out, over those that leave out the same one.
    """
    refitted = find_refitted_models(results.study)
    counts = {}
    for model, rows in results.predictions.groupby("model", sort=False, observed=True):
        parts = ["train", "validation"] if model in refitted else ["train"]
        fitted = rows[rows["part"].isin(parts)]
        left_out = fitted[LEFT_OUT] if LEFT_OUT in fitted else pd.Series("", fitted.index)
        for cohort, of_cohort in fitted.groupby(left_out, observed=True):
            by_split = of_cohort.groupby("split", observed=True)
            counts[str(model), cohort or None] = float(by_split["patient"].nunique().mean())
    return counts


def _ranks(contents: Contents) -> pd.DataFrame:
    """The measure of ranks that comes first, with its interval, of every model."""
    if contents.results.is_survival:
        table = contents.require("survival_discrimination")
        return table[table["measure"] == UNO.name]
    return contents.require("discrimination").rename(columns={"auc": "value"})


def _differences(
    results: StudyResults, together: str, alone: list[str]
) -> dict[tuple[str, str | None], dict[str, float]]:
    """Of the model with others' patients less each without; none where nothing compares."""
    try:
        if results.is_survival:
            table = compute_survival_differences(results.evaluation, together, alone)
            table = table[table["measure"] == UNO.name]
        else:
            table = compute_comparison(
                results.predictions,
                together,
                alone,
                refitted=find_refitted_models(results.study),
            )
    except AbsentError:
        return {}
    return {
        (row["baseline"], row.get(LEFT_OUT)): dict(
            zip(
                _OF_DIFFERENCE,
                (row["difference"], row["ci_low"], row["ci_high"]),
                strict=True,
            )
        )
        for row in table.to_dict("records")
    }


def find_fair_row(rows: pd.DataFrame) -> pd.DataFrame:
    """Of one model the row of its own patients at the genes that all cohorts have."""
    at_common_genes = rows[rows["arm"] == AT_COMMON_GENES]
    return at_common_genes if len(at_common_genes) else rows[rows["arm"] == ALONE]


def describe_gain(rows: pd.DataFrame, *, may_claim: bool) -> str:
    """Whether other patients are shown to help or harm a model, in a sentence for each row.

    Parameters
    ----------
    rows : DataFrame
        One model's, as `compute_with_others` gives it.
    may_claim : bool
        Whether the model with others' patients is shown to exceed chance.
    """
    return " ".join(
        _describe_gain(row, may_claim=may_claim)
        for row in find_fair_row(rows).to_dict("records")
    )


def _describe_gain(row: Mapping[Any, Any], *, may_claim: bool) -> str:
    model, where = row["model"], f" in {row[LEFT_OUT]}" if LEFT_OUT in row else ""
    if np.isnan(row["difference"]):
        return f"What other patients add to {model}{where} cannot be tested here."
    low, high = row["difference_low"], row["difference_high"]
    if low > 0 and may_claim:
        finding = "ranks patients better with other cohorts' patients"
    elif low > 0:
        finding = "is not shown to exceed chance, so that no gain by other patients is claimed"
    elif high < 0:
        finding = "ranks patients worse with other cohorts' patients"
    else:
        finding = "is not shown to gain or lose by other cohorts' patients"
    interval = f", 95% {low:+.3f} to {high:+.3f}" if np.isfinite([low, high]).all() else ""
    return f"At the same genes {model}{where} {finding} ({row['difference']:+.3f}{interval})."


def describe_method(results: StudyResults, cohorts: pd.DataFrame) -> str:
    """How others' patients enter, as sentences for the methods."""
    study, own = results.study, cohorts[cohorts["own"]].iloc[0]
    others = cohorts[~cohorts["own"]]
    models = listed(model.name for model in models_with_others(study))
    genes = f"{own['genes_in_all']:,} of the {own['genes']:,} genes"
    named = ", ".join(
        f"{row['cohort']} ({counted(row['patients'], 'patient')})"
        for row in others.to_dict("records")
    )
    weights = (
        " Where a model asks for the event by the horizon, who is censored before it is "
        "weighed within each cohort, by Kaplan-Meier."
        if results.is_survival
        else ""
    )
    return (
        f"{models}: also fitted with all patients of {named} in the part that is fitted, at "
        f"the {genes} that all cohorts have; they are never in a validation or test part, nor "
        "in a fold that is scored. Their values are standardised gene by gene within their own "
        "cohort, and clipped; a missing value is 0, the mean. The study's own values are "
        "standardised by its training part, as always. An ensemble deals all patients to its "
        f"networks, which hold out others' too; so does a committee to its folds.{weights}"
    )


def describe_prevalences(cohorts: pd.DataFrame, *, is_survival: bool) -> str:
    """That a model of several cohorts gives the risks of their mixture."""
    shares = {
        row["cohort"]: f"{row['events'] / row['samples']:.0%}"
        for row in cohorts.to_dict("records")
    }
    told = ", ".join(f"{share} in {name}" for name, share in shares.items())
    what = "baseline hazard" if is_survival else "share with the event"
    return (
        f"With the event are {told}. A model of all of them learns a {what} between these: as "
        "it is, its risks may be too high or too low here. Recalibration, which is learned on "
        "the study's own patients, mends that; ranks do not depend on it."
    )


def _warnings(cohorts: pd.DataFrame) -> str:
    return " ".join(cohorts["warning"].dropna())


def _draw(table: pd.DataFrame, heading: str) -> Chart:
    """A forest: a heading for each model, then what it was trained on."""
    low = np.nanmin([_CHANCE, *table["ci_low"], *table["value"]])
    domain = (min(0.4, float(np.floor(low * 10) / 10)), 1.0)
    described = (
        f"Forest plot: {heading} of {table['model'].nunique()} models, each by the patients "
        "that it was trained on, with 95% intervals."
    )
    rows = pd.DataFrame([*_forest_rows(table)])
    return plot_forest(rows, Axis(heading, domain, _CHANCE), described)


def _forest_rows(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    decimals = choose_decimals(table["ci_low"], table["ci_high"])
    for model, rows in table.groupby("model", sort=False):
        yield forest_heading(str(model), "95% interval")
        for row in rows.to_dict("records"):
            where = f" in {row[LEFT_OUT]}" if LEFT_OUT in row else ""
            ends = [row[end] for end in _OF_RANKS]
            yield forest_row(
                f"{row['arm']}{where}",
                ends,
                show_estimate(*ends, decimals=decimals),
                counts=f"{row['n']:,.0f} / {row['events']:,.0f}",
            )


def _write(contents: Contents) -> Blocks:
    if "other_cohorts" not in contents.tables:
        return
    is_survival = contents.results.is_survival
    heading = UNO.heading if is_survival else AUC.heading
    cohorts = contents.tables["other_cohorts"]
    yield Heading("With other cohorts' patients", "with-others")
    yield Text(contents.notes.get("with_others_verdict", contents.notes.get("with_others", "")))
    yield Text(_warnings(cohorts))
    yield Figure(
        "with_others",
        "What each model reaches by the patients that it is trained on; the numbers are in the "
        "next table",
        f"{heading} on the study's own patients (square; line: 95% interval), beside it "
        "tested / events; the dashed line is chance. Whether other patients help is in the "
        "table: intervals that overlap do not say that they do not.",
    )
    yield contents.show("with_others")
    yield Text(describe_prevalences(cohorts, is_survival=is_survival), muted=True)
    yield contents.show("other_cohorts")
    yield Text("Their endpoints, as each file has them in words:", muted=True)
    yield Terms([(row["cohort"], row["endpoint"]) for row in cohorts.to_dict("records")])


SECTION = Section(_write, _compute)
