"""Genes are found under any identifier, and scales converted or refused."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.bundle.expression import (
    Expression,
    expression_of,
    match_genes,
    read_expression,
    require_coverage,
    standardise,
)
from deepcme.bundle.manifest import Genes
from deepcme.bundle.prediction import predict
from deepcme.bundle.training import train_model
from tests.bundle.conftest import QUICK, bundle_cohort, ensembl_ids, symbols

GENES = Genes(
    id=["ENSG00000000001.3", "ENSG00000000002.1", "ENSG00000000003.7"],
    others={"symbol": ["TP53", "C1orf112", ""], "entrez_id": ["7157", "55732", "8813"]},
)


def expression_with(names, kind="gene_id", scale="fpkm", X=None):
    if X is None:
        X = np.arange(2 * len(names), dtype=np.float32).reshape(2, -1)
    samples = [f"S{i}" for i in range(len(X))]
    return Expression(np.asarray(X, np.float32), samples, {kind: names}, scale)


@pytest.mark.parametrize(
    "names",
    [
        ["ENSG00000000003", "ENSG00000000001.99", "ENSG00000000002"],
        ["8813", "7157", "55732"],
        ["ENSG00000000003", "TP53", "C1ORF112"],
    ],
    ids=["another version", "Entrez", "symbols in capitals"],
)
def test_genes_are_found_under_any_identifier(names):
    match = match_genes(expression_with(names), GENES)
    assert match.column.tolist() == [1, 2, 0]
    assert match.coverage == 1


def test_of_several_columns_the_strongest_is_taken():
    names = ["ENSG00000000001.1", "ENSG00000000001.2", "ENSG00000000002"]
    X = [[1.0, 5.0, 2.0], [2.0, 9.0, 2.0]]
    match = match_genes(expression_with(names, X=X), GENES)
    assert match.column.tolist() == [1, 2, -1]
    assert match.missing == ["ENSG00000000003.7"]


def test_too_few_genes_are_refused_unless_allowed():
    match = match_genes(expression_with(["TP53", "X", "Y"]), GENES)
    with pytest.raises(
        DeepCMEError, match=r"1 of the model's 3 genes \(33.3%\).*allow-missing"
    ):
        require_coverage(match, allow_missing=False)
    require_coverage(match, allow_missing=True)


def test_no_gene_at_all_is_refused_even_if_allowed():
    match = match_genes(expression_with(["X", "Y"]), GENES)
    with pytest.raises(DeepCMEError, match="None of the model's 3 genes was found"):
        require_coverage(match, allow_missing=True)


@pytest.mark.parametrize("orientation", ["samples", "genes"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_a_table_is_read_whichever_way_round_it_lies(tmp_path, orientation, suffix):
    table = pd.DataFrame(
        [[1.5, 2.5, 100.5], [3.5, 0.0, 60.25]], index=["A", "B"], columns=["TP53", "X", "8813"]
    ).astype("float32")
    shown = table if orientation == "samples" else table.T
    path = tmp_path / f"table{suffix}"
    if suffix == ".parquet":
        shown.to_parquet(path)
    else:
        shown.to_csv(path, sep="," if suffix == ".csv" else "\t")
    expression = read_expression(path, GENES)
    assert expression.samples == ["A", "B"]
    assert list(expression.identifiers["gene_id"]) == ["TP53", "X", "8813"]
    np.testing.assert_array_equal(expression.X, table.to_numpy())
    assert "Scale taken as fpkm" in expression.notes[0]


def test_both_identifiers_in_the_names_of_a_table_are_known(tmp_path):
    names = ["ENSG00000099999.1|TP53", "ENSG00000000002|X", "ENSG00000088888|Y"]
    table = pd.DataFrame([[1.5, 2.5, 100.5]], index=["A"], columns=names).T
    table.to_csv(tmp_path / "table.csv")
    expression = read_expression(tmp_path / "table.csv", GENES)
    assert expression.samples == ["A"]
    assert list(expression.identifiers["symbol"]) == ["TP53", "X", "Y"]
    assert match_genes(expression, GENES).column.tolist() == [0, 1, -1]


def test_a_table_of_linear_values_with_a_few_negatives_is_read(tmp_path):
    random = np.random.default_rng(0)
    X = random.gamma(0.5, 2000, (40, 3)).round()
    X[:5, 0] = 0.5
    X[20:23, 2] = [-4, -3, 0]
    table = pd.DataFrame(X, index=[f"S{i}" for i in range(40)], columns=GENES.id)
    table.to_csv(tmp_path / "table.csv")
    expression = read_expression(tmp_path / "table.csv", GENES)
    assert expression.scale == "rsem"
    assert expression.X.min() == 0
    assert "2 negative values (1.7%) became 0" in expression.notes[1]


def test_other_columns_of_var_are_no_identifiers():
    cohort = bundle_cohort(ensembl_ids(4))
    cohort.adata.var["gene_type"] = "protein_coding"
    assert list(expression_of(cohort).identifiers) == ["gene_id", "symbol"]


def test_a_model_of_ensembl_ids_predicts_symbols_and_the_other_way_round(model, other_cohort):
    by_id = predict(model, expression_of(other_cohort)).table
    by_symbol = bundle_cohort(symbols(), seed=1)
    np.testing.assert_allclose(
        predict(model, expression_of(by_symbol)).table["probability"], by_id["probability"]
    )
    of_symbols = train_model(bundle_cohort(symbols()), QUICK)
    assert of_symbols.manifest.genes.id == symbols()
    table = predict(of_symbols, expression_of(other_cohort)).table
    np.testing.assert_allclose(table["probability"], by_id["probability"], atol=1e-12)


def standardised(model, cohort, normalise="none"):
    expression = expression_of(cohort)
    match = match_genes(expression, model.manifest.genes)
    return standardise(expression, match, model, normalise)


def test_logged_samples_meet_a_linear_model(model, other_cohort):
    expected, _ = standardised(model, other_cohort)
    logged = bundle_cohort(ensembl_ids(), seed=1, scale="log2")
    Z, notes = standardised(model, logged)
    np.testing.assert_allclose(Z, expected, atol=1e-5)
    assert notes == [
        "The samples are logged already; their values are taken as log2(fpkm + 1)."
    ]


def test_another_linear_scale_is_refused_without_normalisation(model):
    counts = bundle_cohort(ensembl_ids(), seed=1, scale="tpm")
    with pytest.raises(DeepCMEError, match="are tpm and the model was trained on fpkm"):
        standardised(model, counts)
    for normalise in ("cohort", "rank"):
        Z, _ = standardised(model, counts, normalise)
        assert np.isfinite(Z).all()


def test_log_ratios_need_normalisation_by_cohort(model):
    cohort = bundle_cohort(ensembl_ids(), seed=1, scale="log2")
    cohort.adata.X = cohort.X - cohort.X.mean(axis=0)
    for normalise in ("none", "rank"):
        with pytest.raises(DeepCMEError, match=r"log ratios or centred values.*cohort"):
            standardised(model, cohort, normalise)
    Z, _ = standardised(model, cohort, "cohort")
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=0.05)


def test_cohort_normalisation_undoes_a_shift_and_stretch_of_each_gene(
    model, other_cohort, random
):
    log = np.log2(other_cohort.X + 1)
    moved = log * random.uniform(0.5, 2, log.shape[1]) + random.uniform(0, 5, log.shape[1])
    shifted = bundle_cohort(ensembl_ids(), seed=1, scale="log2")
    shifted.adata.X = moved.astype(np.float32)
    expected, _ = standardised(model, other_cohort, "cohort")
    Z, _ = standardised(model, shifted, "cohort")
    np.testing.assert_allclose(Z, expected, atol=1e-3)


def test_rank_normalisation_depends_on_ranks_within_the_sample_alone(model, other_cohort):
    expected, _ = standardised(model, other_cohort, "rank")
    bent = bundle_cohort(ensembl_ids(), seed=1)
    bent.adata.X = (other_cohort.X**3).astype(np.float32)
    Z, _ = standardised(model, bent, "rank")
    np.testing.assert_allclose(Z, expected, atol=1e-4)


def test_a_missing_gene_and_a_missing_value_count_as_usual_ones(model, other_cohort):
    cohort = bundle_cohort(ensembl_ids(39), seed=1)
    cohort.X[0, 3] = np.nan
    expression = expression_of(cohort)
    match = match_genes(expression, model.manifest.genes)
    Z, _ = standardise(expression, match, model, "none")
    assert (Z[:, 39] == 0).all()
    statistics = model.statistics
    expected = (statistics.median[3] - statistics.mean[3]) / statistics.scale[3]
    assert Z[0, 3] == pytest.approx(expected, rel=1e-5)


def test_few_samples_are_warned_of(model, other_cohort):
    few = other_cohort.select(np.arange(120) < 8, "few")
    _, notes = standardised(model, few, "cohort")
    assert "Warning: 8 samples are few" in notes[0]


def test_a_sample_without_a_value_of_the_models_genes_is_refused(model):
    cohort = bundle_cohort(ensembl_ids(), seed=1)
    cohort.X[4] = np.nan
    with pytest.raises(
        DeepCMEError, match=r"^1 sample \(S4\) without a value of any of the mo"
    ):
        standardised(model, cohort)
