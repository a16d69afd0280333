"""Predictions of fits, and the metrics made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.outcome import Outcome
from deepcme.cohort.splits import PARTS, Split
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.measures import PatientMeasure, SplitMeasure, measures_of
from deepcme.evaluation.over_patients import compute_metrics_over_patients
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.tables.metrics import compute_survival_metrics
from deepcme.study.fit import Fit, Results, TaskResult
from deepcme.study.resolved import Study

METRICS = "metrics.csv"
METRIC_COLUMNS = ("split", "model", "part", "metric", "value", "chance", "n", "events")


def compute_predictions(cohort: Cohort, results: Results[Fit]) -> pd.DataFrame:
    """One row per split, model and sample; a model without probabilities has none.

    Where cohorts are left out, `left_out` names the one that is the test part. A model
    fitted on training and validation part alike has two rows of each of their samples:
    `train` by the final fit, `validation` by a fit that did not see the patient.
    """
    return concatenate(
        [predictions_of(cohort, task, result, task.model.name) for task, result in results]
    )


def predictions_of(
    cohort: Cohort, task: Fit, result: TaskResult, model: str, outcome: Outcome | None = None
) -> pd.DataFrame:
    """One row per sample of each part of a task's split, as `compute_predictions` has them.

    The outcome is the cohort's unless another stands for it.
    """
    parts, rows, score, probability = _by_part(task, result)
    columns = (outcome or cohort.outcome).values
    table = pd.DataFrame(
        {
            "split": task.split_number,
            "model": model,
            "sample": cohort.samples[rows],
            "patient": cohort.patients[rows],
            "part": parts,
            **{name: values[rows] for name, values in columns.items()},
            "score": score,
            "probability": np.nan if probability is None else probability,
        }
    )
    return _naming_left_out(table, task.split)


def members_of(cohort: Cohort, task: Fit, result: TaskResult) -> pd.DataFrame:
    """One row per member of a committee and sample of the validation and test part.

    As in the committee's predictions, the validation part is all that it was fitted on, scored
    by members that did not see the patient. A member has the name of its model.
    """
    assert result.member_scores is not None
    names = task.model.kind.make(task.model.parameters, None).members
    n_fitted, n_test = len(result.rows) - len(task.split.test), len(task.split.test)
    parts = np.repeat(np.array(PARTS[1:], dtype=object), [n_fitted, n_test])
    rows, n_members = np.tile(result.rows, len(names)), len(names)
    table = pd.DataFrame(
        {
            "split": task.split_number,
            "model": task.model.name,
            "member": np.repeat(np.array(names, dtype=object), len(result.rows)),
            "sample": cohort.samples[rows],
            "patient": cohort.patients[rows],
            "part": np.tile(parts, n_members),
            **{name: values[rows] for name, values in cohort.outcome.values.items()},
            "score": result.member_scores.T.ravel(),
        }
    )
    return _naming_left_out(table, task.split)


def predictions_of_scores(
    cohort: Cohort, split_number: int, split: Split, model: str, scores: np.ndarray
) -> pd.DataFrame:
    """The same of a score of every sample of the cohort, which no model of the study gave.

    Parameters
    ----------
    cohort : Cohort
    split_number : int
    split : Split
    model : str
        The name that it has among the models.
    scores : ndarray, one per sample
        Higher is worse; there is no probability.
    """
    parts = [*split.parts()]
    rows = np.concatenate([of for _, of in parts])
    table = pd.DataFrame(
        {
            "split": split_number,
            "model": model,
            "sample": cohort.samples[rows],
            "patient": cohort.patients[rows],
            "part": np.repeat([name for name, _ in parts], [len(of) for _, of in parts]),
            **{name: values[rows] for name, values in cohort.outcome.values.items()},
            "score": scores[rows],
            # Of the narrowest kind, so that the column stays as the models have it.
            "probability": np.float32("nan"),
        }
    )
    return _naming_left_out(table, split)


def _naming_left_out(table: pd.DataFrame, split: Split) -> pd.DataFrame:
    return table if split.left_out is None else table.assign(**{LEFT_OUT: split.left_out})


def _by_part(
    task: Fit, result: TaskResult
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Part, cohort's row, score and probability of each row of the predictions table."""
    if result.oof_score is None:
        sizes = [len(rows) for _, rows in task.split.parts()]
        parts = np.repeat(np.array(PARTS, dtype=object), sizes)
        return parts, result.rows, result.score, result.probability
    n_fitted, n_test = len(result.oof_score), len(task.split.test)
    parts = np.repeat(np.array(PARTS, dtype=object), [n_fitted, n_fitted, n_test])
    rows = np.concatenate([result.rows[:n_fitted], result.rows])
    score = _with_held_out(result.score, result.oof_score)
    if SurvivalOutcome.kind not in task.model.kind.outcomes:
        return parts, rows, score, expit(score)
    # The score of a Cox model is no logit.
    if result.probability is None or result.oof_probability is None:
        return parts, rows, score, None
    return parts, rows, score, _with_held_out(result.probability, result.oof_probability)


def _with_held_out(values: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Of the rows fitted on, then of the same by fits without them, then of the test part."""
    return np.concatenate([values[: len(held_out)], held_out, values[len(held_out) :]])


def concatenate(tables: Sequence[pd.DataFrame], columns: tuple[str, ...] = ()) -> pd.DataFrame:
    """Tables under each other; none give an empty table of these columns."""
    if not tables:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(tables, ignore_index=True)


def compute_metrics_of(
    study: Study, predictions: pd.DataFrame, censoring: pd.DataFrame | None
) -> pd.DataFrame:
    """Measures of a study's predictions, of labels or of times to an event.

    Parameters
    ----------
    study : Study
    predictions : DataFrame
    censoring : DataFrame, optional
        Column `sample`, and numbers that censoring depends on.
    """
    if study.survival is None:
        return compute_metrics_table(predictions)
    columns = None if censoring is None else censoring.set_index("sample")
    table = compute_survival_metrics(predictions, study.survival.horizon, columns=columns)
    return table.astype({"split": "Int64"})


def compute_metrics_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """Measures of the scores of every model, each beside the level of chance.

    Such as the AUC has a row for each split and part; such as the PR-AUC has one, over the
    tested patients by their mean out-of-fold prediction, and no split. `left_out` is there
    where cohorts are left out.
    """
    of_splits = [
        compute_metrics(predictions, measure).assign(chance=measure.chance)
        for measure in measures_of(SplitMeasure)
    ]
    if LEFT_OUT in predictions.columns:
        cohort = predictions.drop_duplicates("split").set_index("split")[LEFT_OUT]
        of_splits = [of.assign(**{LEFT_OUT: of["split"].map(cohort)}) for of in of_splits]
    over_patients = [
        compute_metrics_over_patients(predictions, measure)
        for measure in measures_of(PatientMeasure)
    ]
    table = pd.concat([*of_splits, *over_patients], ignore_index=True)
    columns = [*METRIC_COLUMNS, *table.columns.intersection([LEFT_OUT])]
    return table.astype({"split": "Int64"})[columns]
