"""The support vector classifier by inner products is scikit-learn's on genes."""

import numpy as np
import pytest
from sklearn import svm
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme import DeepCMEError
from deepcme.models.span import linear
from deepcme.models.span.gram import compute_gram
from deepcme.models.span.kernel import SVC


@pytest.fixture
def wide(random):
    X = random.normal(1.0, 2.0, size=(60, 300)).astype(np.float32)
    y = np.where(X[:, :4].sum(axis=1) > 4, "late", "early")
    return X, y, random.normal(size=(30, 300)).astype(np.float32)


@pytest.fixture
def always_by_products(monkeypatch):
    monkeypatch.setattr(linear, "pays", lambda n_rows, n_genes: True)


@pytest.mark.usefixtures("always_by_products")
@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API")
@parametrize_with_checks(
    [SVC(), SVC(kernel="linear")],
    expected_failed_checks=lambda estimator: {
        f"check_sample_weight_equivalence_on_{kind}_data": "as scikit-learn says of its own"
        for kind in ("dense", "sparse")
    },
)
def test_scikit_learn_contract_by_products(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf", "sigmoid"])
@pytest.mark.parametrize("gamma", ["scale", "auto", 0.001])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_fit_on_genes(wide, random, kernel, gamma, weighted):
    X, y, new = wide
    weight = random.random(len(y)) if weighted else None
    settings = {"kernel": kernel, "gamma": gamma, "degree": 2, "coef0": 0.5}
    settings["class_weight"] = "balanced" if weighted else None
    expected = svm.SVC(**settings).fit(X, y, weight)
    found = SVC(**settings).fit(X, y, weight)
    np.testing.assert_array_equal(found.support_, expected.support_)
    np.testing.assert_array_equal(found.n_support_, expected.n_support_)
    np.testing.assert_allclose(
        found.decision_function(new), expected.decision_function(new), atol=1e-6
    )
    np.testing.assert_array_equal(found.predict(new), expected.predict(new))
    if kernel == "linear":
        np.testing.assert_allclose(found.coef_, expected.coef_, atol=1e-9)


def _by_hand(A, B):
    return A @ B.T


@pytest.mark.parametrize(
    "settings", [{"kernel": _by_hand}, {"break_ties": True}], ids=["callable", "ties"]
)
def test_what_needs_more_takes_the_genes(wide, settings):
    X, y, new = wide
    expected, found = svm.SVC(**settings).fit(X, y), SVC(**settings).fit(X, y)
    np.testing.assert_array_equal(found.decision_function(new), expected.decision_function(new))


def test_more_classes_take_the_genes(wide):
    X, _, new = wide
    y = np.digitize(X[:, 0], [0.0, 2.0])
    found = SVC().fit(X, y)
    np.testing.assert_array_equal(found.predict(new), svm.SVC().fit(X, y).predict(new))


def test_a_kernel_that_is_given_is_one_of_samples(wide):
    X, y, new = wide
    found = SVC(kernel="precomputed").fit(X @ X.T, y)
    expected = svm.SVC(kernel="precomputed").fit(X @ X.T, y)
    np.testing.assert_array_equal(found.predict(new @ X.T), expected.predict(new @ X.T))


def test_a_gram_that_is_given_is_the_one_that_is_computed(wide):
    X, y, new = wide
    given, computed = SVC().fit(X, y, gram=compute_gram(X)), SVC().fit(X, y)
    np.testing.assert_array_equal(given.decision_function(new), computed.decision_function(new))
    with pytest.raises(DeepCMEError, match="gram is not that of X"):
        SVC().fit(X, y, gram=compute_gram(X + 1))


def test_a_constant_matrix_is_no_division_by_zero():
    X, y = np.ones((6, 20)), np.arange(6) % 2
    expected = svm.SVC().fit(X, y)
    np.testing.assert_allclose(
        SVC().fit(X, y).decision_function(X), expected.decision_function(X)
    )


def test_samples_that_weigh_nothing_are_no_support_vectors_and_shift_none(wide, random):
    X, y, *_ = wide
    weight = np.where(np.arange(len(X)) % 5 == 1, 0.0, 1.0)
    ours = SVC(kernel="linear").fit(X, y, weight)
    theirs = svm.SVC(kernel="linear").fit(X.astype(np.float64), y, weight)
    new = random.normal(size=(5, X.shape[1]))
    expected = theirs.decision_function(new)
    np.testing.assert_allclose(ours.decision_function(new), expected, rtol=1e-4, atol=1e-6)
