from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize
from scipy.special import expit

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.logistic import fit_firth_regression
from deepcme.evaluation.probabilities.calibration import (
    compute_calibration_line,
    compute_observed_expected,
)
from deepcme.evaluation.probabilities.recalibration import (
    OUT_OF_FOLD,
    VALIDATION,
    PlattRecalibration,
    fit_recalibrations,
    recalibrate_predictions,
)
from tests.evaluation.recalibration_simulations import simulate_recalibration
from tests.evaluation.simulations import distance_of_auc, make_labels


@pytest.fixture
def random():
    return np.random.default_rng(8)


def test_recalibrated_scores_are_calibrated_on_new_data():
    random = np.random.default_rng(8)
    labels = np.repeat([1, 0], [5_000, 15_000])
    training, new = (random.normal(size=20_000) * 5 + 5 * labels for _ in range(2))
    recalibration = PlattRecalibration.fit(labels, training)
    given = labels, recalibration.apply(new)
    assert compute_calibration_line(*given).slope.value == pytest.approx(1, abs=0.1)
    assert compute_observed_expected(*given).value == pytest.approx(1, abs=0.07)
    assert (recalibration.n, recalibration.events) == (20_000, 5_000)


@pytest.mark.parametrize("seed", range(4))
def test_rows_drawn_again_have_the_line_that_a_fit_finds(seed):
    random = np.random.default_rng(seed)
    labels = (np.arange(60) % 3 == 0).astype(int)
    scores = random.normal(size=60) * 2 + 1.5 * labels
    counts = random.multinomial(60, np.full(60, 1 / 60))
    drawn = counts > 0
    again = PlattRecalibration.fit(labels, scores).refit(
        labels[drawn], scores[drawn], counts[drawn]
    )
    fitted = PlattRecalibration.fit(np.repeat(labels, counts), np.repeat(scores, counts))
    assert again.slope == pytest.approx(fitted.slope, abs=1e-3)
    assert again.intercept == pytest.approx(fitted.intercept, abs=1e-3)


def test_a_refused_line_stays_so_of_rows_drawn_again():
    refused = PlattRecalibration.fit([0, 1, 0, 1], [2.0, 1.0, 2.0, 1.0])
    assert not refused.rises
    assert not refused.refit([0, 1, 0, 1], [1.0, 2.0, 1.0, 2.0], np.ones(4)).rises


def test_the_formula_of_gaussian_scores_is_found():
    # two normal classes of standard deviation 1, a distance d apart: the slope is d
    random = np.random.default_rng(8)
    labels = np.repeat([1, 0], 20_000)
    recalibration = PlattRecalibration.fit(labels, random.normal(size=40_000) + 1.5 * labels)
    assert recalibration.slope == pytest.approx(1.5, abs=0.05)
    assert recalibration.intercept == pytest.approx(-(1.5**2) / 2, abs=0.05)


def perfect_log_odds(random, labels, auc=0.75):
    """Log-odds of the true risk: normal in each class, a distance apart."""
    distance = distance_of_auc(auc)
    score = random.normal(size=len(labels)) + distance * labels
    prevalence = labels.mean()
    return np.log(prevalence / (1 - prevalence)) + distance * score - distance**2 / 2


def test_the_slope_is_that_of_the_penalised_likelihood(random):
    labels = make_labels(100, 30)
    scores = 0.4 * perfect_log_odds(random, labels)

    def loss(parameters):
        log_odds = parameters[0] + np.exp(parameters[1]) * scores
        likelihood = np.sum(labels * log_odds - np.logaddexp(0, log_odds))
        return -likelihood - stats.t(3).logpdf(parameters[1])

    expected = minimize(loss, [0, 0], options={"gtol": 1e-9}).x
    found = PlattRecalibration.fit(labels, scores)
    assert found.intercept == pytest.approx(expected[0], abs=1e-4)
    assert np.log(found.slope) == pytest.approx(expected[1], abs=1e-4)


def test_scores_that_are_no_log_odds_have_firths_slope(random):
    labels = make_labels(100, 30)
    scores = random.normal(size=100) + labels
    expected = fit_firth_regression(np.column_stack([np.ones(100), scores]), labels)
    found = PlattRecalibration.fit(labels, scores, are_log_odds=False)
    assert (found.intercept, found.slope) == pytest.approx(tuple(expected))


@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_the_scale_of_scores_that_are_no_log_odds_does_not_matter(scale, shift):
    labels = make_labels(60, 20)
    scores = np.random.default_rng(4).normal(size=60) + labels
    moved = scale * scores + shift
    before, after = (
        PlattRecalibration.fit(labels, values, are_log_odds=False).apply(values)
        for values in (scores, moved)
    )
    np.testing.assert_allclose(before, after, atol=1e-5)


@pytest.mark.parametrize("are_log_odds", [True, False])
def test_separated_classes_get_finite_slopes(are_log_odds):
    line = PlattRecalibration.fit([1, 1, 0, 0], [1, 1, -1, -1], are_log_odds=are_log_odds)
    high, low = line.apply([1, -1])
    assert 0.75 < high < 0.95
    assert low == pytest.approx(1 - high)


