"""How much a cohort can show: AUC's interval, chance to rank a true gene, parameters to fit.

All are approximations in closed form, for planning. `deepcme.evaluation` has the
intervals for a study that was run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.base.words import counted
from deepcme.evaluation.intervals import Estimate, compute_hanley_mcneil_interval
from deepcme.evaluation.sample_size import (
    USUAL_POWER,
    compute_development_size,
    compute_validation_size,
    count_parameters_supported,
)
from deepcme.simulation.planning import (
    EVENTS,
    LIKELY,
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
class PowerDesign(RankedGenes):
    """What is assumed of the patients, the model and the genes.

    Parameters
    ----------
    prevalence : float
        Share of patients with an event.
    auc : float
        True AUC of the model, 0.5 or more.
    effect : float
        Difference in mean log2 expression between events and non-events, in
        standard deviations of the gene (Cohen's d); the same for all true genes.
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

    prevalence: float = 0.2
    auc: float = 0.7
    effect: float = 0.5
    genes: int = 20_000
    signal_genes: int = 50
    top: int = 100

    def __post_init__(self) -> None:
        if not 0 < self.prevalence < 1:
            raise DeepCMEError(
                f"The prevalence must lie between 0 and 1, not be {self.prevalence}."
            )
        if not 0.5 <= self.auc < 1:
            raise DeepCMEError(f"The AUC must be at least 0.5 and less than 1, not {self.auc}.")
        self.require_possible()

    def count_patients(self, events: int, fraction: float = 1.0) -> tuple[int, int]:
        """Events and non-events in a part of a cohort, at least one of each."""
        non_events = events * (1 - self.prevalence) / self.prevalence
        return max(1, round(fraction * events)), max(1, round(fraction * non_events))


def compute_power(design: PowerDesign, events: Sequence[int] = EVENTS) -> pd.DataFrame:
    """What cohorts with these numbers of events can show.

    Parameters
    ----------
    design : PowerDesign
    events : sequence of int
        Patients with an event, 2 or more.

    Returns
    -------
    pandas.DataFrame
        One row per number of events: ``events``, ``patients``; ``test_events`` and
        the expected 95% interval of the AUC in a 20% test part,
        ``test_auc_low`` and ``test_auc_high``; that of the whole cohort,
        ``auc_low`` and ``auc_high``; ``top_probability``, see
        `compute_top_probability`; and ``parameters``, see
        `count_parameters_supported`. For the whole cohort, each patient is
        predicted once by a model that has not seen them; since such models
        share training data, the interval is the least that can be hoped for.
    """
    require_events(events)
    rows = []
    for n_events in events:
        test = compute_expected_auc(design, n_events, TEST_FRACTION)
        whole = compute_expected_auc(design, n_events)
        rows.append(
            {
                "events": n_events,
                "patients": whole.n,
                "test_events": test.events,
                "test_auc_low": test.ci_low,
                "test_auc_high": test.ci_high,
                "auc_low": whole.ci_low,
                "auc_high": whole.ci_high,
                "top_probability": compute_top_probability(design, n_events),
                "parameters": count_parameters_supported(
                    whole.n, design.auc, design.prevalence
                ),
            }
        )
    return pd.DataFrame(rows)


def compute_expected_auc(design: PowerDesign, events: int, fraction: float = 1.0) -> Estimate:
    """AUC with the interval to expect in a fraction of a cohort [1]_.

    Parameters
    ----------
    design : PowerDesign
    events : int
        Patients with an event in the whole cohort.
    fraction : float
        Share of the cohort that the AUC is estimated on.

    Returns
    -------
    Estimate

    References
    ----------
    .. [1] Hanley JA, McNeil BJ (1982). The meaning and use of the area under a
       receiver operating characteristic (ROC) curve. Radiology 143:29-36.
    """
    return compute_hanley_mcneil_interval(design.auc, *design.count_patients(events, fraction))


def compute_top_probability(design: PowerDesign, events: int) -> float:
    """Chance that a true gene is among the first when genes are ranked by abs(t).

    The two-sample t-statistic of a true gene follows the noncentral t
    distribution with noncentrality effect * sqrt(events * non-events / patients)
    [1]_; given its value, the numbers of other true genes and of the rest that
    exceed it are binomial. The sum over both is exact; the value runs over
    200 equally likely ones.

    Limits: genes are taken as independent and normal with equal variance, of
    one sample per patient, and all patients are used for ranking. In modules
    of 50 genes with a correlation of 0.8, the chance was up to 0.04 off in
    simulations. A multivariate model can rank better or worse than the t-statistic.

    Parameters
    ----------
    design : PowerDesign
    events : int
        Patients with an event.

    Returns
    -------
    float

    References
    ----------
    .. [1] Cohen J (1988). Statistical power analysis for the behavioral sciences,
       2nd edition, chapter 2. Lawrence Erlbaum Associates.
    """
    n_events, n_non_events = design.count_patients(events)
    n = n_events + n_non_events
    freedom = max(1, n - 2)
    noncentrality = design.effect * math.sqrt(n_events * n_non_events / n)
    statistic = _likely_absolute_t(freedom, noncentrality)
    return design.compute_chance_in_top(2 * stats.t.sf(statistic, freedom))


def _likely_absolute_t(freedom: int, noncentrality: float) -> NDArray[np.float64]:
    """200 equally likely absolute values of a noncentral t, ascending.

    By its definition, from quantiles of the normal and the chi-squared
    distribution: numerical noncentral t quantiles fail far from 0.
    """
    normal = stats.norm.ppf(midpoints(400)) + noncentrality
    scale = np.sqrt(stats.chi2.ppf(midpoints(40), freedom) / freedom)
    values = np.abs(normal / scale[:, np.newaxis])
    quantiles: NDArray[np.float64] = np.quantile(values, midpoints(LIKELY))
    return quantiles


def compute_events_for_half_width(
    design: PowerDesign, half_width: float, fraction: float = 1.0
) -> int | None:
    """Fewest events with an AUC interval of at most +-`half_width`; None above a million.

    Parameters
    ----------
    design : PowerDesign
    half_width : float
        More than 0, less than 0.5.
    fraction : float
        Share of the cohort that the AUC is estimated on.
    """
    require_half_width(half_width)

    def is_narrow(events: int) -> bool:
        # The lower end is cut at 0 only where it is further away than any half-width asked.
        expected = compute_expected_auc(design, events, fraction)
        return expected.value - expected.ci_low <= half_width

    return find_fewest_events(is_narrow)


def compute_events_for_top(design: PowerDesign, probability: float) -> int | None:
    """Fewest events at which a true gene is among the first with this probability."""
    return find_fewest_events(
        lambda events: compute_top_probability(design, events) >= probability
    )


def describe_events_needed(design: PowerDesign, half_width: float) -> str:
    """Answer "how many events would I need?" in two sentences."""
    whole = compute_events_for_half_width(design, half_width)
    test = compute_events_for_half_width(design, half_width, TEST_FRACTION)
    top = compute_events_for_top(design, USUAL_POWER)
    of_top = (
        f" For a true gene to be among the first {design.top:,} with a chance of "
        f"{USUAL_POWER:.0%} you need {_in_patients(design, top)}."
    )
    return (
        f"For an AUC of {design.auc:.2f} +-{half_width:g} (95% interval) you need "
        f"{_in_patients(design, whole)} if every patient is predicted once, or "
        f"{_in_patients(design, test)} if one {TEST_FRACTION:.0%} test part is to show it."
        f"{of_top if design.top_tells else ''}"
    )


def _in_patients(design: PowerDesign, events: int | None) -> str:
    return say_events(events, None if events is None else sum(design.count_patients(events)))


def describe_model_sizes(
    design: PowerDesign, parameters: int, threshold: float | None = None
) -> str:
    """Answer "how many patients to develop, and to validate, a model?", a sentence each."""
    try:
        development = compute_development_size(parameters, design.auc, design.prevalence)
        validation = compute_validation_size(design.auc, design.prevalence, threshold)
    except AbsentError as absent:
        return str(absent)
    return (
        f"To develop a regression of {counted(parameters, 'parameter')} without penalty you "
        f"need {say_size(development)} by Riley et al. 2019; models with a penalty, and "
        "networks, have no such rule. To validate a model on new patients you need "
        f"{say_size(validation)} by Riley et al. 2021, net benefit at a risk of "
        f"{design.prevalence if threshold is None else threshold:.3g}."
    )
