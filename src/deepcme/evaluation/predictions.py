"""The predictions table that a study leaves behind, and the checks on what is taken from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import EVENT
from deepcme.cohort.survival import SurvivalOutcome

FloatArray = NDArray[np.float64]
IntegerArray = NDArray[np.int64]
BooleanArray = NDArray[np.bool_]

COLUMNS = ("split", "model", "sample", "patient", "part", "label", "score")
"""Columns every predictions table has; `probability` joins them where a model gives one.

In that of a study of times to an event `time` and `event` stand for `label`.
"""
_OF_TIMES = SurvivalOutcome.columns

LEFT_OUT = "left_out"
"""Column of a study that leaves cohorts out: the one that is the split's test part."""

STRATUM = "stratum"
"""Column of a study with strata: the level, such as a batch, that a row is ranked within."""


def check_predictions(predictions: pd.DataFrame) -> None:
    """Raise `DeepCMEError` if a column is missing or the table has no row."""
    of_times = set(_OF_TIMES) <= {*predictions.columns}
    known = {*predictions.columns, *(["label"] if of_times else [])}
    missing = [column for column in COLUMNS if column not in known]
    if missing:
        raise DeepCMEError(f"The predictions table lacks the columns: {', '.join(missing)}.")
    if predictions.empty:
        raise DeepCMEError("The predictions table has no row.")


def select_part(predictions: pd.DataFrame, part: str) -> pd.DataFrame:
    """Rows of one part (train, validation or test), of all models and splits.

    Raises
    ------
    DeepCMEError
        If the table is not a predictions table or holds no row of this part.
    """
    check_predictions(predictions)
    rows = predictions.loc[predictions["part"] == part]
    if rows.empty:
        raise DeepCMEError(f"The predictions table has no row of the {part} part.")
    return rows


def select_model(rows: pd.DataFrame, model: str) -> pd.DataFrame:
    """Rows of one model.

    Raises
    ------
    DeepCMEError
        If there is none; the sentence names the models that there are.
    """
    chosen = rows.loc[rows["model"] == model]
    if chosen.empty:
        known = ", ".join(sorted(rows["model"].unique()))
        raise DeepCMEError(f"There is no prediction of the model {model!r}, only of: {known}.")
    return chosen


def select_probabilities(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the models that give probabilities.

    Raises
    ------
    DeepCMEError
        If no model does, or one does for some of its rows only.
    """
    if "probability" not in rows.columns or rows["probability"].isna().all():
        raise AbsentError("No model in the predictions table gives probabilities.")
    missing = rows["probability"].isna().groupby(rows["model"], observed=True).mean()
    for model in missing.index[(missing > 0) & (missing < 1)]:
        raise DeepCMEError(f"The model {model!r} gives probabilities for some rows only.")
    return rows.loc[rows["probability"].notna()]


def compute_by_cohort(
    rows: pd.DataFrame, compute: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """A table computed of all rows, or of those of each cohort left out, which it then names.

    Errors of opposite sign in two cohorts must not cancel.
    """
    return compute_by(LEFT_OUT, rows, compute) if LEFT_OUT in rows.columns else compute(rows)


def compute_by(
    column: str, rows: pd.DataFrame, compute: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """A table computed of the rows of each value of a column, which stands first in it."""
    tables = []
    for value, of_value in rows.groupby(column, sort=False, observed=True):
        table = compute(of_value)
        table.insert(0, column, value)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def count_rows(rows: pd.DataFrame) -> dict[str, int]:
    """Numbers of distinct samples, positive samples, patients and splits."""
    return {**count_samples(rows), "n_splits": rows["split"].nunique()}


def count_samples(rows: pd.DataFrame) -> dict[str, int]:
    """Numbers of distinct samples, positive samples and patients."""
    samples = rows.drop_duplicates("sample")
    return {
        "n": len(samples),
        "events": int(events_of(samples).sum()),
        "n_patients": rows["patient"].nunique(),
    }


def outcome_columns(rows: pd.DataFrame) -> list[str]:
    """What the outcome is told by in a table: labels, or times and events."""
    return ["label"] if "label" in rows.columns else [*_OF_TIMES]


def events_of(rows: pd.DataFrame) -> pd.Series[bool]:
    """Which rows are of samples with the event, whenever it came."""
    return (rows["label"] if "label" in rows.columns else rows["event"]) == EVENT


def as_labels(labels: ArrayLike) -> IntegerArray:
    """Labels as integers, with at least one 0 and one 1.

    Raises
    ------
    DeepCMEError
        If a label is neither 0 nor 1, or all are the same.
    """
    label = np.asarray(labels)
    if not np.isin(label, (0, 1)).all():
        raise DeepCMEError("Labels must be 0 or 1.")
    if label.size == 0 or label.min() == label.max():
        raise DeepCMEError(
            f"Both classes are needed, but {int(label.sum())} of {label.size} labels "
            "are positive."
        )
    return label.astype(np.int64)


def as_labels_and_scores(
    labels: ArrayLike, scores: ArrayLike
) -> tuple[IntegerArray, FloatArray]:
    """Labels and the finite scores that belong to them.

    Raises
    ------
    DeepCMEError
        If their lengths differ, a score is missing or infinite, or the labels
        are not 0 and 1 with at least one of both.
    """
    score = np.asarray(scores, dtype=np.float64)
    label = as_labels(labels)
    if score.shape != label.shape:
        raise DeepCMEError(f"There are {label.size} labels but {score.size} scores.")
    if not np.isfinite(score).all():
        raise DeepCMEError("Scores must be finite numbers.")
    return label, score


def as_labels_and_probabilities(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[IntegerArray, FloatArray]:
    """Labels and the probabilities that belong to them.

    Raises
    ------
    DeepCMEError
        As `as_labels_and_scores`, and if a probability is outside 0 to 1.
    """
    label, probability = as_labels_and_scores(labels, probabilities)
    if probability.min() < 0 or probability.max() > 1:
        raise DeepCMEError("Probabilities must lie between 0 and 1.")
    return label, probability


def with_strata(
    predictions: pd.DataFrame, samples: Iterable[str], levels: Iterable[str] | None
) -> pd.DataFrame:
    """The predictions with the stratum of each sample; as they are without levels.

    Parameters
    ----------
    predictions : DataFrame
        With a column `sample`.
    samples, levels : iterable of str
        Samples of the cohort, and the level of each.
    """
    if levels is None:
        return predictions
    of_sample = dict(zip(samples, levels, strict=True))
    return predictions.assign(**{STRATUM: predictions["sample"].map(of_sample)})


def compute_rank_shares(test: pd.DataFrame) -> pd.Series[float]:
    """Rank of each score within its test part, (rank - 0.5) / size, from 0 to 1.

    In a table with strata it is the rank within the stratum of the part.
    """
    parts = ["split", STRATUM] if STRATUM in test.columns else ["split"]
    scores = test.groupby(parts, observed=True)["score"]
    return (scores.rank() - 0.5) / scores.transform("size")
