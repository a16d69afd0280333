"""Networks of the time to an event: what they learn, of whom, and what they then say."""

import numpy as np
import pytest
from sklearn.base import clone

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.models.survival.cox_regression import CoxRegression
from deepcme.models.survival.ensemble import DeepCMESurvivalEnsemble
from deepcme.models.survival.network import DeepCMESurvival
from deepcme.models.survival.networks import compute_log_hazards
from deepcme.models.survival.target import make_target
from deepcme.network.times import encode_times, rank_concordance
from tests.models.survival.patients import FOLLOW_UP, X, Y, make_patients

QUICK = {"hidden_layers": (8,), "max_epochs": 12, "learning_rate": 1e-2, "random_state": 0}
BOTH = pytest.mark.parametrize(
    "model", [DeepCMESurvival(**QUICK), DeepCMESurvivalEnsemble(**QUICK)], ids=["one", "five"]
)


def concordance(model, genes, follow_up, clinical=None):
    encoded = encode_times(follow_up.times, follow_up.events)
    return rank_concordance(model.predict(genes, clinical), encoded)


@pytest.mark.parametrize("kind", [DeepCMESurvival, DeepCMESurvivalEnsemble])
def test_they_learn_who_has_the_event_first_and_by_which_genes(kind):
    genes, follow_up = make_patients(400, 30, [1.0, -1.0], seed=3)
    model = kind(hidden_layers=(16,), max_epochs=60, learning_rate=3e-3, random_state=0)
    model.fit(genes[:200], make_target(follow_up.rows(np.arange(200))))
    assert concordance(model, genes[200:], follow_up.rows(np.arange(200, 400))) > 0.7
    assert set(np.argsort(-model.gene_scores_)[:2]) == {0, 1}
    assert {"train_loss", "valid_loss", "valid_c"} < set(model.history_)


def test_log_hazards_of_an_ensemble_are_as_far_apart_as_new_patients_are():
    genes, follow_up = make_patients(900, 30, [1.0, -1.0], seed=3)
    learned, new = np.arange(300), np.arange(300, 900)
    slopes = []
    for max_epochs in (10, 40):
        model = DeepCMESurvivalEnsemble(**QUICK | {"max_epochs": max_epochs})
        model.fit(genes[learned], make_target(follow_up.rows(learned)))
        log_hazards = model.predict(genes[new])[:, np.newaxis]
        slopes.append(fit_cox_regression(log_hazards, follow_up.rows(new)).coefficients[0])
    # As they come, averaged and of early epochs, they would have slopes of 5 and 3.
    assert all(0.7 < slope < 1.4 for slope in slopes)


@BOTH
def test_the_same_random_state_gives_the_same_bytes(model):
    first, second = (clone(model).fit(X, Y).predict(X).tobytes() for _ in range(2))
    assert first == second
    assert clone(model).set_params(random_state=1).fit(X, Y).predict(X).tobytes() != first


@BOTH
def test_log_hazards_are_against_the_mean_of_the_rows_of_the_fit(model):
    model = clone(model).fit(X, Y)
    expected = compute_log_hazards(model.networks_, X.astype(np.float32))
    np.testing.assert_allclose(model.predict(X), expected - expected.mean(), atol=1e-7)
    assert all(weights.output_bias is None for one in model.networks_ for weights in one)


def test_log_hazards_are_means_over_snapshots_then_networks():
    model = DeepCMESurvivalEnsemble(**QUICK, snapshot_interval=1, n_snapshots=3).fit(X, Y)
    assert max(map(len, model.networks_)) > 1
    genes = X.astype(np.float32)
    by_network = [
        np.mean([weights.decision_function(genes) for weights in snapshots], axis=0)
        for snapshots in model.networks_
    ]
    np.testing.assert_allclose(
        compute_log_hazards(model.networks_, genes), np.mean(by_network, axis=0)
    )


@BOTH
def test_risks_are_those_of_breslows_baseline(model):
    model = clone(model).fit(X, Y)
    told = model.predict(X)
    at = told if isinstance(model, DeepCMESurvival) else model.oof_log_hazards_
    expected = Baseline.estimate(FOLLOW_UP, at).survival(told, [0.2, 0.5])
    np.testing.assert_allclose(model.predict_survival(X, [0.2, 0.5]), expected, atol=1e-7)
    with pytest.raises(AbsentError, match="ask for times up to"):
        model.predict_survival(X, [1e6])


def test_the_epoch_kept_adds_most_to_the_partial_likelihood_of_both_parts():
    held_out = np.arange(0, 90, 4)
    model = DeepCMESurvival(**QUICK).fit(X, Y, validation_rows=held_out)
    train = np.setdiff1d(np.arange(90), held_out)
    told = model.predict(X)
    both = PartialLikelihood.of(FOLLOW_UP).log_likelihood(told)
    alone = PartialLikelihood.of(FOLLOW_UP.rows(train)).log_likelihood(told[train])
    kept = model.history_.set_index("epoch").loc[model.best_epoch_, "valid_loss"]
    assert kept == model.history_["valid_loss"].min()
    n_events = FOLLOW_UP.rows(held_out).n_events
    assert kept == pytest.approx((alone - both) / n_events, rel=1e-5)


