"""Genes that sets are compared among, each once, found by any identifier of theirs."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort
from deepcme.cohort.honest import HonestPreparation
from deepcme.selection.enrichment.measured import MeasuredGenes, find_sets
from deepcme.sources.gene_sets import GeneSet

PREPARATION = HonestPreparation(min_prevalence=0.1, clip=np.inf)


def measure(symbols, X=None, strata=None, scale="log2", ids=None, **annotation):
    random = np.random.default_rng(1)
    X = random.normal(5, 1, (20, len(symbols))) if X is None else X
    cohort = Cohort.from_arrays(
        X,
        np.arange(len(X)) % 2,
        samples=[f"S{i}" for i in range(len(X))],
        genes=ids or [f"id{i}" for i in range(len(symbols))],
        symbols=symbols,
        gene_annotation=pd.DataFrame(annotation) if annotation else None,
        endpoint="invented",
        scale=scale,
    )
    return MeasuredGenes.of(cohort, PREPARATION, strata or [""] * len(X))


def listed(*genes):
    return GeneSet("mine", genes, "mine.gmt")


def test_of_several_columns_for_a_gene_the_highest_is_taken():
    X = np.random.default_rng(1).normal([5, 3, 9, 4], 1, (20, 4))
    measured = measure(["ESR1", "PGR", "ESR1", ""], X)
    assert measured.names.tolist() == ["ESR1", "PGR", "id3"]
    assert measured.columns.tolist() == [2, 1, 3]
    assert measured.find("id0") == measured.find("id2") == (0,)  # either probe is the gene


def test_expression_is_standardised_within_strata():
    X = np.random.default_rng(1).normal(5, 1, (20, 3))
    strata = ["a"] * 12 + ["b"] * 8
    X[:12] += 4
    expression = measure(["A", "B", "C"], X, strata).expression
    np.testing.assert_allclose(expression[:12].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(expression[12:].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(expression.std(axis=0), 1, rtol=1e-5)


def test_genes_that_are_rare_or_do_not_vary_are_not_among_them():
    X = np.random.default_rng(1).gamma(2, 3, (20, 4))
    X[:, 1], X[1:, 2] = 4.0, 0.0
    assert measure(["A", "B", "C", "D"], X, scale="fpkm").names.tolist() == ["A", "D"]


@pytest.mark.parametrize(
    "gene", ["ESR1", "esr1", "ENSG00000091831.24", "ENSG00000091831", "2099", "ESR"]
)
def test_a_gene_is_found_by_each_identifier(gene):
    """ESR was the approved symbol of ESR1 once."""
    measured = measure(
        ["PGR", "ESR1"],
        ids=["ENSG00000082175.15", "ENSG00000091831.23"],
        entrez=["5241", "2099"],
    )
    assert measured.find(gene) == (1,)


def test_a_cohort_of_earlier_symbols_is_found_by_todays():
    assert measure(["PGR", "CDC2"]).find("CDK1") == (1,)


@pytest.mark.parametrize("symbols", [["STK15", "STK6", "PGR"], ["AURKA", "STK6", "PGR"]])
def test_columns_whose_symbols_are_one_today_are_one_gene(symbols):
    X = np.random.default_rng(1).normal([5, 9, 3], 1, (20, 3))
    measured = measure(symbols, X)
    assert measured.names.tolist() == ["STK6", "PGR"]
    assert {measured.find(name) for name in ("AURKA", *symbols[:2])} == {(0,)}
    [found] = find_sets([listed("AURKA", "PGR")], measured, 1, 500)
    assert (found.n_found, found.genes.tolist()) == (2, [0, 1])


def test_sets_of_too_few_or_too_many_measured_genes_are_told():
    measured = measure([f"G{i}" for i in range(12)])
    sets = [
        listed("G0", "G1", "id1", "NONE"),
        listed("G0", "G1", "G2", "NONE"),
        listed(*(f"G{i}" for i in range(8))),
        listed(*(f"G{i}" for i in range(11))),
    ]
    found = find_sets(sets, measured, 3, 8)
    assert [one.standing for one in found] == ["too few", "tested", "tested", "too many"]
    assert [len(one.genes) for one in found] == [2, 3, 8, 11]
    assert [one.n_found for one in found] == [3, 3, 8, 11]  # as listed, not as measured


def test_a_set_that_leaves_too_few_others_has_nothing_beside_it():
    measured = measure([f"G{i}" for i in range(12)])
    sets = [listed(*(f"G{i}" for i in range(n))) for n in (9, 10)]
    assert [one.standing for one in find_sets(sets, measured, 3, 500)] == ["tested", "too many"]
