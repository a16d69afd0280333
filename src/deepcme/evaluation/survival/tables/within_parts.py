"""Measures that rank patients, taken within each test part and averaged over the splits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.evaluation.bootstrap import compute_logit_interval, divide
from deepcme.evaluation.predictions import STRATUM, FloatArray
from deepcme.evaluation.refitting import count_rarer_in_part
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.measured import AUC_AT_HORIZON, HARRELL, UNO, HorizonMeasure
from deepcme.evaluation.survival.tables.evaluated import POSITION, Tested

_ROUNDING = 1e-12

RANKED = (UNO, HARRELL, AUC_AT_HORIZON)
"""In the order of tables; .5 of scores that know nothing."""


@dataclass(frozen=True, eq=False)
class WithinParts:
    """A measure of one model in each test part.

    Attributes
    ----------
    splits : Index
    values : array, splits x (1 + draws)
        Of the patients as they are, then of each draw; NaN where it cannot be estimated.
    absent : str
        Why not, of the first part without a value; empty where all have one.
    """

    splits: pd.Index
    values: FloatArray
    absent: str

    @property
    def estimable(self) -> pd.Index:
        """Splits in which it can be estimated."""
        return self.splits[~np.isnan(self.values[:, 0])]

    @property
    def of_splits(self) -> pd.Series[float]:
        """Value of each split."""
        return pd.Series(self.values[:, 0], index=self.splits)

    def mean(self, splits: pd.Index) -> FloatArray:
        """Mean over some splits, of those that have it in a draw; NaN without any."""
        values = self.values[self.splits.get_indexer(splits)]
        usable = ~np.isnan(values)
        total = np.where(usable, values, 0.0).sum(axis=0)
        return divide(total, usable.sum(axis=0).astype(np.float64))


def count_events(follow_up: FollowUp, tau: float, measure: HorizonMeasure) -> int:
    """Events that a measure looks at: up to tau, but all in Harrell's C."""
    in_time = (follow_up.times <= tau) | (measure is HARRELL)
    return int(np.sum((follow_up.events == EVENT) & in_time))


def measure_model(
    tested: Tested, model: str, rows: pd.DataFrame, measure: HorizonMeasure
) -> WithinParts:
    """`measure_within_parts` at tau, computed once for all tables."""
    key = model, measure.name
    if key not in tested.measured:
        tested.measured[key] = measure_within_parts(tested, rows, measure)
    found: WithinParts = tested.measured[key]
    return found


def measure_within_parts(
    tested: Tested, rows: pd.DataFrame, measure: HorizonMeasure, time: float | None = None
) -> WithinParts:
    """A measure of one model in each test part, and its strata where the rows name them.

    Strata are averaged as their cases weigh, as in `compute_within_strata`. The weights are
    those of all evaluated patients.

    Parameters
    ----------
    tested : Tested
    rows : DataFrame
        The model's.
    measure : HorizonMeasure
    time : float, optional
        Other than tau.

    Raises
    ------
    AbsentError
        If no weights can be had at that time.
    """
    splits, values, absent = [], [], ""
    for split, part in rows.groupby("split", observed=True):
        splits.append(split)
        values.append(_measure_part(tested, split, part, measure, time))
        if np.isnan(values[-1][0]) and not absent:
            absent = _explain(tested, split, part, measure, time)
    return WithinParts(pd.Index(splits), np.stack(values), absent)


def _measure_part(
    tested: Tested,
    split: object,
    part: pd.DataFrame,
    measure: HorizonMeasure,
    time: float | None,
) -> FloatArray:
    if not np.isfinite(part["score"]).all():
        return np.full(len(tested.patients.require().counts), np.nan)
    if STRATUM not in part.columns:
        return _measure_rows(tested, split, part, measure, time)
    totals = []
    for level, rows in part.groupby(STRATUM, observed=True):
        value = _measure_rows(tested, (split, level), rows, measure, time)
        at = _at(tested, (split, level), rows, time)
        cases = np.where(np.isnan(value), 0.0, _weigh_cases(at, measure))
        totals.append((np.nan_to_num(value) * cases, cases))
    return divide(*np.sum(totals, axis=0))


def _measure_rows(
    tested: Tested,
    place: object,
    rows: pd.DataFrame,
    measure: HorizonMeasure,
    time: float | None,
) -> FloatArray:
    scores = rows["score"].to_numpy(np.float64)
    return measure.compute(_at(tested, place, rows, time), scores)


def _at(tested: Tested, place: object, rows: pd.DataFrame, time: float | None) -> AtHorizon:
    return tested.at_part(place, rows[POSITION].to_numpy(np.int64), time)


def _weigh_cases(at: AtHorizon, measure: HorizonMeasure) -> FloatArray:
    weights, cases = at.weights, at.is_case
    if measure is HARRELL:
        weights, cases = at.counts, at.follow_up.events == EVENT
    return np.asarray(weights @ cases, dtype=np.float64)


def _explain(
    tested: Tested,
    split: object,
    part: pd.DataFrame,
    measure: HorizonMeasure,
    time: float | None,
) -> str:
    if not np.isfinite(part["score"]).all():
        return "scores are missing or infinite"
    at = tested.patients.require().rows(part[POSITION].to_numpy(np.int64))
    events = at.follow_up.n_events if measure is HARRELL else at.n_cases
    if not events:
        until = "" if measure is HARRELL else " in time"
        return f"no patient of the test part has the event{until}"
    return measure.absent


@dataclass(frozen=True)
class Widening:
    """What a bootstrap of patients that takes the fitted models as they are does not know.

    Attributes
    ----------
    inflation : float
        Factor on the variance (`compute_refit_inflation`).
    n_rarer_in_part : float
        Mean number of patients of the rarer class in a test part.
    """

    inflation: float
    n_rarer_in_part: float


def compute_widening(
    tested: Tested, model: str, rows: pd.DataFrame, value: float, at: AtHorizon
) -> Widening:
    """That of a mean over test parts, as for the binary AUC.

    Cases by the time of `at` are taken for the one class, all others for the other; for the
    number in a part, those who are known to be without the event then.
    """
    refits = tested.refits_of(model)
    key = model, at.horizon
    if key not in tested.labelled:
        position = rows[POSITION].to_numpy(np.int64)
        labelled = rows.assign(label=at.is_case[position].astype(np.int64))
        known = at.weights[0, position] > 0
        n_rarer = count_rarer_in_part(labelled[known]) if known.any() else 0.0
        tested.labelled[key] = refits.share_of_training(labelled), n_rarer
    share, n_rarer = tested.labelled[key]
    return Widening(refits.inflate(share, value), n_rarer)


def compute_mean_interval(
    tested: Tested, model: str, rows: pd.DataFrame, means: FloatArray, at: AtHorizon
) -> tuple[float, float]:
    """95% interval of a mean over test parts, as `compute_logit_interval`, widened.

    Parameters
    ----------
    tested : Tested
    model : str
    rows : DataFrame
        The model's.
    means : array, 1 + draws
        The mean and those of the draws; without any of these there is no interval, nor where
        all are the same, as of scores that tell nobody apart.
    at : AtHorizon
        All evaluated patients at the time of the measure.
    """
    value, drawn = float(means[0]), means[1:]
    known = drawn[np.isfinite(drawn)]
    if not known.size or np.ptp(known) < _ROUNDING:
        return np.nan, np.nan
    widening = compute_widening(tested, model, rows, value, at)
    return compute_logit_interval(
        value,
        drawn,
        min(at.n_cases, at.n_controls),
        n_rarer_in_part=widening.n_rarer_in_part,
        inflation=widening.inflation,
    )
