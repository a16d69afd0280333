"""Random-effects meta-analysis: against metafor, by hand, and on cohorts of known truth."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.groups.cohorts_left_out import MEASURED_PREDICTION
from deepcme.evaluation.groups.meta_analysis import pool_random_effects


def test_it_agrees_with_metafor(reference):
    known = reference("meta_analysis")
    pooled = pool_random_effects(logit(known["auc"]), known["standard_error"])
    exact = pytest.approx
    assert expit(pooled.value) == exact(known["pooled"], abs=1e-6)
    assert expit([pooled.ci_low, pooled.ci_high]) == exact(known["interval"], abs=1e-6)
    ends = expit([pooled.prediction_low, pooled.prediction_high])
    assert ends == exact(known["prediction"], abs=1e-6)
    assert pooled.tau2 == exact(known["tau2"], abs=1e-6)
    assert pooled.i2 == exact(known["i2"], abs=1e-4)
    assert pooled.q == exact(known["q"], abs=1e-6)
    assert pooled.k == 5


def test_with_equal_errors_it_is_the_mean_and_what_their_variance_leaves(random):
    value, error = random.normal(0.8, 0.6, 6), 0.2
    pooled = pool_random_effects(value, np.full(6, error))
    assert pooled.value == pytest.approx(value.mean(), abs=1e-12)
    assert pooled.tau2 == pytest.approx(value.var(ddof=1) - error**2, abs=1e-8)
    half_width = stats.t.ppf(0.975, 5) * value.std(ddof=1) / np.sqrt(6)
    assert pooled.ci_high - pooled.value == pytest.approx(half_width, abs=1e-8)


def restricted_likelihood(tau2, value, error):
    """By its definition: the density of the contrasts, in which the mean is not."""
    contrasts = np.linalg.svd(np.ones((1, len(value))))[2][1:]
    covariance = contrasts @ np.diag(error**2 + tau2) @ contrasts.T
    mean = np.zeros(len(value) - 1)
    return stats.multivariate_normal(mean, covariance).logpdf(contrasts @ value)


def test_the_variance_between_cohorts_maximises_the_restricted_likelihood(random):
    for k in (2, 3, 7):
        error = random.uniform(0.1, 0.6, k)
        value = random.normal(0.5, np.sqrt(error**2 + 0.3))
        tau2 = pool_random_effects(value, error).tau2
        best = restricted_likelihood(tau2, value, error)
        others = [*np.linspace(0, 3, 61), tau2 * 0.999, tau2 * 1.001]
        assert best >= max(restricted_likelihood(t, value, error) for t in others) - 1e-12


def test_cohorts_that_agree_by_chance_do_not_make_the_interval_vanish():
    pooled = pool_random_effects([0.5, 0.5, 0.5], [0.3, 0.3, 0.3])
    assert pooled.tau2 == pooled.i2 == pooled.q == 0
    by_errors = 1.959964 * 0.3 / np.sqrt(3)
    assert pooled.ci_high - 0.5 == pytest.approx(by_errors, abs=1e-6)
    assert (pooled.prediction_low, pooled.prediction_high) == (pooled.ci_low, pooled.ci_high)


@pytest.mark.parametrize(
    ("values", "errors", "sentence"),
    [
        ([0.5], [0.2], "at least two estimates"),
        ([0.5, 0.6], [0.2], "not 2 with 1"),
        ([0.5, np.inf], [0.2, 0.2], "finite"),
        ([0.5, 0.6], [0.2, 0.0], "above 0"),
    ],
)
def test_what_cannot_be_pooled_is_refused(values, errors, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        pool_random_effects(values, errors)


def simulate(k, deviation, analyses, seed):
    """Shares of analyses whose interval holds the mean, and a new cohort's true value."""
    random = np.random.default_rng(seed)
    holds_mean = holds_new = 0
    for _ in range(analyses):
        error = random.uniform(0.15, 0.45, k)
        pooled = pool_random_effects(
            random.normal(random.normal(0, deviation, k), error), error
        )
        holds_mean += pooled.ci_low <= 0 <= pooled.ci_high
        new = random.normal(0, deviation)
        holds_new += pooled.prediction_low <= new <= pooled.prediction_high
    return holds_mean / analyses, holds_new / analyses


@pytest.mark.parametrize("deviation", [0.0, 0.4])
def test_few_cohorts_without_signal_seldom_exclude_chance(deviation):
    mean, _ = simulate(4, deviation, 300, seed=5)
    assert mean >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 3, 5, 10])
@pytest.mark.parametrize("deviation", [0.0, 0.2, 0.5])
def test_coverage_in_few_cohorts(k, deviation, say):
    mean, new = simulate(k, deviation, 4000, seed=100 * k + int(10 * deviation))
    say(f"{k} cohorts, deviation {deviation}: mean {mean:.3f}, new cohort {new:.3f}")
    assert mean >= 0.94
    if deviation > 0:
        low, high = MEASURED_PREDICTION
        assert low - 0.012 <= new <= high + 0.012
