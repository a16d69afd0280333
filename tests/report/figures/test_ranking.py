"""ROC and precision-recall curves tell their numbers, cohort by cohort where they are left out."""

import pandas as pd
import pytest

from deepcme.report.figures.ranking import plot_precision_recall, plot_roc
from deepcme.report.figures.roles import Roles
from deepcme.report.figures.styles import specify
from tests.report.figures.test_survival import svg_of

CURVES = pd.DataFrame(
    {
        "model": ["KNN", "KNN", "M", "M"],
        "false_positive_rate": [0.0, 1.0] * 2,
        "sensitivity": [0.2, 1.0] * 2,
        "recall": [0.0, 1.0] * 2,
        "precision": [0.9, 0.4] * 2,
        "prevalence": 0.37,
    }
)
ESTIMATES = pd.DataFrame(
    {"model": ["KNN", "M"], "value": [0.6, 0.81], "ci_low": [0.5, 0.7], "ci_high": 0.9}
)


@pytest.mark.parametrize(
    ("draw", "measure"), [(plot_roc, "AUC"), (plot_precision_recall, "PR-AUC")]
)
def test_the_legend_tells_the_area_and_its_interval_the_model_first(draw, measure):
    svg = svg_of(draw(CURVES, Roles("M"), ESTIMATES))
    assert f">Model: {measure} (95% interval)<" in svg
    assert svg.index(">M 0.81 (0.70 to 0.90)<") < svg.index(">KNN 0.60 (0.50 to 0.90)<")


def test_chance_is_named_where_it_is_the_prevalence():
    assert ">prevalence 0.37<" in svg_of(plot_precision_recall(CURVES))


def test_each_cohort_left_out_has_a_chart_that_tells_the_model_s_number():
    by_cohort = pd.concat([CURVES.assign(left_out="north"), CURVES.assign(left_out="south")])
    told = pd.concat([ESTIMATES.assign(left_out="north"), ESTIMATES.assign(left_out="south")])
    told["value"] += [0.0, 0.01, 0.0, 0.02]
    spec = specify(plot_roc(by_cohort, Roles("M"), told))
    titles = [panel["title"] for panel in spec["concat"]]
    assert [title["text"] for title in titles] == ["north", "south"]
    assert [title["subtitle"] for title in titles] == [
        "AUC of M 0.82 (0.70 to 0.90)",
        "AUC of M 0.83 (0.70 to 0.90)",
    ]


def test_odd_names_stay_words_in_the_legend():
    odd = "\"];alert(1)//</script>'"
    curves = CURVES.replace({"model": {"M": odd}})
    svg = svg_of(plot_roc(curves, Roles(odd), ESTIMATES.replace({"model": {"M": odd}})))
    assert "alert(1)//&lt;/script&gt;' 0.81" in svg
