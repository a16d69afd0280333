"""A model of times: what it is made of, and what it promises."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.base.seeds import integer_seed, seed_for
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.outcome import Endpoint
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from deepcme.models.survival.cox_ridge import CoxRidge
from deepcme.models.survival.target import make_target
from deepcme.trained.new_samples import expression_of, match_genes, standardise
from deepcme.trained.survival.training import _cross_fit_risks, round_times
from deepcme.trained.training import TrainingSettings, train_model
from tests.trained.conftest import with_times
from tests.trained.survival.conftest import QUICK, patients


def standardised(model, cohort):
    expression = expression_of(cohort)
    match = match_genes(expression, model.manifest.genes)
    return standardise(expression, match, model, "none")[0]


def test_the_default_of_times_is_the_ensemble_of_times(timed_cohort, timed_model):
    assert TrainingSettings().for_cohort(timed_cohort).model == "DeepCME-Cox-ensemble"
    manifest = timed_model.manifest
    assert (manifest.model.name, manifest.model.form) == ("Cox-ridge", "coefficients")
    assert manifest.follow_up.horizon == 5.0
    assert manifest.follow_up.unit == "years"
    assert manifest.schema_version == 8


def test_risks_are_those_of_the_estimator_recalibrated_by_hand(
    timed_model, timed_cohort, new_patients
):
    Z = standardised(timed_model, timed_cohort)
    by_hand = CoxRidge((0.05, 0.5), random_state=integer_seed(seed_for(1, "model", "final")))
    target = make_target(timed_cohort.outcome.follow_up)
    by_hand.fit(Z, target, groups=CohortArrays.of(timed_cohort).patients)
    slope = timed_model.manifest.calibration.slope
    by_hand.coef_ = slope * by_hand.coef_
    by_hand.baseline_ = timed_model.baseline
    Z = standardised(timed_model, new_patients)
    times = [1.0, 3.0, 5.0]
    expected = 1 - by_hand.predict_survival(Z, times)
    told = timed_model.at_times(times).predict(timed_model.learned.evaluate(Z))
    found = told[["risk_by_1", "risk_by_3", "risk_by_5"]]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_array_equal(told["risk"], told["risk_by_5"])


def test_what_is_promised_holds_the_truth_of_new_patients(timed_model):
    """By a simulation of many, Uno's C of the true log hazards up to five years is .73."""
    expected = timed_model.manifest.performance
    assert expected.n == 240
    assert expected.uno_c.ci_low < 0.71 < expected.uno_c.ci_high
    for measure in (expected.observed_expected, expected.slope):
        assert measure.ci_low < 1 < measure.ci_high
    low, high = timed_model.manifest.risk_groups.cut_offs
    assert 0.1 < low < expected.observed_risk < high < 0.7


def test_a_third_of_the_training_patients_is_in_each_group(timed_model, timed_cohort):
    """Roughly: cut-offs are of risks out of fold."""
    Z = standardised(timed_model, timed_cohort)
    groups = timed_model.predict(timed_model.learned.evaluate(Z))["group"]
    assert groups.value_counts(normalize=True).between(0.2, 0.47).all()


def test_no_event_time_of_a_patient_is_handed_on(timed_model, timed_cohort):
    steps = timed_model.baseline.times / 5 * 60
    np.testing.assert_allclose(steps, steps.round(), atol=1e-9)
    own = timed_cohort.outcome.times[timed_cohort.outcome.events == 1]
    assert not np.isin(own, timed_model.baseline.times).any()
    assert timed_model.manifest.follow_up.last_time < timed_cohort.outcome.times.max()


def test_rounding_keeps_the_hazard_at_the_horizon_and_moves_it_by_a_step_elsewhere():
    times = np.array([0.01, 0.02, 0.5, 4.999, 5.0, 5.001, 7.3])
    baseline = Baseline(times, np.arange(1.0, 8.0) / 10, 7.32)
    rounded = round_times(baseline, 5.0)
    np.testing.assert_allclose(rounded.times, [5 / 60, 0.5, 5.0, 5 + 5 / 60])
    np.testing.assert_allclose(rounded.cumulative_hazards, [0.2, 0.3, 0.5, 0.6])
    assert rounded.last_time == pytest.approx(7.25)
    whole = [1.0, 2.0, 5.0]
    np.testing.assert_array_equal(
        rounded.survival([0.3], whole), baseline.survival([0.3], whole)
    )


