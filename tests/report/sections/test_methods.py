"""The methods are those of the study at hand, word for word from its settings."""

import pandas as pd

from deepcme.report.sections.methods import describe_methods
from deepcme.study.spec import make_study
from tests.conftest import BINARY_EXAMPLE

COHORT = {"scale": "fpkm"}


def settings(**values):
    return make_study({**BINARY_EXAMPLE, **values})


def methods(study, tables=None, cohort=COHORT):
    return dict(describe_methods(study, cohort, tables or {}, {}))


def test_preprocessing_names_every_step_and_where_it_is_fitted():
    text = methods(settings())["Preprocessing"]
    assert text.startswith("Primary tumours only")
    assert "log2(x + 1) of the fpkm values; the median of the gene" in text
    assert "fewer than 10% of the samples express" in text
    assert "clipped at 5 standard deviations" in text
    assert text.endswith("or training and validation part, never the test part.")
    paper = methods(settings(protocol="paper"), cohort={"scale": "log2"})["Preprocessing"]
    assert paper.startswith("All tissues. In this order: values as given, on a log scale")
    assert "clipped" not in paper
    assert "express" not in paper
    assert paper.endswith("learned on all rows, test rows included.")


def test_each_network_is_told_with_its_own_settings():
    text = methods(settings())["Networks"]
    single, ensemble = text.split("DeepCME-ensemble: ")
    assert (
        "3 hidden layers of 64, 64, 64 units (Linear, BatchNorm, dropout 0.5, ReLU)" in single
    )
    assert "plus 100 (lambda) times the mean of the absolute first-layer weights" in single
    assert "learning rate of 0.0001, batches of 32, up to 500 epochs" in single
    assert "the epoch of lowest loss on the validation part is kept" in single
    assert "dropout 0.7" in ensemble
    assert "without penalty" in ensemble
    assert "5 networks on training and validation part together" in ensemble
    assert "up to 5 snapshots" in ensemble


def test_settings_off_the_defaults_are_told():
    network = {
        "name": "small",
        "estimator": "DeepCME",
        "parameters": {
            "hidden_layers": [8, 4], "max_epochs": 7, "penalty_reduction": "sum",
            "penalty_strength": 0.5, "patience": 3, "class_weight": "balanced",
        },
    }  # fmt: skip
    study = settings(models=[network, {"name": "KNN", "parameters": {"n_neighbors": 9}}])
    text = methods(study)
    assert "2 hidden layers of 8, 4 units" in text["Networks"]
    assert "plus 0.5 (lambda) times the sum" in text["Networks"]
    assert "up to 7 epochs; stopped after 3 epochs without a lower loss" in text["Networks"]
    assert "class weight balanced" in text["Networks"]
    assert "KNeighborsClassifier with its defaults but n_neighbors = 9." in text["Baselines"]


def test_baselines_and_the_tuned_one():
    text = methods(settings())["Baselines"]
    assert (
        "LR: scikit-learn's LogisticRegression with its defaults but max_iter = 2000." in text
    )
    assert "RF: scikit-learn's RandomForestClassifier with its defaults." in text
    assert "C = 1e-06, 1e-05, 0.0001, 0.001, 0.01, 0.1, 1, 10" in text
    assert "on the validation part is taken, and the model fitted again on training and" in text
    nested = methods(settings(split={"design": "nested"}))["Baselines"]
    assert "log loss on the inner folds" in nested


def test_only_what_was_run_is_told():
    bare = methods(settings())
    assert not {"Tuning", "Nulls", "Clinical columns", "Gene selection"} & bare.keys()
    runs = pd.DataFrame(
        {"kind": ["permuted labels"] * 7 + ["random genes"] * 4, "size": [12] * 7 + [30] * 4}
    )
    comparison = pd.DataFrame(
        {
            "model": "DeepCME-ensemble",
            "baseline": ["LR-tuned", "RF"],
            "comparator": [True, False],
        }
    )
    full = methods(
        settings(grid={"search": "fig7"}, selection={"run": True, "pairs": 4}),
        {"nulls": runs, "null_runs": runs, "comparison": comparison, "sensitivity": runs},
    )
    assert "among 16 settings: width 64; batches of 32, 64; lambda 0.0001" in full["Tuning"]
    assert "permuted between patients 7 times" in full["Nulls"]
    assert "4 random gene sets of 30 genes" in full["Nulls"]
    assert "on 8 halves of the patients" in full["Gene selection"]
    assert (
        "DeepCME-ensemble is compared with each baseline by the corrected resampled t-test "
        "(Nadeau and Bengio 2003), an approximate test whose intervals are Student's t, p after "
        "Holm. The comparator, LR-tuned, was named before anything was fitted: that one comparison is not corrected for the others. Where the "
        "validation part trains a model too, 1.7 times the ratio" in full["Measures"]
    )
    assert "PR-AUC over patients" in full["Measures"]
    assert "expectation by chance (Bestgen 2015)" in full["Measures"]
    assert "placement values" in full["Measures"]
    assert "Youden" not in full["Measures"]
    assert "2,000 bootstrap draws of patients" in full["Measures"]
