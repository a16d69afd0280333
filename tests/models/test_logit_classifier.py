"""What classifiers with log-odds share."""

import numpy as np
import pytest
from scipy.special import expit

from deepcme import DeepCMEClassifier, DeepCMEEnsemble
from deepcme.models.baselines import TunedLogisticRegression
from deepcme.models.clinical import ClinicalRegression
from deepcme.models.logit_classifier import LogitClassifier, encode_binary_target
from deepcme.selection.panels.networks import PanelClassifier


class OneColumn(LogitClassifier):
    """The first column is the log-odds."""

    classes_ = np.array(["lived", "relapsed"])

    def decision_function(self, X):
        return np.asarray(X)[:, 0]


def test_probability_and_class_follow_from_the_log_odds():
    model, X = OneColumn(), [[-2.0], [0.0], [0.5]]
    np.testing.assert_array_equal(model.predict_proba(X)[:, 1], expit([-2.0, 0.0, 0.5]))
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert model.predict(X).tolist() == ["lived", "lived", "relapsed"]


@pytest.mark.parametrize(
    "model",
    [
        DeepCMEClassifier,
        DeepCMEEnsemble,
        TunedLogisticRegression,
        ClinicalRegression,
        PanelClassifier,
    ],
)
def test_all_of_them_are_classifiers_of_two_classes(model):
    assert issubclass(model, LogitClassifier)
    assert not model().__sklearn_tags__().classifier_tags.multi_class


def test_the_second_class_in_order_is_the_positive_one():
    classes, target = encode_binary_target(["b", "a", "b"], "Model")
    assert classes.tolist() == ["a", "b"]
    assert target.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        ([1, 1], "Model needs samples of two classes; y holds one class"),
        ([0, 1, 2], "Only binary classification is supported"),
    ],
)
def test_other_targets_are_refused(y, sentence):
    with pytest.raises(ValueError, match=sentence):
        encode_binary_target(y, "Model")
