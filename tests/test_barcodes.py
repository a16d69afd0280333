"""TCGA barcodes of every length come apart at the right places."""

import pytest

from deepcme import DeepCMEError
from deepcme.barcodes import barcode_annotation, is_barcode, parse_barcode


def test_a_whole_aliquot_barcode():
    barcode = parse_barcode("TCGA-02-0001-01C-01D-0182-01")
    assert barcode.patient == "TCGA-02-0001"
    assert barcode.sample == "TCGA-02-0001-01C"
    assert (barcode.tissue_source_site, barcode.sample_type, barcode.vial) == ("02", "01", "C")
    assert (barcode.portion, barcode.analyte, barcode.plate, barcode.center) == (
        "01",
        "D",
        "0182",
        "01",
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
    ],
)
def test_shorter_barcodes_and_rs_dots(text, sample):
    assert parse_barcode(text).patient == "TCGA-A2-A3XU"
    assert parse_barcode(text).sample == sample


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
    ],
)
def test_tissue_is_told_by_the_sample_type(code, tissue):
    assert parse_barcode(f"TCGA-A2-A3XU-{code}A").tissue == tissue


@pytest.mark.parametrize("text", ["", "GSM34453", "TCGA-A2", "TCGA-A2-A3XU-1A", "TCGA_A2_A3XU"])
def test_anything_else_is_refused(text):
    assert not is_barcode(text)
    with pytest.raises(DeepCMEError, match="is not a TCGA barcode"):
        parse_barcode(text)


def test_annotation_needs_every_sample_to_tell():
    samples = ["TCGA-A2-A3XU-01A-12R-A22U-07", "TCGA-BH-A1FE-11B"]
    table = barcode_annotation(samples)
    assert table["patient"].tolist() == ["TCGA-A2-A3XU", "TCGA-BH-A1FE"]
    assert table["tissue"].tolist() == ["primary", "normal"]
    assert table["tissue_source_site"].tolist() == ["A2", "BH"]
    assert table["plate"].tolist() == ["A22U", None]
    assert barcode_annotation([*samples, "GSM1"]) is None
    assert barcode_annotation([*samples, "TCGA-A2-A3XU"]) is None
    assert barcode_annotation([]) is None
