"""How many patients and events a model of times asks for, and a hazard ratio to be found.

The model is told by the C to expect, the outcome by the risk at the horizon and by who is lost
before it: log hazards are taken as normal, and hazards as proportional.
"""

from __future__ import annotations

import math

from scipy import stats
from scipy.special import expit, logit

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL, NORMAL_QUANTILE
from deepcme.evaluation.sample_size import (
    AUC_WIDTH,
    OBSERVED_EXPECTED_WIDTH,
    QUANTILE,
    RISK_MARGIN,
    USUAL_POWER,
    SampleSize,
    compute_patients_per_parameter,
)
from deepcme.evaluation.survival.kaplan_meier import compute_survival
from deepcme.evaluation.survival.planning.known_hazards import NormalLogHazards

ASSUMED_CONCORDANCE = 0.7
"""Where nobody says which C to expect."""
C_WIDTH = AUC_WIDTH
HALVES = 0.25
"""Variance of belonging to one of two groups of equal size."""


def expect_patients_like(
    follow_up: FollowUp, horizon: float, concordance: float = ASSUMED_CONCORDANCE
) -> NormalLogHazards:
    """More patients like these: of their risk by the horizon, as many of them seen to have it.

    The competing event ends the follow-up as a loss does.

    Parameters
    ----------
    follow_up : FollowUp
        One row a patient.
    horizon : float
    concordance : float
        The C to expect.

    Raises
    ------
    AbsentError
        If nobody, or everybody, has the event by the horizon, or nobody is followed to it.
    """
    alone = follow_up.of_cause(EVENT)
    risk = 1 - compute_survival(alone, horizon).value
    if not 0 < risk < 1:
        raise AbsentError(
            f"By the horizon of {horizon:g} {'all' if risk else 'no'} patients have the event: "
            "no number of them would be enough."
        )
    by_horizon = (follow_up.events == EVENT) & (follow_up.times <= horizon)
    return NormalLogHazards.seen(concordance, risk, float(by_horizon.mean()))


def compute_survival_development_size(
    parameters: int, patients: NormalLogHazards
) -> SampleSize:
    """Patients needed to develop a Cox regression without penalty [1]_.

    So that predictors need to be shrunk by 10% at most (``shrinkage``), that Nagelkerke's R2 is
    at most 0.05 too high on the patients it was fitted to (``optimism``), and that the overall
    risk at the horizon is known to +-0.05 (``overall risk``). Models with a penalty, and
    networks, have no such rule.

    Parameters
    ----------
    parameters : int
        Coefficients that the model estimates or chooses from.
    patients : NormalLogHazards
        Whose log hazards have the C to expect, without optimism.

    Raises
    ------
    AbsentError
        If their log hazards are all alike: no size is enough.

    References
    ----------
    .. [1] Riley RD, Snell KIE, Ensor J, et al. (2019). Minimum sample size for developing a
       multivariable prediction model: Part II. Statistics in Medicine 38:1276-1296.
    """
    _require_spread(patients, "no number of patients can develop a model")
    return compute_size_of_r2(
        parameters, patients.cox_snell_r2, patients.risk, patients.event_share
    )


def compute_size_of_r2(
    parameters: int, r2: float, risk: float, event_share: float
) -> SampleSize:
    """The same of a model of which Cox and Snell's R2 is known.

    Parameters
    ----------
    parameters : int
    r2 : float
        Of the partial likelihood, without optimism.
    risk : float
        Of the event by the horizon.
    event_share : float
        Share of the patients whose event is seen.
    """
    if parameters < 1:
        raise DeepCMEError(f"The number of parameters must be 1 or more, not {parameters}.")
    largest = _largest_r2(event_share)
    if not 0 < r2 < largest:
        raise DeepCMEError(
            f"Cox and Snell's R2 must be more than 0 and less than {largest:.3g}, its largest "
            f"value with {event_share:.3g} events a patient, not {r2:.3g}."
        )
    shrinkage, optimism = compute_patients_per_parameter(r2, largest)
    return SampleSize(
        event_share,
        {
            "shrinkage": math.ceil(parameters * shrinkage),
            "optimism": math.ceil(parameters * optimism),
            "overall risk": math.ceil(_events_for_overall_risk(risk) / event_share),
        },
    )


def count_survival_parameters_supported(n: int, patients: NormalLogHazards) -> int:
    """Most parameters without penalty that n such patients are enough for, 0 or more.

    By the first two criteria of `compute_survival_development_size`, solved for the
    parameters; none where log hazards are all alike.
    """
    if patients.sd == 0:
        return 0
    largest = _largest_r2(patients.event_share)
    return math.floor(n / max(compute_patients_per_parameter(patients.cox_snell_r2, largest)))


