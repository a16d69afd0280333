"""Risks by the horizon: measures, decisions, groups and curves of a study."""

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from deepcme.evaluation.survival.measured import BRIER, OBSERVED_EXPECTED, SLOPE
from deepcme.evaluation.survival.tables.auc_over_time import (
    choose_times,
    compute_survival_auc_over_time,
)
from deepcme.evaluation.survival.tables.calibration import (
    compute_survival_calibration_groups,
)
from deepcme.evaluation.survival.tables.decisions import (
    compute_survival_classification,
    compute_survival_decision_curve,
    compute_survival_net_benefit,
)
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.naive import compute_naive_beside_weighted
from deepcme.evaluation.survival.tables.performance import compute_survival_performance
from tests.evaluation.survival.conftest import FROZEN
from tests.evaluation.survival.tables.conftest import evaluate, one_split


@pytest.fixture(scope="module")
def performance(evaluation):
    return compute_survival_performance(evaluation)


@pytest.mark.parametrize("cohort", FROZEN)
def test_of_one_split_they_are_those_of_r(frozen, cohort):
    at, scores, risks, case = frozen[cohort]
    study = evaluate(one_split(at.follow_up, scores, risks), case["horizon"], draws=20)
    values = compute_survival_performance(study).set_index("measure")
    assert values.loc["brier", "value"] == pytest.approx(case["brier"], abs=1e-11)
    scaled = 1 - case["brier"] / case["null_brier"]
    assert values.loc["scaled_brier", "value"] == pytest.approx(scaled, abs=1e-10)
    for measure in (BRIER, OBSERVED_EXPECTED, SLOPE):
        alone = measure.of(study.patients[0].at, risks).interval()
        row = values.loc[measure.name, ["value", "ci_low", "ci_high"]]
        assert row.tolist() == pytest.approx([alone.value, alone.ci_low, alone.ci_high])


def test_they_are_of_each_patients_mean_risk(evaluation, performance):
    row = performance[performance["measure"] == "observed_expected"].iloc[0]
    test = evaluation.tested[0].rows.query("model == 'network'")
    mean = test.groupby("patient")["probability"].mean().mean()
    observed = compute_risk(evaluation.patients[0].follow_up, 3.0).value
    assert row["predicted"] == pytest.approx(mean)
    assert row["observed"] == pytest.approx(observed)
    assert row["value"] == pytest.approx(observed / mean)
    assert (row["n"], row["n_splits"]) == (120, 6)


def test_a_model_without_risks_says_so(performance):
    rows = performance[performance["model"] == "ranker"]
    assert rows["value"].isna().all()
    assert (rows["absent"] == "The model gives no risk by the horizon.").all()
    assert (performance.loc[performance["model"] != "ranker", "absent"] == "").all()


def test_the_observed_risk_of_competing_events_is_that_of_aalen_and_johansen(
    competing_evaluation,
):
    follow_up = competing_evaluation.patients[0].follow_up
    assert follow_up.has_competing
    table = compute_survival_performance(competing_evaluation)
    assert table["observed"].iloc[0] == pytest.approx(compute_risk(follow_up, 3.0).value)


def test_without_a_horizon_there_are_none(predictions):
    study = evaluate(predictions, None, draws=5)
    for compute in (
        compute_survival_performance,
        compute_naive_beside_weighted,
        compute_survival_calibration_groups,
    ):
        with pytest.raises(AbsentError, match="no horizon"):
            compute(study)
    assert compute_survival_discrimination(study)["value"].notna().all()


def test_calling_positive_finds_cases_and_spares_others(evaluation):
    table = compute_survival_classification(evaluation, [0.1, 0.3])
    assert table.groupby("model").size().to_dict() == {"network": 4, "coin": 4}
    low, high = (
        table[table["threshold"] == at].set_index(["model", "measure"]) for at in (0.1, 0.3)
    )
    assert (
        low.loc[("network", "sensitivity"), "value"]
        >= high.loc[("network", "sensitivity"), "value"]
    )
    assert (
        low.loc[("network", "specificity"), "value"]
        <= high.loc[("network", "specificity"), "value"]
    )
    assert (table["ci_low"] <= table["value"]).all()
    assert (table["value"] <= table["ci_high"]).all()
    # A share of 1 has an interval with a width.
    everybody = compute_survival_classification(evaluation, [1e-9]).iloc[0]
    assert everybody["value"] == 1
    assert 0.8 < everybody["ci_low"] < 1


