"""Charts of times: what they draw, and that what draws them takes them."""

import numpy as np
import pandas as pd
import vl_convert

from deepcme.report.figures.over_time import (
    AS_GIVEN,
    RECALIBRATED,
    plot_auc_over_time,
    plot_calibration_at_horizon,
)
from deepcme.report.figures.styles import VEGA_LITE
from deepcme.report.figures.survival import GROUPS, plot_risk_curves

TICKS = [0.0, 2.0, 4.0]
ATTACK = "<script>alert(1)</script>"


def svg_of(chart):
    return vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=VEGA_LITE)


def risk_curves(groups=GROUPS):
    """Curves that start without an interval, and their numbers at risk."""
    curves = pd.DataFrame(
        [
            (group, time, value - 0.1 * place, low, high)
            for place, group in enumerate(groups)
            for time, value, low, high in [
                (0.0, 1 + 0.1 * place, np.nan, np.nan),
                (1.0, 0.9, 0.7, 1.0),
                (4.0, 0.8, 0.6, 0.9),
            ]
        ],
        columns=["group", "time", "value", "ci_low", "ci_high"],
    ).assign(at_risk=7)
    rows = [(group, time, 40 - int(time)) for group in groups for time in TICKS]
    return curves, pd.DataFrame(rows, columns=["group", "time", "at_risk"])


def drawn(groups=GROUPS, censored=(), **arguments):
    curves, at_risk = risk_curves(groups)
    marks = pd.DataFrame(censored, columns=["group", "time", "value"])
    titles = {"title": "Free of the event", "unit": "years"} | arguments
    return plot_risk_curves(curves, at_risk, marks, **titles)


def test_curves_are_steps_from_0_to_1_with_the_numbers_at_risk_below_their_ticks():
    svg = svg_of(drawn(horizon=3.0))
    for text in ("Free of the event", "Years", "At risk", "Lowest", "Highest", "horizon"):
        assert f">{text}<" in svg
    assert svg.count(">38<") == len(GROUPS)
    line = next(
        layer for layer in drawn().to_dict()["layer"] if layer["mark"]["type"] == "line"
    )
    assert line["mark"]["interpolate"] == "step-after"
    assert line["encoding"]["y"]["scale"]["domain"] == [0, 1]
    assert line["encoding"]["x"]["axis"]["values"] == TICKS


def test_without_a_horizon_or_censored_patients_neither_is_marked():
    svg = svg_of(drawn())
    assert "horizon" not in svg
    marks = [layer["mark"]["type"] for layer in drawn().to_dict()["layer"]]
    assert "rule" not in marks and "tick" not in marks
    marked = drawn(censored=[("lowest", 1.0, 0.9)]).to_dict()["layer"]
    assert "tick" in [layer["mark"]["type"] for layer in marked]


def test_a_group_that_nobody_is_in_is_left_out_and_others_keep_their_colours():
    def colours(chart):
        line = next(row for row in chart["layer"] if row["mark"]["type"] == "line")
        scale = line["encoding"]["color"]["scale"]
        return dict(zip(scale["domain"], scale["range"], strict=True))

    two = drawn(groups=("lowest", "highest"))
    assert colours(two.to_dict()) == {
        group: colour
        for group, colour in colours(drawn().to_dict()).items()
        if group != "middle"
    }
    assert ">Middle<" not in svg_of(two)


def auc_over_time(*models):
    return pd.DataFrame(
        [
            (model, time, 0.7, 0.4 if time < 2 else np.nan, 0.8, 12)
            for model in models
            for time in (1.0, 2.0, 3.0)
        ],
        columns=["model", "time", "value", "ci_low", "ci_high", "events"],
    )


def test_the_auc_over_time_has_a_line_a_model_and_who_is_at_risk():
    at_risk = pd.DataFrame({"time": TICKS, "at_risk": [120, 95, 31]})
    chart = plot_auc_over_time(auc_over_time("A", ATTACK), at_risk, unit="years", horizon=3.0)
    svg = svg_of(chart)
    assert ">AUC(t)<" in svg and ">95<" in svg
    assert ATTACK not in svg


def calibration_groups(**columns):
    return pd.DataFrame(
        {
            "model": "A",
            "predicted": [0.05, 0.1, 0.3],
            "observed": [0.0, 0.12, 0.2],
            "ci_low": [np.nan, 0.05, 0.1],
            "ci_high": [np.nan, 0.2, 0.34],
            "n": 30,
            "events": 4,
            "followed": 20,
        }
        | columns
    )


def test_groups_are_drawn_before_and_after_recalibration_on_the_same_square():
    both = pd.concat(
        [calibration_groups(risks=AS_GIVEN), calibration_groups(risks=RECALIBRATED)]
    )
    spec = plot_calibration_at_horizon(both).to_dict()
    domains = {
        tuple(layer["encoding"][axis]["scale"]["domain"])
        for layer in spec["layer"]
        for axis in ("x", "y")
        if "scale" in layer["encoding"][axis]
    }
    assert domains == {(0, 0.4)}
    svg = svg_of(plot_calibration_at_horizon(both))
    assert f">{AS_GIVEN}<" in svg and f">{RECALIBRATED}<" in svg
    alone = svg_of(plot_calibration_at_horizon(calibration_groups(risks=AS_GIVEN)))
    assert RECALIBRATED not in alone
