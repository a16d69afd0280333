"""Simulated patients of known risk: what is estimated is the truth, and intervals hold it."""

import numpy as np
import pytest

from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.measured import AUC_AT_HORIZON, UNO
from tests.evaluation.survival.simulations import (
    HORIZON,
    SCENARIOS,
    draw_patients_of,
    simulate_measures,
)


def test_leaving_out_the_censored_overstates_the_risk_and_weights_mend_it():
    found = simulate_measures(SCENARIOS["A"], studies=60, draws=100, seed=1)
    risk = found.loc["prevalence"]
    assert risk["value"] == pytest.approx(risk["truth"], abs=0.015)
    assert risk["naive"] > risk["truth"] + 0.07
    ratio = found.loc["observed_expected"]
    assert np.log(ratio["value"]) == pytest.approx(0, abs=0.07)
    assert np.log(ratio["naive"]) > 0.2
    assert found.loc["auc", "value"] == pytest.approx(found.loc["auc", "truth"], abs=0.03)
    assert found["covered"].dropna().between(0.85, 1).all()


def test_scores_that_know_nothing_are_told_from_chance_as_often_as_promised():
    random = np.random.default_rng(3)
    rejected = []
    for _ in range(60):
        follow_up, scores, _ = draw_patients_of(SCENARIOS["D"], random)
        at = AtHorizon.draw(follow_up, HORIZON, random, 100)
        intervals = [
            measure.of(at, random.permutation(scores)).interval()
            for measure in (AUC_AT_HORIZON, UNO)
        ]
        rejected.append([not e.ci_low < 0.5 < e.ci_high for e in intervals])
    assert (np.mean(rejected, axis=0) < 0.15).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["A", "B", "D"])
def test_with_independent_censoring_the_truth_is_found(name, say):
    found = simulate_measures(SCENARIOS[name], studies=1000, draws=400, seed=17)
    say(f"scenario {name}\n{found.round(3)}")
    bias = found["value"] - found["truth"]
    assert abs(bias["auc"]) < 0.01
    assert abs(bias["prevalence"]) < 0.01
    assert abs(bias["uno_c"]) < 0.01
    assert abs(np.log(found.loc["observed_expected", "value"])) < 0.05
    assert found["covered"].dropna().between(0.92, 0.98).all()


@pytest.mark.slow
def test_where_censoring_goes_with_the_score_the_weights_must_know_it(say):
    unaware, aware = (
        simulate_measures(SCENARIOS["C"], 1000, draws=0, seed=18, knows_column=knows)
        for knows in (False, True)
    )
    say(f"scenario C\n{unaware.round(3)}\nCox's censoring\n{aware.round(3)}")
    for measure in ("auc", "uno_c"):
        assert abs(aware.loc[measure, "value"] - aware.loc[measure, "truth"]) < 0.02
    assert abs(unaware.loc["auc", "value"] - unaware.loc["auc", "truth"]) > 0.02
    assert abs(aware.loc["prevalence", "value"] - aware.loc["prevalence", "truth"]) < 0.01