def compute_survival_validation_size(patients: NormalLogHazards) -> SampleSize:
    """Patients needed to validate a calibrated model of times on new patients.

    So that 95% intervals are as narrow as those that Riley et al. ask for of a binary outcome
    [1]_: 0.2 wide for observed over expected events at the horizon (``O/E``), and 0.1 for
    Uno's C up to it (``C``). The variances are those in many patients
    (`NormalLogHazards`); for times the authors simulate [2]_.

    Parameters
    ----------
    patients : NormalLogHazards

    Raises
    ------
    AbsentError
        If their log hazards are all alike: there is no order to validate.

    References
    ----------
    .. [1] Riley RD, Debray TPA, Collins GS, et al. (2021). Minimum sample size for external
       validation of a clinical prediction model with a binary outcome. Statistics in Medicine
       40:4230-4251.
    .. [2] Riley RD, Collins GS, Ensor J, et al. (2022). Minimum sample size calculations for
       external validation of a clinical prediction model with a time-to-event outcome.
       Statistics in Medicine 41:1280-1295.
    """
    _require_spread(patients, "there is no order of patients to validate")
    # The interval of O/E = 1 is exp(-1.96 se) to exp(1.96 se).
    of_ratio = math.asinh(OBSERVED_EXPECTED_WIDTH / 2) / QUANTILE
    of_c = C_WIDTH / (2 * QUANTILE)
    return SampleSize(
        patients.event_share,
        {
            "O/E": math.ceil(patients.observed_risk_variance / (patients.risk * of_ratio) ** 2),
            "C": math.ceil(patients.concordance_variance / of_c**2),
        },
    )


def compute_concordance_interval(patients: NormalLogHazards, n: float) -> tuple[float, float]:
    """The 95% interval of Uno's C to expect of n such patients, who are no model's own.

    Student's t on the logit scale, as `compute_logit_interval` makes it of a bootstrap, with
    the standard error of `NormalLogHazards.concordance_variance`.
    """
    c = patients.concordance
    rarer = max(2, round(n * min(patients.event_share, patients.control_share)))
    error = math.sqrt(patients.concordance_variance / n) / (c * (1 - c))
    half_width = stats.t.ppf((1 + CONFIDENCE_LEVEL) / 2, rarer - 1) * error
    low, high = expit(logit(c) - half_width), expit(logit(c) + half_width)
    return float(low), float(high)


def compute_events_for_hazard_ratio(
    hazard_ratio: float, variance: float = HALVES, power: float = USUAL_POWER
) -> int:
    """Fewest events to find a hazard ratio by a two-sided test at 0.05.

    Parameters
    ----------
    hazard_ratio : float
        Of one group to the other [1]_, or for a unit of a number [2]_; not 1.
    variance : float
        Of that number; p (1 - p) of a group that has a share p of the patients.
    power : float
        The chance to find it, 0.05 to 1.

    References
    ----------
    .. [1] Schoenfeld DA (1983). Sample-size formula for the proportional-hazards regression
       model. Biometrics 39:499-503.
    .. [2] Hsieh FY, Lavori PW (2000). Sample-size calculations for the Cox proportional
       hazards regression model with nonbinary covariates. Controlled Clinical Trials
       21:552-560.
    """
    if not 0 < hazard_ratio < math.inf or hazard_ratio == 1:
        raise DeepCMEError(
            f"The hazard ratio must be more than 0 and not 1, which no number of events finds, "
            f"but is {hazard_ratio:g}."
        )
    _require_test(variance, power)
    distance = NORMAL_QUANTILE + stats.norm.ppf(power)
    return math.ceil(distance**2 / (variance * math.log(hazard_ratio) ** 2))


def compute_smallest_hazard_ratio(
    events: int, variance: float = HALVES, power: float = USUAL_POWER
) -> float:
    """The hazard ratio above 1 that so many events find, as the function before."""
    if events < 1:
        raise DeepCMEError(f"The number of events must be 1 or more, not {events}.")
    _require_test(variance, power)
    distance = NORMAL_QUANTILE + stats.norm.ppf(power)
    return float(math.exp(distance / math.sqrt(events * variance)))


def _require_test(variance: float, power: float) -> None:
    if not (0 < variance < math.inf and 0.05 < power < 1):
        raise DeepCMEError(
            "A hazard ratio to be found takes a variance of more than 0 and a power between "
            f"0.05 and 1, not {variance:g} and {power:g}."
        )


def _require_spread(patients: NormalLogHazards, then: str) -> None:
    if patients.sd == 0:
        raise AbsentError(f"At a C of 0.5 {then}.")


def _largest_r2(event_share: float) -> float:
    """That of a model that knows all, beside an exponential one that knows nothing."""
    if not 0 < event_share < 1:
        raise DeepCMEError(
            f"The share of patients with an event must lie between 0 and 1, not be "
            f"{event_share:g}."
        )
    return -math.expm1(2 * event_share * (math.log(event_share) - 1))


def _events_for_overall_risk(risk: float) -> float:
    """The lower end of the hazard's interval is the further one in risks."""
    hazard = -math.log1p(-risk)
    return (QUANTILE * hazard / math.log1p(RISK_MARGIN / (1 - risk))) ** 2
