"""The integrated Brier score."""

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.at_horizon import (
    AtHorizon,
    compute_brier_at_horizon,
    compute_null_brier,
)
from deepcme.evaluation.survival.measured import BRIER
from deepcme.evaluation.survival.over_time import (
    OverTime,
    measure_integrated_brier,
    measure_scaled_integrated_brier,
)


@pytest.fixture(scope="module")
def over():
    random = np.random.default_rng(2)
    follow_up = FollowUp(random.exponential(3, 100), random.integers(0, 2, 100))
    return OverTime.of(AtHorizon.draw(follow_up, 3, random, 50), [1, 2, 3])


@pytest.fixture(scope="module")
def risks(over):
    low = np.random.default_rng(3).uniform(0.05, 0.3, over.grid[0].follow_up.n)
    return np.column_stack([low, low * 2, low * 3])


def test_the_brier_score_is_averaged_by_trapezoids(over, risks):
    scores = [
        compute_brier_at_horizon(at, risk)[0]
        for at, risk in zip(over.grid, risks.T, strict=True)
    ]
    null = [compute_null_brier(at)[0] for at in over.grid]
    weights = np.array([0.25, 0.5, 0.25])
    integrated = measure_integrated_brier(over, risks)
    assert integrated.value == pytest.approx(weights @ scores)
    scaled = measure_scaled_integrated_brier(over, risks)
    assert scaled.value == pytest.approx(1 - weights @ scores / (weights @ null))
    for measured in (integrated, scaled):
        estimate = measured.interval()
        assert estimate.ci_low < estimate.value < estimate.ci_high
        assert measured.frame()["time"].item() == 3


def test_integrals_over_other_times_have_no_difference(over, risks):
    other = OverTime.of(over.grid[-1], [1.5, 2, 3])
    with pytest.raises(DeepCMEError, match="unlike outcomes"):
        measure_integrated_brier(over, risks).minus(measure_integrated_brier(other, risks))
    same = measure_integrated_brier(over, risks).minus(measure_integrated_brier(over, risks))
    assert same.value == 0
    with pytest.raises(DeepCMEError, match="two measures"):
        measure_integrated_brier(over, risks).minus(BRIER.of(over.grid[-1], risks[:, 2]))


@pytest.mark.parametrize("times", [[1], [2, 1], [1, 4], [1, 1]])
def test_times_ascend_to_the_horizon(over, times):
    with pytest.raises(
        DeepCMEError, match="two or more ascending times up to the horizon of 3"
    ):
        OverTime.of(over.grid[-1], times)


def test_a_risk_is_needed_for_each_time(over, risks):
    with pytest.raises(DeepCMEError, match="for each of 3 times, but there are 1"):
        measure_integrated_brier(over, risks[:, 0])
