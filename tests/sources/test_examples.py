"""The cohort that comes with the package: whole, of times, and as version 0.1 had it."""

import numpy as np
import pytest

from deepcme.audit.follow_up import find_follow_up_columns
from deepcme.cohort.outcome import Endpoint
from deepcme.sources.examples import load_transbig
from tests.conftest import binary_transbig

HORIZON = 1826.25


@pytest.fixture(scope="module")
def transbig():
    return load_transbig()


def test_transbig_is_the_time_to_distant_metastasis_of_198_patients(transbig):
    assert (transbig.n_samples, transbig.n_patients, transbig.n_genes) == (198, 198, 76)
    assert np.bincount(transbig.outcome.ends).tolist() == [147, 51]
    assert (transbig.outcome.times.min(), transbig.outcome.times.max()) == (125, 9108)
    assert list(transbig.obs.columns) == [
        "sample", "patient", "tissue", "time", "event", "batch",
        "age", "er", "grade", "size_cm", "time_days", "distant_metastasis", "nodes",
    ]  # fmt: skip
    assert (transbig.scale, "ABLIM1" in transbig.symbols) == ("log2", True)


def test_transbig_asks_for_five_years_and_keeps_the_nine_who_were_followed_for_less(transbig):
    endpoint = transbig.outcome.endpoint
    assert (endpoint.unit, endpoint.horizon, endpoint.left_out) == ("days", HORIZON, {})
    assert "5 years" in endpoint.rule
    known = transbig.outcome.known_at(HORIZON)
    assert ((~known).sum(), transbig.outcome.cases_at(HORIZON).sum()) == (9, 35)
    assert [(step.step, step.samples, step.positives) for step in transbig.flow] == [
        ("read", 198, None), ("labelled", 198, 51),
    ]  # fmt: skip
    assert "left_out" not in transbig.provenance


def test_the_columns_that_the_times_were_made_of_are_follow_up_and_no_leak(transbig):
    assert find_follow_up_columns(transbig) == ["time_days", "distant_metastasis"]


def test_the_censored_left_out_it_is_what_version_0_1_had():
    """Tasks, and with them finished studies of the example, go by the fingerprint."""
    cohort = binary_transbig()
    assert cohort.fingerprint == (
        "24df0a71eb3575f476ab3e5ffbb7ffff2af5310337d115bffd0503e9a84b2b9d"
    )
    assert (cohort.n_samples, cohort.n_patients, cohort.n_positives) == (189, 189, 35)
    assert cohort.outcome.endpoint == Endpoint(
        "distant_metastasis within 1826.25 (the unit of time_days) = 1; followed for 1826.25 "
        "without = 0; followed for less without = left out.",
        name="event-within-horizon",
        left_out={"censored before 1826.25": 9},
        columns=("time_days", "distant_metastasis"),
    )
    assert list(cohort.obs.columns) == [
        "sample", "patient", "tissue", "label", "batch",
        "age", "er", "grade", "size_cm", "time_days", "distant_metastasis", "nodes",
    ]  # fmt: skip
    assert [(step.samples, step.positives, step.left_out) for step in cohort.flow] == [
        (198, None, {}), (189, 35, {"censored before 1826.25": 9}),
    ]  # fmt: skip
    (left_out,) = cohort.provenance["left_out"]
    assert left_out["samples"] == {"kept": 189, "left_out": 9}
    age = left_out["columns"][0]
    assert (age["column"], age["left_out"]["quartiles"]) == ("age", [40.0, 45.0, 47.0])
