"""A chart of the page, as Vega-Lite, made a picture for print."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

Spec = dict[str, Any]

LETTERS = 12.0
"""Size of all letters in the units of the charts; in print they are `POINTS`."""
POINTS = 7.0
FONT = "Arial, Helvetica, Liberation Sans, sans-serif"
THINNEST = 0.5 * LETTERS / POINTS
"""Half a point in the units of the charts."""
_PANELS = ("layer", "concat", "hconcat", "vconcat")
_SIZES = ("labelFontSize", "titleFontSize", "subtitleFontSize")
_PLACE_OF_LEGEND = ("orient", "columns", "direction", "titleOrient", "labelLimit", "titleLimit")


def make_still(spec: Spec) -> Spec:
    """The chart without what a reader would click on, in letters of one size.

    What is picked at first stays picked where all at once would hide each other, as bands do,
    of which the others are not seen; else everything is shown as if nothing were picked. A
    title with a line under it is left to the caption.
    """
    still = copy.deepcopy(spec)
    still.pop("params", None)
    if isinstance(still.get("title"), dict) and "subtitle" in still["title"]:
        del still["title"]
    picked = {
        param["name"]: param.get("value")
        for param in spec.get("params", [])
        if "select" in param
    }
    _change(still, lambda part: _without_choice(part, picked))
    _change(still, _in_letters)
    still["config"] = _in_print(still.get("config", {}))
    still["padding"] = 3
    return still


def views_in(spec: Spec) -> Iterator[Spec]:
    """Each part of a chart that has a width of its own."""
    if "spec" in spec:
        yield from views_in(spec["spec"])
    panels = next((spec[name] for name in _PANELS[1:] if name in spec), None)
    if panels is None and "spec" not in spec:
        yield spec
    for panel in panels or []:
        yield from views_in(panel)


def with_legend(spec: Spec, columns: int) -> Spec:
    """The chart with its legends on top, in so many columns."""
    placed = copy.deepcopy(spec)
    placed["config"]["legend"] |= {"columns": columns}
    return placed


def stretched(spec: Spec, factor: float, tallest: float) -> Spec:
    """The chart with every view so many times as wide, and as high, as it is.

    Rows of a table or of a forest keep their height, which their letters need.
    """
    wider = copy.deepcopy(spec)
    for view in views_in(wider):
        width = view.get("width")
        if not isinstance(width, int | float):
            continue
        view["width"] = round(width * factor, 2)
        _move_texts(view, "x", float(width), view["width"])
        height = view.get("height")
        if isinstance(height, int | float) and not _has_rows(view):
            view["height"] = round(min(height * factor, tallest), 2)
            _move_texts(view, "y", float(height), view["height"])
    return wider


def _has_rows(view: Spec) -> bool:
    """Whether it has rows of text: an axis of names, or texts beside the chart."""
    found: list[bool] = []

    def look(part: Spec) -> None:
        y = part.get("y")
        found.append(isinstance(y, dict) and y.get("type") == "nominal")
        found.append(isinstance(y, dict) and "axis" in y and y["axis"] is None)

    _change(view, look)
    return any(found)


def _move_texts(view: Spec, axis: str, before: float, after: float) -> None:
    """What was placed right of a view, or below it, stays as far from its edge."""

    def moved(place: Any) -> Any:
        is_beyond = isinstance(place, int | float) and place >= before
        return after + place - before if is_beyond else place

    def move(part: Spec) -> None:
        mark, channel = part.get("mark"), part.get(axis)
        if isinstance(mark, dict) and axis in mark:
            mark[axis] = moved(mark[axis])
        if isinstance(channel, dict) and "value" in channel:
            channel["value"] = moved(channel["value"])

    _change(view, move)


def _change(part: Any, change: Callable[[Spec], None]) -> None:
    """Change each dictionary of a chart, but not those of its data."""
    if isinstance(part, dict):
        change(part)
        for name, value in part.items():
            if name not in ("datasets", "values", "tooltip"):
                _change(value, change)
    elif isinstance(part, list):
        for value in part:
            _change(value, change)


def _without_choice(part: Spec, picked: dict[str, Any]) -> None:
    part.pop("tooltip", None)
    if "params" in part:
        part["params"] = [param for param in part["params"] if "select" not in param]
    for name, channel in list(part.items()):
        condition = channel.get("condition") if isinstance(channel, dict) else None
        if not isinstance(condition, dict) or condition.get("param") not in picked:
            continue
        values = picked[condition["param"]]
        if values and channel.get("value") == 0:
            tests = [
                " && ".join(
                    f"datum[{json.dumps(k)}] === {json.dumps(v)}" for k, v in of.items()
                )
                for of in values
            ]
            part[name] = {
                **channel,
                "condition": {"test": " || ".join(tests), "value": condition["value"]},
            }
        else:
            part[name] = {"value": condition["value"]}


def _in_letters(part: Spec) -> None:
    for name in _SIZES:
        if name in part:
            part[name] = LETTERS
    mark = part.get("mark")
    if isinstance(mark, dict):
        if mark.get("type") == "text" or "fontSize" in mark:
            mark["fontSize"] = LETTERS
        for name in ("strokeWidth", "thickness"):
            if isinstance(mark.get(name), int | float) and mark[name] > 0:
                mark[name] = max(mark[name], THINNEST)
    legend = part.get("legend")
    if isinstance(legend, dict) and legend.get("orient") != "none":
        part["legend"] = {k: v for k, v in legend.items() if k not in _PLACE_OF_LEGEND}
    axis = part.get("axis")
    if isinstance(axis, dict):
        axis.pop("labelLimit", None)


def _in_print(config: Spec) -> Spec:
    """The style of the page's charts, in letters and lines for print."""
    printed = {
        name: dict(value) if isinstance(value, dict) else value
        for name, value in config.items()
    }
    sizes = {"labelFontSize": LETTERS, "titleFontSize": LETTERS}
    limits = {"labelLimit": 0, "titleLimit": 0}
    printed["axis"] = printed.get("axis", {}) | sizes | limits
    printed["header"] = printed.get("header", {}) | sizes | limits
    printed["legend"] = (
        printed.get("legend", {})
        | sizes
        | limits
        | {
            "orient": "top",
            "titleOrient": "top",
            "direction": "horizontal",
            "symbolSize": 150,
            "columnPadding": 8,
        }
    )
    printed["title"] = printed.get("title", {}) | {"fontSize": LETTERS}
    printed["text"] = printed.get("text", {}) | {"fontSize": LETTERS}
    return printed | {"font": FONT, "background": "white"}
