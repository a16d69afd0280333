"""Bootstrap of the AUC, within strata where a table names them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.evaluation.bootstrap import (
    PatientDraws,
    compute_mean_within_split,
    compute_weighted_auc,
    divide,
)
from deepcme.evaluation.predictions import STRATUM, FloatArray


def compute_mean_auc_draws(rows: pd.DataFrame, draws: PatientDraws) -> FloatArray:
    """Mean over splits of the AUC in every draw, within strata where the rows name them.

    Parameters
    ----------
    rows : DataFrame
        Columns `split, patient, label, score`, of one model; perhaps `stratum`.
    draws : PatientDraws
        A stratum whose patients lack a class in a draw is left out of it.
    """
    if STRATUM not in rows.columns:
        return compute_mean_within_split(rows, compute_weighted_auc, draws)
    values = np.stack(
        [_auc_within_draws(split, draws) for _, split in rows.groupby("split", observed=True)]
    )
    usable = ~np.isnan(values)
    return divide(np.where(usable, values, 0).sum(axis=0), usable.sum(axis=0).astype(float))


def _auc_within_draws(split: pd.DataFrame, draws: PatientDraws) -> FloatArray:
    concordant, cases = np.zeros(len(draws.counts)), np.zeros(len(draws.counts))
    for _, rows in split.groupby(STRATUM, observed=True):
        label = rows["label"].to_numpy(dtype=np.int64)
        weights = draws.weights(rows["patient"])
        auc = compute_weighted_auc(label, rows["score"].to_numpy(dtype=np.float64), weights)
        of_stratum = weights[:, label == 1].sum(axis=1)
        usable = ~np.isnan(auc)
        concordant += np.where(usable, auc * of_stratum, 0)
        cases += np.where(usable, of_stratum, 0)
    return divide(concordant, cases)
