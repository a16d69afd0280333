"""Slope and baseline of log hazards out of fold: those of R, and right on simulated patients."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from deepcme import DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.evaluation.survival.cumulative_incidence import compute_cumulative_incidence
from deepcme.evaluation.survival.hazard_calibration import HazardCalibration, fit_slope

INVENTED = pd.DataFrame(
    {
        "split": np.repeat([1, 2], 8),
        "time": [1, 2, 2, 3, 4, 5, 5, 6, 1, 1, 2, 3, 3, 4, 6, 7],
        "event": [1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0],
        "score": [.9, .1, .4, 1.2, -.3, .5, -.8, -1, .2, .7, -.2, .8, .3, -.5, -.1, -.9],
    }
).assign(sample=range(16), patient=range(16))  # fmt: skip


def simulated(n, seed, spread=1.0, told=1.0, competing=0.0, splits=5):
    """Exponential times of known log hazards, told `told` times as far apart."""
    random = np.random.default_rng(seed)
    true = spread * random.normal(size=n)
    event = random.exponential(1 / (0.12 * np.exp(true)))
    other = random.exponential(1 / competing, n) if competing else np.full(n, np.inf)
    end = random.uniform(3, 10, n)
    time = np.minimum.reduce([event, other, end])
    return pd.DataFrame(
        {
            "split": np.arange(n) % splits,
            "sample": range(n),
            "patient": range(n),
            "time": time,
            "event": np.select([time == event, time == other], [1, 2], 0),
            "score": told * true,
        }
    )


def test_the_slope_is_that_of_r_under_its_density():
    """Log partial likelihoods of R's coxph with an offset, stratified by split, Efron's ties."""
    of_r = {0.5: -12.87796, 0.8: -12.09824, 1.2: -11.58548, 2.0: -12.01754}
    grid = np.log([*of_r])
    density = stats.t.logpdf(grid, 3) - stats.t.logpdf(0, 3)
    objective = np.array([*of_r.values()]) + density
    slope = fit_slope(INVENTED, np.ones(16))
    # R's maximum without the density is at 1.39.
    assert slope == pytest.approx(1.3023, abs=1e-3)
    assert objective.argmax() == 2
    assert 1 < slope < 1.38968615529


def test_the_baseline_is_breslows_of_r():
    """`survfit` of a weighted Cox regression with an offset of 0.8 times the log hazard."""
    of_r = [0.1055219268, 0.2516686928, 0.5572434562, 0.9354451732, 1.5472406820]
    follow_up = FollowUp(INVENTED["time"].to_numpy(), INVENTED["event"].to_numpy())
    weights = np.r_[np.full(8, 0.5), np.ones(8)]
    baseline = Baseline.estimate(
        follow_up, 0.8 * INVENTED["score"].to_numpy(), ties="breslow", weights=weights
    )
    np.testing.assert_allclose(baseline.cumulative_hazards, of_r, rtol=1e-9)


def test_each_patient_counts_once_however_often_tested():
    rows = simulated(200, 0)
    again = pd.concat([rows, rows.assign(split=rows["split"] + 5)])
    once, twice = HazardCalibration.fit(rows), HazardCalibration.fit(again)
    assert twice.slope == pytest.approx(once.slope, rel=1e-3)
    hazards = [found.baseline.cumulative_hazards for found in (once, twice)]
    np.testing.assert_allclose(*hazards, rtol=1e-3)


@pytest.mark.parametrize("told", [0.5, 1.0, 2.0])
def test_log_hazards_that_lie_too_far_apart_are_drawn_together(told):
    found = HazardCalibration.fit(simulated(2000, 1, told=told, splits=20))
    assert found.slope * told == pytest.approx(1, abs=0.08)
    new = simulated(2000, 2, told=told)
    true = 1 - np.exp(-0.12 * 5 * np.exp(new["score"] / told))
    np.testing.assert_allclose(found.risks(new["score"], 5.0)[:, 0], true, atol=0.04)


def test_a_constant_of_each_split_changes_no_slope():
    rows = simulated(300, 3)
    moved = rows.assign(score=rows["score"] + 3 * rows["split"])
    same = HazardCalibration.fit(rows).slope
    assert HazardCalibration.fit(moved).slope == pytest.approx(same, rel=1e-3)


@pytest.mark.parametrize("told", [-1.0, 0.0])
def test_log_hazards_that_do_not_rise_give_everybody_the_observed_risk(told):
    rows = simulated(300, 4, told=told)
    found = HazardCalibration.fit(rows)
    assert (found.slope, found.rises, found.is_matched) == (0.0, False, True)
    observed = compute_cumulative_incidence(FollowUp(rows["time"], rows["event"]))
    at = observed[observed["time"] <= 5]["risk"].iloc[-1]
    np.testing.assert_allclose(found.risks(rows["score"], 5.0), at, rtol=1e-12)


def test_where_events_compete_the_mean_risk_is_aalen_and_johansens():
    rows = simulated(800, 5, competing=0.15)
    found = HazardCalibration.fit(rows)
    assert found.rises
    observed = compute_cumulative_incidence(FollowUp(rows["time"], rows["event"]))
    for time in (1.0, 3.0, 5.0):
        at = observed[observed["time"] <= time]["risk"].iloc[-1]
        assert found.risks(rows["score"], time).mean() == pytest.approx(at, rel=1e-9)
    # The hazard of the one event alone, the other taken for a censoring, says too much.
    alone = HazardCalibration.fit(rows.assign(event=rows["event"] % 2))
    assert alone.risks(rows["score"], 5.0).mean() > 1.15 * at


def test_without_an_event_there_is_nothing():
    with pytest.raises(DeepCMEError, match="No patient had the event"):
        HazardCalibration.fit(INVENTED.assign(event=0))


@pytest.mark.slow
def test_of_null_log_hazards_half_are_refused():
    rises = []
    for seed in range(400):
        rows = simulated(150, seed, spread=0.0)
        score = np.random.default_rng(1000 + seed).normal(size=150)
        rises.append(HazardCalibration.fit(rows.assign(score=0.3 * score)).rises)
    assert np.mean(rises) == pytest.approx(0.5, abs=0.075)


@pytest.mark.parametrize("competing", [0.0, 0.1])
def test_patients_drawn_once_each_give_what_they_gave(competing):
    rows = simulated(80, 3, told=2.0, competing=competing)
    own = HazardCalibration.fit(rows)
    again = own.refit(rows, np.ones(80))
    assert again.slope == pytest.approx(own.slope, rel=2e-3)
    assert again.is_matched == own.is_matched == (competing > 0)
    given = [0.0, 1.0], [2.0, 4.0]
    np.testing.assert_allclose(again.risks(*given), own.risks(*given), rtol=5e-3)


def test_patients_count_as_often_as_they_were_drawn():
    """The slope sought near that of all is the one that a search everywhere finds."""
    rows = simulated(80, 3, told=2.0)
    own = HazardCalibration.fit(rows)
    counts = np.random.default_rng(0).multinomial(80, np.full(80, 1 / 80)).astype(float)
    drawn = counts > 0
    again = own.refit(rows, counts)
    expected = fit_slope(rows[drawn], counts[drawn])
    assert again.slope == pytest.approx(expected, rel=2e-3)
    assert again.slope != pytest.approx(own.slope, rel=0.02)


def test_what_did_not_rise_does_not_when_drawn_again():
    rows = simulated(80, 3, told=-1.0)
    own = HazardCalibration.fit(rows)
    assert not own.rises
    assert not own.refit(rows.assign(score=-rows["score"]), np.ones(80)).rises
