"""The lowest place of a quadratic with a penalty on absolute values."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepcme.models.survival.quadratic import minimise_quadratic


@given(st.integers(0, 10_000), st.integers(1, 12), st.booleans())
def test_no_place_is_lower(seed, size, warm):
    random = np.random.default_rng(seed)
    columns = random.normal(size=(size + 3, size)) + random.normal(size=(size + 3, 1))
    curvature, slope = columns.T @ columns, random.normal(0, 5, size)
    thresholds = random.choice([0.0, 1.0, 4.0], size)
    start = random.normal(size=size) if warm else np.zeros(size)
    place = minimise_quadratic(curvature, slope, thresholds, start)
    left = slope - curvature @ place
    moved = (place != 0) | (thresholds == 0)
    np.testing.assert_allclose(left[moved], (thresholds * np.sign(place))[moved], atol=1e-7)
    assert (np.abs(left) <= thresholds + 1e-7).all()


def test_of_two_equal_places_one_moves():
    curvature, slope = np.ones((2, 2)), np.array([3.0, 3.0])
    place = minimise_quadratic(curvature, slope, np.array([1.0, 1.0]), np.zeros(2))
    np.testing.assert_allclose(place.sum(), 2, atol=1e-9)
