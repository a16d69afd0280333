"""Instability of a model that was developed again on bootstrap samples of its patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.bootstrap import (
    DEFAULT_DRAWS,
    PatientDraws,
    compute_percentile_interval,
    draw_patients,
)
from deepcme.evaluation.predictions import (
    FloatArray,
    as_labels_and_probabilities,
    count_samples,
    events_of,
    outcome_columns,
)

COLUMNS = ("refit", "sample", "patient", "drawn", "risk")
"""Of a table of refits, and `label`, or `time` and `event`."""
ORIGINAL = 0
"""The refit that is none: the model on all patients."""

OFTEN = 0.1
"""Share of refits in which a patient changes sides that is called often."""

_Estimate = tuple[float, float, float]
"""A value and the ends of its interval."""


def split_refits(refits: pd.DataFrame) -> tuple[pd.DataFrame, FloatArray]:
    """The original model's rows, and the risks of the same samples by every refit.

    Parameters
    ----------
    refits : DataFrame
        Columns `refit, sample, patient, label, drawn, risk`: a risk of every sample by every
        refit; 0 is the model on all patients. `drawn` is how often a refit's bootstrap
        sample holds the sample. Of times `time` and `event` stand for `label`, and the risk is
        that by the horizon.

    Returns
    -------
    DataFrame
        Rows of the original model.
    array, refits x samples

    Raises
    ------
    DeepCMEError
        If a column, the original, every refit, or a sample of a refit is missing, or a risk is
        none.
    """
    needed = (*COLUMNS, *outcome_columns(refits))
    if missing := [column for column in needed if column not in refits.columns]:
        raise DeepCMEError(f"The table of refits lacks the columns: {', '.join(missing)}.")
    original = refits[refits["refit"] == ORIGINAL]
    others = refits[refits["refit"] != ORIGINAL]
    if original.empty or others.empty:
        raise DeepCMEError("The table of refits lacks the original model or every refit of it.")
    risks = others.pivot(index="refit", columns="sample", values="risk")
    risks = risks.reindex(columns=original["sample"])
    if risks.isna().any(axis=None):
        raise DeepCMEError("The table of refits lacks the risk of a sample by a refit.")
    as_labels_and_probabilities(events_of(original), original["risk"])
    return original, risks.to_numpy(dtype=np.float64)


def compute_prediction_instability(refits: pd.DataFrame) -> pd.DataFrame:
    """How far each patient's risk moves when the model is developed again [1]_.

    Parameters
    ----------
    refits : DataFrame
        As in `split_refits`.

    Returns
    -------
    DataFrame
        One row for each sample: `patient, sample, label` (or `time, event`), `risk` (by the
        original model),
        `low, high` (2.5th and 97.5th percentile of the refits' risks), `mape` (mean absolute
        difference of the refits' risks from the original one), `n_refits`.

    Raises
    ------
    DeepCMEError
        As `split_refits`.

    References
    ----------
    .. [1] Riley RD, Collins GS (2023). Stability of clinical prediction models
       developed using statistical or machine learning methods. Biometrical
       Journal 65:2200302.
    """
    original, risks = split_refits(refits)
    low, high = compute_percentile_interval(risks)
    return original[_told(original)].assign(
        low=low,
        high=high,
        mape=np.abs(risks - original["risk"].to_numpy()).mean(axis=0),
        n_refits=len(risks),
    )


def compute_instability_summary(
    instability: pd.DataFrame, random: np.random.Generator, draws: int = DEFAULT_DRAWS
) -> pd.DataFrame:
    """What the instability of all patients' risks comes to.

    Parameters
    ----------
    instability : DataFrame
        As `compute_prediction_instability` gives it.
    random : numpy.random.Generator
    draws : int
        Of patients; the intervals are percentile intervals.

    Returns
    -------
    DataFrame
        `measure, value, ci_low, ci_high, n, events, n_patients, n_refits`; measure is
        ``mape``, the mean over patients, and ``median_width`` and ``tenth_width``: half and a
        tenth of the patients have a wider range from `low` to `high`.
    """
    patient_draws = _draw(instability, draws, random)
    width = (instability["high"] - instability["low"]).to_numpy()
    estimates = {
        "mape": _estimate_mean(instability, instability["mape"].to_numpy(), patient_draws),
        "median_width": _estimate_quantile(instability, width, 0.5, patient_draws),
        "tenth_width": _estimate_quantile(instability, width, 0.9, patient_draws),
    }
    rows = [(measure, *estimate) for measure, estimate in estimates.items()]
    table = pd.DataFrame(rows, columns=["measure", "value", "ci_low", "ci_high"])
    return table.assign(**_counts(instability))


def compute_classification_instability(
    refits: pd.DataFrame, thresholds: Sequence[float]
) -> pd.DataFrame:
    """How often the refits put each patient on the other side of a threshold [1]_.

    Parameters
    ----------
    refits : DataFrame
        As in `split_refits`.
    thresholds : sequence of float
        A risk of a threshold or more is high.

    Returns
    -------
    DataFrame
        One row for each threshold and sample: `threshold, patient, sample, label` (or `time,
        event`), `risk, changed` (share of the refits), `n_refits`.

    Raises
    ------
    DeepCMEError
        As `split_refits`.

    References
    ----------
    .. [1] Riley RD, Collins GS (2023). Biometrical Journal 65:2200302.
    """
    original, risks = split_refits(refits)
    risk = original["risk"].to_numpy()
    tables = []
    for threshold in thresholds:
        changed = ((risks >= threshold) != (risk >= threshold)).mean(axis=0)
        table = original[_told(original)].assign(changed=changed, n_refits=len(risks))
        table.insert(0, "threshold", threshold)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def compute_classification_summary(
    classification: pd.DataFrame, random: np.random.Generator, draws: int = DEFAULT_DRAWS
) -> pd.DataFrame:
    """Classification instability over all patients, at each threshold.

    Parameters
    ----------
    classification : DataFrame
        As `compute_classification_instability` gives it.
    random : numpy.random.Generator
    draws : int
        Of patients; the intervals are percentile intervals.

    Returns
    -------
    DataFrame
        `threshold, n_high` (samples whose original risk is high), `changed, ci_low, ci_high`
        (mean share of refits in which a sample changes sides), `often, often_low, often_high`
        (share of samples that change in more than one refit of ten), `n, events, n_patients,
        n_refits`.
    """
    rows = []
    patient_draws: PatientDraws | None = None
    for threshold, of_threshold in classification.groupby("threshold", sort=False):
        if patient_draws is None:
            patient_draws = _draw(of_threshold, draws, random)
        changed = of_threshold["changed"].to_numpy()
        often = (changed > OFTEN).astype(np.float64)
        row = (
            threshold,
            int((of_threshold["risk"] >= threshold).sum()),
            *_estimate_mean(of_threshold, changed, patient_draws),
            *_estimate_mean(of_threshold, often, patient_draws),
            *_counts(of_threshold).values(),
        )
        rows.append(row)
    estimated = ["threshold", "n_high", "changed", "ci_low", "ci_high"]
    of_often = ["often", "often_low", "often_high"]
    return pd.DataFrame(rows, columns=[*estimated, *of_often, *_counts(classification)])


def _told(original: pd.DataFrame) -> list[str]:
    return ["patient", "sample", *outcome_columns(original), "risk"]


def _draw(rows: pd.DataFrame, draws: int, random: np.random.Generator) -> PatientDraws:
    labelled = rows.assign(label=events_of(rows).astype(np.int64))
    return draw_patients(labelled, draws, random, stratified=False)


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    return {**count_samples(rows), "n_refits": int(rows["n_refits"].iloc[0])}


def _estimate_mean(rows: pd.DataFrame, values: FloatArray, draws: PatientDraws) -> _Estimate:
    drawn = draws.sum_rows(rows["patient"], np.column_stack([values, np.ones(len(values))]))
    low, high = compute_percentile_interval(drawn[:, 0] / drawn[:, 1])
    return float(values.mean()), float(low), float(high)


def _estimate_quantile(
    rows: pd.DataFrame, values: FloatArray, share: float, draws: PatientDraws
) -> _Estimate:
    """The smallest value that so large a share of the rows does not exceed."""
    ascending = np.argsort(values, kind="stable")
    weights = draws.weights(rows["patient"])[:, ascending]
    weights = np.vstack([np.ones(len(values)), weights])
    below = np.cumsum(weights, axis=1)
    reached = below >= share * below[:, -1:] - 1e-9
    quantiles = values[ascending][reached.argmax(axis=1)]
    low, high = compute_percentile_interval(quantiles[1:])
    return float(quantiles[0]), float(low), float(high)
