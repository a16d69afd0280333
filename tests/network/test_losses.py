"""The rows of the table of losses, and that one more row is one more loss."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from deepcme.base.errors import DeepCMEError
from deepcme.network.architecture import Hyperparameters
from deepcme.network.losses import mean_loss


def test_cross_entropy_is_scikit_learns(random):
    logits = random.normal(size=50).astype(np.float32) * 3
    y = (random.random(50) < 0.4).astype(np.float32)
    weight = random.random(50).astype(np.float32)
    expected = log_loss(y, 1 / (1 + np.exp(-logits.astype(float))), sample_weight=weight)
    assert mean_loss("cross-entropy", logits, y, weight) == pytest.approx(expected, rel=1e-6)


def test_a_loss_that_does_not_exist_is_refused():
    with pytest.raises(
        DeepCMEError, match="loss must be one of cross-entropy, cox, not 'hinge'"
    ):
        Hyperparameters(loss="hinge")
