"""How well scores order patients by the time of their event: Harrell's and Uno's C."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcme.base.errors import AbsentError
from deepcme.evaluation.bootstrap import divide
from deepcme.evaluation.predictions import BooleanArray, FloatArray, IntegerArray
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.censoring import FEWEST_BEYOND, estimate_censoring
from deepcme.evaluation.survival.follow_up import FollowUp

LEAST_UNCENSORED = 0.2
_ROUNDING = 1e-9


@dataclass(frozen=True)
class ComparablePairs:
    """Pairs of which it is known who had the event first.

    Attributes
    ----------
    used : int
        Those whose first event is not after tau.
    dropped : int
        Those whose first event is.
    """

    used: int
    dropped: int


def count_comparable_pairs(follow_up: FollowUp, tau: float) -> ComparablePairs:
    """How many pairs Uno's C takes, and how many come after tau."""
    cases = np.flatnonzero(follow_up.events == 1)
    pairs = sum(which.sum(axis=1) for which in _find_pairs(follow_up, cases))
    in_time = follow_up.times[cases] <= tau
    return ComparablePairs(int(pairs[in_time].sum()), int(pairs[~in_time].sum()))


def choose_tau(follow_up: FollowUp) -> float:
    """The last time at which, but for events, a fifth of the patients are still uncensored.

    And ten are followed beyond it. Later events would weigh 25 times and more in Uno's C.

    Raises
    ------
    AbsentError
        If there is no such time.
    """
    censoring = estimate_censoring(follow_up)
    n_beyond = follow_up.n - np.searchsorted(
        np.sort(follow_up.times), censoring.times, side="right"
    )
    kept = censoring.uncensored[0] > LEAST_UNCENSORED - _ROUNDING
    usable = censoring.times[kept & (n_beyond >= FEWEST_BEYOND)]
    if not usable.size:
        raise AbsentError(
            f"There is no time beyond which {FEWEST_BEYOND} of {follow_up.n} patients are "
            "followed: concordance cannot be estimated."
        )
    return float(usable[-1])


def compute_harrell_concordance(at: AtHorizon, scores: FloatArray) -> FloatArray:
    """Harrell's C [1]_ of the whole follow-up, in every draw; the horizon has no say.

    Of two patients of whom it is known who had the event first, the chance that this one has
    the higher score; a tie of scores counts half, two events at one time are no pair, and
    who is censored at the time of another's event had it later. Who had the competing event
    never has the other [2]_. It depends on how long the patients were followed:
    `compute_uno_concordance` does not.

    References
    ----------
    .. [1] Harrell FE, Lee KL, Mark DB (1996). Multivariable prognostic models. Statistics in
       Medicine 15:361-387.
    .. [2] Wolbers M, Koller MT, Witteman JCM, Steyerberg EW (2009). Prognostic models with
       competing risks: methods and application to coronary risk prediction. Epidemiology
       20:555-561.
    """
    cases = np.flatnonzero(at.follow_up.events == 1)
    return _concordance(at, scores, cases, at.counts)


def compute_uno_concordance(at: AtHorizon, scores: FloatArray) -> FloatArray:
    """Uno's C [1]_ up to the horizon, which is its tau, in every draw.

    Harrell's of the pairs whose first event is not after tau, each weighted by the inverse
    of the chance that censoring let it be seen: 1 / G(T-)^2, T being the time of the first
    event; beside a competing event at T' before it, 1 / (G(T-) G(T'-)) [2]_.

    References
    ----------
    .. [1] Uno H, Cai T, Pencina MJ, D'Agostino RB, Wei LJ (2011). On the C-statistics for
       evaluating overall adequacy of risk prediction procedures with censored survival data.
       Statistics in Medicine 30:1105-1117.
    .. [2] Wolbers M, Blanche P, Koller MT, Witteman JCM, Gerds TA (2014). Concordance for
       prognostic models with competing risks. Biostatistics 15:526-539.
    """
    return _concordance(at, scores, np.flatnonzero(at.is_case), at.weights)


def _concordance(
    at: AtHorizon, scores: FloatArray, cases: IntegerArray, weights: FloatArray
) -> FloatArray:
    """Weighted share of concordant pairs in each draw.

    `weights` are counts times inverse probabilities of being seen. A later patient was seen
    by the same chance as the case, who had the competing event by its own.
    """
    later, never = _find_pairs(at.follow_up, cases)
    first = scores[cases][:, np.newaxis]
    order = (first > scores) + (first == scores) / 2
    of_case = weights[:, cases]
    inverse = np.nan_to_num(divide(of_case, at.counts[:, cases]))

    def sum_pairs(value: FloatArray) -> FloatArray:
        others = inverse * (at.counts @ (later * value).T) + weights @ (never * value).T
        total: FloatArray = (of_case * others).sum(axis=1)
        return total

    return divide(sum_pairs(order), sum_pairs(np.ones_like(order)))


def _find_pairs(follow_up: FollowUp, cases: IntegerArray) -> tuple[BooleanArray, BooleanArray]:
    """For each case, in rows, who was still without an event, and who had the competing one."""
    time = follow_up.times[cases][:, np.newaxis]
    beyond = follow_up.times > time
    tied = follow_up.times == time
    later = beyond | (tied & (follow_up.events == 0))
    return later, ~beyond & (follow_up.events == 2)
