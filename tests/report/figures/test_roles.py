"""Who is highlighted, and looks the same in every chart."""

import numpy as np
import pandas as pd

from deepcme.report.figures.roles import Roles, label_estimates
from deepcme.report.figures.styles import OTHER, PALETTE

ROLES = Roles("M", "C", "clinical", "clinical + genes", ["KNN", "M", "C", "clinical", "LR"])


def test_model_comparator_and_clinic_have_a_colour_and_all_others_are_grey():
    styles = ROLES.styles(["LR", "M", "C", "clinical", "clinical + genes", "KNN"])
    assert [*styles] == ["LR", "M", "C", "clinical", "clinical + genes", "KNN"]
    assert [styles[name][0] for name in ("M", "C", "clinical")] == [*PALETTE[:3]]
    assert styles["clinical + genes"][0] == PALETTE[3]
    assert {styles[name][0] for name in ("LR", "KNN")} == {OTHER}


def test_by_the_dash_alone_no_two_look_the_same():
    names = [f"model {number}" for number in range(30)]
    styles = Roles("model 3", "model 5", models=names).styles(names)
    assert len({tuple(dash) for _, dash in styles.values()}) == 30
    assert styles["model 3"][1] == [1, 0]


def test_a_model_keeps_its_look_whoever_is_drawn_beside_it():
    assert ROLES.styles(["LR"])["LR"] == ROLES.styles(["KNN", "M", "LR"])["LR"]
    assert ROLES.colour("C") == PALETTE[1]


def test_a_study_without_a_comparator_or_clinic_highlights_one():
    alone = Roles("M")
    assert alone.order(["A", "M", ""]) == ["M", "A", ""]
    assert alone.colour("") == OTHER


def test_the_legend_begins_with_the_highlighted_and_the_model_is_drawn_last():
    table = pd.DataFrame({"model": ["LR", "LR", "M", "M", "C"], "at": [1, 2, 1, 2, 1]})
    assert ROLES.order(table["model"]) == ["M", "C", "LR"]
    assert ROLES.sort(table)["model"].tolist() == ["M", "M", "C", "LR", "LR"]
    drawn = ROLES.on_top(table)
    assert drawn["model"].tolist() == ["LR", "LR", "C", "M", "M"]
    assert drawn["at"].tolist() == [1, 2, 1, 1, 2]


def test_the_legend_tells_estimates_to_two_decimals_where_the_intervals_are_wide():
    table = pd.DataFrame(
        {
            "model": ["M", "none", "absent"],
            "value": [0.7612, 0.7, np.nan],
            "ci_low": [0.6812, np.nan, np.nan],
            "ci_high": [0.8312, np.nan, np.nan],
        }
    )
    assert label_estimates(table) == {
        "M": "M 0.76 (0.68 to 0.83)",
        "none": "none 0.70",
        "absent": "absent",
    }
    assert label_estimates(None) == {}
