"""Names of columns: those that a user asks for, and those that describe genes."""

import pytest

from deepcme import DeepCMEError
from deepcme.sources.reading.headers import asked_column, columns_that_are_no_sample

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


@pytest.mark.parametrize("asked", ["Donor ID", "donor_id", " Donor  ID"])
def test_a_column_asked_for_is_found_in_any_spelling(asked):
    assert asked_column(["patient", "Donor ID"], asked, "x.tsv") == "Donor ID"


def test_its_own_spelling_goes_first_and_two_others_are_named():
    assert asked_column(["Donor", "donor"], "donor", "x.tsv") == "donor"
    with pytest.raises(DeepCMEError, match="several are called 'DONOR': Donor, donor; say"):
        asked_column(["Donor", "donor"], "DONOR", "x.tsv")


def test_the_column_asked_for_must_be_there():
    with pytest.raises(DeepCMEError, match=r"x\.tsv: there is no column 'who'; it has age"):
        asked_column(["age"], "who", "x.tsv")
