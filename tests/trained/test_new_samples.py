"""Genes are found under any identifier, and scales converted or refused."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.trained.entries import Genes
from deepcme.trained.new_samples import (
    Expression,
    expression_of,
    match_genes,
    read_expression,
    require_coverage,
    standardise,
)
from deepcme.trained.prediction import predict
from deepcme.trained.training import train_model
from tests.trained.conftest import QUICK, bundle_cohort, ensembl_ids, symbols

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
    assert expression.scale is None


def test_both_identifiers_in_the_names_of_a_table_are_known(tmp_path):
    names = ["ENSG00000099999.1|TP53", "ENSG00000000002|X", "ENSG00000088888|Y"]
    table = pd.DataFrame([[1.5, 2.5, 100.5]], index=["A"], columns=names).T
    table.to_csv(tmp_path / "table.csv")
    expression = read_expression(tmp_path / "table.csv", GENES)
    assert expression.samples == ["A"]
    assert list(expression.identifiers["symbol"]) == ["TP53", "X", "Y"]
    assert match_genes(expression, GENES).column.tolist() == [0, 1, -1]


def test_of_several_rows_of_a_gene_each_sample_has_its_own_highest(tmp_path):
    table = pd.DataFrame(
        {"one": [1.0, 5.0, 2.0], "two": [9.0, 6.0, 2.0], "three": [np.nan, 4.0, 2.0]},
        index=["TP53|1", "TP53|2", "ENSG00000000002"],
    )
    table.to_csv(tmp_path / "table.csv")
    for columns in (["one", "two", "three"], ["three", "one"], ["two"]):
        table[columns].to_csv(tmp_path / "table.csv")
        expression = read_expression(tmp_path / "table.csv", GENES)
        values = match_genes(expression, GENES).values(expression.X)
        expected = {"one": 5, "two": 9, "three": 4}
        assert values[:, 0].tolist() == [expected[column] for column in columns]


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
        predict(model, expression_of(counts))
    for normalise in ("cohort", "rank"):
        Z, _ = standardised(model, counts, normalise)
        assert np.isfinite(Z).all()


def test_a_few_negative_values_on_a_linear_scale_are_0(model, other_cohort):
    X = other_cohort.X.copy()
    X[:3, 5] = 0
    expression = expression_with(ensembl_ids(), scale=None, X=X)
    match = match_genes(expression, model.manifest.genes)
    expected, _ = standardise(expression, match, model, "none")
    X[:3, 5] = [-4, -0.3, -1]
    Z, notes = standardise(
        expression_with(ensembl_ids(), scale=None, X=X), match, model, "none"
    )
    np.testing.assert_array_equal(Z, expected)
    assert "3 negative values became 0, as fpkm has none." in notes


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


@pytest.mark.parametrize(("n", "sentence"), [(1, "there is 1"), (19, "there are 19")])
def test_few_samples_have_no_means_of_their_own(model, other_cohort, n, sentence):
    few = expression_of(other_cohort).of_samples(np.arange(n))
    with pytest.raises(DeepCMEError, match=f"needs 20 or more, and {sentence}"):
        predict(model, few, normalise="cohort")
    enough = expression_of(other_cohort).of_samples(np.arange(20))
    assert predict(model, enough, normalise="cohort").table["probability"].notna().all()


def test_only_samples_with_values_count_for_their_own_means(model, other_cohort):
    expression = expression_of(other_cohort).of_samples(np.arange(20))
    expression.X[3] = np.nan
    with pytest.raises(DeepCMEError, match="there are 19"):
        predict(model, expression, normalise="cohort")
