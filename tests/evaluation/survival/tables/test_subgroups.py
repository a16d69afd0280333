"""C, O/E and net benefit of times by group of patients: by hand, and where groups are alike."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from deepcme import DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.groups.between_levels import compute_interactions
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from deepcme.evaluation.survival.measured import UNO, net_benefit
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.performance import compute_survival_performance
from deepcme.evaluation.survival.tables.subgroups import (
    SCALES,
    compute_risk_of_all,
    compute_survival_subgroups,
)
from tests.evaluation.groups.interaction_studies import count_rejections
from tests.evaluation.survival.drawn import draw_follow_up
from tests.evaluation.survival.tables.conftest import HORIZON, evaluate, one_split

N = 240


def frozen(seed=3, *, competing=False, strength=(1.0, 1.0)):
    """A frozen model, better in level b if its strength is; a is followed for half as long."""
    random = np.random.default_rng(seed)
    follow_up = draw_follow_up(N, random, competing=competing)
    is_a = np.arange(N) % 2 == 0
    early = is_a & (follow_up.times > 4)
    times = np.where(early, 4, follow_up.times)
    events = np.where(early, 0, follow_up.events)
    score = -np.where(is_a, *strength) * np.log(times) + random.normal(size=N) / 2
    risks = np.clip(0.3 + score / 10, 0, 1)
    predictions = one_split(FollowUp(times, events), score, risks)
    level = np.where(is_a, "a", "b")
    return predictions, pd.DataFrame({"er": level}, index=predictions["sample"])


def by_level(predictions, levels, horizon=HORIZON, **options):
    study = evaluate(predictions, horizon)
    table = compute_survival_subgroups(study, levels, recalibrated=study, **options)
    return table.set_index("level")


@pytest.mark.parametrize("competing", [False, True])
def test_each_level_is_measured_by_itself_with_its_own_censoring(competing):
    predictions, levels = frozen(competing=competing)
    table = by_level(predictions, levels, threshold=0.3)
    for name, rows in predictions.groupby(levels["er"].to_numpy()):
        follow_up = FollowUp(rows["time"].to_numpy(), rows["event"].to_numpy())
        at = AtHorizon.draw(follow_up, HORIZON, np.random.default_rng(0), draws=0)
        found, risks = table.loc[name], rows["probability"].to_numpy()
        assert found["uno_c"] == pytest.approx(UNO.of(at, rows["score"].to_numpy()).value)
        observed = compute_risk(follow_up, HORIZON).value
        assert found["observed_expected"] == pytest.approx(observed / risks.mean())
        assert found["net_benefit"] == pytest.approx(net_benefit(0.3).of(at, risks).value)
        of_all = net_benefit(0.3).of(at, np.ones_like(risks)).value
        assert found["treat_all"] == pytest.approx(of_all)
        assert found["gain"] == pytest.approx(found["net_benefit"] - max(of_all, 0))
        assert (found["n"], found["events"]) == (len(rows), at.n_cases)
        assert found["uno_c_low"] < found["uno_c"] < found["uno_c_high"]


def test_all_patients_in_one_level_have_what_the_study_has():
    """One test part: then the mean over parts is the share of pairs."""
    predictions, levels = frozen()
    everybody = levels.assign(er=np.where(np.arange(N) < 2, None, "all"))
    study = evaluate(predictions[predictions["sample"].isin(levels.index[2:])])
    found = by_level(predictions, everybody).loc["all"]
    ranks = compute_survival_discrimination(study).set_index("measure").loc["uno_c"]
    assert found["uno_c"] == pytest.approx(ranks["value"])
    ratio = compute_survival_performance(study).set_index("measure")
    assert found["observed_expected"] == pytest.approx(ratio.loc["observed_expected", "value"])


def test_pairs_are_of_one_test_part(predictions, evaluation):
    """Scores of a part are moved by a constant: nobody's rank in it is."""
    levels = pd.DataFrame(
        {"er": np.where(np.arange(120) % 2, "b", "a")},
        index=predictions["sample"].drop_duplicates(),
    )
    moved = predictions.assign(score=predictions["score"] + 10 * predictions["split"])
    tables = [
        compute_survival_subgroups(study, levels) for study in (evaluation, evaluate(moved))
    ]
    assert np.allclose(tables[0]["uno_c"], tables[1]["uno_c"])
    assert tables[0]["observed_expected"].isna().all()


