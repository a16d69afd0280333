"""Log-odds of probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

ROUNDING = float(np.finfo(np.float64).eps)


def log_odds(probability: NDArray[np.float64], edge: float = ROUNDING) -> NDArray[np.float64]:
    """Log-odds, finite as probabilities are kept `edge` off 0 and 1."""
    finite: NDArray[np.float64] = logit(np.clip(probability, edge, 1 - edge))
    return finite
