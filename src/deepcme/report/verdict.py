"""The verdict: plain words built by rule from the numbers, never by taste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from deepcme.report.nulls import describe_permutation

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
    permutation: pd.DataFrame | None = None,
) -> Verdict:
    """Build the verdict on one model.

    Rules: severe findings first. Then the comparison with the best baseline,
    chosen on validation data: an interval that holds 0 is "No demonstrated
    advantage". Then the AUC with its interval, and whether chance is excluded.
    Then the permutation test, if it was run. Then the number of events, if small.

    Parameters
    ----------
    model : str
    findings : list of dict
        The audit's: severity, title, evidence.
    discrimination : DataFrame
        As `compute_discrimination` gives it.
    comparison : DataFrame or None
        As `compute_comparison` gives it; None where there is no baseline.
    permutation : DataFrame or None
        As `compute_permutation_table` gives it; None where it was not run.
    """
    warnings = tuple(
        f"{finding['title']}: {finding['evidence']}"
        for finding in findings
        if finding["severity"] == "severe"
    )
    row = discrimination[discrimination["model"] == model].iloc[0]
    sentences = [_advantage(model, comparison), _discrimination(model, row)]
    if permutation is not None:
        sentences.append(describe_permutation(permutation))
    if min(row["events"], row["n"] - row["events"]) < _FEW_EVENTS:
        sentences.append(
            f"With {int(row['events'])} events among {int(row['n'])} samples these numbers are "
            "imprecise: expect others from other patients."
        )
    return Verdict(warnings, " ".join(sentence for sentence in sentences if sentence))


def _advantage(model: str, comparison: pd.DataFrame | None) -> str:
    if comparison is None or comparison.empty:
        return ""
    best = comparison[comparison["best_baseline"]].iloc[0]
    numbers = (
        f"AUC difference {best['difference']:+.3f}, 95% interval "
        f"{best['ci_low']:+.3f} to {best['ci_high']:+.3f}"
    )
    baseline = best["baseline"]
    if best["ci_low"] > 0:
        return f"{model} did better than {baseline}, the best baseline ({numbers})."
    if best["ci_high"] < 0:
        return f"{model} did worse than {baseline}, the best baseline ({numbers})."
    return f"No demonstrated advantage over {baseline}, the best baseline: {numbers}."


def _discrimination(model: str, row: pd.Series[Any]) -> str:
    sentence = (
        f"The mean test AUC of {model} over {int(row['n_splits'])} splits is {row['auc']:.3f} "
        f"(95% interval {row['ci_low']:.3f} to {row['ci_high']:.3f}; {int(row['n'])} samples "
        f"of {int(row['n_patients'])} patients, {int(row['events'])} events)."
    )
    if row["ci_low"] <= 0.5 <= row["ci_high"]:
        return f"{sentence} This interval holds 0.5: chance is not excluded."
    return sentence
