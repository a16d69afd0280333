"""What an estimator's `fit` is given: the matrix, patients, weights, rows to hold out.

Every estimator reads them here, so that one answer holds for all.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned, counted, few
from deepcme.cohort.people import cell_text, names_nobody
from deepcme.cohort.splits import RowIndex, draw_holdout


def read_data(estimator: BaseEstimator, X: Any, *y: Any, **checks: Any) -> Any:
    """The matrix, and the target if one is given, as `sklearn.utils.validation.validate_data`.

    Raises
    ------
    DeepCMEError
        If X has missing values, naming the first, with the way out.
    ValueError
        If it cannot be used for another reason, as scikit-learn says it.
    """
    try:
        return validate_data(estimator, X, *y, **checks)
    except ValueError as error:
        missing = pd.isna(np.asarray(X))
        if "X contains NaN" not in str(error) or missing.ndim != 2 or not missing.any():
            raise
        row, column = np.argwhere(missing)[0]
        sample = X.index[row] if isinstance(X, pd.DataFrame) else row
        gene = X.columns[column] if isinstance(X, pd.DataFrame) else column
        name = type(estimator).__name__
        raise DeepCMEError(
            f"{name} takes no missing values, and X holds {int(missing.sum()):,} (NaN), the "
            f"first of sample {sample}, gene {gene}. Fill them with each gene's median of the "
            f"training samples: sklearn.pipeline.make_pipeline(deepcme.MedianImputer(), "
            f"{name}())."
        ) from error


def named_by_gene(
    estimator: BaseEstimator, values: NDArray[Any], name: str
) -> NDArray[Any] | pd.Series:
    """A value of each gene: a Series by gene if X was a DataFrame, else as it is."""
    genes = getattr(estimator, "feature_names_in_", None)
    return values if genes is None else pd.Series(values, index=genes, name=name)


def read_groups(groups: ArrayLike | None, n: int) -> NDArray[np.str_]:
    """Patient of each row as text; a row without one is a patient of its own.

    Parameters
    ----------
    groups : array of shape (n,), optional
        Numbers or text; ``1``, ``1.0`` and ``"1 "`` are one patient. None, NaN, blank text
        and words such as ``unknown`` name nobody.
    n : int
        Rows of the matrix.

    Raises
    ------
    DeepCMEError
        If there is not one patient for each row.
    """
    if groups is None:
        return np.arange(n).astype(str)
    given = _vector(groups, "groups", dtype=object)
    if len(given) != n:
        raise DeepCMEError(
            f"groups holds {counted(len(given), 'patient')} for {counted(n, 'sample')}: give "
            "one for each sample."
        )
    return np.array([_patient(value, row) for row, value in enumerate(given)], dtype=str)


def _patient(value: Any, row: int) -> str:
    if not pd.api.types.is_scalar(value):
        raise DeepCMEError(f"groups must hold one patient for each sample, not {value!r}.")
    text = cleaned(cell_text(value))
    if not text or (isinstance(value, str) and names_nobody(text)):
        return f"\x00{row}"  # no cleaned text is called so
    return text


def read_sample_weight(
    sample_weight: ArrayLike | None, n: int, name: str = "sample_weight"
) -> NDArray[np.float32]:
    """Weight of each row; 1 where none is given.

    Parameters
    ----------
    sample_weight : float or array of shape (n,), optional
    n : int
        Rows of the matrix.
    name : str
        Of what is given, for messages.

    Raises
    ------
    DeepCMEError
        If there is not one for each row, or one is negative or not finite.
    """
    if sample_weight is None:
        return np.ones(n, dtype=np.float32)
    if isinstance(sample_weight, Real):
        sample_weight = np.full(n, sample_weight)
    weight = _vector(sample_weight, name, dtype=None)
    if weight.dtype == object and all(isinstance(value, Real) for value in weight):
        weight = weight.astype(np.float64)
    if weight.dtype.kind not in "biuf":
        raise DeepCMEError(f"{name} must hold numbers, one for each sample.")
    if len(weight) != n:
        raise DeepCMEError(
            f"{name} holds {counted(len(weight), 'weight')} for "
            f"{counted(n, 'sample')}: give one for each sample."
        )
    odd = ~((weight >= 0) & (weight <= np.finfo(np.float32).max))
    if odd.any():
        row = int(odd.argmax())
        raise DeepCMEError(
            f"{name} must be finite and 0 or more, not {weight[row]:g} as in row {row}."
        )
    return weight.astype(np.float32)


def read_validation_rows(validation_rows: ArrayLike, n: int) -> tuple[RowIndex, RowIndex]:
    """Rows to fit on and rows held out, each in ascending order.

    Parameters
    ----------
    validation_rows : array of bool, shape (n,), or of int
        A mask, or row numbers; negative ones count from the end.
    n : int
        Rows of the matrix.

    Raises
    ------
    DeepCMEError
        If they are neither, of another length, outside the matrix or named twice, or if
        no row or every row is held out.
    """
    rows = _vector(validation_rows, "validation_rows", dtype=None)
    kind = pd.api.types.infer_dtype(rows, skipna=False)
    if kind == "boolean":
        if len(rows) != n:
            raise DeepCMEError(
                f"validation_rows is a mask of {len(rows):,} for {counted(n, 'sample')}: give "
                "True or False for each sample."
            )
        held_out = rows.astype(bool)
    elif kind == "integer":
        held_out = _mask_of(rows, n)
    else:
        odd = [repr(row) for row in rows.tolist() if not isinstance(row, Integral)]
        raise DeepCMEError(
            "validation_rows must hold row numbers, or True or False for each sample, not "
            f"{odd[0] if odd else 'nothing'}."
        )
    n_held_out = int(held_out.sum())
    if n_held_out in (0, n):
        raise DeepCMEError(
            f"validation_rows holds out {'none' if n_held_out == 0 else 'all'} of "
            f"{counted(n, 'sample')}: hold out some, and leave some to fit on."
        )
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _mask_of(rows: NDArray[Any], n: int) -> NDArray[np.bool_]:
    outside = (rows < -n) | (rows >= n)
    if outside.any():
        raise DeepCMEError(
            f"validation_rows must lie between 0 and {n - 1}, or {-n} and -1 from the end, "
            f"not {rows[outside][0]}."
        )
    times = np.bincount(rows.astype(np.int64) % n, minlength=n)
    if times.max(initial=0) > 1:
        raise DeepCMEError(
            f"validation_rows names a row more than once: {few(np.flatnonzero(times > 1))}."
        )
    return times > 0


def _vector(values: ArrayLike, name: str, dtype: Any) -> NDArray[Any]:
    try:
        array = np.asarray(values, dtype=dtype)
    except ValueError as error:
        raise DeepCMEError(f"{name} must be one list of values.") from error
    if array.ndim != 1:
        raise DeepCMEError(f"{name} must be one list of values, not of shape {array.shape}.")
    return array


def hold_out(
    target: NDArray[Any],
    groups: ArrayLike | None,
    validation_rows: ArrayLike | None,
    fraction: float,
    random: np.random.Generator,
) -> tuple[RowIndex, RowIndex]:
    """Rows to fit on and rows held out: those named, or a share of the patients.

    Parameters
    ----------
    target : array of 0 and 1, shape (n,)
    groups : array of shape (n,), optional
        As in `read_groups`.
    validation_rows : array, optional
        As in `read_validation_rows`.
    fraction : float
        Share of the patients that is drawn where no rows are named.
    random : numpy.random.Generator

    Raises
    ------
    DeepCMEError
        If one of them cannot be used, a patient would be on both sides, or too few rows
        would be left on one.
    """
    n = len(target)
    patients = read_groups(groups, n)
    if validation_rows is None:
        fitted, held_out = draw_holdout(target, patients, fraction, random)
    else:
        fitted, held_out = read_validation_rows(validation_rows, n)
        if len(shared := np.intersect1d(patients[fitted], patients[held_out])):
            raise DeepCMEError(
                f"validation_rows puts {counted(len(shared), 'patient')} on both sides "
                f"({few(shared)}): hold out all samples of a patient, or none."
            )
    if len(fitted) < 2 or len(held_out) < 1:
        raise DeepCMEError(
            f"n_samples = {n} is too few: {len(fitted)} would be left to train on and "
            f"{len(held_out)} to validate on."
        )
    return fitted, held_out


def require_both_classes(
    target: NDArray[Any],
    fitted: RowIndex,
    held_out: RowIndex,
    weight: NDArray[np.float32] | None = None,
) -> None:
    """Refuse to fit where a class, or the rows held out, have no sample or no weight.

    Parameters
    ----------
    target : array of 0 and 1, shape (n,)
    fitted, held_out : ndarray of int64
        Rows.
    weight : ndarray of float32, shape (n,), optional

    Raises
    ------
    DeepCMEError
        Saying which.
    """
    for value, word in ((1, "positive"), (0, "negative")):
        of_class = fitted[target[fitted] == value]
        if not len(of_class):
            raise DeepCMEError(
                f"No sample of the {word} class is left to train on: hold out fewer of them."
            )
        if weight is not None and not weight[of_class].any():
            raise DeepCMEError(
                f"All samples of the {word} class to train on have a weight of zero: give "
                "some of them more."
            )
    if weight is not None and not weight[held_out].any():
        raise DeepCMEError(
            f"All {counted(len(held_out), 'sample')} to validate on have a weight of zero: "
            "give some of them more, or hold out others."
        )
