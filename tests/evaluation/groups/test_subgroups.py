"""AUC, O/E and net benefit by group of patients: by hand, and where groups do not differ."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import logit
from sklearn.metrics import roc_auc_score

from deepcme.evaluation.groups.between_levels import compute_interactions
from deepcme.evaluation.groups.subgroups import SCALES, compute_subgroups
from deepcme.evaluation.intervals import compute_delong_interval
from deepcme.evaluation.probabilities.calibration import compute_observed_expected
from deepcme.evaluation.probabilities.utility import compute_net_benefit_differences
from tests.evaluation.groups.interaction_studies import count_rejections

LEVELS = ["a", "b", "b"]


def frozen(n=120, strength=(1.0, 1.0), seed=0, split=0):
    """One test part; the scores tell the events by `strength` in level a and in level b."""
    random = np.random.default_rng(seed)
    label = (np.arange(n) % 4 == 0).astype(int)
    level = np.array([LEVELS[i % 3] for i in range(n)])
    signal = np.where(level == "a", *strength) * label
    samples = [f"S{split}.{i}" for i in range(n)]
    columns = {
        "split": split,
        "model": "network",
        "sample": samples,
        "patient": samples,
        "part": "test",
        "label": label,
        "score": signal + random.normal(size=n),
        "probability": np.where(level == "a", 0.25, 0.5),
    }
    return pd.DataFrame(columns), pd.DataFrame({"er": level}, index=samples)


def subgroups(predictions, levels, draws=200, **options):
    return compute_subgroups(
        predictions, levels, np.random.default_rng(0), draws=draws, **options
    ).set_index("level")


def test_of_one_test_part_each_level_has_its_own_auc_and_ratio():
    predictions, levels = frozen()
    table = subgroups(predictions, levels, draws=2000, recalibrated=predictions)
    for name, rows in predictions.groupby(levels["er"].to_numpy()):
        found = table.loc[name]
        assert found["auc"] == pytest.approx(roc_auc_score(rows["label"], rows["score"]))
        by_delong = compute_delong_interval(rows["label"], rows["score"])
        # By t with 9 and 19 degrees of freedom it is somewhat wider.
        assert 0 < by_delong.ci_low - found["auc_low"] < 0.07
        assert 0 < found["auc_high"] - by_delong.ci_high < 0.07
        ratio = compute_observed_expected(rows["label"], rows["probability"])
        assert found["observed_expected"] == ratio.value
        assert found["observed_expected_high"] == ratio.ci_high
    assert table[["n", "events", "n_patients"]].to_numpy().tolist() == [
        [40, 10, 40], [80, 20, 80],
    ]  # fmt: skip
    assert table["is_reference"].to_dict() == {"a": False, "b": True}


def test_a_standard_error_takes_models_as_they_are_and_the_interval_is_wider():
    predictions, levels = frozen()
    alone = subgroups(predictions, levels).loc["a"]
    reach = stats.t.ppf(0.975, 9) * alone["auc_error"]
    assert logit(alone["auc_high"]) == pytest.approx(logit(alone["auc"]) + reach)
    # Each half of the patients trains the model of the other: refitting widens the interval.
    halves = [
        predictions.assign(
            split=split, part=np.where(np.arange(120) % 2 == split, "test", "train")
        )
        for split in (0, 1)
    ]
    refitted = subgroups(pd.concat(halves), levels).loc["a"]
    reach = stats.t.ppf(0.975, 9) * refitted["auc_error"]
    assert logit(refitted["auc_high"]) > logit(refitted["auc"]) + 1.05 * reach


def test_pairs_are_of_one_test_part():
    """Scores of the second part are 10 higher: across the parts they rank nobody."""
    first, levels = frozen()
    second, more = frozen(seed=1, split=1)
    both = pd.concat([first, second.assign(score=second["score"] + 10)], ignore_index=True)
    table = subgroups(both, pd.concat([levels, more]))
    aucs = [subgroups(*frozen(seed=seed)).loc["a", "auc"] for seed in (0, 1)]
    assert table.loc["a", "auc"] == pytest.approx(np.mean(aucs))


def test_a_difference_has_an_interval_made_of_those_of_both_levels():
    predictions, levels = frozen()
    table = subgroups(predictions, levels, recalibrated=predictions)
    a, b = table.loc["a"], table.loc["b"]
    assert a["auc_difference"] == pytest.approx(a["auc"] - b["auc"])
    below = np.hypot(a["auc"] - a["auc_low"], b["auc_high"] - b["auc"])
    assert a["auc_difference_low"] == pytest.approx(a["auc_difference"] - below)
    # O/E is 1 in level a and 1/2 in level b; with variances (1 - 1/4) / events of both.
    assert a["ratio_of_ratios"] == pytest.approx(2)
    error = np.sqrt(0.75 / 10 + 0.75 / 20)
    assert np.log(a["ratio_of_ratios_high"] / 2) == pytest.approx(1.959964 * error)
    assert b[["auc_difference", "ratio_of_ratios"]].isna().all()


def test_below_ten_events_and_of_unknown_level_there_are_counts_alone():
    predictions, levels = frozen(n=108)
    table = subgroups(predictions, levels.replace({"b": None}), recalibrated=predictions)
    assert table.index.tolist() == ["a", "not known"]
    assert table["events"].tolist() == [9, 18]
    assert table[["auc", "observed_expected", "auc_difference"]].isna().all().all()
    assert table["absent"].tolist() == ["too few", ""]
    assert not table["is_reference"].any()


def test_a_model_without_recalibrated_probabilities_has_an_auc_alone():
    predictions, levels = frozen()
    table = subgroups(predictions, levels)
    assert table["auc"].notna().all() and table["observed_expected"].isna().all()


def test_net_benefit_of_a_level_is_that_of_its_rows_beside_treating_all():
    predictions, levels = frozen()
    risks = predictions.assign(probability=np.where(np.arange(120) % 8 < 3, 0.4, 0.1))
    table = subgroups(predictions, levels, recalibrated=risks, threshold=0.2)
    for name, rows in risks.groupby(levels["er"].to_numpy()):
        found, event = table.loc[name], rows["label"] == 1
        treated = rows["probability"] >= 0.2
        benefit = ((treated & event).sum() - 0.25 * (treated & ~event).sum()) / len(rows)
        of_all = event.mean() - 0.25 * (1 - event.mean())
        assert found["net_benefit"] == pytest.approx(benefit)
        assert found["treat_all"] == pytest.approx(of_all)
        assert found["better"] == ("treat all" if of_all > 0 else "treat none")
        assert found["gain"] == pytest.approx(benefit - max(of_all, 0))
        assert found["gain_low"] < found["gain"] < found["gain_high"]
    whole = compute_net_benefit_differences(risks, np.random.default_rng(0), [0.2])
    assert whole["ci_low"].iloc[0] > min(table["gain_low"])  # of more patients


def test_net_benefit_and_ratio_leave_the_ranks_as_they_are():
    predictions, levels = frozen()
    plain = subgroups(predictions, levels)
    more = subgroups(predictions, levels, recalibrated=predictions, threshold=0.2)
    assert plain["auc_low"].equals(more["auc_low"])
    assert plain["net_benefit"].isna().all() and more["net_benefit"].notna().all()


def test_unequal_groups_of_strata_are_ranked_within_them():
    """Scores of the second stratum are 10 higher: across the strata they rank nobody."""
    predictions, levels = frozen()
    stratum = np.arange(120) % 2
    shifted = predictions.assign(score=predictions["score"] + 10 * stratum, stratum=stratum)
    found = subgroups(shifted, levels).loc["a", "auc"]
    rows = shifted[levels["er"].to_numpy() == "a"]
    in_order = pairs = 0
    for _, part in rows.groupby("stratum"):
        of_events, of_others = (part.loc[part["label"] == y, "score"] for y in (1, 0))
        in_order += (of_events.to_numpy()[:, np.newaxis] > of_others.to_numpy()).sum()
        pairs += len(of_events) * len(of_others)
    assert found == pytest.approx(in_order / pairs)


def without_meaning(samples, random):
    columns = {f"c{i}": random.choice(LEVELS, len(samples)) for i in range(4)}
    return pd.DataFrame(columns, index=samples)


def claims_of(*args, **options):
    tests = compute_interactions(compute_subgroups(*args, **options), SCALES)
    return bool((tests["p_holm"] <= 0.05).any())


def test_columns_that_mean_nothing_seldom_seem_to_matter(random):
    claims = 0
    for seed in range(12):
        predictions, _ = frozen(n=200, seed=seed)
        predictions = predictions.assign(probability=0.25)
        levels = without_meaning(predictions["sample"], random)
        claims += claims_of(predictions, levels, random, recalibrated=predictions, draws=60)
    assert claims <= 2


def test_a_great_difference_is_told():
    predictions, levels = frozen(n=600, strength=(0.0, 2.0))
    assert claims_of(predictions, levels, np.random.default_rng(0), draws=200)


@pytest.mark.slow
@pytest.mark.parametrize("signal", [0.0, 0.4])
def test_interactions_of_labels_reject_in_at_most_5_of_100_without_a_difference(signal, say):
    found = count_rejections("labels", signal, 500, seed=11, draws=200)
    say(f"signal {signal}: {found['rejected'].unstack().to_dict()}")
    ranks = found.xs("auc", level="measure")["rejected"]
    alike = found.drop(index="of more risk").xs("observed_expected", level="measure")
    # Five of 100 are expected at most, and a simulation error of 1.
    assert max(*ranks, *alike["rejected"]) <= 0.07


@pytest.mark.slow
def test_interactions_of_labels_find_a_level_in_which_the_model_knows_nothing(say):
    settings = {"draws": 200, "lost": 1.0, "only_ranks": True}
    found = count_rejections("labels", 0.4, 200, seed=12, **settings)["rejected"]
    say(f"power {found['two', 'auc']}")
    assert found["two", "auc"] >= 0.4
