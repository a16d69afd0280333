"""HCMDB's table of datasets labels samples, each once."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.assembly.hcmdb import hcmdb_endpoint, read_hcmdb
from deepcme.sources.assembly.identity import annotate

TABLE = pd.DataFrame(
    [
        ("EXP1", "TCGA-A1-0001-01A", "YES"),
        ("EXP2", "TCGA-A1-0001-01A", "YES"),
        ("EXP1", "TCGA-A1-0002-01A", "NO"),
        ("EXP1", "TCGA-A1-0003-01A", "YES"),
        ("EXP2", "TCGA-A1-0003-01A", "NO"),
        ("EXP1", "TCGA-A1-0004-01A", "NO"),
        ("EXP1", "TCGA-A1-0004-01B", "YES"),
        ("EXP3", "GSM34453", "YES"),
    ],
    columns=["Experiment_id", "Sample_id", "Metastasis_status"],
)
ALIQUOTS = [
    "TCGA-A1-0001-01A-11R-A115-07",
    "TCGA-A1-0001-01A-12R-A21T-07",
    "TCGA-A1-0002-01A-11R-A115-07",
    "TCGA-A1-0003-01A-11R-A115-07",
    "TCGA-A1-0005-01A-11R-A115-07",
]


@pytest.fixture
def hcmdb(tmp_path):
    path = tmp_path / "dataset_information.csv"
    TABLE.to_csv(path, index=False)
    return path


def test_aliquots_share_the_label_of_their_sample_and_conflicts_are_counted(hcmdb):
    labelling = hcmdb_endpoint(annotate(ALIQUOTS), hcmdb)
    np.testing.assert_array_equal(labelling.values, [1, 1, 0, np.nan, np.nan])
    assert labelling.notes() == [
        "1 samples not listed in HCMDB were left out.",
        "Warning: 1 samples listed in HCMDB as both YES and NO were left out.",
    ]
    assert "YES = 1, NO = 0" in labelling.rule


def test_samples_without_a_vial_need_all_vials_to_agree(hcmdb):
    labelling = hcmdb_endpoint(annotate(["TCGA-A1-0001-01", "TCGA-A1-0004-01"]), hcmdb)
    np.testing.assert_array_equal(labelling.values, [1, np.nan])


def test_geo_samples_are_joined_by_number(hcmdb):
    labelling = hcmdb_endpoint(annotate(["GSM34453", "GSM2"]), hcmdb)
    np.testing.assert_array_equal(labelling.values, [1, np.nan])


def test_the_excel_table_is_the_sheet_with_the_columns(tmp_path, hcmdb):
    path = tmp_path / "dataset_information.xlsx"
    with pd.ExcelWriter(path) as writer:
        pd.DataFrame({"about": ["this"], "file": ["x"]}).to_excel(writer, sheet_name="readme")
        TABLE.to_excel(writer, sheet_name="dataset_information", index=False)
    pd.testing.assert_series_equal(read_hcmdb(path), read_hcmdb(hcmdb))


def test_what_is_not_hcmdbs_table(tmp_path, hcmdb):
    with pytest.raises(DeepCMEError, match="lists none of the 1 samples"):
        hcmdb_endpoint(annotate(["TCGA-ZZ-0001-01A"]), hcmdb)
    hcmdb.write_text("Sample_id,Metastasis_status\nS1,PERHAPS\n")
    with pytest.raises(DeepCMEError, match="sample S1 has the Metastasis_status 'PERHAPS'"):
        read_hcmdb(hcmdb)
    hcmdb.write_text("a,b\n1,2\n")
    with pytest.raises(DeepCMEError, match="no column 'Sample_id'; it has a, b"):
        read_hcmdb(hcmdb)


@pytest.mark.shared
def test_the_papers_cohort_is_1193_samples_with_23_positives(shared_data):
    folder = shared_data / "hcmdb"
    files = pd.read_csv(folder / "tcga_brca_htseq_fpkm_1222_with_hcmdb.csv")
    annotation = annotate(files["aliquot"].tolist())
    labelling = hcmdb_endpoint(annotation, folder / "hcmdb_dataset_information.csv.gz")
    assert len(files) == 1222
    assert labelling.values.value_counts().to_dict() == {0.0: 1170, 1.0: 23}
    positives = annotation[labelling.values == 1]
    assert positives["tissue"].value_counts().to_dict() == {
        "primary": 14,
        "metastatic": 7,
        "normal": 2,
    }
    assert positives["patient"].nunique() == 14
