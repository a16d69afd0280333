"""`DeepCMECommittee` averages the standardised scores of unlike models."""

import gc
import weakref

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme import DeepCMECommittee, DeepCMEError
from deepcme.models.fitting import scores_of
from deepcme.models.registry import KINDS
from deepcme.models.span.gram import compute_gram

LINEAR = ("LR-tuned", "SVC-linear")


def expected_failed_checks(estimator):
    reason = "a repeated sample may be in two folds, a weighted one is in one"
    return {"check_sample_weight_equivalence_on_dense_data": reason}


@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API")
@parametrize_with_checks(
    [DeepCMECommittee(("SVC-linear", "DT"), n_folds=2)],
    expected_failed_checks=expected_failed_checks,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    X = random.normal(size=(90, 40)).astype(np.float32)
    y = (X[:, :4].sum(axis=1) + 2 * random.normal(size=90) > 0).astype(int)
    return X, y


@pytest.fixture(scope="module")
def fitted(data):
    return DeepCMECommittee(("LR-tuned", "SVC-linear", "RF"), random_state=0).fit(*data)


def test_its_score_is_the_mean_of_its_members_standardised_scores(fitted, random):
    X = random.normal(size=(20, 40)).astype(np.float32)
    raw = np.column_stack([scores_of(model, X)[0] for model in fitted.members_])
    expected = (raw - fitted.centres_) / fitted.spreads_
    np.testing.assert_allclose(fitted.score_members(X), expected)
    logits = fitted.intercept_ + fitted.slope_ * expected.mean(axis=1)
    np.testing.assert_allclose(fitted.decision_function(X), logits)
    np.testing.assert_allclose(fitted.predict_proba(X)[:, 1], expit(logits))


def test_a_members_score_is_its_log_odds_its_decision_function_or_a_forests_probability(
    fitted, data
):
    X, _ = data
    regression, machine, forest = fitted.members_
    raw = fitted.score_members(X) * fitted.spreads_ + fitted.centres_
    np.testing.assert_allclose(raw[:, 0], regression.decision_function(X), atol=1e-6)
    np.testing.assert_allclose(raw[:, 1], machine.decision_function(X), atol=1e-6)
    np.testing.assert_allclose(raw[:, 2], forest.predict_proba(X)[:, 1], atol=1e-6)


def test_scores_out_of_fold_are_standardised_and_their_mean_is_calibrated(fitted, data):
    _, y = data
    np.testing.assert_allclose((fitted.oof_members_**2).mean(axis=0), 1)
    np.testing.assert_allclose(fitted.oof_members_.mean(axis=0), 0, atol=1e-12)
    average = fitted.oof_members_.mean(axis=1)
    logits = fitted.intercept_ + fitted.slope_ * average
    np.testing.assert_allclose(fitted.oof_decision_function_, logits)
    assert expit(logits).mean() == pytest.approx(y.mean(), abs=1e-6)


def test_adding_a_member_leaves_the_others_as_they_were(fitted, data):
    fewer = DeepCMECommittee(("SVC-linear", "LR-tuned"), random_state=0).fit(*data)
    np.testing.assert_array_equal(fewer.oof_members_, fitted.oof_members_[:, [1, 0]])


def test_the_same_random_state_gives_the_same_bytes(data):
    first, second, other = (
        DeepCMECommittee(("DT", "SVC-linear"), random_state=state).fit(*data)
        for state in (0, 0, 1)
    )
    assert first.oof_decision_function_.tobytes() == second.oof_decision_function_.tobytes()
    assert not np.array_equal(other.oof_members_, first.oof_members_)


def test_inner_products_that_are_given_change_nothing(data):
    X, y = data
    X = np.tile(X, 5)
    given, computed = (
        DeepCMECommittee(LINEAR, random_state=0).fit(X, y, gram=gram)
        for gram in (compute_gram(X), None)
    )
    np.testing.assert_allclose(given.oof_members_, computed.oof_members_, atol=1e-6)
    with pytest.raises(DeepCMEError, match="gram is not that of X"):
        DeepCMECommittee(LINEAR).fit(X, y, gram=2 * compute_gram(X))


class Recorder:
    """Stands in for a member's class, and notes which patients each fit saw."""

    def __init__(self, seen):
        self.seen = seen

    def fit(self, X, y):
        self.seen.append(set(X[:, 0].astype(int)))
        return self

    def decision_function(self, X):
        """Turned round for patients of the last fit."""
        known = np.isin(X[:, 0].astype(int), list(self.seen[-1]))
        return np.where(known, -1, 1) * X[:, 1]


def test_no_patient_is_scored_out_of_fold_by_a_member_that_knows_him(random, monkeypatch):
    """The first column carries the patient."""
    patients = np.repeat(np.arange(20), 3)
    X = np.column_stack([patients, random.normal(size=60)])
    y = np.tile([0, 1], 10).repeat(3)
    seen = []
    kind = type(KINDS["LR"])
    monkeypatch.setattr(kind, "make", lambda *_: Recorder(seen))
    fitted = DeepCMECommittee(("SVC", "DT"), n_folds=4).fit(X, y, groups=patients)
    assert seen[:2] == [set(range(20))] * 2
    assert all(len(of_fit) == 15 for of_fit in seen[2:])
    assert len(seen) == 2 + 2 * 4
    for of_fit in seen[2::2]:
        held_out = ~np.isin(patients, list(of_fit))
        assert np.corrcoef(fitted.oof_members_[held_out, 0], X[held_out, 1])[0, 1] > 0.999


class Growing:
    """Scores higher, and farther apart, the more rows it is fitted on."""

    def fit(self, X, y):
        self.n = len(X)
        return self

    def decision_function(self, X):
        return self.n * (X[:, 0] + 0.5)


def test_new_samples_are_standardised_as_the_model_of_all_rows_scores_them(random, monkeypatch):
    """Not as those of the folds do, of two thirds of them, whose scores lie elsewhere."""
    X = random.normal(size=(60, 1))
    monkeypatch.setattr(type(KINDS["LR"]), "make", lambda *_: Growing())
    fitted = DeepCMECommittee(("SVC", "DT"), random_state=0).fit(X, np.arange(60) % 2)
    scores = fitted.score_members(X)
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=0.05)
    np.testing.assert_allclose(scores.std(axis=0), 1, atol=0.05)


