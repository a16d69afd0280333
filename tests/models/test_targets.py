"""What a model is fitted to: times, or the yes or no by a horizon, weighted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.follow_up import FollowUp
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.survival.censoring import compute_censoring_weights, estimate_censoring
from deepcme.models.fitting import PreparedRows, fit_model
from deepcme.models.registry import KINDS
from deepcme.models.targets import make_targets
from tests.conftest import invented_cohort
from tests.study.times import HORIZON, survival_cohort

EVERYONE = np.arange(80)


@pytest.fixture
def data():
    return CohortArrays.of(survival_cohort())


def test_of_labels_they_are_the_labels_without_weights():
    data = CohortArrays.of(invented_cohort())
    targets = make_targets(data, KINDS["LR"], np.arange(60))
    assert targets.values is data.labels or (targets.values == data.labels).all()
    assert targets.weights is None
    assert targets.known(np.array([3, 1])).tolist() == [3, 1]


def test_a_cox_model_learns_times_and_all_patients(data):
    targets = make_targets(data, KINDS["Cox-ridge"], EVERYONE, HORIZON)
    np.testing.assert_array_equal(targets.values["time"], data.outcome.times)
    np.testing.assert_array_equal(targets.values["event"], data.outcome.events == 1)
    assert targets.known(EVERYONE).tolist() == EVERYONE.tolist()


def test_a_classifier_learns_the_event_by_the_horizon_of_the_known(data):
    targets = make_targets(data, KINDS["LR"], EVERYONE, HORIZON)
    follow_up = data.outcome.follow_up
    expected = compute_censoring_weights(follow_up, HORIZON)
    np.testing.assert_array_equal(targets.weights, expected.weights[0])
    np.testing.assert_array_equal(targets.values, expected.cases)
    censored = (follow_up.events == 0) & (follow_up.times <= HORIZON)
    assert set(np.flatnonzero(censored)) == set(EVERYONE) - set(targets.known(EVERYONE))
    assert targets.weights.sum() == pytest.approx(80, rel=0.05)


def test_censoring_is_that_of_the_patients_learned_from_one_row_each(data):
    rows = np.arange(50)
    targets = make_targets(data, KINDS["LR"], rows, HORIZON)
    reference = estimate_censoring(data.outcome.follow_up.rows(rows))
    expected = compute_censoring_weights(data.outcome.follow_up, HORIZON, reference=reference)
    np.testing.assert_array_equal(targets.weights, expected.weights[0])
    twice = np.repeat(EVERYONE, 2)
    doubled = replace(data, X=data.X[twice], patients=twice, outcome=data.outcome.take(twice))
    of_samples = make_targets(doubled, KINDS["LR"], np.arange(160), HORIZON)
    once = make_targets(data, KINDS["LR"], EVERYONE, HORIZON)
    np.testing.assert_array_equal(of_samples.weights, once.weights[twice])


def test_censoring_may_depend_on_columns(data):
    place = pd.DataFrame({"place": np.where(EVERYONE % 2 == 0, "north", "south")})
    targets = make_targets(replace(data, censoring=place), KINDS["LR"], EVERYONE, HORIZON)
    plain = make_targets(data, KINDS["LR"], EVERYONE, HORIZON)
    beyond = data.outcome.times > HORIZON
    north = targets.weights[beyond & (EVERYONE % 2 == 0)]
    south = targets.weights[beyond & (EVERYONE % 2 == 1)]
    assert np.ptp(north) == pytest.approx(0) and np.ptp(south) == pytest.approx(0)
    assert north[0] > plain.weights[beyond][0] > south[0]


def test_a_horizon_that_is_none_or_too_late_is_refused(data):
    with pytest.raises(DeepCMEError, match="learns who had the event by a horizon, and there"):
        make_targets(data, KINDS["LR"], EVERYONE)
    with pytest.raises(AbsentError, match="patients are followed beyond the horizon"):
        make_targets(data, KINDS["LR"], EVERYONE, 6.0)


@pytest.mark.parametrize("name", ["LR", "LR-tuned"])
def test_who_is_not_known_teaches_nothing_and_others_teach_by_their_weight(random, name):
    X = random.normal(size=(60, 4)).astype(np.float32)
    y = (X[:, 0] + random.normal(size=60) > 0).astype(np.int8)
    weights = np.where(np.arange(60) % 3 == 0, 0.0, 1.0)
    rows = PreparedRows(X, y, np.arange(60), weights)
    model = fit_model(KINDS[name], {}, 0, rows, 20)
    odd = PreparedRows(np.where(weights[:, None] > 0, X, 1e3), y, np.arange(60), weights)
    again = fit_model(KINDS[name], {}, 0, odd, 20)
    np.testing.assert_array_equal(model.coef_, again.coef_)
    heavier = PreparedRows(X, y, np.arange(60), weights * np.where(y == 1, 9, 1))
    more = fit_model(KINDS[name], {}, 0, heavier, 20)
    assert more.intercept_[0] > model.intercept_[0] + 1


def test_without_censoring_weights_of_one_change_nothing(random):
    X = random.normal(size=(60, 4)).astype(np.float32)
    y = (X[:, 0] + random.normal(size=60) > 0).astype(np.int8)
    strengths = {"inverse_strengths": [0.01, 0.1, 1.0]}
    for name, parameters in {"LR-tuned": strengths, "RF": {}, "SVC": {}}.items():
        plain = PreparedRows(X, y, np.arange(60))
        weighted = replace(plain, weights=np.ones(60))
        models = [fit_model(KINDS[name], parameters, 0, rows) for rows in (plain, weighted)]
        scores = [getattr(m, "decision_function", m.predict)(X) for m in models]
        np.testing.assert_allclose(*scores, rtol=1e-6)
        if name == "LR-tuned":
            np.testing.assert_allclose(*(m.oof_decision_function_ for m in models), rtol=1e-6)


def test_competing_events_are_no_cases():
    outcome = SurvivalOutcome(np.r_[np.ones(4), np.full(20, 3.0)], np.r_[2, 1, 1, 0, [0] * 20])
    data = CohortArrays(np.zeros((24, 1)), outcome, np.arange(24), "log2", None)
    targets = make_targets(data, KINDS["LR"], np.arange(24), 2.0)
    assert targets.values[:4].tolist() == [0, 1, 1, 0]
    assert targets.known(np.arange(4)).tolist() == [0, 1, 2]
    assert FollowUp(outcome.times, outcome.ends).has_competing