def test_the_curve_of_treating_all_falls_from_the_observed_risk(evaluation):
    curve = compute_survival_decision_curve(evaluation, [0.1, 0.2])
    assert curve["strategy"].unique().tolist() == ["network", "coin", "treat all", "treat none"]
    observed = compute_risk(evaluation.patients[0].follow_up, 3.0).value
    treat_all = curve[curve["strategy"] == "treat all"]["net_benefit"].tolist()
    assert treat_all == pytest.approx(
        [observed - (1 - observed) * odds for odds in (1 / 9, 1 / 4)]
    )
    assert (curve[curve["strategy"] == "treat none"]["net_benefit"] == 0).all()


def test_net_benefit_is_beside_the_better_of_all_and_none(evaluation):
    table = compute_survival_net_benefit(evaluation, [0.1, 0.3])
    curve = compute_survival_decision_curve(evaluation, [0.1, 0.3])
    at = curve.pivot(index="threshold", columns="strategy", values="net_benefit")
    for row in table.to_dict("records"):
        best = at.loc[row["threshold"], ["treat all", "treat none"]].max()
        assert row["net_benefit"] == pytest.approx(at.loc[row["threshold"], row["model"]])
        assert row["difference"] == pytest.approx(row["net_benefit"] - best)
        assert row["ci_low"] < row["difference"] < row["ci_high"]


def test_groups_by_risk_hold_some_ten_events_each(evaluation):
    groups = compute_survival_calibration_groups(evaluation)
    network = groups[groups["model"] == "network"]
    assert network["n"].sum() == 120
    assert network["predicted"].is_monotonic_increasing
    cases = evaluation.patients[0].at.n_cases
    assert len(network) == cases // 10


def test_too_few_events_for_groups_are_told(predictions):
    study = evaluate(predictions, 0.4, draws=5)
    with pytest.raises(AbsentError, match="there are no groups by predicted risk"):
        compute_survival_calibration_groups(study)


def test_the_auc_over_time_ends_at_that_of_the_horizon(evaluation):
    curve = compute_survival_auc_over_time(evaluation, points=3)
    ends = curve[curve["time"] == 3].set_index("model")
    table = compute_survival_discrimination(evaluation)
    at_tau = table[table["measure"] == "auc"].set_index("model")
    columns = ["value", "ci_low", "ci_high"]
    np.testing.assert_allclose(ends[columns], at_tau.loc[ends.index, columns])
    assert curve["model"].tolist() == ["network"] * 3 + ["coin"] * 3 + ["ranker"] * 3
    assert curve["events"].min() == 5


def test_the_labelled_alone_have_too_many_events(evaluation):
    table = compute_naive_beside_weighted(evaluation)
    risk = table[table["measure"] == "risk"].iloc[0]
    assert risk["naive"] > risk["weighted"] + 0.03
    assert risk["n_known"] < risk["n"]
    ratio = table[(table["measure"] == "observed_expected") & (table["model"] == "network")]
    assert (ratio["naive"] > ratio["weighted"]).all()


@pytest.mark.parametrize(
    ("cohort", "naive", "weighted", "known"),
    [
        ("GSE25055", 0.347, 0.235, 173),
        ("GSE16446", 0.300, 0.207, 70),
        ("GSE1992", 0.347, 0.254, 72),
    ],
)
def test_leaving_out_the_censored_of_real_cohorts(frozen, cohort, naive, weighted, known):
    # Events among the labelled, and 1 less R's Kaplan-Meier.
    at, scores, risks, _ = frozen[cohort]
    study = evaluate(one_split(at.follow_up, scores, risks), at.horizon, draws=0)
    risk = compute_naive_beside_weighted(study).set_index("measure").loc["risk"]
    assert (risk["naive"], risk["weighted"]) == pytest.approx((naive, weighted), abs=6e-4)
    assert risk["n_known"] == known


def test_where_all_are_followed_naive_and_weighted_agree(predictions):
    followed = predictions[(predictions["event"] == 1) | (predictions["time"] > 3)]
    table = compute_naive_beside_weighted(evaluate(followed, draws=0))
    known = table.dropna()
    pd.testing.assert_series_equal(known["naive"], known["weighted"], check_names=False)


def test_times_go_in_even_steps_from_the_fifth_event():
    follow_up = FollowUp(np.arange(1, 21), np.ones(20))
    assert choose_times(follow_up, 10, 6).tolist() == [5, 6, 7, 8, 9, 10]
    with pytest.raises(AbsentError, match="in time there are 4 events, fewer than 5"):
        choose_times(follow_up, 5)
