"""Riley's criteria, against published numbers and against simulated models and validations."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm, rankdata

from deepcme import DeepCMEError
from deepcme.base.errors import AbsentError
from deepcme.evaluation.logistic import fit_logistic_regression
from deepcme.evaluation.sample_size import (
    compute_cox_snell_r2,
    compute_development_size,
    compute_largest_cox_snell_r2,
    compute_validation_size,
    count_parameters_supported,
)


def distance(auc):
    """Of the means of two normal classes with variance 1 that have this AUC."""
    return np.sqrt(2) * norm.ppf(auc)


def test_cox_snell_r2_of_an_auc():
    assert compute_cox_snell_r2(0.7, 0.2) == pytest.approx(0.0807, abs=5e-5)
    assert compute_largest_cox_snell_r2(0.2) == pytest.approx(0.6324, abs=5e-5)


@pytest.mark.parametrize("prevalence", [0.05, 0.5])
def test_an_auc_of_a_half_explains_nothing_and_one_near_1_all_that_there_is(prevalence):
    assert compute_cox_snell_r2(0.5, prevalence) == pytest.approx(0, abs=1e-12)
    largest = compute_largest_cox_snell_r2(prevalence)
    assert compute_cox_snell_r2(1 - 1e-9, prevalence) == pytest.approx(largest, abs=1e-4)


def test_half_of_the_patients_with_an_event_have_the_largest_r2_of_three_quarters():
    assert compute_largest_cox_snell_r2(0.5) == pytest.approx(0.75)


def test_r2_is_the_likelihood_ratio_of_the_true_model_in_many_patients():
    random = np.random.default_rng(1)
    labels = (random.random(400_000) < 0.3).astype(int)
    d = distance(0.75)
    risk = expit(logit(0.3) + d * random.normal(d * labels) - d**2 / 2)
    likelihood = np.where(labels == 1, risk, 1 - risk) / np.where(labels == 1, 0.3, 0.7)
    assert compute_cox_snell_r2(0.75, 0.3) == pytest.approx(
        1 - np.exp(-2 * np.log(likelihood).mean()), abs=0.003
    )


@pytest.mark.parametrize(
    ("parameters", "auc", "prevalence", "criteria", "patients", "events"),
    [
        (10, 0.70, 0.2, [1065, 299, 246], 1065, 213),
        (5, 0.70, 0.2, [533, 150, 246], 533, 107),
        (76, 0.70, 0.2, [8091, 2266, 246], 8091, 1619),
        (76, 0.75, 0.184, [5335, 2281, 231], 5335, 982),
    ],
)
def test_patients_to_develop_a_model(parameters, auc, prevalence, criteria, patients, events):
    size = compute_development_size(parameters, auc, prevalence)
    assert list(size.criteria.values()) == criteria
    assert (size.patients, size.events) == (patients, events)


def test_few_parameters_still_ask_for_a_known_overall_risk():
    size = compute_development_size(1, 0.8, 0.5)
    assert size.patients == size.criteria["overall risk"] == 385


def test_parameters_supported_are_the_most_that_the_patients_are_enough_for():
    assert count_parameters_supported(1065, 0.7, 0.2) == 10
    assert count_parameters_supported(1064, 0.7, 0.2) == 9
    assert count_parameters_supported(189, 0.75, 0.184) == 2
    assert count_parameters_supported(100_000, 0.5, 0.2) == 0


def test_models_of_that_size_are_shrunk_by_a_tenth():
    """Linear predictors of normal predictors are normal, so that their slope is exact."""
    size = compute_development_size(5, 0.7, 0.2)
    random = np.random.default_rng(2)
    effects = np.full(5, distance(0.7) / np.sqrt(5))
    slopes = []
    for _ in range(150):
        labels = (random.random(size.patients) < 0.2).astype(int)
        predictors = random.normal(np.outer(labels, effects))
        design = np.column_stack([np.ones(size.patients), predictors])
        fitted = fit_logistic_regression(design, labels).coefficients[1:]
        slopes.append(fitted @ effects / (fitted @ fitted))
    assert np.mean(slopes) == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(
    ("auc", "prevalence", "patients"),
    [(0.7, 0.1, 1154), (0.8, 0.5, 302), (0.8, 0.018, 4252), (0.75, 0.018, 5125)],
)
def test_patients_to_validate_an_auc_as_published(auc, prevalence, patients):
    """Riley et al. 2021; pmvalsampsize."""
    assert compute_validation_size(auc, prevalence).criteria["AUC"] == patients


def test_patients_to_validate_observed_over_expected():
    """Riley et al. 2021 have 3,461, with the standard error of 0.0509 rounded to 0.051."""
    wanted = compute_validation_size(0.7, 0.1).criteria["O/E"]
    assert wanted == int(np.ceil(9 / (np.arcsinh(0.1) / 1.96) ** 2)) == 3469
    assert wanted == pytest.approx(3461, rel=0.003)


def test_patients_to_validate_a_calibration_slope():
    """pmvalsampsize, by 10,000 simulated patients of about this prevalence, has 16,175."""
    size = compute_validation_size(0.8, 0.018)
    assert size.criteria["calibration slope"] == pytest.approx(16_175, rel=0.08)


def test_patients_to_validate_net_benefit_by_hand():
    """At the prevalence of 0.5 the weight is 1 and both errors are 1 - Phi(d / 2)."""
    error = norm.sf(distance(0.8) / 2)
    variance = (2 * error * (1 - error) + 2 * error**2) / 0.5
    by_hand = variance * (1.96 / 0.1) ** 2
    assert compute_validation_size(0.8, 0.5).criteria["net benefit"] == np.ceil(by_hand)


def observed_expected(labels, predictor):
    """The formula takes the expected events as fixed."""
    return np.log(labels.mean() / 0.4)


def slope(labels, predictor):
    design = np.column_stack([np.ones(len(labels)), predictor])
    return fit_logistic_regression(design, labels).coefficients[1]


def area(labels, predictor):
    events, ranks = labels.sum(), rankdata(predictor)
    pairs = events * (len(labels) - events)
    return (ranks[labels == 1].sum() - events * (events + 1) / 2) / pairs


def standardised_net_benefit(labels, predictor):
    treated = labels[predictor >= logit(0.3)]
    return (treated.sum() - 3 / 7 * (treated == 0).sum()) / labels.sum()


@pytest.mark.parametrize(
    ("criterion", "compute", "width"),
    [
        ("O/E", observed_expected, 0.2),
        ("calibration slope", slope, 0.2),
        ("AUC", area, 0.1),
        ("net benefit", standardised_net_benefit, 0.2),
    ],
)
def test_validations_of_that_size_are_as_precise_as_was_asked(criterion, compute, width):
    patients = compute_validation_size(0.8, 0.4, threshold=0.3).criteria[criterion]
    random, d = np.random.default_rng(3), distance(0.8)
    drawn = []
    for _ in range(300):
        labels = (random.random(patients) < 0.4).astype(int)
        predictor = logit(0.4) + d * random.normal(d * labels) - d**2 / 2
        drawn.append(compute(labels, predictor))
    assert 2 * 1.96 * np.std(drawn) == pytest.approx(width, rel=0.15)


def test_without_discrimination_there_is_no_size():
    with pytest.raises(AbsentError, match="no number of patients can"):
        compute_development_size(10, 0.5, 0.2)
    with pytest.raises(AbsentError, match="no calibration slope"):
        compute_validation_size(0.5, 0.2)


def test_impossible_numbers_are_refused_in_one_sentence():
    with pytest.raises(DeepCMEError, match=r"prevalence between 0 and 1, not 0\.7 and 1"):
        compute_development_size(10, 0.7, 1)
    with pytest.raises(DeepCMEError, match="parameters must be 1 or more, not 0"):
        compute_development_size(0, 0.7, 0.2)
    with pytest.raises(DeepCMEError, match=r"threshold must lie between 0 and 1, not be 1\.5"):
        compute_validation_size(0.7, 0.2, 1.5)
