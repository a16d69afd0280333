"""Simulated patients of known risk, some of them censored, to see what the measures make of them.

A score z is standard normal, and the risk of the event by a time given z is known, so that the
truths follow by quadrature. The model is perfect: it gives everybody the true risk.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.survival.at_horizon import AtHorizon, compute_observed_risk
from deepcme.evaluation.survival.measured import (
    AUC_AT_HORIZON,
    OBSERVED_EXPECTED,
    UNO,
)

HORIZON = 3.0
LOG_HAZARD_RATIO = 0.9
_GRID = np.linspace(-6, 6, 801)
_DENSITY = stats.norm.pdf(_GRID) / stats.norm.pdf(_GRID).sum()


@dataclass(frozen=True)
class Scenario:
    """How events, and the end of follow-up, come about.

    `prevalence` is the true risk by the horizon, `censored` the share who are censored
    before it, and before any event. `wanes` weakens the score's effect after the first year;
    `competing` is the hazard of the competing event; `censoring_effect` the log hazard ratio
    of censoring for each standard deviation of the score.
    """

    prevalence: float = 0.235
    censored: float = 0.44
    wanes: bool = False
    competing: float = 0.0
    censoring_effect: float = 0.0
    n: int = 309


SCENARIOS = {
    "A": Scenario(),
    "B": Scenario(wanes=True),
    "C": Scenario(censoring_effect=0.6),
    "D": Scenario(prevalence=0.226, competing=0.08),
}


def effects(scenario: Scenario) -> tuple[float, float]:
    """Log hazard ratio in the first year, and after it."""
    factors = (1.7, 0.4) if scenario.wanes else (1.0, 1.0)
    return factors[0] * LOG_HAZARD_RATIO, factors[1] * LOG_HAZARD_RATIO


def true_risk(
    scenario: Scenario, hazard: float, z: np.ndarray, time: np.ndarray | float
) -> np.ndarray:
    """Risk of the event by a time, which competing events may rule out."""
    early, late = (hazard * np.exp(effect * z) for effect in effects(scenario))
    if scenario.competing:
        total = early + scenario.competing
        return early / total * -np.expm1(-total * time)
    return -np.expm1(-(early * np.minimum(time, 1) + late * np.maximum(time - 1, 0)))


@cache
def find_hazard(scenario: Scenario) -> float:
    """Baseline hazard that gives the prevalence."""

    def excess(log_hazard: float) -> float:
        risk = true_risk(scenario, np.exp(log_hazard), _GRID, HORIZON)
        return float(_DENSITY @ risk - scenario.prevalence)

    return float(np.exp(brentq(excess, -9, 3)))


@cache
def compute_truths(scenario: Scenario) -> dict[str, float]:
    """Prevalence, AUC at the horizon and C up to it, with unlimited patients."""
    hazard = find_hazard(scenario)
    times = np.linspace(0, HORIZON, 1501)[:, np.newaxis]
    risk = true_risk(scenario, hazard, _GRID, times)

    def concordant(case: np.ndarray, other: np.ndarray) -> float:
        lower = np.cumsum(other * _DENSITY, axis=-1) - other * _DENSITY / 2
        pairs = (case * _DENSITY * lower).sum()
        return float(pairs / ((case @ _DENSITY) * (other @ _DENSITY)).sum())

    middle = 1 - (risk[1:] + risk[:-1]) / 2
    return {
        "prevalence": scenario.prevalence,
        "auc": concordant(risk[-1], 1 - risk[-1]),
        "uno_c": concordant(np.diff(risk, axis=0), middle),
        "observed_expected": 1.0,
    }


def draw_events(
    scenario: Scenario, n: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, times of the first event of any kind, and which it is."""
    z, need = random.normal(size=n), random.exponential(size=n)
    early, late = (find_hazard(scenario) * np.exp(effect * z) for effect in effects(scenario))
    times = np.where(need < early, need / early, 1 + (need - early) / late)
    if not scenario.competing:
        return z, times, np.ones(n)
    others = random.exponential(size=n) / scenario.competing
    return z, np.minimum(times, others), np.where(others < times, 2, 1)


