"""What a gene's score rests on is told beside it."""

import numpy as np
import pytest
from tests.conftest import invented_cohort

from deepcme import Cohort
from deepcme.selection.scores import describe_genes


def described(columns, scale="fpkm"):
    X = np.column_stack(columns).astype(np.float32)
    n = len(X)
    cohort = Cohort.from_arrays(
        X,
        np.arange(n) % 2,
        samples=[f"s{i}" for i in range(n)],
        genes=[f"g{i}" for i in range(X.shape[1])],
        endpoint="e",
        scale=scale,
    )
    return describe_genes(cohort)


def test_a_gene_expressed_in_one_sample_is_driven_by_one():
    n = 400
    single = np.zeros(n)
    single[7] = 3.0
    row = described([single, np.ones(n)]).iloc[0]
    assert row["prevalence"] == 1 / n
    assert row["largest_z"] == pytest.approx(np.sqrt(n - 1))
    assert row["driving_samples"] == pytest.approx(1.0, abs=0.02)


def test_a_normal_gene_is_driven_by_a_third_of_the_samples(random):
    values = random.normal(8, 1, size=(3000, 2))
    table = described([values[:, 0], values[:, 1]], scale="log2")
    assert table["driving_samples"].to_numpy() == pytest.approx([1000, 1000], rel=0.15)
    assert table["prevalence"].isna().all()


def test_half_high_half_low_is_driven_by_all():
    table = described([np.tile([0.0, 3.0], 50), np.tile([0.0, 1.0], 50)])
    assert table["driving_samples"].to_numpy() == pytest.approx([100, 100])
    assert table["largest_z"].to_numpy() == pytest.approx([1, 1])


def test_a_constant_gene_is_driven_by_none():
    table = described([np.full(10, 0.1), np.arange(10)])
    assert table.loc[0, "driving_samples"] == 0
    assert table.loc[0, "largest_z"] == 0


def test_missing_values_are_left_out():
    values = np.r_[np.nan, np.tile([1.0, 3.0], 20)]
    full = described([values[1:], values[1:]])
    gappy = described([values, values])
    assert gappy["driving_samples"][0] == pytest.approx(full["driving_samples"][0])
    assert gappy["largest_z"][0] == pytest.approx(full["largest_z"][0])


def test_many_genes_come_back_in_order():
    cohort = invented_cohort(n_genes=5000)
    table = describe_genes(cohort)
    assert len(table) == 5000
    z = np.log2(cohort.X[:, 4321] + 1)
    z = (z - z.mean()) / z.std()
    assert table["largest_z"][4321] == pytest.approx(np.abs(z).max(), rel=1e-4)
