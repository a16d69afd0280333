"""Clinical tables of the portals are told apart and joined to the right samples."""

import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.endpoints.m_stage import pathologic_m1
from deepcme.cohort.endpoints.metastasis import any_distant_metastasis
from deepcme.sources.assembly.clinical_tables import read_clinical
from deepcme.sources.assembly.identity import annotate
from deepcme.sources.assembly.joining import join_clinical
from tests.cohort.endpoints.horizon import labelled_at

BIOTAB = (
    "bcr_patient_uuid\tbcr_patient_barcode\tajcc_metastasis_pathologic_pm\tmetastasis_site\n"
    "bcr_patient_uuid\tbcr_patient_barcode\tpathologic_M\tmetastatic_site_at_diagnosis\n"
    "CDE_ID:\tCDE_ID:2673794\tCDE_ID:3045439\tCDE_ID:3124499\n"
    "u1\tTCGA-A1-0001\tM1\tBone|Liver\n"
    "u2\tTCGA-A1-0002\tM0\t[Not Available]\n"
    "u3\tTCGA-A1-0003\tMX\t[Not Available]\n"
)
FOLLOW_UP = (
    "bcr_patient_uuid\tbcr_patient_barcode\tnew_tumor_event_type\tvital_status\n"
    "bcr_patient_uuid\tbcr_patient_barcode\tnew_neoplasm_event_type\tvital_status\n"
    "CDE_ID:\tCDE_ID:2673794\tCDE_ID:3119721\tCDE_ID:5\n"
    "u3\tTCGA-A1-0003\t[Not Applicable]\tAlive\n"
    "u3\tTCGA-A1-0003\tDistant Metastasis\tDead\n"
)
PATIENTS = (
    "#Patient Identifier\tOverall Survival Status\tOverall Survival (Months)\n"
    "#Patient identifier\tOverall survival status\tMonths\n"
    "#STRING\tSTRING\tNUMBER\n"
    "#1\t1\t1\n"
    "PATIENT_ID\tOS_STATUS\tOS_MONTHS\n"
    "P1\t1:DECEASED\t31.77\n"
    "P2\t0:LIVING\t[Not Available]\n"
    "P3\t0:LIVING\t90\n"
)
SAMPLES = (
    "#Patient\tSample\tType\n#x\tx\tx\n#STRING\tSTRING\tSTRING\n#1\t1\t1\n"
    "PATIENT_ID\tSAMPLE_ID\tSAMPLE_TYPE\n"
    "P1\tP1-T\tPrimary\nP1\tP1-M\tMetastasis\nP2\tP2-T\tPrimary\nP3\tP3-T\tPrimary\n"
)
ALIQUOTS = [f"TCGA-A1-000{i}-01A-11R-A115-07" for i in (1, 2, 3)]


def written(folder, text, name="clinical.txt"):
    path = folder / name
    path.write_text(text)
    return path


def test_biotab_has_three_header_rows_and_words_for_missing(tmp_path):
    table = read_clinical(written(tmp_path, BIOTAB))
    assert table.by == "patient"
    assert table.rows.index.tolist() == ["TCGA-A1-0001", "TCGA-A1-0002", "TCGA-A1-0003"]
    assert table.rows["metastasis_site"].tolist() == ["Bone|Liver", None, None]


@pytest.mark.parametrize("n_further", [0, 1, 2])
@pytest.mark.parametrize("separator", ["\t", ","])
def test_only_rows_that_repeat_the_header_of_biotab_are_passed_over(
    tmp_path, n_further, separator
):
    lines = BIOTAB.splitlines()
    text = "\n".join([lines[0], *lines[3 - n_further : 3], *lines[3:]]) + "\n"
    table = read_clinical(written(tmp_path, text.replace("\t", separator)))
    assert table.rows["ajcc_metastasis_pathologic_pm"].tolist() == ["M1", "M0", "MX"]


def test_biotab_with_the_barcode_first(tmp_path):
    swapped = ["\t".join(line.split("\t")[1::-1]) for line in BIOTAB.splitlines()]
    table = read_clinical(written(tmp_path, "\n".join(swapped) + "\n"))
    assert table.rows["bcr_patient_uuid"].tolist() == ["u1", "u2", "u3"]


