"""What an epoch is judged by."""

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.network.losses import mean_loss
from deepcme.network.times import encode_times, rank_concordance
from deepcme.network.training import History, rank_auc
from deepcme.network.validation import make_validation

N = 40
TRAIN, VALID = np.arange(25), np.arange(25, 40)


@pytest.fixture
def weight(random):
    return random.uniform(0.5, 2, N).astype(np.float32)


@pytest.fixture
def offset(random):
    return random.normal(size=N).astype(np.float32)


def judged(validation, logits):
    history = History()
    validation.judge(logits[validation.rows], history)
    return history


def test_labels_are_judged_on_the_validation_part(random, weight, offset):
    y = (random.random(N) < 0.4).astype(np.float32)
    logits = random.normal(size=N).astype(np.float32)
    history = judged(make_validation("cross-entropy", y, weight, offset, TRAIN, VALID), logits)
    at = (logits + offset)[VALID]
    expected = mean_loss("cross-entropy", at, y[VALID], weight[VALID])
    assert (history.valid_loss, history.valid_c) == ([expected], [])
    assert history.valid_auc == [rank_auc(at, y[VALID])]


def test_times_are_judged_by_what_the_validation_part_adds(random, weight, offset):
    times, events = random.integers(1, 15, N), random.integers(0, 2, N)
    logits = random.normal(size=N).astype(np.float32)
    y = encode_times(times, events)
    history = judged(make_validation("cox", y, weight, offset, TRAIN, VALID), logits)

    def log_likelihood(rows):
        follow_up = FollowUp(times[rows], events[rows])
        likelihood = PartialLikelihood.of(follow_up, weights=weight[rows].astype(float))
        return likelihood.log_likelihood((logits + offset)[rows].astype(float))

    added = log_likelihood(np.arange(N)) - log_likelihood(TRAIN)
    n_events = weight[VALID][events[VALID] == 1].sum()
    assert history.valid_loss == [pytest.approx(-added / n_events)]
    assert history.valid_c == [rank_concordance((logits + offset)[VALID], y[VALID])]
    assert history.valid_auc == []


@pytest.mark.parametrize(("part", "rows"), [("training", TRAIN), ("validation", VALID)])
def test_both_parts_need_an_event_of_some_weight(part, rows, weight):
    y = encode_times(np.arange(N), np.ones(N))
    sentence = f"No patient of the {part} part had the event"
    censored, weightless = y.copy(), weight.copy()
    censored[rows] *= -1
    weightless[rows] = 0
    for given in ((censored, weight), (y, weightless)):
        with pytest.raises(DeepCMEError, match=sentence):
            make_validation("cox", *given, None, TRAIN, VALID)


def test_log_hazards_of_noise_are_worse_than_none(random):
    """By chance C is a half, and the validation loss rises: no epoch is kept for its noise."""
    nothing = np.zeros(N, np.float32)
    rises, concordances = [], []
    for _ in range(200):
        y = encode_times(random.exponential(size=N), random.random(N) < 0.6)
        if (y[VALID] < 0).all():
            continue
        validation = make_validation("cox", y, np.ones(N, np.float32), None, TRAIN, VALID)
        noise = judged(validation, random.normal(size=N).astype(np.float32))
        rises.append(noise.valid_loss[0] - judged(validation, nothing).valid_loss[0])
        concordances.append(noise.valid_c[0])
    assert np.mean(rises) > 3 * np.std(rises) / np.sqrt(len(rises))
    assert np.mean(concordances) == pytest.approx(0.5, abs=0.02)
