"""A number with its interval, in words with no more digits than it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_WIDE = 0.1
"""From this width of its interval on, a third decimal says nothing."""


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

    def _form(self, signed: bool) -> str:
        is_narrow = self.has_interval and self.high - self.low < _WIDE
        return f"{'+' if signed else ''}.{3 if is_narrow else 2}f"
