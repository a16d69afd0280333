"""The room that the page keeps for charts until they are drawn, so that nothing moves then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_AROUND = 48
"""Pixels that an axis and its title take below a panel."""
_USUAL = 300
_MOST_ROWS = 40


def compute_height(spec: Mapping[str, Any]) -> int:
    """About how many pixels a chart will be high.

    Words may stand below a panel, and one of a step for each row has about as many rows as
    its table.

    Parameters
    ----------
    spec : mapping
        The chart as Vega-Lite.
    """
    rows = max(map(len, spec.get("datasets", {}).values()), default=0)
    return _height_of(spec, min(rows, _MOST_ROWS))


def _height_of(spec: Mapping[str, Any], rows: int) -> int:
    if below := spec.get("vconcat"):
        return sum(_height_of(panel, rows) for panel in below)
    if panels := spec.get("hconcat") or spec.get("concat"):
        across = spec.get("columns", len(panels))
        heights = [_height_of(panel, rows) for panel in panels]
        return sum(max(heights[i : i + across]) for i in range(0, len(heights), across))
    height = spec.get("height", _USUAL)
    if isinstance(height, Mapping):
        height = rows * height["step"]
    marks = [layer.get("mark") for layer in spec.get("layer", ())]
    places = [mark.get("y") for mark in marks if isinstance(mark, Mapping)]
    lowest = max((place for place in places if isinstance(place, int | float)), default=0)
    return round(float(max(height, lowest))) + _AROUND