@pytest.mark.parametrize(
    "key",
    [
        *("geo_accession", "Sample.ID", "sample-id", "Sample Name", "barcode", "sampleID"),
        *("submitter_id.samples", "tumor_sample_barcode", "", "Unnamed: 0", "ID", "X"),
    ],
)
def test_the_sample_goes_by_many_names(tmp_path, key):
    rows = [f"GSM{n},{word},x" for n, word in enumerate(["yes", "no", "no"], 7)]
    path = written(tmp_path, "\n".join([f"{key},relapse,site", *rows]) + "\n", "c.csv")
    table = read_clinical(path)
    assert table.by == "sample"
    assert table.rows["relapse"].to_dict() == {"GSM7": "yes", "GSM8": "no", "GSM9": "no"}


def test_the_sample_goes_before_the_patient(tmp_path):
    text = "patient_id,geo_accession,x\nP1,GSM1,1\nP1,GSM2,2\n"
    table = read_clinical(written(tmp_path, text, "c.csv"))
    assert (table.by, table.patient) == ("sample", "patient_id")
    assert table.rows["x"].to_dict() == {"GSM1": "1", "GSM2": "2"}


def test_a_column_of_kinds_is_neither_sample_nor_patient(tmp_path):
    rows = [
        f"{kind},{word},P{n}"
        for n, (kind, word) in enumerate([("case", "Primary"), ("control", "Normal")] * 3)
    ]
    text = "\n".join(["subject,sample,person", *rows]) + "\n"
    table = read_clinical(written(tmp_path, text, "c.csv"))
    assert (table.by, table.rows.index.tolist()) == ("patient", [f"P{n}" for n in range(6)])
    assert table.notes == (
        "c.csv: the column 'subject' has 2 values for 6 samples and was not taken for the "
        "patients; give --patient subject if it is.",
    )


def test_a_count_of_the_rows_is_no_key(tmp_path):
    path = written(tmp_path, ",relapse,site\n0,yes,x\n1,no,x\n", "c.csv")
    with pytest.raises(DeepCMEError, match="no column names the patient or the sample"):
        read_clinical(path)


def test_spaces_that_were_taken_out_of_ids_are_said(tmp_path):
    table = read_clinical(written(tmp_path, "PATIENT_ID,x\n P1,1\nP2 ,2\nP3,3\n", "c.csv"))
    assert table.rows.index.tolist() == ["P1", "P2", "P3"]
    assert table.notes == (
        "c.csv: spaces were taken out of 2 sample or patient ids (' P1', 'P2 ').",
    )


def test_forms_of_one_patient_are_put_together(tmp_path):
    rows = read_clinical(written(tmp_path, FOLLOW_UP)).rows
    assert rows.loc["TCGA-A1-0003"].tolist() == [
        "u3",
        "NA | Distant Metastasis",
        "Alive | Dead",
    ]


def test_biotab_tables_give_the_metastasis_endpoints(tmp_path):
    tables = [
        read_clinical(written(tmp_path, BIOTAB, "patient.txt")),
        read_clinical(written(tmp_path, FOLLOW_UP, "follow_up.txt")),
    ]
    annotation, notes = join_clinical(annotate(ALIQUOTS), tables)
    assert notes == [
        "patient.txt covers 3 of 3 samples.",
        "follow_up.txt covers 1 of 3 samples; it has no row of TCGA-A1-0001, TCGA-A1-0002.",
    ]
    assert pathologic_m1(annotation).values.tolist()[:2] == [1, 0]
    assert any_distant_metastasis(annotation).values.tolist() == [1, 0, 1]
    assert "bcr_patient_uuid (follow_up.txt)" in annotation.columns


def test_cbioportal_samples_lead_to_patients_and_their_statuses(tmp_path):
    tables = [
        read_clinical(written(tmp_path, PATIENTS, "data_clinical_patient.txt")),
        read_clinical(written(tmp_path, SAMPLES, "data_clinical_sample.txt")),
    ]
    annotation, _ = join_clinical(annotate(["P1-T", "P1-M", "P2-T", "P3-T"]), tables)
    assert annotation["patient"].tolist() == ["P1", "P1", "P2", "P3"]
    assert annotation["tissue"].tolist() == ["primary", "metastatic", "primary", "primary"]
    labelling = labelled_at(annotation, "OS_MONTHS", "OS_STATUS", 60)
    assert labelling.values.tolist()[:2] == [1, 1]
    assert labelling.left_out["without a known OS_MONTHS"] == 1


