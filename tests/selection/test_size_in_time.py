"""The size of a panel for times: partial likelihood of held-out patients, its standard error."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.selection.size import choose_size, compute_clustered_standard_error
from deepcme.selection.size_in_time import (
    compute_likelihood_ratios,
    compute_stages_in_time,
    draw_fold_numbers_in_time,
    recalibrate_slopes,
)

FOUR = FollowUp(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 1, 0]))


def follow(n, seed, log_hazard=0.0):
    """Exponential times, censored at a time that falls to about half of them."""
    random = np.random.default_rng(seed)
    times, ends = random.exponential(np.exp(-log_hazard), n), random.exponential(1.0, n)
    return FollowUp(np.minimum(times, ends), (times <= ends).astype(np.int8))


def test_what_each_patient_adds_by_hand():
    """Two events: the first of four patients at risk, the third of two.

    With hazards 2, 1, 1, 1 the first event has a chance of 2/5 in place of 1/4, and each
    patient had that share of it, which is taken off what he adds; the second is as before.
    """
    added = compute_likelihood_ratios(FOUR, np.log([2.0, 1, 1, 1]))
    shares = np.array([2 / 5, 1 / 5, 1 / 5, 1 / 5]) - 1 / 4
    np.testing.assert_allclose(added, [np.log(2 / 5 * 4), 0, 0, 0] - shares)


@pytest.mark.parametrize("tied", [False, True])
def test_they_sum_to_the_difference_of_the_log_likelihoods(random, tied):
    follow_up = follow(60, 2)
    if tied:
        follow_up = FollowUp(np.ceil(3 * follow_up.times), follow_up.events)
    log_hazards = random.normal(size=60)
    likelihood = PartialLikelihood.of(follow_up)
    difference = likelihood.log_likelihood(log_hazards)
    difference -= likelihood.log_likelihood(np.zeros(60))
    added = compute_likelihood_ratios(follow_up, log_hazards)
    assert added.sum() == pytest.approx(difference)


def test_their_spread_is_the_standard_error_of_the_sum():
    """Over 300 cohorts of 80 patients: the sum varies as its mean standard error says."""
    sums, errors = [], []
    for seed in range(300):
        score = 0.7 * np.random.default_rng(seed).normal(size=80)
        added = compute_likelihood_ratios(follow(80, seed + 1000, score), score)
        sums.append(added.sum())
        errors.append(80 * compute_clustered_standard_error(added, np.arange(80)))
    assert np.mean(errors) == pytest.approx(np.std(sums), rel=0.15)


def test_overconfidence_costs_nothing_after_recalibration(random):
    score = random.normal(size=1000)
    log_hazards = recalibrate_slopes(follow(1000, 3, score), 10 * score, np.arange(1000) % 5)
    np.testing.assert_allclose(log_hazards, score, rtol=0.25)


def test_log_hazards_of_two_folds_are_never_compared(random):
    """A number added to a fold's log hazards, as another network may have it, moves nothing."""
    score, folds, follow_up = random.normal(size=90), np.arange(90) % 3, follow(90, 4)
    scores = np.vstack([score, score + 100 * folds])
    stages = compute_stages_in_time(np.array([9, 9]), scores, follow_up, range(90), folds)
    assert stages.loc[0].tolist() == pytest.approx(stages.loc[1].tolist())


def test_a_fold_is_recalibrated_on_the_others_alone(random):
    score, folds, follow_up = random.normal(size=60), np.arange(60) // 12, follow(60, 5)
    times = follow_up.times.copy()
    times[folds == 0] = times[folds == 0][::-1]
    before = recalibrate_slopes(follow_up, score, folds)
    after = recalibrate_slopes(FollowUp(times, follow_up.events), score, folds)
    np.testing.assert_array_equal(before[folds == 0], after[folds == 0])
    assert not np.array_equal(before[folds == 1], after[folds == 1])


def test_stages_of_useless_and_of_useful_scores(random):
    truth = random.normal(size=200)
    follow_up = follow(200, 6, 1.5 * truth)
    scores = np.vstack([np.zeros(200), truth])
    folds = draw_fold_numbers_in_time(follow_up, np.arange(200), 5, random)
    stages = compute_stages_in_time(np.array([9, 3]), scores, follow_up, range(200), folds)
    assert stages["n_genes"].tolist() == [9, 3]
    assert stages.loc[0, ["deviance", "deviance_se", "harrell_c"]].tolist() == [0, 0, 0.5]
    assert stages["deviance"][1] < -2 * stages["deviance_se"][1]
    assert stages["harrell_c"][1] > 0.75
    assert choose_size(stages, "deviance") == 3


def test_every_fold_holds_an_event(random):
    events = np.r_[np.ones(3), np.zeros(50)].astype(np.int8)
    follow_up = FollowUp(random.exponential(size=53), events)
    folds = draw_fold_numbers_in_time(follow_up, np.arange(53), 5, random)
    assert set(folds) == {0, 1, 2}
    assert all(events[folds == fold].sum() == 1 for fold in range(3))


def test_one_patient_with_the_event_is_too_few(random):
    copies = np.r_[0, 0, np.arange(2, 20)]
    follow_up = FollowUp(np.arange(20.0), (copies == 0).astype(np.int8))
    with pytest.raises(DeepCMEError, match="two patients with the event or more, not 1"):
        draw_fold_numbers_in_time(follow_up, copies, 5, random)
