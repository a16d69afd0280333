"""The paper's baselines are their libraries' defaults in a pipeline; one more is tuned."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme import DeepCMEError
from deepcme.baselines import BASELINES, TunedLogisticRegression, make_baseline


def test_names():
    assert BASELINES == ("LR", "SVC", "RF", "DT", "KNN", "LR-tuned")


@pytest.mark.parametrize("name", BASELINES)
def test_each_fits_a_matrix_with_missing_values(name, random):
    X = random.normal(size=(60, 5))
    y = (X[:, 0] > 0).astype(int)
    X[3, 2] = np.nan
    model = clone(make_baseline(name, 0)).fit(X, y)
    assert model.score(X, y) > 0.8


@pytest.mark.parametrize("name", BASELINES[:5])
def test_each_classifier_is_the_library_default(name):
    classifier = make_baseline(name, 7).named_steps["classifier"]
    expected = type(classifier)().get_params()
    changed = {
        key: value for key, value in classifier.get_params().items() if value != expected[key]
    }
    changed.pop("random_state", None)
    assert changed == ({"max_iter": 2000} if name == "LR" else {})


def test_an_unknown_name_is_told():
    with pytest.raises(DeepCMEError, match="no baseline 'XGB': choose from LR, SVC"):
        make_baseline("XGB")


@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API")
@parametrize_with_checks([TunedLogisticRegression()])
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


def test_out_of_fold_logits_are_those_of_the_fit_without_the_row(random):
    X = random.normal(size=(60, 5))
    y = (X[:, 0] > 0).astype(int)
    valid = np.arange(45, 60)
    model = TunedLogisticRegression().fit(X, y, validation_rows=valid)
    assert np.isnan(model.oof_decision_function_[:45]).all()
    first = LogisticRegression(C=model.inverse_strength_, max_iter=2000).fit(X[:45], y[:45])
    np.testing.assert_allclose(
        model.oof_decision_function_[45:], first.decision_function(X[45:])
    )


def test_patients_are_never_on_both_sides_of_the_tuning(random):
    patients = np.repeat(np.arange(20), 3)
    X, y = random.normal(size=(60, 4)), np.tile([0, 1], 10).repeat(3)
    model = TunedLogisticRegression(random_state=0).fit(X, y, groups=patients)
    held_out = ~np.isnan(model.oof_decision_function_)
    assert held_out.any()
    assert not set(patients[held_out]) & set(patients[~held_out])
