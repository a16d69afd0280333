"""A number with its interval, in words with no more digits than it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcme.report.layouts.numbers import choose_decimals, show_estimate


@dataclass(frozen=True)
class Estimate:
    """A value and the ends of its 95% interval, which may be missing (NaN)."""

    value: float
    low: float = np.nan
    high: float = np.nan

    @property
    def has_interval(self) -> bool:
        """Whether both ends are known."""
        return bool(np.isfinite([self.low, self.high]).all())

    def show(self, *, signed: bool = False) -> str:
        """The value in words, with its sign where it is a difference."""
        return format(self.value, self._form(signed))

    def show_ends(self, *, signed: bool = False) -> str:
        """The interval in words, or that there is none."""
        if not self.has_interval:
            return "no interval can be given"
        form = self._form(signed)
        return f"{self.low:{form}} to {self.high:{form}}"

    def show_whole(self, *, signed: bool = False) -> str:
        """The value, and its interval in brackets."""
        return show_estimate(self.value, self.low, self.high, signed=signed)

    def _form(self, signed: bool) -> str:
        return f"{'+' if signed else ''}.{choose_decimals([self.low], [self.high])}f"
