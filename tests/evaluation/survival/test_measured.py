"""Measures as objects: their intervals, paired differences, and what they refuse."""

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.measured import (
    AUC_AT_HORIZON,
    BRIER,
    HORIZON_MEASURES,
    OBSERVED_EXPECTED,
    SLOPE,
    UNO,
    compute_log_interval,
    net_benefit,
    sensitivity,
    specificity,
)


@pytest.fixture(scope="module")
def patients():
    """A hundred and twenty, a quarter censored before the horizon, in 200 draws; their risks."""
    random = np.random.default_rng(4)
    score = random.normal(size=120)
    times = random.exponential(np.exp(-score) * 8)
    censoring = random.uniform(0.5, 12, 120)
    follow_up = FollowUp(np.minimum(times, censoring), times <= censoring)
    at = AtHorizon.draw(follow_up, 3, random, 200)
    return at, -np.expm1(-3 / 8 * np.exp(score))


@pytest.mark.parametrize("measure", HORIZON_MEASURES, ids=lambda measure: measure.name)
def test_a_measure_has_a_value_inside_its_interval_and_the_counts(patients, measure):
    at, risks = patients
    measured = measure.of(at, risks)
    estimate = measured.interval()
    assert estimate.ci_low < estimate.value < estimate.ci_high
    assert (estimate.n, estimate.events) == (120, at.n_cases)
    row = measured.frame().iloc[0]
    assert row[["measure", "time", "n", "events"]].tolist() == [
        measure.name, 3, 120, at.n_cases
    ]  # fmt: skip
    assert row["ci_low"] == estimate.ci_low
    assert row["interval"].startswith("patient bootstrap, ")


@pytest.mark.parametrize("measure", HORIZON_MEASURES, ids=lambda measure: measure.name)
def test_a_model_differs_from_itself_by_nothing(patients, measure):
    at, risks = patients
    difference = measure.of(at, risks).minus(measure.of(at, risks)).interval()
    assert (difference.value, difference.ci_low, difference.ci_high) == (0, 0, 0)


def test_a_difference_is_paired(patients):
    at, risks = patients
    other = risks + np.random.default_rng(0).normal(scale=0.02, size=120)
    measured = [AUC_AT_HORIZON.of(at, scores) for scores in (risks, other)]
    frame = measured[0].minus(measured[1]).frame().iloc[0]
    alone = measured[0].interval()
    assert frame["value"] == pytest.approx(measured[0].value - measured[1].value)
    assert frame["ci_high"] - frame["ci_low"] < (alone.ci_high - alone.ci_low) / 3
    assert frame["measure"] == "auc_difference"
    assert frame["interval"] == "paired patient bootstrap, t"


def test_treating_all_is_a_risk_of_one_for_everybody(patients):
    at, risks = patients
    gain = net_benefit(0.2).of(at, risks).minus(net_benefit(0.2).of(at, np.ones(120)))
    assert gain.value > 0
    assert net_benefit(0.2).of(at, np.zeros(120)).value == 0


def test_a_threshold_belongs_to_its_measure(patients):
    at, risks = patients
    with pytest.raises(
        DeepCMEError,
        match=r"no difference of two measures, Net benefit at 0\.1 and",
    ):
        net_benefit(0.1).of(at, risks).minus(net_benefit(0.2).of(at, risks))
    with pytest.raises(DeepCMEError, match=r"above 0 and below 1, but is 1\."):
        sensitivity(1)
    assert specificity(0.9).of(at, risks).value > sensitivity(0.9).of(at, risks).value


def test_measures_of_unlike_outcomes_have_no_difference(patients):
    at, risks = patients
    follow_up = at.follow_up
    again = AtHorizon.draw(follow_up, 3, np.random.default_rng(9), 200)
    others = AtHorizon.draw(
        FollowUp(follow_up.times + 0.1, follow_up.events), 3, np.random.default_rng(4), 200
    )
    for unlike in (again, others, at.move_to(2)):
        with pytest.raises(
            DeepCMEError, match=r"AUC\(t\) are of unlike outcomes: measure both"
        ):
            AUC_AT_HORIZON.of(at, risks).minus(AUC_AT_HORIZON.of(unlike, risks))
    with pytest.raises(DeepCMEError, match=r"two measures, AUC\(t\) and Uno's C"):
        AUC_AT_HORIZON.of(at, risks).minus(UNO.of(at, risks))


@pytest.mark.parametrize(
    ("measure", "predictions", "sentence"),
    [
        (BRIER, np.full(119, 0.5), "There are 120 patients but 119 predictions."),
        (BRIER, np.full(120, 1.5), "Risks must lie between 0 and 1."),
        (UNO, np.full(120, np.nan), "Predictions must be finite numbers."),
    ],
)
def test_predictions_that_do_not_fit_are_refused(patients, measure, predictions, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        measure.of(patients[0], predictions)


@pytest.mark.parametrize(
    ("measure", "risk", "sentence"),
    [
        (SLOPE, 0.3, "Slope cannot be estimated: the risks are all the same, or part"),
        (OBSERVED_EXPECTED, 0.0, "O/E cannot be estimated: the risks are all 0."),
    ],
)
def test_what_cannot_be_estimated_says_why(patients, measure, risk, sentence):
    with pytest.raises(AbsentError, match=sentence):
        measure.of(patients[0], np.full(120, risk))


def test_a_constant_score_has_a_concordance_of_one_half(patients):
    assert UNO.of(patients[0], np.zeros(120)).interval().value == 0.5


@pytest.mark.parametrize("measure", HORIZON_MEASURES, ids=lambda measure: measure.name)
def test_draws_that_do_not_have_it_are_left_out(measure):
    # With two cases among forty patients, one draw in seven has none.
    follow_up = FollowUp(np.r_[2, 2.5, np.full(38, 9)], np.r_[1, 1, np.zeros(38)])
    at = AtHorizon.draw(follow_up, 3, np.random.default_rng(1), 200)
    assert (at.counts[:, at.is_case].sum(axis=1) == 0).sum() > 10
    measured = measure.of(at, np.r_[0.4, 0.2, np.linspace(0.01, 0.6, 38)])
    assert np.isfinite([measured.value, np.nanmax(measured.drawn)]).all()


def test_without_draws_there_is_no_interval(patients):
    at = AtHorizon.draw(patients[0].follow_up, 3, np.random.default_rng(0), 0)
    estimate = UNO.of(at, patients[1]).interval()
    assert np.isnan([estimate.ci_low, estimate.ci_high]).all()


def test_log_interval_by_hand():
    # Four patients: t quantile 3.182446, widened by sqrt(4 / 3); the logarithms' deviation
    # is 0.01.
    low, high = compute_log_interval(2.0, np.exp([0.01, -0.01]), 4)
    half_width = 3.182446 * np.sqrt(4 / 3) * 0.01
    assert np.log([low / 2, high / 2]) == pytest.approx([-half_width, half_width], abs=1e-7)
    assert np.isnan(compute_log_interval(0.0, np.array([1.0]), 4)).all()


def test_frames_of_several_measures_are_one_table(patients):
    at, risks = patients
    table = pd.concat([measure.of(at, risks).frame() for measure in HORIZON_MEASURES])
    assert table["measure"].is_unique
    assert not table.isna().any(axis=None)
