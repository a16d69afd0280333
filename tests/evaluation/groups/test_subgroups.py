"""AUC and O/E by group of patients: by hand, and where groups do not differ."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from deepcme.evaluation.groups.subgroups import compute_subgroups
from deepcme.evaluation.intervals import compute_delong_interval
from deepcme.evaluation.probabilities.calibration import compute_observed_expected
from deepcme.evaluation.probabilities.recalibration import (
    fit_recalibrations,
    recalibrate_predictions,
)
from tests.evaluation.cross_validated import Simulated, predictions_of
from tests.evaluation.simulations import simulate_genes

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
    assert not table[["is_reference", "auc_differs"]].any().any()


def test_a_model_without_recalibrated_probabilities_has_an_auc_alone():
    predictions, levels = frozen()
    table = subgroups(predictions, levels)
    assert table["auc"].notna().all() and table["observed_expected"].isna().all()


def test_a_great_difference_is_told():
    predictions, levels = frozen(n=600, strength=(0.0, 2.0))
    assert subgroups(predictions, levels).loc["a", "auc_differs"]


def test_the_levels_of_numbers_are_in_their_order():
    predictions, levels = frozen()
    named = levels.replace({"a": "50 or more", "b": "below 50"})
    assert subgroups(predictions, named).index.tolist() == ["below 50", "50 or more"]
    named = levels.replace({"a": "10", "b": "9"})
    assert subgroups(predictions, named).index.tolist() == ["9", "10"]


def without_meaning(samples, random):
    columns = {f"c{i}": random.choice(LEVELS, len(samples)) for i in range(4)}
    return pd.DataFrame(columns, index=samples)


def claims_of(*args, **options):
    found = compute_subgroups(*args, **options)
    return bool(found[["auc_differs", "observed_expected_differs"]].any().any())


def test_columns_that_mean_nothing_seldom_seem_to_matter(random):
    claims = 0
    for seed in range(12):
        predictions, _ = frozen(n=200, seed=seed)
        predictions = predictions.assign(probability=0.25)
        levels = without_meaning(predictions["sample"], random)
        claims += claims_of(predictions, levels, random, recalibrated=predictions, draws=60)
    assert claims <= 2


def count_claims(studies, cohort, seed, draws):
    """Cross-validated studies in which columns that mean nothing seem to matter."""
    random = np.random.default_rng(seed)
    label, patient, claims = cohort.label, cohort.patient, 0
    for _ in range(studies):
        X = simulate_genes(label, patient, cohort.effect, random)
        predictions = predictions_of(X, label, patient, random)
        recalibrated = recalibrate_predictions(predictions, fit_recalibrations(predictions))
        levels = without_meaning(np.arange(cohort.patients), random)
        claims += claims_of(predictions, levels, random, recalibrated=recalibrated, draws=draws)
    return claims


@pytest.mark.slow
@pytest.mark.parametrize("signal", [0.0, 0.4])
def test_no_difference_is_claimed_in_more_than_5_of_100(signal, say):
    claims = count_claims(400, Simulated(200, 60, 40, signal), seed=2, draws=200)
    say(f"signal {signal}: differences claimed in {claims} of 400 studies")
    assert claims <= 28  # 20 expected at the level, and a simulation error of 4.4
