"""Forest plots tell their numbers beside every bar, at any width."""

import pandas as pd
import pytest

from deepcme.report.figures.forest import plot_comparison
from deepcme.report.figures.roles import Roles
from deepcme.report.figures.styles import OTHER, PALETTE, specify
from tests.report.figures.test_survival import svg_of

ROLES = Roles("M", "C")


def comparison(p_holm):
    rows = [("C", 0.021, -0.05, 0.09), ("KNN", -0.004, -0.06, 0.06)]
    table = pd.DataFrame(rows, columns=["baseline", "difference", "ci_low", "ci_high"])
    return table.assign(model="M", margin=0.02, p_holm=p_holm)


def test_each_bar_has_its_difference_and_interval_beside_it():
    svg = svg_of(plot_comparison(comparison(1.0), ROLES))
    assert ">+0.02 (-0.05 to +0.09)<" in svg and ">AUC of M minus that of the other<" in svg


@pytest.mark.parametrize(("p_holm", "told"), [(1.0, False), ([1.0, 0.04], True)])
def test_p_values_are_told_unless_all_are_1(p_holm, told):
    svg = svg_of(plot_comparison(comparison(p_holm), ROLES))
    assert (">p (Holm)<" in svg) == told
    assert (">0.040<" in svg) == told


def test_the_comparator_s_bar_has_its_colour_and_others_are_grey():
    spec = specify(plot_comparison(comparison(1.0), ROLES))
    rows = [row for rows in spec["datasets"].values() for row in rows if row.get("label")]
    assert {row["label"]: row["colour"] for row in rows} == {"C": PALETTE[1], "KNN": OTHER}


@pytest.mark.parametrize(("width", "has_counts"), [(170, False), (260, True), (700, True)])
def test_numbers_stay_beside_the_panel_and_a_narrow_one_leaves_the_counts_out(
    width, has_counts
):
    chart = plot_comparison(comparison([1.0, 0.04]), ROLES)
    svg = svg_of(chart.properties(width=width))
    assert ">+0.02 (-0.05 to +0.09)<" in svg
    assert (">0.040<" in svg) == has_counts
