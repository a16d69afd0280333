"""Columns of a matrix that describe the genes, as annotation tools call them."""

import pytest

from deepcme.sources.headers import columns_that_are_no_sample

OF_GENES = (
    *("Length", "gene_length", "Gene.length", "Length (bp)", "gene_length_kb", "length.1"),
    *("Length.x", "Transcript length (including UTRs and CDS)", "feature_length", "exon_count"),
    *("Chr.", "Chromosome/scaffold name", "Karyotype band", "Gene start (bp)", "Gene end (bp)"),
    *("Gene stable ID", "Gene name", "NCBI gene (formerly Entrezgene) ID", "NCBI GeneID"),
    *("HGNC ID", "Geneid", "GC%", "Gene % GC content", "mappability", "Description"),
    *("Row.names", "Unnamed: 0", "mean", "median"),
)
SAMPLES = ("S1", "GSM1001", "TCGA-A1-A0SD-01A", "HCC1937", "T1", "V1", "mean tumor", "X", "GC")


@pytest.mark.parametrize("name", OF_GENES)
def test_it_is_no_sample(name):
    assert columns_that_are_no_sample([name, *SAMPLES]) == [name]


def test_what_is_listed_is_a_sample():
    assert columns_that_are_no_sample(["median", "mean"], listed=["mean"]) == ["median"]
