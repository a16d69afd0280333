"""Thirds of predicted risk: who is in them, and how they fared."""

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from deepcme.evaluation.survival.kaplan_meier import compute_kaplan_meier
from deepcme.evaluation.survival.tables.risk_groups import (
    compute_group_risks,
    compute_numbers_at_risk_by_group,
    compute_risk_curves,
    compute_risk_groups,
)
from tests.evaluation.survival.tables.conftest import evaluate, one_split


@pytest.fixture(scope="module")
def groups(evaluation):
    return compute_risk_groups(evaluation)


def test_each_patient_is_in_one_third_by_each_model(groups):
    assert groups.groupby("model", observed=True)["patient"].nunique().eq(120).all()
    assert not groups.duplicated(["model", "patient"]).any()
    assert groups["group"].cat.categories.tolist() == ["lowest", "middle", "highest"]
    sizes = groups[groups["model"] == "network"]["group"].value_counts()
    assert sizes.between(30, 50).all()


def test_cuts_are_thirds_of_the_scores_of_the_validation_part(groups, predictions):
    # By hand for a patient and split: the share of validation scores below his, then medians.
    of = predictions[predictions["model"] == "network"]
    test = of[(of["part"] == "test") & (of["patient"] == "patient7")]
    places = [
        (of.query(f"split == {row.split} and part == 'validation'")["score"] < row.score).mean()
        for row in test.itertuples()
    ]
    found = groups[(groups["model"] == "network") & (groups["patient"] == "patient7")].iloc[0]
    assert found["place"] == pytest.approx(np.median(places))
    assert (
        found["group"]
        == ["lowest", "middle", "highest"][
            int(np.median(places) > 1 / 3) + int(np.median(places) > 2 / 3)
        ]
    )


def test_nobody_else_who_is_tested_has_a_say(predictions, groups):
    others = (predictions["part"] == "test") & (predictions["patient"] != "patient7")
    moved = predictions.assign(score=predictions["score"].mask(others, 50.0))
    again = compute_risk_groups(evaluate(moved, draws=2))
    of_seven = [
        of[of["patient"] == "patient7"].reset_index(drop=True) for of in (groups, again)
    ]
    pd.testing.assert_frame_equal(*of_seven)


def test_a_score_that_is_the_same_for_all_puts_everybody_in_the_middle(predictions):
    flat = compute_risk_groups(evaluate(predictions.assign(score=1.0), draws=2))
    assert (flat["group"] == "middle").all()
    assert set(compute_risk_curves(flat)["group"]) == {"middle"}


def test_curves_are_those_of_kaplan_and_meier_in_each_group(groups):
    curves = compute_risk_curves(groups)
    rows = groups[(groups["model"] == "network") & (groups["group"] == "highest")]
    alone = compute_kaplan_meier(FollowUp(rows["time"], rows["event"]))
    of_group = curves[(curves["model"] == "network") & (curves["group"] == "highest")]
    np.testing.assert_allclose(of_group["value"], alone["survival"])
    np.testing.assert_allclose(of_group["ci_low"], alone["ci_low"])
    assert (curves["curve"] == "survival").all()
    assert curves["model"].unique().tolist() == ["network", "coin", "ranker"]


def test_with_competing_events_curves_are_risks(competing_evaluation):
    groups = compute_risk_groups(competing_evaluation)
    curves = compute_risk_curves(groups)
    assert (curves["curve"] == "risk").all()
    assert (curves.groupby(["model", "group"], observed=True)["value"].first() == 0).all()


def test_numbers_at_risk_stand_at_the_times_asked_for(groups):
    at_risk = compute_numbers_at_risk_by_group(groups, [0, 2, 4])
    network = at_risk[at_risk["model"] == "network"]
    assert network["time"].tolist() == [0, 2, 4] * 3
    assert network[network["time"] == 0]["at_risk"].sum() == 120
    late = (groups["model"] == "network") & (groups["time"] >= 4)
    assert network[network["time"] == 4]["at_risk"].sum() == late.sum()


def test_risks_by_the_horizon_rise_with_the_group(groups):
    risks = compute_group_risks(groups, 3.0)
    network = risks[risks["model"] == "network"]
    assert network["risk"].is_monotonic_increasing
    rows = groups[(groups["model"] == "network") & (groups["group"] == "lowest")]
    alone = compute_risk(FollowUp(rows["time"], rows["event"]), 3.0)
    assert network["risk"].iloc[0] == pytest.approx(alone.value)
    assert (network["ci_low"] <= network["risk"]).all()


def test_beyond_the_follow_up_of_a_group_there_is_no_risk(groups):
    risks = compute_group_risks(groups, 50.0)
    assert risks["risk"].isna().all()
    assert risks["absent"].str.startswith("Nobody is followed to the horizon").all()


def test_each_cohort_left_out_has_groups_of_its_own(by_cohort):
    groups = compute_risk_groups(evaluate(by_cohort, draws=2))
    curves = compute_risk_curves(groups)
    assert curves.columns[:3].tolist() == ["left_out", "model", "group"]
    n = curves.drop_duplicates(["left_out", "model", "group"]).groupby("left_out")["n"].sum()
    assert n.tolist() == [180, 180]


def test_without_training_rows_there_are_no_cuts(frozen):
    at, scores, risks, _ = frozen["GSE1992"]
    with pytest.raises(Exception, match="There are no risk groups"):
        compute_risk_groups(evaluate(one_split(at.follow_up, scores, risks), None, draws=2))
