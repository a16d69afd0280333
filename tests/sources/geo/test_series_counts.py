"""Matrices of a sequencing series: joined to its samples by accession or by title."""

import gzip

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.gene_mapping import gene_mapping
from deepcme.sources.geo.geo import cohort_from_geo
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

RELAPSE = label_rule("relapse")
ANNOTATION = (
    "GeneID\tSymbol\tDescription\tSynonyms\tGeneType\tEnsemblGeneID\tStatus\tLength\n"
    "7157\tTP53\ttumor protein p53\tBCC7|LFS1\tprotein-coding\tENSG00000141510\tactive\t2512\n"
    "1956\tEGFR\tepidermal growth factor receptor\tERBB\tprotein-coding\tENSG00000146648\t"
    "active\t9905\n"
    "2099\tESR1\testrogen receptor 1\tER\tprotein-coding\tENSG00000091831\tactive\t6466\n"
    "100287102\tDDX11L1\tDEAD/H-box\t\tpseudo\t\tactive\t1652\n"
)
COUNTS = {"7157": [345, 40, 8, 77], "1956": [0, 9, 0, 3], "2099": [70, 100, 51, 2]}
SAMPLES = ("GSM1", "GSM2", "GSM3", "GSM4")


def series(folder, samples=SAMPLES, titles=None, name="GSE8_series_matrix.txt.gz", on="GPL1"):
    def line(key, cells):
        return f"!Sample_{key}\t" + "\t".join(f'"{cell}"' for cell in cells) + "\n"

    n = len(samples)
    text = (
        '!Series_geo_accession\t"GSE8"\n\n'
        + line("title", titles or [f"tumor {one}" for one in samples])
        + line("geo_accession", samples)
        + line("source_name_ch1", ["breast tumor"] * (n - 1) + ["normal breast"])
        + line("characteristics_ch1", [f"relapse: {(i + 1) % 2}" for i in range(n)])
        + line("characteristics_ch1", [f"patient: P{i // 2}" for i in range(n)])
        + line("platform_id", [on] * n)
        + '!series_matrix_table_begin\n"ID_REF"\t'
        + "\t".join(f'"{one}"' for one in samples)
        + "\n!series_matrix_table_end\n"
    )
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()))
    return path


def matrix(
    folder, columns=SAMPLES, values=COUNTS, name="GSE8_raw_counts_GRCh38.p13_NCBI.tsv.gz"
):
    rows = ["\t".join([gene, *map(str, row[: len(columns)])]) for gene, row in values.items()]
    text = "\n".join(["\t".join(["GeneID", *columns]), *rows]) + "\n"
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()))
    return path


@pytest.fixture
def annotation(tmp_path):
    path = tmp_path / "Human.GRCh38.p13.annot.tsv.gz"
    path.write_bytes(gzip.compress(ANNOTATION.encode()))
    return path


def test_counts_of_ncbi_with_their_annotation(tmp_path, annotation):
    cohort = cohort_from_geo(
        [series(tmp_path)], RELAPSE, counts=matrix(tmp_path), platforms=[annotation]
    )
    assert cohort.name == "GSE8"
    assert cohort.samples.tolist() == list(SAMPLES)
    assert cohort.obs["patient"].tolist() == ["P0", "P0", "P1", "P1"]
    assert cohort.obs["tissue"].tolist() == ["primary"] * 3 + ["normal"]
    assert cohort.labels.tolist() == [1, 0, 1, 0]
    assert cohort.gene_ids.tolist() == ["TP53", "EGFR", "ESR1"]
    assert cohort.adata.var["entrez_gene_id"].tolist() == list(COUNTS)
    assert cohort.scale == "counts"
    np.testing.assert_array_equal(cohort.X, np.array(list(COUNTS.values())).T)


@pytest.mark.parametrize(
    ("to", "ids"),
    [
        ("ensembl", ("ENSG00000141510", "ENSG00000146648", "ENSG00000091831")),
        ("entrez", ("7157", "1956", "2099")),
        ("symbol", ("TP53", "EGFR", "ESR1")),
    ],
)
def test_the_annotation_translates_genes(tmp_path, annotation, to, ids):
    cohort = cohort_from_geo(
        [series(tmp_path)],
        RELAPSE,
        counts=matrix(tmp_path),
        platforms=[] if to == "symbol" else [annotation],
    )
    assert gene_mapping(cohort, to, annotation).target == ids


def test_normalised_values_are_on_their_scale(tmp_path, annotation):
    random = np.random.default_rng(3)
    values = random.gamma(0.4, 30.0, (200, 4))
    values[::4] = 0
    tpm = values / values.sum(axis=0) * 1e6
    genes = {str(1000 + i): [f"{one:.4g}" for one in row] for i, row in enumerate(tpm)}
    path = matrix(tmp_path, values=genes, name="GSE8_norm_counts_TPM_GRCh38.p13_NCBI.tsv.gz")
    assert cohort_from_geo([series(tmp_path)], RELAPSE, counts=path).scale == "tpm"
    fpkm = cohort_from_geo([series(tmp_path)], RELAPSE, counts=path, scale="fpkm")
    assert fpkm.scale == "fpkm"


def test_without_a_table_the_genes_stay_numbers(tmp_path):
    cohort = cohort_from_geo([series(tmp_path)], RELAPSE, counts=matrix(tmp_path))
    assert cohort.gene_ids.tolist() == list(COUNTS)
    assert any(
        "--platform-table Human.GRCh38.p13.annot.tsv.gz" in note for note in cohort.notes
    )


