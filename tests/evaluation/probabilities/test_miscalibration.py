"""Calibration in words: every rule, and a case beside it where the rule does not hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.intervals import Estimate
from deepcme.evaluation.probabilities.miscalibration import (
    compute_calibration_verdicts,
    find_faults,
)
from tests.evaluation.probabilities.accused import simulate_accused, simulate_accused_frozen

RIGHT = (1.0, 0.9, 1.1)
NOTHING = (np.nan, np.nan, np.nan)


def calibration(ratio=RIGHT, slope=RIGHT, events=300, others=300, splits=10, cohort=None):
    """The two rows of a model that words are made of."""
    table = pd.DataFrame([ratio, slope], columns=["value", "ci_low", "ci_high"])
    table.insert(0, "metric", ["observed_expected", "slope"])
    table.insert(0, "model", "net")
    if cohort:
        table.insert(0, "left_out", cohort)
    return table.assign(n=events + others, events=events, n_splits=splits)


def said(**given):
    """What is shown, and the sentence."""
    row = compute_calibration_verdicts(calibration(**given)).iloc[0]
    return row["risks"], row["verdict"]


@pytest.mark.parametrize(
    ("given", "risks", "verdict"),
    [
        (
            {"ratio": (0.48, 0.33, 0.70), "events": 35, "others": 154},
            "about twice too high",
            "The risks of net are about twice too high (O/E 0.48, 95% Wald interval 0.33 to 0.70).",
        ),
        (
            {"ratio": (1.5, 1.2, 1.9)},
            "about 1.5 times too low",
            "The risks of net are about 1.5 times too low (O/E 1.50, 95% Wald interval 1.20 to 1.90).",
        ),
        (
            {"slope": (0.4, 0.2, 0.6)},
            "too extreme",
            "The risks of net are too extreme (slope 0.40, 95% Wald interval 0.20 to 0.60).",
        ),
        (
            {"ratio": (0.48, 0.33, 0.70), "slope": (6.58, 3.36, 9.81), "events": 35},
            "about twice too high, too cautious",
            "The risks of net are about twice too high (O/E 0.48, 95% Wald interval 0.33 to 0.70) and "
            "too cautious (slope 6.58, 95% Wald interval 3.36 to 9.81).",
        ),
        (
            {"slope": (-1.0, -1.4, -0.6)},
            "the wrong way round",
            "The risks of net are the wrong way round (slope -1.00, 95% Wald interval -1.40 to "
            "-0.60).",
        ),
        (
            {"slope": (0.6, 0.25, 0.95), "events": 35},
            "perhaps too extreme",
            "The risks of net may be too extreme (slope 0.60, 95% Wald interval 0.25 to 0.95), "
            "which calibrated models seem too often for this to be sure.",
        ),
        (
            {"ratio": (0.5, 0.4, 0.6), "slope": (0.6, 0.25, 0.95)},
            "about twice too high, perhaps too extreme",
            "The risks of net are about twice too high (O/E 0.50, 95% Wald interval 0.40 to 0.60); "
            "they may also be too extreme (slope 0.60, 95% Wald interval 0.25 to 0.95).",
        ),
        (
            {"events": 35, "others": 154},
            "too few events to tell",
            "35 events and 154 non-events are too few to tell whether the risks of net are right "
            "(O/E 1.00, 95% Wald interval 0.90 to 1.10; slope 1.00, 95% Wald interval 0.90 to "
            "1.10).",
        ),
        (
            {"slope": (0.9, 0.2, 1.6)},
            "intervals too wide to tell",
            "The intervals are too wide to tell whether the risks of net are right (O/E 1.00, "
            "95% Wald interval 0.90 to 1.10; slope 0.90, 95% Wald interval 0.20 to 1.60).",
        ),
        (
            {},
            "no fault shown",
            "No miscalibration of net is shown, and 300 events and 300 non-events are enough to "
            "judge (O/E 1.00, 95% Wald interval 0.90 to 1.10; slope 1.00, 95% Wald interval 0.90 to 1.10).",
        ),
        (
            {"slope": NOTHING},
            "intervals too wide to tell",
            "The intervals are too wide to tell whether the risks of net are right (O/E 1.00, "
            "95% Wald interval 0.90 to 1.10; slope cannot be given).",
        ),
    ],
)
def test_phrases(given, risks, verdict):
    assert said(**given) == (risks, verdict)


def test_few_events_never_absolve():
    """Seven events, but intervals that exclude 1."""
    risks, _ = said(ratio=(0.2, 0.1, 0.4), events=7, others=31)
    assert risks == "about five times too high"


def test_many_events_alone_do_not_either():
    assert said(ratio=(1.0, 0.6, 1.7))[0] == "intervals too wide to tell"


def test_the_rarer_outcome_counts():
    assert said(events=1000, others=23)[0] == "too few events to tell"
    assert said(events=100, others=100)[0] == "no fault shown"


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.98, "about 2% too high"),
        (1.02, "about 2% too low"),
        (0.9, "about 10% too high"),
        (1 / 1.25, "about 25% too high"),
        (1.25, "about 20% too low"),
        (1 / 1.39, "about 40% too high"),
        (1 / 1.41, "about 1.5 times too high"),
        (1.74, "about 1.5 times too low"),
        (1.76, "about twice too low"),
        (1 / 2.24, "about twice too high"),
        (2.26, "about 2.5 times too low"),
        (1 / 3, "about three times too high"),
        (4.4, "about four times too low"),
        (1 / 9.6, "about ten times too high"),
        (1 / 30, "more than ten times too high"),
        (30, "more than ten times too low"),
    ],
)
def test_the_factor_comes_from_the_number(ratio, words):
    ends = (ratio, ratio * 0.999, ratio * 1.001)
    assert said(ratio=ends)[0] == words


def test_a_slope_of_cross_validation_has_to_show_more_than_one_of_new_patients():
    slope = (0.6, 0.28, 0.92)
    assert said(slope=slope, splits=10)[0] == "perhaps too extreme"
    assert said(slope=slope, splits=1)[0] == "too extreme"
    ratio = (0.7, 0.55, 0.89)
    assert said(ratio=ratio, splits=10) == said(ratio=ratio, splits=1)


def test_each_cohort_left_out_is_judged_by_itself_and_asked_for_more():
    """By hand: with two intervals z is 2.24, 1.14 times 1.96; with four 2.50, 1.27 times."""
    slope = (0.6, 0.27, 0.93)
    table = pd.concat([calibration(slope=slope, cohort="north"), calibration(cohort="south")])
    verdicts = compute_calibration_verdicts(table)
    assert verdicts["left_out"].tolist() == ["north", "south"]
    assert verdicts["risks"].tolist() == ["perhaps too extreme", "no fault shown"]
    alone = compute_calibration_verdicts(calibration(slope=slope, cohort="north"))
    assert alone["risks"].tolist() == ["too extreme"]


def test_intervals_that_cannot_be_given_show_nothing():
    nothing = Estimate(2.0, np.nan, np.nan, 100, 50)
    assert find_faults(nothing, nothing) == []


def test_calibrated_models_are_seldom_accused():
    """A few studies; the page on the statistics has the shares of many."""
    assert simulate_accused_frozen(150, 200, 60, seed=1)["accused"] <= 0.08
    assert simulate_accused(8, seed=2)["accused"] <= 1 / 8


def test_a_model_with_risks_twice_too_high_is_accused():
    """So that words that accuse nobody do not pass."""
    found = simulate_accused_frozen(50, 200, 60, seed=3, shift=1.1, spread=0.5)
    assert found["accused"] >= 0.9
