"""Performance of a model, corrected by bootstrap samples for its optimism."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.evaluation.bootstrap import (
    compute_logit_interval,
    compute_percentile_interval,
    compute_weighted_auc,
    divide,
    draw_patients,
)
from deepcme.evaluation.predictions import FloatArray, count_samples
from deepcme.evaluation.stability.refits import ORIGINAL, split_refits

APPARENT, HARRELL, OUT_OF_BAG, PLUS_632 = "apparent", "Harrell", "out of bag", ".632+"
DRAWS = 500
_NOTHING, _SHIFTED, _BOOTSTRAP = "", "location-shifted bootstrap", "bootstrap of patients"
_CHANCE = 0.5
STEEPEST = 10.0
"""Largest slope of a line through risks that differ."""
_SHARE_DRAWN = 0.632
"""Of the patients, in a bootstrap sample: 1 - 1/e."""


def compute_optimism(
    refits: pd.DataFrame,
    performance: pd.DataFrame,
    random: np.random.Generator,
    draws: int = DRAWS,
) -> pd.DataFrame:
    """AUC and calibration slope of the original model, corrected for optimism.

    Harrell's correction [1]_ takes off the apparent value what the refits reach on their
    bootstrap samples more than on all patients, on average. Of the slope there is none where a
    refit has no line or a slope above 10, as of risks that hardly differ: one may be of
    thousands, and no mean means anything. Where a model
    nearly remembers who it was fitted on, as with many genes, it is far too good: most
    patients it is judged on are in its bootstrap sample too. Out of bag are the patients that
    a refit has not seen: too low, as it has learned from 63 of 100. The .632+ estimate [2]_
    weighs the apparent AUC and that out of bag by how much the model overfits [3]_.

    Parameters
    ----------
    refits : DataFrame
        As in `split_refits`.
    performance : DataFrame
        As `compute_refit_performance` gives it.
    random : numpy.random.Generator
    draws : int
        Of patients, stratified by label.

    Returns
    -------
    DataFrame
        `metric` (``auc``, ``slope``), `estimate` (``apparent``, ``Harrell``, ``out of bag``,
        ``.632+``), `value, ci_low, ci_high, interval` (its kind), `n, events, n_patients,
        n_refits` (of which the value is made). Harrell's interval is that of the refits on
        their bootstrap samples, moved by the optimism [4]_; it is NaN where that reaches the
        largest AUC there is. The others' are those of `compute_logit_interval`, for the refits
        as they are. An apparent value has none: it is no performance.

    Raises
    ------
    DeepCMEError
        As `split_refits`.

    References
    ----------
    .. [1] Harrell FE, Lee KL, Mark DB (1996). Multivariable prognostic models. Statistics
       in Medicine 15:361-387.
    .. [2] Efron B, Tibshirani R (1997). Improvements on cross-validation: the .632+
       bootstrap method. Journal of the American Statistical Association 92:548-560.
    .. [3] Wahl S et al. (2016). Assessment of predictive performance in incomplete data by
       combining internal validation and multiple imputation. BMC Medical Research
       Methodology 16:144.
    .. [4] Noma H et al. (2021). Confidence intervals of prediction accuracy measures for
       multivariable prediction models based on the bootstrap-based optimism correction
       methods. Statistics in Medicine 40:5691-5701.
    """
    original, _ = split_refits(refits)
    apparent = performance[performance["refit"] == ORIGINAL].iloc[0]
    others = performance[performance["refit"] != ORIGINAL]
    rows = []
    for metric in ("auc", "slope"):
        rows.append((metric, APPARENT, float(apparent[metric]), np.nan, np.nan, _NOTHING, 1))
        on_sample, on_all = others[f"boot_{metric}"], others[metric]
        optimism = float((on_sample - on_all).mean())
        if not (on_sample.abs().le(STEEPEST) & on_all.abs().le(STEEPEST)).all():
            optimism = np.nan
        low, high = compute_percentile_interval(on_sample.to_numpy())
        if metric == "auc" and high == 1:
            low = high = np.nan
        corrected = (float(apparent[metric]) - optimism, low - optimism, high - optimism)
        kind = _NOTHING if np.isnan(corrected[1]) else _SHIFTED
        rows.append((metric, HARRELL, *corrected, kind, len(others)))
    beyond = _estimate_out_of_bag(refits, random, draws)
    n_refits = int(others["out_of_bag_auc"].notna().sum())
    rows += [("auc", *row, _BOOTSTRAP, n_refits) for row in beyond]
    columns = ["metric", "estimate", "value", "ci_low", "ci_high", "interval", "n_refits"]
    table = pd.DataFrame(rows, columns=columns).sort_values("metric", kind="stable")
    counts = count_samples(original)
    return table.assign(**counts)[[*columns[:-1], *counts, "n_refits"]].reset_index(drop=True)


def combine_632(apparent: FloatArray, out_of_bag: FloatArray) -> FloatArray:
    """The .632+ estimate of AUCs, for which that of no information is 0.5.

    The relative overfitting rate is (apparent - out of bag) / (apparent - 0.5), from 0 to 1;
    an AUC out of bag below 0.5 is taken for 0.5.
    """
    beyond = np.maximum(out_of_bag, _CHANCE)
    gained, lost = apparent - _CHANCE, apparent - beyond
    overfits = (lost > 0) & (gained > 0)
    rate = np.divide(lost, gained, out=np.zeros_like(gained), where=overfits)
    weight = _SHARE_DRAWN / (1 - (1 - _SHARE_DRAWN) * rate)
    combined: FloatArray = (1 - weight) * apparent + weight * beyond
    return combined


def _estimate_out_of_bag(
    refits: pd.DataFrame, random: np.random.Generator, draws: int
) -> list[tuple[str, float, float, float]]:
    """AUC out of bag, the mean over refits, and the .632+ estimate, with their intervals."""
    original = refits[refits["refit"] == ORIGINAL]
    patients = draw_patients(original, draws, random, stratified=True)
    apparent = _weighted_aucs(
        original, np.vstack([np.ones(len(original)), patients.weights(original["patient"])])
    )
    aucs = []
    for _, of_refit in refits[refits["refit"] != ORIGINAL].groupby("refit"):
        unseen = of_refit[of_refit["drawn"] == 0]
        weights = np.vstack([np.ones(len(unseen)), patients.weights(unseen["patient"])])
        aucs.append(_weighted_aucs(unseen, weights))
    n_known = np.isfinite(aucs).sum(axis=0).astype(np.float64)
    out_of_bag = divide(np.nansum(aucs, axis=0), n_known)
    return [
        (
            name,
            float(values[0]),
            *compute_logit_interval(float(values[0]), values[1:], patients.n_rarer_class),
        )
        for name, values in (
            (OUT_OF_BAG, out_of_bag),
            (PLUS_632, combine_632(apparent, out_of_bag)),
        )
    ]


def _weighted_aucs(rows: pd.DataFrame, weights: FloatArray) -> FloatArray:
    labels = rows["label"].to_numpy(dtype=np.int64)
    return compute_weighted_auc(labels, rows["risk"].to_numpy(dtype=np.float64), weights)
