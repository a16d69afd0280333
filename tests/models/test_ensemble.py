"""`DeepCMEEnsemble` averages networks that each hold out patients of their own."""

import pickle

import numpy as np
import pytest
import sklearn
from scipy.special import expit
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme import DeepCMEEnsemble, DeepCMEError
from deepcme.models.networks import SpacedSnapshots
from deepcme.models.span.gram import compute_gram
from deepcme.models.span.scores import SpanScores
from deepcme.network.engines import choice
from deepcme.network.training import History
from tests.models.span.ill_conditioned import KINDS_OF_ROWS

QUICK = {"hidden_layers": (8,), "max_epochs": 12, "learning_rate": 1e-2, "random_state": 0}


def expected_failed_checks(estimator):
    reason = "a mini-batch of repeated samples is not a mini-batch of weighted ones"
    return {"check_sample_weight_equivalence_on_dense_data": reason}


@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API")
@parametrize_with_checks(
    [DeepCMEEnsemble(hidden_layers=(16,), max_epochs=60, learning_rate=1e-2)],
    expected_failed_checks=expected_failed_checks,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.fixture
def data(random):
    X = random.normal(size=(120, 30)).astype(np.float32)
    y = (X[:, 0] - X[:, 1] + random.normal(size=120) > 0).astype(int)
    return X, y


def test_it_learns_and_ranks_the_genes_that_matter(random):
    X = random.normal(size=(400, 30)).astype(np.float32)
    y = (X[:, 0] > X[:, 1]).astype(int)
    model = DeepCMEEnsemble(
        learning_rate=3e-3, max_epochs=40, penalty_strength=1.0, random_state=0
    ).fit(X[:300], y[:300])
    assert model.score(X[300:], y[300:]) > 0.85
    assert set(np.argsort(-model.gene_scores_)[:2]) == {0, 1}


def test_probabilities_are_means_over_snapshots_then_networks(data):
    X, y = data
    model = DeepCMEEnsemble(**QUICK, snapshot_interval=1, n_snapshots=3).fit(X, y)
    assert max(len(snapshots) for snapshots in model.networks_) > 1
    by_network = [
        np.mean([expit(weights.decision_function(X)) for weights in snapshots], axis=0)
        for snapshots in model.networks_
    ]
    np.testing.assert_allclose(model.network_probabilities(X), np.transpose(by_network))
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], np.mean(by_network, axis=0))


class Run:
    """Stands in for a training run whose weights are the number of its epoch."""

    def __init__(self, history):
        self.history = history

    def current_weights(self):
        return self.history.n_epochs


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        (4, []),
        (5, [5]),
        (25, [5, 10, 15, 20, 25]),
        (26, [10, 20]),
        (99, [20, 40, 60, 80]),
        (260, [80, 160, 240]),
        (500, [160, 320, 480]),
    ],
)
def test_snapshots_are_spread_up_to_the_best_epoch(best, expected):
    snapshots, history = SpacedSnapshots(5, 5), History()
    held = 0
    for epoch in range(1, 501):
        history.valid_loss.append(abs(epoch - best))
        snapshots(history, Run(history))
        held = max(held, len(snapshots._taken))
    assert snapshots.up_to(best) == expected
    assert held <= 20


def test_snapshots_follow_a_best_epoch_that_jumps():
    snapshots, history = SpacedSnapshots(1, 4), History()
    for loss in [5, 4, 3, 6, 6, 6, 6, 6, 2, 7, 7, 7, 7, 7, 7, 1, 9]:
        history.valid_loss.append(loss)
        snapshots(history, Run(history))
    assert snapshots.up_to(history.best_epoch) == [4, 8, 12, 16]


def test_without_a_snapshot_the_best_epoch_serves(data):
    model = DeepCMEEnsemble(**{**QUICK, "max_epochs": 3}).fit(*data)
    assert [len(snapshots) for snapshots in model.networks_] == [1] * 5


def test_gene_scores_are_equation_4_averaged(data):
    model = DeepCMEEnsemble(**QUICK).fit(*data)
    expected = np.mean(
        [
            np.mean([np.abs(w.blocks[0].weight).sum(axis=1) for w in snapshots], axis=0)
            for snapshots in model.networks_
        ],
        axis=0,
    )
    np.testing.assert_allclose(model.gene_scores_, expected, rtol=1e-6)


