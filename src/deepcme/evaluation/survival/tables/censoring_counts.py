"""How many evaluated patients were censored before the horizon, and whose weights were cut."""

from __future__ import annotations

import pandas as pd

from deepcme.evaluation.survival.censoring import HIGHEST_WEIGHT, compute_censoring_weights
from deepcme.evaluation.survival.tables.evaluated import Evaluation, Tested


def compute_censoring_counts(evaluation: Evaluation) -> pd.DataFrame:
    """Censored patients of the tested ones, and the weights of those known at the horizon.

    Returns
    -------
    DataFrame
        Columns n, n_censored, n_capped, highest (the largest weight), events (by the horizon).

    Raises
    ------
    AbsentError
        If there is no horizon, or it is refused.
    """
    evaluation.require_horizon()
    return evaluation.tabulate(_count)


def _count(tested: Tested) -> pd.DataFrame:
    at = tested.patients.require()
    counted = compute_censoring_weights(
        at.follow_up, at.horizon, reference=at.censoring, columns=at.columns, weights=at.counts
    )
    return pd.DataFrame(
        {
            "n": [at.follow_up.n],
            "n_censored": counted.n_censored,
            "n_capped": int(counted.n_capped[0]),
            "highest": min(float(counted.weights[0].max()), HIGHEST_WEIGHT),
            "events": at.n_cases,
        }
    )
