"""The baseline hazard of a Cox model, held against R."""

import numpy as np
import pytest

from deepcme.base.errors import AbsentError
from deepcme.evaluation.survival.baseline import Baseline
from tests.evaluation.survival.cox_patients import DESIGN, FOLLOW_UP, R


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_baseline_is_that_of_survfit(ties):
    log_hazards = DESIGN @ np.array(R[ties]["coefficients"])
    baseline = Baseline.estimate(FOLLOW_UP, log_hazards, ties=ties)
    np.testing.assert_allclose(baseline.times, R[f"baseline_{ties}"]["time"])
    np.testing.assert_allclose(
        baseline.cumulative_hazards, R[f"baseline_{ties}"]["hazard"], atol=1e-10
    )


def test_risk_is_0_at_the_start_and_unknown_beyond_the_last_follow_up():
    baseline = Baseline.estimate(FOLLOW_UP, np.zeros(FOLLOW_UP.n))
    survival = baseline.survival([0.0, 1.0], [0, 5, 17])
    np.testing.assert_array_equal(survival[:, 0], 1)
    assert (np.diff(survival, axis=1) < 0).all()
    np.testing.assert_allclose(baseline.risk([0.0, 1.0], 5), 1 - survival[:, 1])
    with pytest.raises(AbsentError, match="followed to time 18: ask for times up to 17"):
        baseline.survival([0.0], 18)


@pytest.mark.filterwarnings("error")
def test_a_log_hazard_beyond_all_bounds_has_a_risk():
    baseline = Baseline(np.array([1.0, 2.0]), np.array([0.1, 0.3]), 3.0)
    survival = baseline.survival([800.0, -800.0], [0.5, 1.0, 3.0])
    np.testing.assert_array_equal(survival, [[1, 0, 0], [1, 1, 1]])
