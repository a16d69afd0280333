"""The data for comparing gene selectors have the distribution they promise."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from deepcme import DeepCMEError
from tests.selection.simulated_data import simulate_selection_data

# Share of signal genes among the 20 first of a t-test: mean over five seeds of another
# implementation of the same two designs (400 samples, 5,000 genes, 20 signal genes).
PRECISION_OF_T_TEST = {"linear": 0.46, "interactions": 0.43}


@pytest.mark.parametrize("design", ["linear", "interactions"])
def test_a_t_test_finds_as_many_genes_as_in_the_reference(design):
    precision = []
    for seed in range(5):
        data = simulate_selection_data(design=design, seed=seed)
        t = stats.ttest_ind(data.X[data.y == 1], data.X[data.y == 0]).statistic
        first = np.argsort(-np.abs(t))[:20]
        precision.append(np.isin(first, data.truth).mean())
    assert np.mean(precision) == pytest.approx(PRECISION_OF_T_TEST[design], abs=0.08)


@pytest.mark.parametrize("design", ["linear", "interactions"])
def test_true_log_odds_are_the_best_score_and_four_in_ten_labels_are_1(design):
    data = simulate_selection_data(4000, 1000, design=design, seed=1)
    assert data.y.mean() == pytest.approx(0.41, abs=0.03)
    assert roc_auc_score(data.y, data.log_odds) == pytest.approx(0.96, abs=0.015)


def test_expression_is_standardised_and_correlated_within_modules():
    data = simulate_selection_data(4000, 500, 10, seed=2)
    assert data.X.dtype == np.float32
    np.testing.assert_allclose(data.X.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(data.X.std(axis=0), 1, atol=1e-4)
    correlation = np.corrcoef(data.X.T)
    module = data.module
    for lag, expected in ((1, 0.85 * 0.6 + 0.15), (2, 0.85 * 0.36 + 0.15), (20, 0.15)):
        same = module[lag:] == module[:-lag]
        assert np.diag(correlation, lag)[same].mean() == pytest.approx(expected, abs=0.02)
    assert correlation[module[:, None] != module].mean() == pytest.approx(0, abs=0.005)


def test_no_two_signal_genes_are_of_one_module():
    data = simulate_selection_data(50, 1000, 20, seed=3)
    assert data.module.tolist() == np.repeat(range(20), 50).tolist()
    assert len(set(data.module[data.truth])) == 20


def test_linear_effects_have_the_promised_sizes():
    data = simulate_selection_data(2000, 1000, seed=4)
    features = np.c_[data.X[:, data.truth], np.ones(2000)].astype(float)
    coefficients, *_ = np.linalg.lstsq(features, data.log_odds)
    np.testing.assert_allclose(features @ coefficients, data.log_odds, atol=1e-4)
    sizes = np.abs(coefficients[:-1])
    assert sizes.min() > 0.7 * 0.93
    assert sizes.max() < 1.3 * 1.07


def test_interactions_are_half_linear_then_thresholds_then_pairs():
    data = simulate_selection_data(4000, 1000, design="interactions", seed=5)
    true = data.X[:, data.truth].astype(float)
    features = np.c_[
        true[:, :10],
        true[:, 10:16] > 0.4,
        (true[:, 16:18] > 0) & (true[:, 18:] > 0),
        np.ones(4000),
    ]
    coefficients, *_ = np.linalg.lstsq(features, data.log_odds)
    unexplained = np.var(data.log_odds - features @ coefficients) / np.var(data.log_odds)
    assert unexplained < 0.02  # standardising moves the thresholds a little
    sizes = np.abs(coefficients[:-1])
    assert np.all((sizes[:10] > 0.85) & (sizes[:10] < 1.5))
    np.testing.assert_allclose(sizes[10:16], 2.4, atol=0.15)
    np.testing.assert_allclose(sizes[16:], 2.5, atol=0.15)


def test_modules_without_a_signal_gene_tell_nothing_of_the_label():
    data = simulate_selection_data(2000, 2000, 10, seed=6)
    elsewhere = ~np.isin(data.module, data.module[data.truth])
    X = data.X[:, elsewhere]
    test = stats.ttest_ind(X[data.y == 1], X[data.y == 0])
    assert np.mean(test.pvalue < 0.1) == pytest.approx(0.1, abs=0.03)


def test_same_seed_same_bytes():
    first, again = (simulate_selection_data(40, 200, 3, seed=9) for _ in range(2))
    assert first.X.tobytes() == again.X.tobytes()
    assert first.y.tobytes() == again.y.tobytes()
    assert simulate_selection_data(40, 200, 3, seed=8).X.tobytes() != first.X.tobytes()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"n": 1}, "needs 2 samples or more, not 1"),
        ({"genes": 120}, "120 genes cannot be divided into modules of 50"),
        ({"signal": 5}, r"must be 1 to 4 \(one per module\), not 5"),
        ({"signal": 0}, "must be 1 to 4"),
        ({"design": "interactions", "genes": 1000, "signal": 9}, "must be 10 to 20"),
        ({"design": "cubic"}, "Unknown design 'cubic': choose one of linear, interactions"),
    ],
)
def test_impossible_numbers_are_refused_in_one_sentence(change, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        simulate_selection_data(**{"n": 20, "genes": 200, "signal": 2, **change})
