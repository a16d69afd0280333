"""Predictions at many times: the AUC over time, and the Brier score integrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.evaluation.bootstrap import divide
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.at_horizon import (
    AtHorizon,
    compute_brier_at_horizon,
    compute_null_brier,
)
from deepcme.evaluation.survival.measured import (
    AUC_AT_HORIZON,
    PERCENTILE,
    Measured,
    TimeMeasure,
    check_predictions_at,
)

FEWEST_EVENTS = 5
"""Before so many events no curve over time begins."""

INTEGRATED_BRIER = TimeMeasure("integrated_brier", "Integrated Brier", ".3f", 0, PERCENTILE)
SCALED_INTEGRATED_BRIER = TimeMeasure(
    "scaled_integrated_brier", "Scaled integrated Brier", ".3f", 1, PERCENTILE
)


def choose_times(follow_up: FollowUp, tau: float, points: int = 20) -> FloatArray:
    """Times of a curve, in even steps from the fifth event to tau.

    Raises
    ------
    AbsentError
        If there are fewer than five events before tau.
    """
    times = np.sort(follow_up.times[follow_up.events == EVENT])
    if (times < tau).sum() < FEWEST_EVENTS:
        raise AbsentError(
            f"There is no curve over time: in time there are {(times < tau).sum()} events, "
            f"fewer than {FEWEST_EVENTS}."
        )
    return np.linspace(times[FEWEST_EVENTS - 1], tau, points, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class OverTime:
    """Patients at several times, in the same draws."""

    grid: tuple[AtHorizon, ...]

    @classmethod
    def of(cls, at: AtHorizon, times: Sequence[float] | FloatArray) -> OverTime:
        """The patients of a horizon at these times, ascending and up to the horizon.

        Raises
        ------
        DeepCMEError
            If there are not two or more such times; `AbsentError` if one of them is
            refused, or nobody has the event by it.
        """
        asked = [float(time) for time in times]
        if len(asked) < 2 or min(np.diff(asked)) <= 0 or asked[-1] > at.horizon:
            raise DeepCMEError(
                "A measure over time needs two or more ascending times up to the horizon of "
                f"{at.horizon:g}."
            )
        return cls(tuple(at.move_to(time) for time in asked))

    @property
    def times(self) -> tuple[float, ...]:
        """Ascending."""
        return tuple(at.horizon for at in self.grid)

    def integrate(self, values: Sequence[FloatArray]) -> FloatArray:
        """Mean over time, by trapezoids, of what each draw has at each of the times."""
        area = np.trapezoid(np.column_stack(values), self.times, axis=1)
        return np.asarray(area / (self.times[-1] - self.times[0]), dtype=np.float64)


def compute_auc_over_time(over: OverTime, scores: ArrayLike) -> pd.DataFrame:
    """AUC at each of the times, each with an interval of its own.

    Parameters
    ----------
    over : OverTime
    scores : array, n or n x times
        One a patient, or one a patient and time.

    Returns
    -------
    DataFrame
        `measure, time, value, ci_low, ci_high, interval, n, events`, as `Measured.frame` has
        it. An interval holds for its time, not for the whole curve.
    """
    of_time = _columns(over, scores, of_risks=False)
    return pd.concat(
        [
            AUC_AT_HORIZON.of(at, score).frame()
            for at, score in zip(over.grid, of_time, strict=True)
        ],
        ignore_index=True,
    )


def measure_integrated_brier(over: OverTime, risks: ArrayLike) -> Measured:
    """Mean over time of the Brier score [1]_, by trapezoids.

    Parameters
    ----------
    over : OverTime
    risks : array, n x times
        Risk of the event by each time.

    References
    ----------
    .. [1] Graf E, Schmoor C, Sauerbrei W, Schumacher M (1999). Assessment and comparison of
       prognostic classification schemes for survival data. Statistics in Medicine
       18:2529-2545.
    """
    return Measured.of(INTEGRATED_BRIER, over.grid[-1], over.times, _integrate(over, risks))


def measure_scaled_integrated_brier(over: OverTime, risks: ArrayLike) -> Measured:
    """Share by which it is below that of the observed risks, given to everybody."""
    null = over.integrate([compute_null_brier(at) for at in over.grid])
    scaled = 1 - divide(_integrate(over, risks), null)
    return Measured.of(SCALED_INTEGRATED_BRIER, over.grid[-1], over.times, scaled)


def _integrate(over: OverTime, risks: ArrayLike) -> FloatArray:
    of_time = _columns(over, risks, of_risks=True)
    return over.integrate(
        [
            compute_brier_at_horizon(at, risk)
            for at, risk in zip(over.grid, of_time, strict=True)
        ]
    )


def _columns(over: OverTime, predictions: ArrayLike, *, of_risks: bool) -> list[FloatArray]:
    """Predictions for each of the times."""
    prediction = check_predictions_at(over.grid[-1], predictions, of_risks=of_risks)
    if prediction.ndim == 1 and not of_risks:
        return [prediction] * len(over.grid)
    if prediction.shape != (len(prediction), len(over.grid)):
        raise DeepCMEError(
            f"A risk is needed for each of {len(over.grid)} times, but there are "
            f"{prediction.size // len(prediction)}."
        )
    return list(prediction.T)
