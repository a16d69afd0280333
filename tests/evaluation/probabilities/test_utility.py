from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.probabilities.utility import (
    TREAT_ALL,
    TREAT_NONE,
    choose_thresholds,
    compute_decision_curve,
    compute_net_benefit_differences,
)
from tests.evaluation.cross_validated import Simulated
from tests.evaluation.decisions import simulate_decisions


def compute_net_benefit(labels, probabilities, thresholds):
    """Net benefit of one model whose rows are of different patients, by threshold."""
    rows = pd.DataFrame(
        {"label": labels, "probability": np.asarray(probabilities, dtype=float)}
    )
    ids = rows.index.astype(str)
    rows = rows.assign(split=1, model="one", sample=ids, patient=ids, part="test", score=0.0)
    curve = compute_decision_curve(rows, thresholds)
    return curve.loc[curve["strategy"] == "one", "net_benefit"].to_numpy()


rows = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=2, max_size=30).filter(
    lambda pairs: len({label for label, _ in pairs}) == 2
)


def test_net_benefit_by_hand(reference):
    case = reference("net_benefit")
    for point in case["cases"]:
        benefit = compute_net_benefit(case["labels"], case["probabilities"], point["threshold"])
        assert benefit == pytest.approx([point["net_benefit"]])


@given(rows, st.floats(0.01, 0.99))
def test_net_benefit_never_exceeds_the_prevalence(pairs, threshold):
    labels, probabilities = zip(*pairs, strict=True)
    assert compute_net_benefit(labels, probabilities, threshold)[0] <= np.mean(labels)


@given(rows, st.floats(0.01, 0.99))
def test_perfect_predictions_have_the_prevalence_as_net_benefit(pairs, threshold):
    labels = [label for label, _ in pairs]
    assert compute_net_benefit(labels, labels, threshold)[0] == pytest.approx(np.mean(labels))


@pytest.mark.parametrize("threshold", [0, 1, -0.5])
def test_thresholds_without_odds_are_refused(threshold):
    with pytest.raises(DeepCMEError, match="above 0 and below 1"):
        compute_net_benefit([0, 1], [0.2, 0.8], threshold)


def compare(predictions, thresholds, draws=200):
    """Differences to the better of treating all and none."""
    random = np.random.default_rng(0)
    return compute_net_benefit_differences(predictions, random, thresholds, draws)


def rows_of(labels, probabilities):
    """Test rows of one model, one of each patient."""
    names = [f"P{i}" for i in range(len(labels))]
    columns = {"split": 1, "model": "one", "sample": names, "patient": names, "part": "test"}
    return pd.DataFrame(
        {**columns, "label": labels, "score": 0.0, "probability": probabilities}
    )


def test_curve_compares_models_with_treating_all_and_none(predictions):
    curve = compute_decision_curve(predictions, [0.2, 0.5])
    assert curve["strategy"].unique().tolist() == ["network", "logistic", TREAT_ALL, TREAT_NONE]
    assert (curve.query("strategy == @TREAT_NONE")["net_benefit"] == 0).all()


def test_treating_all_has_its_known_net_benefit(predictions):
    curve = compute_decision_curve(predictions, [0.2])
    test = predictions.query("part == 'test' and model == 'network'")
    prevalence = test["label"].mean()
    row = curve.query("strategy == @TREAT_ALL").iloc[0]
    assert row["net_benefit"] == pytest.approx(prevalence - (1 - prevalence) * 0.2 / 0.8)
    assert row["n"] == test["sample"].nunique()


def test_curve_of_a_model_is_its_net_benefit_on_all_test_rows(predictions):
    test = predictions.query("part == 'test' and model == 'logistic'")
    expected = compute_net_benefit(test["label"], test["probability"], [0.3, 0.6])
    model = compute_decision_curve(predictions, [0.3, 0.6]).query("strategy == 'logistic'")
    assert model["net_benefit"].to_numpy() == pytest.approx(expected)


def test_thresholds_of_a_curve_reach_a_little_beyond_the_sensible_ones():
    at = choose_thresholds([0.125, 0.3])
    assert (at.min(), at.max()) == (0.08, 0.35)
    assert {0.125, 0.3} <= set(at)
    assert (np.diff(at) > 0.004).all()
    assert choose_thresholds([0.02]).tolist() == [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07]


