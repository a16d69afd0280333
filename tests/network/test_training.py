"""What all engines share: batches, masks and the AUC by ranks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from deepcme.base.errors import DeepCMEError
from deepcme.network.architecture import (
    Hyperparameters,
    NetworkWeights,
    initialise_weights,
)
from deepcme.network.training import batch_offsets, draw_epoch, rank_auc


@given(st.integers(2, 500), st.integers(2, 64))
def test_batches_cover_all_and_none_has_a_single_sample(n, size):
    offsets = batch_offsets(n, size)
    lengths = np.diff(offsets)
    assert offsets[0] == 0
    assert offsets[-1] == n
    assert lengths.min() >= 2
    assert lengths.max() <= size + 1


def test_a_last_batch_of_one_joins_the_one_before_it():
    assert np.diff(batch_offsets(65, 32)).tolist() == [32, 33]
    assert np.diff(batch_offsets(66, 32)).tolist() == [32, 32, 2]


def test_an_epoch_is_a_permutation_with_masks_at_the_dropout_rate(random):
    rows, labels = np.arange(5, 1005), np.zeros(1005, np.float32)
    epoch = draw_epoch(
        rows, labels, Hyperparameters(hidden_layers=(40, 7), dropout=0.3), random
    )
    assert sorted(epoch.rows) == list(rows)
    assert epoch.rows.tolist() != list(rows)
    assert [mask.shape for mask in epoch.kept] == [(1000, 40), (1000, 7)]
    assert epoch.kept[0].mean() == pytest.approx(0.7, abs=0.01)
    assert set(np.unique(epoch.kept[0])) == {0, 1}


def test_without_dropout_there_are_no_masks(random):
    assert (
        draw_epoch(
            np.arange(9), np.zeros(9, np.float32), Hyperparameters(dropout=0.0), random
        ).kept
        == []
    )


@given(st.integers(2, 400), st.floats(0.02, 1), st.integers(2, 64), st.integers(0, 9))
def test_batches_of_times_are_equal_and_each_has_its_share_of_events(n, share, size, seed):
    random = np.random.default_rng(seed)
    y = np.where(random.random(n) < share, 1, -1).astype(np.float32)
    y[0] = 1
    settings = Hyperparameters(loss="cox", batch_size=size, hidden_layers=(3,))
    epoch = draw_epoch(np.arange(n), y, settings, random)
    sizes = np.diff(epoch.offsets)
    assert epoch.offsets[0] == 0
    assert epoch.offsets[-1] == len(epoch.rows) == len(set(epoch.rows)) == len(epoch.kept[0])
    assert np.ptp(sizes) <= 1
    assert sizes.min() >= 2
    assert sizes.max() <= 2 * size
    events = [int((y[epoch.rows[batch]] > 0).sum()) for batch in epoch.batches()]
    assert min(events) >= 1
    assert max(events) - min(events) <= 1
    assert sum(events) == (y > 0).sum()  # only what has no event is ever left out
    if n <= 2 * size:
        assert len(sizes) == 1


def test_batches_of_times_differ_from_epoch_to_epoch(random):
    y = np.where(np.arange(60) % 3 == 0, 1, -1).astype(np.float32)
    settings = Hyperparameters(loss="cox", batch_size=20, dropout=0.0)
    firsts = {frozenset(draw_epoch(np.arange(60), y, settings, random).rows[:20]) for _ in "ab"}
    assert len(firsts) == 2


def test_times_without_an_event_are_refused(random):
    y = np.full(9, -1, np.float32)
    with pytest.raises(DeepCMEError, match="No training row has the event"):
        draw_epoch(np.arange(9), y, Hyperparameters(loss="cox"), random)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_rank_auc_is_scikit_learns_with_ties(pairs):
    scores = np.array([score for score, _ in pairs], dtype=np.float32)
    y = np.array([label for _, label in pairs], dtype=np.float32)
    if 0 < y.sum() < len(y):
        assert rank_auc(scores, y) == pytest.approx(roc_auc_score(y, scores))
    else:
        assert np.isnan(rank_auc(scores, y))


@pytest.mark.parametrize("batch_norm", [True, False])
def test_initial_weights_are_those_of_a_linear_layer(batch_norm, random):
    settings = Hyperparameters(hidden_layers=(64, 16), batch_norm=batch_norm)
    weights = initialise_weights(400, settings, random)
    first = weights.blocks[0].weight
    assert first.shape == (400, 64)
    assert np.abs(first).max() <= 1 / 20
    assert first.std() == pytest.approx(1 / 20 / np.sqrt(3), rel=0.02)
    # A Linear before a BatchNorm has no bias.
    assert (weights.blocks[0].bias is None) == batch_norm


@pytest.mark.parametrize("loss", ["cross-entropy", "cox"])
def test_weights_survive_as_named_arrays(loss, random):
    settings = Hyperparameters(hidden_layers=(4, 3), loss=loss)
    weights = initialise_weights(6, settings, random)
    again = NetworkWeights.from_arrays(dict(weights.arrays()))
    assert (again.output_bias is None) == (loss == "cox")
    X = random.normal(size=(5, 6)).astype(np.float32)
    np.testing.assert_array_equal(again.decision_function(X), weights.decision_function(X))


def test_the_penalty_of_one_weight():
    mean = Hyperparameters(hidden_layers=(10,), penalty_strength=50.0)
    assert mean.penalty_per_weight(20) == 50 / 200
    total = Hyperparameters(penalty_reduction="sum", penalty_strength=0.01)
    assert total.penalty_per_weight(20) == 0.01
    assert Hyperparameters(penalty=None).penalty_per_weight(20) == 0
