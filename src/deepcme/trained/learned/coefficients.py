"""A linear model as it is kept: intercept and coefficients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from deepcme.models.survival.cox_model import CoxModel
from deepcme.network.architecture import FloatArray
from deepcme.trained.learned.arrays import Arrays, Scores, UnfitArraysError, require_numbers


@dataclass(frozen=True)
class LearnedCoefficients:
    """A linear model: intercept, (1,), and coefficients of the standardised genes, (genes,)."""

    intercept: FloatArray
    coefficients: FloatArray

    @classmethod
    def of(cls, model: Any, Z: FloatArray) -> Self:
        """Those of a linear model of scikit-learn, or of a Cox model's log hazard."""
        if isinstance(model, CoxModel):
            intercept, coefficients = [-model.means_ @ model.coef_], model.coef_
        else:
            intercept, coefficients = model.intercept_, model.coef_[0]
        return cls(np.array(intercept, np.float32), np.array(coefficients, np.float32))

    def evaluate(self, Z: NDArray[np.floating]) -> Scores:
        """The linear predictor, in double precision."""
        return Scores(self.attribute(Z).sum(axis=1) + self.intercept)

    def attribute(self, Z: NDArray[np.floating]) -> NDArray[np.float64]:
        """Coefficient times standardised value."""
        return np.asarray(Z * self.coefficients.astype(np.float64))

    def arrays(self) -> Iterator[tuple[str, FloatArray]]:
        """Both arrays."""
        yield "linear.intercept", self.intercept
        yield "linear.coefficients", self.coefficients

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_genes: int) -> Self:
        """Rebuild the linear model."""
        require_numbers(arrays)
        shapes = {"linear.intercept": (1,), "linear.coefficients": (n_genes,)}
        if {name: array.shape for name, array in arrays.items()} != shapes:
            raise UnfitArraysError(f"the coefficients are not those of {n_genes} genes.")
        return cls(*(arrays[name] for name in shapes))
