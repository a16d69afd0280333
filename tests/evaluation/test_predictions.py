from __future__ import annotations

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.predictions import (
    count_rows,
    select_model,
    select_part,
    select_probabilities,
)


def test_a_part_is_selected_over_all_models_and_splits(predictions):
    test = select_part(predictions, "test")
    assert set(test["part"]) == {"test"}
    assert set(test["model"]) == {"network", "logistic", "forest"}


def test_an_absent_part_is_named(predictions):
    training = predictions.loc[predictions["part"] == "train"]
    with pytest.raises(DeepCMEError, match="no row of the test part"):
        select_part(training, "test")


def test_an_unknown_model_is_answered_with_the_known_ones(predictions):
    with pytest.raises(DeepCMEError, match="'SVC', only of: forest, logistic, network"):
        select_model(predictions, "SVC")


def test_models_without_probabilities_are_left_out(predictions):
    assert set(select_probabilities(predictions)["model"]) == {"network", "logistic"}


def test_a_table_without_any_probability_is_refused(predictions):
    with pytest.raises(DeepCMEError, match="No model"):
        select_probabilities(predictions.drop(columns="probability"))


def test_probabilities_for_some_rows_only_are_refused(predictions):
    predictions.loc[predictions.index[0], "probability"] = np.nan
    with pytest.raises(DeepCMEError, match="'network' gives probabilities for some rows only"):
        select_probabilities(predictions)


def test_counts_are_of_distinct_samples(predictions):
    assert count_rows(predictions) == {
        "n": 70,
        "events": 24,
        "n_patients": 60,
        "n_splits": 4,
    }


def test_an_empty_table_is_refused(predictions):
    with pytest.raises(DeepCMEError, match="no row"):
        select_part(predictions.iloc[:0], "test")
