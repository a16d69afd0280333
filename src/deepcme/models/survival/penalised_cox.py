"""What Cox models with a penalty on the genes share: clinical columns beside them without."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from deepcme.base.parameters import Rule
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.models.clinical import find_independent_terms
from deepcme.models.survival.cox_model import CoxModelOfGenes, FloatArray
from deepcme.models.survival.dual import UNPENALISED
from deepcme.models.survival.target import read_clinical

PENALTIES = (
    Rule(
        lambda value: isinstance(value, tuple | list | np.ndarray) and len(value) > 0,
        "must list the penalties to choose from, as [0.1, 1.0]",
    ),
    Rule(
        lambda values: all(isinstance(value, int | float) and value > 0 for value in values),
        "takes numbers above 0",
    ),
)


class PenalisedCox(CoxModelOfGenes):
    """A Cox model of genes with a penalty, and of clinical columns without one.

    Attributes
    ----------
    coef_ : ndarray of shape (genes,)
        Log hazard ratios; 0 of genes left out.
    means_ : ndarray of shape (genes,)
        Of the training part.
    clinical_coef_ : ndarray of shape (columns,)
        Log hazard ratios, without penalty; 0 of a column that is constant or repeats others.
    monotone_clinical_ : ndarray of int
        Clinical columns without a finite hazard ratio.
    penalty_ : float
        The one chosen; infinite where the genes were left out.
    """

    coef_: FloatArray
    means_: FloatArray
    penalty_: float

    def score_held_out(
        self, X: ArrayLike, y: ArrayLike, groups: ArrayLike, held_out: ArrayLike
    ) -> FloatArray:
        """Log hazards of held-out rows by a fit on others, of the penalty that was chosen."""
        log_hazards: FloatArray = self._of_penalty().fit(X, y, groups=groups).predict(held_out)
        return log_hazards

    def _of_penalty(self) -> Self:
        """The same, not fitted, with the penalty that was chosen and no other."""
        model: Self = clone(self).set_params(penalties=(self.penalty_,))
        return model

    def _predict_of_genes(self, matrix: NDArray[np.floating]) -> FloatArray:
        return np.asarray((matrix - self.means_) @ self.coef_, dtype=np.float64)

    def _fit_clinical(self, clinical: ArrayLike | None, follow_up: FollowUp) -> FloatArray:
        """Standardised clinical columns that are no combination of each other."""
        columns = read_clinical(clinical, follow_up.n)
        self._clinical_means = columns.mean(axis=0)
        self.clinical_coef_ = np.zeros(columns.shape[1])
        self._kept = find_independent_terms(columns)
        kept = (columns - self._clinical_means)[:, self._kept]
        self._clinical_spreads = kept.std(axis=0)
        kept = np.asarray(kept / self._clinical_spreads, dtype=np.float64)
        monotone = fit_cox_regression(kept, follow_up).monotone
        self.monotone_clinical_ = self._kept[monotone]
        # In these units the penalty that is next to none is one of 1 on a standardised column.
        self._clinical_spreads[monotone] /= np.sqrt(UNPENALISED)
        kept[:, monotone] *= np.sqrt(UNPENALISED)
        return kept
