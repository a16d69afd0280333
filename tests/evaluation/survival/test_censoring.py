"""Weights for censoring: against R and Kaplan-Meier, by hand, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival import censoring
from deepcme.evaluation.survival.censoring import (
    CensoringDistribution,
    check_horizon,
    compute_censoring_weights,
    estimate_censoring,
)
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from tests.evaluation.survival.drawn import draw_follow_up, repeat, tied_follow_ups, true_risk


@pytest.fixture
def in_groups(invented):
    """Two columns that censoring may depend on."""
    is_high, is_in_b = invented["group"] == "high", invented["stratum"] == "b"
    return np.column_stack([is_high, is_in_b]).astype(float)


@pytest.fixture
def few_are_enough(monkeypatch):
    """Examples by hand have few patients."""
    monkeypatch.setattr(censoring, "FEWEST_BEYOND", 1)
    monkeypatch.setattr(censoring, "HIGHEST_WEIGHT", 1e9)


def test_the_probability_of_being_uncensored_is_that_of_r(follow_up, curves):
    known = curves["uncensored"]
    distribution = estimate_censoring(follow_up)
    # Times of censoring stand a millionth later in R.
    at = distribution.probability(np.floor(known["time"]), before=False)[0]
    last_of_time = np.append(np.diff(np.floor(known["time"])) > 0, True)
    assert at[last_of_time] == pytest.approx(
        np.array(known["probability"])[last_of_time], abs=1e-12
    )


@pytest.mark.usefixtures("few_are_enough")
def test_each_kind_of_patient_weighs_what_it_stands_for():
    follow_up = FollowUp([1, 2, 2, 3, 4, 5, 6, 7], [0, 1, 0, 2, 1, 0, 1, 0])
    of = compute_censoring_weights(follow_up, 5)
    # G falls to 7/8 at 1, by 1/6 at 2 (after the event), by 1/3 at 5.
    after_1, after_2 = 7 / 8, 7 / 8 * 5 / 6
    after_5 = after_2 * 2 / 3
    expected = [0, 1 / after_1, 0, 1 / after_2, 1 / after_2, 0, 1 / after_5, 1 / after_5]
    assert of.weights[0] == pytest.approx(expected)
    assert of.cases.tolist() == [False, True, False, False, True, False, False, False]
    assert of.n_censored == 3
    assert of.n_capped.tolist() == [0]


@pytest.mark.usefixtures("few_are_enough")
def test_who_is_followed_to_the_horizon_and_not_beyond_is_no_control():
    of = compute_censoring_weights(FollowUp([1, 3, 3, 4], [1, 0, 1, 0]), 3)
    assert of.weights[0] == pytest.approx([1, 0, 1, 2])


@given(tied_follow_ups(), st.integers(0, 5))
def test_weighted_cases_are_the_risk_of_the_curves(follow_up, horizon):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(censoring, "FEWEST_BEYOND", 1)
        patch.setattr(censoring, "HIGHEST_WEIGHT", 1e9)
        if np.all(follow_up.times <= horizon):
            return
        of = compute_censoring_weights(follow_up, horizon)
        risk = compute_risk(follow_up, horizon).value
    assert of.weights[0, of.cases].sum() / follow_up.n == pytest.approx(risk, abs=1e-12)
    assert of.weights.sum() == pytest.approx(follow_up.n)


def test_in_each_draw_the_censoring_distribution_is_drawn_anew(random):
    follow_up = draw_follow_up(80, random, competing=True)
    draws = random.multinomial(80, np.full(80, 1 / 80), size=3)
    of = compute_censoring_weights(follow_up, 4, weights=draws.astype(float))
    for counts, weights in zip(draws, of.weights, strict=True):
        alone = compute_censoring_weights(repeat(follow_up, counts), 4)
        assert np.repeat(weights / np.maximum(counts, 1), counts) == pytest.approx(
            alone.weights[0]
        )


def test_a_draw_of_everybody_once_is_the_value(random):
    follow_up = draw_follow_up(50, random)
    value = compute_censoring_weights(follow_up, 4)
    drawn = compute_censoring_weights(follow_up, 4, weights=np.ones((2, 50)))
    assert np.array_equal(drawn.weights, np.repeat(value.weights, 2, axis=0))


def test_the_distribution_of_other_patients_may_be_taken(random):
    training, test = draw_follow_up(200, random), draw_follow_up(8, random)
    reference = estimate_censoring(training)
    of = compute_censoring_weights(test, 4, reference=reference)
    beyond = test.times > 4
    expected = 1 / reference.probability(4, before=False)[0, 0]
    assert beyond.any()
    assert of.weights[0, beyond] == pytest.approx(expected)


def test_weights_are_cut_and_counted():
    rare = CensoringDistribution(
        FollowUp(np.arange(1.0, 31.0), np.tile([0, 1], 15)),
        np.array([1.0, 2.0]),
        np.array([[0.5, 0.05], [0.5, 0.0]]),
        np.zeros(0),
        np.zeros((2, 0)),
    )
    test = FollowUp([1, 2, 2.5, 3, 4], [1, 0, 1, 1, 0])
    of = compute_censoring_weights(test, 3, reference=rare)
    assert of.weights.tolist() == [[1, 0, 10, 10, 10]] * 2
    assert of.n_capped.tolist() == [3, 3]


def test_censoring_that_depends_on_columns_is_that_of_r(follow_up, in_groups, curves):
    known = curves["cox"]
    of = estimate_censoring(follow_up, columns=in_groups)
    assert of.coefficients[0] == pytest.approx(known["coefficients"], abs=1e-9)
    uncensored = of.probability(follow_up.times, before=True, columns=in_groups)
    assert uncensored[0] == pytest.approx(known["uncensored"], abs=1e-9)


def test_columns_are_weighted_by_in_each_draw(follow_up, in_groups, random):
    draws = random.multinomial(follow_up.n, np.full(follow_up.n, 1 / follow_up.n), size=2)
    of = compute_censoring_weights(
        follow_up, 12, columns=in_groups, weights=draws.astype(float)
    )
    for counts, weights in zip(draws, of.weights, strict=True):
        columns = np.repeat(in_groups, counts, axis=0)
        alone = compute_censoring_weights(repeat(follow_up, counts), 12, columns=columns)
        once = np.repeat(weights / np.maximum(counts, 1), counts)
        assert once == pytest.approx(alone.weights[0], rel=1e-6)


def test_a_column_that_does_not_vary_in_a_draw_is_as_if_not_there(follow_up, in_groups):
    draws = np.ones((1, follow_up.n))
    draws[0, in_groups[:, 0] == 1] = 0
    of = estimate_censoring(follow_up, columns=in_groups, weights=draws)
    alone = estimate_censoring(follow_up, columns=in_groups[:, 1:], weights=draws)
    assert of.coefficients[0] == pytest.approx([0, alone.coefficients[0, 0]])


def test_a_draw_in_which_columns_repeat_each_other_has_no_weights(follow_up, in_groups):
    but_for_one = in_groups[:, [0, 0]].copy()
    but_for_one[0, 1] = 1 - but_for_one[0, 1]
    draws = np.ones((2, follow_up.n))
    draws[1, 0] = 0
    of = compute_censoring_weights(follow_up, 12, columns=but_for_one, weights=draws)
    assert np.isfinite(of.weights[0]).all()
    assert np.isnan(of.weights[1, follow_up.times > 12]).all()


def test_without_any_censoring_columns_change_nothing(in_groups):
    follow_up = FollowUp(np.arange(1, 76), np.ones(75))
    of = compute_censoring_weights(follow_up, 40, columns=in_groups)
    assert np.all(of.weights == 1)


def test_columns_must_be_known_and_the_same(follow_up, in_groups):
    unknown = in_groups.copy()
    unknown[3, 0] = np.nan
    with pytest.raises(DeepCMEError, match="known for every patient"):
        estimate_censoring(follow_up, columns=unknown)
    with pytest.raises(AbsentError, match="repeat each other"):
        estimate_censoring(follow_up, columns=in_groups[:, [0, 0]])
    with pytest.raises(DeepCMEError, match="estimated with 0 columns, but 2"):
        compute_censoring_weights(
            follow_up, 12, reference=estimate_censoring(follow_up), columns=in_groups
        )
    with pytest.raises(DeepCMEError, match="estimated with 2 columns, but 0"):
        reference = estimate_censoring(follow_up, columns=in_groups)
        compute_censoring_weights(follow_up, 12, reference=reference)


def test_a_horizon_that_few_are_followed_beyond_is_refused():
    follow_up = FollowUp(np.arange(1, 31), np.zeros(30))
    check_horizon(follow_up, 20)
    with pytest.raises(
        AbsentError, match="Only 9 of 30 patients are followed beyond the horizon"
    ):
        compute_censoring_weights(follow_up, 21)


def test_a_horizon_before_which_nearly_all_are_censored_is_refused():
    times = np.concatenate([np.full(100, 1.0), np.full(10, 5.0)])
    follow_up = FollowUp(times, np.zeros(110))
    with pytest.raises(AbsentError, match=r"probability of only 0\.091, below 0\.1"):
        compute_censoring_weights(follow_up, 3)


def test_the_weighted_share_of_cases_is_the_true_risk_and_the_labelled_share_is_not(random):
    horizon, studies = 5.0, 200
    weighted, labelled = np.empty(studies), np.empty(studies)
    for study in range(studies):
        follow_up = draw_follow_up(150, random)
        of = compute_censoring_weights(follow_up, horizon)
        weighted[study] = of.weights[0, of.cases].sum() / of.weights.sum()
        labelled[study] = of.cases.sum() / np.sum(of.weights > 0)
    assert weighted.mean() == pytest.approx(true_risk(horizon), abs=0.01)
    assert labelled.mean() > true_risk(horizon) + 0.05


def test_where_the_sick_are_censored_early_only_weights_that_know_it_find_the_risk(random):
    horizon, studies = 5.0, 60
    plain, knowing = np.empty(studies), np.empty(studies)
    for study in range(studies):
        sick = random.random(300) < 0.5
        of_event = random.exponential(np.where(sick, 6.0, 30.0))
        censored = random.exponential(np.where(sick, 4.0, 30.0))
        follow_up = FollowUp(np.minimum(of_event, censored), of_event <= censored)
        for risks, columns in ((plain, None), (knowing, sick[:, np.newaxis].astype(float))):
            of = compute_censoring_weights(follow_up, horizon, columns=columns)
            risks[study] = of.weights[0, of.cases].sum() / of.weights.sum()
    truth = 1 - np.mean(np.exp(-horizon / np.array([6.0, 30.0])))
    assert knowing.mean() == pytest.approx(truth, abs=0.015)
    assert plain.mean() < truth - 0.02
