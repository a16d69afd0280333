"""Odds ratios and likelihood ratios against R, and tables that can be solved by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq, minimize_scalar

from deepcme.evaluation.logistic import FirthProfile
from deepcme.evaluation.odds_ratios import compute_likelihood_ratio, compute_odds_ratios


@pytest.fixture
def cars(reference):
    case = reference("logistic")
    return np.column_stack([np.ones(32), case["wt"]]), np.array(case["am"]), case


def table_of(events, non_events):
    """A design of an intercept and a marker, of the events without and with it."""
    marker = np.repeat([0.0, 1.0], np.add(events, non_events))
    outcomes = np.concatenate(
        [[1] * e + [0] * n for e, n in zip(events, non_events, strict=True)]
    )
    return np.column_stack([np.ones(len(marker)), marker]), outcomes


def test_odds_ratios_have_walds_interval_of_glm(cars):
    design, outcomes, case = cars
    table = compute_odds_ratios(design, outcomes, np.arange(32))
    slope, error = case["coefficients"][1], case["standard_errors"][1]
    assert table["odds_ratio"].iloc[0] == pytest.approx(np.exp(slope), rel=1e-3)
    ends = np.exp([slope - 1.959964 * error, slope + 1.959964 * error])
    assert table[["ci_low", "ci_high"]].iloc[0].tolist() == pytest.approx(ends, rel=2e-3)
    assert table["interval"].tolist() == ["Wald"]


def test_the_odds_ratio_of_a_table_is_woolfs():
    design, outcomes = table_of(events=(10, 20), non_events=(40, 30))
    row = compute_odds_ratios(design, outcomes, np.arange(100)).iloc[0]
    error = np.sqrt(1 / 10 + 1 / 20 + 1 / 40 + 1 / 30)
    ratio = 20 * 40 / (10 * 30)
    assert row["odds_ratio"] == pytest.approx(ratio)
    assert row["ci_low"] == pytest.approx(ratio * np.exp(-1.959964 * error), rel=1e-5)
    assert row["ci_high"] == pytest.approx(ratio * np.exp(1.959964 * error), rel=1e-5)


def test_several_samples_of_a_patient_are_no_more_evidence():
    design, outcomes = table_of(events=(10, 20), non_events=(40, 30))
    twice = np.tile(design, (2, 1)), np.tile(outcomes, 2), np.tile(np.arange(100), 2)
    once, again = compute_odds_ratios(design, outcomes, range(100)), compute_odds_ratios(*twice)
    assert again["interval"].tolist() == ["Wald, robust by patient"]
    assert again["ci_high"].iloc[0] == pytest.approx(once["ci_high"].iloc[0], rel=0.02)


def profile_of_table(log_odds_ratio, events, non_events):
    """Penalised log-likelihood of a 2 x 2 table by hand: half an event more in each cell."""
    (e0, e1), (n0, n1) = np.add(events, 0.5), np.add(non_events, 0.5)

    def loss(intercept):
        without, having = intercept, intercept + log_odds_ratio
        return (
            (e0 + n0) * np.logaddexp(0, without)
            - e0 * without
            + (e1 + n1) * np.logaddexp(0, having)
            - e1 * having
        )

    return -minimize_scalar(loss, bounds=(-10, 10), method="bounded").fun


@pytest.mark.parametrize(("events", "non_events"), [((3, 6), (20, 0)), ((10, 20), (40, 30))])
def test_firths_profile_is_that_of_a_table_with_half_an_event_more_in_each_cell(
    events, non_events
):
    design, outcomes = table_of(events, non_events)
    half = np.log(np.divide(np.add(events, 0.5), np.add(non_events, 0.5)))
    best = half[1] - half[0]

    def excess(log_odds_ratio):
        highest = profile_of_table(best, events, non_events)
        lower = profile_of_table(log_odds_ratio, events, non_events)
        return 2 * (highest - lower) - stats.chi2.ppf(0.95, 1)

    ends = brentq(excess, best - 8, best), brentq(excess, best, best + 12)
    profile = FirthProfile(design, np.asarray(outcomes, float), 1)
    assert profile.interval() == pytest.approx(ends, abs=1e-4)


def test_separated_outcomes_have_firths_profile_interval():
    design, outcomes = table_of(events=(3, 6), non_events=(20, 0))
    row = compute_odds_ratios(design, outcomes, np.arange(29)).iloc[0]
    assert row["interval"] == "Firth, profile likelihood"
    assert row["odds_ratio"] == pytest.approx(6.5 * 20.5 / (3.5 * 0.5))
    assert 1 < row["ci_low"] < row["odds_ratio"] < row["ci_high"] < np.inf


def test_the_likelihood_ratio_is_the_difference_in_deviance_of_glm(cars):
    """R: anova(glm(am ~ wt, binomial), test = "LRT"): 43.230 - 19.176."""
    design, outcomes, case = cars
    ratio = compute_likelihood_ratio(design, outcomes)
    assert ratio.statistic == pytest.approx(24.054, abs=1e-3)
    assert ratio.coefficient == pytest.approx(case["coefficients"][1], abs=5e-4)
    assert ratio.signed_root == pytest.approx(-np.sqrt(24.054), abs=1e-3)


def test_the_likelihood_ratio_of_separated_outcomes_is_finite():
    design, outcomes = table_of(events=(3, 6), non_events=(20, 0))
    by_hand = 2 * (
        profile_of_table(np.log(6.5 * 20.5 / (3.5 * 0.5)), (3, 6), (20, 0))
        - profile_of_table(0, (3, 6), (20, 0))
    )
    assert compute_likelihood_ratio(design, outcomes).statistic == pytest.approx(
        by_hand, abs=1e-4
    )


@pytest.mark.slow
def test_the_likelihood_ratio_of_a_column_fixed_beforehand_is_chi_squared():
    """Known before the outcomes, unlike a gene score."""
    random = np.random.default_rng(2)
    statistics = []
    for _ in range(300):
        design = np.column_stack([np.ones(80), random.normal(size=(80, 2))])
        statistics.append(compute_likelihood_ratio(design, random.integers(0, 2, 80)).statistic)
    assert np.mean(np.array(statistics) > 3.841) < 0.09
    assert np.mean(statistics) == pytest.approx(1, abs=0.25)
