"""Logs of another offset, base or centre are told; cohorts of one kind are let be."""

import numpy as np
import pytest

from deepcme.cohort.scales.comparable import difference_of_logs
from tests.invented_values import genes_at_levels

NAMES = ("north", "south")
LINEAR = genes_at_levels(80)


def difference(first, other):
    return difference_of_logs(first.astype(np.float32), other.astype(np.float32), NAMES)


def log2(values, offset=1.0):
    return np.log2(values + offset)


@pytest.mark.parametrize("offset", [0.001, 0.01, 0.1, 0.5])
def test_another_offset(offset):
    said = difference(log2(LINEAR[:40]), log2(LINEAR[40:], offset))
    assert said == (
        "the lowest value, which means not expressed, is 0 in north and "
        f"{np.log2(offset):.4g} in south (log2(x + {offset:g}))"
    )


@pytest.mark.parametrize("log", [np.log, np.log10])
def test_another_base(log):
    said = difference(log2(LINEAR[:40]), log(LINEAR[40:] + 1))
    assert said is not None
    assert "in south, as logs of another base or of another unit are" in said


@pytest.mark.parametrize("spread", [False, True])
def test_values_brought_to_their_means(spread):
    ratios = log2(LINEAR[40:]) - log2(LINEAR[40:]).mean(axis=0)
    centred = ratios / ratios.std(axis=0) if spread else ratios
    for offset in (1, 0.001):
        said = difference(log2(LINEAR[:40], offset), centred)
        assert said is not None
        assert said.startswith("south holds many negative values (")
        assert said.endswith("are, and north levels of expression")


def test_arrays_beside_sequencing():
    arrays = np.random.default_rng(0).normal(8, 2, (40, 200))
    said = difference(log2(LINEAR[:40]), arrays)
    assert said is not None
    assert said.endswith(
        "of the values of north are 0, which means not expressed, and hardly any of south is "
        "as low"
    )


KINDS = {
    "log2": log2,
    "log2 of 0.001 more": lambda x: log2(x, 0.001),
    "ratios": lambda x: log2(x) - np.median(log2(x), axis=0),
    "z": lambda x: (log2(x) - log2(x).mean(axis=0)) / log2(x).std(axis=0),
    "arrays": lambda x: log2(x, 30),
}


@pytest.mark.parametrize("kind", KINDS)
def test_cohorts_of_one_kind_are_comparable(kind):
    """A hundred pairs of cohorts, of which one has other patients and more noise."""
    for seed in range(100):
        values = genes_at_levels(80, n_genes=60 if seed % 2 else 400, seed=seed)
        values[40:] *= 2 ** np.random.default_rng(seed).normal(0, 0.3, values[40:].shape)
        first, other = KINDS[kind](values[:40]), KINDS[kind](values[40:])
        assert difference(first, other) is None


def test_a_few_genes_may_lie_in_any_range():
    assert difference(log2(LINEAR[:40, :10]), log2(LINEAR[40:, :10], 0.001)) is None
