"""The paper's five baselines by name, with their libraries' defaults."""

from __future__ import annotations

from collections.abc import Callable

from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from deepcme.errors import DeepCMEError
from deepcme.preprocessing import ClippedStandardScaler, MedianImputer

# max_iter is raised since 100 iterations do not converge on thousands of genes.
_CLASSIFIERS: dict[str, Callable[[int | None], ClassifierMixin]] = {
    "LR": lambda seed: LogisticRegression(max_iter=2000, random_state=seed),
    "SVC": lambda seed: SVC(random_state=seed),
    "RF": lambda seed: RandomForestClassifier(random_state=seed),
    "DT": lambda seed: DecisionTreeClassifier(random_state=seed),
    "KNN": lambda seed: KNeighborsClassifier(),
}

BASELINES: tuple[str, ...] = tuple(_CLASSIFIERS)


def make_baseline(name: str, random_state: int | None = None) -> Pipeline:
    """Pipeline of median imputation, standardisation and the named classifier.

    Parameters
    ----------
    name : {"LR", "SVC", "RF", "DT", "KNN"}
        Logistic regression, support vector classifier, random forest, decision
        tree, k nearest neighbours.
    random_state : int, optional

    Raises
    ------
    DeepCMEError
        If there is no baseline of that name.
    """
    return Pipeline(
        [
            ("impute", MedianImputer()),
            ("standardise", ClippedStandardScaler()),
            ("classifier", make_baseline_classifier(name, random_state)),
        ]
    )


def make_baseline_classifier(name: str, random_state: int | None = None) -> ClassifierMixin:
    """Make the named classifier alone, for data that is standardised already."""
    if name not in _CLASSIFIERS:
        raise DeepCMEError(
            f"There is no baseline {name!r}: choose from {', '.join(BASELINES)}."
        )
    return _CLASSIFIERS[name](random_state)
