"""How many patients a prediction model asks for, by Riley's criteria: to develop, to validate.

Model and outcome are told by the AUC to expect and the prevalence alone: the linear predictor
is taken as normal in both classes with one variance (binormal), and as calibrated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import expit, logit, xlogy

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.evaluation.predictions import FloatArray

ASSUMED_AUC = 0.75
"""Where nobody says which AUC to expect."""

SHRINKAGE = 0.9
OPTIMISM = 0.05
RISK_MARGIN = 0.05
OBSERVED_EXPECTED_WIDTH = 0.2
SLOPE_WIDTH = 0.2
AUC_WIDTH = 0.1
NET_BENEFIT_WIDTH = 0.2
USUAL_POWER = 0.8
"""Chance to find what is there, where nobody asks for another."""
QUANTILE = 1.96
"""That of the papers, so that sizes agree to the patient."""
_REACH, _POINTS = 12, 4001  # standard deviations beyond the means, and points between


@dataclass(frozen=True)
class SampleSize:
    """Patients that each criterion asks for.

    Parameters
    ----------
    prevalence : float
        Share of them with an event.
    criteria : dict of int
        Patients by criterion, in the order of the paper.
    """

    prevalence: float
    criteria: dict[str, int]

    @property
    def patients(self) -> int:
        """The most that a criterion asks for."""
        return max(self.criteria.values())

    @property
    def events(self) -> int:
        """Events to expect among the patients, rounded up."""
        return math.ceil(round(self.patients * self.prevalence, 6))


def compute_cox_snell_r2(auc: float, prevalence: float) -> float:
    """Cox and Snell's R2 that belongs to an AUC, by the binormal model [1]_.

    1 - exp(-2 I), where I is the mutual information of outcome and linear predictor: half the
    likelihood ratio to expect per patient. The paper simulates; here it is integrated.

    Parameters
    ----------
    auc : float
        0.5 or more, less than 1.
    prevalence : float
        Between 0 and 1.

    References
    ----------
    .. [1] Riley RD, Van Calster B, Collins GS (2021). A note on estimating the Cox-Snell R2
       from a reported C statistic (AUROC) to inform sample size calculations for developing a
       prediction model with a binary outcome. Statistics in Medicine 40:859-864.
    """
    predictor, share = _linear_predictor(auc, prevalence)
    information = _entropy(np.array([prevalence]))[0] - share @ _entropy(expit(predictor))
    return float(-np.expm1(-2 * information))


def compute_largest_cox_snell_r2(prevalence: float) -> float:
    """Cox and Snell's R2 of a model that knows the outcome; Nagelkerke's is the share of it."""
    return float(-np.expm1(-2 * _entropy(np.array([prevalence]))[0]))


def compute_development_size(parameters: int, auc: float, prevalence: float) -> SampleSize:
    """Patients needed to develop a regression without penalty [1]_ [2]_.

    So that predictors need to be shrunk by 10% at most (``shrinkage``), that Nagelkerke's R2 is
    at most 0.05 too high on the patients it was fitted to (``optimism``), and that the overall
    risk is known to +-0.05 (``overall risk``). Models with a penalty, and networks, have no
    such rule.

    Parameters
    ----------
    parameters : int
        Coefficients that the model estimates or chooses from, the intercept not counted.
    auc : float
        The AUC to expect, without optimism; more than 0.5.
    prevalence : float
        Between 0 and 1.

    Raises
    ------
    AbsentError
        If the AUC is 0.5: nothing is there to be estimated, and no size is enough.

    References
    ----------
    .. [1] Riley RD, Snell KIE, Ensor J, et al. (2019). Minimum sample size for developing a
       multivariable prediction model: Part II. Statistics in Medicine 38:1276-1296.
    .. [2] Riley RD, Ensor J, Snell KIE, et al. (2020). Calculating the sample size required
       for developing a clinical prediction model. BMJ 368:m441.
    """
    if parameters < 1:
        raise DeepCMEError(f"The number of parameters must be 1 or more, not {parameters}.")
    shrinkage, optimism = _of_auc(auc, prevalence)
    overall = (QUANTILE / RISK_MARGIN) ** 2 * prevalence * (1 - prevalence)
    return SampleSize(
        prevalence,
        {
            "shrinkage": math.ceil(parameters * shrinkage),
            "optimism": math.ceil(parameters * optimism),
            "overall risk": math.ceil(overall),
        },
    )


def count_parameters_supported(patients: int, auc: float, prevalence: float) -> int:
    """Most parameters without penalty that so many patients are enough for, 0 or more.

    By the first two criteria of `compute_development_size`, solved for the parameters;
    none at an AUC of 0.5.
    """
    if auc == 0.5:
        return 0
    return math.floor(patients / max(_of_auc(auc, prevalence)))


def _of_auc(auc: float, prevalence: float) -> tuple[float, float]:
    r2 = compute_cox_snell_r2(auc, prevalence)
    if auc == 0.5:
        raise AbsentError("At an AUC of 0.5 no number of patients can develop a model.")
    return compute_patients_per_parameter(r2, compute_largest_cox_snell_r2(prevalence))


def compute_patients_per_parameter(r2: float, largest_r2: float) -> tuple[float, float]:
    """By the criteria of shrinkage and of optimism, of which both are proportional.

    Parameters
    ----------
    r2, largest_r2 : float
        Cox and Snell's, that to expect and that of a model that knows the outcome.
    """
    small_optimism = r2 / (r2 + OPTIMISM * largest_r2)
    by_shrinkage, by_optimism = (
        1 / ((shrinkage - 1) * math.log1p(-r2 / shrinkage))
        for shrinkage in (SHRINKAGE, small_optimism)
    )
    return by_shrinkage, by_optimism


def compute_validation_size(
    auc: float, prevalence: float, threshold: float | None = None
) -> SampleSize:
    """Patients needed to validate a calibrated model on new patients [1]_.

    So that 95% intervals are as narrow as the paper's software has them: 0.2 wide for observed
    over expected events (``O/E``), 0.2 for the calibration slope, 0.1 for the AUC, and 0.2 for
    the net benefit as a share of the prevalence, at one threshold.

    Parameters
    ----------
    auc : float
        The AUC to expect; more than 0.5.
    prevalence : float
        Between 0 and 1.
    threshold : float, optional
        Risk from which one would act; the prevalence, unless told otherwise.

    Raises
    ------
    AbsentError
        If the AUC is 0.5: risks are all alike, and there is no slope to estimate.

    References
    ----------
    .. [1] Riley RD, Debray TPA, Collins GS, et al. (2021). Minimum sample size for external
       validation of a clinical prediction model with a binary outcome. Statistics in Medicine
       40:4230-4251.
    """
    predictor, share = _linear_predictor(auc, prevalence)
    if auc == 0.5:
        raise AbsentError("At an AUC of 0.5 there is no calibration slope to validate.")
    threshold = prevalence if threshold is None else threshold
    if not 0 < threshold < 1:
        raise DeepCMEError(f"The threshold must lie between 0 and 1, not be {threshold}.")
    sizes = {
        "O/E": _size_for_observed_expected(prevalence),
        "calibration slope": _size_for_slope(predictor, share),
        "AUC": _size_for_auc(auc, prevalence),
        "net benefit": _size_for_net_benefit(auc, prevalence, threshold),
    }
    return SampleSize(prevalence, {name: math.ceil(size) for name, size in sizes.items()})


def _size_for_observed_expected(prevalence: float) -> float:
    # The interval of O/E = 1 is exp(-1.96 se) to exp(1.96 se).
    standard_error = math.asinh(OBSERVED_EXPECTED_WIDTH / 2) / QUANTILE
    return (1 - prevalence) / (prevalence * standard_error**2)


def _size_for_slope(predictor: FloatArray, share: FloatArray) -> float:
    """By the information of one patient on intercept and slope of a calibrated model."""
    weight = share * expit(predictor) * expit(-predictor)
    constant, mixed, squared = (float(weight @ predictor**power) for power in range(3))
    standard_error = SLOPE_WIDTH / (2 * QUANTILE)
    return constant / (standard_error**2 * (constant * squared - mixed**2))


def _size_for_auc(auc: float, prevalence: float) -> float:
    """By Newcombe's variance of an AUC (2006), solved for the patients n: a n^2 = b n + c."""
    pairs = (1 - auc) / (2 - auc) + auc / (1 + auc)
    scale = auc * (1 - auc) / (prevalence * (1 - prevalence))
    a = (AUC_WIDTH / (2 * QUANTILE)) ** 2
    b, c = scale * pairs / 2, scale * (1 - pairs)
    return (b + math.sqrt(b**2 + 4 * a * c)) / (2 * a)


