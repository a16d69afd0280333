"""Times as they are shown: in a unit that reads well, with round numbers on the axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from deepcme.base.words import counted

_A_YEAR = {"days": 365.25, "months": 12.0, "years": 1.0}
_SHOWN_IN_YEARS = 2
"""From so many years on, days are shown in years."""
_MOST_TICKS = 6
_STEPS = {"months": (1, 2, 3, 6, 12, 24, 36, 60, 120, 240)}
_ROUNDED_OFF = 0.005


@dataclass(frozen=True)
class TimeScale:
    """The unit that times are shown in.

    Attributes
    ----------
    unit : str
        Such as ``years``.
    per_unit : float
        What a unit is in that of the cohort.
    """

    unit: str
    per_unit: float

    @classmethod
    def of(cls, unit: str, longest: float) -> Self:
        """For times of a cohort's unit, the longest of which is known."""
        if unit == "days" and longest >= _SHOWN_IN_YEARS * _A_YEAR["days"]:
            return cls("years", _A_YEAR["days"])
        return cls(unit, 1.0)

    def show(self, time: float) -> float:
        """A time in the unit shown."""
        return time / self.per_unit

    def describe(self, time: float) -> str:
        """A time in words, such as ``5 years``."""
        shown = self.show(time)
        whole = round(shown)
        if abs(shown - whole) < _ROUNDED_OFF:
            return counted(whole, self.unit.removesuffix("s")) if self.unit else f"{whole:,}"
        return f"{shown:.4g} {self.unit}".strip()

    def ticks(self, longest: float) -> list[float]:
        """At most seven round times in the unit shown, from 0 up to one in the cohort's."""
        end = self.show(longest)
        step = next(step for step in self._steps() if end / step <= _MOST_TICKS)
        return [float(tick) for tick in np.arange(0, end + step * 1e-9, step)]

    def _steps(self) -> list[float]:
        of_unit = [float(step) for step in _STEPS.get(self.unit, ())]
        return [
            *of_unit,
            *(
                digit * 10.0**power
                for power in range(-6, 12)
                for digit in (1, 2, 5)
                if not of_unit or digit * 10.0**power > of_unit[-1]
            ),
        ]
