"""Whether hazards are proportional: whether what a column says changes with time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted
from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.evaluation.intervals import NORMAL_QUANTILE
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.cox import CoxFit, fit_cox_regression
from deepcme.evaluation.survival.kaplan_meier import compute_kaplan_meier
from deepcme.evaluation.survival.partial_likelihood import EFRON, PartialLikelihood

ALL_COLUMNS = "all columns"
_LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class ProportionalHazards:
    """The check of a Cox regression's columns.

    Attributes
    ----------
    tests : DataFrame
        A row a column, then one of all together: `column, trend, ci_low, ci_high, chi2,
        degrees_of_freedom, p_value, n, events`. `trend` is how much the log hazard ratio
        changes from the start to where all would have had the event, by the scale of
        Kaplan-Meier, one step from no change, with its 95% Wald interval; NaN of all together.
    residuals : DataFrame
        `time, column, log_hazard_ratio`: the scaled Schoenfeld residual of each event; their
        smooth over time is the log hazard ratio as it changes.
    n_events : int
    """

    tests: pd.DataFrame
    residuals: pd.DataFrame
    n_events: int

    def sentence(self, column: str = ALL_COLUMNS) -> str:
        """What the test of a column means, in words."""
        test = self.tests.loc[self.tests["column"] == column].iloc[0]
        told = f"p = {test['p_value']:.3f}" if test["p_value"] >= 0.001 else "p < 0.001"
        events = counted(self.n_events, "event")
        if test["p_value"] >= _LEVEL:
            return (
                f"No sign that what {column} say about the hazard changes with time ({told}; "
                f"{events}); with few events a change can go unseen."
                if column == ALL_COLUMNS
                else f"No sign that the hazard ratio of {column} changes with time ({told}; "
                f"{events}); with few events a change can go unseen."
            )
        if column == ALL_COLUMNS:
            return (
                f"The hazard ratios change with time ({told}; {events}): each is an average "
                "over the follow-up, and risks at one time may be off."
            )
        way = "falls" if test["trend"] < 0 else "rises"
        return (
            f"The log hazard ratio of {column} {way} with time ({told}; {events}): the one "
            "given is an average over the follow-up, and risks at one time may be off."
        )


def check_proportional_hazards(
    design: FloatArray,
    follow_up: FollowUp,
    columns: Sequence[str],
    *,
    ties: str = EFRON,
) -> ProportionalHazards:
    """Test whether log hazard ratios change with time, by Grambsch and Therneau [1]_.

    The score test of a product of each column with 1 less Kaplan-Meier's survival just before
    the time, as R's `cox.zph` from version 3 of survival on. It is of the columns, not
    of the genes behind a score: a score that was learned from these patients fits them too
    well, so give the scores of patients left out.

    Parameters
    ----------
    design : array, patients x columns
    follow_up : FollowUp
    columns : sequence of str
        Their names.
    ties : {"efron", "breslow"}

    Raises
    ------
    AbsentError
        If there is no event, all came at one time, or columns are collinear.

    References
    ----------
    .. [1] Grambsch PM, Therneau TM (1994). Proportional hazards tests and diagnostics
       based on weighted residuals. Biometrika 81:515-526.
    """
    follow_up = follow_up.of_cause(EVENT)
    fit = fit_cox_regression(design, follow_up, ties=ties)
    likelihood = PartialLikelihood.of(follow_up, ties=ties)
    if len(np.unique(likelihood.times)) < 2:
        raise AbsentError("All events came at one time: no change with time can be seen.")
    shares = likelihood.risk_shares(design @ fit.coefficients)
    means, variances = _moments(shares, design)
    # Tied events share one residual mean, whatever part of them is at risk.
    own = np.flatnonzero(follow_up.events == EVENT)
    own = own[np.argsort(follow_up.times[own], kind="stable")]
    clock = _clock(follow_up, likelihood.times)
    residuals = design[own] - _mean_within(likelihood.times, means)
    score = clock @ residuals
    blocks = [np.einsum("k,kij->ij", clock**power, variances) for power in (0, 1, 2)]
    information = np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]])
    tests = [
        _test(name, score, information, [which], follow_up)
        for which, name in enumerate(columns)
    ]
    tests.append(_test(ALL_COLUMNS, score, information, [*range(len(columns))], follow_up))
    return ProportionalHazards(
        pd.DataFrame(tests),
        _scale(residuals, fit, blocks[0], likelihood.times, columns),
        follow_up.n_events,
    )


def _moments(shares: FloatArray, design: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and covariance of the columns among those at risk at each event."""
    means = shares @ design
    products = np.einsum("kn,ni,nj->kij", shares, design, design, optimize=True)
    return means, products - means[:, :, np.newaxis] * means[:, np.newaxis]


def _clock(follow_up: FollowUp, times: FloatArray) -> FloatArray:
    """1 less Kaplan-Meier's survival just before each time, about its mean over events."""
    curve = compute_kaplan_meier(follow_up)
    before = np.searchsorted(curve["time"].iloc[1:], times, side="left")
    clock = 1 - curve["survival"].to_numpy()[before]
    return np.asarray(clock - clock.mean(), dtype=np.float64)


def _mean_within(times: FloatArray, means: FloatArray) -> FloatArray:
    """The mean of the rows of each time, for each row."""
    _, which, n_tied = np.unique(times, return_inverse=True, return_counts=True)
    totals = np.zeros((len(n_tied), means.shape[1]))
    np.add.at(totals, which, means)
    return (totals / n_tied[:, np.newaxis])[which]


def _test(
    name: str,
    score: FloatArray,
    information: FloatArray,
    which: list[int],
    follow_up: FollowUp,
) -> dict[str, object]:
    n_columns = len(score)
    rows = [*range(n_columns), *(n_columns + column for column in which)]
    inverse = np.linalg.inv(information[np.ix_(rows, rows)])[n_columns:, n_columns:]
    slopes = inverse @ score[which]
    chi2 = float(score[which] @ slopes)
    alone = name != ALL_COLUMNS
    trend = float(slopes[0]) if alone else np.nan
    half_width = NORMAL_QUANTILE * float(np.sqrt(inverse[0, 0]))
    return {
        "column": name,
        "trend": trend,
        "ci_low": trend - half_width,
        "ci_high": trend + half_width,
        "chi2": chi2,
        "degrees_of_freedom": len(which),
        "p_value": float(stats.chi2.sf(chi2, len(which))),
        "n": follow_up.n,
        "events": follow_up.n_events,
    }


def _scale(
    residuals: FloatArray,
    fit: CoxFit,
    information: FloatArray,
    times: FloatArray,
    columns: Sequence[str],
) -> pd.DataFrame:
    scaled = np.linalg.solve(information / len(residuals), residuals.T).T + fit.coefficients
    table = pd.DataFrame(scaled, columns=list(columns))
    table.insert(0, "time", times)
    return table.melt("time", var_name="column", value_name="log_hazard_ratio")
