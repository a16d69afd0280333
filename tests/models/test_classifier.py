"""`DeepCMEClassifier` is a scikit-learn estimator whose early stopping never cheats."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme import DeepCMEClassifier, DeepCMEError
from deepcme.models.preprocessing import ClippedStandardScaler
from deepcme.network.engines import choice

QUICK = {"hidden_layers": (8,), "max_epochs": 5, "random_state": 0}


def expected_failed_checks(estimator):
    reason = "a mini-batch of repeated samples is not a mini-batch of weighted ones"
    return {"check_sample_weight_equivalence_on_dense_data": reason}


@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API")
@parametrize_with_checks(
    [
        DeepCMEClassifier(),
        DeepCMEClassifier(hidden_layers=(16,), batch_norm=False, dropout=0.0),
    ],
    expected_failed_checks=expected_failed_checks,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.fixture
def data(random):
    X = random.normal(size=(120, 30)).astype(np.float32)
    y = (X[:, 0] - X[:, 1] + random.normal(size=120) > 0).astype(int)
    return X, y


def test_defaults_are_the_papers():
    assert DeepCMEClassifier().get_params() == {
        "hidden_layers": (64, 64, 64),
        "dropout": 0.5,
        "batch_norm": True,
        "penalty": "l1",
        "penalty_reduction": "mean",
        "penalty_strength": 100.0,
        "learning_rate": 1e-4,
        "max_epochs": 500,
        "batch_size": 32,
        "patience": None,
        "validation_fraction": 0.25,
        "class_weight": None,
        "random_state": None,
        "engine": "auto",
        "device": None,
    }


def test_it_learns_and_ranks_the_genes_that_matter(random):
    X = random.normal(size=(400, 30)).astype(np.float32)
    y = (X[:, 0] > X[:, 1]).astype(int)
    model = DeepCMEClassifier(
        learning_rate=3e-3, max_epochs=60, penalty_strength=1.0, random_state=0
    ).fit(X[:300], y[:300])
    assert model.score(X[300:], y[300:]) > 0.85
    assert set(np.argsort(-model.gene_scores_)[:2]) == {0, 1}


def test_gene_scores_are_equation_4(data):
    model = DeepCMEClassifier(**QUICK).fit(*data)
    first = model.weights_.blocks[0].weight
    np.testing.assert_allclose(model.gene_scores_, np.abs(first).sum(axis=1))
    assert model.gene_scores_.shape == (30,)


def test_history_and_best_epoch(data):
    model = DeepCMEClassifier(**QUICK).fit(*data)
    assert model.history_.columns.tolist() == ["epoch", "train_loss", "valid_loss", "valid_auc"]
    assert model.history_["epoch"].tolist() == [1, 2, 3, 4, 5]
    best = model.history_["valid_loss"].idxmin()
    assert model.best_epoch_ == model.history_["epoch"][best]


def test_the_best_epoch_is_the_one_that_predicts(data):
    X, y = data
    valid = np.arange(30)
    settings = {**QUICK, "learning_rate": 0.05, "max_epochs": 40}
    model = DeepCMEClassifier(**settings).fit(X, y, validation_rows=valid)
    assert model.best_epoch_ < 40
    logit = model.decision_function(X[valid])
    loss = np.mean(np.logaddexp(0, logit) - y[valid] * logit)
    assert loss == pytest.approx(model.history_["valid_loss"].min(), rel=1e-5)


def test_patience_stops_early(data):
    settings = {**QUICK, "learning_rate": 0.05, "max_epochs": 300}
    model = DeepCMEClassifier(**settings, patience=5).fit(*data)
    assert len(model.history_) == model.best_epoch_ + 5 < 300


def test_the_same_random_state_gives_the_same_bytes(data):
    first, second = (DeepCMEClassifier(**QUICK).fit(*data) for _ in range(2))
    for (_, one), (_, other) in zip(
        first.weights_.arrays(), second.weights_.arrays(), strict=True
    ):
        assert one.tobytes() == other.tobytes()
    other = clone(first).set_params(random_state=1).fit(*data)
    assert not np.array_equal(other.gene_scores_, first.gene_scores_)


def test_class_weight_shifts_the_probabilities(data):
    X, y = data
    settings = {**QUICK, "max_epochs": 60, "learning_rate": 1e-2}
    plain = DeepCMEClassifier(**settings).fit(X, y)
    heavy = DeepCMEClassifier(**settings, class_weight={0: 1, 1: 20}).fit(X, y)
    assert heavy.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.1


class RowsSeen:
    """Stands in for an engine and notes which rows train and which validate."""

    def __init__(self):
        self.engine = choice.make_engine()
        self.rows = []

    def fit(self, X, y, train_rows, valid_rows, *arguments, **options):
        self.rows.append((X[train_rows, 0], X[valid_rows, 0]))
        return self.engine.fit(X, y, train_rows, valid_rows, *arguments, **options)


@pytest.fixture
def rows_seen(monkeypatch):
    seen = RowsSeen()
    monkeypatch.setattr("deepcme.models.classifier.make_engine", lambda engine, device: seen)
    return seen


def test_groups_reach_fit_through_grid_search_and_pipeline(rows_seen, random):
    """The first column carries the patient, so the engine's rows show who is where."""
    patients = np.repeat(np.arange(20), 3)
    X = np.column_stack([patients, random.normal(size=(60, 4))])
    y = np.tile([0, 1], 10).repeat(3)
    with sklearn.config_context(enable_metadata_routing=True):
        model = DeepCMEClassifier(**QUICK).set_fit_request(groups=True)
        search = GridSearchCV(
            Pipeline([("keep", "passthrough"), ("model", model)]),
            {"model__dropout": [0.0, 0.5]},
            cv=GroupKFold(3),
        )
        search.fit(X, y, groups=patients)
    assert len(rows_seen.rows) == 7
    for train, valid in rows_seen.rows:
        assert len(valid) > 0
        assert not set(train) & set(valid)


