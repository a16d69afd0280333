"""What the intervals of O/E and slope allow to say about calibration: words by rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from deepcme.evaluation.intervals import CONFIDENCE_LEVEL, NORMAL_QUANTILE, Estimate
from deepcme.evaluation.measures import OBSERVED_EXPECTED
from deepcme.evaluation.predictions import LEFT_OUT, FloatArray

EVENTS_TO_JUDGE = 100
WALD = "Wald"
REFITTED_FACTOR = 1.3
"""How much more the slope of a cross-validated model varies than its standard error says.

Patients who test one fit train another. Found by simulation: see the page "Validation of
the statistics".
"""
# Where the ends of O/E are farther apart than by this factor, or those of the slope by this
# much, a model that is far from calibrated can go unseen.
_WIDE_RATIO, _WIDE_SLOPE = 2.0, 1.0

_NUMBERS = (
    (1.4, "1.5 times"), (1.75, "twice"), (2.25, "2.5 times"), (2.75, "three times"),
    (3.5, "four times"), (4.5, "five times"), (5.5, "six times"), (6.5, "seven times"),
    (7.5, "eight times"), (8.5, "nine times"), (9.5, "ten times"), (10.5, ""),
)  # fmt: skip
"""From which factor on which words are nearest."""


@dataclass(frozen=True)
class Fault:
    """What an interval that excludes 1 says of the risks.

    Attributes
    ----------
    words : str
        They are so, such as ``about twice too high``.
    numbers : str
        The estimate and its interval.
    shown : bool
        Whether the wider interval excludes 1 as well.
    """

    words: str
    numbers: str
    shown: bool


def compute_calibration_verdicts(calibration: pd.DataFrame) -> pd.DataFrame:
    """What may be said of every model's calibration, in a few words and in a sentence.

    O/E tells whether risks are too high or too low, the slope whether they are too extreme
    or too cautious; each only if its interval excludes 1. A fault is claimed if the interval
    still does so when it is widened for the number of intervals of the model (Bonferroni)
    and, of the slope of a cross-validated model, by `REFITTED_FACTOR`: of calibrated
    models at most 5 in 100 are then called miscalibrated. Counts alone never say that nothing
    is wrong: below 100 events or non-events [1]_, or where intervals are wide, a fault
    can go unseen, which is said where none is seen.

    Parameters
    ----------
    calibration : DataFrame
        As `compute_calibration` gives it.

    Returns
    -------
    DataFrame
        Columns `model, risks, verdict, n, events`, and first `left_out` where cohorts are
        left out.

    References
    ----------
    .. [1] Vergouwe Y et al. (2005). Substantial effective sample sizes were required
       for external validation studies of predictive logistic regression models.
       Journal of Clinical Epidemiology 58:475-483.
    """
    by_cohort = LEFT_OUT in calibration.columns
    keys = [LEFT_OUT, "model"] if by_cohort else ["model"]
    n_intervals = 2 * (calibration[LEFT_OUT].nunique() if by_cohort else 1)
    rows = []
    for key, of_model in calibration.groupby(keys, sort=False, observed=True):
        named = dict(zip(keys, key, strict=True))
        estimates = of_model.set_index("metric")[["value", "ci_low", "ci_high", "n", "events"]]
        ratio, slope = (
            Estimate(*estimates.loc[name]) for name in (OBSERVED_EXPECTED.name, "slope")
        )
        # A cohort left out, and the only test part, trained none of the fits.
        refitted = not by_cohort and int(of_model["n_splits"].iloc[0]) > 1
        faults = find_faults(ratio, slope, n_intervals, refitted=refitted)
        risks, verdict = _describe(str(named["model"]), ratio, slope, faults)
        counts = {"n": int(ratio.n), "events": int(ratio.events)}
        rows.append({**named, "risks": risks, "verdict": verdict, **counts})
    return pd.DataFrame(rows)


def _describe(
    model: str, ratio: Estimate, slope: Estimate, faults: list[Fault]
) -> tuple[str, str]:
    if faults:
        words = [fault.words if fault.shown else f"perhaps {fault.words}" for fault in faults]
        return ", ".join(words), accuse(model, faults)
    numbers = list_numbers(ratio, slope)
    events, others = int(ratio.events), int(ratio.n - ratio.events)
    counts = f"{events} events and {others} non-events"
    if min(events, others) < EVENTS_TO_JUDGE:
        return "too few events to tell", (
            f"{counts} are too few to tell whether the risks of {model} are right ({numbers})."
        )
    if is_wide(ratio, slope):
        return "intervals too wide to tell", (
            f"The intervals are too wide to tell whether the risks of {model} are right "
            f"({numbers})."
        )
    return "no fault shown", (
        f"No miscalibration of {model} is shown, and {counts} are enough to judge ({numbers})."
    )


def find_faults(
    ratio: Estimate,
    slope: Estimate,
    n_intervals: int = 2,
    *,
    refitted: bool = False,
    kind: str = WALD,
) -> list[Fault]:
    """What O/E and slope show or hint at; intervals that cannot be given exclude nothing.

    Parameters
    ----------
    ratio, slope : Estimate
        With intervals of 95%.
    n_intervals : int
        Among which these two are.
    refitted : bool
        Whether patients who test one fit train another.
    kind : str
        Of intervals, in words; they are not named where it is empty.
    """
    widening = float(stats.norm.isf((1 - CONFIDENCE_LEVEL) / 2 / n_intervals)) / NORMAL_QUANTILE
    faults = []
    ends = np.array([ratio.value, ratio.ci_low, ratio.ci_high])
    if _excludes(1, ends):
        shown = _excludes(0, np.log(ends), widening)
        faults.append(Fault(_of_ratio(ratio.value), f"O/E {_numbers(ratio, kind)}", shown))
    ends = np.array([slope.value, slope.ci_low, slope.ci_high])
    if _excludes(1, ends):
        shown = _excludes(1, ends, widening * (REFITTED_FACTOR if refitted else 1))
        faults.append(Fault(_of_slope(slope), f"slope {_numbers(slope, kind)}", shown))
    return faults


def _excludes(ideal: float, ends: FloatArray, widening: float = 1.0) -> bool:
    """Whether the interval does, its ends so many times as far from the value."""
    value, low, high = ends
    below, above = value + widening * (high - value), value - widening * (value - low)
    return bool(below < ideal or above > ideal)


def accuse(model: str, faults: list[Fault]) -> str:
    """What the faults of a model say, in a sentence."""
    shown, possible = (
        " and ".join(
            f"{fault.words} ({fault.numbers})" for fault in faults if fault.shown is of
        )
        for of in (True, False)
    )
    if not shown:
        return (
            f"The risks of {model} may be {possible}, which calibrated models seem too often "
            "for this to be sure."
        )
    perhaps = f"; they may also be {possible}" if possible else ""
    return f"The risks of {model} are {shown}{perhaps}."


def is_wide(ratio: Estimate, slope: Estimate) -> bool:
    """Whether a model far from calibrated can go unseen; also where an end cannot be given."""
    narrow = (
        ratio.ci_high / ratio.ci_low <= _WIDE_RATIO
        and slope.ci_high - slope.ci_low <= _WIDE_SLOPE
    )
    return not narrow


def _of_ratio(ratio: float) -> str:
    """How far risks are off, such as ``about 30% too low``; from 1.4 times on as a factor."""
    direction, factor = ("high", 1 / ratio) if ratio < 1 else ("low", ratio)
    if factor > _NUMBERS[-1][0]:
        return f"more than ten times too {direction}"
    if factor >= _NUMBERS[0][0]:
        amount = [words for least, words in _NUMBERS if factor >= least][-1]
    else:
        share = 100 * (factor - 1 if ratio < 1 else 1 - 1 / factor)
        amount = f"{5 * round(share / 5) if share >= 7.5 else max(round(share), 1)}%"
    return f"about {amount} too {direction}"


def _of_slope(slope: Estimate) -> str:
    if slope.ci_high < 0:
        return "the wrong way round"
    return "too extreme" if slope.ci_high < 1 else "too cautious"


def list_numbers(ratio: Estimate, slope: Estimate, kind: str = WALD) -> str:
    """O/E and slope, each with its interval."""
    return f"O/E {_numbers(ratio, kind)}; slope {_numbers(slope, kind)}"


def _numbers(estimate: Estimate, kind: str) -> str:
    value, low, high = estimate.value, estimate.ci_low, estimate.ci_high
    if np.isnan(value):
        return "cannot be given"
    if not np.isfinite([low, high]).all():
        return f"{value:.2f}, without an interval"
    named = f"95% {kind} interval " if kind else ""
    return f"{value:.2f}, {named}{low:.2f} to {high:.2f}"
