"""The matrices of an AnnData: one is chosen by name, and a better one than X is proposed."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from deepcme import DeepCMEError
from deepcme.base.hdf5.annotated import read_h5ad
from deepcme.sources.reading.layers import matrix_of, propose_layer


@pytest.fixture
def counts(random):
    return random.negative_binomial(2, 0.01, (40, 30)) * (random.random((40, 30)) > 0.1)


@pytest.fixture
def logs(counts):
    return np.log2(counts + 1)


@pytest.fixture
def scaled(logs):
    return (logs - logs.mean(axis=0)) / logs.std(axis=0)


def annotated(X, **layers):
    return ad.AnnData(X, obs=pd.DataFrame(index=[f"S{i}" for i in range(40)]), layers=layers)


def with_raw(X, raw):
    adata = annotated(X)
    adata.raw = ad.AnnData(raw, obs=adata.obs, var=pd.DataFrame(index=genes(raw.shape[1])))
    return adata


def genes(n):
    return [f"gene{i}" for i in range(n)]


def test_x_is_taken_unless_a_layer_is_named(counts, scaled):
    adata = annotated(scaled, counts=counts)
    values, found = matrix_of(adata)
    np.testing.assert_array_equal(values, scaled)
    assert len(found) == 30
    np.testing.assert_array_equal(matrix_of(adata, "counts")[0], counts)


def test_a_sparse_layer_stays_sparse(counts, scaled):
    values, _ = matrix_of(annotated(scaled, counts=sparse.csr_matrix(counts)), "counts")
    assert sparse.issparse(values)
    np.testing.assert_array_equal(values.toarray(), counts)


def test_a_layer_of_booleans_is_no_expression(counts, scaled, tmp_path):
    path = tmp_path / "data.h5ad"
    annotated(scaled, detected=counts > 0, packed=sparse.csr_matrix(counts > 5)).write(path)
    adata = read_h5ad(path)
    np.testing.assert_array_equal(matrix_of(adata)[0], scaled)
    assert propose_layer(adata) is None
    for layer in ("detected", "packed"):
        with pytest.raises(DeepCMEError, match=f"no layer '{layer}'"):
            matrix_of(adata, layer)


def test_raw_comes_with_its_own_genes(counts, scaled):
    values, found = matrix_of(with_raw(scaled[:, :20], counts), "raw")
    np.testing.assert_array_equal(values, counts)
    assert found.index.tolist() == genes(30)


def test_a_layer_that_is_not_there(counts, scaled):
    with pytest.raises(
        DeepCMEError, match=r"no layer 'count': it has X, counts; choose one with"
    ):
        matrix_of(annotated(scaled, counts=counts), "count")


def test_a_file_without_x_names_its_layers(counts):
    with pytest.raises(DeepCMEError, match=r"no X: it has counts; choose one with --layer"):
        matrix_of(annotated(None, counts=counts))


def test_counts_beside_a_scaled_x_are_proposed(counts, logs, scaled):
    note = propose_layer(annotated(scaled, logged=logs, umi=sparse.csr_matrix(counts)))
    assert note is not None
    assert note.startswith("Warning: X holds negative values")
    assert "the layer 'umi' holds counts: --layer umi takes those" in note


def test_raw_is_proposed_too(logs, scaled):
    note = propose_layer(with_raw(scaled, logs))
    assert note is not None
    assert "raw holds log2: --layer raw" in note


def test_nothing_is_proposed_where_x_is_not_scaled(counts, logs):
    assert propose_layer(annotated(logs, counts=counts)) is None
    assert propose_layer(annotated(np.log2(counts + 0.001), counts=counts)) is None


def test_nothing_is_proposed_where_nothing_is_better(scaled):
    assert propose_layer(annotated(scaled)) is None
    assert propose_layer(annotated(scaled, centred=scaled * 2)) is None
    assert propose_layer(annotated(scaled, blank=np.full_like(scaled, np.nan))) is None
