"""The time to an event as a cohort's outcome: from arrays, on the disk, and merged."""

import json

import numpy as np
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.base.hdf5.annotated import read_h5ad
from deepcme.cohort.merging import merge_cohorts
from deepcme.cohort.origin import KEY
from deepcme.cohort.outcome import Endpoint
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
