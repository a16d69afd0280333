"""Recalibrated probabilities: what they are worth, and the lines behind them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.probabilities.calibration import compute_calibration
from deepcme.evaluation.probabilities.miscalibration import compute_calibration_verdicts
from deepcme.evaluation.probabilities.recalibration import recalibrate_predictions
from deepcme.report.blocks import Blocks, Text
from deepcme.report.formatting import N_AND_EVENTS, SideBySideLayout, TableLayout
from deepcme.report.layouts.columns import Count, Plain
from deepcme.report.section import Contents, Section
from deepcme.report.sections.calibration import describe_verdict, without_intercept

_RECALIBRATION = SideBySideLayout(
    "After recalibration: test probabilities by a line (Platt 1999), in each split, that test "
    "rows had no part in. Models without probabilities get theirs this way."
)
_LINES = TableLayout(
    "What those lines were learned on, one line a split, and what they are (medians).",
    ("model", "Model", ""), ("learned_on", "Learned on", ""), *N_AND_EVENTS,
    ("slope", "Slope", ".2f"),
    Plain("refused", "Refused in splits", ",.0f", constant="refused in {} splits"),
    Count("n_splits", "Splits", "split"),
    note="Slopes of log-odds are drawn towards 1 (t density of their logarithm, 3 degrees of "
    "freedom), those of other scores are Firth's (1993). Where the events do not score "
    "higher than the others, the line is refused and everyone gets the prevalence.",
)  # fmt: skip


def _compute(contents: Contents) -> None:
    predictions, random = contents.results.trained, contents.random("calibration")
    fits = contents.results.recalibrations
    contents.add(
        "recalibration",
        lambda: compute_calibration(recalibrate_predictions(predictions, fits), random),
        _RECALIBRATION,
    )
    contents.add("recalibration_lines", lambda: compute_recalibration_lines(fits), _LINES)
    contents.notes["recalibration_verdict"] = describe_recalibration(contents.tables)
    if "recalibration" in contents.tables:
        verdicts = compute_calibration_verdicts(contents.tables["recalibration"])
        said = describe_verdict(verdicts, contents.headline)
        contents.notes["recalibrated_verdict"] = f"After recalibration: {said}"


def compute_recalibration_lines(fits: pd.DataFrame) -> pd.DataFrame:
    """The lines of each model over the splits, in one row.

    Parameters
    ----------
    fits : DataFrame
        As `fit_recalibrations` gives it.

    Returns
    -------
    DataFrame
        `model, learned_on, n, events, slope, slope_low, slope_high, refused, n_splits`;
        `n, events` and `slope` are medians, `refused` counts splits.
    """
    rows = [
        {
            "model": model,
            "learned_on": of_model["learned_on"].iloc[0],
            "n": of_model["n"].median(),
            "events": of_model["events"].median(),
            "slope": of_model["slope"].median(),
            "slope_low": of_model["slope"].min(),
            "slope_high": of_model["slope"].max(),
            "refused": int((of_model["slope"] == 0).sum()),
            "n_splits": len(of_model),
        }
        for model, of_model in fits.groupby("model", sort=False, observed=True)
    ]
    return pd.DataFrame(rows)


def describe_recalibration(made: Mapping[str, pd.DataFrame]) -> str:
    """Which lines were refused, and which models recalibration made worse, in sentences."""
    lines = made["recalibration_lines"]
    refused = [
        f"{row['model']} in {row['refused']} of {row['n_splits']}"
        for row in lines[lines["refused"] > 0].to_dict("records")
    ]
    sentences = (
        [
            "In some splits scores did not rise with the risk, and everyone there gets the "
            f"prevalence: {', '.join(refused)}."
        ]
        if refused
        else []
    )
    if "calibration" in made:
        sentences.append(_describe_change(made["calibration"], made["recalibration"]))
    return " ".join(sentences)


def _describe_change(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """For which models, and cohorts left out, the Brier score is worse than before."""
    keys = ["model"] if LEFT_OUT not in before.columns else ["model", LEFT_OUT]
    briers = [table[table["metric"] == "brier"] for table in (before, after)]
    both = briers[0].merge(briers[1], on=keys, suffixes=("_before", "_after"))
    both[["before", "after"]] = both[["value_before", "value_after"]].round(3)
    listed = [
        " on ".join(str(row[key]) for key in keys)
        + f" ({row['before']:.3f} to {row['after']:.3f})"
        for row in both[both["after"] > both["before"]].to_dict("records")
    ]
    if not listed:
        return "Recalibration made no Brier score worse."
    return f"Recalibration made the Brier score worse for {', '.join(listed)}."


def _write(contents: Contents) -> Blocks:
    if "calibration" not in contents.tables:
        return []
    return [
        without_intercept(contents, "recalibration"),
        Text(contents.notes.get("recalibrated_verdict", "")),
        Text(contents.notes["recalibration_verdict"]),
        contents.show(
            "recalibration_lines",
            contents.in_order(contents.tables["recalibration_lines"]),
            folded="The lines that recalibrate",
        ),
    ]


SECTION = Section(_write, _compute)
