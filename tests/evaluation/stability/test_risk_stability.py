from __future__ import annotations

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.stability.risk_stability import (
    compute_instability,
    compute_prediction_stability,
)


def test_spread_of_each_sample_over_the_splits_that_test_it(predictions):
    table = compute_prediction_stability(predictions)
    row = table.query("model == 'network'").sort_values("n_splits").iloc[-1]
    risks = predictions.query(
        "part == 'test' and model == 'network' and sample == @row['sample']"
    )["probability"]
    assert row["n_splits"] == len(risks)
    assert row["mean"] == pytest.approx(risks.mean())
    assert row["sd"] == pytest.approx(risks.std())
    assert (row["low"], row["high"]) == (risks.min(), risks.max())


def test_a_sample_tested_once_has_no_spread(predictions):
    table = compute_prediction_stability(predictions)
    once = table["n_splits"] == 1
    assert table.loc[once, "sd"].isna().all()
    assert table.loc[~once, "sd"].notna().all()


def test_instability_is_the_mean_spread(predictions):
    table = compute_instability(predictions, np.random.default_rng(0), draws=200)
    spread = compute_prediction_stability(predictions).query("model == 'logistic'")["sd"]
    row = table.query("model == 'logistic'").iloc[0]
    assert row["mean_sd"] == pytest.approx(spread.mean())
    assert row["ci_low"] < row["mean_sd"] < row["ci_high"]
    assert row["n"] == spread.notna().sum()


def test_a_model_that_never_changes_its_mind_has_no_instability(predictions):
    predictions["probability"] = 0.3
    table = compute_instability(predictions, np.random.default_rng(0), draws=20)
    assert table[["mean_sd", "ci_low", "ci_high"]].to_numpy() == pytest.approx(0, abs=1e-12)


def test_one_split_says_nothing_about_stability(predictions):
    with pytest.raises(DeepCMEError, match="tested in two splits"):
        compute_instability(predictions.query("split == 0"), np.random.default_rng(0))


def test_interval_covers_the_mean_spread_of_all_patients(predictions):
    """Spread made of known normal errors: its true mean is that of the errors' deviation."""
    random = np.random.default_rng(10)
    covered = 0
    for _ in range(100):
        noisy = predictions.query("model == 'network'").drop_duplicates(["split", "sample"])
        noisy = noisy.assign(
            part="test", probability=0.5 + 0.05 * random.normal(size=len(noisy))
        )
        row = compute_instability(noisy, random, draws=200).iloc[0]
        # mean of the standard deviation of four normal draws: 0.921318 of the true one
        covered += row["ci_low"] <= 0.05 * 0.921318 <= row["ci_high"]
    assert covered >= 87
