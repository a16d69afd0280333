"""What every form has: arrays by name, scores, and a refusal of arrays that do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

Arrays = dict[str, NDArray[Any]]

_ALL_SINGLE: Mapping[str, DTypeLike] = MappingProxyType({})


class UnfitArraysError(Exception):
    """The arrays do not make up the model that the manifest describes."""


class Scores(NamedTuple):
    """Score of each sample, and by each network of several, or each member of a committee.

    Log-odds, but of an SVC, a forest's share of votes, a committee's mean in deviations,
    and log hazards of a model of times.
    """

    score: NDArray[np.float64]
    by_member: NDArray[np.float64] | None = None

    def among(self, rows: NDArray[np.int64], n: int) -> Scores:
        """Those of some rows among n samples; NaN of all others."""

        def spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
            among = np.full((n, *values.shape[1:]), np.nan)
            among[rows] = values
            return among

        of_members = None if self.by_member is None else spread(self.by_member)
        return Scores(spread(self.score), of_members)


def require_numbers(arrays: Arrays, types: Mapping[str, DTypeLike] = _ALL_SINGLE) -> None:
    """Refuse arrays of other types than they are kept in, and numbers that are not finite.

    Parameters
    ----------
    arrays : dict of str to ndarray
    types : mapping
        Those that are not of single precision.

    Raises
    ------
    UnfitArraysError
        Naming the array.
    """
    for name, array in arrays.items():
        if array.dtype != types.get(name, np.float32) or not np.isfinite(array).all():
            raise UnfitArraysError(f"the array {name} does not hold finite numbers.")
