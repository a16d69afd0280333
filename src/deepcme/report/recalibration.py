"""The report's tables and sentences on recalibrated probabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pandas as pd

from deepcme.evaluation.calibration import compute_calibration
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.recalibration import fit_recalibrations, recalibrate_predictions


def recalibration_makers(
    predictions: pd.DataFrame, random: Callable[[], np.random.Generator]
) -> dict[str, Callable[[], pd.DataFrame]]:
    """Makers of the table after recalibration, and of the one on the lines behind it."""

    @cache
    def fits() -> pd.DataFrame:
        return fit_recalibrations(predictions)

    return {
        "recalibration": lambda: compute_calibration(
            recalibrate_predictions(predictions, fits()), random()
        ),
        "recalibration_lines": lambda: compute_recalibration_lines(fits()),
    }


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


def describe_recalibration(made: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Which lines were refused, and which models recalibration made worse, in sentences."""
    if "recalibration" not in made:
        return {}
    lines = made["recalibration_lines"]
    sentences = [
        f"In {row['refused']} of {row['n_splits']} splits the scores of {row['model']} did not "
        "rise with the risk: everyone there gets the prevalence."
        for row in lines[lines["refused"] > 0].to_dict("records")
    ]
    if "calibration" in made:
        sentences.append(_describe_change(made["calibration"], made["recalibration"]))
    return {"recalibration_verdict": " ".join(sentences)}


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
