"""What all engines share: batches, masks and the AUC by ranks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

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


def test_weights_survive_as_named_arrays(random):
    weights = initialise_weights(6, Hyperparameters(hidden_layers=(4, 3)), random)
    again = NetworkWeights.from_arrays(dict(weights.arrays()))
    X = random.normal(size=(5, 6)).astype(np.float32)
    np.testing.assert_array_equal(again.decision_function(X), weights.decision_function(X))


def test_the_penalty_of_one_weight():
    mean = Hyperparameters(hidden_layers=(10,), penalty_strength=50.0)
    assert mean.penalty_per_weight(20) == 50 / 200
    total = Hyperparameters(penalty_reduction="sum", penalty_strength=0.01)
    assert total.penalty_per_weight(20) == 0.01
    assert Hyperparameters(penalty=None).penalty_per_weight(20) == 0
