"""How patients of low, middle and high predicted risk fared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.evaluation.predictions import LEFT_OUT, FloatArray
from deepcme.evaluation.survival.cumulative_incidence import (
    compute_cumulative_incidence,
    compute_risk,
)
from deepcme.evaluation.survival.kaplan_meier import (
    compute_kaplan_meier,
    compute_numbers_at_risk,
)
from deepcme.evaluation.survival.tables.evaluated import POSITION, Evaluation, Tested

GROUPS = ("lowest", "middle", "highest")
SURVIVAL, RISK = "survival", "risk"
_CUTS = (1 / 3, 2 / 3)
_ROUNDING = 9


def compute_risk_groups(evaluation: Evaluation) -> pd.DataFrame:
    """The third of predicted risk that each patient belongs to, by every model.

    In each split a patient's place is the share of scores below his among those that the
    same model gave patients of the training data whom it was not fitted on: its validation
    rows, which are out of fold for a model that is fitted on both parts. (Scores of patients
    whom a model was fitted on lie farther apart than those of others.) His group is that
    of the median of his places over the splits that tested him, cut at one and two thirds:
    no tested patient has a say in the cuts, and the groups need not be of equal size.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    DataFrame
        A row for each model and patient: `model, patient, place, group` (``lowest``,
        ``middle``, ``highest``, in order), `time, event`; and `left_out` first.

    Raises
    ------
    AbsentError
        If no model has scores that can be placed.
    """
    return evaluation.tabulate(_group)


def _group(tested: Tested) -> pd.DataFrame:
    tables = [
        _group_by_model(tested, rows, tested.predictions[tested.predictions["model"] == model])
        for model, rows in tested.by_model()
        if np.isfinite(rows["score"]).all()
    ]
    if not tables:
        raise AbsentError("There are no risk groups: no model has finite scores of all rows.")
    return pd.concat(tables, ignore_index=True)


def _group_by_model(
    tested: Tested, rows: pd.DataFrame, predictions: pd.DataFrame
) -> pd.DataFrame:
    reference = predictions[predictions["part"] == "validation"]
    if reference.empty:
        reference = predictions[predictions["part"] == "train"]
    by_split = dict(iter(reference.groupby("split", observed=True)["score"]))
    places = [
        pd.Series(_place(part["score"], by_split[split]), index=part[POSITION])
        for split, part in rows.groupby("split", observed=True)
        if split in by_split
    ]
    if not places:
        raise AbsentError(
            "There are no risk groups: no row but those of test parts has a score."
        )
    # Means that differ by rounding alone are ties.
    median = pd.concat(places).groupby(level=0).median().round(_ROUNDING)
    follow_up = tested.patients.follow_up.rows(median.index.to_numpy())
    third = np.searchsorted(_CUTS, median.to_numpy(), side="left")
    return pd.DataFrame(
        {
            "model": rows["model"].iloc[0],
            "patient": tested.patients.names[median.index],
            "place": median.to_numpy(),
            "group": pd.Categorical(np.array(GROUPS)[third], list(GROUPS), ordered=True),
            "time": follow_up.times,
            "event": follow_up.events,
        }
    )


def _place(scores: pd.Series[float], reference: pd.Series[float]) -> FloatArray:
    """Share of the reference below each score; of equals half."""
    ordered = np.sort(reference[np.isfinite(reference)].to_numpy(np.float64))
    below = np.searchsorted(ordered, scores, side="left")
    not_above = np.searchsorted(ordered, scores, side="right")
    return np.asarray((below + not_above) / 2 / max(len(ordered), 1), dtype=np.float64)


def compute_risk_curves(groups: pd.DataFrame) -> pd.DataFrame:
    """Kaplan-Meier curve of each group, or Aalen and Johansen's where events compete.

    Parameters
    ----------
    groups : DataFrame
        As `compute_risk_groups` gives it.

    Returns
    -------
    DataFrame
        `model, group, time, at_risk, events, value, ci_low, ci_high, curve, n`; `curve` is
        ``survival``, or ``risk`` where any patient had the competing event. The intervals
        are those of R, for each time alone, and take the groups as given.
    """
    competing = bool((groups["event"] == 2).any())
    curve, compute = (
        (RISK, compute_cumulative_incidence) if competing else (SURVIVAL, compute_kaplan_meier)
    )

    def of_group(follow_up: FollowUp) -> pd.DataFrame:
        columns = ["time", "at_risk", "events", curve, "ci_low", "ci_high"]
        table = compute(follow_up)[columns].rename(columns={curve: "value"})
        return table.assign(curve=curve, n=follow_up.n)

    return _by_group(groups, of_group)


def compute_numbers_at_risk_by_group(groups: pd.DataFrame, times: ArrayLike) -> pd.DataFrame:
    """Patients of each group at risk just before some times: `model, group, time, at_risk`.

    Parameters
    ----------
    groups : DataFrame
        As `compute_risk_groups` gives it.
    times : array
    """
    return _by_group(groups, lambda follow_up: compute_numbers_at_risk(follow_up, times))


def compute_group_risks(groups: pd.DataFrame, horizon: float) -> pd.DataFrame:
    """Risk by the horizon in each group, with its interval; no test of the groups.

    The groups are made of predictions of cross-validated fits: a test that takes them as known
    beforehand, and so a hazard ratio with an interval, finds differences where there are none.

    Parameters
    ----------
    groups : DataFrame
        As `compute_risk_groups` gives it.
    horizon : float

    Returns
    -------
    DataFrame
        `model, group, n, events` (by the horizon), `followed` (known to be without it then),
        `risk, ci_low, ci_high` (Kaplan-Meier or Aalen-Johansen), `absent`.
    """

    def of_group(follow_up: FollowUp) -> pd.DataFrame:
        cases = (follow_up.events == EVENT) & (follow_up.times <= horizon)
        row: dict[str, Any] = {
            "n": follow_up.n,
            "events": int(cases.sum()),
            "followed": int((follow_up.times > horizon).sum()),
        }
        try:
            risk = compute_risk(follow_up, horizon)
        except AbsentError as absent:
            nothing = dict.fromkeys(("risk", "ci_low", "ci_high"), np.nan)
            return pd.DataFrame([{**row, **nothing, "absent": str(absent)}])
        values = {"risk": risk.value, "ci_low": risk.ci_low, "ci_high": risk.ci_high}
        return pd.DataFrame([{**row, **values, "absent": ""}])

    return _by_group(groups, of_group)


def _by_group(
    groups: pd.DataFrame, compute: Callable[[FollowUp], pd.DataFrame]
) -> pd.DataFrame:
    """A table of the follow-up of each model's groups, of each cohort left out by itself."""
    keys = [key for key in (LEFT_OUT, "model") if key in groups.columns]
    tables = []
    for values, of_model in groups.groupby(keys, sort=False, observed=True):
        for group, rows in of_model.groupby("group", observed=True):
            table = compute(FollowUp(rows["time"].to_numpy(), rows["event"].to_numpy()))
            named = zip([*keys, "group"], map(str, [*values, group]), strict=True)
            for place, (key, value) in enumerate(named):
                table.insert(place, key, value)
            tables.append(table)
    joined = pd.concat(tables, ignore_index=True)
    return joined.assign(group=pd.Categorical(joined["group"], list(GROUPS), ordered=True))
