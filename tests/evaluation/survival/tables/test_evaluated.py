"""One row a patient, and draws that all tables share."""

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.evaluation.survival.concordance import choose_tau
from deepcme.evaluation.survival.tables.evaluated import (
    EvaluatedPatients,
    Evaluation,
    find_risks,
)
from tests.evaluation.survival.tables.conftest import evaluate


def with_second_samples(predictions, **changed):
    """Three patients have a second sample."""
    again = predictions[predictions["patient"].isin(["patient1", "patient2", "patient3"])]
    return pd.concat(
        [predictions, again.assign(sample="second of " + again["patient"], **changed)]
    )


def test_a_patient_of_several_samples_counts_once_by_the_first(predictions):
    twice = with_second_samples(predictions, score=99.0)
    tested = evaluate(twice, draws=2).tested[0]
    assert tested.patients.follow_up.n == 120
    assert tested.rows["score"].max() < 99
    assert not tested.rows.duplicated(["split", "model", "patient"]).any()


def test_where_samples_disagree_the_earliest_event_counts_or_the_longest_follow_up(predictions):
    twice = with_second_samples(predictions, time=[0.2, 9.0, 0.1] * 18, event=[1, 0, 0] * 18)
    patients = evaluate(twice, draws=2).patients[0]
    rows = twice.drop_duplicates("sample").groupby("patient")
    for name, samples in rows:
        place = patients.names.get_loc(name)
        events = samples[samples["event"] == 1]
        expected = events["time"].min() if len(events) else samples["time"].max()
        assert patients.follow_up.times[place] == expected
        assert patients.follow_up.events[place] == min(len(events), 1)


def test_tau_is_the_horizon_or_where_few_are_uncensored(predictions):
    assert evaluate(predictions, draws=2).tau == 3
    free = evaluate(predictions, None, draws=2)
    assert free.tau == choose_tau(free.patients[0].follow_up)
    with pytest.raises(AbsentError, match=r"The study has no horizon"):
        free.require_horizon()


def test_other_predictions_share_patients_and_draws(evaluation, predictions):
    other = evaluation.with_predictions(predictions.assign(score=0.0))
    assert other.patients is evaluation.patients
    assert (other.tested[0].rows["score"] == 0).all()


def test_a_test_part_has_the_weights_of_all_evaluated_patients(evaluation):
    everybody = evaluation.patients[0].at
    rows = np.array([5, 3, 60])
    part = everybody.rows(rows)
    np.testing.assert_array_equal(part.weights, everybody.weights[:, rows])
    np.testing.assert_array_equal(part.is_case, everybody.is_case[rows])
    one = evaluation.tested[0].at_part(0, rows)
    assert evaluation.tested[0].at_part(0, rows) is one


def test_censoring_may_depend_on_columns(predictions):
    names = predictions["sample"].unique()
    age = pd.DataFrame({"age": np.arange(len(names), dtype=float)}, index=names)
    patients = evaluate(predictions, draws=2, columns=age).patients[0]
    assert patients.at.columns[:, 0].tolist() == age.loc[patients.samples, "age"].tolist()
    unknown = evaluate(predictions, draws=2, columns=age.iloc[:50]).patients[0]
    assert unknown.at is None
    assert "must be known for every patient" in unknown.absent


def test_cohorts_left_out_are_judged_by_themselves(by_cohort):
    patients = evaluate(by_cohort, draws=2).patients
    assert [of.cohort for of in patients] == ["north", "south"]
    assert sum(of.follow_up.n for of in patients) == 120


def test_a_horizon_that_nobody_is_followed_to_is_told(predictions):
    patients = evaluate(predictions, 50.0, draws=2).patients[0]
    assert isinstance(patients, EvaluatedPatients)
    with pytest.raises(AbsentError, match="take an earlier horizon"):
        patients.require()


def test_a_table_without_times_or_test_rows_is_refused(predictions):
    random = np.random.default_rng(0)
    with pytest.raises(DeepCMEError, match="lacks the columns: time, event"):
        Evaluation.draw(predictions.drop(columns=["time", "event"]), 3.0, random)
    with pytest.raises(DeepCMEError, match="no row of the test part"):
        Evaluation.draw(predictions[predictions["part"] != "test"], 3.0, random)


def test_a_patients_risk_is_the_mean_over_the_splits_that_give_one():
    rows = pd.DataFrame({"position": [0, 0, 1, 1], "probability": [0.1, 0.3, np.nan, 0.5]})
    positions, risks = find_risks(rows)
    assert positions.tolist() == [0, 1]
    assert risks == pytest.approx([0.2, 0.5])
    with pytest.raises(AbsentError, match="no risk by the horizon of 1 of 2 patients"):
        find_risks(rows.iloc[:3])
    with pytest.raises(AbsentError, match=r"gives no risk by the horizon\."):
        find_risks(rows.assign(probability=np.nan))
