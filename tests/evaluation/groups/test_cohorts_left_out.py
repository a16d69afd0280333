"""One estimate a cohort left out, pooled over them."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from deepcme.base.errors import AbsentError
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.groups.cohorts_left_out import (
    compute_cohort_estimates,
    compute_meta_analysis,
)
from deepcme.evaluation.groups.meta_analysis import pool_random_effects
from deepcme.evaluation.probabilities.calibration import (
    compute_calibration_line,
    compute_observed_expected,
)

NAMES = ("north", "south", "east", "west")


def left_out(strength=1.0, names=NAMES, draws=1, n=80, seed=0, perfect=()):
    """Each cohort is tested in `draws` splits by scores that differ by a little noise."""
    random = np.random.default_rng(seed)
    tables = []
    for number, cohort in enumerate(names):
        label = (np.arange(n) < n // 3).astype(int)
        signal = strength * label + random.normal(size=n)
        if cohort in perfect:
            signal = label + np.arange(n) / n
        for draw in range(draws):
            score = signal + draw * random.normal(0, 0.2, n)
            samples = [f"{cohort} {i}" for i in range(n)]
            tables.append(
                pd.DataFrame(
                    {
                        "split": draw * len(names) + number,
                        "model": "network",
                        "sample": samples,
                        "patient": samples,
                        "part": "test",
                        "label": label,
                        "score": score,
                        "probability": expit(score - 1.2),
                        "left_out": cohort,
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def estimates_of(predictions):
    random = np.random.default_rng(1)
    found = compute_discrimination(predictions, random, 200)
    return found, compute_cohort_estimates(predictions, found)


def test_each_cohort_has_one_estimate_of_each_measure_whatever_the_draws():
    predictions = left_out(draws=3)
    discrimination, estimates = estimates_of(predictions)
    assert len(estimates) == 4 * 3
    auc = estimates[estimates["measure"] == "auc"]
    assert auc["value"].tolist() == discrimination["auc"].tolist()
    north = predictions[predictions["left_out"] == "north"]
    by_hand = compute_observed_expected(north["label"], north["probability"], north["patient"])
    line = compute_calibration_line(north["label"], north["probability"], north["patient"])
    of_north = estimates[estimates["left_out"] == "north"].set_index("measure")
    assert of_north.loc["observed_expected", "value"] == by_hand.value
    assert of_north.loc["slope", ["ci_low", "ci_high"]].tolist() == [
        line.slope.ci_low,
        line.slope.ci_high,
    ]


def test_the_standard_error_is_that_behind_the_interval():
    """26 events: the bootstrap's interval takes t with 25 degrees of freedom, 2.0595."""
    _, estimates = estimates_of(left_out())
    row = estimates.iloc[0]
    assert (logit(row["ci_high"]) - logit(row["value"])) / row["standard_error"] == (
        pytest.approx(2.0595, abs=1e-4)
    )
    ratio = estimates[estimates["measure"] == "observed_expected"].iloc[0]
    assert np.log(ratio["ci_high"] / ratio["value"]) / ratio["standard_error"] == (
        pytest.approx(1.96, abs=1e-3)
    )


def test_aucs_are_pooled_as_logits_and_ratios_as_logarithms():
    _, estimates = estimates_of(left_out())
    pooled = compute_meta_analysis(estimates).set_index("measure")
    for measure, there, back in (("auc", logit, expit), ("observed_expected", np.log, np.exp)):
        of = estimates[estimates["measure"] == measure]
        by_hand = pool_random_effects(there(of["value"]), of["standard_error"])
        assert pooled.loc[measure, "value"] == pytest.approx(back(by_hand.value))
        assert pooled.loc[measure, "prediction_low"] == pytest.approx(
            back(by_hand.prediction_low)
        )
    assert pooled["n"].tolist() == [320] * 3
    assert pooled["events"].tolist() == [104] * 3
    assert set(pooled["interval"]) == {"Hartung-Knapp t"}


def test_a_cohort_without_an_interval_is_named_and_not_pooled():
    _, estimates = estimates_of(left_out(perfect=("east",)))
    auc = compute_meta_analysis(estimates).set_index("measure").loc["auc"]
    assert (auc["k"], auc["not_pooled"], auc["n"]) == (3, "east", 240)


def test_one_cohort_is_not_pooled():
    perfect = left_out(names=("north", "south"), perfect=("south",)).drop(columns="probability")
    with pytest.raises(AbsentError, match="1 of 2 give an estimate"):
        compute_meta_analysis(estimates_of(perfect)[1])


def test_a_model_without_probabilities_has_an_auc_alone():
    _, estimates = estimates_of(left_out().drop(columns="probability"))
    assert compute_meta_analysis(estimates)["measure"].tolist() == ["auc"]


def test_where_no_cohort_was_left_out_there_is_nothing_to_pool():
    predictions = left_out().drop(columns="left_out")
    found = compute_discrimination(predictions, np.random.default_rng(0), 20)
    with pytest.raises(AbsentError, match="No cohort was left out"):
        compute_cohort_estimates(predictions, found)


@pytest.mark.slow
def test_without_signal_the_pooled_interval_seldom_excludes_chance(say):
    """From patients to the pooled interval: four cohorts of 80, as the report does it."""
    claims = 0
    for seed in range(200):
        predictions = left_out(0.0, seed=seed).drop(columns="probability")
        row = compute_meta_analysis(estimates_of(predictions)[1]).iloc[0]
        claims += row["ci_low"] > 0.5
    say(f"above chance in {claims} of 200 studies without signal")
    assert claims <= 10
