"""The words on refits, by rule from their tables."""

import numpy as np
import pytest

from deepcme.evaluation.stability.optimism import compute_optimism
from deepcme.evaluation.stability.performance import compute_refit_performance
from deepcme.evaluation.stability.refits import (
    compute_classification_instability,
    compute_classification_summary,
    compute_instability_summary,
    compute_prediction_instability,
)
from deepcme.report.sections.instability import (
    describe_instability,
    describe_refit_performance,
)
from tests.evaluation.stability.conftest import table_of_refits


def described(labels, risks, drawn, thresholds=(0.2, 0.4)):
    refits = table_of_refits(labels, risks, drawn)
    instability = compute_prediction_instability(refits)
    classification = compute_classification_instability(refits, thresholds)
    performance = compute_refit_performance(refits)
    random = np.random.default_rng(0)
    words = describe_instability(
        "LR",
        compute_instability_summary(instability, random, draws=100),
        compute_classification_summary(classification, random, draws=100),
    )
    optimism = compute_optimism(refits, performance, random, draws=50)
    return words | describe_refit_performance(performance, optimism)


@pytest.fixture(scope="module")
def drawn():
    random = np.random.default_rng(1)
    draws = [np.bincount(random.integers(60, size=60), minlength=60) for _ in range(20)]
    return np.array([np.ones(60, dtype=int), *draws])


LABELS = np.arange(60) % 2


def test_a_model_that_remembers(drawn):
    """It tells its own patients apart, and gives others any risk."""
    random = np.random.default_rng(2)
    risks = [np.where(d > 0, 0.1 + 0.8 * LABELS, random.uniform(0, 1, 60)) for d in drawn]
    words = described(LABELS, risks, drawn)
    assert "LR was developed again on 20 bootstrap samples" in words["refits"]
    assert "For one patient in ten they spread over more than 0." in words["refits"]
    assert "200 refits are usual" in words["refits"]
    assert "is too good to be quoted" in words["bootstrap_performance"]
    assert "no corrected calibration slope" in words["bootstrap_performance"]
    assert "60 samples, 30 events" in words["bootstrap_performance"]


def test_a_model_of_one_number_that_does_not_change_its_mind(drawn):
    risk = np.clip(0.3 + 0.2 * LABELS + np.random.default_rng(3).normal(0, 0.15, 60), 0.02, 0.9)
    words = described(LABELS, np.tile(risk, (21, 1)), drawn)
    assert "differ from the original one by 0.000 on average" in words["refits"]
    assert "in 0% of cases on average" in words["classification_instability"]
    assert "too good" not in words["bootstrap_performance"]
    assert "no corrected calibration slope" not in words["bootstrap_performance"]
    assert "no confidence interval" in words["calibration_instability"]


def test_the_threshold_at_which_most_change_is_named(drawn):
    risks = np.where(np.arange(21)[:, np.newaxis] % 2 == 0, 0.35, 0.45 + 0.01 * LABELS)
    words = described(LABELS, risks, drawn)
    assert "Most change at a threshold of 0.4: " in words["classification_instability"]
    assert "100% of the patients change sides" in words["classification_instability"]


def test_a_model_that_gives_everybody_the_same_risk(drawn):
    words = described(LABELS, np.full((21, 60), 0.3), drawn)
    assert (
        words["calibration_instability"]
        == "No refit has a calibration slope on these patients."
    )
    assert "0.500" in words["bootstrap_performance"]
