"""Statistics of several parts against values worked out by hand or by others."""

import numpy as np
import pytest

from deepcme.evaluation.probabilities.calibration import compute_observed_expected
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration
from deepcme.selection.knockoffs import choose_reals
from deepcme.selection.stability import (
    compute_stability_index,
    find_stable_genes,
)
from deepcme.simulation.power import PowerDesign, compute_top_probability
from tests.selection.problems import false_selection_bound


def expand(groups, value):
    """Label and value of every patient of the groups."""
    labels = [int(i < group["events"]) for group in groups for i in range(group["n"])]
    return labels, [group[value] for group in groups for _ in range(group["n"])]


def test_the_line_of_scores_that_are_no_log_odds(reference):
    case = reference("recalibration_line")
    line = PlattRecalibration.fit(*expand(case["groups"], "score"), are_log_odds=False)
    assert line.slope == pytest.approx(case["slope"], abs=1e-6)
    assert line.intercept == pytest.approx(case["intercept"], abs=1e-6)


def test_observed_over_expected(reference):
    case = reference("observed_expected")
    ratio = compute_observed_expected(*expand(case["groups"], "predicted"))
    for name in ("value", "ci_low", "ci_high"):
        assert getattr(ratio, name) == pytest.approx(case[name], abs=1e-6)
    assert (ratio.n, ratio.events) == (120, 90)


def test_false_selections_of_a_threshold(reference):
    for case in reference("false_selections")["cases"]:
        q, genes, expected = case["q"], case["genes"], case["false_selections"]
        bound = false_selection_bound(q, genes, case["threshold"])
        assert bound == pytest.approx(expected, rel=1e-4)
        _, threshold = find_stable_genes(np.zeros(genes), q, expected)
        assert threshold == pytest.approx(case["threshold"], abs=1e-6)


def test_stability_of_selections(reference):
    case = reference("stability_index")
    index = compute_stability_index(np.array(case["selections"]))
    assert index.value == pytest.approx(case["index"])


def test_knockoff_threshold(reference):
    values = reference("knockoff_threshold")
    for case in values["cases"]:
        selected, estimate = choose_reals(np.array(values["statistic"]), case["proportion"])
        assert np.flatnonzero(selected).tolist() == case["selected"]
        expected = np.nan if case["estimate"] is None else case["estimate"]
        assert estimate == pytest.approx(expected, nan_ok=True)


def test_chance_of_a_gene_among_the_first(reference):
    case = reference("ranking_chance")
    chance = [compute_top_probability(PowerDesign(), events) for events in case["events"]]
    assert chance == pytest.approx(case["chance"], abs=case["tolerance"])
