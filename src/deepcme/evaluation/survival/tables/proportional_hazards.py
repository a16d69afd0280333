"""Whether what Cox models predict of patients left out holds early and late."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.evaluation.survival.proportional_hazards import check_proportional_hazards
from deepcme.evaluation.survival.tables.evaluated import POSITION, Evaluation, Tested

_NUMBERS = ("trend", "ci_low", "ci_high", "chi2", "p_value")


def compute_proportional_hazards(evaluation: Evaluation, models: Sequence[str]) -> pd.DataFrame:
    """Test each model's mean out-of-fold log hazard as the only column of a Cox regression.

    A check of the model as it is used on new patients, not of its genes. It is approximate:
    a patient's log hazard was learned from the others, which the test does not know.

    Parameters
    ----------
    evaluation : Evaluation
    models : sequence of str
        Those whose scores are log hazards.

    Returns
    -------
    DataFrame
        Columns model, trend, ci_low, ci_high, chi2, p_value, n, events, said, absent: as
        `check_proportional_hazards` gives them, what it means in words, and why there is none.

    Raises
    ------
    AbsentError
        If there is no such model.
    """
    if not models:
        raise AbsentError("No model of this study is of the hazard.")
    return evaluation.tabulate(lambda tested: _check(tested, models))


def _check(tested: Tested, models: Sequence[str]) -> pd.DataFrame:
    follow_up = tested.patients.follow_up
    checked = []
    for model, rows in tested.by_model():
        if model not in models:
            continue
        mean = rows.groupby(POSITION)["score"].mean()
        column = f"what {model} predicts of patients left out"
        row = {"model": model, **dict.fromkeys(_NUMBERS, np.nan), "said": "", "absent": ""}
        try:
            found = check_proportional_hazards(
                mean.to_numpy(np.float64)[:, np.newaxis],
                follow_up.rows(mean.index.to_numpy()),
                [column],
            )
        except AbsentError as absent:
            row["absent"] = str(absent)
        else:
            row |= {name: found.tests[name].iloc[0] for name in _NUMBERS}
            row["said"] = found.sentence(column)
        checked.append({**row, "n": len(mean), "events": follow_up.n_events})
    return pd.DataFrame(checked)
