"""Matrices of TCGA's Firehose and of the PanCancer Atlas: RSEM under SYMBOL|ENTREZ."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.assembly.clinical_tables import read_clinical
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.cbioportal import cohort_from_cbioportal
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from deepcme.sources.xena import cohort_from_xena

GENES = ["?|100130426", "TP53|7157", "EGFR|1956", "SLC35E2|728661", "SLC35E2|9906"]
NAMES = ["100130426", "TP53", "EGFR", "SLC35E2"]
N = 12
BARCODES = [f"TCGA-A1-A{i // 2:03d}-{'11' if i % 2 else '01'}A-11R-A12P-07" for i in range(N)]
RELAPSE = label_rule("metastasis")


@pytest.fixture
def values(random):
    found = random.gamma(0.8, 700, (5, N)).round(2)
    found[0, :4] = 0
    found[3] += 3000  # the higher of two rows of SLC35E2
    return found


@pytest.fixture
def clinical(tmp_path):
    path = tmp_path / "clinical.tsv"
    rows = [f"TCGA-A1-A{i:03d}\t{i % 2}" for i in range(N // 2)]
    path.write_text("\n".join(["bcr_patient_barcode\tmetastasis", *rows, ""]))
    return path


@pytest.fixture
def samples(tmp_path):
    path = tmp_path / "samples.tsv"
    rows = [f"{one[:15]}\t{i % 2}" for i, one in enumerate(BARCODES)]
    path.write_text("\n".join(["sample\tmetastasis", *rows, ""]))
    return path


def written(folder, header, *rows, name="X.rnaseqv2__RSEM_genes.data.txt"):
    path = folder / name
    path.write_text("\n".join("\t".join(map(str, row)) for row in (header, *rows)) + "\n")
    return path


def kinds(folder, values, names, first="gene_id"):
    """A file with a column of each kind for each sample; the first holds the values."""
    header = ["Hybridization REF", *(one for one in BARCODES for _ in names)]
    rows = [
        [gene, *(cell for v in row for cell in (v, *["uc001.1,uc002.2"] * (len(names) - 1)))]
        for gene, row in zip(GENES, values, strict=True)
    ]
    return written(folder, header, [first, *names * N], *rows)


def is_as_written(cohort, values):
    assert cohort.samples.tolist() == BARCODES
    assert cohort.gene_ids.tolist() == NAMES
    assert cohort.adata.var["entrez_gene_id"].tolist() == [
        "100130426",
        "7157",
        "1956",
        "728661",
    ]
    assert cohort.n_patients == N // 2
    assert cohort.obs["tissue"].tolist() == ["primary", "normal"] * (N // 2)
    np.testing.assert_allclose(cohort.X, values[:4].T, rtol=1e-6)


def test_two_rows_of_header(tmp_path, values, samples):
    path = kinds(tmp_path, values, ["normalized_count"])
    cohort = cohort_from_tables(path, samples, TableColumns(label="metastasis"))
    is_as_written(cohort, values)
    assert cohort.scale == "rsem"


@pytest.mark.parametrize(
    ("first", "names"),
    [
        ("gene_id", ["raw_count", "scaled_estimate", "transcript_id"]),
        ("gene", ["raw_counts", "median_length_normalized", "RPKM"]),
    ],
)
def test_several_columns_of_each_sample(tmp_path, values, samples, first, names):
    path = kinds(tmp_path, values, names, first)
    cohort = cohort_from_tables(path, samples, TableColumns(label="metastasis"))
    is_as_written(cohort, values)
    said = f"of the columns of each sample ({', '.join(names)}) {names[0]} was taken"
    assert any(said in note for note in cohort.notes)


def test_several_columns_of_unknown_kinds_are_refused(tmp_path, values, samples):
    path = kinds(tmp_path, values, ["a", "b"])
    with pytest.raises(DeepCMEError, match="calls none of them normalized_count, raw_count"):
        cohort_from_tables(path, samples, TableColumns(label="metastasis"))


def test_with_a_clinical_table_of_patients(tmp_path, values, clinical):
    path = kinds(tmp_path, values, ["normalized_count"])
    with pytest.raises(DeepCMEError, match="say what they are with --scale"):
        cohort_from_xena(path, RELAPSE, clinical=[read_clinical(clinical)])
    cohort = cohort_from_xena(path, RELAPSE, clinical=[read_clinical(clinical)], scale="rsem")
    is_as_written(cohort, values)
    assert (cohort.scale, cohort.labels.tolist()) == ("rsem", [0, 0, 1, 1] * 3)


def test_pancancer_atlas_with_negatives_and_missing_values(tmp_path, random, clinical):
    names = [f"GENE{i}|{i}" for i in range(1, 301)]
    values = random.gamma(0.8, 700, (300, N))
    values[0, :3] = -12.5
    table = pd.DataFrame(values, pd.Index(names, name="gene_id"), BARCODES)
    table.iloc[1] = np.nan
    table.iloc[2, 4] = np.nan
    path = tmp_path / "EBPlusPlusAdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.tsv"
    table.to_csv(path, sep="\t", na_rep="NA")
    cohort = cohort_from_xena(path, RELAPSE, clinical=[read_clinical(clinical)], scale="rsem")
    assert (cohort.n_genes, cohort.n_patients, cohort.scale) == (299, N // 2, "rsem")
    assert cohort.X[:3, 0].tolist() == [0, 0, 0]
    assert np.isnan(cohort.X[4, 1])
    assert any("3 negative values (fewer than 0.1%) became 0" in note for note in cohort.notes)


def test_the_second_header_of_firehose_in_a_study_of_cbioportal(tmp_path, clinical):
    logs = [[8.1, 6.6, 7.2, 7.1] * 3, [5.1, 4.4, 6.0, 5.5] * 3]
    expression = written(
        tmp_path,
        ["Hugo_Symbol", *(one[:15] for one in BARCODES)],
        ["Composite.Element.REF", *["log2 lowess normalized (cy5/cy3)"] * N],
        *([gene, *row] for gene, row in zip(("TP53", "EGFR"), logs, strict=True)),
        name="data_expression_median.txt",
    )
    cohort = cohort_from_cbioportal(expression, RELAPSE, clinical=[read_clinical(clinical)])
    assert cohort.gene_ids.tolist() == ["TP53", "EGFR"]
    np.testing.assert_allclose(cohort.X.T, logs, rtol=1e-6)
    assert any("second row of the header (Composite.Element.REF" in n for n in cohort.notes)
