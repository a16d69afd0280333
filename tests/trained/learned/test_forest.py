"""Trees as arrays tell what scikit-learn's trees tell, to the bit, and damaged ones nothing."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from deepcme.trained.learned.arrays import UnfitArraysError
from deepcme.trained.learned.forest import LearnedForest

N_GENES = 30
MODELS = {
    "forest": RandomForestClassifier(40, random_state=0),
    "weighted classes": RandomForestClassifier(
        15, class_weight="balanced_subsample", random_state=0
    ),
    "best nodes first": RandomForestClassifier(9, max_leaf_nodes=6, random_state=0),
    "pruned": RandomForestClassifier(9, ccp_alpha=0.02, random_state=0),
    "some trees of one leaf": RandomForestClassifier(9, min_samples_leaf=50, random_state=0),
    "one tree": DecisionTreeClassifier(random_state=0),
    "one leaf": DecisionTreeClassifier(min_samples_leaf=60),
}


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(0)
    X = random.normal(size=(120, N_GENES)).astype(np.float32)
    y = (X[:, 0] - X[:, 1] + random.normal(size=120) > 0.5).astype(int)
    return X, y, random.uniform(0.2, 3, 120)


@pytest.fixture(scope="module", params=MODELS)
def model(request, rows):
    X, y, weights = rows
    return MODELS[request.param].fit(X, y, sample_weight=weights)


@pytest.fixture
def arrays(rows):
    X, y, _ = rows
    model = RandomForestClassifier(5, random_state=0).fit(X, y)
    kept = LearnedForest.of(model, X).arrays()
    return {name: array.copy() for name, array in kept}


def test_scores_are_those_of_scikit_learn_to_the_bit(model, rows):
    """Of the training samples too, values of which lie nearest to the thresholds."""
    X = rows[0]
    new = np.random.default_rng(1).normal(size=(70, N_GENES)).astype(np.float32)
    kept = LearnedForest.of(model, X)
    read = LearnedForest.from_arrays(dict(kept.arrays()), N_GENES)
    for Z in (X, new, new[:1]):
        np.testing.assert_array_equal(read.evaluate(Z).score, model.predict_proba(Z)[:, 1])


def test_a_value_at_the_threshold_goes_left_in_single_precision(rows):
    X, y, _ = rows
    model = DecisionTreeClassifier(max_depth=1).fit(X, y)
    gene, threshold = model.tree_.feature[0], model.tree_.threshold[0]
    single = np.float32(threshold)
    near = np.array([np.nextafter(single, np.float32(-9)), single, np.nextafter(single, 9)])
    Z = np.zeros((3, N_GENES), np.float32)
    Z[:, gene] = near
    kept = LearnedForest.of(model, X)
    np.testing.assert_array_equal(kept.evaluate(Z).score, model.predict_proba(Z)[:, 1])


def test_shares_of_genes_are_the_changes_along_the_way_down():
    """Two trees by hand: 0.5 to 0.2 to 0.1 by genes 0 and 2; 0.3 to 0.9 by gene 2."""
    forest = LearnedForest(
        feature=np.array([0, 2, -1, -1, -1, 2, -1, -1], np.int32),
        left=np.array([1, 2, -1, -1, -1, 6, -1, -1], np.int32),
        right=np.array([4, 3, -1, -1, -1, 7, -1, -1], np.int32),
        roots=np.array([0, 5], np.int32),
        threshold=np.array([0.0, 1.0, 0, 0, 0, -1.0, 0, 0]),
        value=np.array([0.5, 0.2, 0.1, 0.4, 0.8, 0.3, 0.0, 0.9]),
    )
    Z = np.array([[-1.0, 7.0, 0.5]], np.float32)
    np.testing.assert_allclose(forest.evaluate(Z).score, [(0.1 + 0.9) / 2])
    np.testing.assert_allclose(forest.attribute(Z), [[-0.15, 0.0, (-0.1 + 0.6) / 2]])


def test_shares_of_genes_add_up_to_the_score_less_the_roots(model, rows):
    X = rows[0]
    kept = LearnedForest.of(model, X)
    start = kept.value[kept.roots].mean()
    shares = kept.attribute(X).sum(axis=1)
    np.testing.assert_allclose(shares, kept.evaluate(X).score - start, atol=1e-12)


def changed(name, change):
    """A change of a part of an array."""

    def apply(arrays):
        change(arrays[f"forest.{name}"])

    return apply


def point(name, place, value):
    return changed(name, lambda array: array.__setitem__(place, value))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda a: a.pop("forest.value"), "not those of a forest"),
        (lambda a: a.update({"other": np.ones(1)}), "not those of a forest"),
        (lambda a: a.update({"forest.left": a["forest.left"].astype(float)}), "forest.left"),
        (lambda a: a.update({"forest.value": a["forest.value"][1:]}), "differ in length"),
        (lambda a: a.update({"forest.roots": a["forest.roots"][:0]}), "the roots of a forest"),
        (point("roots", 0, 1), "the roots of a forest"),
        (point("roots", 2, 0), "the roots of a forest"),
        (point("roots", -1, 10**6), "the roots of a forest"),
        (point("roots", 1, 2**31 - 1), "the roots of a forest"),
        (point("value", 3, 1.5), "not between 0 and 1"),
        (point("value", 3, np.nan), "not hold finite"),
        (point("threshold", 0, np.inf), "not hold finite"),
        (point("feature", 0, N_GENES), "asks for none of 30 genes"),
        (point("feature", 0, -1), "asks for none of 30 genes"),
        (point("left", 1, 0), "leads to none behind it"),  # a circle
        (point("right", 0, 0), "leads to none behind it"),
        (point("right", 0, 10**6), "leads to none behind it"),
        (point("right", 0, -1), "leads to none behind it"),
        (point("left", 0, -2), "leads to none behind it"),
    ],
)
def test_a_forest_that_leads_nowhere_is_refused(arrays, change, sentence):
    change(arrays)
    with pytest.raises(UnfitArraysError, match=sentence):
        LearnedForest.from_arrays(arrays, N_GENES)


def test_a_node_may_not_lead_into_another_tree(arrays):
    second = int(arrays["forest.roots"][1])
    arrays["forest.right"][0] = second + 1
    with pytest.raises(UnfitArraysError, match="leads to none behind it in its tree"):
        LearnedForest.from_arrays(arrays, N_GENES)