def test_who_is_only_on_one_side_is_named(tmp_path):
    counts = matrix(tmp_path, ("GSM2", "GSM1", "GSM9"))
    cohort = cohort_from_geo([series(tmp_path)], RELAPSE, counts=counts)
    assert cohort.samples.tolist() == ["GSM2", "GSM1"]
    assert cohort.labels.tolist() == [0, 1]
    notes = "\n".join(cohort.notes)
    assert "Warning: GSE8_raw_counts_GRCh38.p13_NCBI.tsv.gz: 1 column (GSM9) left out" in notes
    assert "2 samples of GSE8 left out, for want of a column (GSM3, GSM4)" in notes


def test_one_matrix_for_the_files_of_several_sequencers(tmp_path):
    files = [
        series(tmp_path, SAMPLES[:2], on="GPL11154"),
        series(tmp_path, SAMPLES[2:], name="GSE8-GPL2_series_matrix.txt.gz", on="GPL24676"),
    ]
    cohort = cohort_from_geo(files, RELAPSE, counts=matrix(tmp_path))
    assert cohort.obs["batch"].tolist() == ["GPL11154"] * 2 + ["GPL24676"] * 2
    with pytest.raises(DeepCMEError, match="Sample GSM1 is in several files"):
        cohort_from_geo([files[0], files[0]], RELAPSE, counts=matrix(tmp_path))


def test_columns_may_be_titles(tmp_path):
    titles = ["A-1", "A-2", "B-1", "B-2"]
    counts = matrix(tmp_path, ["B-2", "A-1", "A-2", "blank"])
    cohort = cohort_from_geo([series(tmp_path, titles=titles)], RELAPSE, counts=counts)
    assert cohort.samples.tolist() == ["GSM4", "GSM1", "GSM2"]
    notes = "\n".join(cohort.notes)
    assert "3 samples found by title, as B-2 is GSM4, A-1 is GSM1" in notes
    assert "1 column (blank) left out" in notes


def test_a_title_of_two_samples_is_of_no_use(tmp_path):
    titles = ["A-1", "A-1", "B-1", "B-2"]
    counts = matrix(tmp_path, ["A-1", "B-1", "B-2"])
    with pytest.raises(DeepCMEError, match=r"several samples are called 'A-1' \(GSM1, GSM2\)"):
        cohort_from_geo([series(tmp_path, titles=titles)], RELAPSE, counts=counts)


def test_a_matrix_of_another_series(tmp_path):
    counts = matrix(tmp_path, ["GSM7", "GSM8"])
    with pytest.raises(
        DeepCMEError, match="no column is a sample of GSE8, neither by accession"
    ):
        cohort_from_geo([series(tmp_path)], RELAPSE, counts=counts)


def test_several_tables_of_genes_for_one_matrix(tmp_path, annotation):
    with pytest.raises(DeepCMEError, match="one table of genes goes with --counts, not 2"):
        cohort_from_geo(
            [series(tmp_path)],
            RELAPSE,
            counts=matrix(tmp_path),
            platforms=[annotation, annotation],
        )


def test_a_choice_of_platform_is_for_family_files(tmp_path):
    with pytest.raises(DeepCMEError, match="--platform chooses within a SOFT family file"):
        cohort_from_geo([series(tmp_path)], RELAPSE, gpl=["GPL1"])


def test_a_series_as_the_table_of_samples(tmp_path):
    columns = TableColumns(label="Relapse", patient="patient", tissue="source_name_ch1")
    cohort = cohort_from_tables(matrix(tmp_path), series(tmp_path), columns)
    assert cohort.labels.tolist() == [1, 0, 1, 0]
    assert cohort.obs["patient"].tolist() == ["P0", "P0", "P1", "P1"]
    assert cohort.obs["tissue"].tolist() == ["primary"] * 3 + ["normal"]
    with pytest.raises(DeepCMEError, match="there is no column 'metastasis'; it has geo_acc"):
        cohort_from_tables(matrix(tmp_path), series(tmp_path), TableColumns(label="metastasis"))


@pytest.mark.parametrize("kind", ["TPM", "FPKM"])
def test_the_name_that_ncbi_gives_tells_what_is_normalised(tmp_path, kind):
    values = {"7157": [40.5, 3.25, 8, 77], "1956": [1, 9.5, 0.5, 3], "2099": [7, 100.1, 51, 2]}
    name = f"GSE8_norm_counts_{kind}_GRCh38.p13_NCBI.tsv.gz"
    counts = matrix(tmp_path, values=values, name=name)
    cohort = cohort_from_geo([series(tmp_path)], RELAPSE, counts=counts)
    assert cohort.scale == kind.lower()
    assert f"Scale taken as {kind.lower()}: so NCBI calls {name}." in cohort.notes


def test_a_name_of_ncbi_makes_no_linear_values_of_logs(tmp_path):
    logs = {gene: [np.log2(1 + value) for value in row] for gene, row in COUNTS.items()}
    counts = matrix(tmp_path, values=logs, name="GSE8_norm_counts_TPM_GRCh38.p13_NCBI.tsv.gz")
    assert cohort_from_geo([series(tmp_path)], RELAPSE, counts=counts).scale == "log2"