def draw_censoring(
    scenario: Scenario, scale: float, z: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Times of censoring, which begins at 0.3."""
    if scenario.censoring_effect:
        wait = random.exponential(size=len(z)) * np.exp(-scenario.censoring_effect * z)
        return 0.3 + scale * wait
    return 0.3 + scale * random.random(len(z))


@cache
def find_censoring_scale(scenario: Scenario) -> float:
    """Scale of the times of censoring that gives the share of the censored."""

    def excess(log_scale: float) -> float:
        random = np.random.default_rng(11)
        z, times, _ = draw_events(scenario, 20_000, random)
        censoring = draw_censoring(scenario, np.exp(log_scale), z, random)
        return float(np.mean(censoring < np.minimum(times, HORIZON)) - scenario.censored)

    return float(np.exp(brentq(excess, -2, 6, xtol=1e-4)))


def draw_patients_of(
    scenario: Scenario, random: np.random.Generator
) -> tuple[FollowUp, np.ndarray, np.ndarray]:
    """Follow-up, scores and true risks by the horizon."""
    z, times, kinds = draw_events(scenario, scenario.n, random)
    censoring = draw_censoring(scenario, find_censoring_scale(scenario), z, random)
    observed = FollowUp(np.minimum(times, censoring), np.where(censoring < times, 0, kinds))
    return observed, z, true_risk(scenario, find_hazard(scenario), z, HORIZON)


def simulate_measures(
    scenario: Scenario, studies: int, draws: int, seed: int, *, knows_column: bool = False
) -> pd.DataFrame:
    """Truth, mean estimate, naive mean of the labelled alone, and coverage of the intervals.

    With `knows_column` the censoring distribution is Cox's on the score.
    """
    random = np.random.default_rng(seed)
    truths = compute_truths(scenario)
    found = []
    for _ in range(studies):
        follow_up, z, risk = draw_patients_of(scenario, random)
        columns = z[:, np.newaxis] if knows_column else None
        at = AtHorizon.draw(follow_up, HORIZON, random, draws, columns=columns)
        for measure in (AUC_AT_HORIZON, UNO, OBSERVED_EXPECTED):
            estimate = measure.of(at, risk if measure.of_risks else z).interval()
            covers = estimate.ci_low <= truths[measure.name] <= estimate.ci_high
            found.append((measure.name, estimate.value, covers))
        found.append(("prevalence", float(compute_observed_risk(at)[0]), np.nan))
        found += naive_values(at, z, risk)
    table = pd.DataFrame(found, columns=["measure", "value", "covered"])
    means = table.groupby("measure", sort=False).mean()
    # A ratio is averaged as a logarithm.
    ratios = table[table["measure"].str.startswith("observed_expected")]
    logs = np.log(ratios.set_index("measure")["value"]).groupby(level=0).mean()
    means.loc[logs.index, "value"] = np.exp(logs)
    naive = means["value"].filter(like="_naive").rename(lambda name: name[: -len("_naive")])
    return means.drop(index=means.index[means.index.str.endswith("_naive")]).assign(
        naive=naive, truth=pd.Series(truths)
    )


def naive_values(
    at: AtHorizon, z: np.ndarray, risk: np.ndarray
) -> list[tuple[str, float, float]]:
    """What those whose label is known at the horizon give when the others are left out."""
    followed = at.follow_up.times >= HORIZON
    known = at.is_case | followed
    label = at.is_case[known].astype(np.int64)
    auc = compute_weighted_auc(label, z[known], np.ones((1, len(label))))[0]
    ratio = label.mean() / risk[known].mean()
    values = {"auc": auc, "observed_expected": ratio, "prevalence": label.mean()}
    return [(f"{name}_naive", float(value), np.nan) for name, value in values.items()]
