"""The Cox ensemble in the span of its rows: it says what its networks of genes say."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from deepcme.base.errors import DeepCMEError
from deepcme.models.span.gram import compute_gram
from deepcme.models.survival.ensemble import DeepCMESurvivalEnsemble
from deepcme.models.survival.networks import compute_log_hazards
from deepcme.models.survival.target import make_target
from tests.models.survival.patients import make_patients

ALL, FOLLOW_UP = make_patients(140, 300, [1.0, -1.0], seed=3)
GENES = ALL.astype(np.float32)
X, NEW = GENES[:100], GENES[100:]
Y = make_target(FOLLOW_UP.rows(np.arange(100)))
MODEL = DeepCMESurvivalEnsemble(hidden_layers=(8,), max_epochs=15, random_state=0)


def test_scores_and_genes_give_the_same_log_hazards_beside_clinical_columns():
    """Networks are turned back with their stretched outputs, and against the same mean."""
    clinical = 40 + 9 * GENES[:, :2]
    model = clone(MODEL).fit(X, Y, clinical[:100])
    assert model.space_ == "span"
    of_scores = model.predict(NEW, clinical[100:])
    of_networks = compute_log_hazards(model.networks_, NEW) - model.centre_
    beside = (clinical[100:] - clinical[:100].mean(axis=0)) @ model.clinical_coef_
    np.testing.assert_allclose(of_scores, of_networks + beside, atol=1e-5)
    np.testing.assert_allclose(model.predict(NEW, clinical[100:]), of_scores, atol=1e-5)
    assert model.networks_[0][0].blocks[0].weight.shape == (300, 8)
    assert model.gene_scores_.shape == (300,)
    assert np.std(of_scores) > 0.1


def test_log_hazards_are_against_the_mean_of_the_rows_of_the_fit():
    model = clone(MODEL).fit(X, Y)
    assert abs(model.predict(X).mean()) < 1e-5
    assert abs((compute_log_hazards(model.networks_, X) - model.centre_).mean()) < 1e-5


def test_the_gram_matrix_may_be_given():
    computed = clone(MODEL).fit(X, Y).predict(NEW).tobytes()
    gram = compute_gram(X)
    assert clone(MODEL).fit(X, Y, gram=gram).predict(NEW).tobytes() == computed
    assert MODEL.score_held_out(X, Y, np.arange(100), NEW, gram=gram).tobytes() == computed
    with pytest.raises(DeepCMEError, match="gram is not that of X"):
        clone(MODEL).fit(X, Y, gram=compute_gram(2 * X))


def test_a_pickle_holds_networks_of_genes_and_no_patient():
    model = clone(MODEL).fit(X, Y)
    told = model.predict(NEW)
    written = pickle.dumps(model)
    assert X[0, :50].tobytes() not in written
    assert compute_gram(X)[0].tobytes() not in written
    np.testing.assert_allclose(pickle.loads(written).predict(NEW), told, atol=1e-5)  # noqa: S301


@pytest.mark.parametrize(
    "on_genes", [{"space": "genes"}, {"penalty": "l1"}], ids=["asked for", "with a penalty"]
)
def test_on_genes_it_is_what_it_was(on_genes):
    model = clone(MODEL).set_params(**on_genes).fit(X, Y)
    assert model.space_ == "genes"
    slow = clone(model).set_params(space="genes", learning_rate=1e-3).fit(X, Y)
    assert model.predict(NEW).tobytes() == slow.predict(NEW).tobytes()


def test_few_genes_are_learned_as_they_are():
    assert clone(MODEL).fit(X[:, :190], Y).space_ == "genes"


def test_a_patient_held_out_has_no_say_in_what_a_network_trains_on():
    """Poisoned, this patient changes the course of all networks but the one without it."""
    poisoned = X.copy()
    poisoned[0] += 50
    courses = [
        clone(MODEL).fit(genes, Y).history_.groupby("network")["train_loss"].apply(tuple)
        for genes in (X, poisoned)
    ]
    assert (courses[0] == courses[1]).sum() == 1
