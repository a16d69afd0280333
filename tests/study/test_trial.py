"""Parameters that no rule forbids, but that do not work on this cohort, stop a run at its door."""

import math
from dataclasses import replace

import pytest

from deepcme import DeepCMEError
from deepcme.models.registry import KINDS
from deepcme.study.run import run_study
from deepcme.study.spec import load_study


@pytest.mark.parametrize(
    ("estimator", "parameters", "sentence"),
    [
        ("KNN", {"n_neighbors": 37}, r"fitted with n_neighbors = 37 on a training part of 36"),
        ("KNN", {"metric": "haversine", "p": 2}, "fitted with metric = 'haversine' on"),
        ("SVC", {"C": 1.0, "kernel": "precomputed"}, "fitted with kernel = 'precomputed' on"),
        ("LR", {"penalty": "l1", "C": 2.0}, "fitted with penalty = 'l1' on"),
        ("RF", {"oob_score": True, "bootstrap": False}, "oob_score = True, bootstrap = False"),
        (
            "DeepCME-ensemble",
            {"n_networks": 49},
            "n_networks = 49 is too many where 48 patients",
        ),
        ("DeepCME", {"engine": "native", "device": "cuda"}, "runs on the CPU, not on cuda"),
    ],
)
def test_it_is_named_before_anything_is_fitted(
    quick_study, tmp_path, estimator, parameters, sentence
):
    model = {"name": "mine", "estimator": estimator, "parameters": parameters}
    with pytest.raises(DeepCMEError, match=f"model mine: .*{sentence}") as caught:
        run_study(quick_study(models=["LR", model]), tmp_path / "out", jobs=1, quiet=True)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_model_of_other_outcomes_is_refused(quick_study, tmp_path, monkeypatch):
    monkeypatch.setitem(KINDS, "LR", replace(KINDS["LR"], outcomes=("time to event",)))
    sentence = "model LR: LR predicts a time to event outcome, and that of .* is a binary one"
    with pytest.raises(DeepCMEError, match=sentence):
        run_study(quick_study(models=["LR"]), tmp_path / "out", jobs=1, quiet=True)
    assert not (tmp_path / "out").exists()


def test_what_works_is_let_in(quick_study, tmp_path):
    models = [
        {"name": "KNN", "parameters": {"n_neighbors": 36, "metric": "cosine"}},
        {"name": "LR", "parameters": {"C": math.inf, "solver": "lbfgs"}},
        {"name": "RF", "parameters": {"n_estimators": 3, "max_features": 5}},
    ]
    folder = run_study(quick_study(models=models), tmp_path / "out", jobs=1, quiet=True)
    assert set(folder.read_table("metrics.csv")["model"]) == {"KNN", "LR", "RF"}
    again = load_study(folder.path / "study.toml")
    assert [model.parameters for model in again.models] == [m["parameters"] for m in models]
