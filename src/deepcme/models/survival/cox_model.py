"""What Cox models share: their verbs, a log hazard that is linear, and a baseline."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from deepcme.evaluation.survival.baseline import Baseline
from deepcme.models.estimator_inputs import read_data
from deepcme.models.own_estimator import OwnEstimator
from deepcme.models.survival.target import read_clinical

FloatArray = NDArray[np.float64]


class CoxModel(OwnEstimator):
    """A model of proportional hazards; `predict` gives the log hazard, higher is worse."""

    baseline_: Baseline

    @abstractmethod
    def predict(self, X: Any) -> FloatArray:
        """Log hazard of each sample against one whose columns are at their training mean."""

    def predict_survival(self, X: Any, times: ArrayLike, **columns: Any) -> FloatArray:
        """Probability of each sample to be without the event after each time.

        Parameters
        ----------
        X : array
        times : array
            Within the follow-up of the training part.
        **columns
            What else `predict` takes.

        Returns
        -------
        array, samples x times

        Raises
        ------
        AbsentError
            If a time lies beyond that follow-up.
        """
        check_is_fitted(self)
        return self.baseline_.survival(self.predict(X, **columns), times)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


class CoxModelOfGenes(CoxModel):
    """A Cox model of genes, beside which clinical columns stand without a penalty.

    Attributes
    ----------
    clinical_coef_ : ndarray of shape (columns,)
        Log hazard ratios of the clinical columns.
    """

    _types: ClassVar[list[type[np.floating]]] = [np.float64, np.float32]

    clinical_coef_: FloatArray
    _clinical_means: FloatArray

    def predict(self, X: Any, clinical: ArrayLike | None = None) -> FloatArray:
        """Log hazard of each sample against the mean of the rows that `fit` was given.

        Parameters
        ----------
        X : array of shape (samples, genes)
        clinical : array of shape (samples, columns), optional
            The columns that `fit` was given.

        Raises
        ------
        DeepCMEError
            If there are other clinical columns than in `fit`.
        """
        check_is_fitted(self)
        matrix = read_data(self, X, reset=False, dtype=self._types)
        columns = read_clinical(clinical, len(matrix), len(self.clinical_coef_))
        of_clinical: FloatArray = (columns - self._clinical_means) @ self.clinical_coef_
        return self._predict_of_genes(matrix) + of_clinical

    @abstractmethod
    def _predict_of_genes(self, matrix: NDArray[Any]) -> FloatArray:
        """What the genes add to the log hazard of each sample."""
