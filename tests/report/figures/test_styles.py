"""Lines and points are told apart however many there are, and legends answer to a click."""

import numpy as np
import pandas as pd
import pytest

from deepcme.report.figures.calibration import plot_calibration
from deepcme.report.figures.ranking import plot_roc
from deepcme.report.figures.risk import (
    plot_decision_curve,
    plot_prediction_stability,
)
from deepcme.report.figures.roles import Roles
from deepcme.report.figures.study import plot_panel_curve, plot_training_curves
from deepcme.report.figures.styles import colours, line_styles, shapes


@pytest.mark.parametrize("number", [1, 13, 30, 150])
def test_no_two_lines_look_the_same(number):
    styles = {(colour, tuple(dash)) for colour, dash in line_styles(number)}
    assert len(styles) == number


def test_the_first_forty_points_differ_in_colour_or_shape():
    assert len(set(zip(colours(40), shapes(40), strict=True))) == 40


def drawn_styles(chart, field):
    """Colour and dash by name, as the chart maps them."""
    encodings = [layer["encoding"] for layer in chart.get("layer", [chart])]
    line = next(e for e in encodings if e.get("strokeDash", {}).get("field") == field)
    colour, dash = line["color"]["scale"], line["strokeDash"]["scale"]
    assert colour["domain"] == dash["domain"]
    pairs = zip(colour["range"], map(tuple, dash["range"]), strict=True)
    return dict(zip(colour["domain"], pairs, strict=True))


def decision_curve(models):
    strategies = [*models, "treat all", "treat none"]
    return pd.DataFrame(
        [
            {"strategy": strategy, "threshold": threshold, "net_benefit": 0.1}
            for strategy in strategies
            for threshold in (0.1, 0.2)
        ]
    )


def test_treating_all_and_none_look_the_same_in_every_chart_and_like_no_model():
    few = drawn_styles(plot_decision_curve(decision_curve(["A"])).to_dict(), "strategy")
    models = [f"model {i}" for i in range(25)]
    many = drawn_styles(plot_decision_curve(decision_curve(models)).to_dict(), "strategy")
    assert len(set(many.values())) == 27
    for name in ("treat all", "treat none"):
        assert few[name] == many[name]
        assert many[name][0] not in {many[model][0] for model in models}


def roc(models):
    return pd.DataFrame({"model": models, "false_positive_rate": 0.0, "sensitivity": 1.0})


def test_a_model_keeps_its_style_where_others_are_missing():
    roles = Roles("A", models=["A", "B", "C"])
    in_roc = drawn_styles(plot_roc(roc(["A", "B", "C"]), roles).to_dict(), "model")
    curve = plot_decision_curve(decision_curve(["A", "C"]), roles)
    in_curve = drawn_styles(curve.to_dict(), "strategy")
    assert in_curve["C"] == in_roc["C"]


def calibration_chart():
    models = {"model": ["A", "B"]}
    observed = pd.DataFrame(
        {**models, "predicted": 0.5, "observed": 0.5, "ci_low": 0.4, "ci_high": 0.6}
    ).assign(n=10, events=5)
    histogram = pd.DataFrame({**models, "low": 0.5, "high": 0.55, "events": 5, "non_events": 5})
    return plot_calibration(observed, observed, histogram)


def panel_curve():
    values = dict.fromkeys(("random_auc", "random_low", "random_high"), 0.5)
    return pd.DataFrame(
        [
            {"ranker": name, "panel": "1", "auc": 0.6, "ci_low": 0.5, "ci_high": 0.7, **values}
            for name in ("one", "two")
        ]
    )


def spread():
    table = {"sample": ["a", "b"], "label": [0, 1], "mean": [0.2, 0.7], "n_splits": 3}
    return pd.DataFrame(table).assign(low=[0.1, 0.5], high=[0.4, 0.8])


@pytest.mark.parametrize(
    "chart",
    [
        plot_decision_curve(decision_curve(["A"])),
        calibration_chart(),
        plot_training_curves(
            pd.DataFrame({"epoch": [1, 2], "train_loss": 0.5, "valid_loss": 0.6})
        ),
        plot_panel_curve(panel_curve()),
        plot_prediction_stability(spread()),
    ],
    ids=["decision", "calibration", "training", "panel", "stability"],
)
def test_a_click_on_the_legend_singles_one_out(chart):
    params = chart.to_dict()["params"]
    assert [param["bind"] for param in params] == ["legend"]


def test_calibration_has_a_named_chart_for_each_cohort_left_out():
    models = {"model": ["A", "B"] * 2, "left_out": ["north", "north", "south", "south"]}
    observed = pd.DataFrame(
        {**models, "predicted": 0.5, "observed": 0.5, "ci_low": 0.4, "ci_high": 0.6}
    ).assign(n=10, events=5)
    histogram = pd.DataFrame({**models, "low": 0.5, "high": 0.55, "events": 5, "non_events": 5})
    drawn = plot_calibration(observed, observed, histogram).to_dict()
    assert [chart["title"] for chart in drawn["concat"]] == ["north", "south"]
    assert [param["bind"] for param in drawn["params"]] == ["legend"]


def test_calibration_opens_with_the_first_model_picked():
    (param,) = calibration_chart().to_dict()["params"]
    assert param["value"] == [{"model": "A"}]


def test_net_benefit_far_below_none_is_cut_off_not_joined_up():
    curve = decision_curve(["A"])
    curve.loc[1, "net_benefit"] = -9.0
    drawn = plot_decision_curve(curve).to_dict()
    line = drawn["layer"][0]
    assert line["mark"]["clip"]
    assert line["encoding"]["y"]["scale"]["domain"][0] > -1
    rows = drawn["datasets"][line["data"]["name"]]
    assert np.isclose([row["net_benefit"] for row in rows], -9.0).any()
