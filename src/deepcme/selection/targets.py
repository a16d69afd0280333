"""A binary target as the numbers 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.multiclass import check_classification_targets, type_of_target


def encode_binary_target(
    y: ArrayLike, estimator: str
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The two classes, and 1 for each sample of the second.

    Raises
    ------
    ValueError
        If there are not exactly two classes.
    """
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y", raise_unknown=True)
    if kind != "binary":
        raise ValueError(
            f"Only binary classification is supported. The type of the target is {kind}."
        )
    classes, encoded = np.unique(np.asarray(y), return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"{estimator} needs samples of two classes; y holds one class.")
    return classes, encoded.astype(np.int64)