@pytest.mark.parametrize("are_log_odds", [True, False])
@pytest.mark.parametrize(
    "scores", [[2.0] * 8, [-3, 1, 1, 1, 1, 1, 1, 1], [1, 0, 2, 2, 2, 2, 2, 2]]
)
def test_scores_that_do_not_rise_with_the_risk_give_everybody_the_prevalence(
    scores, are_log_odds
):
    labels = [1, 1, 0, 0, 0, 0, 0, 0]
    line = PlattRecalibration.fit(labels, scores, are_log_odds=are_log_odds)
    assert line.slope == 0
    assert not line.rises
    assert line.apply([2.0, 9.0]) == pytest.approx([0.25, 0.25])


def test_few_events_leave_probabilities_nearly_as_they_are_and_many_have_their_way(random):
    few, many = make_labels(20, 5), make_labels(4000, 1000)
    slopes = [
        PlattRecalibration.fit(labels, perfect_log_odds(random, labels) / 3).slope
        for labels in (few, many)
    ]
    assert slopes[0] < 2.5
    assert slopes[1] == pytest.approx(3, abs=0.3)


@pytest.mark.parametrize("events", [30, 50, 100])
def test_a_perfect_model_stays_calibrated(events):
    found = simulate_recalibration(
        studies=40, n=5 * events, events=events, true_slope=1, seed=3
    )
    assert 0.9 < found["slope"] < 1.1
    assert found["log_loss"] < found["log_loss_of_prevalence"]


@pytest.mark.parametrize("true_slope", [0.5, 2, 5])
def test_a_model_too_sure_or_not_sure_enough_is_mended(true_slope):
    found = simulate_recalibration(studies=40, n=250, events=50, true_slope=true_slope, seed=3)
    assert 0.8 < found["slope"] < 1.25
    assert found["log_loss"] < found["log_loss_before"]


def test_order_of_patients_is_kept():
    recalibration = PlattRecalibration.fit([0, 1, 0, 1, 1], [1, 2, 3, 4, 5])
    assert (np.diff(recalibration.apply([1, 2, 3, 4, 5])) > 0).all()


def test_labels_of_one_class_are_refused():
    with pytest.raises(DeepCMEError, match="Both classes"):
        PlattRecalibration.fit([1, 1], [0.1, 0.2])


def test_every_split_is_recalibrated_on_its_own_validation_part(predictions):
    result = recalibrate_predictions(predictions)
    rows = predictions.query("split == 1 and model == 'forest'")
    validation = rows.query("part == 'validation'")
    expected = PlattRecalibration.fit(
        validation["label"], validation["score"], are_log_odds=False
    )
    assert result.loc[rows.index, "probability"].to_numpy() == pytest.approx(
        expected.apply(rows["score"])
    )
    assert result.drop(columns="probability").equals(predictions.drop(columns="probability"))


def test_test_and_training_labels_have_no_say_in_recalibration(predictions):
    poisoned = predictions.copy()
    elsewhere = poisoned["part"] != "validation"
    poisoned.loc[elsewhere, "label"] = 1 - poisoned.loc[elsewhere, "label"]
    before, after = (recalibrate_predictions(table) for table in (predictions, poisoned))
    assert before["probability"].equals(after["probability"])


def test_a_split_without_validation_rows_cannot_be_recalibrated(predictions):
    lost = (predictions["split"] == 2) & (predictions["part"] == "validation")
    with pytest.raises(DeepCMEError, match="no row of the validation part"):
        recalibrate_predictions(predictions[~lost])


def test_slopes_are_drawn_to_one_where_the_probability_is_that_of_the_score(predictions):
    lines = fit_recalibrations(predictions.assign(probability=expit(predictions["score"])))
    assert lines["are_log_odds"].all()
    unlike = fit_recalibrations(predictions)
    assert not unlike["are_log_odds"].any()
    assert len(unlike) == 12
    assert not unlike["slope"].equals(lines["slope"])


def test_a_line_that_would_turn_the_ranking_round_is_refused(predictions):
    """Reversed on the validation part, the ranking of the test part stays or vanishes."""
    turned = predictions.assign(probability=expit(predictions["score"]))
    validation = turned["part"] == "validation"
    turned.loc[validation, "label"] = 1 - turned.loc[validation, "label"]
    lines = fit_recalibrations(turned)
    result = recalibrate_predictions(turned, lines)
    refused = lines[lines["slope"] == 0]
    assert len(refused) > 6
    for row in refused.itertuples():
        given = result[(result["split"] == row.split) & (result["model"] == row.model)]
        assert given["probability"].to_numpy() == pytest.approx(row.events / row.n)
    assert (lines["slope"] >= 0).all()


def test_out_of_fold_scores_are_told_from_a_validation_part_of_its_own(predictions):
    both = predictions[predictions["model"] == "network"].copy()
    kept = both["part"] != "test"
    rows = [
        both[kept].assign(part="train"),
        both[kept].assign(part="validation"),
        both[~kept],
    ]
    others = predictions[predictions["model"] != "network"]
    lines = fit_recalibrations(pd.concat([*rows, others])).set_index("model")
    assert set(lines.loc["network", "learned_on"]) == {OUT_OF_FOLD}
    assert set(lines.drop("network")["learned_on"]) == {VALIDATION}
    assert lines.loc["network", "n"].min() > 2 * lines.loc["forest", "n"].max()