def test_the_same_random_state_gives_the_same_bytes(data):
    first, second = (DeepCMEEnsemble(**QUICK).fit(*data) for _ in range(2))
    assert first.predict_proba(data[0]).tobytes() == second.predict_proba(data[0]).tobytes()
    other = clone(first).set_params(random_state=1).fit(*data)
    assert not np.array_equal(other.gene_scores_, first.gene_scores_)


class RowsSeen:
    """Stands in for an engine and notes which rows train and which are held out."""

    def __init__(self):
        self.engine = choice.make_engine()
        self.rows = []

    def fit(self, X, y, train_rows, valid_rows, *arguments, **options):
        self.rows.append((X[train_rows, 0], X[valid_rows, 0]))
        return self.engine.fit(X, y, train_rows, valid_rows, *arguments, **options)


@pytest.fixture
def rows_seen(monkeypatch):
    seen = RowsSeen()
    monkeypatch.setattr("deepcme.models.ensemble.make_engine", lambda: seen)
    return seen


def test_every_patient_is_held_out_once(rows_seen, random):
    """The first column carries the patient, so the engine's rows show who is where."""
    patients = np.repeat(np.arange(20), 3)
    X = np.column_stack([patients, random.normal(size=(60, 4))])
    y = np.tile([0, 1], 10).repeat(3)
    DeepCMEEnsemble(**QUICK).fit(X, y, groups=patients)
    assert sorted(np.concatenate([held for _, held in rows_seen.rows])) == sorted(patients)
    for train, held in rows_seen.rows:
        assert len(train) + len(held) == 60
        assert not set(train) & set(held)