def test_scores_of_new_patients_lie_about_0():
    """A machine that separates 100 patients by 76 genes does not separate 150."""
    random = np.random.default_rng(1)
    shift = []
    for seed in range(4):
        X = random.normal(size=(1150, 76)).astype(np.float32)
        X -= X[:150].mean(axis=0)
        y = (X[:, :10].sum(axis=1) + 2 * random.normal(size=1150) > 3.4).astype(int)
        fitted = DeepCMECommittee(LINEAR, random_state=seed).fit(X[:150], y[:150])
        shift.append(fitted.score_members(X[150:]).mean(axis=0))
    np.testing.assert_allclose(np.mean(shift, axis=0), 0, atol=0.2)


def test_a_member_without_spread_counts_for_nothing(data):
    X, y = data
    flat = X.copy()
    flat[:, 1:] = 0
    flat[:, 0] = 1
    model = DeepCMECommittee(("LR-tuned", "KNN"), random_state=0).fit(flat, y)
    assert not model.spreads_.any()
    np.testing.assert_allclose(model.predict_proba(flat)[:, 1], y.mean())


def test_where_members_do_not_rise_with_the_risk_the_ranking_stays_theirs(random, monkeypatch):
    kind = type(KINDS["LR"])
    monkeypatch.setattr(kind, "make", lambda *_: Recorder([set()] * 2))
    y = np.arange(40) % 2
    X = np.column_stack([np.arange(40), random.normal(size=40) - 2 * y])
    monkeypatch.setattr(Recorder, "decision_function", lambda _, X: X[:, 1])
    model = DeepCMECommittee(("SVC", "DT")).fit(X, y)
    order = np.argsort(X[:, 1])
    assert (np.diff(model.decision_function(X)[order]) > 0).all()
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], 0.5, atol=0.02)


