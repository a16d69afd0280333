"""The check of proportional hazards, held against R's cox.zph."""

import numpy as np
import pytest

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.proportional_hazards import (
    ALL_COLUMNS,
    check_proportional_hazards,
)
from tests.evaluation.survival.cox_patients import DESIGN, FOLLOW_UP, R


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_check_of_proportional_hazards_is_that_of_cox_zph(ties):
    check = check_proportional_hazards(DESIGN, FOLLOW_UP, ["age", "marker"], ties=ties)
    reference = R[f"proportional_{ties}"]
    assert check.tests["column"].tolist() == ["age", "marker", ALL_COLUMNS]
    np.testing.assert_allclose(check.tests["chi2"], reference["chi2"], atol=1e-8)
    np.testing.assert_allclose(check.tests["p_value"], reference["p_value"], atol=1e-8)
    of_age = check.residuals.query("column == 'age'")["log_hazard_ratio"]
    np.testing.assert_allclose(of_age, np.array(reference["scaled"])[:, 0], atol=1e-8)


def test_events_at_one_time_tell_of_no_change(random):
    follow_up = FollowUp(np.r_[np.full(10, 3.0), np.full(10, 4.0)], np.repeat([1, 0], 10))
    with pytest.raises(AbsentError, match="All events came at one time"):
        check_proportional_hazards(random.normal(size=(20, 1)), follow_up, ["score"])


def test_the_check_finds_an_effect_that_wanes_and_says_so():
    random = np.random.default_rng(2)
    marker, other = random.normal(size=(2, 400))
    # The hazard ratio is e up to time 1 and 1 from there on.
    early = random.exponential(np.exp(-marker))
    times = np.where(early < 0.5, early, 0.5 + random.exponential(1.0, 400))
    follow_up = FollowUp(np.minimum(times, 2.5), times < 2.5)
    check = check_proportional_hazards(
        np.column_stack([marker, other]), follow_up, ["marker", "other"]
    )
    assert check.tests["p_value"][0] < 1e-4 < 0.05 < check.tests["p_value"][1]
    assert check.tests["ci_high"][0] < 0
    assert "log hazard ratio of marker falls with time (p < 0.001; " in check.sentence("marker")
    assert check.sentence("other").startswith("No sign that the hazard ratio of other changes")
    assert check.sentence().startswith("The hazard ratios change with time")


def test_the_check_rejects_5_in_100_where_hazards_are_proportional():
    random = np.random.default_rng(3)
    p_values = []
    for _ in range(100):
        marker = random.normal(size=(80, 1))
        times, ends = random.exponential(np.exp(-marker[:, 0])), random.exponential(2, 80)
        follow_up = FollowUp(np.minimum(times, ends), times <= ends)
        check = check_proportional_hazards(marker, follow_up, ["marker"])
        p_values.append(check.tests["p_value"][0])
    assert 0.0 < np.mean(np.array(p_values) < 0.05) <= 0.12
