"""Harrell's and Uno's C: against R and by hand, with ties and a competing event."""

import numpy as np
import pytest

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.concordance import (
    choose_tau,
    compute_harrell_concordance,
    compute_uno_concordance,
    count_comparable_pairs,
)
from tests.evaluation.survival.conftest import FROZEN


def at_horizon(times, events, horizon):
    """Twelve more are followed far beyond any horizon; they score lowest."""
    follow_up = FollowUp(np.r_[times, np.full(12, 999.0)], np.r_[events, np.zeros(12)])
    return AtHorizon.draw(follow_up, horizon, np.random.default_rng(0), 0)


def scores_of(scores):
    return np.r_[np.asarray(scores, dtype=float), np.full(12, -9.0)]


@pytest.mark.parametrize("cohort", FROZEN)
def test_of_real_patients_with_tied_times_it_is_that_of_r(frozen, cohort):
    # Events happen when somebody else is censored: he is still there, and had no part in the
    # chance of being censored before.
    at, scores, _, case = frozen[cohort]
    harrell, uno = compute_harrell_concordance(at, scores), compute_uno_concordance(at, scores)
    assert harrell[0] == pytest.approx(case["harrell_c"], abs=1e-11)
    assert uno[0] == pytest.approx(case["uno_c"], abs=1e-11)
    # R's standard errors are infinitesimal jackknives.
    assert harrell[1:].std() == pytest.approx(case["harrell_error"], rel=0.2)
    assert uno[1:].std() == pytest.approx(case["uno_error"], rel=0.2)


def test_of_tied_times_and_scores_it_is_that_of_r(competing):
    at, scores, _, case = competing["alone"]
    assert compute_uno_concordance(at, scores)[0] == pytest.approx(case["uno_c"], abs=1e-11)
    for kind in ("alone", "competing"):
        at, scores, _, case = competing[kind]
        found = compute_harrell_concordance(at, scores)[0]
        assert found == pytest.approx(case["harrell_c"], abs=1e-11)


def test_a_competing_event_weighs_by_its_own_chance_of_being_seen(competing):
    # Pair by pair: beside who had the competing event before, 1 / (G(T-) G(T'-)).
    at, scores, _, _ = competing["competing"]
    times, events, inverse = at.follow_up.times, at.follow_up.events, at.weights[0]
    numerator = denominator = 0.0
    for i in np.flatnonzero((events == 1) & (times <= at.horizon)):
        later = (times > times[i]) | ((times == times[i]) & (events == 0))
        never = (times <= times[i]) & (events == 2)
        weight = inverse[i] * (later * inverse[i] + never * inverse)
        numerator += (weight * ((scores[i] > scores) + (scores[i] == scores) / 2)).sum()
        denominator += weight.sum()
    uno = compute_uno_concordance(at, scores)[0]
    assert uno == pytest.approx(numerator / denominator)


def literal_uno(times, events, scores, tau, *, before, events_first, strict):
    """Uno's C pair by pair, in the different readings of tied times.

    `before`: G just before the first event, not at it; `events_first`: an event at a time is
    not at risk of being censored at it, and whoever is censored at it had his later;
    `strict`: the first event is before tau, not at it.
    """

    def uncensored(time):
        value = 1.0
        for at in np.unique(times[events == 0]):
            if at < time or (at == time and not before):
                there = (times >= at) & ~(events_first["G"] & (times == at) & (events == 1))
                value *= 1 - ((times == at) & (events == 0)).sum() / there.sum()
        return value

    numerator = denominator = 0.0
    for i in np.flatnonzero(events == 1):
        if times[i] > tau or (strict and times[i] == tau):
            continue
        tied = events_first["pairs"] & (times == times[i]) & (events == 0)
        others = scores[(times > times[i]) | tied]
        weight = uncensored(times[i]) ** -2
        numerator += weight * ((scores[i] > others).sum() + (scores[i] == others).sum() / 2)
        denominator += weight * len(others)
    return numerator / denominator


def test_where_censoring_depends_on_columns_each_of_a_pair_has_its_own_chance(random):
    group = np.repeat([1.0, 0], 60)
    times, censoring = random.exponential(8, 120), random.exponential(6, 120) / (1 + 2 * group)
    follow_up = FollowUp(np.minimum(times, censoring), times <= censoring)
    scores = random.normal(size=120).round(1)
    at = AtHorizon.draw(follow_up, 2, random, 3, columns=group[:, np.newaxis])
    numerator = denominator = 0.0
    for i in np.flatnonzero(at.is_case):
        seen = at.censoring.probability(follow_up.times[i], before=True, columns=at.columns)[0]
        weight = (follow_up.times > follow_up.times[i]) / (seen[i] * seen)
        numerator += (weight * ((scores[i] > scores) + (scores[i] == scores) / 2)).sum()
        denominator += weight.sum()
    uno = compute_uno_concordance(at, scores)
    assert uno[0] == pytest.approx(numerator / denominator)
    assert uno.shape == (4,)


def test_without_an_event_to_pair_it_is_not_estimable_whatever_censoring_depends_on(random):
    columns = np.repeat([1.0, 0], 10)[:, np.newaxis]
    follow_up = FollowUp(np.arange(1.0, 21), np.r_[1, np.zeros(19)])
    for given in (None, columns):
        part = AtHorizon.draw(follow_up, 2, random, 3, columns=given).rows(np.arange(1, 20))
        assert np.isnan(compute_uno_concordance(part, np.arange(19.0))).all()


