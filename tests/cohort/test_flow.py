"""A cohort counts who was read, labelled and left out, and refuses to lose an outcome."""

import json

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.endpoints.labelling import BinaryLabelling
from deepcme.cohort.filters import filter_samples
from deepcme.cohort.flow import FlowStep, read_flow, refuse_lost_outcome
from deepcme.cohort.merging import merge_cohorts
from tests.conftest import binary_transbig, invented_cohort

TISSUES = ["primary"] * 15 + ["metastatic"] * 5 + ["primary"] * 30 + ["normal"] * 10


def counted(cohort):
    return [(s.step, s.samples, s.patients, s.positives, s.left_out) for s in cohort.flow]


def with_flow(cohort):
    read = FlowStep.count("read", [*cohort.patients, "P60", "P60"])
    labelled = FlowStep.count(
        "labelled",
        cohort.patients,
        cohort.labels,
        {"with a blank relapse": 2, "of stage MX": 0},
    )
    cohort.provenance["flow"] = [read.as_json(), labelled.as_json()]
    return cohort


def test_a_step_counts_samples_patients_positives_and_reasons():
    step = FlowStep.count("labelled", ["a", "a", "b"], [1, 1, 0], {"x": 2, "y": 0, "z": 12})
    assert step == FlowStep("labelled", 3, 2, 2, {"x": 2, "z": 12})
    assert step.describe_left_out() == "12 z, 2 x"


def test_a_step_before_the_labels_has_no_positives():
    assert FlowStep.count("read", ["a", "b"]).positives is None


def test_the_example_has_a_flow():
    assert counted(binary_transbig()) == [
        ("read", 198, 198, None, {}),
        ("labelled", 189, 189, 35, {"censored before 1826.25": 9}),
    ]


def test_the_flow_survives_the_disk(tmp_path):
    cohort = with_flow(invented_cohort())
    cohort.save(tmp_path / "cohort.h5ad")
    assert Cohort.load(tmp_path / "cohort.h5ad").flow == cohort.flow
    assert read_flow(json.loads(json.dumps([s.as_json() for s in cohort.flow]))) == cohort.flow


def test_a_cohort_whose_flow_was_not_counted_has_none(cohort):
    assert cohort.flow == []


def test_every_selection_is_a_step_with_its_reasons():
    cohort = with_flow(invented_cohort(tissue=TISSUES))
    kept = filter_samples(cohort, keep_tissue=["primary", "normal"]).keep_primary_tumours()
    assert counted(kept)[2:] == [
        ("only primary and normal samples kept", 55, 55, 15, {"metastatic": 5}),
        ("only primary tumours are kept", 45, 45, 15, {"normal": 10}),
    ]


def test_one_sample_per_patient_is_a_step():
    base = invented_cohort()
    cohort = Cohort.from_arrays(
        base.X,
        base.labels,
        samples=base.samples.tolist(),
        genes=base.gene_ids.tolist(),
        patients=[f"P{i // 2}" for i in range(60)],
        endpoint="e",
        scale="fpkm",
    )
    kept = filter_samples(cohort, one_per_patient=True)
    assert [(s.samples, s.patients, s.positives) for s in kept.flow] == [
        (60, 30, 20),
        (30, 30, 10),
    ]
    assert kept.flow[1].left_out == {"of patients with another sample": 30}


def test_a_selection_of_a_cohort_without_flow_begins_as_given():
    kept = invented_cohort(tissue=TISSUES).keep_primary_tumours()
    assert counted(kept)[0] == ("as given", 60, 60, 20, {})
    assert counted(kept)[1][1:] == (45, 45, 15, {"metastatic": 5, "normal": 10})


def test_merging_keeps_the_steps_of_each_cohort(tmp_path):
    north, south = with_flow(invented_cohort()), invented_cohort(seed=1)
    south.obs["sample"] = [f"T{i}" for i in range(60)]
    south.obs["patient"] = [f"Q{i}" for i in range(60)]
    merged = merge_cohorts({"north": north, "south": south})
    assert [(s.step, s.samples, s.patients, s.positives) for s in merged.flow] == [
        ("north: read", 62, 61, None),
        ("north: labelled", 60, 60, 20),
        ("south: as given", 60, 60, 20),
        ("merged of north, south", 120, 120, 40),
    ]


def test_a_selection_that_loses_an_outcome_says_which_step_and_what_it_lost():
    tissue = ["metastatic"] * 18 + ["recurrent"] * 2 + ["primary"] * 40
    with pytest.raises(
        DeepCMEError,
        match=r"No positive sample is primary: there are 40 primary \(0 positive\), "
        r"18 metastatic \(18 positive\), 2 recurrent \(2 positive\); keep other tissues with",
    ):
        filter_samples(invented_cohort(tissue=tissue), keep_tissue=["primary"])


def test_a_study_of_primary_tumours_where_there_is_none_says_why():
    cohort = invented_cohort(tissue=["metastatic"] * 60)
    with pytest.raises(DeepCMEError, match=r"60 metastatic \(20 positive\); set tissue"):
        cohort.keep_primary_tumours()


def test_samples_without_a_label_are_no_outcome():
    labels = BinaryLabelling(rule="er = 1.", values=pd.Series([1.0, 0.0, np.nan]))
    keep = np.array([True, True, False])
    refuse_lost_outcome("er = 1", labels.outcome, keep[labels.known])
    with pytest.raises(DeepCMEError, match="er = 1: none of the 1 negative samples is left"):
        keep = np.array([True, False, True])
        refuse_lost_outcome("er = 1", labels.outcome, keep[labels.known])
