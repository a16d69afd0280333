"""Ids of public programmes come apart at the right places, each by itself."""

import pytest

from deepcme.cohort.barcodes import (
    barcode_annotation,
    canonical_id,
    canonical_patient,
    read_barcode,
)


def test_a_whole_aliquot_barcode():
    barcode = read_barcode("TCGA-02-0001-01C-01D-0182-01")
    assert (barcode.program, barcode.patient) == ("TCGA", "TCGA-02-0001")
    assert barcode.sample == "TCGA-02-0001-01C"
    assert (barcode.tissue_source_site, barcode.sample_type, barcode.vial) == ("02", "01", "C")
    assert (barcode.portion, barcode.analyte, barcode.plate, barcode.center) == (
        "01",
        "D",
        "0182",
        "01",
    )
    assert barcode.levels == (
        "TCGA-02-0001",
        "TCGA-02-0001-01",
        "TCGA-02-0001-01C",
        "TCGA-02-0001-01C-01",
        "TCGA-02-0001-01C-01D",
        "TCGA-02-0001-01C-01D-0182",
        "TCGA-02-0001-01C-01D-0182-01",
    )


@pytest.mark.parametrize(
    ("text", "sample"),
    [
        ("TCGA-A2-A3XU", None),
        ("TCGA-A2-A3XU-01", "TCGA-A2-A3XU-01"),
        ("TCGA-A2-A3XU-01A", "TCGA-A2-A3XU-01A"),
        ("TCGA-A2-A3XU-01A-12R", "TCGA-A2-A3XU-01A"),
        ("TCGA.A2.A3XU.01A.12R.A22U.07", "TCGA-A2-A3XU-01A"),
        (" tcga-a2-a3xu-01a ", "TCGA-A2-A3XU-01A"),
        ("TCGA-A2-A3XU-01A.1", "TCGA-A2-A3XU-01A"),
        ("TCGA.A2.A3XU.01A.2", "TCGA-A2-A3XU-01A"),
        ("TCGA_A2_A3XU_01A", "TCGA-A2-A3XU-01A"),
        ("TCGA_A2_A3XU_01A.1", "TCGA-A2-A3XU-01A"),
        ("TCGA\u2013A2\u2013A3XU\u201301A", "TCGA-A2-A3XU-01A"),
        ("TCGA\u2011A2\u2011A3XU\u201101A", "TCGA-A2-A3XU-01A"),
    ],
)
def test_shorter_barcodes_other_dashes_and_rs_numbers(text, sample):
    assert read_barcode(text).patient == "TCGA-A2-A3XU"
    assert read_barcode(text).sample == sample


@pytest.mark.parametrize(
    ("text", "program", "patient", "tissue"),
    [
        ("TARGET-20-PABCDE-04A-01R", "TARGET", "TARGET-20-PABCDE", "recurrent"),
        ("TARGET-30-PAAPFA-01A-01R", "TARGET", "TARGET-30-PAAPFA", "primary"),
        ("TARGET-20-PABCDE-EOI1-14A-01R", "TARGET", "TARGET-20-PABCDE", "normal"),
        ("TARGET-30-PAAPFA-60A", "TARGET", "TARGET-30-PAAPFA", "model"),
        ("HCM-BROD-0003-C71-01A", "HCMI", "HCM-BROD-0003-C71", "primary"),
        ("HCM-BROD-0679-C43-85M-01R-A80U-41", "HCMI", "HCM-BROD-0679-C43", "model"),
        ("C3L-00000", "CPTAC", "C3L-00000", "unknown"),
        ("C3N-00012-01", "CPTAC", "C3N-00012", "unknown"),
        ("C3N.00012.N", "CPTAC", "C3N-00012", "unknown"),
        ("C3N.00012.1", "CPTAC", "C3N-00012", "unknown"),
        ("GTEX-1117F-0226-SM-5GZZ7", "GTEx", "GTEX-1117F", "normal"),
        ("GTEX-WVLH-0011-R1A-SM-3MJFN", "GTEx", "GTEX-WVLH", "normal"),
    ],
)
def test_other_programmes(text, program, patient, tissue):
    barcode = read_barcode(text)
    assert (barcode.program, barcode.patient, barcode.tissue) == (program, patient, tissue)


@pytest.mark.parametrize(
    ("code", "tissue"),
    [
        ("01", "primary"),
        ("02", "recurrent"),
        ("06", "metastatic"),
        ("07", "metastatic"),
        ("10", "normal"),
        ("11", "normal"),
        ("20", "unknown"),
        ("50", "model"),
        ("61", "model"),
        ("86", "model"),
    ],
)
def test_tissue_is_told_by_the_sample_type(code, tissue):
    assert read_barcode(f"TCGA-A2-A3XU-{code}A").tissue == tissue


@pytest.mark.parametrize(
    "text", ["", "GSM34453", "TCGA-A2", "TCGA-A2-A3XU-1A", "TCGA/A2/A3XU", "C3PO-00000"]
)
def test_anything_else_is_no_barcode_and_stays_as_it_is(text):
    assert read_barcode(text) is None
    assert canonical_id(text) == canonical_patient(text) == text


@pytest.mark.parametrize("cell", ["P1, P1", "P1;P1 ", "P1|P1", "P1 /// P1", "P1;"])
def test_a_patient_that_a_cell_repeats_is_one(cell):
    assert canonical_patient(cell) == "P1"
    assert canonical_patient("TCGA-A2-A3XU-01A; tcga.a2.a3xu") == "TCGA-A2-A3XU"
    assert canonical_patient("P1, P2") == "P1, P2"


def test_a_sample_after_a_second_one_of_its_name_is_known_as_rs():
    assert read_barcode("TCGA-A2-A3XU-01A.1").repeats
    assert not read_barcode("TCGA.A2.A3XU.01").repeats


def test_what_one_id_says_does_not_depend_on_the_others():
    samples = ["TCGA-A2-A3XU-01A-12R-A22U-07", "TCGA-BH-A1FE-11B", "TCGA-A2-A3XU"]
    alone = barcode_annotation(samples)
    assert alone["patient"].tolist() == ["TCGA-A2-A3XU", "TCGA-BH-A1FE", "TCGA-A2-A3XU"]
    assert alone["tissue"].tolist() == ["primary", "normal", "unknown"]
    assert alone["tissue_source_site"].tolist() == ["A2", "BH", "A2"]
    assert alone["plate"].tolist() == ["A22U", None, None]
    beside = barcode_annotation(["GSM1", *samples, "gene_length"])
    assert beside.iloc[1:4].equals(alone)
    assert beside.loc["GSM1"].tolist() == [None, "GSM1", "unknown", None, None]
