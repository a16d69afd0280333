"""Lines that make a model's risks right, learned on rows it was not fitted on."""

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.probabilities.calibration import compute_log_odds
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration
from deepcme.evaluation.survival.censoring import (
    compute_censoring_weights,
    estimate_censoring,
)
from deepcme.evaluation.survival.recalibration import (
    fit_survival_recalibrations,
    recalibrate_survival_predictions,
)
from deepcme.evaluation.survival.tables.performance import compute_survival_performance
from tests.evaluation.survival.tables.conftest import evaluate, invent_predictions


@pytest.fixture(scope="module")
def studied():
    """Two thirds of 400 patients train and validate; the risks of `network` are halved."""
    predictions = invent_predictions(400, repeats=1)
    network = predictions["model"] == "network"
    return predictions.assign(
        probability=predictions["probability"].mask(network, predictions["probability"] / 2)
    )


@pytest.fixture(scope="module")
def fits(studied):
    return fit_survival_recalibrations(studied, 3.0)


def test_a_line_is_that_of_the_weighted_rows_of_the_validation_part(studied, fits):
    split = studied[(studied["split"] == 1) & (studied["model"] == "network")]
    training = split[split["part"] != "test"]
    censoring = estimate_censoring(FollowUp(training["time"], training["event"]))
    rows = split[split["part"] == "validation"]
    found = compute_censoring_weights(
        FollowUp(rows["time"], rows["event"]), 3.0, reference=censoring
    )
    known = found.weights[0] > 0
    weight = found.weights[0, known] / found.weights[0, known].mean()
    line = PlattRecalibration.fit(
        found.cases[known],
        compute_log_odds(rows["probability"].to_numpy()[known]),
        weights=weight,
    )
    row = fits[(fits["split"] == 1) & (fits["model"] == "network")].iloc[0]
    assert (row["intercept"], row["slope"]) == pytest.approx((line.intercept, line.slope))
    assert (row["n"], row["events"]) == (known.sum(), found.cases.sum())
    assert row["learned_on"] == "validation part"


def test_weights_count_as_rows():
    labels, scores = np.array([0, 1, 0, 1, 1, 0]), np.array([-2.0, -1, -1, 1, 2, 0.5])
    weights = np.array([1, 2, 1, 3, 1, 2])
    weighted = PlattRecalibration.fit(labels, scores, weights=weights)
    repeated = PlattRecalibration.fit(np.repeat(labels, weights), np.repeat(scores, weights))
    assert weighted.slope == pytest.approx(repeated.slope, abs=1e-5)
    assert weighted.intercept == pytest.approx(repeated.intercept, abs=1e-5)


def test_halved_risks_are_made_right(studied, fits):
    after = evaluate(recalibrate_survival_predictions(studied, fits), draws=5)
    before = evaluate(studied, draws=5)
    ratios = [
        compute_survival_performance(of)
        .query("measure == 'observed_expected'")
        .iloc[0]["value"]
        for of in (before, after)
    ]
    assert ratios[0] > 1.5
    assert ratios[1] == pytest.approx(1, abs=0.15)


def test_test_rows_have_no_say(studied, fits):
    is_test = studied["part"] == "test"
    other = studied.assign(
        probability=studied["probability"].mask(is_test, 0.5),
        event=studied["event"].mask(is_test, 1),
    )
    pd.testing.assert_frame_equal(fit_survival_recalibrations(other, 3.0), fits)


def test_a_line_that_would_turn_the_order_round_is_refused(studied):
    turned = studied.assign(probability=1 - studied["probability"])
    fits = fit_survival_recalibrations(turned, 3.0)
    network = fits[fits["model"] == "network"]
    assert (network["slope"] == 0).all()
    risks = recalibrate_survival_predictions(turned, fits)
    one = risks[(risks["model"] == "network") & (risks["split"] == 0)]["probability"]
    assert one.nunique() == 1
    assert 0.2 < one.iloc[0] < 0.6


def test_rows_of_both_parts_are_known_to_be_out_of_fold(studied):
    again = studied[studied["part"] == "train"].assign(part="validation")
    fits = fit_survival_recalibrations(pd.concat([studied, again]), 3.0)
    assert (fits["learned_on"] == "out of fold, training and validation part").all()


@pytest.mark.parametrize(
    ("horizon", "model", "sentence"),
    [
        (3.0, "ranker", "gives no risk by the horizon"),
        (50.0, "network", "take an earlier horizon"),
        (0.001, "network", "0 have the event by then: both are needed"),
    ],
)
def test_where_there_is_no_line_it_says_why(studied, horizon, model, sentence):
    fits = fit_survival_recalibrations(studied, horizon)
    rows = fits[fits["model"] == model]
    assert rows["slope"].isna().all()
    assert rows["absent"].str.contains(sentence).all()
    risks = recalibrate_survival_predictions(studied, fits)
    assert risks.loc[risks["model"] == model, "probability"].isna().all()


def test_censoring_may_depend_on_columns(studied):
    names = studied["sample"].unique()
    group = pd.DataFrame({"late": np.arange(len(names)) % 2.0}, index=names)
    fits = fit_survival_recalibrations(studied, 3.0, columns=group)
    assert fits.loc[fits["model"] == "network", "slope"].gt(0).all()
