"""Predictions of whole curves: the Brier score integrated over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.bootstrap import divide
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.at_horizon import (
    AtHorizon,
    compute_brier_at_horizon,
    compute_null_brier,
)
from deepcme.evaluation.survival.measured import (
    PERCENTILE,
    Measured,
    TimeMeasure,
    check_predictions_at,
)

__all__ = ["OverTime"]

INTEGRATED_BRIER = TimeMeasure("integrated_brier", "Integrated Brier", ".3f", 0, PERCENTILE)
SCALED_INTEGRATED_BRIER = TimeMeasure(
    "scaled_integrated_brier", "Scaled integrated Brier", ".3f", 1, PERCENTILE
)


@dataclass(frozen=True, eq=False)
class OverTime:
    """Patients at several times, in the same draws.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.evaluation.survival.at_horizon import AtHorizon
    >>> random = np.random.default_rng(0)
    >>> follow_up = FollowUp(random.exponential(5, 100), np.ones(100))
    >>> at = AtHorizon.draw(follow_up, 4, random, 50)
    >>> from deepcme.evaluation.survival.over_time import OverTime
    >>> len(OverTime.of(at, [1, 2, 4]).grid)
    3
    """

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
    of_time = _columns(over, risks)
    return over.integrate(
        [
            compute_brier_at_horizon(at, risk)
            for at, risk in zip(over.grid, of_time, strict=True)
        ]
    )


def _columns(over: OverTime, risks: ArrayLike) -> list[FloatArray]:
    """Risks by each of the times."""
    risk = check_predictions_at(over.grid[-1], risks, of_risks=True)
    if risk.shape != (len(risk), len(over.grid)):
        raise DeepCMEError(
            f"A risk is needed for each of {len(over.grid)} times, but there are "
            f"{risk.size // len(risk)}."
        )
    return list(risk.T)
