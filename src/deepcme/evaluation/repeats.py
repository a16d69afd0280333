"""How much of a mean over test parts is the luck of drawing them."""

from __future__ import annotations

import numpy as np
import pandas as pd


def compute_monte_carlo_error(rows: pd.DataFrame, value_of_split: pd.Series[float]) -> float:
    """Standard error that the draws of the test parts leave in a mean over them [1]_.

    The deviation of the repeats' means over the root of their number: how far the mean
    would move if the same patients were divided anew. It says nothing of other patients.

    Parameters
    ----------
    rows : DataFrame
        Test rows of one model, columns `split` and `sample`. Folds are known by their
        samples: those that divide all samples between them are one repeat. Of any other
        design each split is a repeat of its own.
    value_of_split : Series
        A value for each split, by its number.

    Returns
    -------
    float
        NaN where there is one repeat only.

    References
    ----------
    .. [1] Koehler E, Brown E, Haneuse S (2009). On the assessment of Monte Carlo error
       in simulation-based statistical analyses. The American Statistician 63:155-162.
    """
    means = value_of_split.groupby(_repeat_of_split(rows)).mean()
    return float(means.std(ddof=1) / np.sqrt(len(means)))


def _repeat_of_split(rows: pd.DataFrame) -> pd.Series[int]:
    """Number of each split's repeat, by the split's number."""
    tested_before = rows.sort_values("split", kind="stable").groupby("sample").cumcount()
    earlier = tested_before.groupby(rows["split"]).agg(["min", "max"])
    divides_all = rows["sample"].value_counts().nunique() == 1
    if divides_all and (earlier["min"] == earlier["max"]).all():
        return earlier["min"]
    return pd.Series(earlier.index, index=earlier.index)
