"""What a column adds in a Cox regression, held against R and against patients left out."""

import numpy as np
import pytest
from scipy import stats

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.likelihood_ratio import compute_cox_likelihood_ratio
from tests.evaluation.survival.cox_patients import DESIGN, FOLLOW_UP, PATIENTS, R


@pytest.mark.parametrize("stratified", [False, True])
def test_it_is_that_of_two_fits_of_coxph(stratified):
    strata = PATIENTS["stratum"] if stratified else None
    found = compute_cox_likelihood_ratio(DESIGN, FOLLOW_UP, strata=strata)
    expected = R["added_marker_stratified" if stratified else "added_marker"]
    assert found.statistic == pytest.approx(expected["statistic"], abs=1e-10)
    assert found.coefficient == pytest.approx(expected["coefficient"], abs=1e-10)


def draw_patients(n, random):
    """Times of whom nothing foretells."""
    times, censoring = random.exponential(4, n), random.uniform(1, 9, n)
    return FollowUp(np.minimum(times, censoring), (times <= censoring).astype(np.int8))


def test_a_hazard_ratio_without_an_end_leaves_its_patients_out(random):
    """A grade without any event is in no risk set of the limit of the likelihood."""
    follow_up = draw_patients(90, random)
    grade = np.arange(90) % 3 == 0
    follow_up = FollowUp(follow_up.times, np.where(grade, 0, follow_up.events))
    age, score = random.normal(size=(2, 90))
    whole = compute_cox_likelihood_ratio(np.column_stack([age, grade, score]), follow_up)
    design = np.column_stack([age, score])[~grade]
    without = compute_cox_likelihood_ratio(design, follow_up.rows(~grade))
    assert whole.statistic == pytest.approx(without.statistic, abs=1e-4)
    assert whole.coefficient == pytest.approx(without.coefficient, abs=1e-4)


@pytest.mark.parametrize(
    ("studies", "low", "high"),
    [(60, 0.0, 0.13), pytest.param(2000, 0.04, 0.06, marks=pytest.mark.slow)],
)
def test_a_column_that_was_given_beforehand_has_its_chi_squared_distribution(
    random, studies, low, high
):
    statistics = [
        compute_cox_likelihood_ratio(random.normal(size=(80, 2)), draw_patients(80, random))
        for _ in range(studies)
    ]
    above = np.mean([of.statistic > stats.chi2.isf(0.05, 1) for of in statistics])
    assert low <= above <= high
    assert np.mean([of.signed_root > 0 for of in statistics]) == pytest.approx(0.5, abs=0.15)