@pytest.mark.parametrize("horizon", [0.71, 2.34, 4.43, 10.11, 275 / 30.4375])
def test_events_at_the_horizon_count_whatever_sixtieths_of_it_round_to(horizon):
    baseline = Baseline(np.array([horizon / 2, horizon]), np.array([0.1, 0.3]), horizon)
    rounded = round_times(baseline, horizon)
    np.testing.assert_array_equal(
        rounded.survival([0.0], horizon), baseline.survival([0.0], horizon)
    )


def test_the_risk_that_is_judged_knows_nothing_of_those_patients():
    """Poison: what happened to the patients of a fold changes none of its own risks."""
    random = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "split": np.repeat([1, 2, 3], 40),
            "sample": range(120),
            "patient": range(120),
            "time": random.exponential(5, 120),
            "event": random.integers(0, 2, 120),
            "score": random.normal(size=120),
        }
    )
    here = rows["split"] == 2
    poisoned = rows.assign(
        time=rows["time"].where(~here, 0.01), event=rows["event"].where(~here, 1)
    )
    risks, after = (_cross_fit_risks(table, 3, 4.0) for table in (rows, poisoned))
    np.testing.assert_array_equal(after[here], risks[here])
    assert (after[~here] != risks[~here]).all()


def test_where_events_compete_risks_are_aalen_and_johansens_on_average():
    cohort, _ = patients(200, 3, competing=0.08)
    model = train_model(cohort, QUICK)
    manifest = model.manifest
    assert manifest.calibration.method == "Cox and observed risks, out of fold"
    observed = compute_risk(cohort.outcome.follow_up, 5.0).value
    assert manifest.performance.observed_risk == pytest.approx(observed, abs=0.02)
    mean = model.risks(model.learned.evaluate(standardised(model, cohort)).score).mean()
    assert mean == pytest.approx(observed, abs=0.04)


@pytest.fixture(scope="module")
def null_model():
    return train_model(patients(150, 13, effect=0.0)[0], QUICK)


def test_a_model_of_nothing_says_so(null_model, new_patients):
    manifest = null_model.manifest
    assert manifest.calibration.slope == 0
    assert manifest.risk_groups.cut_offs is None
    assert "Warning: out of fold the log hazards did not rise" in manifest.notes[-1]
    told = null_model.predict(
        null_model.learned.evaluate(standardised(null_model, new_patients))
    )
    assert told["risk"].nunique() == 1
    assert told["risk"].iloc[0] == pytest.approx(manifest.performance.observed_risk, abs=1e-6)
    assert told["group"].isna().all()
    assert manifest.performance.slope is None
    low, high = manifest.performance.uno_c.ci_low, manifest.performance.uno_c.ci_high
    assert low < 0.5 < high


@pytest.mark.parametrize(
    ("change", "settings", "sentence"),
    [
        (
            {"endpoint": Endpoint("Time.", unit="years")},
            TrainingSettings(),
            r"timed: the cohort has no horizon, by which a model of times tells the risk: name "
            r"one with --horizon, in the cohort's unit\.$",
        ),
        (
            {},
            TrainingSettings(horizon=40),
            r"timed: no risk by 40 years can be learned, as only 0 of 90 patients are followed "
            r"beyond the horizon, fewer than 10: train for an earlier time with --horizon\.$",
        ),
        (
            {},
            TrainingSettings(model="LR"),
            r"timed: LR learns yes or no, and the cohort has times to an event: choose from ",
        ),
    ],
)
def test_what_cannot_be_learned_is_refused_in_a_sentence(
    training_cohort, change, settings, sentence
):
    times = np.repeat(4.0, training_cohort.n_samples) + np.arange(120) / 100
    cohort = with_times(training_cohort, times, **change)
    with pytest.raises(DeepCMEError, match=sentence) as caught:
        train_model(cohort, settings)
    assert "\n" not in str(caught.value)


def test_a_horizon_of_its_own_is_taken(timed_cohort):
    assert TrainingSettings().for_cohort(timed_cohort).horizon == 5
    assert TrainingSettings(horizon=3).for_cohort(timed_cohort).horizon == 3


def test_horizons_must_be_above_0():
    with pytest.raises(DeepCMEError, match="horizon must be above 0, or None, not -1"):
        TrainingSettings(horizon=-1)
