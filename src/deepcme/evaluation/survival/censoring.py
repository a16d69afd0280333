"""Weights that let the patients who were followed long enough stand for those who were not.

Who had the event before a horizon is known however short the follow-up, who had not is known
only if followed beyond it: left as they are, the known hold too many events. Each known
patient weighs the inverse of the probability of having stayed uncensored for so long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import CENSORED, EVENT, FollowUp
from deepcme.evaluation.predictions import BooleanArray, FloatArray, IntegerArray
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.evaluation.survival.partial_likelihood import BRESLOW
from deepcme.evaluation.survival.risk_sets import compute_hazards, count_risk_sets, take_step

__all__ = ["compute_censoring_weights"]

HIGHEST_WEIGHT = 10.0
FEWEST_BEYOND = 10


@dataclass(frozen=True, eq=False)
class CensoringDistribution:
    """How probable it is to be uncensored, in time, in every draw of a bootstrap.

    Attributes
    ----------
    follow_up : FollowUp
        Of which it was estimated.
    times : array
        Where it steps, ascending.
    uncensored : array, draws x times
        Probability of not being censored up to and at each time, of patients at the center.
    center : array, columns
        Of columns that censoring depends on; none where it is the same for all patients.
    coefficients : array, draws x columns
        Their log hazard ratios of being censored.
    """

    follow_up: FollowUp
    times: FloatArray
    uncensored: FloatArray
    center: FloatArray
    coefficients: FloatArray

    def probability(
        self, times: ArrayLike, *, before: bool, columns: FloatArray | None = None
    ) -> FloatArray:
        """Of being uncensored up to and at, or until just before, each time.

        Parameters
        ----------
        times : array
            One for each patient of `columns`, or one for all.
        before : bool
        columns : array, patients x columns
            Where censoring depends on them.

        Returns
        -------
        array, draws x patients (times, where censoring is the same for all)

        Raises
        ------
        DeepCMEError
            If the columns are not those that censoring depends on.
        """
        uncensored = take_step(self.times, self.uncensored, times, start=1.0, before=before)
        n_columns = 0 if columns is None else columns.shape[1]
        if n_columns != len(self.center):
            raise DeepCMEError(
                f"Censoring was estimated with {len(self.center)} columns, but {n_columns} of "
                "the patients to weight are given: give the same columns of both."
            )
        if columns is None:
            return uncensored
        log_hazards = self.coefficients @ (columns - self.center).T
        probability: FloatArray = uncensored ** np.exp(log_hazards)
        return probability


@dataclass(frozen=True, eq=False)
class CensoringWeights:
    """What the patients weigh at a horizon.

    Attributes
    ----------
    weights : array, draws x patients
        How often the draw holds the patient, times the inverse probability of being known; 0
        for whoever is censored up to the horizon.
    cases : array of bool
        Who had the event up to and at the horizon.
    n_censored : int
        Patients who are censored up to the horizon and weigh nothing.
    n_capped : array of int
        Patients whose inverse probability was cut to `HIGHEST_WEIGHT`, in each draw.
    """

    weights: FloatArray
    cases: BooleanArray
    n_censored: int
    n_capped: IntegerArray


def estimate_censoring(
    follow_up: FollowUp,
    *,
    columns: FloatArray | None = None,
    weights: FloatArray | None = None,
) -> CensoringDistribution:
    """Estimate the censoring distribution, by Kaplan-Meier or by Cox on columns [1]_.

    Events come before censorings at tied times: who has an event at a time, of either kind,
    is not at risk of being censored at it.

    Parameters
    ----------
    follow_up : FollowUp
    columns : array, patients x columns, optional
        Numbers that censoring depends on. Without them it is the same for all patients.
    weights : array, draws x patients, optional
        How often each draw holds each patient: the estimate is then made in each. A draw
        in which columns repeat each other is NaN.

    Raises
    ------
    DeepCMEError
        If columns are missing for a patient; `AbsentError` if they repeat each other.

    References
    ----------
    .. [1] Gerds TA, Schumacher M (2006). Consistent estimation of the expected Brier score in
       general survival models with right-censored event times. Biometrical Journal
       48:1029-1040.
    """
    sets = count_risk_sets(follow_up, weights)
    if columns is None:
        nothing = np.zeros(0), np.zeros((len(sets.at_risk), 0))
        return CensoringDistribution(follow_up, sets.times, sets.compute_uncensored(), *nothing)
    if len(columns) != follow_up.n or not np.isfinite(columns).all():
        raise DeepCMEError("Columns that censoring depends on must be known for every patient.")
    center = columns.mean(axis=0)
    centred = columns - center
    held = np.ones((1, follow_up.n)) if weights is None else weights
    coefficients = _regress_censoring(follow_up, columns, held)
    hazards = np.exp(coefficients @ centred.T)
    at_risk = count_risk_sets(follow_up, held * hazards).at_risk_of_censoring
    cumulative = np.cumsum(compute_hazards(sets.censored, at_risk), axis=1)
    undetermined = np.isnan(coefficients).any(axis=1, keepdims=True)
    uncensored = np.where(undetermined, np.nan, np.exp(-cumulative))
    return CensoringDistribution(follow_up, sets.times, uncensored, center, coefficients)


def _regress_censoring(
    follow_up: FollowUp, columns: FloatArray, weights: FloatArray
) -> FloatArray:
    """Log hazard ratios of being censored in each draw, draws x columns; NaN without any."""
    is_censored = follow_up.events == CENSORED
    # A regression asks only who comes before whom: censorings after the events at a time.
    rank = np.unique(follow_up.times, return_inverse=True)[1]
    order = (2 * rank + is_censored).astype(np.float64)
    reverse = FollowUp(order, is_censored.astype(np.int8))
    coefficients = np.zeros((len(weights), columns.shape[1]))
    for draw, counts in enumerate(weights):
        held = np.flatnonzero(counts)
        varies = np.ptp(columns[held], axis=0) > 0
        if not (varies.any() and is_censored[held].any()):
            continue
        design = columns[np.ix_(held, varies)]
        try:
            fit = fit_cox_regression(
                design, reverse.rows(held), ties=BRESLOW, weights=counts[held]
            )
        except AbsentError:
            coefficients[draw] = np.nan
        else:
            coefficients[draw, varies] = fit.coefficients
    if np.isnan(coefficients).any(axis=1).all():
        raise AbsentError(
            "Censoring cannot be regressed on these columns: they repeat each other, so leave "
            "some out."
        )
    return coefficients


def compute_censoring_weights(
    follow_up: FollowUp,
    horizon: float,
    *,
    reference: CensoringDistribution | None = None,
    columns: FloatArray | None = None,
    weights: FloatArray | None = None,
) -> CensoringWeights:
    """Weight patients by the inverse probability of censoring at a horizon [1]_, [2]_.

    With G the probability of being uncensored, a case (event at T up to the horizon) weighs
    1/G(T-), a control (followed beyond the horizon t) 1/G(t), and a competing event at T up
    to the horizon is a control that weighs 1/G(T-) [3]_. Inverse probabilities are cut at
    `HIGHEST_WEIGHT`. The weights are right where, among patients alike in the columns,
    censoring has nothing to do with the risk.

    Parameters
    ----------
    follow_up : FollowUp
    horizon : float
        In the unit of the times.
    reference : CensoringDistribution, optional
        G of other patients, such as the training part; as default of these, in each draw.
    columns : array, patients x columns, optional
        Numbers that censoring depends on, as in `estimate_censoring`.
    weights : array, draws x patients, optional
        How often each draw holds each patient; one draw that holds all once without it.

    Raises
    ------
    AbsentError
        If, of all that G is estimated of, fewer than `FEWEST_BEYOND` are followed beyond the
        horizon, or its Kaplan-Meier estimate there is below 1 / `HIGHEST_WEIGHT`.

    References
    ----------
    .. [1] Graf E, Schmoor C, Sauerbrei W, Schumacher M (1999). Assessment and comparison of
       prognostic classification schemes for survival data. Statistics in Medicine
       18:2529-2545.
    .. [2] Uno H, Cai T, Tian L, Wei LJ (2007). Evaluating prediction rules for t-year
       survivors with censored regression models. Journal of the American Statistical
       Association 102:527-537.
    .. [3] Blanche P, Dartigues JF, Jacqmin-Gadda H (2013). Estimating and comparing
       time-dependent areas under receiver operating characteristic curves for censored event
       times with competing risks. Statistics in Medicine 32:5381-5397.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.evaluation.survival.censoring import compute_censoring_weights
    >>> follow_up = FollowUp(np.arange(1, 41), np.arange(40) % 2)
    >>> weights = np.ravel(compute_censoring_weights(follow_up, 20).weights)
    >>> weights[:2].round(2).tolist()
    [0.0, 1.03]
    """
    if reference is None:
        reference = estimate_censoring(follow_up, columns=columns, weights=weights)
    check_horizon(reference.follow_up, horizon)
    times = follow_up.times
    ended = (follow_up.events != CENSORED) & (times <= horizon)
    beyond = times > horizon
    uncensored = np.where(
        beyond,
        reference.probability(horizon, before=False, columns=columns),
        reference.probability(times, before=True, columns=columns),
    )
    known = ended | beyond
    capped = known & (uncensored * HIGHEST_WEIGHT < 1)
    inverse = np.where(known, 1 / np.maximum(uncensored, 1 / HIGHEST_WEIGHT), 0.0)
    held = np.ones((1, follow_up.n)) if weights is None else weights
    return CensoringWeights(
        held * inverse,
        ended & (follow_up.events == EVENT),
        int(np.sum(~known)),
        np.sum(capped & (held > 0), axis=1),
    )


def check_horizon(follow_up: FollowUp, horizon: float) -> None:
    """Raise `AbsentError` if too few patients are followed beyond the horizon for weights."""
    n_beyond = int(np.sum(follow_up.times > horizon))
    if n_beyond < FEWEST_BEYOND:
        raise AbsentError(
            f"Only {n_beyond} of {follow_up.n} patients are followed beyond the "
            f"horizon, fewer than {FEWEST_BEYOND}: take an earlier horizon."
        )
    uncensored = float(estimate_censoring(follow_up).probability(horizon, before=False)[0, 0])
    if uncensored * HIGHEST_WEIGHT < 1:
        raise AbsentError(
            "A patient is uncensored until the horizon with a probability of only "
            f"{uncensored:.3f}, below {1 / HIGHEST_WEIGHT:g}: take an earlier horizon."
        )
