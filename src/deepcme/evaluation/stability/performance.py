"""AUC and calibration line of each refit: how far performance moves with the patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from deepcme.base.errors import AbsentError
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.predictions import BooleanArray, FloatArray, IntegerArray
from deepcme.evaluation.probabilities.calibration import compute_log_odds
from deepcme.evaluation.stability.refits import split_refits

POINTS = 25
_ITERATIONS = 100
_LONGEST_STEP = 2.0


def compute_refit_performance(refits: pd.DataFrame) -> pd.DataFrame:
    """AUC and calibration line of every refit, on all patients and on those it was made of.

    Parameters
    ----------
    refits : DataFrame
        As in `split_refits`.

    Returns
    -------
    DataFrame
        One row for each refit, the original first: `refit`; `auc, intercept, slope` on all
        patients; `boot_auc, boot_slope` on its bootstrap sample; `out_of_bag_auc` on the
        patients that this does not hold. What does not exist is NaN, such as the line of
        risks that are all the same or separate the classes.

    Raises
    ------
    DeepCMEError
        As `split_refits`.
    """
    split_refits(refits)
    by_refit = refits.pivot(index="refit", columns="sample", values=["risk", "drawn"])
    labels = refits.drop_duplicates("sample").set_index("sample")["label"]
    risks = by_refit["risk"].to_numpy(dtype=np.float64)
    drawn = by_refit["drawn"].to_numpy(dtype=np.float64)
    label = labels.loc[by_refit["risk"].columns].to_numpy(dtype=np.int64)
    ones = np.ones_like(drawn)
    weights = np.stack([ones, drawn, drawn == 0], axis=1).astype(np.float64)
    aucs = np.array(
        [
            compute_weighted_auc(label, *of_refit)
            for of_refit in zip(risks, weights, strict=True)
        ]
    )
    log_odds = compute_log_odds(risks)
    line, boot_line = (fit_lines(label, log_odds, weight) for weight in (ones, drawn))
    return pd.DataFrame(
        {
            "refit": by_refit.index.to_numpy(),
            "auc": aucs[:, 0],
            "intercept": line[:, 0],
            "slope": line[:, 1],
            "boot_auc": aucs[:, 1],
            "boot_slope": boot_line[:, 1],
            "out_of_bag_auc": aucs[:, 2],
        }
    )


def fit_lines(labels: IntegerArray, log_odds: FloatArray, weights: FloatArray) -> FloatArray:
    """Intercept and slope of many logistic regressions of the same labels, all at once.

    By Newton's method on standardised log-odds, with steps of limited length.

    Parameters
    ----------
    labels : array of 0 and 1, samples
    log_odds, weights : array, lines x samples
        A sample of weight 0 is not there.

    Returns
    -------
    array, lines x 2
        NaN where there is no finite maximum, or the log-odds hardly differ.
    """
    total = weights.sum(axis=1, keepdims=True)
    mean = (weights * log_odds).sum(axis=1, keepdims=True) / total
    scale = np.sqrt((weights * (log_odds - mean) ** 2).sum(axis=1, keepdims=True) / total)
    exists = (scale[:, 0] > 1e-12) & ~_are_separated(labels, log_odds, weights)
    z = (log_odds - mean) / np.where(scale > 0, scale, 1)
    line = np.zeros((len(log_odds), 2))
    for _ in range(_ITERATIONS):
        probability = expit(line[:, :1] + line[:, 1:] * z)
        residual = weights * (labels - probability)
        information = weights * probability * (1 - probability)
        gradient = np.stack([residual.sum(axis=1), (residual * z).sum(axis=1)], axis=1)
        a, b, c = (np.sum(information * z**power, axis=1) for power in range(3))
        determinant = np.where(exists, a * c - b**2, 1.0)
        step = (
            np.stack(
                [
                    c * gradient[:, 0] - b * gradient[:, 1],
                    a * gradient[:, 1] - b * gradient[:, 0],
                ],
                axis=1,
            )
            / determinant[:, np.newaxis]
        )
        length = np.linalg.norm(step, axis=1, keepdims=True)
        step *= np.where(exists, 1, 0)[:, np.newaxis] * np.minimum(
            1, _LONGEST_STEP / np.maximum(length, 1e-12)
        )
        line += step
        if np.abs(step).max() < 1e-10:
            break
    slope = line[:, 1:] / np.where(scale > 0, scale, 1)
    lines = np.hstack([line[:, :1] - slope * mean, slope])
    lines[~exists] = np.nan
    return lines


def _are_separated(
    labels: IntegerArray, log_odds: FloatArray, weights: FloatArray
) -> BooleanArray:
    """Whether all events lie on one side of all non-events, ties allowed, in each line."""
    positive, there = labels == 1, weights > 0
    highest, lowest = (
        [
            reduce(np.where(there & of_class, log_odds, beyond), axis=1)
            for of_class in (positive, ~positive)
        ]
        for reduce, beyond in ((np.max, -np.inf), (np.min, np.inf))
    )
    separated: BooleanArray = (highest[1] <= lowest[0]) | (highest[0] <= lowest[1])
    return separated


def compute_calibration_instability(
    refits: pd.DataFrame, performance: pd.DataFrame, points: int = POINTS
) -> pd.DataFrame:
    """Calibration line of every refit on all patients, as observed against predicted risk [1]_.

    A line of two parameters, not a curve: with few events a curve bends by chance, and the
    bends would be taken for instability.

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

    Raises
    ------
    AbsentError
        If there is no line.

    References
    ----------
    .. [1] Riley RD, Collins GS (2023). Stability of clinical prediction models
       developed using statistical or machine learning methods. Biometrical
       Journal 65:2200302.
    """
    with_line = performance.dropna(subset="slope")
    if with_line.empty:
        raise AbsentError(
            "No refit has a calibration line: risks are all the same or separate the classes."
        )
    by_refit = refits.groupby("refit")["risk"]
    low, high = (
        ends.loc[with_line["refit"]].to_numpy() for ends in (by_refit.min(), by_refit.max())
    )
    predicted = np.linspace(low, high, points, axis=1)
    intercept, slope = (with_line[[name]].to_numpy() for name in ("intercept", "slope"))
    observed = expit(intercept + slope * compute_log_odds(predicted))
    return pd.DataFrame(
        {
            "refit": np.repeat(with_line["refit"].to_numpy(), points),
            "predicted": predicted.ravel(),
            "observed": observed.ravel(),
        }
    )
