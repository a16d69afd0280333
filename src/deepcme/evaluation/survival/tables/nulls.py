"""A model of times beside what the same pipeline finds where there is nothing to find."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.evaluation.nulls import compute_permutation_test
from deepcme.evaluation.predictions import LEFT_OUT, STRATUM
from deepcme.evaluation.survival.log_rank import compute_log_rank
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.evaluated import Evaluation, Tested
from deepcme.evaluation.survival.tables.risk_groups import GROUPS, compute_risk_groups
from deepcme.evaluation.survival.tables.within_parts import count_events, measure_model

PERMUTED_OUTCOMES: Final = "permuted outcomes"
"""Kind of a null run whose outcomes, time and event together, were permuted."""
LOG_RANK = "log_rank"
STATISTICS = (UNO.name, LOG_RANK)
"""What runs are compared by; larger is more extreme."""
_WORDS = {UNO.name: UNO.heading, LOG_RANK: "the log-rank statistic of the risk groups"}


@dataclass(frozen=True)
class NullStatistics:
    """What one run of a model's whole pipeline found.

    Attributes
    ----------
    uno_c : float
        Uno's C within test parts, the mean over them; NaN where it cannot be estimated.
    log_rank : float
        Chi-square of the log-rank test of the thirds of predicted risk, one row a patient;
        below 0 where events come sooner the lower the predicted risk. 0 where nobody is told
        apart.
    n_splits : int
    n, events : int
        Patients tested, and those of them with the event.
    events_in_time : int
        Those with the event up to tau, of whom the C is.
    """

    uno_c: float
    log_rank: float
    n_splits: int
    n: int
    events: int
    events_in_time: int


def compute_null_statistics(evaluation: Evaluation, model: str) -> NullStatistics:
    """C and the log-rank statistic of one model's risk groups.

    The groups are those of `compute_risk_groups`. Where patients are ranked within strata, or
    cohorts are left out, the log-rank test compares within them too.

    Parameters
    ----------
    evaluation : Evaluation
        No draws are needed.
    model : str

    Raises
    ------
    AbsentError
        If the model has no scores that can be placed.
    """
    values = [_measure(tested, model) for tested in evaluation.tested]
    of_splits = np.concatenate(values)
    groups = compute_risk_groups(evaluation)
    groups = groups[groups["model"] == model].reset_index(drop=True)
    if groups.empty:
        raise AbsentError(f"{model} has no risk groups, as it lacks scores.")
    in_time = sum(count_events(of.follow_up, of.tau, UNO) for of in evaluation.patients)
    return NullStatistics(
        uno_c=float(np.nanmean(of_splits)) if np.isfinite(of_splits).any() else np.nan,
        log_rank=compare_thirds(groups, _find_strata(evaluation, groups)),
        n_splits=len(of_splits),
        n=len(groups),
        events=int((groups["event"] == EVENT).sum()),
        events_in_time=in_time,
    )


def _measure(tested: Tested, model: str) -> np.ndarray:
    """Uno's C in each test part."""
    rows = tested.rows[tested.rows["model"] == model]
    if tested.patients.at is None:
        return np.full(rows["split"].nunique(), np.nan)
    return measure_model(tested, model, rows, UNO).of_splits.to_numpy()


def _find_strata(evaluation: Evaluation, groups: pd.DataFrame) -> pd.Series[str] | None:
    """Cohort left out, or stratum, of each patient."""
    if LEFT_OUT in groups.columns:
        return groups[LEFT_OUT].astype(str)
    rows = evaluation.predictions
    if STRATUM not in rows.columns:
        return None
    of_patient = rows.drop_duplicates("patient").set_index("patient")[STRATUM]
    return groups["patient"].map(of_patient.astype(str))


def compare_thirds(groups: pd.DataFrame, strata: pd.Series[str] | None = None) -> float:
    """Log-rank chi-square of thirds of predicted risk, with a sign [1]_.

    Below 0 where the log-rank trend from the lowest to the highest is: a model that foretells
    the opposite finds nothing. Its p-value is one of permutations alone, as these groups come
    of models that learned from each other's patients.

    Parameters
    ----------
    groups : DataFrame
        As `compute_risk_groups` gives it, of one model.
    strata : Series, optional
        Of each patient.

    Returns
    -------
    float
        0 where all are in one group, or no event happens while patients of two are at risk.

    References
    ----------
    .. [1] Simon RM, Subramanian J, Li MC, Menezes S (2011). Using cross-validation to evaluate
       predictive accuracy of survival risk classifiers based on high-dimensional data.
       Briefings in Bioinformatics 12:203-214.
    """
    follow_up = FollowUp(groups["time"].to_numpy(), groups["event"].to_numpy())
    try:
        test = compute_log_rank(follow_up, groups["group"], strata=strata)
    except AbsentError:
        return 0.0
    of_groups = test.groups.set_index("group").loc[list(GROUPS)]
    trend = np.arange(len(GROUPS)) @ (of_groups["events"] - of_groups["expected"])
    return -test.statistic if trend < 0 else test.statistic


def compute_survival_permutation_table(
    runs: pd.DataFrame, observed: NullStatistics
) -> pd.DataFrame:
    """The permutation tests of a model's C and of its risk groups.

    Parameters
    ----------
    runs : DataFrame
        The study's null runs: kind, uno_c, log_rank.
    observed : NullStatistics
        Of the outcomes as they are.

    Returns
    -------
    DataFrame
        A row for each of `STATISTICS`: `statistic, observed, p_value, ci_low, ci_high` (of
        the p-value that unlimited permutations would give: Wilson's, of the Monte-Carlo
        error), `null_mean, null_sd, n_permutations, n_as_good` (permutations at least as
        large), `n, events` (of C those up to tau).

    Raises
    ------
    AbsentError
        If no run has permuted outcomes, or a statistic cannot be estimated in one.
    """
    permuted = runs[runs["kind"] == PERMUTED_OUTCOMES]
    rows = []
    for name in STATISTICS:
        value, null = float(getattr(observed, name)), permuted[name].to_numpy(np.float64)
        if not len(null):
            raise AbsentError("There is no permutation test, as no outcomes were permuted.")
        if not np.isfinite([value, *null]).all():
            what = f"{_WORDS[name]} cannot be estimated in every run"
            raise AbsentError(f"There is no permutation test: {what}.")
        events = observed.events_in_time if name == UNO.name else observed.events
        rows.append(
            {
                "statistic": name,
                **asdict(compute_permutation_test(value, null)),
                "n_as_good": int((null >= value).sum()),
                "n": observed.n,
                "events": events,
            }
        )
    return pd.DataFrame(rows)
