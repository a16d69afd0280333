"""Observed risk at the horizon in groups of predicted risk."""

import numpy as np
import pytest

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from deepcme.evaluation.survival.tables.calibration import (
    compute_calibration_groups_at_horizon,
)


def test_each_group_has_the_risk_of_its_own_curve(random):
    follow_up = FollowUp(random.exponential(4, 90), random.choice([0, 1, 2], 90))
    risks = random.uniform(0, 1, 90)
    table = compute_calibration_groups_at_horizon(follow_up, risks, 2, groups=3)
    lowest = np.argsort(risks)[:30]
    alone = compute_risk(follow_up.rows(lowest), 2)
    row = table.iloc[0]
    assert row["observed"] == alone.value
    assert (row["ci_low"], row["ci_high"]) == (alone.ci_low, alone.ci_high)
    assert row["predicted"] == pytest.approx(risks[lowest].mean())
    assert table["n"].tolist() == [30, 30, 30]
    in_time = follow_up.times <= 2
    assert table["events"].sum() == ((follow_up.events == 1) & in_time).sum()
    assert table["followed"].sum() == (~in_time).sum()


def test_a_group_whose_follow_up_ends_before_the_horizon_has_no_observed_risk():
    follow_up = FollowUp(np.r_[np.full(10, 1.0), np.full(10, 9.0)], np.tile([1, 0], 10))
    risks = np.repeat([0.2, 0.6], 10)
    table = compute_calibration_groups_at_horizon(follow_up, risks, 5, groups=2)
    assert np.isnan(table["observed"].iloc[0])
    assert table["observed"].iloc[1] == 0
    assert table["events"].tolist() == [5, 0]


def test_equal_risks_stay_in_one_group():
    follow_up = FollowUp(np.arange(1, 21), np.ones(20))
    table = compute_calibration_groups_at_horizon(follow_up, np.full(20, 0.5), 10)
    assert table["n"].tolist() == [20]
    assert table["observed"].item() == pytest.approx(0.5)
