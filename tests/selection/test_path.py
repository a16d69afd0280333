"""The soft path: who leaves when, on any engine, and what held-out rows may move."""

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.network.engines.choice import make_engine
from deepcme.selection.path import SoftPathSettings, follow_soft_path, shrinkage_factors
from tests.selection.problems import TRUTH, make_problem, make_times


def follow(X, y, seed=0, rows=None, **options):
    rows = np.arange(len(y)) if rows is None else rows
    return follow_soft_path(X, y, rows, np.random.default_rng(seed), **options)


def test_the_genes_behind_the_label_leave_last():
    X, y = make_problem()
    path = follow(X, y)
    assert set(path.order[:4]) == set(TRUTH)
    assert sorted(path.order) == list(range(40))


def test_the_genes_behind_the_hazard_leave_last():
    X, y = make_times(n=200)
    path = follow(X, y, rows=np.arange(180), held_out_rows=np.arange(180, 200))
    assert set(path.order[:4]) == set(TRUTH)
    late = np.argsort(path.log_odds[-3])
    assert y["time"][180 + late[:10]].mean() > y["time"][180 + late[10:]].mean()


def test_only_the_order_of_times_is_learned_from_and_never_those_held_out():
    X, y = make_times()
    held_out = np.arange(90, 120)
    other = y.copy()
    other["time"] = np.log1p(other["time"])
    other["time"][held_out] = other["time"][held_out][::-1]
    other["event"][held_out] = ~other["event"][held_out]
    paths = [follow(X, of, rows=np.arange(90), held_out_rows=held_out) for of in (y, other)]
    np.testing.assert_array_equal(paths[0].order, paths[1].order)
    np.testing.assert_array_equal(paths[0].log_odds, paths[1].log_odds)


def test_sizes_go_from_all_to_one_by_a_fifth():
    sizes = SoftPathSettings().stage_sizes(10)
    assert sizes.tolist() == [10, 8, 6, 4, 3, 2, 1]
    assert SoftPathSettings(kept_share=0.3).stage_sizes(3).tolist() == [3, 1]
    assert SoftPathSettings().stage_sizes(1).tolist() == [1]


def test_one_gene_is_a_path_too():
    X, y = make_problem()
    path = follow(X[:, 3:4].copy(), y)
    assert path.order.tolist() == [0]


def test_engines_agree_on_the_path():
    pytest.importorskip("torch")
    X, y = make_problem()
    held_out = np.arange(100, 120)
    paths = [
        follow(X, y, rows=np.arange(100), held_out_rows=held_out, engine=make_engine(name))
        for name in ("native", "torch")
    ]
    assert set(paths[0].order[:4]) == set(paths[1].order[:4])
    np.testing.assert_allclose(paths[0].log_odds, paths[1].log_odds, rtol=1e-2, atol=1e-2)


def test_the_same_seed_gives_the_same_path_and_another_seed_another():
    X, y = make_problem(null=True)
    np.testing.assert_array_equal(follow(X, y).order, follow(X, y).order)
    assert not np.array_equal(follow(X, y).order, follow(X, y, seed=1).order)


def test_poisoned_held_out_rows_move_nothing_that_was_learned():
    X, y = make_problem()
    held_out = np.arange(90, 120)
    dirty = X.copy()
    dirty[held_out] *= 1000
    paths = [
        follow(matrix, y, rows=np.arange(90), held_out_rows=held_out) for matrix in (X, dirty)
    ]
    np.testing.assert_array_equal(paths[0].order, paths[1].order)
    assert not np.array_equal(paths[0].log_odds, paths[1].log_odds)


def test_held_out_rows_are_predicted_better_once_noise_is_gone():
    X, y = make_problem(n=200, n_genes=300)
    held_out = np.arange(140, 200)
    path = follow(X, y, rows=np.arange(140), held_out_rows=held_out)
    right = ((path.log_odds > 0) == y[held_out]).mean(axis=1)
    assert path.log_odds.shape == (len(path.sizes), 60)
    assert right[path.sizes <= 10].max() > right[0]


def test_shrinkage_is_a_soft_threshold_that_keeps_the_norm():
    strengths = np.array([4.0, 2.0, 1.0])
    factors = shrinkage_factors(strengths, threshold=1.0)
    np.testing.assert_allclose(factors / factors[0], [1, 0.5 / 0.75, 0.02 / 0.75], rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(strengths * factors), np.linalg.norm(strengths))


@pytest.mark.parametrize(
    "setting",
    [{"kept_share": 1.0}, {"kept_share": 0.0}, {"n_members": 0}, {"dense_epochs": 0}],
)
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(DeepCMEError, match=next(iter(setting))):
        SoftPathSettings(**setting)


def test_values_that_are_not_finite_are_named():
    X, y = make_problem()
    X[0, 0] = np.inf
    with pytest.raises(DeepCMEError, match="no longer finite"):
        follow(X, y)


def test_a_single_row_cannot_be_trained_on():
    X, y = make_problem()
    with pytest.raises(DeepCMEError, match="at least 2 rows"):
        follow(X, y, rows=np.array([0]))
