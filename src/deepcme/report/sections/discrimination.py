"""The AUCs of a study with their intervals: one computation for whatever shows them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.measures import AUC, measures_beside_auc
from deepcme.evaluation.over_patients import compute_precision_recall
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.evaluation.predictions import LEFT_OUT, STRATUM, compute_by_cohort
from deepcme.report.blocks import Blocks, Figure, Heading, Table, Text
from deepcme.report.design import describe_coverage, find_leaks
from deepcme.report.figures.ranking import plot_auc_by_split, plot_precision_recall, plot_roc
from deepcme.report.figures.roles import Roles
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import COUNTS, LEFT_OUT_COLUMN, WARNED, TableLayout, rank_rows
from deepcme.report.layouts.columns import Column, Count, Estimate, Plain
from deepcme.report.models import find_refitted_models
from deepcme.report.section import Contents, Section
from deepcme.report.sections.comparators.flattered import find_warned
from deepcme.study.designs import LeaveOneCohortOutDesign, SplitSettings
from deepcme.study.resolved import Study

FALSE_POSITIVE_RATES = np.linspace(0, 1, 101)

_CAPTION = (
    "How each model ranks the patients of the test parts: AUC and PR-AUC with 95% intervals. "
    "{headline} first, the others by AUC."
)
_NOTE = (
    "AUC of one fit, averaged over the test parts. {sd} Monte-Carlo error: how far the mean "
    "AUC would move if the same patients were divided anew; a rough figure where there are "
    "two repeats. {pooled}PR-AUC over patients, each by the mean rank of its scores in the "
    "test parts, which is steadier than one fit; beside it that of chance (Bestgen 2015), "
    "which is above the prevalence. Intervals: bootstrap of patients, 2,000 draws, on the "
    "logit scale with Student's t; for the AUC stratified by label{widened}. {coverage}"
)
_POOLED = "The AUC is that within strata, the pooled AUC that of ranks across them. "
_WIDENED = " and widened for refitting"


_PR_AUC = ("pr_auc", "pr_auc_ci_low", "pr_auc_ci_high")
_HINT = (
    "Click a name in the legend to single a model out, shift and click to add another, double "
    "click to show all."
)
_DEVIATION = (
    "sd: over splits of the same patients; it is neither the error of the mean nor that "
    "of other patients."
)
_DRAWS = (
    "The splits of a cohort left out are draws of the validation part, whose test patients are "
    "the same: their sd is that of no population and is not given."
)


def describe_deviation(split: SplitSettings) -> str:
    """What the standard deviation over the splits is one of, or why there is none."""
    return _DRAWS if isinstance(split, LeaveOneCohortOutDesign) else _DEVIATION


def describe_aucs(split: SplitSettings, coverage: str, *, within_strata: bool) -> str:
    """What the AUCs, and what stands beside them, are: the note below their table."""
    by_cohort = isinstance(split, LeaveOneCohortOutDesign)
    return _NOTE.format(
        sd=describe_deviation(split),
        pooled=_POOLED if within_strata else "",
        widened="" if by_cohort else _WIDENED,
        coverage=coverage,
    )


def _lay_out(split: SplitSettings, headline: str, note: str) -> TableLayout:
    """The AUC, then what else is measured of scores."""
    by_cohort = isinstance(split, LeaveOneCohortOutDesign)
    beside: list[Column] = []
    for measure in measures_beside_auc():
        value, low, high, chance = measure.columns
        beside += [
            Estimate(value, measure.heading, low, high),
            Plain(chance, "By chance", ".2f", constant=f"{measure.heading} by chance {{}}"),
        ]
    return TableLayout(
        _CAPTION.format(headline=headline),
        LEFT_OUT_COLUMN, ("model", "Model", ""), Estimate("auc", AUC.heading),
        *([] if by_cohort else [("sd", "sd", ".2f")]),
        ("monte_carlo_error", "Monte-Carlo error", ".3f"),
        Estimate("pooled_auc", "Pooled AUC", "pooled_ci_low", "pooled_ci_high"), *beside,
        *COUNTS[:-1], Count("n_splits", "Draws", "draw") if by_cohort else COUNTS[-1],
        optional=(LEFT_OUT, "pooled_auc"), note=note, best="auc",
    )  # fmt: skip


def compute_study_discrimination(study: Study, predictions: pd.DataFrame) -> pd.DataFrame:
    """`compute_discrimination` of a study, its draws from the study's seed alone.

    Parameters
    ----------
    study : Study
    predictions : DataFrame
        The study's.
    """
    random = interval_generator(study.seed, "auc")
    return compute_discrimination(predictions, random, refitted=find_refitted_models(study))


def compute_training_shares(study: Study, predictions: pd.DataFrame) -> dict[str, float]:
    """Share of the patients that one fit of each model learns from, mean over splits.

    Where cohorts are left out, it is that of the patients who are not tested.
    """
    refitted = find_refitted_models(study)
    shares = {}
    for model, rows in predictions.groupby("model", sort=False, observed=True):
        parts = ["train", "validation"] if model in refitted else ["train"]
        fitted = _count_patients(rows[rows["part"].isin(parts)])
        everyone = _count_patients(
            rows[rows["part"] != "test"] if LEFT_OUT in rows.columns else rows
        )
        shares[str(model)] = float((fitted / everyone).mean())
    return shares


def _count_patients(rows: pd.DataFrame) -> pd.Series[int]:
    counts: pd.Series[int] = rows.groupby("split", observed=True)["patient"].nunique()
    return counts


def describe_estimand(study: Study, predictions: pd.DataFrame) -> str:
    """What the mean test AUC is an AUC of, in a sentence."""
    models: dict[str, list[str]] = {}
    for model, share in compute_training_shares(study, predictions).items():
        models.setdefault(f"{share:.0%}", []).append(model)
    by_size = sorted(models, key=lambda share: -len(models[share]))
    others = "; ".join(f"{share} for {', '.join(models[share])}" for share in by_size[1:])
    more = f" ({others})" if others else ""
    which = "the patients not tested" if LEFT_OUT in predictions.columns else "these patients"
    return (
        f"Each AUC is that of one fit on {by_size[0]} of {which}{more}, averaged over "
        "the splits; a model of all patients may do better."
    )


def compute_auc_by_split(predictions: pd.DataFrame) -> pd.DataFrame:
    """Table 1 of the paper: test AUC of each model (rows) in each split, mean and sd.

    Splits are named CV-1, CV-2, ..., or by the cohort that was left out; over cohorts there
    is no mean, as they are different populations, and no sd, as a cohort's splits are but
    draws of the validation part (`compute_meta_analysis` pools cohorts).
    """
    metrics = compute_metrics(predictions[predictions["part"] == "test"])
    table = metrics.pivot_table(index="model", columns="split", values="value", sort=False)
    table = table.reindex(metrics["model"].drop_duplicates())
    mean, deviation = table.mean(axis=1), table.std(axis=1, ddof=1)
    table.columns = pd.Index(_name_splits(predictions).loc[table.columns])
    if LEFT_OUT not in predictions.columns:
        table = table.assign(mean=mean, sd=deviation)
    return table.reset_index()


def _name_splits(predictions: pd.DataFrame) -> pd.Series[str]:
    """Name of each split, by its number."""
    splits = predictions.drop_duplicates("split").set_index("split").sort_index()
    if LEFT_OUT not in splits.columns:
        return pd.Series([f"CV-{number}" for number in splits.index], index=splits.index)
    draw = splits.groupby(LEFT_OUT).cumcount() + 1
    return splits[LEFT_OUT] + " (" + draw.astype(str) + ")"


def compute_mean_roc(predictions: pd.DataFrame) -> pd.DataFrame:
    """ROC curve of each model, averaged over the splits at fixed false-positive rates.

    Every cohort that was left out has a curve of its own, over its splits.

    Vertical averaging (Fawcett 2006): sensitivity is averaged, the
    false-positive rate is given. Within strata, where there are any, the curve is their mean
    weighted by positives, as their AUC is (Janes and Pepe 2009). Columns: model,
    false_positive_rate, sensitivity, and left_out.
    """
    return compute_by_cohort(predictions[predictions["part"] == "test"], _mean_roc_of_test)


def _mean_roc_of_test(test: pd.DataFrame) -> pd.DataFrame:
    tables = []
    for model, of_model in test.groupby("model", sort=False):
        curves = []
        for _, rows in of_model.groupby("split"):
            strata = [of for _, of in rows.groupby(STRATUM)] if STRATUM in rows else [rows]
            both = [stratum for stratum in strata if stratum["label"].nunique() == 2]
            cases = [stratum["label"].sum() for stratum in both]
            if both:
                curves.append(np.average([*map(_roc, both)], axis=0, weights=cases))
        tables.append(
            pd.DataFrame(
                {
                    "model": model,
                    "false_positive_rate": np.r_[0.0, FALSE_POSITIVE_RATES],
                    "sensitivity": np.r_[0.0, np.mean(curves, axis=0)],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _roc(rows: pd.DataFrame) -> np.ndarray:
    """Sensitivity at the fixed false-positive rates."""
    false_positive, sensitivity, _ = roc_curve(rows["label"], rows["score"])
    # Of several sensitivities at one rate the curve's upper end counts.
    last = np.r_[np.diff(false_positive) > 0, True]
    curve: np.ndarray = np.interp(FALSE_POSITIVE_RATES, false_positive[last], sensitivity[last])
    return curve


def _describe_splits(split: SplitSettings) -> str:
    if isinstance(split, LeaveOneCohortOutDesign):
        return (
            "Test AUC in each split: the cohort left out and, in brackets, the draw of the "
            "validation part."
        )
    return f"Test AUC in each split, its mean and sd. {describe_deviation(split)}"


def _plot_auc_by_split(table: pd.DataFrame, roles: Roles) -> Chart:
    by_split = table.drop(columns=["mean", "sd"])
    melted = by_split.melt("model", var_name="split", value_name="value")
    return plot_auc_by_split(melted, roles)


def _compute(contents: Contents) -> None:
    results = contents.results
    study, predictions = results.study, results.predictions
    coverage = describe_coverage(study.split, find_leaks(results.cohort, study))
    within_strata = STRATUM in predictions.columns
    note = describe_aucs(study.split, coverage, within_strata=within_strata)
    contents.add(
        "discrimination",
        lambda: compute_study_discrimination(study, predictions),
        _lay_out(study.split, contents.headline, note),
    )
    roles, ranks, trained = contents.roles, contents.tables["discrimination"], results.trained
    models = [(str(name), str(name), ".2f") for name in trained["model"].unique()]
    by_split = TableLayout(_describe_splits(study.split), ("split", "Split", ""), *models)
    by_cohort = LEFT_OUT in predictions.columns
    contents.add(
        "auc_by_split",
        lambda: compute_auc_by_split(trained),
        by_split,
        None if by_cohort else partial(_plot_auc_by_split, roles=roles),
    )
    ends = dict(zip(_PR_AUC, ("value", "ci_low", "ci_high"), strict=True))
    of_recall = ranks.drop(columns=[*ends.values()], errors="ignore").rename(columns=ends)
    is_drawn = predictions["model"].isin([*trained["model"].unique(), roles.clinic])
    drawn = predictions[is_drawn]
    contents.add(
        "roc",
        lambda: compute_mean_roc(drawn),
        draw=partial(plot_roc, roles=roles, estimates=ranks.rename(columns={"auc": "value"})),
    )
    contents.add(
        "precision_recall",
        lambda: compute_precision_recall(drawn),
        draw=partial(plot_precision_recall, roles=roles, estimates=of_recall),
    )
    contents.notes["estimand"] = describe_estimand(study, trained)


def _show_by_split(contents: Contents) -> Table | None:
    """A row for each split, as there may be many, and a column for each model."""
    if "auc_by_split" not in contents.tables:
        return None
    by_split = contents.tables["auc_by_split"].set_index("model").T
    shown = by_split.rename_axis(index="split", columns=None).reset_index()
    return contents.show("auc_by_split", shown, folded="Test AUC in each split")


def _write(contents: Contents) -> Blocks:
    tables, notes = contents.tables, contents.notes
    by_cohort = isinstance(contents.results.study.split, LeaveOneCohortOutDesign)
    of_each = " of each cohort left out by itself" if by_cohort else ""
    table = tables["discrimination"]
    ranked = rank_rows(table, table["auc"], contents.headline)
    ranked[WARNED] = ranked["model"].isin(find_warned(tables))
    return [
        Heading("Discrimination", "discrimination"),
        contents.show("discrimination", ranked, unfolded=True),
        Text(notes["estimand"], muted=True),
        Figure(
            "auc_by_split",
            "Box plot of test AUC by model; the numbers are in the next table",
            "Test AUC by model, one point per split; the dashed line is chance.",
        ),
        _show_by_split(contents),
        *contents.pair(
            Figure(
                "roc",
                "ROC curves by model, averaged over the splits",
                f"ROC curves on the test parts, sensitivity averaged over the splits{of_each}.",
                hint=_HINT,
            ),
            Figure(
                "precision_recall",
                "Precision-recall curves by model, over patients",
                "Of those called at a threshold, the share with the event (precision), against "
                "the share of those with the event who are called (recall): over patients, "
                f"each by the mean rank of its scores in the test parts{of_each}. The area "
                "below is the PR-AUC of the table.",
                hint=_HINT,
            ),
        ),
    ]


SECTION = Section(_write, _compute)
