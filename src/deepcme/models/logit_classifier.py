"""What classifiers of two classes share that have log-odds: their verbs and their target."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from deepcme.base.parameters import RANDOM_STATE, Rule
from deepcme.models.own_estimator import OwnEstimator


class LogitClassifier(ClassifierMixin, OwnEstimator):  # type: ignore[misc]
    """A classifier of two classes by the log-odds of the second."""

    classes_: NDArray[Any]
    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {"random_state": RANDOM_STATE}

    @abstractmethod
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Logit of the positive class, one per sample."""

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probability of each class, of shape (samples, 2)."""
        positive = expit(self.decision_function(X))
        return np.column_stack([1 - positive, positive])

    def predict(self, X: Any) -> NDArray[Any]:
        """More probable class of each sample."""
        positive = self.decision_function(X) > 0
        predicted: NDArray[Any] = self.classes_[positive.astype(int)]
        return predicted

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def encode_binary_target(
    y: ArrayLike, estimator: str
) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """The two classes in sorted order, and 1 where `y` is the second, else 0.

    Raises
    ------
    ValueError
        If `y` does not hold two classes; names the estimator.
    """
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y", raise_unknown=True)
    if kind != "binary":
        raise ValueError(
            f"Only binary classification is supported. The type of the target is {kind}."
        )
    classes = np.unique(np.asarray(y))
    if len(classes) < 2:
        raise ValueError(f"{estimator} needs samples of two classes; y holds one class.")
    return classes, (np.asarray(y) == classes[1]).astype(np.float32)
