"""The scale of a matrix is worked out from its values."""

import numpy as np
import pytest

from deepcme.scales import guess_scale


def gamma(shape, scale, zeros=0.0, seed=0):
    random = np.random.default_rng(seed)
    values = random.gamma(shape, scale, (20, 400))
    values[random.random(values.shape) < zeros] = 0
    return values.astype(np.float32)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (gamma(2, 1) - 3, "log2"),
        (np.log2(gamma(0.3, 50, zeros=0.2) + 1), "log2"),
        (np.round(gamma(0.5, 900, zeros=0.2)), "counts"),
        (gamma(0.3, 20, zeros=0.3), "fpkm"),
        (gamma(0.5, 2000, zeros=0.2), "rsem"),
        (gamma(2, 500) + 20, "intensity"),
    ],
)
def test_scales_are_told_apart(values, scale):
    guessed, reason = guess_scale(values.astype(np.float32))
    assert guessed == scale, reason
    assert reason


def test_samples_that_sum_to_a_million_are_tpm():
    values = gamma(0.3, 20, zeros=0.3).astype(np.float64)
    values = (values / values.sum(axis=1, keepdims=True) * 1e6).astype(np.float32)
    assert guess_scale(values)[0] == "tpm"


def test_missing_values_do_not_matter():
    values = gamma(2, 1) - 3
    values[0, 0] = np.nan
    assert guess_scale(values)[0] == "log2"
