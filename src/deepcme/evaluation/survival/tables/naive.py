"""What would be told if patients who were censored before the horizon were left out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import CENSORED
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.predictions import BooleanArray
from deepcme.evaluation.survival.at_horizon import (
    AtHorizon,
    compute_observed_expected_at_horizon,
    compute_observed_risk,
)
from deepcme.evaluation.survival.measured import AUC_AT_HORIZON
from deepcme.evaluation.survival.tables.evaluated import (
    POSITION,
    Evaluation,
    Tested,
    find_risks,
)
from deepcme.evaluation.survival.tables.within_parts import measure_model


def compute_naive_beside_weighted(evaluation: Evaluation) -> pd.DataFrame:
    """Risk, AUC and O/E of the labelled alone, beside those weighted for the censored.

    The labelled are those who had either event by the horizon or were followed to it. Left
    out are those censored before, of whom many would not have had the event: of the labelled
    too many have it. The predictions are the same in both columns.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    DataFrame
        A row for each model and measure (``risk``, ``auc``, ``observed_expected``): `model,
        measure, naive, weighted, n, n_known` (the labelled), `events`; and `left_out` first.

    Raises
    ------
    AbsentError
        If there is no horizon.
    """
    evaluation.require_horizon()
    return evaluation.tabulate(_compare)


def _compare(tested: Tested) -> pd.DataFrame:
    at = tested.patients.require()
    follow_up = at.follow_up
    known = (follow_up.times >= at.horizon) | (follow_up.events != CENSORED)
    rows = []
    for model, of_model in tested.by_model():
        found = {
            "risk": (float(at.is_case[known].mean()), float(compute_observed_risk(at)[0])),
            "auc": (
                _naive_auc(of_model, at, known),
                float(measure_model(tested, model, of_model, AUC_AT_HORIZON).of_splits.mean()),
            ),
            "observed_expected": _ratios(of_model, at, known),
        }
        counts = follow_up.n, int(known.sum()), at.n_cases
        rows += [(model, measure, *both, *counts) for measure, both in found.items()]
    columns = ["model", "measure", "naive", "weighted", "n", "n_known", "events"]
    return pd.DataFrame(rows, columns=columns)


def _naive_auc(rows: pd.DataFrame, at: AtHorizon, known: BooleanArray) -> float:
    values = []
    for _, part in rows.groupby("split", observed=True):
        inside = part[known[part[POSITION]]]
        label = at.is_case[inside[POSITION]].astype(np.int64)
        scores = inside["score"].to_numpy(np.float64)
        if np.isfinite(scores).all():
            values.append(compute_weighted_auc(label, scores, np.ones((1, len(label))))[0])
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _ratios(rows: pd.DataFrame, at: AtHorizon, known: BooleanArray) -> tuple[float, float]:
    try:
        positions, risks = find_risks(rows)
    except AbsentError:
        return np.nan, np.nan
    of_known = known[positions]
    expected = risks[of_known].mean() if of_known.any() else 0.0
    observed = at.is_case[positions[of_known]].mean() if expected > 0 else np.nan
    weighted = compute_observed_expected_at_horizon(at.rows(positions), risks)[0]
    return float(observed / expected) if expected > 0 else np.nan, float(weighted)
