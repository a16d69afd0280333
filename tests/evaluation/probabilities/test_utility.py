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
    compute_decision_curve,
)


def compute_net_benefit(labels, probabilities, thresholds):
    """Net benefit of one model whose rows are of different patients, by threshold."""
    rows = pd.DataFrame(
        {"label": labels, "probability": np.asarray(probabilities, dtype=float)}
    )
    ids = rows.index.astype(str)
    rows = rows.assign(split=1, model="one", sample=ids, patient=ids, part="test", score=0.0)
    curve = compute_decision_curve(rows, np.random.default_rng(0), thresholds, draws=1)
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


def test_curve_compares_models_with_treating_all_and_none(predictions):
    curve = compute_decision_curve(predictions, np.random.default_rng(0), [0.2, 0.5], draws=50)
    assert curve["strategy"].unique().tolist() == ["network", "logistic", TREAT_ALL, TREAT_NONE]
    none = curve.query("strategy == @TREAT_NONE")
    assert (none[["net_benefit", "ci_low", "ci_high"]] == 0).all(axis=None)


def test_treating_all_has_its_known_net_benefit(predictions):
    curve = compute_decision_curve(predictions, np.random.default_rng(0), [0.2], draws=50)
    test = predictions.query("part == 'test' and model == 'network'")
    prevalence = test["label"].mean()
    expected = prevalence - (1 - prevalence) * 0.2 / 0.8
    row = curve.query("strategy == @TREAT_ALL").iloc[0]
    assert row["net_benefit"] == pytest.approx(expected)
    assert row["ci_low"] <= expected <= row["ci_high"]
    assert row["n"] == test["sample"].nunique()


def test_curve_of_a_model_is_its_net_benefit_on_all_test_rows(predictions):
    curve = compute_decision_curve(predictions, np.random.default_rng(0), [0.3, 0.6], draws=50)
    test = predictions.query("part == 'test' and model == 'logistic'")
    expected = compute_net_benefit(test["label"], test["probability"], [0.3, 0.6])
    model = curve.query("strategy == 'logistic'")
    assert model["net_benefit"].to_numpy() == pytest.approx(expected)
    assert (model["ci_low"] <= model["net_benefit"]).all()
    assert (model["net_benefit"] <= model["ci_high"]).all()


def test_interval_covers_the_true_net_benefit(frozen_coverage):
    assert frozen_coverage["net_benefit"] >= 0.84
