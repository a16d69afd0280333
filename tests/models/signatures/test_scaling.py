"""Each gene's scale is learned on the training part and applied to others."""

import numpy as np
import pytest

from deepcme.models.signatures.scaling import fit_scaler

NAN = np.nan
TRAINING = np.array([[0.0], [1.0], [2.0], [5.0]])


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("centre", [-2.0, 3.0, 8.0]),
        ("standardise", [-2 / np.sqrt(3.5), 3 / np.sqrt(3.5), 8 / np.sqrt(3.5)]),
        ("range", [0.0, 15.0, 30.0]),
    ],
)
def test_scales_by_hand(how, expected):
    scaled = fit_scaler(TRAINING, how).scale(np.array([[0.0], [5.0], [10.0]]))
    np.testing.assert_allclose(scaled[:, 0], expected)


def test_quantiles_go_to_6_and_14_within_1_and_15():
    """R's quantile(0:40, c(.025, .975)) is 1 and 39."""
    scaler = fit_scaler(np.arange(41.0)[:, np.newaxis], "quantiles")
    scaled = scaler.scale(np.array([[1.0], [39.0], [20.0], [-900.0], [900.0]]))
    np.testing.assert_allclose(scaled[:, 0], [6, 14, 10, 1, 15])


@pytest.mark.parametrize(
    ("how", "middle"), [("centre", 0), ("standardise", 0), ("range", 7.5), ("quantiles", 10)]
)
def test_a_constant_gene_is_in_the_middle(how, middle):
    scaler = fit_scaler(np.full((5, 1), 3.3), how)
    assert scaler.scale(np.array([[3.3]])) == pytest.approx(middle)


@pytest.mark.parametrize("how", ["centre", "standardise", "range", "quantiles"])
def test_a_missing_value_counts_as_the_training_mean(how):
    scaler = fit_scaler(np.vstack([TRAINING, [[NAN]]]), how)
    mean = scaler.scale(np.array([[2.0]]))
    np.testing.assert_allclose(scaler.scale(np.array([[NAN]])), mean)


@pytest.mark.parametrize("how", ["centre", "standardise", "range", "quantiles"])
def test_a_gene_without_any_training_value_stays_missing(how):
    scaler = fit_scaler(np.full((3, 1), NAN), how)
    assert np.isnan(scaler.scale(np.array([[1.0]]))).all()
