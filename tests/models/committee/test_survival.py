"""`DeepCMESurvivalCommittee` averages the standardised log hazards of unlike Cox models."""

import numpy as np
import pytest

from deepcme import DeepCMEError, DeepCMESurvivalCommittee
from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.models.registry import KINDS
from deepcme.models.survival.cox_model import CoxModel
from deepcme.models.survival.screening import compute_score_statistics
from deepcme.models.survival.target import make_target
from tests.models.survival.patients import FOLLOW_UP, SIGNAL, SIGNAL_X, X, Y, make_patients

RIDGES = ("Cox-ridge", "Cox-top-200")


@pytest.fixture(scope="module")
def fitted():
    return DeepCMESurvivalCommittee(RIDGES, random_state=0).fit(X, Y)


def test_its_log_hazard_is_the_mean_of_its_members_times_a_slope(fitted):
    raw = np.column_stack([model.predict(X) for model in fitted.members_])
    expected = (raw - fitted.centres_) / fitted.spreads_
    np.testing.assert_allclose(fitted.score_members(X), expected, rtol=1e-5, atol=1e-6)
    log_hazards = fitted.slope_ * expected.mean(axis=1)
    np.testing.assert_allclose(fitted.predict(X), log_hazards, rtol=1e-5, atol=1e-6)


def test_its_baseline_is_that_of_patients_held_out(fitted):
    average = fitted.oof_members_.mean(axis=1)
    np.testing.assert_allclose(fitted.oof_log_hazards_, fitted.slope_ * average)
    expected = Baseline.estimate(FOLLOW_UP, fitted.oof_log_hazards_)
    np.testing.assert_array_equal(
        fitted.baseline_.cumulative_hazards, expected.cumulative_hazards
    )


def test_higher_is_worse_for_patients_held_out():
    model = DeepCMESurvivalCommittee(RIDGES, random_state=0)
    model.fit(SIGNAL_X[:100], make_target(SIGNAL.rows(np.arange(100))))
    true_log_hazards = SIGNAL_X[100:, :3] @ [1.0, -1.0, 0.8]
    assert np.corrcoef(model.predict(SIGNAL_X[100:]), true_log_hazards)[0, 1] > 0.7


class Flat(CoxModel):
    """Stands in for a Cox model that selects nothing."""

    def fit(self, X, y, **_):
        return self

    def predict(self, X):
        return np.zeros(len(X))


def test_members_that_select_nothing_leave_one_prediction(monkeypatch):
    monkeypatch.setattr(type(KINDS["LR"]), "make", lambda *_: Flat())
    model = DeepCMESurvivalCommittee(RIDGES).fit(X, Y)
    assert model.selects_nothing_
    assert not model.predict(X).any()


@pytest.mark.slow
def test_adding_a_member_leaves_the_others_as_they_were(fitted):
    other = DeepCMESurvivalCommittee(("Cox-top-200", "Cox-ridge"), random_state=0).fit(X, Y)
    np.testing.assert_array_equal(other.oof_members_[:, 1], fitted.oof_members_[:, 0])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"members": ("Cox-ridge", "RF")},
            "RF cannot be in a committee that predicts a surviv",
        ),
        ({"members": ("Cox-ridge", "Cox-committee")}, "Cox-committee cannot be in a committee"),
        ({"n_folds": 1}, "n_folds must be at least 2"),
    ],
)
def test_settings_that_cannot_be_are_named(settings, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        DeepCMESurvivalCommittee(**{"members": RIDGES, **settings}).fit(X, Y)


def test_too_few_patients_with_the_event_are_counted():
    few = make_target(FollowUp(FOLLOW_UP.times, np.arange(90) < 2))
    with pytest.raises(AbsentError, match="2 patients with the event is too few for 3 folds"):
        DeepCMESurvivalCommittee(RIDGES).fit(X, few)


@pytest.mark.slow
def test_without_signal_it_ranks_no_better_and_no_worse_than_chance_out_of_fold():
    """The score statistic of a log hazard that has nothing to do with the hazard is around 0."""
    found = []
    for number in range(60):
        expression, follow_up = make_patients(60, 30, [], seed=number)
        model = DeepCMESurvivalCommittee(RIDGES, random_state=number)
        model.fit(expression, make_target(follow_up))
        if not model.selects_nothing_:
            own = model.oof_log_hazards_[:, np.newaxis]
            found.append(compute_score_statistics(own / own.std(), follow_up)[0])
    assert abs(np.mean(found)) < 3 * np.std(found, ddof=1) / np.sqrt(len(found))
