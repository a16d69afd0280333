"""A parameter that no estimator can be fitted with is refused in a sentence, by whoever is asked."""

import numpy as np
import pytest

from deepcme import DeepCMEClassifier, DeepCMEEnsemble, DeepCMEError
from deepcme.models.baselines import TunedLogisticRegression
from deepcme.trained.training import TrainingSettings

NAN = float("nan")


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    y = np.arange(40) % 2
    return random.normal(size=(40, 3)) + y[:, None], y


@pytest.mark.parametrize(
    ("estimator", "parameters", "sentence"),
    [
        (DeepCMEClassifier, {"hidden_layers": 64}, "hidden_layers must list the width of each"),
        (DeepCMEClassifier, {"hidden_layers": "64"}, "hidden_layers must list the width of ea"),
        (DeepCMEClassifier, {"hidden_layers": [64, "a"]}, "hidden_layers takes widths from 1"),
        (DeepCMEClassifier, {"hidden_layers": [True]}, "hidden_layers takes widths from 1 to"),
        (DeepCMEClassifier, {"hidden_layers": [8.0]}, "hidden_layers takes widths from 1 to"),
        (DeepCMEClassifier, {"dropout": "0.5"}, "dropout must be a finite number, not '0.5'"),
        (DeepCMEClassifier, {"dropout": NAN}, "dropout must be a finite number, not nan"),
        (
            DeepCMEClassifier,
            {"batch_size": 32.0},
            "batch_size must be a whole number, not 32.0",
        ),
        (DeepCMEClassifier, {"batch_norm": "no"}, "batch_norm must be true or false, not 'no'"),
        (
            DeepCMEClassifier,
            {"max_epochs": True},
            "max_epochs must be a whole number, not True",
        ),
        (DeepCMEClassifier, {"patience": 2.5}, "patience must be a whole number, or None"),
        (DeepCMEClassifier, {"learning_rate": np.inf}, "learning_rate must be a finite number"),
        (DeepCMEClassifier, {"penalty": ["l1"]}, 'penalty must be "l1" or None'),
        (
            DeepCMEClassifier,
            {"engine": None},
            "engine must be one of 'auto', 'native', 'torch'",
        ),
        (
            DeepCMEClassifier,
            {"random_state": "a"},
            "random_state must be a whole number from 0",
        ),
        (DeepCMEClassifier, {"class_weight": "even"}, 'class_weight must be "balanced", None'),
        (DeepCMEClassifier, {"class_weight": {0: 1, 1: -5}}, "a number above 0 for each class"),
        (DeepCMEClassifier, {"class_weight": {0: 1, 2: 5}}, "for each of the classes 0, 1 and"),
        (DeepCMEEnsemble, {"n_networks": 5.0}, "n_networks must be a whole number, not 5.0"),
        (DeepCMEEnsemble, {"dropout": [0.5]}, r"dropout must be a finite number, not \[0.5\]"),
        (TunedLogisticRegression, {"inverse_strengths": 0.1}, "must list the strengths"),
        (TunedLogisticRegression, {"inverse_strengths": ["a"]}, "takes numbers above 0"),
        (TunedLogisticRegression, {"validation_fraction": 0}, "must lie between 0 and 1"),
    ],
)
def test_fit_refuses_it(data, estimator, parameters, sentence):
    with pytest.raises(DeepCMEError, match=sentence) as caught:
        estimator(**parameters).fit(*data)
    assert "\n" not in str(caught.value)


def test_numbers_of_numpy_are_numbers(data):
    model = DeepCMEClassifier(
        hidden_layers=np.array([4]), dropout=np.float32(0.25),
        penalty_strength=np.float32(1), learning_rate=np.float32(1e-3), max_epochs=np.int64(2),
        batch_norm=np.True_,
    )  # fmt: skip
    assert len(model.fit(*data).history_) == 2


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"repeats": 0}, "repeats must be at least 1, or None, not 0"),
        ({"repeats": 2.0}, "repeats must be a whole number"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"jobs": True}, "jobs must be a whole number"),
        (
            {"ensemble": {"dropuot": 0.1}},
            "takes no parameter 'dropuot'; choose from batch_norm",
        ),
        ({"ensemble": {"dropout": 2}}, "dropout must lie between 0 and 0.9, not 2"),
    ],
)
def test_training_a_model_refuses_it(settings, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        TrainingSettings(**settings)