def test_the_difference_is_to_the_better_of_treating_all_and_none_by_hand():
    """Ten patients, three events; three are treated at 0.25 (two right) and one at 0.5.

    At 0.25 a false positive costs 1/3: the model gains (2 - 1/3) / 10, treating all
    (3 - 7/3) / 10. At 0.5 treating all loses, and the model gains nothing: its one is wrong.
    """
    labels = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    risks = [0.3, 0.3, 0.1, 0.6, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
    at_quarter, at_half = compare(rows_of(labels, risks), [0.25, 0.5]).to_dict("records")
    assert at_quarter["better"] == TREAT_ALL
    assert at_quarter["net_benefit"] == pytest.approx(1 / 6)
    assert at_quarter["difference"] == pytest.approx(1 / 6 - 1 / 15)
    assert at_half["better"] == TREAT_NONE
    assert at_half["difference"] == at_half["net_benefit"] == pytest.approx(-1 / 10)
    for row in (at_quarter, at_half):
        assert row["ci_low"] < row["difference"] < row["ci_high"]


def test_the_standard_error_is_at_least_that_of_the_score_test_by_hand():
    """Of 50 patients 10 with the lowest risk are spared at 0.2, none of them an event.

    No draw holds an event among the spared, so that the draws see only how many they are:
    sqrt(0.2 x 0.8 / 50) x 0.25 = 0.014. Were a fifth of them, and of one more, events, as at
    the threshold, the standard error would be sqrt(0.25 x 11) / 50 = 0.033.
    """
    labels = np.r_[np.ones(20), np.zeros(30)].astype(int)
    risks = np.r_[np.full(40, 0.9), np.full(10, 0.1)]
    row = compare(rows_of(labels, risks), [0.2], draws=2000).iloc[0]
    assert row["better"] == TREAT_ALL
    assert row["difference"] == pytest.approx(10 * 0.25 / 50)
    reach = (row["difference"] - row["ci_low"]) / (np.sqrt(0.25 * 11) / 50)
    assert 1.9 < reach < 2.6


def test_all_thresholds_at_once_take_wider_intervals():
    random = np.random.default_rng(4)
    labels = random.random(200) < 0.3
    rows = rows_of(labels.astype(int), np.clip(0.3 + 0.2 * random.normal(size=200), 0, 1))
    one, of_four = compare(rows, [0.2]), compare(rows, [0.05, 0.1, 0.2, 0.3])
    four = of_four[of_four["threshold"] == 0.2]
    assert four["difference"].item() == one["difference"].item()
    assert four["ci_low"].item() < one["ci_low"].item()
    assert one["ci_high"].item() < four["ci_high"].item()


def test_whoever_treats_all_or_none_differs_by_nothing_but_is_not_sure_of_it():
    labels = [1, 0, 0, 0] * 10
    for risk in (0.99, 0.01):
        row = compare(rows_of(labels, risk), [0.1]).iloc[0]
        assert row["difference"] == 0 if risk > 0.5 else row["difference"] < 0
        assert row["ci_low"] < row["ci_high"]
        assert not row["ci_low"] > 0


def test_risks_without_signal_are_not_called_useful_and_true_ones_are(random):
    labels = np.repeat([1, 0], [60, 140])
    noise = rows_of(labels, random.permutation(np.repeat([0.1, 0.25, 0.6], [60, 80, 60])))
    assert not (compare(noise, [0.1, 0.2, 0.3])["ci_low"] > 0).any()
    telling = rows_of(labels, np.repeat([0.6, 0.1, 0.6], [55, 135, 10]))
    assert (compare(telling, [0.2, 0.3])["ci_low"] > 0).all()
    turned = rows_of(labels, np.repeat([0.1, 0.6, 0.1], [55, 135, 10]))
    assert (compare(turned, [0.2, 0.3])["ci_high"] < 0).all()


def test_cohorts_left_out_are_judged_by_themselves_and_together_at_one_level(shifted_cohorts):
    """Where risks are too low, those of a fifth are not acted on at 0.15, and some are missed."""
    curve = compute_decision_curve(shifted_cohorts, [0.15]).set_index(["left_out", "strategy"])
    south = shifted_cohorts.query("left_out == 'south' and part == 'test'")
    alone = compute_net_benefit(south["label"], south["probability"], [0.15])
    assert curve.loc[("south", "network"), "net_benefit"] == pytest.approx(alone[0])
    assert curve.loc[("north", "network"), "net_benefit"] != pytest.approx(alone[0])
    both = compare(shifted_cohorts, [0.15], draws=4000).set_index("left_out")
    one = compare(south.drop(columns="left_out"), [0.15], draws=4000).iloc[0]
    assert both.loc["south", "difference"] == pytest.approx(one["difference"])
    assert both.loc["south", "ci_low"] < one["ci_low"]


def test_intervals_cover_the_true_difference(frozen_coverage):
    assert frozen_coverage["net_benefit_difference"] >= 0.9


def test_noise_is_seldom_called_useful_and_the_intervals_hold():
    """Nothing but the interval keeps from saying so here: no test of discrimination."""
    found = simulate_decisions(Simulated(160, 32, 40, 0.0), studies=5, seed=3, draws=50)
    assert found["called useful"] == 0
    assert found["all held"] >= 0.6
