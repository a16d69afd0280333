"""C and risk groups beside permutations: by hand, and in studies without any signal."""

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.intervals import compute_wilson_interval
from deepcme.evaluation.survival.log_rank import compute_log_rank
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.nulls import (
    PERMUTED_OUTCOMES,
    NullStatistics,
    compare_thirds,
    compute_null_statistics,
    compute_survival_permutation_table,
)
from deepcme.evaluation.survival.tables.risk_groups import compute_risk_groups
from tests.evaluation.survival.tables.conftest import evaluate
from tests.evaluation.survival.tables.null_studies import (
    count_rejections,
    simulate_score_test,
    simulate_study,
)

STUDIES, PERMUTATIONS = 1000, 39


@pytest.fixture(scope="module")
def found(evaluation):
    return compute_null_statistics(evaluation, "network")


def groups_of(evaluation, model="network"):
    groups = compute_risk_groups(evaluation)
    return groups[groups["model"] == model].reset_index(drop=True)


def log_rank_of(groups, **settings):
    follow_up = FollowUp(groups["time"].to_numpy(), groups["event"].to_numpy())
    return compute_log_rank(follow_up, groups["group"].astype(str), **settings).statistic


def test_the_c_is_that_of_the_report(found, evaluation):
    table = compute_survival_discrimination(evaluation)
    row = table.query("model == 'network' and measure == 'uno_c'").iloc[0]
    assert found.uno_c == pytest.approx(row["value"])
    assert (found.n, found.events_in_time, found.n_splits) == (
        *row[["n", "events", "n_splits"]].astype(int),
    )


def test_the_log_rank_statistic_is_that_of_the_reports_groups(found, evaluation):
    assert found.log_rank == pytest.approx(log_rank_of(groups_of(evaluation)))
    assert found.events == (groups_of(evaluation)["event"] == 1).sum()


def test_draws_of_patients_change_nothing(found, predictions):
    assert compute_null_statistics(evaluate(predictions, draws=0), "network") == found


def test_a_model_that_foretells_the_opposite_finds_nothing(found, predictions):
    turned = evaluate(predictions.assign(score=-predictions["score"]), draws=0)
    opposite = compute_null_statistics(turned, "network")
    assert opposite.log_rank < 0 < found.log_rank
    assert opposite.uno_c == pytest.approx(1 - found.uno_c)


def test_scores_that_tell_nobody_apart_are_at_chance(predictions):
    same = compute_null_statistics(evaluate(predictions.assign(score=0.0), draws=0), "coin")
    assert (same.uno_c, same.log_rank) == (0.5, 0.0)


def test_within_strata_and_cohorts_left_out_thirds_are_compared_within(predictions):
    level = predictions["patient"].str[-1].isin([*"01234"]).map({True: "a", False: "b"})
    stratified = evaluate(predictions.assign(stratum=level), draws=0)
    groups = groups_of(stratified)
    of_patient = groups["patient"].map(dict(zip(predictions["patient"], level, strict=True)))
    expected = log_rank_of(groups, strata=of_patient)
    found = compute_null_statistics(stratified, "network")
    assert found.log_rank == pytest.approx(expected)
    assert found.log_rank != pytest.approx(log_rank_of(groups))
    # Two halves of the splits, as if each left out a cohort.
    cohort = np.where(predictions["split"] < 3, "north", "south")
    halves = evaluate(predictions.assign(left_out=cohort), draws=0)
    groups = groups_of(halves)
    assert len(groups) == 240
    found = compute_null_statistics(halves, "network")
    assert found.log_rank == pytest.approx(log_rank_of(groups, strata=groups["left_out"]))
    assert found.n_splits == 6


def test_the_sign_is_that_of_the_trend():
    follow_up = {"time": [1.0, 2, 3, 4, 5, 6], "event": 1}
    rising = pd.DataFrame({**follow_up, "group": [*"hhmmll"]})
    rising["group"] = pd.Categorical(
        rising["group"].map({"l": "lowest", "m": "middle", "h": "highest"}),
        ["lowest", "middle", "highest"],
        ordered=True,
    )
    falling = rising.assign(group=rising["group"].to_numpy()[::-1])
    assert compare_thirds(rising) > 0 > compare_thirds(falling)
    assert compare_thirds(rising.assign(group=rising["group"].iloc[0])) == 0


def runs(uno_c, log_rank, kind=PERMUTED_OUTCOMES):
    return pd.DataFrame({"kind": kind, "uno_c": uno_c, "log_rank": log_rank})


OBSERVED = NullStatistics(0.6, 4.0, n_splits=3, n=40, events=20, events_in_time=15)


def test_p_counts_the_outcomes_as_they_are_as_one_permutation():
    null = pd.concat(
        [runs([0.5, 0.6, 0.55], [5.0, 4.5, -9.0]), runs([0.9], [99.0], "random genes")]
    )
    table = compute_survival_permutation_table(null, OBSERVED).set_index("statistic")
    assert table["p_value"].to_dict() == {"uno_c": 2 / 4, "log_rank": 3 / 4}
    assert table["n_as_good"].to_dict() == {"uno_c": 1, "log_rank": 2}
    assert table["events"].to_dict() == {"uno_c": 15, "log_rank": 20}
    wilson = compute_wilson_interval(1, 3)
    ends = table.loc["uno_c", ["ci_low", "ci_high"]].tolist()
    assert ends == pytest.approx([wilson.ci_low, wilson.ci_high])


def test_without_permutations_or_statistics_there_is_no_test():
    with pytest.raises(AbsentError, match="no outcomes were permuted"):
        compute_survival_permutation_table(runs([0.5], [1.0], "random genes"), OBSERVED)
    with pytest.raises(AbsentError, match="Uno's C cannot be estimated in every run"):
        compute_survival_permutation_table(runs([np.nan], [1.0]), OBSERVED)


def test_a_strong_signal_has_the_smallest_p():
    study = simulate_study(1, permutations=19, signal=1.5)
    assert (study["uno_c"], study["log_rank"]) == (1 / 20, 1 / 20)


def test_the_apparent_p_is_small_of_noise():
    assert simulate_study(2, permutations=1)["apparent log_rank"] < 0.01


@pytest.mark.slow
def test_permutations_reject_five_of_a_hundred_studies_without_signal(say):
    """Over twenty minutes: genes chosen and patients split anew in each of 40,000 runs."""
    table = count_rejections(STUDIES, PERMUTATIONS)
    say(table.to_string())
    assert table.loc[["uno_c", "log_rank"], "rate"].between(0.035, 0.065).all()
    assert table.loc["naive log_rank", "rate"] > 0.08
    assert table.loc["apparent log_rank", "rate"] > 0.95


@pytest.mark.slow
def test_a_score_of_noise_seldom_adds_to_a_column_that_tells(say):
    p_values = np.array([simulate_score_test(number, permutations=19) for number in range(400)])
    rejected = np.mean(p_values <= 0.05)
    say(f"pre-validated score: p <= 0.05 in {rejected:.3f}, mean p {p_values.mean():.3f}")
    assert 0.02 <= rejected <= 0.085
    assert p_values.mean() == pytest.approx(0.525, abs=0.05)
