"""The audit of times to an event: who is censored, how long batches are followed."""

import json
from pathlib import Path

import numpy as np
import pytest

import tests.evaluation.survival
from deepcme.audit.audit import audit_cohort
from deepcme.audit.batches import check_batch_predicts_label, check_follow_up_by_batch
from deepcme.audit.findings import PlannedStudy
from deepcme.audit.follow_up import find_follow_up_columns
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.cohort.flow import FlowStep
from tests.audit.times import drawn_follow_up, timed_cohort
from tests.conftest import invented_cohort

REFERENCES = Path(tests.evaluation.survival.__file__).parent / "references"


def findings(cohort, planned=None):
    return {finding.code: finding for finding in audit_cohort(cohort, planned)}


@pytest.fixture(scope="module")
def followed():
    return drawn_follow_up(2000, 4)


# By hand, the horizon 5: events at 1 (of 8 at risk), 3 (of 6) and 5 (of 4; the one censored
# at 5 is still at risk) leave 7/8 x 5/6 x 3/4 = 54.7% free of them, a risk of 45.3%.
TIMES, ENDS = [1, 2, 3, 4, 5, 5, 6, 7], [1, 0, 1, 0, 1, 0, 0, 1]


def test_dcm012_says_what_leaving_out_the_censored_would_do():
    found = findings(timed_cohort(TIMES, ENDS))["DCM012"]
    assert found.severity == "info"
    assert "2 of 8 patients (25.0%) are censored before 5 years." in found.evidence
    assert "Of the 6 others 50.0% have the event by then (3);" in found.evidence
    assert "by Kaplan-Meier over all patients the risk is 45.3% (95% int" in found.evidence
    assert "they stay, and weights stand" in found.advice


def test_dcm012_counts_a_patient_once_with_the_first_event():
    patients = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P7"]
    found = findings(timed_cohort(TIMES, ENDS, patients=patients))["DCM012"]
    assert "2 of 7 patients (28.6%) are censored before 5 years." in found.evidence


def test_dcm012_takes_the_competing_event_for_what_it_is():
    found = findings(timed_cohort(TIMES, [1, 0, 2, 0, 1, 0, 0, 1]))["DCM012"]
    # 1/8, then 7/8 x 5/6 x 1/4: who had the competing event before is not at risk.
    assert "by Aalen-Johansen over all patients the risk is 30.7%" in found.evidence
    assert "Of the 6 others 33.3% have the event by then (2);" in found.evidence


def test_dcm012_gives_no_bounds_of_labels_that_a_competing_event_made():
    timed = timed_cohort(TIMES, [1, 0, 2, 0, 1, 0, 0, 1], competing="vital = Dead")
    found = findings(leave_out_censored(timed))["DCM012"]
    assert "The risk over all patients is another one" in found.evidence


@pytest.mark.parametrize(
    ("series", "seen", "others", "risk"),
    [
        ("GSE25055", "136 of 309 patients (44.0%)", "173 others 34.7%", "23.5% (95% interval"),
        ("GSE16446", "37 of 107 patients (34.6%)", "70 others 30.0%", "20.7% (95% interval"),
        ("GSE1992", "52 of 124 patients (41.9%)", "72 others 34.7%", "25.4% (95% interval"),
    ],
)
def test_dcm012_agrees_with_r_on_real_cohorts(series, seen, others, risk):
    frozen = json.loads((REFERENCES / "ipcw.json").read_text(encoding="utf-8"))
    case = frozen["cohorts"][series]
    cohort = timed_cohort(case["times"], case["events"], horizon=case["horizon"])
    found = findings(cohort)["DCM012"].evidence
    for words in (seen, others, risk):
        assert words in found


def test_dcm012_is_silent_where_nobody_is_censored_before_or_there_is_no_horizon():
    assert "DCM012" not in findings(timed_cohort(TIMES, ENDS, horizon=1.5))
    assert "DCM012" not in findings(timed_cohort(TIMES, ENDS, horizon=None))
    assert "DCM012" not in findings(invented_cohort())


def test_dcm012_says_where_nobody_is_followed_so_long():
    found = findings(timed_cohort([1, 2, 3], [1, 0, 0], horizon=9.0))["DCM012"]
    assert "Of the 1 others 100.0% have the event by then (1); nobody is fol" in found.evidence


