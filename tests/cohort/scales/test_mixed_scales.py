"""Samples of logs among linear ones, and the other way round, are told by their values."""

import numpy as np
import pytest

from deepcme.cohort.scales.mixed_scales import find_mixed_scales
from tests.invented_values import genes_at_levels

SAMPLES = [f"S{i}" for i in range(40)]


def with_rows(values, rows, others):
    mixed = values.copy()
    mixed[rows] = others[rows]
    return mixed.astype(np.float32)


def standardised(values):
    logs = np.log2(values + 1)
    return (logs - logs.mean(axis=0)) / logs.std(axis=0)


LOGS = {
    "log2": lambda x: np.log2(x + 1),
    "ln": np.log1p,
    "log10": lambda x: np.log10(x + 1),
    "log2 of 0.001 more": lambda x: np.log2(x + 0.001),
    "z": standardised,
    "ratios": lambda x: np.log2(x + 1) - np.median(np.log2(x + 1), axis=0),
}


@pytest.mark.parametrize("level", [1.0, 5.0])
@pytest.mark.parametrize("rows", [[3], [*range(0, 40, 2)]])
@pytest.mark.parametrize("taken", LOGS)
def test_samples_of_another_kind_are_found(taken, rows, level):
    linear = genes_at_levels(level=level)
    logs = LOGS[taken](linear)
    others = np.setdiff1d(np.arange(40), rows)
    found = find_mixed_scales(with_rows(logs, rows, linear))
    assert found is not None
    assert (found.linear.tolist(), found.logged.tolist()) == (rows, others.tolist())
    found = find_mixed_scales(with_rows(linear, rows, logs))
    assert found is not None
    assert (found.linear.tolist(), found.logged.tolist()) == (others.tolist(), rows)


def test_the_odd_samples_are_named_with_the_way_out():
    linear = genes_at_levels()
    logs = LOGS["log2"](linear)
    found = find_mixed_scales(with_rows(logs, [1, 5], linear))
    assert found is not None
    said = found.describe(SAMPLES)
    assert said.startswith("2 of 40 samples (S1, S5) hold linear values (1% of them above ")
    assert said.endswith(": take the log of these samples first, or leave them out")
    found = find_mixed_scales(with_rows(linear, [7], logs))
    assert found is not None
    assert found.describe(SAMPLES).startswith("1 of 40 samples (S7) hold logs (1% of them ab")
    assert ": undo the log of these samples first" in found.describe(SAMPLES)


@pytest.mark.parametrize("taken", [*LOGS, "linear"])
def test_a_matrix_of_one_kind_is_not_mixed(taken):
    for seed in range(50):
        for level in (1.0, 5.0):
            values = genes_at_levels(level=level, seed=seed)
            values = values if taken == "linear" else LOGS[taken](values)
            assert find_mixed_scales(values.astype(np.float32)) is None


@pytest.mark.parametrize("depth", [10, 100, 1000, 10_000])
def test_a_sample_of_few_reads_is_no_sample_of_logs(depth):
    random = np.random.default_rng(1)
    for seed in range(20):
        values = genes_at_levels(seed=seed)
        values[0] = random.poisson(values[0] / depth)
        values[1] = values[1] / depth
        values[2] = np.where(random.random(200) < 0.9, 0, values[2] / depth)
        assert find_mixed_scales(values) is None
        assert find_mixed_scales(np.rint(values)) is None


def test_samples_without_values_are_of_no_kind():
    values = genes_at_levels()
    values[0], values[1], values[:, :20] = 0, np.nan, np.nan
    assert find_mixed_scales(values) is None
    values[2] = np.log2(values[2] + 1)
    found = find_mixed_scales(values)
    assert found is not None
    assert found.logged.tolist() == [2]


@pytest.mark.parametrize("odd", [-5.0, 40.0, 1e6])
def test_one_odd_value_makes_no_sample_another_kind(odd):
    for taken in (*LOGS.values(), np.asarray):
        values = taken(genes_at_levels()).astype(np.float32)
        values[3, 5] = odd
        assert find_mixed_scales(values) is None
