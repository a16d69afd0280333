"""L1 logistic regression: the screened path is that of all genes."""

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

from deepcme.selection.l1_logistic import cross_validate_l1, fit_l1_path
from tests.selection.problems import TRUTH, make_problem


def unscreened(X, y, penalty):
    modern = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 8)
    l1 = {"l1_ratio": 1.0} if modern else {"penalty": "l1"}
    model = LogisticRegression(
        C=1 / penalty, solver="liblinear", intercept_scaling=10, tol=1e-6, max_iter=100000, **l1
    )
    return model.fit(X, y).coef_[0]


def test_screening_changes_nothing():
    X, y = make_problem(n=80, n_genes=300, seed=2)
    gradient = np.abs((y - y.mean()) @ X)
    penalties = gradient.max() * np.geomspace(1, 0.1, 8)
    for fit, penalty in zip(fit_l1_path(X, y, penalties), penalties, strict=True):
        expected = unscreened(X, y, penalty)
        np.testing.assert_allclose(fit.coefficients, expected, atol=0.02)


def test_the_gradient_obeys_the_optimality_conditions():
    X, y = make_problem()
    fit = fit_l1_path(X, y, np.array([12.0, 6.0]))[-1]
    chosen = fit.coefficients != 0
    assert 0 < chosen.sum() < 40
    np.testing.assert_allclose(np.abs(fit.gradient[chosen]), 6.0, rtol=0.02)
    assert (np.abs(fit.gradient[~chosen]) < 6.0 * 1.01).all()


def test_genes_without_a_coefficient_follow_by_gradient():
    X, y = make_problem()
    fit = cross_validate_l1(X, y, np.arange(len(y)), np.random.default_rng(0))
    order = fit.order()
    assert set(order[:4]) == set(TRUTH)
    beyond = order[fit.n_chosen :]
    assert (fit.coefficients[beyond] == 0).all()
    assert (np.diff(np.abs(fit.gradient[beyond])) <= 0).all()


def test_constant_genes_are_never_chosen():
    X, y = make_problem()
    X[:, 5] = 0.0
    fit = cross_validate_l1(X, y, np.arange(len(y)), np.random.default_rng(0))
    assert fit.coefficients[5] == 0
