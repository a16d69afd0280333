"""A Xena matrix is logged already and is not logged twice."""

import gzip

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.sources.clinical import read_clinical
from deepcme.sources.expression import GeneNaming
from deepcme.sources.labels import Horizon, label_rule
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
    cohort = cohort_from_xena(
        matrix,
        label_rule("event-within-horizon", Horizon("OS.time", "OS", 1000)),
        clinical=[clinical(tmp_path, SURVIVAL, "TCGA-BRCA.survival.tsv")],
    )
    assert cohort.labels.tolist() == [1, 0]
    assert "1 samples censored before 1000 were left out." in cohort.notes


def test_linear_values_are_refused(matrix):
    with gzip.open(matrix, "wt") as file:
        file.write(MATRIX.replace("11.737669863177452", "3417.5"))
    with pytest.raises(DeepCMEError, match="values reach 3418, so they are not log2"):
        cohort_from_xena(matrix, label_rule("pathologic-m1"))
