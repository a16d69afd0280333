"""The time to an event as a cohort's outcome: from arrays, on the disk, and merged."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.base.hdf5.annotated import read_h5ad
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.cohort.filters import filter_samples
from deepcme.cohort.folds import NestedFolds
from deepcme.cohort.honest import draw_honest_splits, split_seed
from deepcme.cohort.merging import merge_cohorts
from deepcme.cohort.origin import KEY
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.strata import choose_strata
from deepcme.cohort.survival import SurvivalOutcome

TIMES, ENDS = np.array([0, 1.5, 2, 4, 6]), np.array([1, 0, 2, 1, 0])


def of_times(times=TIMES, ends=ENDS, prefix="S", **endpoint):
    made = Endpoint("Time to relapse.", **{"unit": "years", "horizon": 5.0} | endpoint)
    return Cohort.from_arrays(
        np.arange(2.0 * len(times)).reshape(-1, 2),
        SurvivalOutcome(times, ends, made),
        samples=[f"{prefix}{number}" for number in range(len(times))],
        genes=["A", "B"],
        endpoint=made,
        scale="log2",
    )


def test_a_cohort_is_made_of_arrays_of_times_and_events():
    cohort = of_times()
    assert isinstance(cohort.outcome, SurvivalOutcome)
    assert cohort.outcome.times.tolist() == TIMES.tolist()
    assert cohort.outcome.ends.tolist() == ENDS.tolist()
    assert cohort.n_positives == 2
    assert cohort.outcome.count() == (
        "2 samples with the event, 1 with the competing event and 2 censored"
    )


def test_a_rule_in_words_leaves_unit_and_horizon_to_the_outcome():
    cohort = Cohort.from_arrays(
        np.eye(5),
        SurvivalOutcome(TIMES, ENDS, Endpoint("", unit="years", horizon=5.0)),
        samples=list("abcde"),
        genes=list("ABCDE"),
        endpoint="Time to relapse.",
        scale="log2",
    )
    assert cohort.outcome.endpoint == Endpoint("Time to relapse.", unit="years", horizon=5.0)


def test_unit_horizon_and_competing_event_survive_the_disk(tmp_path):
    cohort = of_times(competing="vital = Dead", columns=("t", "e", "vital"))
    cohort.save(tmp_path / "cohort.h5ad")
    loaded = Cohort.load(tmp_path / "cohort.h5ad")
    assert loaded.outcome.endpoint == cohort.outcome.endpoint
    assert loaded.outcome.endpoint.unit == "years"
    assert loaded.outcome.endpoint.horizon == 5
    assert loaded.fingerprint == cohort.fingerprint


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"unit": "weeks"}, "'endpoint.unit' is not what belongs there"),
        ({"horizon": 0.0}, "'endpoint.horizon' is not what belongs there"),
        ({"horizon": -5.0}, "'endpoint.horizon' is not what belongs there"),
        ({"horizon": "5"}, "'endpoint.horizon' is not what belongs there"),
    ],
)
def test_a_damaged_unit_or_horizon_is_refused(tmp_path, damage, message):
    path = tmp_path / "cohort.h5ad"
    of_times().save(path)
    adata = read_h5ad(path)
    content = json.loads(adata.uns[KEY])
    content["provenance"]["endpoint"] |= damage
    adata.uns[KEY] = json.dumps(content)
    adata.write_h5ad(path)
    with pytest.raises(DeepCMEError, match=message):
        Cohort.load(path)


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ({"unit": "weeks"}, "unit must be days, months or years, not 'weeks'"),
        ({"horizon": 0.0}, "horizon must be greater than 0, not 0"),
        ({"horizon": float("nan")}, "horizon must be greater than 0, not nan"),
    ],
)
def test_an_endpoint_of_another_unit_or_without_a_time_is_refused(endpoint, message):
    with pytest.raises(DeepCMEError, match=message):
        of_times(**endpoint)


def test_merged_cohorts_have_the_unit_and_the_horizon_of_the_first():
    in_days = of_times(TIMES * 365.25, unit="days", horizon=5 * 365.25, prefix="T")
    merged = merge_cohorts({"A": of_times(), "B": in_days})
    assert merged.outcome.endpoint.unit == "years"
    assert merged.outcome.endpoint.horizon == 5
    np.testing.assert_allclose(merged.outcome.times, [*TIMES, *TIMES], rtol=1e-12)


def test_merged_cohorts_say_which_of_them_have_a_competing_event():
    of_one = {"A": of_times(competing="vital = Dead"), "B": of_times(prefix="T")}
    assert merge_cohorts(of_one).outcome.endpoint.competing == "A: vital = Dead"
    of_both = {"A": of_times(competing="vital = Dead"), "B": of_times(prefix="T")}
    of_both["B"] = of_times(prefix="T", competing="vital = Dead")
    assert merge_cohorts(of_both).outcome.endpoint.competing == "vital = Dead"


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ({"unit": ""}, "times of A are in years and those of B in an unknown unit"),
        ({"horizon": 3.0}, "horizons of A and B are 5 and 3 \\(in years"),
        ({"horizon": None}, "horizons of A and B are 5 and none \\(in years"),
    ],
)
def test_cohorts_of_unknown_units_or_other_horizons_are_not_merged(endpoint, message):
    with pytest.raises(DeepCMEError, match=message):
        merge_cohorts({"A": of_times(), "B": of_times(prefix="T", **endpoint)})


def many(n=200, seed=0, **endpoint):
    """Follow-up of some years with each end."""
    random = np.random.default_rng(seed)
    made = Endpoint("Time to relapse.", **{"unit": "years", "horizon": 5.0} | endpoint)
    return SurvivalOutcome(random.uniform(0.5, 9, n).round(2), random.integers(0, 3, n), made)


def cohort_of(outcome, **changed):
    n = len(outcome.times)
    parts = {"samples": [f"S{i}" for i in range(n)], "genes": ["A", "B"], "scale": "log2"}
    X = np.random.default_rng(1).normal(8, 1, (n, 2))
    return Cohort.from_arrays(X, outcome, endpoint=outcome.endpoint, **parts | changed)


@pytest.mark.parametrize(
    ("times", "ends", "message"),
    [
        (
            [1, 2],
            [0, 3],
            r"0 \(censored\), 1 \(the event\) or 2 \(the competing event\), not 3",
        ),
        ([1, 2], ["alive", 1], "not alive"),
        ([1, 2], [0, np.nan], "not nan"),
        ([1, -2], [0, 1], "must be numbers from 0 on, but number 2 is -2"),
        ([1, np.nan], [0, 1], "number 2 is nan"),
        ([np.inf, 1], [0, 1], "number 1 is inf"),
        (["late", 1], [0, 1], "number 1 is nan"),
        ([1, 2, 3], [0, 1], "arrays of \\(3,\\) times and \\(2,\\) events"),
    ],
)
def test_times_and_ends_that_are_none_are_refused(times, ends, message):
    with pytest.raises(DeepCMEError, match=message):
        SurvivalOutcome(np.array(times), np.array(ends))


def test_events_are_those_of_the_event_alone():
    outcome = SurvivalOutcome(TIMES, ENDS)
    assert outcome.events.tolist() == [1, 0, 0, 1, 0]
    assert outcome.count_patients(["a", "a", "b", "a", "c"]) == 1
    assert outcome.follow_up.events.tolist() == ENDS.tolist()
    assert outcome.known_at(2).tolist() == [True, False, True, True, True]
    assert outcome.cases_at(3.9).tolist() == [1, 0, 0, 0, 0]


def test_rows_are_taken_with_time_event_and_endpoint():
    outcome = many()
    taken = outcome.take(np.array([3, 0]))
    assert taken.times.tolist() == outcome.times[[3, 0]].tolist()
    assert taken.ends.tolist() == outcome.ends[[3, 0]].tolist()
    assert taken.endpoint == outcome.endpoint


def test_what_is_lacking_and_what_there_is_reads_right():
    outcome = SurvivalOutcome(TIMES, ENDS)
    assert outcome.lacks() is None
    assert outcome.lacks(np.array([1, 2])) == "sample with the event"
    assert outcome.lacks(np.array([0, 3])) == "sample without the event"
    assert SurvivalOutcome(TIMES, [1, 0, 0, 1, 0]).count() == (
        "2 samples with the event and 3 censored"
    )


def test_permuting_keeps_a_time_with_its_event():
    outcome, patients = many(), np.arange(200) // 2
    permuted = outcome.permute(patients, np.random.default_rng(3))
    pairs = sorted(zip(outcome.times, outcome.ends, strict=True))
    assert sorted(zip(permuted.times, permuted.ends, strict=True)) == pairs
    assert permuted.times.tolist() != outcome.times.tolist()
    of_patients = {tuple(outcome.times[2 * i : 2 * i + 2]) for i in range(100)}
    assert {tuple(permuted.times[2 * i : 2 * i + 2]) for i in range(100)} == of_patients


def test_strata_part_early_from_late_where_many_ended_alike():
    outcome = many()
    for end in (0, 1, 2):
        alike = outcome.ends == end
        early, late = np.unique(outcome.strata[alike])
        times, strata = outcome.times[alike], outcome.strata[alike]
        assert times[strata == early].max() <= times[strata == late].min()
    assert len(np.unique(outcome.strata)) == 6
    assert SurvivalOutcome(TIMES, ENDS).strata.tolist() == [4, 0, 2, 4, 0]


def test_honest_splits_spread_events_and_times_over_all_parts():
    outcome = many()
    cohort = cohort_of(outcome, patients=[f"P{i // 2}" for i in range(200)])
    splits = draw_honest_splits(cohort, split_seed(1), repeats=1)
    assert len(splits) == 5
    assert sorted(np.concatenate([split.test for split in splits])) == list(range(200))
    for split in splits:
        for _, rows in split.parts():
            assert outcome.lacks(rows) is None
            assert abs(np.median(outcome.times[rows]) - np.median(outcome.times)) < 2
        assert not set(cohort.patients[split.test]) & set(cohort.patients[split.train])


def test_a_split_without_an_event_says_how_many_there_are():
    outcome = SurvivalOutcome(np.arange(1.0, 31), np.r_[1, 1, np.zeros(28)])
    with pytest.raises(
        DeepCMEError,
        match="part would hold no sample with the event: there are 2 samples with the event and "
        "28 censored, and each of the three parts needs at least one of both",
    ):
        draw_honest_splits(cohort_of(outcome), split_seed(1), repeats=1)
    with pytest.raises(DeepCMEError, match="folds would hold no sample with the event: there"):
        list(NestedFolds(3, 1).split(outcome, np.arange(30), split_seed(1)))


def test_a_cohort_without_an_event_is_refused():
    with pytest.raises(DeepCMEError, match="there is no sample with the event to learn from"):
        of_times(ends=np.zeros(5))
    with pytest.raises(
        DeepCMEError, match="there is no sample without the event to learn from"
    ):
        of_times(ends=np.ones(5))


def test_a_choice_that_loses_every_event_is_refused_in_words_of_times():
    outcome = many(40)
    normal = np.where(outcome.events == 1, "normal", "primary").tolist()
    n = int(outcome.events.sum())
    cohort = cohort_of(outcome, tissue=normal)
    with pytest.raises(
        DeepCMEError,
        match=f"No sample with the event is primary: there are .*{n} normal \\({n} with the ev",
    ):
        filter_samples(cohort, keep_tissue=["primary"])
    with pytest.raises(
        DeepCMEError,
        match=f"Half: none of the {n} samples with the event is left, and {40 - n} of the "
        f"{40 - n} ones without the event. Keep these",
    ):
        cohort.select(outcome.events == 0, "Half: without the event.")


def test_filters_flow_strata_and_one_per_patient_know_times():
    outcome = many()
    cohort = cohort_of(
        outcome,
        patients=[f"P{i // 2}" for i in range(200)],
        tissue=["primary", "normal"] * 100,
        batch=["x" if i % 4 < 2 else "y" for i in range(200)],
    )
    kept = filter_samples(cohort, keep_tissue=["primary"], one_per_patient=True)
    assert kept.outcome.times.tolist() == outcome.times[::2].tolist()
    assert kept.outcome.endpoint == outcome.endpoint
    events = int(outcome.events[::2].sum())
    assert [step.positives for step in kept.flow] == [int(outcome.events.sum()), events]
    assert choose_strata(cohort) == "batch"


def test_the_whole_cohort_survives_the_disk(tmp_path):
    outcome = many(30, name="time-to-event", columns=("t", "e"), left_out={"without t": 2})
    cohort = cohort_of(
        outcome,
        clinical=pd.DataFrame({"time": range(30), "t": outcome.times, "age": 50}),
        provenance={"source": "invented", "notes": ["A note."]},
        batch=["x", "y"] * 15,
    )
    cohort.save(tmp_path / "cohort.h5ad")
    loaded = Cohort.load(tmp_path / "cohort.h5ad")
    assert loaded.outcome.times.tolist() == outcome.times.tolist()
    assert loaded.outcome.ends.dtype == np.int8
    assert loaded.outcome.ends.tolist() == outcome.ends.tolist()
    assert loaded.outcome.endpoint == outcome.endpoint
    assert list(loaded.obs.columns) == list(cohort.obs.columns)
    assert "time_in_file" in loaded.obs
    assert loaded.provenance == cohort.provenance
    assert loaded.fingerprint == cohort.fingerprint
    later = replace(outcome, times=outcome.times + 1)
    assert cohort_of(later, batch=["x", "y"] * 15).fingerprint != cohort.fingerprint


def test_merged_cohorts_have_the_rows_of_each_and_count_events():
    merged = merge_cohorts({"A": of_times(), "B": of_times(prefix="T")})
    assert merged.outcome.ends.tolist() == [*ENDS, *ENDS]
    assert merged.n_positives == 4
    assert "A (5 samples, 2 with the event, 2 genes)" in merged.notes[0]
    assert merged.obs["cohort"].tolist() == ["A"] * 5 + ["B"] * 5


def test_times_and_yes_or_no_are_not_merged():
    binary = leave_out_censored(of_times(prefix="T"))
    with pytest.raises(
        DeepCMEError, match="A has a survival outcome and B a binary one: make both cohorts wi"
    ):
        merge_cohorts({"A": of_times(), "B": binary})


def test_whoever_asks_for_labels_is_told_how_to_get_them():
    for of in (of_times(), CohortArrays.of(of_times())):
        with pytest.raises(DeepCMEError, match="takes a binary one: make the cohort anew by"):
            _ = of.labels
