"""The report shows who was read, labelled, left out and analysed, where that was counted."""

import json

import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.flow import FlowStep
from deepcme.report.page import write_report
from deepcme.report.sections.guidelines import compute_tripod
from deepcme.report.sections.patients import PATIENT_FLOW, compute_patient_flow
from deepcme.study.run import run_study
from deepcme.study.spec import load_study, make_study
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


def test_the_guideline_on_the_flow_of_participants_is_answered_with_it(folder):
    study = load_study(folder.path / "study.toml")
    table = compute_tripod(COHORT, study).set_index("asks")
    assert table.loc["Flow of participants", "answer"] == (
        "read: 1,217 samples of 1,095 patients; labelled: 989 samples of 980 patients "
        "(163 of stage MX, 65 without a stage left out). 980 samples of 980 patients analysed."
    )


def test_the_studys_own_selection_is_a_step_of_the_report(folder):
    page = write_report(folder).read_text(encoding="utf-8")
    table = pd.read_csv(folder.path / "tables" / "patient_flow.csv", dtype=str)
    assert table.fillna("").to_numpy().tolist() == [
        ["labelled", "60", "60", "20", "3 a | b"],
        ["only primary tumours are kept", "55", "55", "20", "5 normal"],
        ["analysed", "55", "55", "20", ""],
    ]
    assert '<table id="table-patient-flow"' in page
    text = (folder.path / "report.md").read_text(encoding="utf-8")
    assert "| labelled | 60 | 60 | 20 | 3 a &#124; b |" in text
    assert "| only primary tumours are kept | 55 | 55 | 20 | 5 normal |" in text


def test_a_study_from_before_the_flow_was_counted_still_has_a_report(folder):
    path = folder.path / "cohort.json"
    cohort = folder.read_json("cohort.json")
    del cohort["flow"]
    path.write_text(json.dumps(cohort))
    assert "Patient flow" not in write_report(folder).read_text(encoding="utf-8")
    assert not (folder.path / "tables" / "patient_flow.csv").exists()
