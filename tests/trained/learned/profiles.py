"""What no array that is kept may hold."""

import numpy as np


def require_no_profile(arrays, rows, of_samples=()):
    """No vector of an array is a sample's values along the genes, nor a number of each sample.

    Parameters
    ----------
    arrays : iterable of (str, ndarray)
    rows : ndarray, shape (samples, genes)
        As they came, or standardised.
    of_samples : sequence of ndarray
        Such as dual coefficients.
    """
    for name, array in arrays:
        for vector in vectors_of(array):
            if len(vector) == rows.shape[1] and np.ptp(vector) > 0:
                alike = np.corrcoef(np.vstack([vector, rows]))[0, 1:]
                assert (np.abs(alike) < 0.999).all(), name
            for numbers in of_samples:
                assert not holds(vector, numbers), name


def vectors_of(array):
    """An array along each of its axes."""
    if array.ndim < 2:
        return [array.astype(float)]
    return [
        vector.astype(float)
        for axis in range(array.ndim)
        for vector in np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])
    ]


def holds(vector, numbers):
    """Whether three numbers that follow each other do so in a vector, up to rounding."""
    places = np.flatnonzero(np.isclose(vector[: len(vector) - 2], numbers[0], rtol=1e-5))
    return any(np.allclose(vector[at : at + 3], numbers[:3], rtol=1e-5) for at in places)
