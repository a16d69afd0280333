"""PR-AUC over patients, each by its mean out-of-fold prediction, and that of chance.

Within a test part of 38 samples the PR-AUC of any model is inflated, and that of chance is
far above the prevalence: a mean over such parts estimates nothing. Over all
patients at once the inflation is small, and the level of chance is known.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.evaluation.bootstrap import (
    PatientDraws,
    compute_logit_interval,
    compute_weighted_pr_auc,
)
from deepcme.evaluation.metrics import compute_pr_auc
from deepcme.evaluation.predictions import (
    as_labels_and_scores,
    compute_by_cohort,
    compute_rank_shares,
    select_part,
)

_DECIMALS = 12
_COLUMNS = ("model", "part", "metric", "value", "chance", "n", "events")


def compute_chance_pr_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Expected average precision of such scores if their order had nothing to do with labels.

    Of k positives among n distinct scores it is (k - 1) / (n - 1) + H(n) / n *
    (1 - (k - 1) / (n - 1)), H(n) being the n-th harmonic number [1]_: above the
    prevalence k / n, and the more so the smaller n is. Samples of equal score are called
    positive together, and the expectation is taken over these groups; if all
    scores are equal, it is the prevalence.

    Parameters
    ----------
    labels : array of 0 and 1
    scores : array
        Only their ties matter.

    Returns
    -------
    float
        Above 0, up to 1.

    Raises
    ------
    DeepCMEError
        As in `compute_auc`.

    References
    ----------
    .. [1] Bestgen Y (2015). Exact expected average precision of the random baseline
       for system evaluation. The Prague Bulletin of Mathematical Linguistics 103:131-138.
    """
    label, score = as_labels_and_scores(labels, scores)
    n, k = label.size, int(label.sum())
    _, sizes = np.unique(-score, return_counts=True)
    called = np.cumsum(sizes)
    # Two positives of a group and of those called: of one sample, or of two different ones.
    precision = (1 + (called - 1) * (k - 1) / (n - 1)) / called
    return float((sizes * precision).sum() / n)


def average_over_splits(test: pd.DataFrame) -> pd.DataFrame:
    """Mean out-of-fold prediction of each patient, on a scale that all fits share.

    Scores of different fits are not on one scale: of some models they are margins,
    of others probabilities, sharper in one split than in the next. So every score is
    replaced by its rank within its test part, (rank - 0.5) / size, and these are
    averaged over all splits that tested the patient and all of its samples. In a table
    with strata the rank is that within the stratum, so that without a signal in any of
    them it has nothing to do with the label, however their prevalences differ.

    Parameters
    ----------
    test : DataFrame
        Columns `split, patient, label, score`, of one model; perhaps `stratum`.

    Returns
    -------
    DataFrame
        One row for each patient: `patient, label, score`; a patient is positive if
        any of its samples is.
    """
    patients = test.assign(score=compute_rank_shares(test)).groupby("patient", observed=True)
    table = patients.agg(label=("label", "max"), score=("score", "mean")).reset_index()
    # Means that differ by rounding alone are ties.
    return table.assign(score=table["score"].round(_DECIMALS))


def compute_patient_pr_auc(rows: pd.DataFrame, draws: PatientDraws) -> dict[str, float]:
    """PR-AUC of one model over patients, with its interval and that of chance.

    Parameters
    ----------
    rows : DataFrame
        Its test rows: `split, patient, label, score`.
    draws : PatientDraws
        Not stratified: the PR-AUC depends on the prevalence.

    Returns
    -------
    dict
        `pr_auc, pr_auc_ci_low, pr_auc_ci_high, pr_auc_chance`; the interval is that of
        `compute_logit_interval`, the patients' mean predictions being taken as they are.
    """
    patients = average_over_splits(rows)
    label, score = patients["label"].to_numpy(np.int64), patients["score"].to_numpy(np.float64)
    drawn = compute_weighted_pr_auc(label, score, draws.weights(patients["patient"]))
    value = compute_pr_auc(label, score)
    ci_low, ci_high = compute_logit_interval(value, drawn, draws.n_rarer_class)
    return {
        "pr_auc": value,
        "pr_auc_ci_low": ci_low,
        "pr_auc_ci_high": ci_high,
        "pr_auc_chance": compute_chance_pr_auc(label, score),
    }


def compute_pr_auc_by_model(predictions: pd.DataFrame) -> pd.DataFrame:
    """PR-AUC of every model over all tested patients.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`.

    Returns
    -------
    DataFrame
        Columns `model, part, metric, value, chance, n, events`, counting patients;
        and `left_out`, where every cohort left out is judged by itself. There is no
        row where all patients are of one class.

    Raises
    ------
    DeepCMEError
        If there is no test row.
    """
    test = select_part(predictions, "test")
    return compute_by_cohort(test, _pr_auc_of_models)


def _pr_auc_of_models(test: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for model, of_model in test.groupby("model", sort=False, observed=True):
        patients = average_over_splits(of_model)
        label, score = patients["label"], patients["score"]
        if label.nunique() < 2:
            continue
        rows.append(
            {
                "model": model,
                "part": "test",
                "metric": "pr_auc",
                "value": compute_pr_auc(label, score),
                "chance": compute_chance_pr_auc(label, score),
                "n": len(patients),
                "events": int(label.sum()),
            }
        )
    return pd.DataFrame(rows, columns=list(_COLUMNS))
