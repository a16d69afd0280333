"""A signature's genes are found by probe, Entrez id, symbol or earlier symbol, and counted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme import match_signature
from deepcme.models.signatures.measured import Measured, measured
from deepcme.models.signatures.published import load_signature
from deepcme.models.signatures.signature import Signature, SignatureGene
from tests.models.signatures.invented import cohort, shaped_for, signature


def of(genes, n=4, **fields):
    return cohort(np.arange(n * len(genes)).reshape(n, -1), genes, **fields)


def two_probes_of_one_gene():
    return Signature(
        "two",
        "two probes",
        (
            SignatureGene("CDK1", 1.0, ("CDC2",), "983", ("203214_x_at",)),
            SignatureGene("CDK1", 1.0, ("CDC2",), "983", ("210559_s_at",)),
        ),
    )


def test_genes_are_found_by_symbol_whatever_its_capitals():
    matched = match_signature(signature(1, 2, -1), of(["x", "a", "C", "B"]))
    assert matched.columns == ((1,), (3,), (2,))
    assert (matched.n_found, matched.n_listed) == (3, 3)
    assert matched.standing == "full"
    assert matched.by_alias == ()


def test_an_earlier_symbol_is_used_and_said():
    cdk1 = two_probes_of_one_gene()
    matched = match_signature(cdk1, of(["CDC2", "TP53"]))
    assert matched.by_alias == (("CDK1", "CDC2"),)
    assert "Found under an earlier symbol: CDK1 as CDC2" in matched.describe()


def test_the_symbol_of_today_goes_before_an_earlier_one():
    matched = match_signature(two_probes_of_one_gene(), of(["CDC2", "CDK1"]))
    assert matched.columns[0] == (1,)
    assert matched.by_alias == ()


@pytest.mark.parametrize("ids", [["983", "7157"], ["983.0", "7157.0"]])
def test_genes_are_found_by_entrez_id(ids):
    assert match_signature(two_probes_of_one_gene(), of(ids)).columns[0] == (0,)


def test_numbers_of_rows_are_no_entrez_ids():
    rows = [str(number) for number in range(980, 990)]
    assert match_signature(two_probes_of_one_gene(), of(rows)).standing == "refused"


def test_genes_are_found_by_ensembl_id():
    matched = match_signature(two_probes_of_one_gene(), of(["ENSG00000170312.16", "x"]))
    assert matched.columns[0] == (0,)


def test_a_gene_is_found_by_ensembl_id_under_an_alias_too():
    own = Signature("own", "own", (SignatureGene("CTSL2", aliases=("CTSV",)),))
    assert match_signature(own, of(["ENSG00000136943", "x"])).columns == ((0,),)


def test_own_probes_count_one_by_one():
    matched = match_signature(
        two_probes_of_one_gene(),
        of(["210559_s_at", "203214_x_at", "203213_at"], symbols=["CDK1"] * 3),
    )
    assert matched.columns == ((1,), (0,))
    assert matched.n_by_probe == 2


def test_without_own_probes_a_gene_counts_once_with_the_mean_of_its_columns():
    matched = match_signature(
        two_probes_of_one_gene(), of(["p1", "p2", "p3"], symbols=["CDK1", "TP53", "CDK1"])
    )
    assert matched.columns == ((0, 2), ())
    assert matched.n_found == 2
    assert "Mean of several columns: 1 gene." in matched.describe()


def test_a_gene_of_which_one_own_probe_was_measured_is_not_counted_again():
    matched = match_signature(
        two_probes_of_one_gene(), of(["210559_s_at", "p"], symbols=["CDK1", "CDK1"])
    )
    assert matched.columns == ((), (0,))
    assert matched.n_found == 2


def test_a_probe_of_several_genes_is_no_gene():
    matched = match_signature(two_probes_of_one_gene(), of(["p"], symbols=["CDK1 /// TP53"]))
    assert matched.n_found == 0


@pytest.mark.parametrize(
    ("found", "standing"),
    [(10, "full"), (8, "full"), (7, "partial"), (5, "partial"), (4, "refused"), (0, "refused")],
)
def test_the_standing_is_by_the_share_of_genes(found, standing):
    genes = tuple(SignatureGene(f"gene{i}") for i in range(10))
    matched = match_signature(
        Signature("ten", "ten", genes), of([f"gene{i}" for i in range(found)] + ["x"])
    )
    assert matched.standing == standing
    assert matched.gene_share == found / 10
    assert ("makes no score" in matched.describe()) == (standing == "refused")


def test_the_standing_is_by_the_share_of_the_weight_as_well():
    heavy = signature(1, 1, 1, 1, -6)
    matched = match_signature(heavy, of(["A", "B", "C", "D"]))
    assert (matched.gene_share, matched.weight_share) == (0.8, 0.4)
    assert matched.standing == "refused"
    assert matched.missing == ("E",)


def test_an_alias_is_not_taken_for_another_genes_symbol():
    """CCNL1 was a symbol of MCM2 once and is that of cyclin L1."""
    index = load_signature("ggi")
    mcm2 = next(at for at, gene in enumerate(index.genes) if gene.symbol == "MCM2")
    assert match_signature(index, of(["CCNL1", "TP53"])).columns[mcm2] == ()


def test_a_table_without_outcome_will_do():
    table = Measured(
        X=np.zeros((2, 2), dtype=np.float32),
        samples=["a", "b"],
        identifiers={"gene_id": ["A", "B"]},
        scale="log2",
        clinical=pd.DataFrame(index=["a", "b"]),
    )
    assert match_signature(signature(1, 1), table).n_found == 2


def test_a_gene_that_is_missing_in_every_sample_was_not_measured():
    own = measured(shaped_for(load_signature("proliferation")))
    X = own.X.copy()
    X[:, 0] = np.nan
    matched = match_signature(load_signature("proliferation"), replace(own, X=X))
    assert matched.n_found == 11
    assert len(matched.missing) == 1