def test_validation_rows_are_the_ones_given(rows_seen, data):
    X, y = data
    mask = np.zeros(120, dtype=bool)
    mask[[3, 50, 51]] = True
    DeepCMEClassifier(**QUICK).fit(X, y, validation_rows=mask)
    np.testing.assert_array_equal(rows_seen.rows[0][1], X[mask, 0])


def test_names_of_features_are_kept_and_checked(data):
    X, y = data
    table = pd.DataFrame(X, columns=[f"g{i}" for i in range(30)])
    model = DeepCMEClassifier(**QUICK).fit(table, y)
    assert model.feature_names_in_.tolist()[:2] == ["g0", "g1"]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(table.rename(columns={"g0": "h0"}))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"hidden_layers": ()}, "at least one layer"),
        ({"hidden_layers": (2000,)}, "widths from 1 to 1024"),
        ({"dropout": 1.0}, "dropout must lie between 0 and 0.9, not 1.0"),
        ({"penalty": "l2"}, 'penalty must be "l1" or None'),
        ({"penalty_strength": -1}, "penalty_strength must be 0 or more"),
        ({"learning_rate": 0}, "learning_rate must be above 0"),
        ({"batch_size": 1}, "batch_size must be at least 2"),
        ({"max_epochs": 0}, "max_epochs must be at least 1"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"validation_fraction": 1.0}, "validation_fraction must lie between"),
    ],
)
def test_settings_out_of_range_are_named(data, setting, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        DeepCMEClassifier(**{**QUICK, **setting}).fit(*data)


def test_a_loss_that_explodes_is_told_in_a_sentence(data):
    X, y = data
    settings = {**QUICK, "batch_norm": False, "learning_rate": 1e30, "max_epochs": 50}
    with pytest.raises(
        DeepCMEError, match=r"no longer finite in epoch \d+: try a learning_rate"
    ):
        DeepCMEClassifier(**settings).fit(X * 1e10, y)


def test_in_a_pipeline_with_preprocessing(data):
    X, y = data
    pipeline = Pipeline(
        [("standardise", ClippedStandardScaler(5.0)), ("model", DeepCMEClassifier(**QUICK))]
    )
    assert pipeline.fit(X, y).predict_proba(X).shape == (120, 2)
