"""The paper's baselines are their libraries' defaults in a pipeline; two more are not."""

import numpy as np
import pytest
from scipy.special import logit
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme import DeepCMEError
from deepcme.evaluation.metrics import compute_auc
from deepcme.models import baselines
from deepcme.models.baselines import BASELINES, TunedLogisticRegression, make_baseline


def test_names():
    assert BASELINES == ("LR", "SVC", "SVC-linear", "RF", "DT", "KNN", "LR-tuned")


@pytest.mark.parametrize("name", BASELINES)
def test_each_fits_a_matrix_with_missing_values(name, random):
    X = random.normal(size=(60, 5))
    y = (X[:, 0] > 0).astype(int)
    X[3, 2] = np.nan
    model = clone(make_baseline(name, 0)).fit(X, y)
    assert model.score(X, y) > 0.8


@pytest.mark.parametrize("name", BASELINES[:-1])
def test_each_classifier_is_the_library_default(name):
    classifier = make_baseline(name, 7).named_steps["classifier"]
    expected = type(classifier)().get_params()
    changed = {
        key: value for key, value in classifier.get_params().items() if value != expected[key]
    }
    changed.pop("random_state", None)
    own = {"LR": {"max_iter": 2000}, "SVC-linear": {"kernel": "linear"}}
    assert changed == own.get(name, {})


def test_an_unknown_name_is_told():
    with pytest.raises(DeepCMEError, match="no baseline 'XGB': choose from LR, SVC"):
        make_baseline("XGB")


@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API")
@parametrize_with_checks(
    [TunedLogisticRegression()],
    expected_failed_checks=lambda estimator: {
        "check_sample_weight_equivalence_on_dense_data": "rows to choose by are drawn of the "
        "samples, whatever they weigh"
    },
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_the_strength_is_the_one_of_lowest_validation_loss(random):
    X = random.normal(size=(80, 40))
    y = (X[:, 0] + random.normal(size=80) > 0).astype(int)
    valid = np.arange(60, 80)
    strengths = (1e-4, 1e-2, 1.0, 100.0)
    model = TunedLogisticRegression(strengths).fit(X, y, validation_rows=valid)
    losses = []
    for C in strengths:
        candidate = LogisticRegression(C=C, max_iter=2000).fit(X[:60], y[:60])
        logit = candidate.decision_function(X[valid])
        losses.append(np.mean(np.logaddexp(0, logit) - y[valid] * logit))
    assert model.inverse_strength_ == strengths[int(np.argmin(losses))]
    refitted = LogisticRegression(C=model.inverse_strength_, max_iter=2000).fit(X, y)
    np.testing.assert_allclose(model.decision_function(X), refitted.decision_function(X))


def test_out_of_fold_logits_are_of_the_chosen_strength_without_the_patient(random):
    """Each is what a fit on the patients of some four fifths says, the row's not among them."""
    patients = np.repeat(np.arange(30), 2)
    X, y = random.normal(size=(60, 5)), np.tile([0, 1], 15).repeat(2)
    model = TunedLogisticRegression((0.01,), random_state=0).fit(X, y, groups=patients)
    moved = X.copy()
    moved[:2] *= 50
    other = TunedLogisticRegression((0.01,), random_state=0).fit(moved, y, groups=patients)
    same = np.isclose(model.oof_decision_function_, other.oof_decision_function_)
    assert not same[:2].any()
    fold = np.union1d(np.flatnonzero(same), [0, 1])
    assert len(fold) == 12
    assert set(patients[fold]).isdisjoint(patients[np.setdiff1d(np.arange(60), fold)])
    rest = np.setdiff1d(np.arange(60), fold)
    by_hand = LogisticRegression(C=0.01, max_iter=2000).fit(X[rest], y[rest])
    shift = logit(y.mean()) - logit(y[rest].mean())
    np.testing.assert_allclose(
        model.oof_decision_function_[fold], by_hand.decision_function(X[fold]) + shift
    )


def test_out_of_fold_logits_of_a_strong_penalty_do_not_rank_against_the_outcome(random):
    """In the fold that holds more events the others have fewer, and so a lower intercept."""
    y = (np.arange(113) < 34).astype(int)
    X = random.normal(size=(113, 40)) + 0.5 * y[:, np.newaxis]
    model = TunedLogisticRegression((1e-6,), random_state=0).fit(X, y)
    spread = model.decision_function(X).std()
    assert model.oof_decision_function_.std() == pytest.approx(spread, rel=0.5)
    assert compute_auc(y, model.oof_decision_function_) > 0.8


def test_where_a_class_has_one_patient_there_is_a_fold_without_logits(random):
    X, y = random.normal(size=(20, 2)), (np.arange(20) == 0).astype(int)
    model = TunedLogisticRegression(random_state=0).fit(X, y)
    assert 0 < np.isnan(model.oof_decision_function_).sum() < 20


def test_patients_are_never_on_both_sides_of_the_tuning(random, monkeypatch):
    patients = np.repeat(np.arange(20), 3)
    X, y = np.column_stack([patients, random.normal(size=60)]), np.tile([0, 1], 10).repeat(3)
    seen = []

    def choose(folds, strengths):
        seen.extend(folds)
        return strengths[0], []

    monkeypatch.setattr(baselines, "choose_inverse_strength", choose)
    TunedLogisticRegression(random_state=0).fit(X, y, groups=patients)
    (fold,) = seen
    assert len(fold.held_out)
    assert not set(fold.X[:, 0]) & set(fold.held_out[:, 0])
