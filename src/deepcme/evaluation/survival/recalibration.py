"""Risks by the horizon made anew from those of a model, weighted for the censored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.predictions import BooleanArray, FloatArray
from deepcme.evaluation.probabilities.calibration import compute_log_odds
from deepcme.evaluation.probabilities.recalibration import (
    OUT_OF_FOLD,
    VALIDATION,
    PlattRecalibration,
)
from deepcme.evaluation.survival.censoring import (
    CensoringDistribution,
    compute_censoring_weights,
    estimate_censoring,
)


def fit_survival_recalibrations(
    predictions: pd.DataFrame, horizon: float, columns: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The line of every model in every split, of the case on the log-odds of the risk.

    Learned as `fit_recalibrations` does, on the validation rows (out of fold for a model that
    is fitted on both parts), of those whose case is known at the horizon, each weighted by the
    inverse probability of being known. The censoring distribution is that of the training
    data: training and validation part. The weights are divided by their mean, so that a
    row counts as one. Test rows have no say.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, time, event, probability`.
    horizon : float
    columns : DataFrame, optional
        Numbers that censoring depends on, by sample.

    Returns
    -------
    DataFrame
        One row for each split and model: `split, model, learned_on, n, events, intercept,
        slope, absent`; `n` and `events` count rows that are known at the horizon. The slope
        is 0 where it was refused, as the cases had no higher risk than the others: everyone
        gets the observed risk. Where there is no line, it is NaN and `absent` says why.
    """
    fits = []
    for split, of_split in predictions.groupby("split", sort=False, observed=True):
        training = of_split[of_split["part"] != "test"]
        weighing = _Weighing.of(training, horizon, columns)
        for model, rows in of_split.groupby("model", sort=False, observed=True):
            fits.append({"split": split, "model": model, **_fit(rows, weighing)})
    return pd.DataFrame(fits)


@dataclass(frozen=True, eq=False)
class _Weighing:
    """How the rows of a split are weighed, by the censoring of its training data."""

    horizon: float
    censoring: CensoringDistribution | None
    columns: pd.DataFrame | None
    absent: str

    @classmethod
    def of(
        cls, training: pd.DataFrame, horizon: float, columns: pd.DataFrame | None
    ) -> _Weighing:
        """By the patients of these rows."""
        samples = training.drop_duplicates("patient")
        censoring, absent = None, ""
        try:
            follow_up = _follow(samples)
            known = _of_samples(columns, samples)
            censoring = estimate_censoring(follow_up, columns=known)
        except DeepCMEError as error:
            absent = str(error)
        return cls(horizon, censoring, columns, absent)

    def weigh(self, rows: pd.DataFrame) -> tuple[FloatArray, BooleanArray]:
        """Weights of rows, and which are cases.

        Raises
        ------
        AbsentError
            If there are no weights.
        """
        if self.censoring is None:
            raise AbsentError(self.absent)
        found = compute_censoring_weights(
            _follow(rows),
            self.horizon,
            reference=self.censoring,
            columns=_of_samples(self.columns, rows),
        )
        return found.weights[0], found.cases


def _follow(rows: pd.DataFrame) -> FollowUp:
    return FollowUp(rows["time"].to_numpy(), rows["event"].to_numpy())


def _of_samples(columns: pd.DataFrame | None, rows: pd.DataFrame) -> FloatArray | None:
    return None if columns is None else columns.loc[rows["sample"]].to_numpy(np.float64)


def _fit(rows: pd.DataFrame, weighing: _Weighing) -> dict[str, Any]:
    validation = rows[rows["part"] == "validation"]
    trained = rows.loc[rows["part"] == "train", "sample"]
    found: dict[str, Any] = {
        "learned_on": OUT_OF_FOLD if validation["sample"].isin(trained).any() else VALIDATION,
        "n": 0,
        "events": 0,
        "intercept": np.nan,
        "slope": np.nan,
    }
    try:
        weights, cases = weighing.weigh(validation)
        known = weights > 0
        found |= {"n": int(known.sum()), "events": int(cases[known].sum())}
        line = _fit_line(validation["probability"], known, cases, weights)
    except AbsentError as absent:
        return {**found, "absent": str(absent)}
    return {**found, "intercept": line.intercept, "slope": line.slope, "absent": ""}


def _fit_line(
    risks: pd.Series[float], known: BooleanArray, cases: BooleanArray, weights: FloatArray
) -> PlattRecalibration:
    risk = np.asarray(risks, dtype=np.float64)[known]
    if not np.isfinite(risk).all():
        raise AbsentError("The model gives no risk by the horizon.")
    label = cases[known].astype(np.int64)
    if label.size == 0 or label.min() == label.max():
        raise AbsentError(
            f"Of {label.size} rows for recalibration that are known at the horizon, "
            f"{int(label.sum())} have the event by then: both are needed."
        )
    weight = weights[known] / weights[known].mean()
    return PlattRecalibration.fit(label, compute_log_odds(risk), weights=weight)


def recalibrate_survival_predictions(
    predictions: pd.DataFrame, fits: pd.DataFrame
) -> pd.DataFrame:
    """Risks by the line of every model in every split.

    Parameters
    ----------
    predictions, fits : DataFrame
        As `fit_survival_recalibrations` takes and gives them.

    Returns
    -------
    DataFrame
        The same table with a new column `probability`, NaN where there is no line.
    """
    keys = ["split", "model"]
    line = predictions[keys].merge(fits, on=keys, how="left", validate="many_to_one")
    log_odds = compute_log_odds(predictions["probability"].to_numpy(np.float64))
    new = line["intercept"].to_numpy() + line["slope"].to_numpy() * log_odds
    return predictions.assign(probability=expit(new))
