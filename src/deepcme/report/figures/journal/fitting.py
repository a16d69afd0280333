"""Fitting a chart to the width of a journal's column, with all that stands beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from deepcme.report.figures.journal.still import (
    LETTERS,
    POINTS,
    Spec,
    make_still,
    stretched,
    views_in,
    with_legend,
)

WIDTHS = (85, 180)
"""Of a journal's column and of its page, in mm."""
MM_PER_INCH = 25.4
UNITS_PER_MM = 72 / MM_PER_INCH * LETTERS / POINTS
"""Units of a chart, in which letters are `LETTERS` high, where they are printed in `POINTS`."""
_TALLEST_VIEW = 100 * UNITS_PER_MM
_NARROWEST_VIEW = 20 * UNITS_PER_MM
_MOST_COLUMNS = 6
_STEPS = 4
_ROOM = 1.5
"""Vega counts in whole units."""
_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"')


@dataclass(frozen=True)
class Fitted:
    """A chart as SVG in its own units, which is so wide in print."""

    svg: str
    width_mm: int
    width: float
    height: float

    @property
    def height_mm(self) -> float:
        """In print."""
        return self.height / UNITS_PER_MM


def fit(spec: Spec, width_mm: int, draw: Callable[[Spec], str]) -> Fitted | None:
    """Draw a chart in so many mm, with its legend, axes and texts; None if they leave no room.

    The legend has as many columns as fit; panels stand side by side, or below each other
    where they would be too narrow.

    Parameters
    ----------
    spec : dict
        The chart as Vega-Lite.
    width_mm : int
    draw : callable
        Gives its SVG.
    """
    target = width_mm * UNITS_PER_MM
    still = make_still(spec)
    arranged = [still]
    if still.get("columns", 1) > 1:
        arranged.append({**still, "columns": 1})
    for panels, columns in product(arranged, range(_MOST_COLUMNS, 0, -1)):
        found = _fit_views(with_legend(panels, columns), target, draw)
        if found is not None:
            svg, width, height = found
            return Fitted(svg, width_mm, width, height)
    return None


def _fit_views(
    spec: Spec, target: float, draw: Callable[[Spec], str]
) -> tuple[str, float, float] | None:
    """Stretch the views until all together are as wide as the target; None if they cannot."""
    widths = [view["width"] for view in views_in(spec) if _is_number(view.get("width"))]
    if not widths:
        return None
    factor = min(1.0, target / (sum(widths) if "concat" in spec else max(widths)))
    least = _NARROWEST_VIEW / min(widths)
    low: tuple[float, float] | None = None
    for _ in range(_STEPS):
        factor = max(factor, least)
        svg = draw(stretched(spec, factor, _TALLEST_VIEW))
        width, height = size_of(svg)
        if target - 2 * _ROOM <= width <= target:
            return svg, width, height
        if factor == least and width > target:
            return None
        slope = max(widths)
        if low is not None and factor != low[0] and width != low[1]:
            slope = (width - low[1]) / (factor - low[0])
        if slope < 1:  # the legend is wider than the views
            return None
        low = factor, width
        factor += (target - _ROOM - width) / slope
    return (svg, width, height) if target * 0.97 <= width <= target else None


def size_of(svg: str) -> tuple[float, float]:
    """Width and height of a drawn chart."""
    found = _SIZE.search(svg)
    assert found is not None, svg[:200]
    return float(found[1]), float(found[2])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
