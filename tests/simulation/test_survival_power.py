"""Plans for times agree with simulated studies."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.measured import UNO
from deepcme.models.survival.screening import compute_score_statistics
from deepcme.simulation.planning import EVENTS
from deepcme.simulation.survival import FollowUpDesign, draw_follow_up
from deepcme.simulation.survival_power import (
    SurvivalPowerDesign,
    compute_events_for_concordance,
    compute_expected_concordance,
    compute_survival_power,
    compute_survival_top_probability,
    describe_survival_events_needed,
    describe_survival_sizes,
)

DESIGN = SurvivalPowerDesign()


def follow(design, log_hazards, random):
    of_times = FollowUpDesign(horizon=1, risk=design.risk, censored=design.censored)
    return draw_follow_up(log_hazards, of_times, random)


def measure(design, n, random, draws=100):
    log_hazards = random.normal(size=n)
    follow_up = follow(design, design.patients.sd * log_hazards, random)
    return UNO.of(AtHorizon.draw(follow_up, 1.0, random, draws), log_hazards).interval()


@pytest.mark.parametrize("events", [30, 80])
def test_the_interval_to_expect_is_as_wide_as_those_of_studies(events):
    random = np.random.default_rng(events)
    expected = compute_expected_concordance(DESIGN, events)
    found = [measure(DESIGN, expected.n, random) for _ in range(25)]
    widths = [one.ci_high - one.ci_low for one in found]
    assert np.mean(widths) == pytest.approx(expected.ci_high - expected.ci_low, rel=0.1)
    assert np.mean([one.events for one in found]) == pytest.approx(events, rel=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("concordance", [0.5, 0.65, 0.75])
def test_the_interval_to_expect_holds_nineteen_of_twenty_studies(concordance, say):
    design = SurvivalPowerDesign(concordance=concordance)
    expected = compute_expected_concordance(design, 60)
    random = np.random.default_rng(7)
    found = [measure(design, expected.n, random, draws=0).value for _ in range(1000)]
    share = np.mean([expected.ci_low <= value <= expected.ci_high for value in found])
    say(f"C {concordance}: {share:.1%} of 1,000 studies of 60 events fall in the interval")
    assert 0.93 <= share <= 0.97


def simulate_ranking(design, events, studies, seed):
    """Mean share of true genes among the first, of independent genes."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(studies):
        values = random.normal(size=(design.count_patients(events), design.genes))
        signal = np.arange(design.genes) < design.signal_genes
        follow_up = follow(design, values[:, signal] @ np.full(signal.sum(), TRUE), random)
        by_horizon = follow_up.times <= 1
        statistic = compute_score_statistics(
            values,
            type(follow_up)(np.minimum(follow_up.times, 1), follow_up.events * by_horizon),
        )
        found.append(np.argsort(-np.abs(statistic))[: design.top] < design.signal_genes)
    return np.sum(found, axis=1).mean() / design.signal_genes


TRUE = 0.35


@pytest.mark.parametrize("events", [40, 80])
def test_chance_of_the_first_k_agrees_with_simulation(events):
    """Few true genes: what the others add to the hazard hardly hides what each does."""
    design = SurvivalPowerDesign(genes=300, signal_genes=2, effect=TRUE, top=5)
    simulated = simulate_ranking(design, events, studies=150, seed=events)
    assert compute_survival_top_probability(design, events) == pytest.approx(
        simulated, abs=0.07
    )


def test_without_effect_the_chance_is_that_of_any_gene():
    design = SurvivalPowerDesign(effect=0, genes=1000, signal_genes=20, top=100)
    for events in (20, 2000):
        assert compute_survival_top_probability(design, events) == pytest.approx(0.1, abs=0.005)


def test_more_events_never_make_it_worse():
    table = compute_survival_power(DESIGN)
    assert table["events"].tolist() == list(EVENTS)
    assert table["top_probability"].is_monotonic_increasing
    assert table["hazard_ratio"].is_monotonic_decreasing
    for low, high in (("test_c_low", "test_c_high"), ("c_low", "c_high")):
        assert (table[high] - table[low]).is_monotonic_decreasing


@pytest.mark.parametrize("fraction", [1.0, 0.2])
def test_events_needed_are_the_fewest(fraction):
    needed = compute_events_for_concordance(DESIGN, 0.05, fraction)
    widths = [
        0.7 - compute_expected_concordance(DESIGN, events, fraction).ci_low
        for events in (needed - 1, needed)
    ]
    assert widths[1] <= 0.05 < widths[0]


def test_answers_are_in_words():
    answer = describe_survival_events_needed(DESIGN, 0.05, 1.5)
    assert "For a C of 0.70 +-0.05 (95% interval) you need about " in answer
    assert "a hazard ratio of 1.5 between two halves of the patients" in answer
    assert "about 191 events among 859 patients (Schoenfeld 1983)" in answer
    sizes = describe_survival_sizes(DESIGN, 10)
    assert "To develop a Cox regression of 10 parameters without penalty" in sizes
    assert "0.1 wide for C, you need 1,324 patients with 295 events" in sizes
    nothing = SurvivalPowerDesign(concordance=0.5)
    assert describe_survival_sizes(nothing, 10).startswith("At a C of 0.5 no number")
    assert compute_survival_power(nothing, [50])["parameters"].item() == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"risk": 0}, "risk by the horizon must lie between 0 and 1"),
        ({"concordance": 0.3}, r"C must be at least 0\.5"),
        ({"effect": float("nan")}, "effect must be 0 or more, not nan"),
        ({"signal_genes": 0}, "0 true genes among 20000 are not possible"),
        ({"top": 0}, "first 0 of 20000 genes are not possible"),
    ],
)
def test_impossible_numbers_are_refused_in_one_sentence(change, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        SurvivalPowerDesign(**change)


def test_impossible_questions_are_refused():
    with pytest.raises(DeepCMEError, match="events must be 2 or more, not 1"):
        compute_survival_power(DESIGN, [1, 20])
    with pytest.raises(DeepCMEError, match=r"half-width must be more than 0 .* not 0\.5"):
        compute_events_for_concordance(DESIGN, 0.5)
