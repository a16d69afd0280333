"""Performance of a model developed again on bootstrap samples: its spread, and its optimism."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from deepcme.base.errors import AbsentError
from deepcme.evaluation.bootstrap import compute_percentile_interval, compute_weighted_auc
from deepcme.evaluation.logistic import fit_logistic_regression
from deepcme.evaluation.predictions import FloatArray, IntegerArray
from deepcme.evaluation.probabilities.calibration import compute_log_odds
from deepcme.evaluation.stability.refits import ORIGINAL, split_refits

POINTS = 25


def compute_refit_performance(refits: pd.DataFrame) -> pd.DataFrame:
    """AUC and calibration line of every refit, on its bootstrap sample and on all patients.

    Parameters
    ----------
    refits : DataFrame
        As in `split_refits`.

    Returns
    -------
    DataFrame
        One row for each refit, the original first: `refit, auc, intercept, slope` on all
        patients, `boot_auc, boot_slope` on the bootstrap sample that it was developed on.
        A line that does not exist, as the risks are all the same or separate the classes, is
        NaN; of equal risks the AUC is 0.5.

    Raises
    ------
    DeepCMEError
        As `split_refits`.
    """
    split_refits(refits)
    rows = []
    for number, of_refit in refits.groupby("refit", sort=True):
        labels = of_refit["label"].to_numpy(dtype=np.int64)
        risks = of_refit["risk"].to_numpy(dtype=np.float64)
        drawn = of_refit["drawn"].to_numpy(dtype=np.int64)
        weights = np.vstack([np.ones(len(labels)), drawn]).astype(np.float64)
        auc, boot_auc = compute_weighted_auc(labels, risks, weights)
        intercept, slope = _fit_line(labels, risks)
        boot_slope = slope
        if number != ORIGINAL:
            boot_slope = _fit_line(np.repeat(labels, drawn), np.repeat(risks, drawn))[1]
        rows.append((number, auc, intercept, slope, boot_auc, boot_slope))
    columns = ["refit", "auc", "intercept", "slope", "boot_auc", "boot_slope"]
    return pd.DataFrame(rows, columns=columns)


def _fit_line(labels: IntegerArray, risks: FloatArray) -> tuple[float, float]:
    """Intercept and slope of the labels on the log-odds."""
    design = np.column_stack([np.ones(len(risks)), compute_log_odds(risks)])
    intercept, slope = fit_logistic_regression(design, labels).coefficients
    return float(intercept), float(slope)


def compute_calibration_instability(
    refits: pd.DataFrame, performance: pd.DataFrame, points: int = POINTS
) -> pd.DataFrame:
    """Calibration line of every refit on all patients, as observed against predicted risk [1]_.

    A line of two parameters, not a curve: with few events a curve would bend by chance, and
    the bends would be taken for instability.

    Parameters
    ----------
    refits : DataFrame
        As in `split_refits`.
    performance : DataFrame
        As `compute_refit_performance` gives it.
    points : int
        Points of each line, evenly spaced over the refit's own risks.

    Returns
    -------
    DataFrame
        `refit, predicted, observed`; a refit without a line is left out.

    References
    ----------
    .. [1] Riley RD, Collins GS (2023). Biometrical Journal 65:2200302.
    """
    by_refit = refits.groupby("refit")["risk"]
    low, high = by_refit.min(), by_refit.max()
    tables = [
        _draw_line(row, np.linspace(low[row["refit"]], high[row["refit"]], points))
        for row in performance.dropna(subset="slope").to_dict("records")
    ]
    if not tables:
        raise AbsentError("No refit has a calibration line: its risks are all the same.")
    return pd.concat(tables, ignore_index=True)


def _draw_line(row: dict[Any, Any], predicted: FloatArray) -> pd.DataFrame:
    observed = expit(row["intercept"] + row["slope"] * compute_log_odds(predicted))
    return pd.DataFrame(
        {"refit": int(row["refit"]), "predicted": predicted, "observed": observed}
    )


def compute_optimism(refits: pd.DataFrame, performance: pd.DataFrame) -> pd.DataFrame:
    """AUC and calibration slope corrected for optimism by the bootstrap [1]_.

    The optimism of a refit is what it reaches on its bootstrap sample less what it reaches on
    all patients; its mean is taken off the apparent performance of the original model. The
    interval is that of the refits' performance on their bootstrap samples, moved by the
    optimism (location-shifted percentile interval [2]_), which with few patients covers
    somewhat less than 95 of 100.

    A model that nearly reproduces the patients it was developed on has no optimism to be seen
    on bootstrap samples that hold most of them: the corrected value is then far too good
    [3]_.

    Parameters
    ----------
    refits : DataFrame
        As in `split_refits`.
    performance : DataFrame
        As `compute_refit_performance` gives it.

    Returns
    -------
    DataFrame
        `metric` (``auc``, ``slope``), `apparent, optimism, corrected, ci_low, ci_high`;
        `refits_low, refits_high`, the 2.5th and 97.5th percentile of the refits on all
        patients; `n, events, n_patients, n_refits`, the refits of which it exists.

    References
    ----------
    .. [1] Harrell FE, Lee KL, Mark DB (1996). Multivariable prognostic models. Statistics
       in Medicine 15:361-387.
    .. [2] Noma H et al. (2021). Confidence intervals of prediction accuracy measures for
       multivariable prediction models based on the bootstrap-based optimism correction
       methods. Statistics in Medicine 40:5691-5701.
    .. [3] Efron B, Tibshirani R (1997). Improvements on cross-validation: the .632+
       bootstrap method. Journal of the American Statistical Association 92:548-560.
    """
    original = refits[refits["refit"] == ORIGINAL]
    counts = {
        "n": len(original),
        "events": int(original["label"].sum()),
        "n_patients": original["patient"].nunique(),
    }
    apparent = performance[performance["refit"] == ORIGINAL].iloc[0]
    others = performance[performance["refit"] != ORIGINAL]
    rows = []
    for metric in ("auc", "slope"):
        known = others.dropna(subset=[metric, f"boot_{metric}"])
        optimism = float((known[f"boot_{metric}"] - known[metric]).mean())
        low, high = compute_percentile_interval(known[f"boot_{metric}"].to_numpy())
        refits_low, refits_high = compute_percentile_interval(known[metric].to_numpy())
        rows.append(
            {
                "metric": metric,
                "apparent": float(apparent[metric]),
                "optimism": optimism,
                "corrected": float(apparent[metric]) - optimism,
                "ci_low": float(low) - optimism,
                "ci_high": float(high) - optimism,
                "refits_low": float(refits_low),
                "refits_high": float(refits_high),
                **counts,
                "n_refits": len(known),
            }
        )
    return pd.DataFrame(rows)
