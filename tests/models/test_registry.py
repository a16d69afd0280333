"""The table of models says of each what holds of its estimator."""

import subprocess
import sys
from inspect import signature

import numpy as np
import pytest

from deepcme.cohort.follow_up import FollowUp
from deepcme.models.registry import KINDS
from deepcme.models.survival.target import make_target

QUICK = {
    "DeepCME": {"hidden_layers": [4], "max_epochs": 2},
    "DeepCME-ensemble": {"hidden_layers": [4], "max_epochs": 2, "n_networks": 2},
    "DeepCME-Cox": {"hidden_layers": [4], "max_epochs": 2},
    "DeepCME-Cox-ensemble": {"hidden_layers": [4], "max_epochs": 2, "n_networks": 2},
    "Committee": {"members": ["LR", "DT"]},
    "Cox-committee": {"members": ["Cox-top-200", "Cox-ridge"]},
    "LR-tuned": {"inverse_strengths": [0.1]},
    "Cox-ridge": {"penalties": [0.1]},
    "Cox-top-200": {"penalties": [0.1], "n_genes": 2},
    "Cox-lasso": {"penalties": [0.1]},
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def test_reading_the_table_loads_no_model():
    loads = "import sys; import deepcme.models.registry; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True)
    assert not {"sklearn", "torch", "pandas", "numpy"} & set(shown.stdout.split())


def test_a_row_says_what_its_estimator_takes_and_gives(kind, random):
    y = np.arange(40) % 2
    X = random.normal(size=(40, 5)).astype(np.float32) + y[:, None]
    if of_times := kind.outcomes == ("survival",):
        y = make_target(FollowUp(np.arange(40), y))
    model = kind.make(QUICK.get(kind.name, {}), 7)
    assert getattr(model, "random_state", 7) == 7
    taken = signature(model.fit).parameters
    assert kind.takes_groups == ("groups" in taken)
    assert kind.takes_weights == ("sample_weight" in taken)
    assert kind.takes_validation == ("validation_rows" in taken)
    assert kind.takes_gram == ("gram" in taken)
    if kind.takes_gram and hasattr(model, "score_held_out"):
        assert "gram" in signature(model.score_held_out).parameters
    model.fit(X, y)
    assert kind.has_gene_scores == hasattr(model, "gene_scores_")
    assert not kind.has_history or {"epoch", "valid_loss"} < set(model.history_)
    assert kind.tuned_over_folds == hasattr(model, "choose_strength")
    assert kind.is_committee == hasattr(model, "members_")
    if kind.out_of_fold and kind.out_of_fold.own:
        own = model.oof_log_hazards_ if of_times else model.oof_decision_function_
        assert len(own) == len(y)
    elif kind.out_of_fold and of_times:
        assert len(model.score_held_out(X[:30], y[:30], np.arange(30), X[30:])) == 10
    elif kind.out_of_fold:
        assert len(model.oof_decision_function_) == len(y)
        scored = model.score_held_out(X[:30], y[:30], np.arange(30), X[30:], y)
        assert np.isfinite(scored).all()


def test_a_model_of_a_library_is_named_with_it_and_others_describe_themselves(kind):
    assert bool(kind.library) == (not kind.methods)