SEVEN_TIMES = np.array([11.0, 11, 26, 89, 128, 299, 300])
SEVEN_EVENTS = np.array([1, 0, 0, 1, 0, 1, 0])
SEVEN_SCORES = np.array([-0.02, 1.20, -0.56, -1.33, -0.81, 1.02, -1.29])


@pytest.mark.parametrize(
    ("reading", "value"),
    [
        # survAUC: G at the event, no event at tau, the censored of its time are gone.
        ({"before": False, "strict": True, "events_first": {"G": True, "pairs": False}}, 0.4129032),
        # scikit-survival: the same, but they are there in the pairs, and events count in G.
        ({"before": False, "strict": True, "events_first": {"G": False, "pairs": True}}, 0.3742690),
        # R's survival, and ours: events come first throughout, and one at tau counts. By hand
        # (1 * 4 + 5.0625 * 1) / (1 * 6 + 2.25 * 3 + 5.0625 * 1).
        ({"before": True, "strict": False, "events_first": {"G": True, "pairs": True}}, 9.0625 / 17.8125),
    ],
)  # fmt: skip
def test_what_others_make_of_seven_patients_with_a_tie_of_event_and_censoring(reading, value):
    seven = SEVEN_TIMES, SEVEN_EVENTS, SEVEN_SCORES, 299
    assert literal_uno(*seven, **reading) == pytest.approx(value, abs=1e-7)


def test_of_the_seven_and_twelve_more_it_is_that_of_r():
    at, scores = at_horizon(SEVEN_TIMES, SEVEN_EVENTS, 299), scores_of(SEVEN_SCORES)
    uno = compute_uno_concordance(at, scores)[0]
    assert uno == pytest.approx(0.896247023287, abs=1e-11)


def test_harrell_by_hand():
    # First events at 1 and 3: of the first all fifteen others are later, of the second the
    # censored at 3 and the twelve, not the other event at 3 nor the censored at 2.
    at = at_horizon([1, 2, 3, 3], [1, 0, 1, 0], 4)
    scores = scores_of([2, 2, 5, 3])
    scores[-1] = 2
    # Of the first: above eleven, ties with two, below two. Of the second: above all.
    concordant = 11 + 2 / 2 + 13
    assert compute_harrell_concordance(at, scores)[0] == pytest.approx(concordant / 28)


def test_two_events_at_one_time_are_no_pair():
    at = at_horizon([1, 1], [1, 1], 4)
    assert count_comparable_pairs(at.follow_up, 4).used == 24


def test_who_had_the_competing_event_never_has_the_other():
    # The competing event came first, and yet the case is the earlier of the two.
    at = at_horizon([1, 2], [2, 1], 4)
    assert compute_harrell_concordance(at, scores_of([9, 1]))[0] == pytest.approx(12 / 13)
    assert compute_harrell_concordance(at, scores_of([0, 1]))[0] == 1


def test_without_censoring_of_one_time_it_is_the_auc(random):
    # All events at one time: a pair is a case and somebody without.
    events = np.repeat([1, 0], [20, 30])
    at = AtHorizon.draw(FollowUp(np.where(events == 1, 1.0, 9.0), events), 5, random, 4)
    scores = np.round(random.normal(size=50), 1)
    auc = compute_weighted_auc(events.astype(np.int64), scores, at.counts)
    for compute in (compute_harrell_concordance, compute_uno_concordance):
        np.testing.assert_allclose(compute(at, scores), auc)


def test_a_constant_score_gives_one_half(random):
    at = at_horizon([1, 2, 3], [1, 0, 1], 4)
    for compute in (compute_harrell_concordance, compute_uno_concordance):
        assert compute(at, np.zeros(15))[0] == 0.5


def test_each_draw_is_computed_as_if_its_patients_were_all(random):
    times = np.ceil(random.exponential(4, 60))
    follow_up = FollowUp(times, random.choice([0, 1, 2], 60, p=[0.5, 0.35, 0.15]))
    at, scores = AtHorizon.draw(follow_up, 4, random, 3), random.normal(size=60).round(1)
    held = np.repeat(np.arange(60), at.counts[2].astype(int))
    alone = AtHorizon.draw(follow_up.rows(held), 4, random, 0)
    for compute in (compute_harrell_concordance, compute_uno_concordance):
        assert compute(at, scores)[2] == pytest.approx(compute(alone, scores[held])[0])


def test_pairs_after_tau_are_dropped_and_counted():
    at = at_horizon([1, 2, 5, 6], [1, 0, 1, 0], 4)
    pairs = count_comparable_pairs(at.follow_up, 4)
    assert (pairs.used, pairs.dropped) == (15, 13)


def test_tau_is_where_eighty_of_a_hundred_are_censored():
    # One of a hundred is censored at each time: after the eightieth a fifth are followed.
    censored = FollowUp(np.arange(1, 101), np.zeros(100))
    assert choose_tau(censored) == 80


def test_ten_patients_are_followed_beyond_tau():
    events = FollowUp(np.arange(1, 101), np.ones(100))
    assert choose_tau(events) == 90
    with pytest.raises(AbsentError, match="no time beyond which 10 of 8"):
        choose_tau(events.rows(np.arange(8)))
