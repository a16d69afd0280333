"""C and risks of each cohort left out, pooled over them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import logit

from deepcme.base.errors import AbsentError
from deepcme.evaluation.groups.cohorts_left_out import compute_meta_analysis
from deepcme.evaluation.groups.meta_analysis import pool_random_effects
from deepcme.evaluation.survival.tables.cohorts_left_out import (
    compute_survival_cohort_estimates,
)
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.performance import compute_survival_performance
from tests.evaluation.survival.tables.conftest import HORIZON, evaluate, risk_of

NAMES = ("north", "south", "east", "west")


def cohorts_left_out(strength=1.0, names=NAMES, n=70, seed=0):
    """Each cohort is tested once, by scores that know as much of the hazard as `strength`."""
    random = np.random.default_rng(seed)
    tables = []
    for number, cohort in enumerate(names):
        z = random.normal(size=n)
        time, censored = random.exponential(7 / np.exp(z)), random.uniform(0.5, 8, n)
        score = strength * z + random.normal(size=n)
        people = [f"{cohort} {i}" for i in range(n)]
        tables.append(
            pd.DataFrame(
                {
                    "split": number,
                    "model": "network",
                    "sample": people,
                    "patient": people,
                    "part": "test",
                    "time": np.minimum(time, censored),
                    "event": (time <= censored).astype(int),
                    "score": score,
                    "probability": risk_of(score),
                    "left_out": cohort,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def estimate(predictions, horizon=HORIZON, draws=100):
    evaluation = evaluate(predictions, horizon, draws)
    ranks = compute_survival_discrimination(evaluation)
    risks = None if horizon is None else compute_survival_performance(evaluation)
    return evaluation, ranks, compute_survival_cohort_estimates(evaluation, ranks, risks)


@pytest.fixture(scope="module")
def estimated():
    return estimate(cohorts_left_out())


def test_each_cohort_has_the_estimates_of_the_tables(estimated):
    _, ranks, estimates = estimated
    assert estimates.groupby("left_out", sort=False).size().to_dict() == dict.fromkeys(NAMES, 5)
    of_c = estimates[estimates["measure"] == "uno_c"].set_index("left_out")
    expected = ranks[ranks["measure"] == "uno_c"].set_index("left_out")
    columns = ["value", "ci_low", "ci_high", "n", "events", "interval"]
    pd.testing.assert_frame_equal(of_c[columns], expected[columns])


def test_a_standard_error_is_what_the_interval_stands_for(estimated):
    evaluation, _, estimates = estimated
    at = evaluation.patients[0].at
    quantile = stats.t.ppf(0.975, min(at.n_cases, at.n_controls) - 1)
    rows = estimates[estimates["left_out"] == "north"].set_index("measure")
    c, ratio, slope = (rows.loc[name] for name in ("uno_c", "observed_expected", "slope"))
    assert c["standard_error"] == pytest.approx(
        (logit(c["ci_high"]) - logit(c["value"])) / quantile
    )
    assert ratio["standard_error"] == pytest.approx(
        np.log(ratio["ci_high"] / ratio["value"]) / quantile
    )
    assert slope["standard_error"] == pytest.approx(
        (slope["ci_high"] - slope["ci_low"]) / 2 / stats.norm.ppf(0.975)
    )


def test_they_are_pooled_as_the_auc_of_labels_is(estimated):
    _, _, estimates = estimated
    pooled = compute_meta_analysis(estimates).set_index("measure").loc["uno_c"]
    rows = estimates[estimates["measure"] == "uno_c"]
    by_hand = pool_random_effects(logit(rows["value"]), rows["standard_error"])
    assert logit(pooled["ci_low"]) == pytest.approx(by_hand.ci_low)
    assert (pooled["k"], pooled["n"], pooled["events"]) == (4, 280, rows["events"].sum())


def test_without_a_horizon_ranks_alone_are_pooled():
    _, _, estimates = estimate(cohorts_left_out(names=NAMES[:2]), horizon=None)
    assert set(estimates["measure"]) == {"uno_c", "harrell_c", "auc"}


def test_a_cohort_without_an_event_is_not_pooled():
    predictions = cohorts_left_out(names=NAMES[:3])
    predictions.loc[predictions["left_out"] == "east", "event"] = 0
    _, _, estimates = estimate(predictions)
    pooled = compute_meta_analysis(estimates).set_index("measure").loc["uno_c"]
    assert (pooled["k"], pooled["not_pooled"]) == (2, "east")


def test_without_cohorts_left_out_there_is_nothing_to_pool():
    with pytest.raises(AbsentError, match="No cohort was left out"):
        estimate(cohorts_left_out(names=NAMES[:1]).drop(columns="left_out"))


@pytest.mark.slow
def test_the_pooled_interval_of_a_coin_holds_one_half_as_often_as_it_says():
    """400 studies of four cohorts; never narrower than by the errors, so rather too often."""
    held = []
    for seed in range(400):
        _, _, estimates = estimate(cohorts_left_out(strength=0, seed=seed))
        of_c = compute_meta_analysis(estimates[estimates["measure"] == "uno_c"]).iloc[0]
        held.append(of_c["ci_low"] <= 0.5 <= of_c["ci_high"])
    assert 0.93 <= np.mean(held) <= 0.995, np.mean(held)
