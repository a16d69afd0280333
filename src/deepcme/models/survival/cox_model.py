"""What Cox models share: their verbs, a log hazard that is linear, and a baseline."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from deepcme.evaluation.survival.baseline import Baseline
from deepcme.models.own_estimator import OwnEstimator

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
