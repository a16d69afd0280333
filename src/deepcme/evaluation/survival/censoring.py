"""Weights that let the patients who were followed long enough stand for those who were not.

Who had the event before a horizon is known however short the follow-up, who had not is known
only if followed beyond it: left as they are, the known hold too many events. Each known
patient weighs the inverse of the probability of having stayed uncensored for so long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from deepcme.base.errors import AbsentError
from deepcme.evaluation.predictions import BooleanArray, FloatArray, IntegerArray
from deepcme.evaluation.survival.follow_up import CENSORED, EVENT, FollowUp
from deepcme.evaluation.survival.risk_sets import count_risk_sets, take_step

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
        Probability of not being censored up to and at each time.
    """

    follow_up: FollowUp
    times: FloatArray
    uncensored: FloatArray

    def probability(self, times: ArrayLike, *, before: bool) -> FloatArray:
        """Of being uncensored up to and at, or until just before, each time; draws x times."""
        return take_step(self.times, self.uncensored, times, start=1.0, before=before)


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
    follow_up: FollowUp, *, weights: FloatArray | None = None
) -> CensoringDistribution:
    """Kaplan-Meier estimate of the censoring distribution, the same for all patients.

    Events come before censorings at tied times: who has an event at a time, of either kind,
    is not at risk of being censored at it.

    Parameters
    ----------
    follow_up : FollowUp
    weights : array, draws x patients, optional
        How often each draw holds each patient: the estimate is then made in each.
    """
    sets = count_risk_sets(follow_up, weights)
    return CensoringDistribution(follow_up, sets.times, sets.compute_uncensored())


def compute_censoring_weights(
    follow_up: FollowUp,
    horizon: float,
    *,
    reference: CensoringDistribution | None = None,
    weights: FloatArray | None = None,
) -> CensoringWeights:
    """Weight patients by the inverse probability of censoring at a horizon [1]_, [2]_.

    With G the probability of being uncensored, a case (event at T up to the horizon) weighs
    1/G(T-), a control (followed beyond the horizon t) 1/G(t), and a competing event at T up
    to the horizon is a control that weighs 1/G(T-) [3]_. Inverse probabilities are cut at
    `HIGHEST_WEIGHT`. The weights are right where censoring has nothing to do with the risk.

    Parameters
    ----------
    follow_up : FollowUp
    horizon : float
        In the unit of the times.
    reference : CensoringDistribution, optional
        G of other patients, such as the training part; as default of these, in each draw.
    weights : array, draws x patients, optional
        How often each draw holds each patient; one draw that holds all once without it.

    Raises
    ------
    AbsentError
        If, of all that G is estimated of, fewer than `FEWEST_BEYOND` are followed beyond the
        horizon, or controls would weigh more than `HIGHEST_WEIGHT`.

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
    """
    if reference is None:
        reference = estimate_censoring(follow_up, weights=weights)
    check_horizon(reference.follow_up, horizon)
    times = follow_up.times
    ended = (follow_up.events != CENSORED) & (times <= horizon)
    beyond = times > horizon
    uncensored = np.where(
        beyond,
        reference.probability(horizon, before=False),
        reference.probability(times, before=True),
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
            f"Only {n_beyond} of {follow_up.n} patients are followed beyond {horizon:g}, "
            f"fewer than {FEWEST_BEYOND}: take an earlier horizon."
        )
    uncensored = float(estimate_censoring(follow_up).probability(horizon, before=False)[0, 0])
    if uncensored * HIGHEST_WEIGHT < 1:
        raise AbsentError(
            f"A patient is uncensored until {horizon:g} with a probability of only "
            f"{uncensored:.3f}, below {1 / HIGHEST_WEIGHT:g}: take an earlier horizon."
        )
