"""The calibration curve, groups and histogram, and where there are too few events for them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError
from deepcme.evaluation.intervals import compute_wilson_interval
from deepcme.evaluation.probabilities.calibration_curves import (
    compute_calibration_curve,
    compute_calibration_groups,
    compute_risk_histogram,
    compute_study_calibration_curves,
    compute_study_calibration_groups,
    describe_missing_curves,
)
from tests.evaluation.probabilities.conftest import expand


@pytest.fixture
def tested_twice():
    """Test rows of 200 patients in two repeats, 60 of whom have the event."""
    names = [f"P{i}" for i in range(200)]
    once = pd.DataFrame(
        {
            "model": "LR",
            "sample": names,
            "patient": names,
            "part": "test",
            "label": np.repeat([1, 0], [60, 140]),
            "score": 0.0,
            "probability": np.r_[np.linspace(0.2, 0.9, 60), np.linspace(0.1, 0.7, 140)],
        }
    )
    return pd.concat([once.assign(split=repeat) for repeat in (1, 2)], ignore_index=True)


def test_curve_of_calibrated_probabilities_holds_the_diagonal(calibrated):
    curve = compute_calibration_curve(*calibrated, points=20)
    inside = (curve["ci_low"] <= curve["predicted"]) & (curve["predicted"] <= curve["ci_high"])
    assert inside.mean() >= 0.9
    assert (curve["n"] == 2000).all()


def test_curve_follows_a_bend(calibrated):
    label, probability = calibrated
    curve = compute_calibration_curve(label, probability**2, points=20)
    assert np.abs(curve["observed"] - np.sqrt(curve["predicted"])).max() < 0.08


def test_curve_of_a_few_distinct_risks_is_the_line(reference):
    case = reference("calibration")
    curve = compute_calibration_curve(*expand(case["groups"]), points=2)
    assert curve["observed"].tolist() == pytest.approx([0.1, 0.6], abs=1e-6)


@pytest.mark.parametrize("probabilities", [[0.1, 0.2, 0.3, 0.4], [0.3] * 4])
def test_curve_that_cannot_be_fitted_is_empty_of_values(probabilities):
    curve = compute_calibration_curve([0, 0, 1, 1], probabilities, points=3)
    assert curve[["observed", "ci_low", "ci_high"]].isna().all(axis=None)


def test_each_cohort_left_out_has_a_curve(shifted_cohorts):
    curves = compute_study_calibration_curves(shifted_cohorts, points=2).set_index("left_out")
    for cohort in ("north", "south"):
        assert curves.loc[cohort, "observed"].tolist() == pytest.approx([0.2, 0.8], abs=1e-6)


def test_groups_are_of_equal_size_with_wilson_intervals_by_hand():
    label = np.r_[np.arange(50) < 10, np.arange(50) < 30].astype(int)
    groups = compute_calibration_groups(label, np.arange(100) / 100, groups=2)
    assert groups["n"].tolist() == [50, 50]
    assert groups["events"].tolist() == [10, 30]
    assert groups["predicted"].tolist() == pytest.approx([0.245, 0.745])
    for row, events in zip(groups.itertuples(), (10, 30), strict=True):
        wilson = compute_wilson_interval(events, 50)
        assert (row.ci_low, row.ci_high) == pytest.approx((wilson.ci_low, wilson.ci_high))


def test_rows_repeated_by_patient_do_not_narrow_the_interval_of_a_group():
    label, risk, patient = np.tile([1, 0, 0, 0], 10), np.full(40, 0.3), np.arange(40)
    once = compute_calibration_groups(label, risk, patient, 1)
    often = compute_calibration_groups(*(np.tile(of, 5) for of in (label, risk, patient)), 1)
    ends = ["observed", "ci_low", "ci_high"]
    assert often[ends].to_numpy() == pytest.approx(once[ends].to_numpy())


def test_equal_risks_stay_in_one_group():
    groups = compute_calibration_groups([0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1], groups=5)
    assert groups["n"].tolist() == [4, 2]
    assert groups["ci_high"].iloc[-1] == 1


def test_tables_of_a_study_count_and_spread_its_rows(tested_twice):
    curves = compute_study_calibration_curves(tested_twice, points=5)
    assert (curves["n"] == 200).all()
    assert (curves["n_splits"] == 2).all()
    groups = compute_study_calibration_groups(tested_twice)
    assert len(groups) == 6
    assert groups["events"].sum() == 120
    histogram = compute_risk_histogram(tested_twice)
    assert (histogram["high"] - histogram["low"]).to_numpy() == pytest.approx(0.05)
    assert histogram[["events", "non_events"]].sum().tolist() == [120, 280]


def test_under_fifty_events_there_is_no_curve_but_a_sentence(tested_twice):
    few = tested_twice[~tested_twice["sample"].isin([f"P{i}" for i in range(11)])]
    sentence = (
        "With 49 events and 140 non-events no calibration curve is drawn, as it would show "
        "chance; it needs at least 50 of each."
    )
    assert describe_missing_curves(few) == sentence
    for compute in (
        compute_study_calibration_curves,
        compute_study_calibration_groups,
        compute_risk_histogram,
    ):
        with pytest.raises(AbsentError, match="With 49 events"):
            compute(few)
    assert describe_missing_curves(tested_twice) == ""


def test_only_cohorts_with_events_enough_have_a_curve(shifted_cohorts):
    cut = shifted_cohorts[~shifted_cohorts["sample"].isin(["south test 0"])]
    assert describe_missing_curves(cut).startswith("south: with 49 events and 50 non-events")
    assert compute_study_calibration_curves(cut)["left_out"].unique().tolist() == ["north"]