def test_clinical_columns_enter_as_they_would_alone_and_unpenalised():
    clinical = np.column_stack([40 + 9 * X[:, 0], X[:, 1]])
    held_out = np.arange(0, 90, 4)
    model = DeepCMESurvival(**QUICK).fit(X[:, 2:], Y, clinical, validation_rows=held_out)
    train = np.setdiff1d(np.arange(90), held_out)
    alone = CoxRegression().fit(clinical[train], Y[train])
    np.testing.assert_allclose(model.clinical_coef_, alone.coef_)
    of_genes = model.predict(X[:, 2:], np.tile(clinical.mean(axis=0), (90, 1)))
    both = model.predict(X[:, 2:], clinical)
    beside = (clinical - clinical.mean(axis=0)) @ alone.coef_
    np.testing.assert_allclose(both - of_genes, beside, atol=1e-9)
    with pytest.raises(DeepCMEError, match="fitted beside 2 clinical columns, not 0"):
        model.predict(X[:, 2:])


def test_what_the_columns_say_is_not_learned_again():
    """A column that tells all leaves the networks nothing: the offset reaches the loss."""
    genes, follow_up = make_patients(300, 10, [1.5], seed=5)
    told, y = genes[:, :1], make_target(follow_up)
    model = DeepCMESurvivalEnsemble(
        hidden_layers=(8,), max_epochs=40, learning_rate=1e-2, random_state=0
    )
    plain = clone(model).fit(genes, y).predict(genes)
    beside = clone(model).fit(genes, y, told)
    of_genes = beside.predict(genes, told) - (told - told.mean()) @ beside.clinical_coef_
    assert np.corrcoef(plain, told[:, 0])[0, 1] > 0.8
    assert np.std(of_genes) < 0.3 * np.std(plain)


@BOTH
def test_rows_without_a_say_move_nothing(model):
    """Who is censored before the first event is in no risk set, whatever their expression."""
    times, events = FOLLOW_UP.times.copy(), FOLLOW_UP.events.copy()
    first = int(np.argmin(times))
    events[first] = 0
    follow_up = FollowUp(times, events)
    moved = X.copy()
    moved[first] = 0
    model = clone(model).set_params(batch_norm=False, dropout=0.0)
    clean, other = (clone(model).fit(M, make_target(follow_up)) for M in (X, moved))
    np.testing.assert_allclose(clean.gene_scores_, other.gene_scores_, rtol=1e-6)


def test_every_patient_is_held_out_once_and_never_trained_on():
    patients = np.repeat(np.arange(45), 2)
    model = DeepCMESurvivalEnsemble(**QUICK).fit(X, Y, groups=patients)
    moved = X.copy()
    moved[:2] += 5
    again = DeepCMESurvivalEnsemble(**QUICK).fit(moved, Y, groups=patients)
    same = [
        np.array_equal(one[-1].blocks[0].weight, other[-1].blocks[0].weight)
        for one, other in zip(model.networks_, again.networks_, strict=True)
    ]
    assert sum(same) <= 1
    assert np.isfinite(model.oof_log_hazards_).all()


@pytest.mark.parametrize("kind", [DeepCMESurvival, DeepCMESurvivalEnsemble])
def test_patients_too_few_or_without_the_event_are_refused(kind):
    nobody = make_target(FollowUp(FOLLOW_UP.times, np.zeros(90, dtype=np.int8)))
    with pytest.raises(DeepCMEError, match="No patient had the event"):
        kind(**QUICK).fit(X, nobody)
    with pytest.raises(DeepCMEError, match="too few"):
        kind(**QUICK).fit(X[:2], Y[Y["event"]][:2])


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"dropout": 0.95}, "dropout must lie between 0 and 0.9"),
        ({"batch_size": 1}, "batch_size must be at least 2"),
        ({"random_state": "x"}, "random_state"),
    ],
)
def test_settings_out_of_range_are_refused(parameters, sentence):
    for kind in (DeepCMESurvival, DeepCMESurvivalEnsemble):
        with pytest.raises(DeepCMEError, match=sentence):
            kind(**parameters).fit(X, Y)


def test_engines_agree():
    pytest.importorskip("torch")
    settings = {"hidden_layers": (8, 4), "max_epochs": 10, "random_state": 0}
    native, torch = (
        DeepCMESurvival(**settings, engine=engine).fit(X, Y, clinical=X[:, :1])
        for engine in ("native", "torch")
    )
    assert native.best_epoch_ == torch.best_epoch_
    np.testing.assert_allclose(
        native.predict(X, X[:, :1]), torch.predict(X, X[:, :1]), atol=1e-4
    )
    np.testing.assert_allclose(
        native.history_["valid_loss"], torch.history_["valid_loss"], rtol=1e-4
    )