def _size_for_net_benefit(auc: float, prevalence: float, threshold: float) -> float:
    distance = _distance(auc)
    cut = (logit(threshold) - logit(prevalence)) / distance + distance / 2
    sensitivity, false_positives = stats.norm.sf(cut - distance), stats.norm.sf(cut)
    weight = (1 - prevalence) / prevalence * threshold / (1 - threshold)
    variance = (
        sensitivity * (1 - sensitivity) / prevalence
        + weight**2 * false_positives * (1 - false_positives) / (1 - prevalence)
        + weight**2 * false_positives**2 / (prevalence * (1 - prevalence))
    )
    return float(variance / (NET_BENEFIT_WIDTH / (2 * QUANTILE)) ** 2)


def _distance(auc: float) -> float:
    """Between the classes' means, in standard deviations of the linear predictor."""
    return float(math.sqrt(2) * stats.norm.ppf(auc))


def _linear_predictor(auc: float, prevalence: float) -> tuple[FloatArray, FloatArray]:
    """Values of a calibrated linear predictor, and the share of patients at each of them."""
    if not 0.5 <= auc < 1 or not 0 < prevalence < 1:
        raise DeepCMEError(
            "A sample size needs an AUC of at least 0.5 and less than 1 and a prevalence "
            f"between 0 and 1, not {auc} and {prevalence}."
        )
    distance = _distance(auc)
    place = np.linspace(-_REACH, distance + _REACH, _POINTS)
    without_event, with_event = stats.norm.pdf(place), stats.norm.pdf(place - distance)
    share = (1 - prevalence) * without_event + prevalence * with_event
    predictor = distance * place - distance**2 / 2 + logit(prevalence)
    return predictor.astype(np.float64), share * (place[1] - place[0])


def _entropy(risk: FloatArray) -> FloatArray:
    return np.asarray(-xlogy(risk, risk) - xlogy(1 - risk, 1 - risk), dtype=np.float64)
