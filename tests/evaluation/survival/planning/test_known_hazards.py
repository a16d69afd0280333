"""Patients of normal log hazards, against closed forms, R and simulated patients."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import expit

from deepcme import DeepCMEError
from deepcme.base.errors import AbsentError
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.planning.known_hazards import (
    MOST_CONCORDANCE,
    NormalLogHazards,
)
from deepcme.simulation.survival import FollowUpDesign, draw_follow_up

R = {
    # Means of ten draws of 20,000 patients by survival 3.5: concordance (timewt = "n/G2",
    # ymax), its variance times n, 1 - exp(-LR / n) of coxph, and survfit's variance times n.
    (0.70, 0.25, 0.2): (0.6998, 0.2933, 0.1140, 0.2146),
    (0.65, 0.50, 0.4): (0.6500, 0.1946, 0.1035, 0.3888),
    (0.80, 0.30, 0.1): (0.8006, 0.1518, 0.3185, 0.2229),
}


@pytest.mark.parametrize("sd", [0, 0.5, 1, 2])
def test_concordance_of_a_whole_life_is_the_closed_form(sd):
    """Of two patients whose log hazards differ by d, the worse is first in expit(d)."""
    patients = NormalLogHazards(sd, risk=1 - 1e-6)
    expected = quad(lambda z: 2 * stats.norm.pdf(z) * expit(sd * np.sqrt(2) * z), 0, 10)[0]
    assert patients.concordance == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("shares", "by_r"), R.items())
def test_concordance_precision_and_r2_are_those_of_r(shares, by_r):
    patients = NormalLogHazards.of_concordance(*shares)
    assert patients.concordance == pytest.approx(shares[0], abs=1e-6)
    found = (
        patients.concordance,
        patients.concordance_variance,
        patients.cox_snell_r2,
        patients.observed_risk_variance,
    )
    assert found == pytest.approx(by_r, rel=0.02)


def test_shares_are_those_of_simulated_patients():
    patients = NormalLogHazards.of_concordance(0.7, 0.4, 0.3)
    random = np.random.default_rng(1)
    follow_up = draw_follow_up(
        random.normal(0, patients.sd, 20_000),
        FollowUpDesign(horizon=1, risk=0.4, censored=0.3),
        random,
    )
    by_horizon = follow_up.times <= 1
    assert follow_up.events[by_horizon].sum() / 20_000 == pytest.approx(
        patients.event_share, abs=0.01
    )
    assert np.mean(~by_horizon) == pytest.approx(patients.control_share, abs=0.01)
    assert np.mean(by_horizon & (follow_up.events == 0)) == pytest.approx(0.3, abs=0.01)


def simulate_uno(patients, n, studies, random, draws=0):
    """Uno's C of the true log hazards, or of scores without meaning, in simulated studies."""
    design = FollowUpDesign(horizon=1, risk=patients.risk, censored=patients.censored)
    found = []
    for _ in range(studies):
        log_hazards = random.normal(size=n)
        follow_up = draw_follow_up(patients.sd * log_hazards, design, random)
        found.append(UNO.of(AtHorizon.draw(follow_up, 1.0, random, draws), log_hazards))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("concordance", "risk", "censored", "n"),
    [(0.7, 0.25, 0.2, 300), (0.65, 0.5, 0.4, 250), (0.8, 0.3, 0.1, 300), (0.5, 0.3, 0.3, 300)],
)
def test_standard_error_is_that_of_a_thousand_studies(concordance, risk, censored, n, say):
    patients = NormalLogHazards.of_concordance(concordance, risk, censored)
    random = np.random.default_rng(2)
    values = [found.value for found in simulate_uno(patients, n, 1000, random)]
    drawn = simulate_uno(patients, n, 30, random, draws=300)
    expected = np.sqrt(patients.concordance_variance / n)
    seen, bootstrap = np.std(values), np.mean([found.drawn.std() for found in drawn])
    say(f"C {concordance}: se {expected:.4f}, seen {seen:.4f}, bootstrap {bootstrap:.4f}")
    assert np.mean(values) == pytest.approx(concordance, abs=0.004)
    assert seen == pytest.approx(expected, rel=0.07)
    assert bootstrap == pytest.approx(expected, rel=0.07)


def test_standard_error_is_near_that_of_a_hundred_studies():
    patients = NormalLogHazards.of_concordance(0.7, 0.3, 0.2)
    found = simulate_uno(patients, 150, 100, np.random.default_rng(3))
    expected = np.sqrt(patients.concordance_variance / 150)
    assert np.std([one.value for one in found]) == pytest.approx(expected, rel=0.2)


def test_without_spread_nothing_is_explained_and_c_is_a_half():
    patients = NormalLogHazards(0, 0.3, 0.1)
    assert patients.concordance == pytest.approx(0.5)
    assert patients.cox_snell_r2 == pytest.approx(0, abs=1e-9)
    assert NormalLogHazards.of_concordance(0.5, 0.3, 0.1) == patients


def test_loss_is_chosen_so_that_as_many_events_are_seen():
    patients = NormalLogHazards.seen(0.7, 0.3, 0.22)
    assert patients.event_share == pytest.approx(0.22)
    assert NormalLogHazards.seen(0.7, 0.3, 0.3).censored == 0
    with pytest.raises(AbsentError, match="More than 95% of the patients would be lost"):
        NormalLogHazards.seen(0.7, 0.3, 0.001)


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ((0.7, 0, 0), r"risk by the horizon must lie between 0 and 1, not be 0\."),
        ((0.7, 0.2, 1), r"lost before the horizon must be 0 or more and at most 0\.95, not 1"),
        ((0.4, 0.2, 0), r"C must be at least 0\.5 and at most 0\.95, not 0\.4"),
        ((0.99, 0.2, 0), f"at most {MOST_CONCORDANCE}, not 0.99"),
        ((float("nan"), 0.2, 0), "not nan"),
    ],
)
def test_impossible_shares_are_refused(shares, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        NormalLogHazards.of_concordance(*shares)
