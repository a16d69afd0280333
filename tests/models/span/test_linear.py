"""Logistic regression in the span of the samples is scikit-learn's on genes."""

import numpy as np
import pytest
from sklearn import linear_model
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme import DeepCMEError
from deepcme.models.baselines import Fold, TunedLogisticRegression, choose_inverse_strength
from deepcme.models.span import linear
from deepcme.models.span.gram import compute_gram
from deepcme.models.span.linear import LogisticRegression

EXACT = {"tol": 1e-10, "max_iter": 5000}


@pytest.fixture
def wide(random):
    X = random.normal(size=(50, 300))
    y = (X[:, :4].sum(axis=1) + random.normal(size=50) > 0.5).astype(int)
    return X, y, random.normal(size=(30, 300))


@pytest.fixture
def always_in_span(monkeypatch):
    monkeypatch.setattr(linear, "pays", lambda n_rows, n_genes: True)


@pytest.mark.usefixtures("always_in_span")
@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API")
@parametrize_with_checks([LogisticRegression(max_iter=2000)])
def test_scikit_learn_contract_in_the_span(estimator, check):
    check(estimator)


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg", "newton-cholesky", "liblinear"])
@pytest.mark.parametrize("C", [1e-4, 1.0])
def test_it_is_the_fit_on_genes(wide, random, solver, C):
    X, y, new = wide
    weight = random.random(len(y))
    settings = {"solver": solver, "C": C, "class_weight": "balanced", **EXACT}
    expected = linear_model.LogisticRegression(**settings).fit(X, y, weight)
    found = LogisticRegression(**settings).fit(X, y, weight)
    np.testing.assert_allclose(found.coef_, expected.coef_, atol=2e-6)
    np.testing.assert_allclose(found.intercept_, expected.intercept_, atol=2e-5)
    np.testing.assert_allclose(found.predict_proba(new), expected.predict_proba(new), atol=1e-5)


def test_more_than_two_classes_are_as_on_genes(wide):
    X, _, new = wide
    y = np.digitize(X[:, 0], [-0.4, 0.4])
    expected = linear_model.LogisticRegression(**EXACT).fit(X, y)
    found = LogisticRegression(**EXACT).fit(X, y)
    assert found.coef_.shape == (3, 300)
    np.testing.assert_allclose(found.predict_proba(new), expected.predict_proba(new), atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {"l1_ratio": 1.0, "solver": "liblinear", "random_state": 0},
        {"l1_ratio": 0.5, "solver": "saga", "random_state": 0, "max_iter": 5000},
        {"solver": "sag", "random_state": 0, "max_iter": 5000},
        {"C": np.inf},
        {"warm_start": True},
    ],
)
def test_what_is_no_ridge_takes_the_genes(wide, settings):
    X, y, _ = wide
    expected = linear_model.LogisticRegression(**settings).fit(X, y)
    found = LogisticRegression(**settings).fit(X, y, gram=compute_gram(X))
    np.testing.assert_array_equal(found.coef_, expected.coef_)


def test_few_genes_are_taken_as_they_are(random):
    X, y = random.normal(size=(40, 60)), np.arange(40) % 2
    expected = linear_model.LogisticRegression().fit(X, y)
    np.testing.assert_array_equal(LogisticRegression().fit(X, y).coef_, expected.coef_)


def test_a_gram_that_is_given_is_the_one_that_is_computed(wide):
    X, y, _ = wide
    given = LogisticRegression().fit(X, y, gram=compute_gram(X))
    np.testing.assert_array_equal(given.coef_, LogisticRegression().fit(X, y).coef_)
    with pytest.raises(DeepCMEError, match="gram is not that of X"):
        LogisticRegression().fit(X, y, gram=2 * compute_gram(X))


def test_the_tuned_one_chooses_and_scores_as_on_genes(wide, monkeypatch):
    X, y, new = wide
    settings = {"y": y, "validation_rows": np.arange(35, 50)}
    found = TunedLogisticRegression(random_state=0).fit(X, **settings)
    given = TunedLogisticRegression(random_state=0).fit(X, gram=compute_gram(X), **settings)
    np.testing.assert_array_equal(given.coef_, found.coef_)
    monkeypatch.setattr(linear, "pays", lambda n_rows, n_genes: False)
    expected = TunedLogisticRegression(random_state=0).fit(X, **settings)
    assert found.inverse_strength_ == expected.inverse_strength_
    for scores in ("oof_decision_function_", "coef_", "intercept_"):
        np.testing.assert_allclose(
            getattr(found, scores), getattr(expected, scores), atol=1e-3, rtol=1e-3
        )
    np.testing.assert_allclose(
        found.decision_function(new), expected.decision_function(new), atol=1e-3
    )


def test_folds_of_their_own_preprocessing_choose_as_on_genes(wide, monkeypatch):
    X, y, _ = wide
    folds = [
        Fold(np.delete(X, held_out, 0), np.delete(y, held_out), X[held_out], y[held_out])
        for held_out in np.array_split(np.arange(50), 3)
    ]
    strengths = (1e-3, 1e-1)
    chosen, logits = choose_inverse_strength(folds, strengths)
    monkeypatch.setattr(linear, "pays", lambda n_rows, n_genes: False)
    expected, of_genes = choose_inverse_strength(folds, strengths)
    assert chosen == expected
    np.testing.assert_allclose(np.concatenate(logits), np.concatenate(of_genes), atol=1e-3)


def test_rows_held_out_change_nothing_of_a_fit_without_them(wide):
    """The axes of a fit are those of its own rows."""
    X, y, _ = wide
    poisoned = X.copy()
    poisoned[:5] *= 1e6
    patients = np.repeat(np.arange(10), 5)
    tuned = TunedLogisticRegression((0.01,), random_state=0)
    clean = tuned.fit(X, y, groups=patients).oof_decision_function_
    other = tuned.fit(poisoned, y, groups=patients).oof_decision_function_
    assert (clean == other).sum() == 5
    assert not (clean[:5] == other[:5]).any()
