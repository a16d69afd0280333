"""Standardised expression with known genes behind the label, for comparing gene selectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from deepcme.base.errors import DeepCMEError
from deepcme.base.seeds import seed_for
from deepcme.cohort.follow_up import FollowUp
from deepcme.models.survival.target import make_target

SelectionDesign = Literal["linear", "interactions"]
FloatArray = NDArray[np.float64]

NEIGHBOUR_CORRELATION = 0.6
MODULE_VARIANCE = 0.15
LOG_ODDS_QUANTILE = 0.6


@dataclass(frozen=True)
class SelectionData:
    """Data of one selection experiment.

    Attributes
    ----------
    X : ndarray of shape (n, genes), float32
        Expression, each gene with mean 0 and standard deviation 1.
    y : ndarray of shape (n,)
        Label, 0 or 1.
    truth : ndarray of shape (signal,)
        Columns of the genes behind the label.
    module : ndarray of shape (genes,)
        Number of each gene's module.
    log_odds : ndarray of shape (n,)
        True log-odds of label 1: the best score there can be.
    """

    X: NDArray[np.float32]
    y: NDArray[np.int64]
    truth: NDArray[np.int64]
    module: NDArray[np.int64]
    log_odds: FloatArray


def simulate_selection_data(
    n: int = 400,
    genes: int = 5000,
    signal: int = 20,
    module: int = 50,
    *,
    design: SelectionDesign = "linear",
    seed: int = 1,
) -> SelectionData:
    """Draw expression in correlated modules and a label that few of its genes decide.

    Within a module, genes follow a first-order autoregression with coefficient
    0.6 (85% of the variance) and share a factor (15%); modules are
    independent. No two signal genes are of one module. Signs are random, and
    the log-odds are centred so that about 40% of the labels are 1:

    - ``linear``: every signal gene has a coefficient of 0.7 to 1.3.
    - ``interactions``: of every 20 signal genes, 10 have a linear effect (0.9 to
      1.4), 6 act above a threshold (2.4 where the gene is above 0.4), and 4
      form 2 pairs that act together (2.5 where both genes are above 0).

    For held-out rows, draw more and set some aside.

    Parameters
    ----------
    n : int
        Number of samples.
    genes : int
        A multiple of `module`.
    signal : int
        Number of genes behind the label; 10 or more for ``interactions``.
    module : int
        Genes in a module.
    design : {"linear", "interactions"}
    seed : int

    Returns
    -------
    SelectionData

    Raises
    ------
    DeepCMEError
        If the numbers do not fit together.
    """
    _check(n, genes, signal, module, design)
    random = np.random.default_rng(seed_for(seed, "selection data", design))
    n_modules = genes // module
    X = _draw_modules(n, n_modules, module, random)
    with_signal = random.choice(n_modules, signal, replace=False)
    truth = with_signal * module + random.integers(module, size=signal)
    log_odds = _EFFECTS[design](X[:, truth], random)
    log_odds -= np.quantile(log_odds, LOG_ODDS_QUANTILE)
    y = (random.random(n) < expit(log_odds)).astype(np.int64)
    X -= X.mean(axis=0)
    X /= X.std(axis=0)
    return SelectionData(
        X.astype(np.float32), y, truth, np.repeat(np.arange(n_modules), module), log_odds
    )


def _check(n: int, genes: int, signal: int, module: int, design: SelectionDesign) -> None:
    if n < 2:
        raise DeepCMEError(f"Selection data needs 2 samples or more, not {n}.")
    if module < 1 or genes < module or genes % module:
        raise DeepCMEError(f"{genes} genes cannot be divided into modules of {module}.")
    if design not in _EFFECTS:
        raise DeepCMEError(f"Unknown design {design!r}: choose one of {', '.join(_EFFECTS)}.")
    fewest = 10 if design == "interactions" else 1
    if not fewest <= signal <= genes // module:
        raise DeepCMEError(
            f"The number of signal genes must be {fewest} to {genes // module} "
            f"(one per module), not {signal}."
        )


def _draw_modules(n: int, n_modules: int, size: int, random: np.random.Generator) -> FloatArray:
    values = random.standard_normal((n, n_modules, size))
    innovation = np.sqrt(1 - NEIGHBOUR_CORRELATION**2)
    for gene in range(1, size):
        values[:, :, gene] *= innovation
        values[:, :, gene] += NEIGHBOUR_CORRELATION * values[:, :, gene - 1]
    values *= np.sqrt(1 - MODULE_VARIANCE)
    values += np.sqrt(MODULE_VARIANCE) * random.standard_normal((n, n_modules, 1))
    return values.reshape(n, n_modules * size)


def _linear_effects(expression: FloatArray, random: np.random.Generator) -> FloatArray:
    signal = expression.shape[1]
    log_odds: FloatArray = expression @ (
        _signs(signal, random) * random.uniform(0.7, 1.3, signal)
    )
    return log_odds


def _mixed_effects(expression: FloatArray, random: np.random.Generator) -> FloatArray:
    signal = expression.shape[1]
    n_pairs, n_thresholds = signal // 10, round(0.3 * signal)
    n_linear = signal - n_thresholds - 2 * n_pairs
    linear, threshold, first, second = np.split(
        expression, np.cumsum([n_linear, n_thresholds, n_pairs]), axis=1
    )
    log_odds: FloatArray = linear @ (
        _signs(n_linear, random) * random.uniform(0.9, 1.4, n_linear)
    )
    log_odds += (threshold > 0.4) @ (2.4 * _signs(n_thresholds, random))
    log_odds += ((first > 0) & (second > 0)) @ (2.5 * _signs(n_pairs, random))
    return log_odds


def _signs(n: int, random: np.random.Generator) -> FloatArray:
    return random.choice([-1.0, 1.0], n)


_EFFECTS = {"linear": _linear_effects, "interactions": _mixed_effects}


HAZARD_SCALE = 0.5
"""Log hazards for log-odds: a Gumbel's standard deviation in a logistic's, so that the genes
are as strong against chance as behind the label."""


def simulate_times(data: SelectionData, seed: int) -> NDArray[Any]:
    """Draw exponential times to an event whose log hazard the genes behind the label make.

    The censoring times are the times of others, so that about half have the event.
    """
    random = np.random.default_rng(seed_for(seed, "selection times"))
    mean_times = np.exp(-HAZARD_SCALE * data.log_odds)
    times = random.exponential(mean_times)
    censored_at = random.exponential(random.permutation(mean_times))
    is_event = (times <= censored_at).astype(np.int8)
    return make_target(FollowUp(np.minimum(times, censored_at), is_event))