def test_barcodes_meet_at_the_length_of_the_table(tmp_path):
    path = written(tmp_path, "sample\tOS\tOS.time\nTCGA-A1-0001-01\t1\t30\n")
    annotation, _ = join_clinical(annotate(ALIQUOTS), [read_clinical(path)])
    assert annotation["OS"].fillna("").tolist() == ["1", "", ""]
    path = written(tmp_path, "sample\tOS\nTCGA-A1-0003-01A\t1\n")
    annotation, _ = join_clinical(annotate(ALIQUOTS), [read_clinical(path)])
    assert annotation["OS"].fillna("").tolist() == ["", "", "1"]


def test_a_table_of_other_patients_is_refused(tmp_path):
    table = read_clinical(written(tmp_path, PATIENTS))
    with pytest.raises(DeepCMEError, match=r"clinical\.txt has none of the 3 patients"):
        join_clinical(annotate(ALIQUOTS), [table])


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("age\tgrade\n50\t2\n", "no column names the patient or the sample"),
        ("#a\n#b\n", "no line names the columns; the file holds no table"),
        ("PATIENT_ID\tx\tx\nP1\t1\t2\n", r"1 column id occurs more than once \(x\)"),
        ("PATIENT_ID\tx\n", "no row"),
        (
            "PATIENT_ID\tx\nP1\t1\t2\t3\n",
            "row 2 has 4 cells where the header and the rows before it have 2",
        ),
    ],
)
def test_what_is_no_clinical_table(tmp_path, text, match):
    with pytest.raises(DeepCMEError, match=match) as caught:
        read_clinical(written(tmp_path, text))
    assert "clinical.txt" in str(caught.value)


def test_words_that_say_nothing_are_missing_and_a_minus_beside_a_plus_is_none_of_them(tmp_path):
    path = written(tmp_path, "PATIENT_ID\ter\tgrade\nP1\t+\t-\nP2\t-\tunknown\nP3\tND\t2\n")
    rows = read_clinical(path).rows
    assert rows["er"].tolist() == ["+", "-", None]
    assert rows["grade"].tolist() == [None, None, "2"]


def test_a_bar_within_a_cell_is_no_further_record(tmp_path):
    text = "PATIENT_ID\tsite\nP1\tBone | Liver\nP2\tBone|Liver\nP2\tLung\n"
    rows = read_clinical(written(tmp_path, text)).rows
    assert rows["site"].tolist() == ["Bone|Liver", "Bone|Liver | Lung"]


def test_a_sample_is_of_one_patient(tmp_path):
    text = "SAMPLE_ID\tPATIENT_ID\tx\nS1\tP1\t1\nS1\t\t2\n"
    table = read_clinical(written(tmp_path, text))
    assert table.rows.loc["S1"].tolist() == ["P1", "1 | 2"]
    path = written(tmp_path, text + "S1\tP2\t3\n")
    with pytest.raises(
        DeepCMEError, match=r"clinical\.txt: the rows of sample S1 name several"
    ):
        read_clinical(path)


@pytest.mark.shared
def test_the_biotab_tables_of_breast_cancer(shared_data):
    folder = shared_data / "resources" / "tcga_brca_biotab"
    tables = [read_clinical(path) for path in sorted(folder.glob("*.txt"))]
    expected = pd.read_csv(shared_data / "tcga_brca_patient_labels.csv", index_col=0)
    annotation = pd.DataFrame(
        {"patient": expected.index, "tissue": "primary", "batch": ""}, index=expected.index
    )
    annotation, _ = join_clinical(annotation, tables)
    m1 = pathologic_m1(annotation)
    pd.testing.assert_series_equal(m1.values, expected["metastasis_m1"], check_names=False)
    assert m1.values.value_counts().to_dict() == {0.0: 912, 1.0: 22}
    recorded = any_distant_metastasis(annotation.drop(columns=["patient", "tissue", "batch"]))
    assert (recorded.values == expected["metastasis_clinical"]).all()
    assert recorded.values.sum() == 64


@pytest.mark.shared
def test_the_portals_export_of_breast_cancer(shared_data):
    name = "cbioportal_brca_tcga_pan_can_atlas_2018_clinical_export.tsv"
    table = read_clinical(shared_data / "resources" / name)
    assert (table.by, table.patient, len(table.rows)) == ("sample", "Patient ID", 1084)
    m1 = pathologic_m1(table.rows)
    assert m1.values.value_counts().to_dict() == {0.0: 901, 1.0: 21}
    status = labelled_at(table.rows, "Overall Survival (Months)", "Overall Survival Status", 60)
    assert status.values.notna().sum() > 300
