"""How much a cohort of times can show: the interval of C, hazard ratios, genes, parameters.

All are approximations for many patients, for planning: hazards are taken as proportional,
log hazards as normal, and loss to follow-up as random, at the same rate at all times up to the
horizon. `deepcme.evaluation.survival` has the intervals for a study that was run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted
from deepcme.evaluation.intervals import Estimate
from deepcme.evaluation.sample_size import USUAL_POWER
from deepcme.evaluation.survival.planning.known_hazards import NormalLogHazards
from deepcme.evaluation.survival.planning.sample_size import (
    compute_concordance_interval,
    compute_events_for_hazard_ratio,
    compute_smallest_hazard_ratio,
    compute_survival_development_size,
    compute_survival_validation_size,
    count_survival_parameters_supported,
)
from deepcme.simulation.planning import (
    EVENTS,
    LIKELY,
    MOST_EVENTS,
    TEST_FRACTION,
    RankedGenes,
    find_fewest_events,
    midpoints,
    require_events,
    require_half_width,
    say_events,
    say_size,
)


@dataclass(frozen=True)
class SurvivalPowerDesign(RankedGenes):
    """What is assumed of the patients, the model and the genes.

    Parameters
    ----------
    risk : float
        Share of patients who have the event by the horizon, whether it is seen or not.
    censored : float
        Share of patients lost before the horizon without an event.
    concordance : float
        True C of the model up to the horizon, 0.5 or more.
    effect : float
        Log hazard ratio of a true gene for one standard deviation of its log2 expression,
        other genes not known; the same for all true genes.
    genes : int
        Genes that are ranked.
    signal_genes : int
        True genes among them.
    top : int
        A true gene counts as found if it is among this many first genes.

    Raises
    ------
    DeepCMEError
        If a number is impossible.
    """

    risk: float = 0.25
    censored: float = 0.2
    concordance: float = 0.7
    effect: float = 0.3
    genes: int = 20_000
    signal_genes: int = 50
    top: int = 100

    def __post_init__(self) -> None:
        self.require_possible()
        _ = self.patients  # refuses what is impossible

    @cached_property
    def patients(self) -> NormalLogHazards:
        """The patients of such a model."""
        return NormalLogHazards.of_concordance(self.concordance, self.risk, self.censored)

    def count_patients(self, events: int, fraction: float = 1.0) -> int:
        """Patients in a part of a cohort with so many events by the horizon."""
        return max(1, round(fraction * events / self.patients.event_share))


def compute_survival_power(
    design: SurvivalPowerDesign, events: Sequence[int] = EVENTS
) -> pd.DataFrame:
    """What cohorts with these numbers of events by the horizon can show.

    Parameters
    ----------
    design : SurvivalPowerDesign
    events : sequence of int
        Patients seen to have the event by the horizon, 2 or more.

    Returns
    -------
    pandas.DataFrame
        One row per number of events: ``events``, ``patients``; ``test_events`` and the
        expected 95% interval of Uno's C in a 20% test part, ``test_c_low`` and
        ``test_c_high``; that of the whole cohort, ``c_low`` and ``c_high``; ``hazard_ratio``,
        the smallest of two halves that is found with a power of 80%; ``top_probability``, see
        `compute_survival_top_probability`; and ``parameters``, see
        `count_survival_parameters_supported`. For the whole cohort, each patient is
        predicted once by a model that has not seen them; since such models share training
        data, the interval is the least that can be hoped for.
    """
    require_events(events)
    rows = []
    for n_events in events:
        test = compute_expected_concordance(design, n_events, TEST_FRACTION)
        whole = compute_expected_concordance(design, n_events)
        rows.append(
            {
                "events": n_events,
                "patients": whole.n,
                "test_events": test.events,
                "test_c_low": test.ci_low,
                "test_c_high": test.ci_high,
                "c_low": whole.ci_low,
                "c_high": whole.ci_high,
                "hazard_ratio": compute_smallest_hazard_ratio(n_events),
                "top_probability": compute_survival_top_probability(design, n_events),
                "parameters": count_survival_parameters_supported(whole.n, design.patients),
            }
        )
    return pd.DataFrame(rows)


def compute_expected_concordance(
    design: SurvivalPowerDesign, events: int, fraction: float = 1.0
) -> Estimate:
    """Uno's C with the interval to expect in a fraction of a cohort.

    See `compute_concordance_interval`.

    Parameters
    ----------
    design : SurvivalPowerDesign
    events : int
        Patients seen to have the event in the whole cohort.
    fraction : float
        Share of the cohort that C is estimated on.
    """
    n = fraction * events / design.patients.event_share
    low, high = compute_concordance_interval(design.patients, n)
    n_patients = design.count_patients(events, fraction)
    return Estimate(design.concordance, low, high, n_patients, max(1, round(fraction * events)))


def compute_survival_top_probability(design: SurvivalPowerDesign, events: int) -> float:
    """Chance that a true gene is among the first when genes are ranked by Cox's score test.

    The statistic of a true gene is about normal, with variance 1 and mean effect *
    sqrt(events) [1]_; the rest is as in `compute_top_probability`, with its limits. Events
    after the horizon would add to it.

    Parameters
    ----------
    design : SurvivalPowerDesign
    events : int
        Patients seen to have the event.

    References
    ----------
    .. [1] Hsieh FY, Lavori PW (2000). Sample-size calculations for the Cox proportional
       hazards regression model with nonbinary covariates. Controlled Clinical Trials
       21:552-560.
    """
    values = stats.norm.ppf(midpoints(20 * LIKELY)) + design.effect * math.sqrt(events)
    statistic = np.quantile(np.abs(values), midpoints(LIKELY))
    return design.compute_chance_in_top(2 * stats.norm.sf(statistic))


def compute_events_for_concordance(
    design: SurvivalPowerDesign, half_width: float, fraction: float = 1.0
) -> int | None:
    """Fewest events with an interval of C of at most +-`half_width`; None above a million.

    Parameters
    ----------
    design : SurvivalPowerDesign
    half_width : float
        More than 0, less than 0.5; of the lower, longer side.
    fraction : float
        Share of the cohort that C is estimated on.
    """
    require_half_width(half_width)

    def is_narrow(events: int) -> bool:
        expected = compute_expected_concordance(design, events, fraction)
        return expected.value - expected.ci_low <= half_width

    return find_fewest_events(is_narrow)


def describe_survival_events_needed(
    design: SurvivalPowerDesign, half_width: float, hazard_ratio: float
) -> str:
    """Answer "how many events would I need?" in three sentences."""
    whole = compute_events_for_concordance(design, half_width)
    test = compute_events_for_concordance(design, half_width, TEST_FRACTION)
    of_ratio = compute_events_for_hazard_ratio(hazard_ratio)
    top = find_fewest_events(
        lambda events: compute_survival_top_probability(design, events) >= USUAL_POWER
    )
    of_top = (
        f" For a true gene to be among the first {design.top:,} with a chance of "
        f"{USUAL_POWER:.0%} you need {_in_patients(design, top)}."
    )
    return (
        f"For a C of {design.concordance:.2f} +-{half_width:g} (95% interval) you need "
        f"{_in_patients(design, whole)} if every patient is predicted once, or "
        f"{_in_patients(design, test)} if one {TEST_FRACTION:.0%} test part is to show it. "
        f"To find a hazard ratio of {hazard_ratio:g} between two halves of the patients with a "
        f"chance of {USUAL_POWER:.0%} you need {_in_patients(design, of_ratio)} (Schoenfeld "
        f"1983).{of_top if design.top_tells else ''}"
    )


def _in_patients(design: SurvivalPowerDesign, events: int | None) -> str:
    if events is None or events > MOST_EVENTS:
        return say_events(None, None)
    return say_events(events, design.count_patients(events))


def describe_survival_sizes(design: SurvivalPowerDesign, parameters: int) -> str:
    """Answer "how many patients to develop, and to validate, a model?", a sentence each."""
    try:
        development = compute_survival_development_size(parameters, design.patients)
        validation = compute_survival_validation_size(design.patients)
    except AbsentError as absent:
        return str(absent)
    return (
        f"To develop a Cox regression of {counted(parameters, 'parameter')} without penalty "
        f"you need {say_size(development)} by Riley et al. 2019; models with a penalty, and "
        "networks, have no such rule. To validate a model on new patients, with 95% intervals "
        "0.2 wide for O/E at the horizon and 0.1 wide for C, you need "
        f"{say_size(validation)}."
    )
