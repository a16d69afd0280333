from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.predictions import COLUMNS
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


def test_instability_is_the_root_of_the_mean_variance(predictions):
    table = compute_instability(predictions, np.random.default_rng(0), draws=200)
    spread = compute_prediction_stability(predictions).query("model == 'logistic'")["sd"]
    row = table.query("model == 'logistic'").iloc[0]
    assert row["within_sd"] == pytest.approx(np.sqrt((spread**2).mean()))
    assert row["ci_low"] < row["within_sd"] < row["ci_high"]
    assert row["n"] == spread.notna().sum()


def risks_of(*of_samples):
    """The test risks of samples of one model over splits; every other sample is an event."""
    return pd.DataFrame(
        [
            (split, "m", f"S{i}", f"S{i}", "test", i % 2, risk, risk)
            for i, risks in enumerate(of_samples)
            for split, risk in enumerate(risks)
        ],
        columns=[*COLUMNS, "probability"],
    )


def test_instability_by_hand():
    """Variances 0.02 and 0.01 of two and of three risks: the root of 0.015."""
    table = compute_instability(
        risks_of([0.4, 0.6], [0.1, 0.2, 0.3]), np.random.default_rng(0), draws=20
    )
    assert table["within_sd"].item() == pytest.approx(0.12247448713915890)


def test_few_risks_of_each_sample_do_not_make_it_too_small():
    """Two risks of each sample with a standard deviation of 0.05: their own means 0.0399."""
    random = np.random.default_rng(3)
    risks = 0.5 + 0.05 * random.normal(size=(2000, 2))
    row = compute_instability(risks_of(*risks), random, draws=100).iloc[0]
    assert row["within_sd"] == pytest.approx(0.05, abs=0.0025)
    assert row["ci_low"] < 0.05 < row["ci_high"]


def test_a_model_that_never_changes_its_mind_has_no_instability(predictions):
    predictions["probability"] = 0.3
    table = compute_instability(predictions, np.random.default_rng(0), draws=20)
    assert table[["within_sd", "ci_low", "ci_high"]].to_numpy() == pytest.approx(0, abs=1e-12)


def test_one_split_says_nothing_about_stability(predictions):
    with pytest.raises(DeepCMEError, match="tested in two splits"):
        compute_instability(predictions.query("split == 0"), np.random.default_rng(0))


def test_interval_covers_the_spread_of_all_patients(predictions):
    """Spread made of known normal errors."""
    random = np.random.default_rng(10)
    covered = 0
    for _ in range(100):
        noisy = predictions.query("model == 'network'").drop_duplicates(["split", "sample"])
        noisy = noisy.assign(
            part="test", probability=0.5 + 0.05 * random.normal(size=len(noisy))
        )
        row = compute_instability(noisy, random, draws=200).iloc[0]
        covered += row["ci_low"] <= 0.05 <= row["ci_high"]
    assert covered >= 87
