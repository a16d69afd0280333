"""Without the censored, a cohort of times is the binary cohort of a horizon."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.cohort.filters import filter_samples
from deepcme.cohort.flow import FlowStep, count_unlabelled
from deepcme.cohort.merging import merge_cohorts
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.sources.examples import load_transbig
from tests.conftest import invented_cohort

TIMES, ENDS = [1, 5, 6, 4.9, 5, 2, 7], [1, 1, 1, 0, 0, 2, 2]


def of_times(times=TIMES, ends=ENDS, prefix="S", **endpoint):
    """A cohort of times in years, asked for five of them, one of whose records told nothing."""
    made = Endpoint(
        "Time to relapse.",
        "time-to-event",
        {"without a known t": 1},
        **{"columns": ("t", "relapse"), "unit": "years", "horizon": 5.0} | endpoint,
    )
    samples = [f"{prefix}{number}" for number in range(len(times))]
    step = FlowStep.count("labelled", samples, np.equal(ends, 1), made.left_out)
    return Cohort.from_arrays(
        np.arange(2.0 * len(times)).reshape(-1, 2),
        SurvivalOutcome(np.array(times), np.array(ends), made),
        samples=samples,
        genes=["A", "B"],
        endpoint=made,
        scale="log2",
        tissue=["metastatic", *["primary"] * (len(times) - 1)],
        clinical=pd.DataFrame({"t": times, "relapse": ends, "age": range(len(times))}),
        provenance={"notes": ["Read."], "flow": [step.as_json()]},
    )


def test_the_event_by_the_horizon_is_1_and_who_is_followed_to_it_without_is_0():
    cohort = leave_out_censored(of_times())
    assert dict(zip(cohort.samples, cohort.labels.tolist(), strict=True)) == {
        "S0": 1,
        "S1": 1,
        "S2": 0,
        "S4": 0,
        "S5": 0,
        "S6": 0,
    }


def test_the_rule_names_columns_and_counts_whom_it_leaves_out():
    cohort = leave_out_censored(of_times())
    assert cohort.outcome.endpoint == Endpoint(
        "relapse within 5 (the unit of t) = 1; followed for 5 without = 0; followed for less "
        "without = left out.",
        "event-within-horizon",
        {"without a known t": 1, "censored before 5": 1},
        ("t", "relapse"),
    )
    assert cohort.notes == ["Read.", "1 samples censored before 5 were left out."]
    assert list(cohort.obs) == [
        *("sample", "patient", "tissue", "label", "batch"),
        *("t", "relapse", "age"),
    ]


@pytest.mark.parametrize(
    ("endpoint", "question"),
    [
        ({"columns": ("a", "b", "dead")}, "dead within 5 (the unit of a or b) = 1; "),
        ({"columns": ("t", "e", "t (x.tsv)", "e (x.tsv)")}, "e within 5 (the unit of t) = 1; "),
        ({"columns": ()}, "The event within 5 years = 1; "),
        (
            {"columns": ("t", "e", "vital"), "competing": "vital = Dead"},
            "e within 5 (the unit of t) = 1; vital = Dead before = 0; ",
        ),
    ],
)
def test_the_question_is_asked_in_the_words_of_the_columns(endpoint, question):
    cohort = leave_out_censored(of_times(**endpoint))
    assert cohort.endpoint.startswith(question)
    assert cohort.outcome.endpoint.competing == endpoint.get("competing", "")


def test_the_flow_leaves_them_out_in_the_step_of_the_labels():
    [step] = leave_out_censored(of_times()).flow
    reasons = {"without a known t": 1, "censored before 5": 1}
    assert step == FlowStep("labelled", 6, 6, 2, reasons)
    [described] = leave_out_censored(of_times()).provenance["left_out"]
    assert (described["step"], described["samples"]) == ("labelled", {"kept": 6, "left_out": 1})
    assert [column["column"] for column in described["columns"]][:2] == ["age", "tissue"]


def test_after_a_choice_of_samples_they_are_a_step_of_their_own():
    primary = filter_samples(of_times(), keep_tissue=["primary"])
    cohort = leave_out_censored(primary)
    assert cohort.flow[:-1] == primary.flow
    assert cohort.flow[-1] == FlowStep(
        "followed to the horizon", 5, 5, 1, {"censored before 5": 1}
    )
    unlabelled = count_unlabelled(cohort.flow)
    assert (unlabelled.samples, unlabelled.censored, unlabelled.others) == (8, 1, 1)


def test_merged_cohorts_are_asked_in_general_words():
    merged = merge_cohorts({"A": of_times(), "B": of_times(prefix="T")})
    cohort = leave_out_censored(merged)
    assert cohort.endpoint.startswith("The event within 5 years = 1; ")
    assert cohort.n_samples == 12


def test_merged_labels_keep_what_rules_the_event_out():
    cohorts = {"A": of_times(competing="vital = Dead"), "B": of_times(prefix="T")}
    labels = {name: leave_out_censored(cohort) for name, cohort in cohorts.items()}
    assert merge_cohorts(labels).outcome.endpoint.competing == "A: vital = Dead"


def test_it_survives_the_disk(tmp_path):
    cohort = leave_out_censored(of_times())
    cohort.save(tmp_path / "cohort.h5ad")
    loaded = Cohort.load(tmp_path / "cohort.h5ad")
    assert loaded.fingerprint == cohort.fingerprint
    assert loaded.outcome.endpoint == cohort.outcome.endpoint


def test_nothing_is_added_where_nobody_was_censored():
    cohort = leave_out_censored(of_times([1, 5, 6], [1, 0, 0]))
    assert cohort.notes == ["Read."]
    assert "left_out" not in cohort.provenance or cohort.provenance["left_out"] == []


def test_what_has_no_times_or_no_horizon_is_refused():
    with pytest.raises(DeepCMEError, match="has a binary outcome and no times"):
        leave_out_censored(invented_cohort())
    with pytest.raises(DeepCMEError, match="--horizon"):
        leave_out_censored(of_times(horizon=None))
    with pytest.raises(DeepCMEError, match="there is no negative sample"):
        leave_out_censored(of_times([1, 2, 3], [1, 1, 0]))


def test_the_example_is_that_of_those_who_were_followed():
    cohort = leave_out_censored(load_transbig())
    assert (cohort.n_samples, cohort.n_positives) == (189, 35)
    assert cohort.endpoint == (
        "distant_metastasis within 1826.25 (the unit of time_days) = 1; followed for 1826.25 "
        "without = 0; followed for less without = left out."
    )
    reasons = {"censored before 1826.25": 9}
    assert cohort.outcome.endpoint.left_out == reasons
    assert cohort.flow[-1] == FlowStep("labelled", 189, 189, 35, reasons)
