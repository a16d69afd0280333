"""An outcome is a value that cohorts, files and splits carry, whatever its kind."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme import Cohort, DeepCMEError
from deepcme.base.hdf5.annotated import read_h5ad, write_h5ad
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.folds import NestedFolds, RepeatedFolds
from deepcme.cohort.honest import count_folds, draw_honest_splits
from deepcme.cohort.merging import merge_cohorts
from deepcme.cohort.origin import KEY
from deepcme.cohort.outcome import BinaryOutcome, Endpoint, Outcome
from deepcme.cohort.outcomes import OUTCOMES
from deepcme.cohort.splits import LeaveOneCohortOut, RepeatedSplits, draw_folds
from deepcme.cohort.strata import choose_strata
from deepcme.study.designs import FoldsDesign
from tests.conftest import binary_transbig, invented_cohort

RULE = Endpoint("Time to death.", "death", {"without a time": 3}, ("days", "status"))


@dataclass(frozen=True, eq=False)
class TimeToEvent(Outcome):
    """A made-up second kind: a time, and whether the event came then."""

    kind = "time-to-event"
    columns = ("time", "event")
    words = ("censored {}", "uncensored {}")

    time: np.ndarray
    event: np.ndarray
    endpoint: Endpoint = RULE

    @classmethod
    def read(cls, table: Any, endpoint: Endpoint) -> "TimeToEvent":
        time, event = np.asarray(table["time"]), np.asarray(table["event"])
        if not (time > 0).all():
            raise DeepCMEError(f"A time must be above 0, not {time.min()}.")
        return cls(time, event, endpoint)

    @property
    def values(self):
        return {"time": self.time, "event": self.event}

    @property
    def events(self):
        return self.event.astype(np.int8)

    @property
    def strata(self):
        return self.events * 2 + (self.time > np.median(self.time))


@pytest.fixture(autouse=True)
def known_by_name(monkeypatch):
    monkeypatch.setitem(OUTCOMES, TimeToEvent.kind, TimeToEvent)


def timed(n=60, events=24, seed=0):
    time = np.random.default_rng(seed).integers(1, 1000, n).astype(float)
    return TimeToEvent(time, np.r_[np.ones(events), np.zeros(n - events)])


def timed_cohort(outcome=None, prefix="S", **more):
    outcome = timed() if outcome is None else outcome
    n = len(outcome.time)
    return Cohort.from_arrays(
        np.random.default_rng(1).gamma(2.0, 3.0, (n, 4)),
        outcome,
        samples=[f"{prefix}{i}" for i in range(n)],
        patients=[f"{prefix}P{i // 2}" for i in range(n)],
        genes=list("ABCD"),
        endpoint=outcome.endpoint,
        scale="fpkm",
        **more,
    )


def test_a_cohort_knows_its_outcome_and_the_endpoint_that_made_it():
    cohort = binary_transbig()
    outcome = cohort.outcome
    assert isinstance(outcome, BinaryOutcome)
    assert outcome.labels.tolist() == cohort.labels.tolist()
    assert outcome.endpoint.name == "event-within-horizon"
    assert outcome.endpoint.columns == ("time_days", "distant_metastasis")
    assert cohort.endpoint == outcome.endpoint.rule
    assert outcome.count() == "35 positive and 154 negative samples"


def test_a_binary_outcome_says_what_is_missing_among_rows():
    outcome = BinaryOutcome(np.array([1, 0, 0]))
    assert outcome.lacks() is None
    assert outcome.lacks(np.array([1, 2])) == "positive sample"
    assert outcome.lacks(np.array([True, False, False])) == "negative sample"
    assert outcome.count_patients(["a", "a", "b"]) == 1
    with pytest.raises(DeepCMEError, match=r"Labels must be 0 or 1, not 2\."):
        BinaryOutcome(np.array([0, 2]))


def test_another_kind_is_counted_saved_and_loaded(tmp_path):
    cohort = timed_cohort(clinical=pd.DataFrame({"time": range(60), "age": 50}))
    assert (cohort.n_positives, cohort.n_positive_patients) == (24, 12)
    assert cohort.endpoint == "Time to death."
    assert "time_in_file" in cohort.obs
    cohort.save(tmp_path / "timed.h5ad")
    loaded = Cohort.load(tmp_path / "timed.h5ad")
    assert isinstance(loaded.outcome, TimeToEvent)
    assert loaded.outcome.time.tolist() == cohort.outcome.time.tolist()
    assert loaded.outcome.endpoint == RULE
    assert loaded.fingerprint == cohort.fingerprint
    later = TimeToEvent(cohort.outcome.time + 1, cohort.outcome.event)
    assert timed_cohort(later).fingerprint != cohort.fingerprint


def test_another_kind_is_selected_merged_and_carried_to_a_worker():
    cohort = timed_cohort(tissue=["primary"] * 40 + ["normal"] * 20)
    kept = cohort.keep_primary_tumours()
    assert kept.outcome.time.tolist() == cohort.outcome.time[:40].tolist()
    assert [step.positives for step in kept.flow] == [24, 24]
    merged = merge_cohorts({"north": kept, "south": timed_cohort(prefix="T")})
    assert merged.outcome.time.tolist() == [*kept.outcome.time, *timed().time]
    assert merged.outcome.endpoint.left_out == {"without a time": 6}
    assert CohortArrays.of(merged).outcome.event.sum() == 48


def test_cohorts_of_two_kinds_are_not_merged():
    with pytest.raises(DeepCMEError, match="north has a time-to-event outcome and south a bin"):
        merge_cohorts({"north": timed_cohort(prefix="T"), "south": invented_cohort()})


def test_what_another_kind_lacks_is_said_in_its_words():
    with pytest.raises(DeepCMEError, match="there is no censored sample to learn from"):
        timed_cohort(timed(events=60))
    with pytest.raises(DeepCMEError, match=r"above 0, not 0\.0"):
        timed_cohort(TimeToEvent(np.zeros(4), np.array([1, 0, 1, 0])))
    with pytest.raises(
        DeepCMEError, match=r"No uncensored sample .* 24 normal \(24 uncensored"
    ):
        timed_cohort(tissue=["normal"] * 24 + ["primary"] * 36).keep_primary_tumours()
    with pytest.raises(
        DeepCMEError, match="part would hold no uncensored sample: there are 4 "
    ):
        list(RepeatedFolds(3, 1).split(timed(events=4), np.arange(60) // 2, seed()))


def test_whatever_takes_labels_refuses_another_kind():
    for of in (timed_cohort(), CohortArrays.of(timed_cohort())):
        with pytest.raises(
            DeepCMEError, match="has a time-to-event outcome, and this takes a binary one: m"
        ):
            _ = of.labels


def seed():
    return np.random.SeedSequence(7)


@pytest.mark.parametrize(
    "design", [RepeatedFolds(3, 2), NestedFolds(3, 2), RepeatedSplits(4), LeaveOneCohortOut(2)]
)
def test_every_part_of_a_split_has_events_of_another_kind(design):
    outcome, patients = timed(), np.arange(60) // 2
    cohorts = [np.where(np.arange(60) % 4 < 2, "A", "B")]
    further = cohorts if isinstance(design, LeaveOneCohortOut) else []
    splits = list(design.split(outcome, patients, *further, seed()))
    assert len(splits) >= 4
    for split in splits:
        assert all(outcome.lacks(rows) is None for _, rows in split.parts())
        parts = [set(patients[rows]) for _, rows in split.parts()]
        assert len(set.union(*parts)) == sum(map(len, parts)) == 30


def test_folds_spread_the_strata_that_an_outcome_names():
    outcome = timed(n=400, events=160)
    for rows in draw_folds(outcome.strata, np.arange(400), 5, np.random.default_rng(0)):
        whole = np.bincount(outcome.strata) / 5
        np.testing.assert_allclose(np.bincount(outcome.strata[rows]), whole, atol=1)


def test_a_study_and_the_honest_protocol_draw_splits_of_another_kind():
    batch = np.where(np.arange(60) % 4 < 2, "x", "y")
    cohort = timed_cohort(batch=batch.tolist())
    assert choose_strata(cohort) == "batch"
    assert count_folds(cohort) == (5, 4)
    design = FoldsDesign(by="patient", repeats=1)
    drawn, honest = design.draw(cohort, seed()), draw_honest_splits(cohort, seed(), repeats=1)
    for one, other in zip(drawn, honest, strict=True):
        np.testing.assert_array_equal(one.test, other.test)
    permuted = cohort.outcome.permute(cohort.patients, np.random.default_rng(0), batch)
    for split in design.draw(cohort, seed(), permuted):
        assert all(permuted.lacks(rows) is None for _, rows in split.parts())


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(0, 2**32))
def test_permuting_moves_all_values_of_a_patient_together(patients, number):
    n = len(patients)
    outcome = TimeToEvent(np.arange(1.0, n + 1), np.arange(n) % 2)
    permuted = outcome.permute(patients, np.random.default_rng(number))
    rows = permuted.time.astype(int) - 1
    assert sorted(rows) == list(range(n))
    np.testing.assert_array_equal(permuted.event, outcome.event[rows])
    moved = pd.DataFrame({"to": patients, "of": np.asarray(patients)[rows]}).drop_duplicates()
    assert not moved["to"].duplicated().any()
    assert not moved["of"].duplicated().any()


def test_an_endpoint_of_several_cohorts_has_a_name_where_they_agree():
    rules = {"n": Endpoint("Death.", "death", {"MX": 1}, ("a",)), "s": Endpoint("M1.", "m1")}
    joined = Endpoint.join(rules)
    assert joined == Endpoint("n: Death.; s: M1.", "", {"MX": 1}, ("a",))
    assert Endpoint.join({"n": rules["n"], "s": rules["n"]}).name == "death"


def stored(cohort, path, change):
    """The cohort's file, with what it says of itself changed."""
    cohort.save(path)
    adata = read_h5ad(path)
    said = json.loads(adata.uns.pop(KEY))
    change(said)
    write_h5ad(adata, path, {KEY: json.dumps(said)})
    return path


def test_a_file_from_before_there_were_kinds_opens_as_it_did(tmp_path):
    cohort = binary_transbig()

    def as_before(said):
        del said["outcome"]
        assert said == {
            "schema": 1,
            "name": "TRANSBIG",
            "endpoint": cohort.endpoint,
            "scale": "log2",
            "provenance": {
                **cohort.provenance,
                "endpoint": {
                    "name": "event-within-horizon",
                    "left_out": {"censored before 1826.25": 9},
                    "columns": ["time_days", "distant_metastasis"],
                },
            },
        }

    old = Cohort.load(stored(cohort, tmp_path / "old.h5ad", as_before))
    assert old.outcome.endpoint == cohort.outcome.endpoint
    assert old.provenance == cohort.provenance
    assert old.fingerprint == (
        "24df0a71eb3575f476ab3e5ffbb7ffff2af5310337d115bffd0503e9a84b2b9d"
    )


def test_a_file_of_a_kind_that_is_not_known_says_so(tmp_path):
    path = stored(invented_cohort(), tmp_path / "c.h5ad", lambda said: said.update(outcome="?"))
    with pytest.raises(DeepCMEError, match=r"does not know \('\?'\); please update"):
        Cohort.load(path)