def test_groups_reach_fit_through_grid_search_and_pipeline(rows_seen, random):
    patients = np.repeat(np.arange(20), 3)
    X = np.column_stack([patients, random.normal(size=(60, 4))])
    y = np.tile([0, 1], 10).repeat(3)
    with sklearn.config_context(enable_metadata_routing=True):
        model = DeepCMEEnsemble(**QUICK).set_fit_request(groups=True)
        search = GridSearchCV(
            Pipeline([("keep", "passthrough"), ("model", model)]),
            {"model__dropout": [0.0, 0.5]},
            cv=GroupKFold(3),
        )
        search.fit(X, y, groups=patients)
    assert len(rows_seen.rows) == 7 * 5
    for train, held in rows_seen.rows:
        assert not set(train) & set(held)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"n_networks": 1}, "n_networks must be at least 2, not 1"),
        ({"snapshot_interval": 0}, "snapshot_interval must be at least 1"),
        ({"n_snapshots": 0}, "n_snapshots must be at least 1"),
        ({"dropout": 1.0}, "dropout must lie between"),
        ({"n_networks": 200}, "of 120 patients is too few for 200 networks"),
    ],
)
def test_settings_out_of_range_are_named(data, setting, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        DeepCMEEnsemble(**{**QUICK, **setting}).fit(*data)


def test_a_class_of_one_patient_is_refused(data):
    X, _ = data
    with pytest.raises(DeepCMEError, match="Only one patient is of class 1"):
        DeepCMEEnsemble(**QUICK).fit(X, (np.arange(120) == 3).astype(int))


@pytest.fixture
def many_genes(random):
    X = random.normal(size=(60, 400)).astype(np.float32)
    y = (X[:, 0] - X[:, 1] + random.normal(size=60) > 0).astype(int)
    return X, y


@pytest.mark.parametrize(
    ("setting", "n_genes", "expected"),
    [
        ({}, 120, "span"),
        ({}, 119, "genes"),
        ({"penalty": "l1"}, 400, "genes"),
        ({"space": "genes"}, 400, "genes"),
    ],
)
def test_it_trains_in_the_span_where_that_is_smaller_and_no_gene_is_penalised(
    many_genes, setting, n_genes, expected
):
    X, y = many_genes
    model = DeepCMEEnsemble(**{**QUICK, "max_epochs": 1}, **setting).fit(X[:, :n_genes], y)
    assert model.space_ == expected
    assert {len(w.blocks[0].weight) for snapshots in model.networks_ for w in snapshots} == {
        n_genes
    }
    assert model.gene_scores_.shape == (n_genes,)


def test_a_space_that_is_none_is_refused(many_genes):
    with pytest.raises(DeepCMEError, match="space must be one of 'span', 'genes', not 'pca'"):
        DeepCMEEnsemble(space="pca").fit(*many_genes)


@pytest.mark.parametrize("make_rows", KINDS_OF_ROWS)
def test_networks_of_genes_predict_what_those_of_scores_do(make_rows, random):
    X = make_rows(random).astype(np.float32)
    y = (np.arange(40) // 2) % 2
    model = DeepCMEEnsemble(**QUICK).fit(X[:30], y[:30], groups=np.arange(30) // 2)
    by_scores = model.decision_function(X)
    assert np.ptp(by_scores) > 1e-3
    model.networks_  # noqa: B018
    np.testing.assert_allclose(model.decision_function(X), by_scores, atol=1e-5)


def test_it_learns_in_the_span_and_ranks_the_genes_that_matter(random):
    X = random.normal(size=(300, 600)).astype(np.float32)
    y = (X[:, 0] > X[:, 1]).astype(int)
    X[:, :2] *= 10
    model = DeepCMEEnsemble(learning_rate=3e-3, max_epochs=40, random_state=0)
    model.fit(X[:200], y[:200])
    assert model.space_ == "span"
    assert model.score(X[200:], y[200:]) > 0.85
    assert set(np.argsort(-model.gene_scores_)[:2]) == {0, 1}


def test_in_the_span_the_unit_of_expression_does_not_matter(many_genes):
    X, y = many_genes
    model, other = (DeepCMEEnsemble(**QUICK).fit(scale * X, y) for scale in (1, 1024))
    np.testing.assert_allclose(
        other.decision_function(1024 * X), model.decision_function(X), rtol=1e-6
    )


def test_a_gram_that_is_given_is_the_one_that_would_be_computed(many_genes):
    X, y = many_genes
    model, given = (
        DeepCMEEnsemble(**QUICK).fit(X[10:], y[10:], gram=gram)
        for gram in (None, compute_gram(X)[10:, 10:])
    )
    np.testing.assert_allclose(
        given.decision_function(X), model.decision_function(X), atol=1e-4
    )
    with pytest.raises(DeepCMEError, match="gram is not that of X"):
        DeepCMEEnsemble(**QUICK).fit(X[10:], y[10:], gram=compute_gram(X)[:-10, :-10])


def test_scoring_rows_held_out_turns_nothing_back(many_genes, monkeypatch):
    X, y = many_genes
    model = DeepCMEEnsemble(**QUICK).fit(X[:50], y[:50])
    groups = np.arange(50)
    expected = model.decision_function(X[50:])
    monkeypatch.setattr(SpanScores, "turn_back", None)
    scores = clone(model).score_held_out(X[:50], y[:50], groups, X[50:], y)
    np.testing.assert_array_equal(scores, expected)


def test_a_pickle_holds_no_row_of_the_fit(many_genes):
    X, y = many_genes
    model = DeepCMEEnsemble(**QUICK).fit(X, y)
    before = model.decision_function(X)
    kept = pickle.dumps(model)
    assert not any(row.tobytes()[:64] in kept for row in X)
    copy = pickle.loads(kept)  # noqa: S301
    np.testing.assert_allclose(copy.decision_function(X), before, atol=1e-5)
    np.testing.assert_array_equal(copy.gene_scores_, model.gene_scores_)


def test_what_is_learned_is_not_there_before_the_fit():
    model = DeepCMEEnsemble()
    assert not hasattr(model, "networks_")
    assert not hasattr(model, "gene_scores_")


def test_in_the_span_patience_ends_after_100_epochs_unless_it_is_given(many_genes):
    settings = {**QUICK, "max_epochs": 200, "n_networks": 2}
    epochs = {
        (space, patience): DeepCMEEnsemble(**settings, space=space, patience=patience)
        .fit(*many_genes)
        .history_.groupby("network")
        .size()
        .tolist()
        for space in ("span", "genes")
        for patience in (None, 3)
    }
    assert epochs["genes", None] == [200, 200]
    assert all(100 < n < 200 for n in epochs["span", None])
    assert all(n < 100 for n in epochs["span", 3] + epochs["genes", 3])


def test_equal_settings_give_these_numbers_in_the_span():
    """If not, the results version of the models is another: `tests/study/test_older.py`."""
    X = np.sin(np.outer(np.arange(1, 31), np.arange(1, 91) ** 1.5)).astype(np.float32)
    y = (np.arange(30) % 3 == 0).astype(int)
    X[y == 1, :5] += 1
    settings = {"n_networks": 2, "hidden_layers": (3,), "max_epochs": 20, "random_state": 0}
    model = DeepCMEEnsemble(**settings, learning_rate=1e-2).fit(X[:24], y[:24])
    assert model.space_ == "span"
    expected = [0.2575, 0.2024, 0.1668, 0.2580, 0.2229, 0.0418]
    np.testing.assert_allclose(model.decision_function(X[24:]), expected, atol=1e-3)
