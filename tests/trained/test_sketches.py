"""Sketches know a copy of a sample again, and take nobody else for it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme.trained.sketches import ALIKE, BITS, Sketches
from tests.trained.conftest import tumours

GENES = np.arange(80)
LEARNED = tumours(60, seed=1)
SKETCHES = Sketches.of(LEARNED, GENES, seed=7)
QUICKLY = settings(max_examples=15, deadline=None)


def test_a_sample_shares_all_bits_with_itself():
    assert (SKETCHES.equal_bits(LEARNED, GENES).max(axis=1) == BITS).all()


@QUICKLY
@given(base=st.floats(1.5, 20), factor=st.floats(0.1, 10), offset=st.floats(0, 50))
def test_no_logarithm_and_no_unit_hides_a_copy(base, factor, offset):
    """Values are log2; the copy is linear, in another unit, with another base and offset."""
    linear = factor * np.exp2(LEARNED.astype(float))
    logged = (np.log1p(linear + offset) / np.log(base)).astype(np.float32)
    for copy in (linear.astype(np.float32), logged):
        assert (SKETCHES.equal_bits(copy, GENES).max(axis=1) > BITS - 10).all()


@QUICKLY
@given(seed=st.integers(0, 2**32 - 1))
def test_nine_tenths_of_the_genes_tell_a_copy(seed):
    found = GENES.copy()
    found[np.random.default_rng(seed).permutation(80)[:8]] = -1
    assert (SKETCHES.equal_bits(LEARNED, found).max(axis=1) >= ALIKE).mean() >= 0.95


@QUICKLY
@given(seed=st.integers(0, 2**32 - 1))
def test_noise_leaves_a_copy_known(seed):
    """A correlation of 0.95 of each gene's values with the first measurement's."""
    spread = LEARNED.std(axis=0) * np.sqrt(1 / 0.95**2 - 1)
    noise = np.random.default_rng(seed).normal(size=LEARNED.shape)
    copy = (LEARNED + noise * spread).astype(np.float32)
    assert (SKETCHES.equal_bits(copy, GENES).max(axis=1) >= ALIKE).mean() >= 0.9


@QUICKLY
@given(seed=st.integers(2, 2**32 - 1))
def test_others_of_the_same_kind_are_not_taken_for_copies(seed):
    equal = SKETCHES.equal_bits(tumours(60, seed=seed), GENES)
    assert (equal >= ALIKE).sum() <= 3  # of 3,600


def test_a_batch_of_its_own_is_not_taken_for_copies():
    """A platform that measures every gene otherwise makes samples like each other only."""
    shift = np.random.default_rng(3).normal(0, 2, size=80).astype(np.float32)
    assert (SKETCHES.equal_bits(tumours(60, seed=5) + shift, GENES) < ALIKE).all()


def test_a_sample_without_a_value_is_like_nobody():
    empty = np.full((1, 80), np.nan, dtype=np.float32)
    assert (SKETCHES.equal_bits(empty, GENES) == 0).all()


def test_equal_training_samples_are_sketched():
    same = np.tile(LEARNED[:1], (4, 1))
    assert (Sketches.of(same, GENES, seed=7).equal_bits(same, GENES) == BITS).all()


def test_the_order_of_the_samples_is_not_kept():
    turned = Sketches.of(LEARNED[::-1], GENES, seed=7)
    kept = {bytes(bits) for bits in turned.bits}
    assert list(map(bytes, turned.bits)) == sorted(kept)