def test_weights_reach_the_members(data):
    X, y = data
    weight = np.where(X[:, 5] > 0, 1.0, 0.0)
    weighted = DeepCMECommittee(("LR", "DT"), random_state=0).fit(X, y, sample_weight=weight)
    kept = clone(KINDS["LR"].make({}, 0)).fit(X[weight > 0], y[weight > 0])
    np.testing.assert_allclose(weighted.members_[0].coef_, kept.coef_, atol=1e-3)


def test_it_does_not_keep_the_rows(data):
    X, y = (values.copy() for values in data)
    model = DeepCMECommittee(("LR", "DT"), random_state=0).fit(X, y)
    held = weakref.ref(X)
    del X
    gc.collect()
    assert held() is None
    assert len(model.members_) == 2


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"members": ("RF",)}, "members must list two models or more"),
        ({"members": "RF"}, "members must list two models or more"),
        ({"members": ("RF", "RF")}, "members must list no model twice"),
        ({"members": ("RF", "XGB")}, "XGB cannot be in a committee that predicts a binary"),
        ({"members": ("RF", "Cox-ridge")}, "Cox-ridge cannot be .*; choose from DeepCME"),
        ({"members": ("RF", "Committee")}, "Committee cannot be in a committee"),
        ({"n_folds": 1}, "n_folds must be at least 2"),
        ({"n_folds": 60}, "patients of class . is too few for 60 folds that each hold one out"),
    ],
)
def test_settings_that_cannot_be_are_named(data, settings, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        DeepCMECommittee(**{"members": ("LR", "DT"), **settings}).fit(*data)


def test_a_member_that_takes_no_weights_is_named_where_there_are_some(data):
    with pytest.raises(DeepCMEError, match="a committee with KNN, which takes none"):
        DeepCMECommittee(("RF", "KNN")).fit(*data, sample_weight=np.ones(90))


def test_a_class_without_weight_is_named(data):
    X, y = data
    with pytest.raises(
        DeepCMEError, match="All samples of class 1 have a sample_weight of zero"
    ):
        DeepCMECommittee(("LR", "DT")).fit(X, y, sample_weight=1 - y)


def test_a_member_that_cannot_be_fitted_is_named(data):
    X, y = data
    few = np.concatenate([np.flatnonzero(y == 0)[:2], np.flatnonzero(y == 1)[:2]])
    with pytest.raises(
        DeepCMEError, match="DeepCME-ensemble, a member of the committee: n_samp"
    ):
        DeepCMECommittee(("DeepCME-ensemble", "LR"), n_folds=2).fit(X[few], y[few])


@pytest.mark.parametrize(
    ("members", "n_events"),
    [
        (("LR", "DT"), 10),
        *(
            pytest.param(members, n_events, marks=pytest.mark.slow)
            for members in (("LR-tuned", "KNN"), ("SVC-linear", "RF"))
            for n_events in (10, 45)
        ),
    ],
)
def test_without_signal_it_ranks_no_better_and_no_worse_than_chance_out_of_fold(
    members, n_events
):
    """Scores of folds put side by side rank against the outcome, if nothing is done."""
    found = []
    for number in range(20):
        random = np.random.default_rng(number)
        X = random.normal(size=(90, 30)).astype(np.float32)
        y = random.permutation(np.arange(90) < n_events).astype(int)
        model = DeepCMECommittee(members, random_state=number).fit(X, y)
        found.append(roc_auc_score(y, model.oof_decision_function_))
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert abs(np.mean(found) - 0.5) < 3 * error
