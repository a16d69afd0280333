"""Why the penalty is a mean: under a sum the paper's lambda leaves no gene score to speak of."""

import numpy as np
import pytest

from deepcme import DeepCMEClassifier


@pytest.fixture(scope="module")
def data():
    """Standardised noise, and a quarter of genes that one sample in fifty expresses."""
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 1200)).astype(np.float32)
    rare = random.random((300, 300)) < 0.02
    X[:, :300] = np.where(rare, 7.0, -0.14)
    y = (random.random(300) < 0.2).astype(int)
    return X, y


def top_score(data, reduction):
    model = DeepCMEClassifier(
        hidden_layers=(32, 32, 32), penalty_reduction=reduction, max_epochs=80,
        learning_rate=1e-3, random_state=0,
    )  # fmt: skip
    return np.sort(model.fit(*data).gene_scores_)[::-1]


def test_under_a_mean_lambda_100_leaves_scores_of_the_papers_size(data):
    scores = top_score(data, "mean")
    assert 0.1 < scores[0] < 3
    assert scores[29] > 0.1


def test_under_a_sum_lambda_100_drives_every_score_to_the_size_of_a_step(data):
    """Adam's step is the learning rate, whatever the penalty's size: weights end within it."""
    scores = top_score(data, "sum")
    assert scores[0] < 32 * 1e-3
    assert scores[0] < 0.1 * top_score(data, "mean")[0]
