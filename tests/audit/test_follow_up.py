"""Follow-up is known by names and contents; a leak is not, whatever it is near to."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort
from deepcme.audit.audit import audit_cohort
from deepcme.audit.follow_up import find_follow_up_columns
from deepcme.cohort.outcome import Endpoint

N = 120
EVENT = np.arange(N) < 40
LATER = np.where(EVENT, 100, 2000) + np.arange(N)


def cohort_with(name, values, endpoint="invented"):
    random = np.random.default_rng(3)
    return Cohort.from_arrays(
        random.gamma(2.0, 3.0, (N, 5)), EVENT.astype(int), samples=[f"S{i}" for i in range(N)],
        patients=[f"P{i}" for i in range(N)], genes=[f"gene{i}" for i in range(5)],
        clinical=pd.DataFrame({name: values}), endpoint=endpoint, scale="fpkm",
    )  # fmt: skip


def alarms(cohort):
    return "DCM008" in [finding.code for finding in audit_cohort(cohort)]


def coded(event, free):
    return np.where(EVENT, event, free)


@pytest.mark.parametrize(
    "name",
    [
        *("OS_MONTHS", "DFS_MONTHS", "Overall Survival (Months)", "Disease Free (Months)"),
        *("days_to_last_follow_up", "days_to_death", "last_contact_days_to", "OS.time"),
        *("_TIME_TO_EVENT", "DFI.time", "t.dmfs", "time_days", "time.rfs", "fuTime", "days"),
        *("new_tumor_event_dx_days_to", "Months of disease-specific survival", "time_5_years"),
    ],
)
def test_a_length_of_time_is_follow_up(name):
    cohort = cohort_with(name, LATER)
    assert find_follow_up_columns(cohort) == [name]
    assert not alarms(cohort)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("DFS_STATUS", coded("1:Recurred/Progressed", "0:DiseaseFree")),
        ("DSS_STATUS", coded("1:DEAD WITH TUMOR", "0:ALIVE OR DEAD TUMOR FREE")),
        ("vital_status", coded("Dead", "Alive")),
        ("_EVENT", EVENT.astype(int)),
        ("e.dmfs", EVENT.astype(float)),
        ("status", EVENT.astype(int)),
        ("distant metastasis", coded("yes", "no")),
        ("RFS_IND", coded("True", "False")),
        ("what became of them", coded("1:Recurred", "0:DiseaseFree")),
        ("group", coded("deceased", "living")),
    ],
)
def test_an_event_is_follow_up(name, values):
    cohort = cohort_with(name, values)
    assert find_follow_up_columns(cohort) == [name]
    assert not alarms(cohort)


def test_what_the_label_was_made_of_raises_no_alarm():
    endpoint = Endpoint("relapsed = 1.", columns=("grp",))
    cohort = cohort_with("grp", coded("a", "b"), endpoint)
    assert find_follow_up_columns(cohort) == ["grp"]
    assert not alarms(cohort)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("score", LATER),
        ("survival_score", LATER),
        ("days_to_surgery", LATER),
        ("storage_days", LATER),
        ("year", LATER),
        ("t", LATER),
        ("days_to_event", -LATER),
        ("er_status", coded("1", "0")),
        ("node_status", coded("yes", "no")),
        ("status", coded("north", "south")),
        ("er", coded("1:Positive", "0:Negative")),
        ("t", coded("1", "0")),
        ("centre", coded("none", "none at all")),
        ("metastasis_site", np.where(EVENT, "bone", None)),
    ],
)
def test_a_leak_raises_an_alarm_whatever_it_is_near_to(name, values):
    cohort = cohort_with(name, values)
    assert find_follow_up_columns(cohort) == []
    assert alarms(cohort)


def test_a_column_without_values_is_none():
    assert find_follow_up_columns(cohort_with("OS_MONTHS", [None] * N)) == []


def test_follow_up_does_not_hide_a_leak_beside_it():
    cohort = cohort_with("score", LATER)
    cohort.obs["OS_MONTHS"] = LATER
    found = {finding.code: finding for finding in audit_cohort(cohort)}["DCM008"]
    assert "1 column (score 1.000)" in found.evidence
