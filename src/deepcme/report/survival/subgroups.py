"""Groups of patients in a study of times: their table, as the section of groups shows it."""

from __future__ import annotations

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.evaluation.probabilities.utility import choose_main_threshold
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.evaluation.survival.tables.subgroups import (
    compute_risk_of_all,
    compute_survival_subgroups,
)
from deepcme.report.section import Contents

NOTE = (
    "C: Uno's, of pairs of patients of the same "
    "level and test part of whom it is known who had the event first, the share in which that "
    "one had the higher score; 95% intervals by bootstrap of patients (t, logit scale). O/E: "
    "the risk observed by the horizon in the level (Kaplan-Meier, or Aalen and Johansen's "
    "where there is a competing event) over the mean recalibrated one; 95% intervals of the "
    "same draws (t, log scale). Censoring is estimated in each level."
)


def make_subgroups(
    contents: Contents, levels: pd.DataFrame, models: list[str | None]
) -> pd.DataFrame:
    """The table of levels of some models, of what the study has."""
    results = contents.results
    return compute_survival_subgroups(
        _only(results.evaluation, models),
        levels,
        recalibrated=_recalibrated(contents, models),
        threshold=_find_threshold(contents),
    )


def _only(evaluation: Evaluation, models: list[str | None]) -> Evaluation:
    rows = evaluation.predictions
    return evaluation.with_predictions(rows[rows["model"].isin(models)])


def _recalibrated(contents: Contents, models: list[str | None]) -> Evaluation | None:
    """None without a horizon, or where no model has a line that its risks rise with."""
    try:
        found = _only(contents.results.recalibrated_evaluation, models)
    except AbsentError:
        return None
    return None if found.predictions.empty else found


def _find_threshold(contents: Contents) -> float | None:
    results = contents.results
    try:
        risk = compute_risk_of_all(results.evaluation)
    except AbsentError:
        return None
    return choose_main_threshold(results.study.decisions.thresholds, risk)
