"""The verdict: plain words built by rule from the numbers, never by taste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.nulls import LEVEL
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.blocks import Blocks, Fragment, Terms, Text
from deepcme.report.design import describe_test_parts, strata_column
from deepcme.report.section import Contents, Section
from deepcme.report.sections.nulls import describe_permutation
from deepcme.study.designs import SplitSettings

_FEW_EVENTS = 100


@dataclass(frozen=True)
class Verdict:
    """What a reader should take away.

    Attributes
    ----------
    warnings : tuple of str
        Severe findings of the audit; they come before everything else.
    paragraph : str
    """

    warnings: tuple[str, ...]
    paragraph: str


def make_verdict(
    model: str,
    findings: list[dict[str, Any]],
    discrimination: pd.DataFrame,
    comparison: pd.DataFrame | None,
    split: SplitSettings,
    permutation: pd.DataFrame | None = None,
    added_value: str = "",
) -> Verdict:
    """Build the verdict on one model.

    Rules: severe findings first. Then the comparison with the comparator that the
    study named, by its own interval: one that holds 0 is "No demonstrated
    advantage". Then which baselines it did better and worse than, corrected for their
    number. Then the AUC with its interval, and whether chance is excluded.
    Then the permutation test, if it was run, and what the genes add to clinical
    columns, if the study has any. Then the number of events, if small.
    Where cohorts were left out, the AUC in each of them, and no comparison.

    Parameters
    ----------
    model : str
    findings : list of dict
        The audit's: severity, title, evidence.
    discrimination : DataFrame
        As `compute_discrimination` gives it.
    comparison : DataFrame or None
        As `compute_comparison` gives it; None where there is none.
    split : SplitSettings
    permutation : DataFrame or None
        As `compute_permutation_table` gives it; None where it was not run.
    added_value : str
        The sentence on it, empty for a study without clinical columns.
    """
    warnings = tuple(
        f"{finding['title']}: {finding['evidence']}"
        for finding in findings
        if finding["severity"] == "severe"
    )
    rows = discrimination[discrimination["model"] == model]
    sentences = [_advantage(model, comparison)]
    if LEFT_OUT in rows.columns:
        sentences.append(_discrimination_by_cohort(model, rows, split))
    else:
        sentences.append(_discrimination(model, rows.iloc[0], split))
    if permutation is not None:
        sentences.append(describe_permutation(permutation))
    sentences += [added_value, _few_events(rows)]
    return Verdict(warnings, " ".join(sentence for sentence in sentences if sentence))


def _advantage(model: str, comparison: pd.DataFrame | None) -> str:
    """The one comparison that was planned, by its own interval; then all, after Holm."""
    if comparison is None or comparison.empty:
        return ""
    named = comparison[comparison["comparator"]]
    if named.empty:
        planned = "No comparator was named before the study was run."
    else:
        planned = _planned_comparison(model, named.iloc[0])
    if len(comparison) == 1 and len(named):
        return planned
    return f"{planned} {_all_comparisons(model, comparison)}"


def _planned_comparison(model: str, row: pd.Series[Any]) -> str:
    numbers = (
        f"AUC difference {row['difference']:+.3f}, {_interval(row, '+.3f')}; probability of "
        f"better {row['probability_better']:.2f}, equivalent (within {row['margin']:g}) "
        f"{row['probability_equivalent']:.2f}, worse {row['probability_worse']:.2f}, from a "
        "flat prior"
    )
    comparator = f"{row['baseline']}, the comparator named beforehand"
    if row["ci_low"] > 0:
        return f"{model} did better than {comparator} ({numbers})."
    if row["ci_high"] < 0:
        return f"{model} did worse than {comparator} ({numbers})."
    return f"No demonstrated advantage over {comparator}: {numbers}."


def _all_comparisons(model: str, comparison: pd.DataFrame) -> str:
    shown = comparison[comparison["p_holm"] <= LEVEL]
    claims = [
        f"{word} than {', '.join(names)}"
        for word, names in (
            ("better", shown.loc[shown["difference"] > 0, "baseline"]),
            ("worse", shown.loc[shown["difference"] < 0, "baseline"]),
        )
        if len(names)
    ]
    corrected = f"Corrected for all {len(comparison)} comparisons (Holm),"
    if not claims:
        return f"{corrected} it is told apart from none."
    return f"{corrected} {model} did {' and '.join(claims)}."


def _discrimination(model: str, row: pd.Series[Any], split: SplitSettings) -> str:
    over = describe_test_parts(split, int(row["n_splits"]))
    sentence = f"The mean test AUC of {model} over {over}{_within(split)} is {_auc(row)}."
    if _holds_chance(row):
        why = "This interval holds 0.5" if np.isfinite(row["ci_low"]) else "Without an interval"
        sentence = f"{sentence} {why}: chance is not excluded."
    return f"{sentence}{_pooled(row, split)}"


def _within(split: SplitSettings) -> str:
    column = strata_column(split)
    return f", within levels of {column}," if column else ""


def _pooled(row: pd.Series[Any], split: SplitSettings) -> str:
    """What the AUC would be if telling the strata apart counted, where there are any."""
    if not strata_column(split):
        return ""
    pooled = row[["pooled_auc", "pooled_ci_low", "pooled_ci_high"]].set_axis(
        ["auc", "ci_low", "ci_high"]
    )
    return f" Ranked across levels it is {pooled['auc']:.3f} ({_interval(pooled, '.3f')})."


def _discrimination_by_cohort(model: str, rows: pd.DataFrame, split: SplitSettings) -> str:
    records = [row for _, row in rows.iterrows()]
    aucs = "; ".join(_auc(row, f" in {row[LEFT_OUT]}") for row in records)
    sentences = [
        f"Trained without the cohort that it is tested on, {model} has an AUC{_within(split)} "
        f"of {aucs}.",
        "No test compares it with the baselines: each test part is another population.",
    ]
    if chance := [str(row[LEFT_OUT]) for row in records if _holds_chance(row)]:
        sentences.append(
            f"No interval excludes 0.5 in {', '.join(chance)}: chance is not excluded."
        )
    return " ".join(sentences)


def _auc(row: pd.Series[Any], where: str = "") -> str:
    return (
        f"{row['auc']:.3f}{where} ({_interval(row, '.3f')}; {_monte_carlo_error(row)}"
        f"{int(row['n'])} samples of {int(row['n_patients'])} patients, "
        f"{int(row['events'])} events)"
    )


def _monte_carlo_error(row: pd.Series[Any]) -> str:
    error = row.get("monte_carlo_error", np.nan)
    return f"Monte-Carlo error {error:.3f}; " if np.isfinite(error) else ""


def _interval(row: pd.Series[Any], form: str) -> str:
    if not np.isfinite([row["ci_low"], row["ci_high"]]).all():
        return "no interval can be given"
    return f"95% interval {row['ci_low']:{form}} to {row['ci_high']:{form}}"


def _holds_chance(row: pd.Series[Any]) -> bool:
    """Whether the interval does not exclude 0.5, as one that cannot be given does not."""
    return not (row["ci_low"] > 0.5 or row["ci_high"] < 0.5)


def _few_events(rows: pd.DataFrame) -> str:
    """A warning where there are few, taken of the cohort that has the fewest."""
    rarer = np.minimum(rows["events"], rows["n"] - rows["events"]).tolist()
    fewest = rows.iloc[rarer.index(min(rarer))]
    if min(rarer) >= _FEW_EVENTS:
        return ""
    where = f" in {fewest[LEFT_OUT]}" if LEFT_OUT in rows.columns else ""
    return (
        f"With {int(fewest['events'])} events among {int(fewest['n'])} samples{where} these "
        "numbers are imprecise: expect others from other patients."
    )


def compute_verdict(contents: Contents) -> Verdict:
    """The verdict on a study's headline, of what the sections found."""
    tables, results = contents.tables, contents.results
    return make_verdict(
        contents.headline,
        results.folder.read_findings(),
        tables["discrimination"],
        tables.get("comparison"),
        results.study.split,
        tables.get("permutation"),
        contents.notes.get("added_value_verdict", ""),
    )


def _write(contents: Contents) -> Blocks:
    cohort, protocol = contents.results.cohort, contents.results.study.protocol
    verdict = compute_verdict(contents)
    counts = (
        f"{cohort['samples']} samples of {cohort['patients']} patients, "
        f"{cohort['positives']} positive"
    )
    on_page = {
        "warnings": verdict.warnings,
        "paragraph": verdict.paragraph,
        "counts": f"{counts}, {cohort['genes']:,} genes; protocol ",
        "protocol": protocol,
    }
    said = f"{counts}, {cohort['genes']} genes; protocol {protocol}."
    return [
        Fragment("verdict.html", on_page, only="html"),
        Terms([("Read this first", warning) for warning in verdict.warnings], only="md"),
        Text(verdict.paragraph, only="md"),
        Text(f"{said} Endpoint: {cohort['endpoint']}", only="md"),
    ]


SECTION = Section(_write)
