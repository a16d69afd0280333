"""Checklists of a study of times answer on follow-up, censoring and competing events."""

import json

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.flow import FlowStep
from deepcme.cohort.follow_up import FollowUp
from deepcme.report.checklists.probast import compute_probast
from deepcme.report.checklists.tripod import compute_tripod
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents
from deepcme.report.survival.follow_up import compute_follow_up
from deepcme.study.spec import make_study
from deepcme.study.store import StudyFolder

N = 60
TIMES, ENDS = np.linspace(0.5, 10, N), np.arange(N) % 3 == 0
COHORT = {
    "name": "invented", "samples": N, "patients": N, "positives": 20, "positive_patients": 20,
    "genes": 100, "scale": "log2", "source": "", "tissue": {"primary": N}, "notes": [],
    "endpoint": "Time to relapse, in years.", "endpoint_name": "", "left_out": [],
    "batches": {}, "missing_values": {"values": 0, "genes": 0, "samples": 0},
    "outcome": "survival", "unit": "years", "horizon": 5.0,
    "flow": [FlowStep("labelled", N, N, 20).as_json()],
}  # fmt: skip
RANKS = pd.DataFrame(
    {
        "model": "Cox-ridge",
        "measure": ["uno_c", "auc"],
        "value": [0.7, 0.72],
        "ci_low": [0.6, 0.61],
        "ci_high": [0.79, 0.82],
        "n": N,
        "events": 10,
    }
)


@pytest.fixture
def make(tmp_path):
    """Contents of a report of a study of times that never ran."""

    def contents(ends=ENDS, tables=None, cohort=None, horizon=5.0, **survival):
        study = make_study(
            {
                "cohort": {"example": "transbig"},
                "survival": {"horizon": horizon, **survival},
                "models": ["Cox-ridge"],
                "split": {"strata": "none"},
            }
        )
        (tmp_path / "audit.json").write_text(json.dumps([]))
        ids = [f"S{i}" for i in range(N)]
        rows = pd.DataFrame(
            {
                "split": 1, "model": "Cox-ridge", "sample": ids, "patient": ids,
                "part": np.where(np.arange(N) % 2, "train", "test"), "time": TIMES,
                "event": np.asarray(ends).astype(int), "score": 0.0, "probability": 0.1,
            }
        )  # fmt: skip
        results = StudyResults(StudyFolder(tmp_path), study, {**COHORT, **(cohort or {})}, rows)
        follow_up = FollowUp(TIMES, np.asarray(ends).astype(int))
        told = {
            "follow_up": compute_follow_up(follow_up, results.horizon),
            "survival_discrimination": RANKS,
            "survival_performance": RANKS,
            **(tables or {}),
        }
        return Contents(results, told, {})

    return contents


def tripod(contents, number):
    return compute_tripod(contents).set_index("number").loc[number, "answer"]


def probast(contents, number):
    return compute_probast(contents).set_index("number").loc[number, "answer"]


def test_everybody_is_included_as_the_censored_are_kept_with_weights(make):
    said = probast(make(), "2019 4.3")
    assert said.startswith(
        "Yes: those censored before 5 years, 18 of 60 patients (30%), are kept."
    )
    blank = FlowStep("labelled", N, N, 20, {"with a blank time": 3})
    without = make(cohort={"flow": [blank.as_json()]})
    said = probast(without, "2019 4.3")
    assert said.startswith("No: 3 samples left out (3 with a blank time)")
    assert "Those censored before 5 years" in said
    assert "3 samples without a time or an event left out" in tripod(without, "11")


def test_complexities_are_answered_from_what_was_done(make):
    said = probast(make(), "2019 4.6")
    assert "inverse probability of being uncensored, estimated by Kaplan-Meier" in said
    assert "No competing event is known: a death before the event counts as a censoring" in said
    assert "how many died before the event" in said
    ends = np.where(np.arange(N) % 3 == 1, 2, ENDS)
    said = probast(make(ends), "E 4.3")
    assert "20 patients had the competing event: observed risks are Aalen-Johansen's" in said
    assert "how many died" not in said
    assert "by Cox regression on age" in probast(make(censoring=("age",)), "2019 4.6")


def test_follow_up_is_told_with_the_flow(make):
    said = tripod(make(tables={"numbers_at_risk": RANKS}), "20a")
    assert "60 patients analysed, 20 with the event, 40 censored." in said
    assert "Median follow-up " in said
    assert "reverse Kaplan-Meier" in said
    assert "table 'numbers_at_risk'" in said
    assert "Author must state" not in said


def test_horizon_and_time_are_those_of_the_study(make):
    assert "Risks are asked for by 5 years." in tripod(make(), "8a")
    assert "The horizon is 5 years." in probast(make(), "3.4")
    assert "The risk of the event by 5 years" in tripod(make(), "15")


def test_performance_and_sizes_are_of_c(make):
    assert "Uno's C of Cox-ridge: 0.700 (95% 0.600 to 0.790). AUC at 5 years: 0.720" in tripod(
        make(), "23a"
    )
    assert probast(make(), "E 4.2").startswith(
        "No: 10 events by 5 years among 60 patients are tested, where at least 100"
    )
    assert "Tested: 60 patients, 10 with the event by 5 years." in tripod(make(), "21")
    unknown = RANKS.assign(value=np.nan)
    said = make(tables={"survival_discrimination": unknown})
    assert "cannot be estimated" in tripod(said, "23a")
    assert probast(said, "E 4.7").startswith("Discrimination: it cannot be estimated.")


def test_nothing_is_said_of_a_label(make):
    for table in (compute_tripod(make()), compute_probast(make())):
        assert not table["answer"].str.contains("label ").any()
        assert not table["answer"].str.contains("PR-AUC").any()
