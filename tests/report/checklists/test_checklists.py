"""Checklists say what this study has; what a tool cannot know is left to the author."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.flow import FlowStep
from deepcme.report.checklists.answers import Answer, count_answers
from deepcme.report.checklists.probast import compute_probast
from deepcme.report.checklists.tripod import compute_tripod
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents
from deepcme.study.spec import make_study
from deepcme.study.store import StudyFolder
from tests.conftest import BINARY_EXAMPLE

N, EVENTS = 60, 20
LABELLED = FlowStep("labelled", N, N, EVENTS, {"censored before 5": 30})
COHORT = {
    "name": "invented", "samples": N, "patients": N, "positives": EVENTS, "genes": 100,
    "positive_patients": EVENTS, "scale": "log2", "source": "", "tissue": {"primary": N},
    "endpoint": "relapse = 1 against relapse = 0, as given in samples.csv; blank = left out.",
    "notes": [], "flow": [FlowStep("read", 90, 90).as_json(), LABELLED.as_json()],
    "endpoint_name": "relapse", "left_out": [], "batches": {},
    "missing_values": {"values": 0, "genes": 0, "samples": 0},
}  # fmt: skip
DISCRIMINATION = pd.DataFrame(
    {
        "model": ["LR"],
        "auc": [0.7],
        "ci_low": [0.6],
        "ci_high": [0.8],
        "n": [N],
        "events": [EVENTS],
    }
)


def predictions(**probability):
    random = np.random.default_rng(0)
    label = np.r_[np.ones(EVENTS), np.zeros(N - EVENTS)].astype(int)
    ids = [f"S{i}" for i in range(N)]
    part = np.where(np.arange(N) % 2, "train", "test")
    tables = []
    for model, known in probability.items():
        score = random.normal(size=N) + label * np.where(part == "train", 9, 1)
        tables.append(
            pd.DataFrame(
                {
                    "split": 1, "model": model, "sample": ids, "patient": ids, "part": part,
                    "label": label, "score": score, "probability": 0.5 if known else np.nan,
                }
            )
        )  # fmt: skip
    return pd.concat(tables)


@pytest.fixture
def make(tmp_path):
    """Contents of a report of a study that never ran, by its settings, cohort and tables."""

    def contents(cohort=None, tables=None, notes=None, rows=None, findings=(), **settings):
        values = {
            **BINARY_EXAMPLE,
            "models": ["LR", "SVC"],
            "split": {"strata": "none"},
            **settings,
        }
        study = make_study(values)
        (tmp_path / "audit.json").write_text(json.dumps(list(findings)))
        results = StudyResults(
            StudyFolder(tmp_path),
            study,
            {**COHORT, **(cohort or {})},
            predictions(LR=True, SVC=False) if rows is None else rows,
        )
        told = {"discrimination": DISCRIMINATION, **(tables or {})}
        return Contents(results, told, dict(notes or {}))

    return contents


def tripod(contents, number):
    return compute_tripod(contents).set_index("number").loc[number]


def probast(contents, number):
    return compute_probast(contents).set_index("number").loc[number]


def test_who_answers_follows_from_the_answer():
    assert Answer("This.").status == "study"
    assert Answer("This.", "that").status == "partly"
    assert str(Answer("This.", "that")) == "This. Author must state: that."
    assert Answer(left="that").status == "author"


def test_all_52_parts_of_tripod_and_34_questions_of_probast_are_there(make):
    items = compute_tripod(make())
    assert len(items) == 52
    assert items["number"].str.extract(r"(\d+)")[0].astype(int).drop_duplicates().tolist() == [
        *range(1, 28)
    ]
    numbers = compute_probast(make())["number"]
    both, development, evaluation = (
        numbers.str.match(pattern).sum() for pattern in (r"\d\.\d$", "D ", "E ")
    )
    assert (both + development, both + evaluation) == (16, 18)


def test_how_many_are_filled_is_counted(make):
    table = pd.DataFrame({"status": ["study", "partly", "partly", "author"]})
    assert count_answers(table) == (
        "3 of 4 items are answered by the study, 2 of these in part; 1 are left to the author."
    )
    statuses = compute_tripod(make())["status"]
    assert set(statuses) == {"study", "partly", "author"}
    assert (statuses == "author").sum() > 15


def test_leakage_is_answered_for_what_was_run_and_preselected_genes_are_the_authors(make):
    row = probast(make(), "E 4.5")
    assert row["answer"].startswith("In what was run here, yes: split by patient")
    assert "Author must state: whether genes were chosen" in row["answer"]
    assert row["status"] == "partly"
    for answer in (tripod(make(), "9a"), probast(make(), "E 4.6")):
        assert "genes were chosen" in answer["answer"]
        assert answer["status"] == "partly"


def test_values_that_the_audit_found_standardised_with_test_patients_are_no_clean_answer(make):
    finding = {"code": "DCM011", "title": "Values were standardised over all samples"}
    answer = probast(make(findings=[finding]), "E 4.5")["answer"]
    assert "Before that, values were standardised over all samples (DCM011)." in answer
    assert "Before that" not in probast(make(), "E 4.5")["answer"]


def test_imbalance_is_answered_as_it_is_asked(make):
    weighted = {"name": "LR", "parameters": {"class_weight": "balanced"}}
    for contents in (make(), make(models=[weighted])):
        assert probast(contents, "E 4.4")["answer"].startswith("Yes: nothing is resampled")
    assert probast(make(), "D 4.4")["answer"].startswith("It was not addressed")
    assert "LR" in probast(make(models=[weighted]), "D 4.4")["answer"]


def test_overfitting_is_told_of_each_cohort_left_out_and_not_of_their_mean(make):
    cohorts = pd.concat([DISCRIMINATION, DISCRIMINATION.assign(auc=0.4)])
    table = cohorts.assign(left_out=["north", "south"])
    answer = probast(make(tables={"discrimination": table}), "D 4.5")["answer"]
    assert "fitted and 0.700 in north, 0.400 in south where it was not" in answer


def test_leakage_that_is_known_is_said(make):
    paper = make(protocol="paper")
    assert probast(paper, "E 4.5")["answer"].startswith("No: preprocessing was fitted on all")
    assert probast(paper, "E 4.6")["answer"].startswith("No: preprocessing was fitted once")


def test_overfitting_is_answered_from_this_study(make):
    answer = probast(make(), "D 4.5")["answer"]
    assert answer.startswith("In the estimates yes: performance is that of held-out")
    assert "LR has an AUC of 1.000 where it was fitted and 0.695 where" in answer
    assert "from 20 events and 100 genes" in answer
    assert probast(make(protocol="paper"), "D 4.5")["answer"].startswith(
        "In the estimates not wholly: preprocessing was fitted on all rows"
    )


CALIBRATION = pd.DataFrame(
    {"model": ["LR"], "metric": ["slope"], "value": [0.5], "ci_low": [0.2], "ci_high": [0.8]}
)


def test_calibration_is_said_to_be_evaluated_of_the_models_that_have_probabilities(make):
    answer = probast(make(tables={"calibration": CALIBRATION}), "E 4.7")["answer"]
    assert "Discrimination: yes, with intervals." in answer
    assert "Calibration: of LR, with intervals, not of SVC, without probabilities." in answer
    assert "With 20 of the rarer outcome tested, good calibration cannot be shown." in answer
    assert "Net benefit: no." in answer
    assert (
        "slope 0.50 (0.20 to 0.80)"
        in probast(make(tables={"calibration": CALIBRATION}), "D 4.5")["answer"]
    )


def test_without_probabilities_calibration_is_not_said_to_be_evaluated(make):
    contents = make(
        rows=predictions(LR=False), notes={"calibration": "no model gives probabilities."}
    )
    answer = probast(contents, "E 4.7")["answer"]
    assert "Calibration: no. No model gives probabilities." in answer
    many = DISCRIMINATION.assign(n=400, events=150)
    enough = make(tables={"calibration": CALIBRATION, "discrimination": many})
    assert "cannot be shown" not in probast(enough, "E 4.7")["answer"]
    assert probast(enough, "E 4.2")["answer"].startswith("Yes: 150 events")
    assert probast(make(), "E 4.2")["answer"].startswith("No: 20 events and 40 without")


CLINICAL = {"columns": ["age", "grade"], "genes": "LR-tuned"}
COLUMNS = pd.DataFrame({"column": ["age", "grade", "grade"], "missing": [0, 27, 27]})


def test_missing_values_are_counted_and_whether_that_was_appropriate_is_the_authors(make):
    gaps = {"missing_values": {"values": 12, "genes": 3, "samples": 4}}
    contents = make(gaps, {"clinical_columns": COLUMNS}, clinical=CLINICAL)
    for row in (tripod(contents, "11"), probast(contents, "D 4.3")):
        assert "12 values (0.20%) are missing, of 3 genes in 4 samples" in row["answer"]
        assert "age 0 of 60 (0%), grade 27 of 60 (45%)" in row["answer"]
        assert row["answer"].endswith("whether this handling is appropriate.")
        assert row["status"] == "partly"


def test_an_indicator_of_missing_values_is_said_where_it_was_asked_for(make):
    def said(**more):
        tables = {"clinical_columns": COLUMNS}
        return tripod(make(tables=tables, clinical=CLINICAL | more), "11")["answer"]

    assert "with an indicator of being missing beside it." in said(missing="indicator")
    assert "indicator" not in said()


def test_a_column_that_a_spreadsheet_would_take_for_a_formula_is_told(make):
    guarded = COLUMNS.replace({"column": {CLINICAL["columns"][0]: "'=1+1"}})
    named = CLINICAL | {"columns": ["=1+1", *CLINICAL["columns"][1:]]}
    answer = tripod(make(tables={"clinical_columns": guarded}, clinical=named), "11")["answer"]
    assert "'=1+1" in answer


def test_the_output_is_told_by_model_and_the_risks_of_the_study_file(make):
    answer = tripod(make(decisions={"thresholds": [0.15]}), "15")["answer"]
    assert answer.startswith(
        "A probability of the event: LR. A score that is no probability: S"
    )
    assert "act at risks of 15%." in answer
    scores = tripod(make(rows=predictions(SVC=False)), "15")["answer"]
    assert "risks of" not in scores


def test_where_nothing_is_missing_there_is_nothing_to_state(make):
    row = tripod(make(), "11")
    assert (row["answer"], row["status"]) == ("Expression: no value is missing.", "study")
    older = make({"missing_values": None})
    assert "how much is missing was not counted" in tripod(older, "11")["answer"]


def test_definition_and_horizon_of_the_outcome_are_the_authors(make):
    for row in (tripod(make(), "8a"), probast(make(), "3.1")):
        assert row["answer"].startswith("The label: relapse = 1 against relapse = 0")
        assert (
            "Author must state: how the event was defined and found, its time horizon"
            in (row["answer"])
        )


def test_a_horizon_that_made_the_label_is_known_and_the_definition_is_not(make):
    rule = {"endpoint_name": "event-within-horizon", "endpoint": "event within 5 = 1."}
    row = tripod(make(rule), "8a")
    assert "horizon" not in row["answer"].split("Author must state")[1]
    assert row["status"] == "partly"


def test_who_was_enrolled_and_left_out_is_counted(make):
    answer = probast(make(), "2019 4.3")["answer"]
    assert answer.startswith("No: 30 samples left out (30 censored before 5)")
    assert "30 of these are in no test part." in answer
    whole = {"flow": [FlowStep("read", N, N).as_json()]}
    assert probast(make(whole), "2019 4.3")["answer"].startswith("All 60 samples that were")
    assert probast(make({"flow": []}), "2019 4.3")["status"] == "partly"


def test_censoring_that_is_left_out_is_not_accounted_for(make):
    for number in ("2019 4.6", "E 4.3"):
        answer = probast(make(), number)["answer"]
        assert answer.startswith("No: 30 of 90 (33%) samples, censored before the horizon")
    blank = FlowStep("labelled", N, N, EVENTS, {"with a blank relapse": 30})
    said = probast(make({"flow": [blank.as_json()]}), "2019 4.6")
    assert "Not here: 30 of 90 (33%) samples without a label" in said["answer"]
    at_once = make({"flow": [], "endpoint_name": "pathologic-m1"})
    assert "which nothing censors" in probast(at_once, "2019 4.6")["answer"]
    assert probast(make({"flow": []}), "2019 4.6")["status"] == "author"


def test_tables_that_others_made_are_named_where_they_are(make):
    assert tripod(make(), "14")["status"] == "author"
    there = make(tables={"subgroups": pd.DataFrame({"column": ["er", "er"]})})
    said = "Table 'subgroups' has discrimination, O/E and net benefit by level of er."
    assert said in tripod(there, "14")["answer"]
    assert tripod(make(), "20b")["status"] == "author"
    known = pd.DataFrame({"characteristic": ["Samples", "Patients", "age", "treatment"]})
    there = make(tables={"characteristics": known})
    assert "Table 'characteristics': age, treatment" in tripod(there, "20b")["answer"]
    assert "may tell of it: treatment." in tripod(there, "6c")["answer"]
    verdict = {"sample_size_verdict": "Riley's criteria ask for 900 patients."}
    assert "ask for 900 patients" in tripod(make(notes=verdict), "10")["answer"]


def test_clusters_are_told_by_design_batches_or_the_author(make):
    assert tripod(make(), "12d")["status"] == "author"
    within = make(split={"strata": "plate"})
    assert "stratified by plate" in tripod(within, "12d")["answer"]
    several = make({"batches": {"plate": 3}})
    assert "No: samples are of 3 levels of plate" in tripod(several, "12d")["answer"]
    left_out = DISCRIMINATION.assign(left_out="A")
    apart = make(
        tables={"discrimination": left_out},
        split={"design": "leave-one-cohort-out", "strata": "none"},
    )
    assert "Each cohort (column cohort) is left out in turn" in tripod(apart, "12d")["answer"]
    assert "A 0.700 (0.600 to 0.800)" in tripod(apart, "23b")["answer"]


def test_class_weights_are_said_where_there_are_some(make):
    weighted = {"name": "LR", "parameters": {"class_weight": "balanced"}}
    assert "Class weights in LR" in tripod(make(models=[weighted]), "13")["answer"]
    assert tripod(make(), "13")["answer"].startswith("None: no model has a class weight")


def test_what_gives_the_label_away_is_told_from_the_audit(make):
    assert "found no gene or column" in probast(make(), "3.3")["answer"]
    given = {"code": "DCM008", "title": "Away", "evidence": "gene7 has an AUC of 1."}
    assert "gene7 has an AUC of 1." in probast(make(findings=[given]), "3.3")["answer"]
    assert "belong here: Away." in tripod(make(findings=[given]), "26")["answer"]


def test_a_study_without_clinical_columns_says_nothing_of_them(make):
    for table in (compute_tripod(make()), compute_probast(make())):
        assert not table["answer"].str.contains("linical").any()
    said = compute_probast(make(tables={"clinical_columns": COLUMNS}, clinical=CLINICAL))
    assert said["answer"].str.contains("Clinical columns (age, grade) alone", regex=False).any()


def test_published_signatures_answer_what_the_model_is_set_against(make):
    rows = predictions(LR=True, SVC=False, ggi=False)
    beside = pd.DataFrame({"model": ["LR", "ggi"]})
    signatures = pd.DataFrame(
        {"signature": ["ggi"], "standing": "full", "kind": "published", "warnings": "",
         "trained_here": "It was made here."}
    )  # fmt: skip
    tables = {"beside_clinic": beside, "beside_clinic_signatures": signatures}
    contents = make(rows=rows, tables=tables)
    contents.results = replace(contents.results, comparators=("ggi",))
    assert "held-out patients: ggi, as research versions" in tripod(contents, "3a")["answer"]
    assert tripod(contents, "3a")["status"] == "partly"
    assert "ggi: It was made here." in tripod(contents, "26")["answer"]
    assert "A score that is no probability: SVC." in tripod(contents, "15")["answer"]
    table = compute_probast(contents)
    [against] = table.loc[table["asks"].str.contains("predictors in use"), "answer"]
    assert against.startswith("On the same held-out patients: ggi (table 'beside_clinic')")
    assert "research versions, not the assays" in against


def test_without_signatures_earlier_models_are_left_to_the_author(make):
    assert tripod(make(), "3a")["status"] == "author"
