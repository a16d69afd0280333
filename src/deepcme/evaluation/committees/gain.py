"""How much better a committee tells positive from negative patients than its best member."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from deepcme.evaluation.bootstrap import DEFAULT_DRAWS
from deepcme.evaluation.committees.members import (
    compute_member_correlations,
    join_members,
    name_members,
    tabulate_gain,
)
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.measures import AUC
from deepcme.evaluation.paired import compute_paired_difference
from deepcme.evaluation.predictions import LEFT_OUT, compute_by_cohort, select_model


def compute_committee_gain(
    predictions: pd.DataFrame,
    members: pd.DataFrame,
    committee: str,
    random: np.random.Generator,
    draws: int = DEFAULT_DRAWS,
) -> pd.DataFrame:
    """Mean test AUC of a committee and of each of its members, and what it is above theirs.

    Each difference is on the same patients and splits (`compute_paired_difference`): the
    corrected resampled t-test, or a bootstrap of patients where cohorts are left out. Which
    member is best is known of the same test parts, as nobody knows it beforehand. The largest
    of some means is as a rule above the mean of the model that is best in truth: the
    committee's gain over the best member is rather too small than too large, and an interval
    of it above 0 may be taken at its word, one below 0 not [1]_.

    Parameters
    ----------
    predictions : DataFrame
        The study's, of labels; as in `compute_discrimination`.
    members : DataFrame
        As `join_members` takes them.
    committee : str
    random : numpy.random.Generator
        With that of a study's discrimination, the committee's interval is the one there.
    draws : int

    Returns
    -------
    DataFrame
        A row for the committee, then one for each member, in each cohort left out:
        `committee, left_out, model, best, measure, value, ci_low, ci_high, n, events,
        n_splits, difference` (the committee less the member), `difference_low,
        difference_high, interval, correlation` (the mean of a member's with the others).

    Raises
    ------
    DeepCMEError
        As `join_members` and `compute_discrimination`.

    References
    ----------
    .. [1] Boulesteix AL, Strobl C (2009). Optimal classifier selection and negative bias in
       error rate estimation: an empirical study on high-dimensional prediction.
       BMC Medical Research Methodology 9:85.
    """
    rows = join_members(predictions, members, committee)
    names = name_members(rows, committee)
    found = compute_discrimination(rows, random, draws, refitted=[committee, *names])
    values = found.rename(columns={"auc": "value"}).assign(measure=AUC.name)
    keys = [name for name in (LEFT_OUT, "model") if name in values]
    columns = ["measure", "value", "ci_low", "ci_high", "n", "events", "n_splits"]
    differences = compute_by_cohort(
        rows, partial(_differences, committee=committee, random=random, draws=draws)
    )
    correlations = compute_member_correlations(rows, committee)
    return tabulate_gain(values[[*keys, *columns]], differences, correlations, committee)


def _differences(
    rows: pd.DataFrame, committee: str, random: np.random.Generator, draws: int
) -> pd.DataFrame:
    own, names = select_model(rows, committee), name_members(rows, committee)
    found = []
    for name in names:
        paired = compute_paired_difference(
            own, select_model(rows, name), random, refitted=[committee, name], draws=draws
        )
        found.append(
            {
                "model": name,
                "difference": paired.difference,
                "difference_low": max(paired.ci_low, -1.0),
                "difference_high": min(paired.ci_high, 1.0),
                "interval": paired.interval,
            }
        )
    return pd.DataFrame(found)
