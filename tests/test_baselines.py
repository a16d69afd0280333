"""The five baselines are their libraries' defaults in a pipeline."""

import numpy as np
import pytest
from sklearn.base import clone

from deepcme import DeepCMEError
from deepcme.baselines import BASELINES, make_baseline


def test_names():
    assert BASELINES == ("LR", "SVC", "RF", "DT", "KNN")


@pytest.mark.parametrize("name", BASELINES)
def test_each_fits_a_matrix_with_missing_values(name, random):
    X = random.normal(size=(60, 5))
    y = (X[:, 0] > 0).astype(int)
    X[3, 2] = np.nan
    model = clone(make_baseline(name, 0)).fit(X, y)
    assert model.score(X, y) > 0.8


@pytest.mark.parametrize("name", BASELINES)
def test_each_classifier_is_the_library_default(name):
    classifier = make_baseline(name, 7).named_steps["classifier"]
    expected = type(classifier)().get_params()
    changed = {
        key: value for key, value in classifier.get_params().items() if value != expected[key]
    }
    changed.pop("random_state", None)
    assert changed == ({"max_iter": 2000} if name == "LR" else {})


def test_an_unknown_name_is_told():
    with pytest.raises(DeepCMEError, match="no baseline 'XGB': choose from LR, SVC"):
        make_baseline("XGB")
