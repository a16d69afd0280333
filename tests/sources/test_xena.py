"""A Xena matrix is logged already and is not logged twice."""

import gzip

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.sources.assembly.clinical_tables import read_clinical
from deepcme.sources.assembly.expression import GeneNaming
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.xena import cohort_from_xena

MATRIX = (
    "Ensembl_ID\tTCGA-D8-A146-01A\tTCGA-AQ-A0Y5-01A\tTCGA-BH-A1FE-06A\n"
    "ENSG00000000003.13\t11.737669863177452\t9.78135971352466\t0\n"
    "ENSG00000000005.5\t0\t0.5\t1\n"
)
CLINICAL = (
    "sample\tajcc_pathologic_m.diagnoses\tsample_type.samples\n"
    "TCGA-D8-A146-01A\tM1\tPrimary Tumor\n"
    "TCGA-AQ-A0Y5-01A\tM0\tPrimary Tumor\n"
    "TCGA-BH-A1FE-06A\tM0\tMetastatic\n"
)
SURVIVAL = (
    "sample\tOS\t_PATIENT\tOS.time\n"
    "TCGA-D8-A146-01A\t1\tTCGA-D8-A146\t30\n"
    "TCGA-AQ-A0Y5-01A\t0\tTCGA-AQ-A0Y5\t3000\n"
    "TCGA-BH-A1FE-06A\t0\tTCGA-BH-A1FE\t20\n"
)
PROBEMAP = (
    "id\tgene\tchrom\tchromStart\tchromEnd\tstrand\n"
    "ENSG00000000003.15\tTSPAN6\tchrX\t1\t2\t-\n"
    "ENSG00000000005.6\tTNMD\tchrX\t1\t2\t+\n"
)


@pytest.fixture
def matrix(tmp_path):
    path = tmp_path / "TCGA-BRCA.htseq_fpkm.tsv.gz"
    with gzip.open(path, "wt") as file:
        file.write(MATRIX)
    return path


def clinical(tmp_path, text, name):
    path = tmp_path / name
    path.write_text(text)
    return read_clinical(path)


def test_matrix_clinical_table_and_probemap(matrix, tmp_path):
    (tmp_path / "gencode.probeMap").write_text(PROBEMAP)
    cohort = cohort_from_xena(
        matrix,
        label_rule("pathologic-m1"),
        clinical=[clinical(tmp_path, CLINICAL, "TCGA-BRCA.clinical.tsv")],
        probemap=tmp_path / "gencode.probeMap",
    )
    assert (cohort.name, cohort.scale) == ("TCGA-BRCA", "log2")
    np.testing.assert_allclose(cohort.X[:, 0], [11.73767, 9.78136, 0], rtol=1e-6)
    assert cohort.labels.tolist() == [1, 0, 0]
    assert cohort.obs["tissue"].tolist() == ["primary", "primary", "metastatic"]
    assert cohort.gene_ids.tolist() == ["ENSG00000000003.13", "ENSG00000000005.5"]
    assert cohort.symbols.tolist() == ["TSPAN6", "TNMD"]
    assert any("not logged again" in note for note in cohort.notes)


def test_dates_among_the_symbols_of_a_probemap_are_named(matrix, tmp_path):
    (tmp_path / "gencode.probeMap").write_text(PROBEMAP.replace("TNMD", "2-Sep"))
    cohort = cohort_from_xena(
        matrix,
        label_rule("pathologic-m1"),
        clinical=[clinical(tmp_path, CLINICAL, "TCGA-BRCA.clinical.tsv")],
        probemap=tmp_path / "gencode.probeMap",
        naming=GeneNaming(repair_dates=True),
    )
    assert cohort.symbols.tolist() == ["TSPAN6", "SEPTIN2"]
    assert any("2-Sep is SEPTIN2" in note for note in cohort.notes)


def test_survival_table(matrix, tmp_path):
    of_times = cohort_from_xena(
        matrix,
        TimeToEvent("OS.time", "OS", horizon=1000).label,
        clinical=[clinical(tmp_path, SURVIVAL, "TCGA-BRCA.survival.tsv")],
    )
    assert of_times.outcome.endpoint.unit == "days"
    cohort = leave_out_censored(of_times)
    assert cohort.labels.tolist() == [1, 0]
    assert "1 samples censored before 1000 were left out." in cohort.notes


ODD_COLUMNS = {
    "R's second column": "TCGA-D8-A146-01A.1",
    "a sample of GTEx": "GTEX-S4Q7-0003-SM-3NM8M",
    "a cell line": "MCF7",
    "a length": "gene_length",
}


@pytest.mark.parametrize("odd", ODD_COLUMNS)
def test_one_odd_column_leaves_patients_and_tissue_of_the_others_alone(matrix, tmp_path, odd):
    rule = label_rule("pathologic-m1")
    tables = [clinical(tmp_path, CLINICAL, "TCGA-BRCA.clinical.tsv")]
    expected = cohort_from_xena(matrix, rule, clinical=tables)
    lines = MATRIX.splitlines()
    path = tmp_path / "odd.star_fpkm.tsv"
    cells = [ODD_COLUMNS[odd], "11.737669863177452", "0"]
    path.write_text("".join(f"{a}\t{b}\n" for a, b in zip(lines, cells, strict=True)))
    cohort = cohort_from_xena(path, rule, clinical=tables)
    assert cohort.samples.tolist() == expected.samples.tolist()
    assert cohort.patients.tolist() == expected.patients.tolist()
    assert cohort.obs["tissue"].tolist() == ["primary", "primary", "metastatic"]
    np.testing.assert_array_equal(cohort.X, expected.X)
    assert any(ODD_COLUMNS[odd] in note for note in cohort.notes)


@pytest.mark.parametrize(("offset", "formula"), [(0.001, "0.001"), (0.1, "0.1")])
def test_logs_of_another_offset_are_called_so(tmp_path, random, offset, formula):
    values = random.lognormal(4.0, 2.5, (400, 3)) * (random.random((400, 3)) > 0.3)
    samples = ["TCGA-D8-A146-01A", "TCGA-AQ-A0Y5-01A", "TCGA-BH-A1FE-06A"]
    frame = pd.DataFrame(np.log2(values + offset), columns=samples)
    frame.index = pd.Index([f"ENSG{i:011d}" for i in range(400)], name="Ensembl_ID")
    frame.to_csv(tmp_path / "toil.tsv", sep="\t")
    tables = [clinical(tmp_path, CLINICAL, "TCGA-BRCA.clinical.tsv")]
    cohort = cohort_from_xena(
        tmp_path / "toil.tsv", label_rule("pathologic-m1"), clinical=tables
    )
    notes = " ".join(cohort.notes)
    assert f"log2(x + {formula})" in notes
    assert "log2(x + 1)" not in notes


def test_linear_values_are_refused(matrix):
    with gzip.open(matrix, "wt") as file:
        file.write(MATRIX.replace("\t11.737669863177452\t9.78135971352466", "\t3417\t882"))
    with pytest.raises(
        DeepCMEError,
        match=r"htseq_fpkm\.tsv\.gz: 0\.1% of the values are above 882, so they are not "
        r"log2\(x \+ 1\)",
    ):
        cohort_from_xena(matrix, label_rule("pathologic-m1"))
