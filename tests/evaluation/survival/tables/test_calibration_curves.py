"""Calibration curves weighted for the censored."""

import numpy as np
import pytest

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.probabilities.calibration_curves import compute_calibration_curve
from deepcme.evaluation.survival.tables.calibration_curves import (
    compute_survival_calibration_curves,
)
from tests.evaluation.survival.tables.conftest import evaluate, one_split, risk_of


@pytest.fixture(scope="module")
def patients():
    """Patients whose risk by time 3 is known, none of them censored."""
    random = np.random.default_rng(2)
    z = random.normal(size=600)
    return z, random.exponential(3 / (0.3 * np.exp(z * 0.8))), random.uniform(1, 8, 600)


def test_without_censoring_it_is_the_usual_curve(patients):
    z, times, _ = patients
    study = evaluate(one_split(FollowUp(times, np.ones(600, int)), z, risk_of(z)), draws=200)
    curve = compute_survival_calibration_curves(study)
    usual = compute_calibration_curve(times <= 3, risk_of(z))
    np.testing.assert_allclose(curve["predicted"], usual["predicted"])
    np.testing.assert_allclose(curve["observed"], usual["observed"], atol=1e-6)
    middle = slice(5, 40)
    np.testing.assert_allclose(curve["ci_low"][middle], usual["ci_low"][middle], atol=0.05)
    np.testing.assert_allclose(curve["ci_high"][middle], usual["ci_high"][middle], atol=0.05)


def test_with_censoring_right_risks_stay_on_the_diagonal(patients):
    z, times, censored = patients
    follow_up = FollowUp(np.minimum(times, censored), (times <= censored).astype(int))
    curve = compute_survival_calibration_curves(evaluate(one_split(follow_up, z, risk_of(z))))
    covered = (curve["ci_low"] <= curve["predicted"]) & (curve["predicted"] <= curve["ci_high"])
    assert covered.mean() > 0.7
    assert (curve["observed"] - curve["predicted"]).abs().max() < 0.15


def test_few_events_have_no_curve(evaluation):
    with pytest.raises(AbsentError, match="no calibration curve is drawn"):
        compute_survival_calibration_curves(evaluation)


def test_risks_that_are_all_the_same_or_separate_have_none(patients):
    z, times, _ = patients
    follow_up = FollowUp(times, np.ones(600, int))
    line = evaluate(one_split(follow_up, z, np.full(600, 0.4)), draws=5)
    apart = evaluate(one_split(follow_up, z, np.where(times <= 3, 0.8, 0.2) + z / 100), draws=5)
    for study in (line, apart):
        assert compute_survival_calibration_curves(study)["observed"].isna().all()
