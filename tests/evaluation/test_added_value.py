from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.evaluation.added_value import (
    compute_added_value,
    compute_auc_differences,
    compute_events_per_parameter,
)
from deepcme.evaluation.comparison import (
    REFITTED_FACTOR,
    compute_comparison,
    compute_corrected_t_test,
    compute_holm_correction,
)
from tests.evaluation.simulations import simulate_added_value

MODELS = ("logistic", "network")


def test_log_loss_and_net_benefit_are_those_of_the_same_test_rows(predictions):
    """By hand, of the definitions."""
    added = compute_added_value(predictions, *MODELS, [0.25]).set_index("measure")
    test = predictions[predictions["part"] == "test"]
    loss, benefit = {}, {}
    for (split, model), rows in test.groupby(["split", "model"]):
        y, p = rows["label"].to_numpy(), rows["probability"].to_numpy()
        loss[split, model] = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
        treated = p >= 0.25
        benefit[split, model] = np.mean(treated & (y == 1)) - np.mean(treated & (y == 0)) / 3
    falls = [loss[split, "logistic"] - loss[split, "network"] for split in range(4)]
    gains = [benefit[split, "network"] - benefit[split, "logistic"] for split in range(4)]
    assert added.loc["log_loss", "difference"] == pytest.approx(np.mean(falls))
    assert added.loc["net_benefit", "difference"] == pytest.approx(np.mean(gains))
    assert added.loc["net_benefit", "threshold"] == 0.25
    ratio = compute_comparison(predictions, "network", ["logistic"], refitted=MODELS)
    test = compute_corrected_t_test(falls, ratio["test_to_train_ratio"].iloc[0])
    assert added.loc["log_loss", "ci_low"] == pytest.approx(test.ci_low)
    assert added.loc["log_loss", "ci_high"] == pytest.approx(test.ci_high)
    auc = ratio.iloc[0]
    assert added.loc["auc", "difference"] == pytest.approx(auc["difference"])
    assert added.loc["auc", "ci_low"] == pytest.approx(auc["ci_low"])
    columns = ["n", "events", "n_patients", "n_splits"]
    assert (added[columns] == auc[columns]).all(axis=None)


def test_models_that_treat_everyone_alike_have_no_interval(predictions):
    added = compute_added_value(predictions, *MODELS, [1e-6]).set_index("measure")
    assert added.loc["net_benefit", "difference"] == 0
    assert added.loc["net_benefit", ["ci_low", "ci_high"]].isna().all()


def test_the_three_differences_in_auc_are_those_of_the_comparison(predictions):
    table = compute_auc_differences(predictions, "forest", "logistic", "network")
    models = ["forest", "logistic", "network"]
    compared = compute_comparison(predictions, "network", models[:2], refitted=models)
    assert table["model"].tolist() == ["network", "network", "logistic"]
    assert table["baseline"].tolist() == ["forest", "logistic", "forest"]
    for column in ("difference", "ci_low", "ci_high", "p_value", "n", "events", "n_splits"):
        np.testing.assert_array_equal(table[column].iloc[:2], compared[column])
    np.testing.assert_allclose(table["p_holm"], compute_holm_correction(table["p_value"]))
    assert "comparator" not in table


def test_its_models_learn_from_the_validation_part_too(predictions):
    """And so their ratio is that of refitted models, not that of the training part."""
    sizes = predictions[predictions["model"] == "forest"].groupby(["split", "part"]).size()
    sizes = sizes.unstack()
    ratio = (sizes["test"] / (sizes["train"] + sizes["validation"])).mean() * REFITTED_FACTOR
    table = compute_auc_differences(predictions, "forest", "logistic", "network")
    assert table["test_to_train_ratio"].tolist() == pytest.approx([ratio] * 3)


def test_a_model_that_is_not_there_is_told(predictions):
    with pytest.raises(DeepCMEError, match="no prediction of the model 'genes'"):
        compute_auc_differences(predictions, "forest", "genes", "network")


def test_events_per_parameter_counts_the_rarer_class_of_the_fitted_patients(predictions):
    rows = predictions[(predictions["model"] == "forest") & (predictions["part"] != "test")]
    patients = rows.drop_duplicates(["split", "patient"])  # ten of the 60 have two samples
    events = patients.groupby("split")["label"].sum().mean()  # a third of the patients
    assert len(patients) < len(rows)
    assert compute_events_per_parameter(predictions, "forest", 4) == pytest.approx(events / 4)
    mostly_positive = predictions.assign(label=1 - predictions["label"])
    assert compute_events_per_parameter(mostly_positive, "forest", 4) == pytest.approx(
        events / 4
    )


def test_a_patient_that_trains_and_validates_is_one(predictions):
    """As the rows of a model tuned over inner folds are of both parts."""
    train = predictions[predictions["part"] == "train"]
    both = pd.concat([train, train.assign(part="validation")])
    assert compute_events_per_parameter(both, "forest", 4) == compute_events_per_parameter(
        train, "forest", 4
    )


@pytest.mark.slow
def test_genes_that_carry_a_signal_of_their_own_are_found():
    found = simulate_added_value(studies=2, gene_signal=1.0, seed=5)
    assert found["mean_gain"] > 0.05
    assert found["clinical_auc"] > 0.65


def test_genes_that_carry_none_are_not_said_to_add():
    assert simulate_added_value(studies=2, gene_signal=0.0, seed=6)["called_added"] == 0