def test_dcm012_is_severe_where_over_a_twentieth_was_left_out(followed):
    cohort = timed_cohort(*followed)
    kept, found = findings(cohort)["DCM012"], findings(leave_out_censored(cohort))["DCM012"]
    assert (kept.severity, found.severity) == ("info", "severe")
    assert kept.evidence == (
        "620 of 2,000 patients (31.0%) are censored before 5 years. Of the 1,380 others 49.6% "
        "have the event by then (685); by Kaplan-Meier over all patients the risk is 38.9% "
        "(95% interval 36.5% to 41.2%)."
    )
    assert found.evidence == (
        "620 of 2,000 samples (31.0%) were censored before the horizon and left out, none of "
        "them with a seen event, and 49.6% of the 1,380 in the cohort have it. Kaplan-Meier's "
        "risk over all of them is between 34.2% and 49.6%: the times of those left out, which "
        "would say it, are not in the cohort."
    )


def test_dcm012_is_a_note_where_few_were_left_out():
    times, ends = np.r_[np.full(99, 6.0), 1.0], np.r_[np.ones(40), np.zeros(60)]
    times[:40] = 2
    found = findings(leave_out_censored(timed_cohort(times, ends)))["DCM012"]
    assert found.severity == "info"
    assert "1 of 100 samples (1.0%)" in found.evidence


def test_dcm012_promises_no_bounds_of_other_samples_than_were_labelled(followed):
    cohort = leave_out_censored(timed_cohort(*followed))
    keep = np.arange(cohort.n_samples) % 2 == 0
    found = findings(cohort.select(keep, "Half kept: the others left out."))["DCM012"]
    assert "another one: the times of those left out" in found.evidence


@pytest.mark.parametrize("seed", range(20))
def test_the_bounds_of_dcm012_hold_whoever_is_censored_when(seed):
    times, ends = drawn_follow_up(30, seed, hazard=0.3, until=(0.0, 8.0))
    cohort = timed_cohort(times, ends, horizon=3.0)
    evidence = findings(cohort)["DCM012"].evidence
    risk = float(evidence.split("the risk is ")[1].split("%")[0])
    told = findings(leave_out_censored(cohort))["DCM012"].evidence
    least, most = (
        float(word.rstrip("%:")) for word in told.split("between ")[1].split()[0:3:2]
    )
    assert least <= risk <= most


def test_old_cohorts_count_who_was_left_out_by_their_flow():
    def left_out(why):
        cohort = invented_cohort(24, positives=12)
        steps = FlowStep("read", 40, 40), FlowStep("labelled", 24, 24, 12, {why: 16})
        return cohort.derive(cohort.adata, flow=[step.as_json() for step in steps])

    old = findings(left_out("followed for less than 5 years"))["DCM012"]
    assert "16 of 40 samples (40.0%) were" in old.evidence
    assert "between 30.0% and 50.0%" in old.evidence
    assert "DCM012" not in findings(left_out("with a blank relapse"))


def in_batches(times, ends, batch, **more):
    return timed_cohort(times, ends, batch=list(batch), **more)


