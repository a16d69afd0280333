"""Statistics of other parts against values worked out by hand or with R."""

import numpy as np
import pytest

from deepcme.evaluation.recalibration import PlattRecalibration
from deepcme.selection.knockoffs import choose_reals
from deepcme.selection.stability import (
    compute_false_selection_bound,
    compute_stability_index,
    find_stable_genes,
)
from deepcme.simulation.power import PowerDesign, compute_top_probability


def test_platts_line(reference):
    case = reference("platt")
    labels = np.concatenate(
        [np.arange(group["n"]) < group["events"] for group in case["groups"]]
    ).astype(int)
    scores = np.concatenate([np.full(group["n"], group["score"]) for group in case["groups"]])
    line = PlattRecalibration.fit(labels, scores)
    assert line.slope == pytest.approx(case["slope"], abs=1e-6)
    assert line.intercept == pytest.approx(case["intercept"], abs=1e-6)


def test_false_selections_of_a_threshold(reference):
    for case in reference("false_selections")["cases"]:
        q, genes, expected = case["q"], case["genes"], case["false_selections"]
        bound = compute_false_selection_bound(q, genes, case["threshold"])
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