def test_cohorts_left_out_are_taken_together(by_cohort):
    levels = pd.DataFrame(
        {"er": np.where(np.arange(120) % 2, "b", "a")},
        index=by_cohort["sample"].drop_duplicates(),
    )
    table = compute_survival_subgroups(evaluate(by_cohort), levels).query("model == 'network'")
    assert table["n"].sum() == 120 and (table["uno_c"] > 0.6).all()


def test_differences_are_to_the_largest_level_and_have_intervals_of_both():
    predictions, levels = frozen()
    a, b = (by_level(predictions, levels).loc[name] for name in "ab")
    assert a["is_reference"] and b["uno_c_difference"] == pytest.approx(b["uno_c"] - a["uno_c"])
    below = np.hypot(b["uno_c"] - b["uno_c_low"], a["uno_c_high"] - a["uno_c"])
    assert b["uno_c_difference_low"] == pytest.approx(b["uno_c_difference"] - below)
    ratio = b["observed_expected"] / a["observed_expected"]
    assert b["ratio_of_ratios"] == pytest.approx(ratio)


def test_the_standard_errors_are_those_of_the_intervals():
    predictions, levels = frozen()
    found = by_level(predictions, levels).loc["b"]
    quantile = stats.t.ppf(0.975, found["observed_expected_freedom"])
    reach = quantile * found["observed_expected_error"]
    end = found["observed_expected"] * np.exp(reach)
    assert found["observed_expected_high"] == pytest.approx(end)


def test_few_events_or_few_followed_leave_counts_alone():
    predictions, levels = frozen()
    rare = levels.assign(er=np.where(np.arange(N) < 12, "rare", levels["er"]))
    rare.iloc[-1] = None
    table = by_level(predictions, rare)
    assert table.index.tolist() == ["a", "b", "rare", "not known"]
    assert table["absent"].tolist() == ["", "", "too few", ""]
    assert table.loc[["rare", "not known"], ["uno_c", "gain"]].isna().all().all()
    late = by_level(predictions, levels, horizon=5.0)
    assert late.loc["a", "absent"] == "too few" and np.isnan(late.loc["a", "uno_c"])


def test_without_a_horizon_there_are_ranks_alone():
    predictions, levels = frozen()
    thirds = levels.assign(er=np.array(["x", "y", "y"])[np.arange(N) % 3])
    study = evaluate(predictions.drop(columns="probability"), None)
    table = compute_survival_subgroups(study, thirds)
    assert table["uno_c"].notna().all()
    assert table[["observed_expected", "net_benefit"]].isna().all().all()
    with pytest.raises(DeepCMEError, match="no horizon"):
        compute_risk_of_all(study)


def test_the_risk_of_all_is_that_of_kaplan_meier():
    predictions, _ = frozen()
    follow_up = FollowUp(predictions["time"].to_numpy(), predictions["event"].to_numpy())
    risk = compute_risk_of_all(evaluate(predictions))
    assert risk == pytest.approx(compute_risk(follow_up, HORIZON).value)


def test_a_great_difference_is_told_and_none_is_not():
    for strength, told in (((0.0, 2.0), True), ((1.0, 1.0), False)):
        predictions, levels = frozen(strength=strength)
        study = evaluate(predictions)
        tests = compute_interactions(compute_survival_subgroups(study, levels), SCALES)
        assert bool((tests["p_holm"] <= 0.05).any()) is told


def test_columns_that_mean_nothing_seldom_seem_to_matter():
    found = count_rejections("times", 0.25, 5, seed=1, draws=60)
    ranks = found.xs("uno_c", level="measure")
    assert (ranks["rejected"] * ranks["studies"]).sum() <= 4  # of 15


@pytest.mark.slow
@pytest.mark.parametrize("signal", [0.0, 0.25])
def test_interactions_of_times_reject_in_at_most_5_of_100_without_a_difference(signal, say):
    found = count_rejections("times", signal, 500, seed=11, draws=200)
    say(f"signal {signal}: {found['rejected'].unstack().to_dict()}")
    ranks = found.xs("uno_c", level="measure")["rejected"]
    alike = found.drop(index="of more risk").xs("observed_expected", level="measure")
    # Five of 100 are expected at most, and a simulation error of 1.
    assert max(*ranks, *alike["rejected"]) <= 0.07


@pytest.mark.slow
def test_interactions_of_times_find_a_level_in_which_the_model_knows_nothing(say):
    settings = {"draws": 200, "lost": 1.0, "only_ranks": True}
    found = count_rejections("times", 0.25, 200, seed=12, **settings)["rejected"]
    say(f"power {found['two', 'uno_c']}")
    assert found["two", "uno_c"] >= 0.15
