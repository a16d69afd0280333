from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.evaluation.added_value import compute_added_value, compute_events_per_parameter
from deepcme.evaluation.comparison import REFITTED_FACTOR, compute_comparison
from tests.evaluation.simulations import simulate_added_value


def test_both_rows_are_those_of_the_comparison(predictions):
    added = compute_added_value(predictions, "forest", "logistic", "network")
    models = ["forest", "logistic", "network"]
    compared = compute_comparison(predictions, "network", models[:2], refitted=models)
    assert added["baseline"].tolist() == ["forest", "logistic"]
    assert added["added"].tolist() == ["genes to clinical columns", "clinical columns to genes"]
    for column in ("difference", "ci_low", "ci_high", "p_value", "n", "events", "n_splits"):
        np.testing.assert_array_equal(added[column], compared[column])
    assert "comparator" not in added


def test_its_models_learn_from_the_validation_part_too(predictions):
    """And so their ratio is that of refitted models, not that of the training part."""
    sizes = predictions[predictions["model"] == "forest"].groupby(["split", "part"]).size()
    sizes = sizes.unstack()
    ratio = (sizes["test"] / (sizes["train"] + sizes["validation"])).mean() * REFITTED_FACTOR
    added = compute_added_value(predictions, "forest", "logistic", "network")
    assert added["test_to_train_ratio"].tolist() == pytest.approx([ratio, ratio])


def test_a_model_that_is_not_there_is_told(predictions):
    with pytest.raises(DeepCMEError, match="no prediction of the model 'genes'"):
        compute_added_value(predictions, "forest", "genes", "network")


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


def test_genes_that_carry_a_signal_of_their_own_are_found():
    found = simulate_added_value(studies=3, gene_signal=1.0, seed=5)
    assert found["mean_difference"] > 0.05
    assert found["clinical_auc"] > 0.65
