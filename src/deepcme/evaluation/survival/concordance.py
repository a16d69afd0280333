"""How well scores order patients by the time of their event: Harrell's and Uno's C."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.bootstrap import divide
from deepcme.evaluation.predictions import BooleanArray, FloatArray, IntegerArray
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.censoring import FEWEST_BEYOND, estimate_censoring

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
    pairs = sum(which.sum(axis=1) for which in find_pairs(follow_up, cases))
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
    return divide(
        *_sum_pairs(
            at, scores, cases, at.counts, lambda pairs: at.counts @ pairs.swapaxes(1, 2)
        )
    )


def compute_uno_concordance(at: AtHorizon, scores: FloatArray) -> FloatArray:
    """Uno's C [1]_ up to the horizon, which is its tau, in every draw.

    Harrell's of the pairs whose first event is not after tau, each weighted by the inverse
    of the chance that censoring let it be seen: 1 / G(T-)^2, T being the time of the first
    event; beside a competing event at T' before it, 1 / (G(T-) G(T'-)) [2]_. Where censoring
    depends on columns, each of a pair has a G of its own.

    References
    ----------
    .. [1] Uno H, Cai T, Pencina MJ, D'Agostino RB, Wei LJ (2011). On the C-statistics for
       evaluating overall adequacy of risk prediction procedures with censored survival data.
       Statistics in Medicine 30:1105-1117.
    .. [2] Wolbers M, Blanche P, Koller MT, Witteman JCM, Gerds TA (2014). Concordance for
       prognostic models with competing risks. Biostatistics 15:526-539.
    """
    return divide(*sum_uno_pairs(at, scores))


def sum_uno_pairs(at: AtHorizon, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted sums of the pairs in order and of all comparable ones, of Uno's C in every draw.

    Of several test parts they can be added up.
    """
    cases = np.flatnonzero(at.is_case)
    sum_later = partial(_sum_seen_alike if at.columns is None else _sum_seen, at, cases)
    return _sum_pairs(at, scores, cases, at.weights, sum_later)


def _sum_pairs(
    at: AtHorizon,
    scores: FloatArray,
    cases: IntegerArray,
    weights: FloatArray,
    sum_later: Callable[[FloatArray], FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Weighted sums of concordant and of comparable pairs in each draw.

    `weights` are counts times inverse probabilities of being seen; `sum_later` sums values of
    pairs (2 x cases x n) over the later patients, by what these weigh at the time of the case.
    """
    later, never = find_pairs(at.follow_up, cases)
    first = scores[cases][:, np.newaxis]
    order = (first > scores) + (first == scores) / 2
    pairs = np.stack([order, np.ones_like(order)])
    others = sum_later(later * pairs) + weights @ (never * pairs).swapaxes(1, 2)
    concordant, comparable = (weights[:, cases] * others).sum(axis=-1)
    return concordant, comparable


def _sum_seen_alike(at: AtHorizon, cases: IntegerArray, pairs: FloatArray) -> FloatArray:
    """Where the chance of being seen is the same for all, it is that of the case."""
    inverse = np.nan_to_num(divide(at.weights[:, cases], at.counts[:, cases]))
    return np.asarray(inverse * (at.counts @ pairs.swapaxes(1, 2)), dtype=np.float64)


def _sum_seen(at: AtHorizon, cases: IntegerArray, pairs: FloatArray) -> FloatArray:
    """Where it is not, each later patient has a chance of its own to be seen until then."""
    sums = np.empty((len(pairs), len(at.weights), len(cases)))
    for row, case in enumerate(cases):
        sums[..., row] = (at.weigh_until(at.follow_up.times[case]) @ pairs[:, row].T).T
    return sums


def find_pairs(follow_up: FollowUp, cases: IntegerArray) -> tuple[BooleanArray, BooleanArray]:
    """For each case, in rows, who was still without an event, and who had the competing one."""
    time = follow_up.times[cases][:, np.newaxis]
    beyond = follow_up.times > time
    tied = follow_up.times == time
    later = beyond | (tied & (follow_up.events == 0))
    return later, ~beyond & (follow_up.events == 2)