def two_batches(n, seed, east=(2.0, 9.0), west=(2.0, 9.0)):
    times, ends = zip(
        drawn_follow_up(n // 2, seed, until=east),
        drawn_follow_up(n // 2, seed + 1000, until=west),
        strict=True,
    )
    batch = np.repeat(["east", "west"], n // 2)
    return in_batches(np.concatenate(times), np.concatenate(ends), batch)


def test_dcm013_batches_that_were_followed_for_different_times():
    found = findings(two_batches(200, 1, west=(8.0, 16.0)))
    assert found["DCM013"].severity == "warning"
    assert found["DCM013"].evidence == (
        "Median follow-up, by reverse Kaplan-Meier, differs by batch (2 values of 10 patients "
        "or more, 200 patients): 5.139 years in east (100), 11.09 years in west (100) "
        "(log-rank test of the ends of follow-up, p = 0.002); 499 permutations of the levels."
    )
    assert 'censoring = ["batch"]' in found["DCM013"].advice
    assert "DCM004" not in found  # the hazard of the event is the same


def test_dcm013_does_not_compare_levels_of_few_patients():
    times, ends = drawn_follow_up(100, 1)
    times[:9] = np.where(ends[:9] == 0, 20, times[:9])
    assert "DCM013" not in findings(in_batches(times, ends, ["few"] * 9 + ["many"] * 91))


def test_dcm013_tells_the_shortest_and_the_longest_of_many_levels():
    parts = [drawn_follow_up(40, i, hazard=0.02, until=(i, i + 4.0)) for i in range(1, 7)]
    times, ends = (np.concatenate(column) for column in zip(*parts, strict=True))
    batch = np.repeat([f"B{i}" for i in range(1, 7)], 40)
    evidence = findings(in_batches(times, ends, batch))["DCM013"].evidence
    assert "from 3.557 years in B1 (40) to 8.291 years in B6 (40)" in evidence
    assert "B3" not in evidence


def test_an_event_at_the_time_of_a_censoring_is_no_longer_at_risk_of_it():
    # All end at one time: east's by events, so that nobody of east could be censored.
    times, ends = np.full(40, 3.0), np.repeat([1, 0], 20)
    assert "DCM013" not in findings(in_batches(times, ends, np.repeat(["east", "west"], 20)))


def test_binary_cohorts_have_no_dcm013():
    cohort = leave_out_censored(two_batches(200, 1, west=(8.0, 16.0)))
    assert "DCM013" not in findings(cohort)


def test_dcm004_compares_hazards_and_not_shares_of_events():
    early, late = drawn_follow_up(100, 1, hazard=0.05), drawn_follow_up(100, 2, hazard=0.3)
    times, ends = (np.concatenate(column) for column in zip(early, late, strict=True))
    found = findings(in_batches(times, ends, np.repeat(["east", "west"], 100)))
    assert found["DCM004"].title == "Where or when a sample was processed predicts its outcome"
    assert found["DCM004"].evidence.endswith(
        "from 26 where 67.7 are expected in east to 80 where 38.3 are expected in west "
        "(log-rank test, p = 0.002); 499 permutations of the levels."
    )
    assert "DCM013" not in found


def count_told(check, n_studies, n, n_levels):
    """In how many studies the check tells of batches that differ in nothing."""
    told = 0
    for seed in range(n_studies):
        batch = [f"B{i % n_levels}" for i in range(n)]
        cohort = in_batches(*drawn_follow_up(n, seed), batch, n_genes=1)
        told += check(cohort, PlannedStudy()) is not None
    return told


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check_batch_predicts_label, marks=pytest.mark.slow),
        check_follow_up_by_batch,
    ],
)
def test_batches_that_differ_in_nothing_are_seldom_told(check):
    assert count_told(check, 60, n=80, n_levels=2) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("check", [check_batch_predicts_label, check_follow_up_by_batch])
def test_many_small_batches_that_differ_in_nothing_are_seldom_told(check):
    # 1 of 100; by the chi-squared distribution 15 and 25 of 600.
    assert count_told(check, 600, n=120, n_levels=10) <= 13


def test_a_time_column_is_follow_up_and_no_leak(followed):
    cohort = timed_cohort(*followed)
    assert find_follow_up_columns(cohort) == ["t.dmfs", "e.dmfs"]
    assert "DCM008" not in findings(cohort)


def test_columns_that_had_the_names_of_our_own_are_follow_up_too(followed):
    times, ends = followed
    clinical = timed_cohort(*followed).obs[["age"]].assign(time=times, event=ends)
    cohort = timed_cohort(times, ends, clinical=clinical.reset_index(drop=True))
    assert find_follow_up_columns(cohort) == ["time_in_file", "event_in_file"]
    assert "DCM008" not in findings(cohort)


def test_dcm008_a_gene_that_gives_the_event_away():
    times, ends = drawn_follow_up(200, 5)
    X = np.random.default_rng(0).normal(8, 1, (200, 5))
    X[:, 2] += 20 * ends
    found = findings(timed_cohort(times, ends, X=X))["DCM008"]
    assert found.title == "A gene or column gives the outcome away by itself"
    assert "1 gene (gene2 1.000)" in found.evidence


def test_other_findings_speak_of_events():
    times, ends = drawn_follow_up(200, 5)
    tissue = np.where(np.arange(200) < 20, "normal", "primary").tolist()
    patients = [f"P{i // 2}" for i in range(200)]
    cohort = timed_cohort(times, ends, tissue=tissue, patients=patients)
    found = findings(cohort, PlannedStudy(test_fraction=0.1))
    assert "samples with the event come from" in found["DCM001"].evidence
    assert "with both outcomes: " in found["DCM001"].evidence
    assert found["DCM002"].evidence.startswith("Samples with the event: ")
    assert "samples with the event by 5 years and" in found["DCM005"].evidence
    assert "a penalised Cox regression" in found["DCM005"].advice
    assert "A Cox regression without penalty on all 5 genes, its C being 0.7, would need " in (
        found["DCM005"].evidence
    )
    none = findings(timed_cohort(times, ends, horizon=None), PlannedStudy(test_fraction=0.1))
    assert "samples with the event and" in none["DCM005"].evidence
