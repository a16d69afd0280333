"""Samples are kept by tissue and by patient, and the choice is noted."""

import numpy as np
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.barcodes import barcode_annotation
from deepcme.cohort.filters import filter_samples

SAMPLES = [
    "TCGA-A1-0001-01A-11R-A115-07",
    "TCGA-A1-0001-01A-11R-A21T-07",  # a later plate of the same sample
    "TCGA-A1-0001-01B-11R-A21T-07",
    "TCGA-A1-0002-06A-11R-A115-07",
    "TCGA-A1-0002-01B-11R-A115-07",
    "TCGA-A1-0003-11A-11R-A115-07",
    "TCGA-A1-0004-01A-11R-A115-07",
]
LABELS = [1, 1, 1, 1, 0, 0, 0]


@pytest.fixture
def cohort():
    annotation = barcode_annotation(SAMPLES)
    return Cohort.from_arrays(
        np.arange(14.0).reshape(7, 2),
        LABELS,
        samples=SAMPLES,
        genes=["A", "B"],
        patients=annotation["patient"].tolist(),
        tissue=annotation["tissue"].tolist(),
        endpoint="invented",
        scale="fpkm",
    )


def test_one_sample_per_patient_prefers_primary_first_vial_and_latest_plate(cohort):
    kept = filter_samples(cohort, one_per_patient=True)
    assert kept.samples.tolist() == [SAMPLES[1], SAMPLES[4], SAMPLES[5], SAMPLES[6]]
    assert kept.notes[-2].endswith("latest plate): 3 left out.")
    assert kept.notes[-1] == (
        "Warning: 1 patient (TCGA-A1-0002) had both labels: the label is that of the sample kept."
    )


def test_tissues_are_kept_by_name(cohort):
    kept = filter_samples(cohort, keep_tissue=["primary"])
    assert kept.n_samples == 5
    assert "Only primary samples kept: 1 metastatic, 1 normal left out." in kept.notes
    both = filter_samples(cohort, keep_tissue=["primary", "metastatic"], one_per_patient=True)
    assert both.n_samples == 3


def test_nothing_to_leave_out_is_no_note(cohort):
    everything = ["primary", "metastatic", "normal"]
    assert filter_samples(cohort, keep_tissue=everything) is cohort


def test_a_tissue_that_is_none_or_absent(cohort):
    with pytest.raises(DeepCMEError, match="Unknown tissue 'tumour': choose from primary"):
        filter_samples(cohort, keep_tissue=["tumour"])
    with pytest.raises(DeepCMEError, match=r"No sample is recurrent: there are 5 primary \(3 "):
        filter_samples(cohort, keep_tissue=["recurrent"])


def test_a_tissue_that_only_one_class_has(cohort):
    with pytest.raises(
        DeepCMEError, match=r"No negative sample is metastatic: .* 1 metastatic \(1 positive\)"
    ):
        filter_samples(cohort, keep_tissue=["metastatic"])


def test_a_cell_line_can_be_left_out(cohort):
    cohort.obs["tissue"] = ["model"] + ["primary"] * 6
    assert filter_samples(cohort, keep_tissue=["primary"]).n_samples == 6
    assert filter_samples(cohort, one_per_patient=True).samples[0] == SAMPLES[1]
