"""What the cohorts that were left out one at a time say together, of each model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit, logit

from deepcme.base.errors import AbsentError
from deepcme.evaluation.groups.meta_analysis import pool_random_effects
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL, NORMAL_QUANTILE, Estimate
from deepcme.evaluation.predictions import LEFT_OUT, select_part
from deepcme.evaluation.probabilities.calibration import (
    compute_calibration_line,
    compute_observed_expected,
    dependent_patients,
)

FEWEST_COHORTS = 4
"""Below so many, a mean over cohorts and what a new one may show are hardly known."""

MEASURED_PREDICTION = (0.84, 0.97)
"""Share of simulated new cohorts in the prediction interval, lowest and highest by setting."""

POOLED = "Hartung-Knapp t"
_FROM_BOOTSTRAP = "patient bootstrap, t"
_WALD, _WALD_OF_LOGARITHM = "Wald, errors by patient", "Wald of the logarithm, by patient"


def _same(value: float) -> float:
    return value


@dataclass(frozen=True)
class _Scale:
    """Where estimates are nearly normal, and the way back."""

    there: Callable[[float], float]
    back: Callable[[float], float]


_LOGIT = _Scale(logit, expit)
_SCALES = {
    "auc": _LOGIT,
    "uno_c": _LOGIT,
    "harrell_c": _LOGIT,
    "observed_expected": _Scale(np.log, np.exp),
    "slope": _Scale(_same, _same),
}


def compute_pooled_error(measure: str, ends: tuple[float, float], quantile: float) -> float:
    """The standard error that an interval stands for, where its measure is pooled.

    Parameters
    ----------
    measure : str
    ends : tuple of float
    quantile : float
        That the interval was made by: of Student's t, or the normal.
    """
    low, high = map(_SCALES[measure].there, ends)
    return (high - low) / 2 / quantile


def compute_t_quantile(n_rarer_class: int) -> float:
    """That of the bootstrap's intervals, as `compute_logit_interval` takes it."""
    quantile: float = stats.t.ppf((1 + CONFIDENCE_LEVEL) / 2, max(n_rarer_class - 1, 1))
    return quantile


def compute_cohort_estimates(
    predictions: pd.DataFrame, discrimination: pd.DataFrame
) -> pd.DataFrame:
    """AUC, O/E and calibration slope of every model in every cohort that was left out.

    A cohort that is tested in several splits, by models of other draws of the validation
    part, has one estimate: its mean AUC, with the standard error of the bootstrap that
    draws its patients for all of them at once; O/E and the slope are of all its test rows,
    with errors that are robust to several rows of one patient. The models are taken as
    they are.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score, left_out`, and
        `probability` where a model gives one.
    discrimination : DataFrame
        As `compute_discrimination` gives it of these.

    Returns
    -------
    DataFrame
        `model, measure, left_out, value, ci_low, ci_high, standard_error, n, events,
        interval`: the standard error is that of the logit of an AUC and the logarithm of O/E,
        missing where the data give none; `interval` says how it was made.

    Raises
    ------
    AbsentError
        If no cohort was left out.
    """
    if LEFT_OUT not in predictions.columns:
        raise AbsentError("No cohort was left out, so there are none to pool.")
    test = select_part(predictions, "test")
    found = []
    for row in discrimination.to_dict("records"):
        here = test[(test["model"] == row["model"]) & (test[LEFT_OUT] == row[LEFT_OUT])]
        for measure, estimate, interval, quantile in _estimates(row, here):
            ends = estimate.ci_low, estimate.ci_high
            found.append(
                {
                    "model": row["model"],
                    "measure": measure,
                    LEFT_OUT: row[LEFT_OUT],
                    "value": estimate.value,
                    "ci_low": estimate.ci_low,
                    "ci_high": estimate.ci_high,
                    "standard_error": compute_pooled_error(measure, ends, quantile),
                    "n": row["n"],
                    "events": row["events"],
                    "interval": interval,
                }
            )
    return pd.DataFrame(found)


def _estimates(
    row: Mapping[Any, Any], test: pd.DataFrame
) -> Iterator[tuple[str, Estimate, str, float]]:
    """Each measure of a model in a cohort, how its interval was made, and by which quantile."""
    auc = Estimate(row["auc"], row["ci_low"], row["ci_high"], row["n"], row["events"])
    yield "auc", auc, _FROM_BOOTSTRAP, _bootstrap_quantile(test)
    if "probability" in test.columns and test["probability"].notna().all():
        rows = test["label"], test["probability"], dependent_patients(test)
        ratio, line = compute_observed_expected(*rows), compute_calibration_line(*rows)
        yield "observed_expected", ratio, _WALD_OF_LOGARITHM, NORMAL_QUANTILE
        yield "slope", line.slope, _WALD, NORMAL_QUANTILE


def _bootstrap_quantile(test: pd.DataFrame) -> float:
    is_positive = test.groupby("patient", observed=True)["label"].max() == 1
    return compute_t_quantile(min(int(is_positive.sum()), int((~is_positive).sum())))


def compute_meta_analysis(estimates: pd.DataFrame) -> pd.DataFrame:
    """Random-effects meta-analysis of each measure of each model over the cohorts [1]_ [2]_.

    AUCs and C are pooled as logits, O/E as logarithms (`pool_random_effects`), and come back.
    A cohort whose estimate has no interval, such as an AUC of 1, is left out.

    Parameters
    ----------
    estimates : DataFrame
        As `compute_cohort_estimates` or `compute_survival_cohort_estimates` gives it.

    Returns
    -------
    DataFrame
        `model, measure, value, ci_low, ci_high, prediction_low, prediction_high, tau2, i2,
        q, k, n, events, interval, not_pooled`; tau2 is on the scale that is pooled on,
        `n` and `events` are sums over the `k` cohorts, `not_pooled` names the others. There
        is no row where fewer than two cohorts can be pooled.

    Raises
    ------
    AbsentError
        If nothing can be pooled.

    References
    ----------
    .. [1] Debray TPA et al. (2017). A guide to systematic review and meta-analysis of
       prediction model performance. BMJ 356:i6460.
    .. [2] Snell KIE et al. (2018). Meta-analysis of prediction model performance across
       multiple studies: which scale helps ensure between-study normality for the C-statistic
       and calibration measures? Statistical Methods in Medical Research 27:3505-3522.
    """
    rows = []
    for (model, measure), cohorts in estimates.groupby(["model", "measure"], sort=False):
        usable = cohorts["standard_error"] > 0
        used = cohorts[usable]
        if len(used) < 2:
            continue
        scale = _SCALES[str(measure)]
        pooled = pool_random_effects(used["value"].map(scale.there), used["standard_error"])
        names = ("value", "ci_low", "ci_high", "prediction_low", "prediction_high")
        rows.append(
            {
                "model": model,
                "measure": measure,
                **{name: float(scale.back(getattr(pooled, name))) for name in names},
                **{name: getattr(pooled, name) for name in ("tau2", "i2", "q", "k")},
                "n": int(used["n"].sum()),
                "events": int(used["events"].sum()),
                "interval": POOLED,
                "not_pooled": ", ".join(cohorts.loc[~usable, LEFT_OUT]),
            }
        )
    if not rows:
        known = estimates.loc[estimates["standard_error"] > 0, LEFT_OUT].nunique()
        raise AbsentError(
            f"Nothing is pooled over the cohorts left out: {known} of "
            f"{estimates[LEFT_OUT].nunique()} give an estimate with an interval, and a "
            "meta-analysis needs two."
        )
    return pd.DataFrame(rows)
