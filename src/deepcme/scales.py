"""Expression scales: what the values of a matrix are, and how to tell."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from deepcme.errors import DeepCMEError

Scale = Literal["fpkm", "tpm", "rsem", "counts", "log2", "intensity"]
SCALES: tuple[Scale, ...] = get_args(Scale)
SEQUENCING_SCALES: frozenset[Scale] = frozenset({"fpkm", "tpm", "rsem", "counts"})
LINEAR_SCALES: frozenset[Scale] = SEQUENCING_SCALES | {"intensity"}


def guess_scale(X: NDArray[np.float32]) -> tuple[Scale, str]:
    """Work out the scale from the values; return it with the reason in words."""
    finite = X[np.isfinite(X)]
    if finite.size == 0:
        raise DeepCMEError("The matrix holds no numbers.")
    low, high = float(finite.min()), float(finite.max())
    if low < 0:
        return "log2", f"values reach down to {low:.3g}, as logs and log ratios do"
    if high <= 30:
        return "log2", f"no value is above {high:.3g}, as on a log scale"
    if bool(np.all(finite == np.round(finite))):
        return "counts", "all values are whole numbers"
    zeros = float(np.mean(finite == 0))
    if zeros < 0.001:
        return "intensity", f"values reach {high:.3g} and hardly any is 0"
    totals = np.nansum(X, axis=1, dtype=np.float64)
    if np.all(np.abs(totals - 1e6) < 1e4):
        return "tpm", "each sample sums to a million"
    median = float(np.median(finite[finite > 0]))
    if median > 20:
        return "rsem", f"a median of {median:.3g} among expressed genes is usual for RSEM"
    return "fpkm", f"a median of {median:.3g} among expressed genes is usual for FPKM"
