"""Difference in AUC of one model between two studies of the same patients."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from deepcme.evaluation.bootstrap import DEFAULT_DRAWS, draw_patients
from deepcme.evaluation.comparison import compute_corrected_t_test, compute_test_to_train_ratio
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL
from deepcme.evaluation.over_splits import compute_mean_draws, compute_metrics
from deepcme.evaluation.predictions import LEFT_OUT, FloatArray
from deepcme.evaluation.refitting import (
    compute_refit_inflation,
    count_rarer_in_part,
    select_training_rows,
)

SAME_SPLITS = "corrected t, same splits"
PATIENT_BOOTSTRAP = "patient bootstrap"


@dataclass(frozen=True)
class PairedDifference:
    """A difference in mean test AUC with its 95% interval, and how this was made."""

    difference: float
    ci_low: float
    ci_high: float
    interval: str


def compute_paired_difference(
    predictions: pd.DataFrame,
    other: pd.DataFrame,
    random: np.random.Generator,
    *,
    refitted: Collection[str] = (),
    draws: int = DEFAULT_DRAWS,
) -> PairedDifference:
    """Mean test AUC of one model in a study, less that in another study.

    Where both tested the same rows in every split, Nadeau and Bengio's corrected t-test
    over the splits. Else patients are drawn once for both studies, and the standard
    error of the difference is widened as `compute_auc_interval` does, by the larger of
    the two factors, with Student's t.

    Parameters
    ----------
    predictions, other : DataFrame
        Rows of one model, or of one cohort left out, in each study: `split, model, sample,
        patient, part, label, score`.
    random : numpy.random.Generator
    refitted : collection of str
        Models that are fitted on the validation part as well.
    draws : int

    Returns
    -------
    PairedDifference
    """
    auc, other_auc = (_auc_by_split(rows) for rows in (predictions, other))
    # Another cohort's patients are a population of their own: no sample of splits.
    of_one_population = LEFT_OUT not in predictions.columns
    # A test part none of whose strata holds both classes has no AUC.
    differences = (auc - other_auc).dropna()
    is_paired = of_one_population and _test_rows(predictions) == _test_rows(other)
    if is_paired and len(differences) > 1:
        ratio = max(
            compute_test_to_train_ratio(rows, refitted) for rows in (predictions, other)
        )
        test = compute_corrected_t_test(differences, ratio)
        return PairedDifference(test.difference, test.ci_low, test.ci_high, SAME_SPLITS)
    return compute_bootstrap_difference(
        predictions, other, random, refitted=refitted, draws=draws
    )


def compute_bootstrap_difference(
    predictions: pd.DataFrame,
    other: pd.DataFrame,
    random: np.random.Generator,
    *,
    refitted: Collection[str] = (),
    draws: int = DEFAULT_DRAWS,
) -> PairedDifference:
    """The difference of `compute_paired_difference` by patient bootstrap, whatever was tested.

    Patients are drawn once for both, and so paired. Training rows may be missing.
    """
    aucs = [float(_auc_by_split(rows).mean()) for rows in (predictions, other)]
    difference = aucs[0] - aucs[1]
    half_width = _bootstrap_half_width([predictions, other], aucs, refitted, random, draws)
    return PairedDifference(
        difference, difference - half_width, difference + half_width, PATIENT_BOOTSTRAP
    )


def _bootstrap_half_width(
    studies: list[pd.DataFrame],
    aucs: list[float],
    refitted: Collection[str],
    random: np.random.Generator,
    draws: int,
) -> float:
    tests = [rows[rows["part"] == "test"] for rows in studies]
    patients = draw_patients(pd.concat(tests), draws, random, stratified=True)
    if patients.n_rarer_class < 2:
        return np.nan
    drawn: list[FloatArray] = [compute_mean_draws(test, patients) for test in tests]
    inflation = max(
        compute_refit_inflation(test, select_training_rows(rows, refitted), auc)
        for test, rows, auc in zip(tests, studies, aucs, strict=True)
    )
    k = max(min(count_rarer_in_part(test) for test in tests), 2.0)
    quantile = stats.t.ppf((1 + CONFIDENCE_LEVEL) / 2, patients.n_rarer_class - 1)
    return float(quantile * np.sqrt(inflation * k / (k - 1)) * np.nanstd(drawn[0] - drawn[1]))


def _auc_by_split(predictions: pd.DataFrame) -> pd.Series[float]:
    auc = compute_metrics(predictions[predictions["part"] == "test"])
    return auc.set_index("split")["value"].sort_index()


def _test_rows(predictions: pd.DataFrame) -> dict[Hashable, frozenset[str]]:
    test = predictions[predictions["part"] == "test"]
    return {split: frozenset(rows) for split, rows in test.groupby("split")["sample"]}
