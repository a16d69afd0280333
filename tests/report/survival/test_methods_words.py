"""The methods of a study of times are those of its settings."""

import pandas as pd

from deepcme.report.sections.methods import describe_methods
from deepcme.study.spec import make_study

COHORT = {"scale": "log2", "endpoint": "Time to relapse, in years.", "unit": "years"}


def methods(tables=None, models=("Cox-ridge", "LR-tuned", "KNN"), **survival):
    study = make_study(
        {
            "cohort": {"example": "transbig"},
            "survival": {"horizon": 5.0, **survival},
            "models": list(models),
        }
    )
    return dict(describe_methods(study, COHORT, tables or {}, {}))


def test_outcome_design_and_groups_are_told():
    told = methods({"risk_curves": pd.DataFrame()})
    assert told["Outcome"].startswith(
        "Time to relapse, in years. Risks are those of the event by 5 years. One row a patient"
    )
    assert "Aalen and Johansen's (1978)" in told["Outcome"]
    assert told["Design"].endswith("by whether that was early or late.")
    assert "no p-value" in told["Risk groups"]
    assert "rejected in 10 to 12 of 100" in told["Risk groups"]
    assert "Risk groups" not in methods()


def test_censoring_is_weighted_and_the_assumption_said():
    told = methods()["Censoring"]
    assert "a case at time T by 1/G(T-)" in told
    assert "weights are cut at 10, and those cut are counted" in told
    assert "estimated by Kaplan-Meier: for training and recalibration" in told
    assert told.endswith("That is right if censoring has nothing to do with the risk.")
    columns = methods(censoring=("age", "er"))["Censoring"]
    assert "estimated by Cox regression on age, er (missing values filled in with" in columns
    assert columns.endswith("nothing to do with the risk among patients alike in age, er.")


def test_each_kind_of_model_says_what_it_learns():
    told = methods()["What is learned"]
    assert told.startswith("Cox-ridge: the times themselves, by Cox's partial likelihood")
    assert "LR-tuned: whether the event comes by the horizon, each patient weighted" in told
    alone = methods(models=("Cox-ridge", "KNN"))["What is learned"]
    for said in (told, alone):
        assert "KNN: whether the event comes by the horizon, of those of whom it is" in said


def test_kinds_of_models_stand_in_sentences_of_their_own():
    told = methods(models=("Cox-ridge", "Cox-top-200"))["Other models"]
    assert "fitted again on both. Cox-top-200: Cox regression of the 200 genes" in told
    chosen = methods(models=("Cox-ridge", "Cox-lasso"))["Other models"]
    assert "Cox-lasso: Cox regression of the genes that an elastic-net penalty" in chosen
    assert "the one-standard-error rule takes one by the cross-validated log" in chosen


def test_networks_of_times_say_what_loss_they_lower():
    told = methods(models=("Cox-ridge", "DeepCME-Cox-ensemble", "DeepCME-ensemble"))["Networks"]
    assert "DeepCME-Cox-ensemble: 3 hidden layers" in told
    assert "Cox's partial likelihood (Efron) without penalty; Adam" in told
    assert "binary cross-entropy without penalty; Adam" in told


def test_measures_are_those_of_times():
    told = methods({"net_benefit": pd.DataFrame(), "survival_comparison": pd.DataFrame()})
    assert "Uno's C (2011) up to tau, the horizon" in told["Measures"]
    assert "Net benefit (Vickers et al. 2008) of recalibrated risks" in told["Measures"]
    assert "Differences between models" in told["Measures"]
    assert "PR-AUC" not in told["Measures"]
    assert "Net benefit" not in methods()["Measures"]


def test_models_end_in_full_stops_and_calls_are_told_where_made():
    told = methods({"classification": pd.DataFrame()})
    assert "the model fitted again on both. LR-tuned: logistic" in told["Other models"]
    assert "Baselines" not in told
    assert "Sensitivity and specificity by the horizon" in told["Measures"]
    assert "Sensitivity" not in methods()["Measures"]
