"""The report shows who was read, labelled, left out and analysed, where that was counted."""

import json

import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.flow import FlowStep
from deepcme.report.page import write_report
from deepcme.report.sections.patients import (
    PATIENT_FLOW,
    compute_characteristics,
    compute_left_out,
    compute_patient_flow,
)
from deepcme.report.sections.unlabelled import describe_labelled_alone, describe_unlabelled
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.conftest import invented_cohort

FLOW = [
    FlowStep("read", 1217, 1095),
    FlowStep("labelled", 989, 980, 23, {"without a stage": 65, "of stage MX": 163}),
]
COHORT = {
    "samples": 980, "patients": 980, "positives": 22, "genes": 10, "scale": "fpkm",
    "source": "", "endpoint": "M1 = 1", "notes": ["a note."],
    "flow": [step.as_json() for step in FLOW],
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study of primary tumours, of a cohort that has five normal samples too."""
    path = tmp_path_factory.mktemp("flow")
    cohort = invented_cohort(tissue=["primary"] * 55 + ["normal"] * 5)
    cohort.obs["age"] = [40 + 7 * i % 60 for i in range(60)]
    cohort.provenance["flow"] = [
        FlowStep.count("labelled", cohort.patients, cohort.labels, {"a | b": 3}).as_json()
    ]
    cohort.save(path / "cohort.h5ad")
    study = make_study(
        {
            "cohort": {"path": path / "cohort.h5ad"},
            "split": {"design": "repeated", "repeats": 2},
            "models": ["LR"],
        }
    )
    return run_study(study, path / "out", jobs=1, quiet=True)


def test_steps_and_what_was_analysed_are_rows():
    table = compute_patient_flow(COHORT)
    assert table["step"].tolist() == ["read", "labelled", "analysed"]
    assert table["samples"].tolist() == [1217, 989, 980]
    assert table["patients"].tolist() == [1095, 980, 980]
    assert table["events"].tolist() == [pd.NA, 23, 22]
    assert table["left_out"].tolist() == ["", "163 of stage MX, 65 without a stage", ""]


def test_unknown_events_are_blank():
    shown = PATIENT_FLOW.show(compute_patient_flow(COHORT))
    assert shown.rows[0] == ["read", "1,217", "1,095", "", ""]


def test_a_flow_that_was_not_counted_is_told():
    with pytest.raises(DeepCMEError, match="does not say who was read"):
        compute_patient_flow({key: value for key, value in COHORT.items() if key != "flow"})


def test_the_studys_own_selection_is_a_step_of_the_report(folder):
    page = write_report(folder).read_text(encoding="utf-8")
    table = pd.read_csv(folder.path / "tables" / "patient_flow.csv", dtype=str)
    assert table.fillna("").to_numpy().tolist() == [
        ["labelled", "60", "60", "20", "3 a | b"],
        ["only primary tumours are kept", "55", "55", "20", "5 normal"],
        ["analysed", "55", "55", "20", ""],
    ]
    assert 'id="table-patient-flow"' in page
    assert "Characteristics by outcome" in page
    text = (folder.path / "report.md").read_text(encoding="utf-8")
    assert "| labelled | 60 | 60 | 20 | 3 a &#124; b |" in text
    assert "| only primary tumours are kept | 55 | 55 | 20 | 5 normal |" in text
    assert "| age | median (quartiles) | " in text


def test_a_study_from_before_the_flow_was_counted_still_has_a_report(folder):
    path = folder.path / "cohort.json"
    cohort = folder.read_json("cohort.json")
    del cohort["flow"]
    path.write_text(json.dumps(cohort))
    assert "Patient flow" not in write_report(folder).read_text(encoding="utf-8")
    assert not (folder.path / "tables" / "patient_flow.csv").exists()


SAMPLES = pd.DataFrame(
    {"patient": list("AABCDEFG"), "label": [1, 1, 0, 0, 0, 0, 0, 0]}, index=list("abcdefgh")
)
KNOWN = pd.DataFrame(
    {
        "weight": [50.0, 50, 60, 61, 62, 63, 64, None],
        "er": ["neg", "neg", "pos", "pos", "pos", "pos", None, "neg"],
    },
    index=list("abcdefgh"),
)


def test_characteristics_stand_by_outcome_with_what_is_missing():
    table, not_shown = compute_characteristics(KNOWN, SAMPLES)
    assert table.to_numpy().tolist() == [
        ["Samples", "", "8", "2", "6"],
        ["Patients", "", "7", "1", "6"],
        ["er", "neg", "3 (42.9%)", "2 (100.0%)", "1 (20.0%)"],
        ["er", "pos", "4 (57.1%)", "0 (0.0%)", "4 (80.0%)"],
        ["er", "missing", "1 (12.5%)", "0 (0.0%)", "1 (16.7%)"],
        ["weight", "median (quartiles)", "61 (55 to 62.5)", "50 (50 to 50)", "62 (61 to 63)"],
        ["weight", "missing", "1 (12.5%)", "0 (0.0%)", "1 (16.7%)"],
    ]
    assert not_shown == []


def test_columns_of_the_study_go_first_and_those_beyond_fifteen_are_named():
    many = KNOWN.assign(**{f"x{i:02}": range(8) for i in range(20)})
    table, not_shown = compute_characteristics(many, SAMPLES, first=["x19"])
    assert table["characteristic"].drop_duplicates().tolist()[2:5] == ["x19", "er", "weight"]
    assert not_shown == [f"x{i:02}" for i in range(12, 19)]


LEFT_OUT = {
    "step": "labelled",
    "samples": {"kept": 10, "left_out": 4},
    "patients": {"kept": 10, "left_out": 4},
    "columns": [
        {
            "column": "er",
            "kept": {"missing": 0, "words": {"neg": 4, "pos": 6}},
            "left_out": {"missing": 1, "words": {"neg": 3, "pos": 0}},
        },
        {
            "column": "time",
            "kept": {"missing": 0, "quartiles": [1.0, 2.0, 3.0]},
            "left_out": {"missing": 4},
        },
    ],
    "not_shown": [],
}


def test_left_out_stand_beside_kept_by_what_is_no_follow_up():
    table = compute_left_out({"left_out": [LEFT_OUT]}, ["er"])
    assert table.to_numpy().tolist() == [
        ["Samples", "", "10", "4"],
        ["Patients", "", "10", "4"],
        ["er", "neg", "4 (40.0%)", "3 (100.0%)"],
        ["er", "pos", "6 (60.0%)", "0 (0.0%)"],
        ["er", "missing", "0 (0.0%)", "1 (25.0%)"],
    ]


def test_each_merged_cohort_has_its_own_left_out():
    both = [{**LEFT_OUT, "step": f"{name}: labelled"} for name in "AB"]
    table = compute_left_out({"left_out": both}, ["er"])
    assert table["step"].unique().tolist() == ["A: labelled", "B: labelled"]


def test_a_cohort_that_left_nobody_out_says_so_and_an_old_one_does_not_know():
    whole = [FlowStep("read", 9, 9), FlowStep("labelled", 9, 9, 4)]
    with pytest.raises(DeepCMEError, match="Every sample had a label"):
        compute_left_out({"flow": [step.as_json() for step in whole]}, [])
    with pytest.raises(DeepCMEError, match=r"does not say who was left out.*prepare it again"):
        compute_left_out(COHORT, ["er"])


def unlabelled(why, n, kept=100):
    step = FlowStep("labelled", kept, kept, 30, {why: n})
    return describe_unlabelled({"samples": kept, "positives": 30, "flow": [step.as_json()]})


def test_many_censored_before_the_horizon_are_warned_about_and_few_are_not():
    said = unlabelled("censored before 5", 50)
    assert said.startswith("50 of 150 samples (33%) were followed for too short a time")
    assert "The share of events, 30.0%, therefore overstates the risk" in said
    assert "followed for too short" in unlabelled("followed for less than 5 years", 6)
    assert unlabelled("censored before 5", 5) == ""
    assert unlabelled("of stage MX", 50) == ""


def test_the_verdict_says_that_risks_hold_for_the_labelled_alone():
    def said(why, n):
        step = FlowStep("labelled", 100, 100, 30, {why: n})
        return describe_labelled_alone({"flow": [step.as_json()]})

    assert said("censored before 5", 50) == (
        "50 of 150 samples (33%) were left out as censored before the horizon: risks, "
        "calibration and net benefit hold for the labelled alone."
    )
    assert said("censored before 5", 5) == said("of stage MX", 50) == ""
    assert describe_labelled_alone({}) == ""


def test_many_blank_labels_are_the_authors_to_explain():
    said = unlabelled("with a blank metastasis", 50)
    assert "50 of 150 samples (33%) had no label" in said
    assert "Where that is because their follow-up ended early" in said
    assert said.endswith("the author must state why they have none.")
    assert unlabelled("with a blank metastasis", 5) == ""


def test_that_none_of_those_without_a_label_has_the_event_is_said():
    step = FlowStep("labelled", 10, 10, 3, {"with a blank metastasis": 4})
    cohort = {"samples": 10, "positives": 3, "flow": [step.as_json()]}

    def said(events):
        column = {
            "column": "event",
            "kept": {"missing": 0, "words": {"0": 7, "1": 3}},
            "left_out": {"missing": 0, "words": {"0": 4 - events, "1": events}},
        }
        return describe_unlabelled({**cohort, "left_out": [{"columns": [column]}]})

    assert "left out (event is 0 for all of them)." in said(0)
    assert "for all of them" not in said(1)
