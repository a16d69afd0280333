"""What a committee is above its best member: by hand, and where there is no gain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.committees.gain import compute_committee_gain
from deepcme.evaluation.committees.members import compute_member_correlations, join_members
from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.discrimination import compute_discrimination
from tests.evaluation.committees.committees import simulate_claims, take_as_members


@pytest.fixture
def members(predictions):
    return take_as_members(predictions, "network", ["logistic", "forest"])


def gain(predictions, members, draws=50):
    return compute_committee_gain(
        predictions, members, "network", interval_generator(1, "auc"), draws
    )


def test_by_hand_of_two_splits():
    """AUCs 1 and .75 of the committee, .75 and .5 of one member, .5 and .75 of the other."""
    label = np.array([0, 0, 1, 1])
    scores = {
        "committee": ([1, 2, 3, 4], [1, 3, 2, 4]),
        "one": ([1, 3, 2, 4], [1, 4, 2, 3]),
        "other": ([1, 4, 2, 3], [2, 3, 1, 4]),
    }
    rows = [
        {"split": split, "model": model, "sample": f"{part}{i}", "patient": f"{part}{i}",
         "part": part, "label": label[i], "score": score}
        for model, of_splits in scores.items()
        for split, of in enumerate(of_splits)
        for part in ("train", "test")
        for i, score in enumerate(of)
    ]  # fmt: skip
    predictions = pd.DataFrame(rows)
    for model, of_splits in scores.items():
        aucs = [roc_auc_score(label, of) for of in of_splits]
        assert aucs == {"committee": [1, 0.75], "one": [0.75, 0.5], "other": [0.5, 0.5]}[model]
    members = take_as_members(predictions, "committee", ["one", "other"])
    table = compute_committee_gain(
        predictions, members, "committee", np.random.default_rng(1), draws=5
    ).set_index("model")
    assert table["value"].tolist() == [0.875, 0.625, 0.5]
    assert table["best"].tolist() == [False, True, False]
    assert table.loc["one", "difference"] == pytest.approx(0.25)
    assert table.loc["other", "difference"] == pytest.approx(0.375)
    # Pairs of ranks (1, 3, 2, 4) and (1, 4, 2, 3), then (1, 4, 2, 3) and (2, 3, 1, 4).
    correlation = np.mean([1 - 6 * 2 / 60, 1 - 6 * 4 / 60])
    assert table.loc[["one", "other"], "correlation"].tolist() == pytest.approx(
        [correlation] * 2
    )
    assert np.isnan(table.loc["committee", "correlation"])


def test_differences_are_those_of_the_comparison_of_models(predictions, members):
    table = gain(predictions, members).set_index("model")
    every = ["network", "logistic", "forest"]
    expected = compute_comparison(predictions, "network", every[1:], refitted=every)
    for row in expected.to_dict("records"):
        found = table.loc[row["baseline"]]
        assert found["difference"] == pytest.approx(row["difference"])
        assert found["difference_low"] == pytest.approx(row["ci_low"])
        assert found["difference_high"] == pytest.approx(row["ci_high"])
    best = table.loc[table["best"]].index.item()
    assert table.loc[best, "value"] == table.loc[every[1:], "value"].max()


def test_the_committee_has_the_interval_of_the_table_of_discrimination(predictions, members):
    own = gain(predictions, members).iloc[0]
    table = compute_discrimination(
        predictions, interval_generator(1, "auc"), 50, refitted=["network"]
    )
    expected = table[table["model"] == "network"].iloc[0]
    assert own[["value", "ci_low", "ci_high"]].tolist() == pytest.approx(
        expected[["auc", "ci_low", "ci_high"]].tolist()
    )
    assert (own["n"], own["events"]) == (expected["n"], expected["events"])


def test_each_cohort_left_out_has_its_own_best_member(predictions, members):
    cohorts = {0: "north", 1: "north", 2: "south", 3: "south"}
    by_cohort = predictions.assign(left_out=predictions["split"].map(cohorts))
    table = gain(by_cohort, members)
    assert table["left_out"].drop_duplicates().tolist() == ["north", "south"]
    assert table.groupby("left_out")["best"].sum().tolist() == [1, 1]
    of_members = table[table["model"] != "network"]
    assert (of_members["interval"] == "patient bootstrap").all()
    assert of_members["difference_low"].lt(of_members["difference"]).all()


def test_members_correlate_as_their_ranks_in_each_test_part(predictions, members):
    rows = join_members(predictions, members, "network")
    table = compute_member_correlations(rows, "network").set_index(["model", "other"])
    test = predictions[predictions["part"] == "test"]
    wide = test.pivot(index=["split", "sample"], columns="model", values="score")
    of_split = [spearmanr(of["logistic"], of["forest"])[0] for _, of in wide.groupby("split")]
    for pair in (("logistic", "forest"), ("forest", "logistic")):
        assert table.loc[pair, "correlation"] == pytest.approx(np.mean(of_split))
        assert table.loc[pair, "n_splits"] == 4


def test_a_member_that_tells_nobody_apart_correlates_with_none(predictions, members):
    is_flat = members["member"] == "forest"
    flat = members.assign(score=members["score"].mask(is_flat, 0.0))
    table = gain(predictions, flat).set_index("model")
    assert table.loc["forest", "value"] == 0.5
    assert table["correlation"].isna().all()


def test_a_committee_of_one_has_no_correlation(predictions, members):
    alone = members[members["member"] == "logistic"]
    table = gain(predictions, alone).set_index("model")
    assert table.index.tolist() == ["network", "logistic"]
    assert table["correlation"].isna().all()


def test_a_member_with_the_committees_name_is_told_apart(predictions, members):
    named = members.assign(member=members["member"].replace({"forest": "network"}))
    assert gain(predictions, named)["model"].tolist() == [
        "network", "logistic", "network (member)",
    ]  # fmt: skip


def test_a_member_without_all_its_scores_is_refused(predictions, members):
    with pytest.raises(
        DeepCMEError, match="'logistic' of 'network' has no score of 1 test row"
    ):
        gain(predictions, members.iloc[1:])


@pytest.mark.parametrize("effect", [0.0, 0.5])
def test_a_committee_no_better_than_its_members_is_seldom_called_so(effect):
    """Which is best is seen on the test parts: hardly ever better, but worse too often."""
    claims = simulate_claims(150, 100, seed=3, effect=effect)
    assert claims["better"] <= 0.025
    assert claims["worse"] >= claims["worse than one named before"]


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.0, 0.25, 0.5])
def test_how_often_such_a_committee_is_called_better_or_worse(effect, say):
    claims = simulate_claims(3000, 100, seed=5, effect=effect)
    say(f"effect {effect}: {claims}")
    assert claims["better"] <= 0.01
    assert claims["worse"] <= 0.1
