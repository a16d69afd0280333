"""The lowest and highest score of a sample over the training range of the genes it lacks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deepcme.trained.learned.coefficients import LearnedCoefficients
from deepcme.trained.learned.learned import Learned
from deepcme.trained.model import Model
from deepcme.trained.panels.values import standardise_panel

FloatArray = NDArray[np.float64]

MOST_SWEEPS = 10


def find_extremes(
    model: Model, Z: FloatArray, known: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest score of each sample, whatever its missing genes are.

    Each of these may be anything from its lowest to its highest training value. Of a linear
    panel the ends are exact. Of networks the missing genes take their 21 training quantiles:
    of one gene all are tried; of several one gene after the other takes its best, from all at
    their median on, until none changes or ten times: lower and higher ones may exist.

    Parameters
    ----------
    model : Model
        A panel.
    Z : ndarray of float64, shape (samples, genes)
        Standardised; 0 where missing.
    known : ndarray of bool, of the same shape
    """
    assert model.panel is not None
    quantiles = standardise_panel(model, model.panel.ranges.T).T
    learned = model.learned
    if isinstance(learned, LearnedCoefficients):
        coefficients = learned.coefficients.astype(np.float64)[:, np.newaxis]
        ends = coefficients * quantiles[:, [0, -1]]
        score = learned.evaluate(Z).score
        return score + ~known @ ends.min(axis=1), score + ~known @ ends.max(axis=1)
    pairs = [
        [_search(learned, row, np.flatnonzero(~has), quantiles, sign) for sign in (1.0, -1.0)]
        for row, has in zip(Z, known, strict=True)
    ]
    low, high = np.array(pairs).reshape(len(Z), 2).T
    return low, high


def _search(
    learned: Learned,
    row: FloatArray,
    missing: NDArray[np.int64],
    quantiles: FloatArray,
    sign: float,
) -> float:
    """The lowest of `sign` times the score, as a score."""
    n_quantiles = quantiles.shape[1]
    chosen = np.full(len(row), n_quantiles // 2)
    at = row.copy()
    at[missing] = quantiles[missing, chosen[missing]]
    found = learned.evaluate(at[np.newaxis]).score[0]
    for _ in range(MOST_SWEEPS):
        before = chosen.copy()
        for gene in missing:
            tried = np.tile(at, (n_quantiles, 1))
            tried[:, gene] = quantiles[gene]
            scores = learned.evaluate(tried).score
            chosen[gene] = np.argmin(sign * scores)
            at, found = tried[chosen[gene]], scores[chosen[gene]]
        if (chosen == before).all():
            break
    return float(found)
