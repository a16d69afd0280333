"""The closed forms for planning agree with simulated studies."""

import numpy as np
import pytest
from scipy import stats

from deepcme import DeepCMEError
from deepcme.simulation.cohorts import CohortDesign, simulate_cohort
from deepcme.simulation.planning import EVENTS
from deepcme.simulation.power import (
    PowerDesign,
    compute_events_for_half_width,
    compute_events_for_top,
    compute_expected_auc,
    compute_power,
    compute_top_probability,
    describe_events_needed,
    describe_model_sizes,
)


def share_of_true_in_top(values, labels, signal, top):
    statistic = stats.ttest_ind(values[labels == 1], values[labels == 0]).statistic
    return np.isin(np.flatnonzero(signal), np.argsort(-np.abs(statistic))[:top]).mean()


def simulate_ranking(design, events, studies, seed, module=1, correlation=0.0):
    """Mean share of true genes among the first, of normal genes in correlated modules."""
    random = np.random.default_rng(seed)
    n_events, n_non_events = design.count_patients(events)
    labels = np.repeat([1, 0], [n_events, n_non_events])
    found = []
    for _ in range(studies):
        shared = random.normal(size=(len(labels), design.genes // module))
        values = np.sqrt(correlation) * np.repeat(shared, module, axis=1)
        values += np.sqrt(1 - correlation) * random.normal(size=values.shape)
        signal = random.permutation(design.genes) < design.signal_genes
        values += np.outer(
            labels, signal * design.effect * random.choice([-1, 1], design.genes)
        )
        found.append(share_of_true_in_top(values, labels, signal, design.top))
    return np.mean(found)


@pytest.mark.parametrize(
    ("events", "numbers"),
    [
        (20, {"effect": 0.5, "signal_genes": 10, "top": 20}),
        (40, {"effect": 0.8, "signal_genes": 10, "top": 10}),
        (30, {"effect": 0.6, "signal_genes": 50, "top": 30}),
        (6, {"effect": 1.5, "signal_genes": 5, "top": 10, "prevalence": 0.5}),
    ],
)
def test_chance_of_the_first_k_agrees_with_simulation(events, numbers):
    design = PowerDesign(genes=400, **numbers)
    simulated = simulate_ranking(design, events, studies=200, seed=events)
    assert compute_top_probability(design, events) == pytest.approx(simulated, abs=0.025)


@pytest.mark.parametrize("effect", [0.5, 0.9])
def test_chance_of_the_first_k_holds_roughly_for_strongly_correlated_genes(effect):
    design = PowerDesign(genes=1000, signal_genes=20, effect=effect, top=20)
    simulated = simulate_ranking(design, 20, studies=100, seed=1, module=50, correlation=0.8)
    assert compute_top_probability(design, 20) == pytest.approx(simulated, abs=0.06)


def test_chance_of_the_first_k_is_near_in_simulated_cohorts():
    """Where genes correlate, and batches and counting noise take from the effect."""
    cohorts = CohortDesign(
        samples=250, genes=1000, events=50, effect=0.6, rare_genes=0, repeated_samples=0
    )
    found = []
    for seed in range(8):
        cohort = simulate_cohort(cohorts, seed)
        values = np.log2(cohort.X.astype(float) + 1)
        signal = cohort.adata.var["signal"].to_numpy()
        found.append(share_of_true_in_top(values, cohort.labels, signal, top=50))
    design = PowerDesign(genes=1000, signal_genes=50, effect=0.6, top=50)
    assert compute_top_probability(design, 50) == pytest.approx(np.mean(found), abs=0.05)


def test_without_effect_the_chance_is_that_of_any_gene():
    design = PowerDesign(effect=0, genes=1000, signal_genes=20, top=100)
    for events in (20, 2000):
        assert compute_top_probability(design, events) == pytest.approx(0.1, abs=0.005)


def test_chance_is_bounded_by_the_places_there_are():
    design = PowerDesign(effect=2, signal_genes=50, top=20)
    assert compute_top_probability(design, 2000) == pytest.approx(20 / 50, abs=0.01)
    assert compute_top_probability(PowerDesign(genes=100, top=100), 20) == pytest.approx(1)


def test_more_events_never_make_it_worse():
    table = compute_power(PowerDesign())
    assert table["events"].tolist() == list(EVENTS)
    assert table["top_probability"].is_monotonic_increasing
    for low, high in (("test_auc_low", "test_auc_high"), ("auc_low", "auc_high")):
        assert (table[high] - table[low]).is_monotonic_decreasing


def test_a_row_is_hanley_and_mcneils_interval():
    """20 events at a prevalence of 0.2: 4 and 16 in the test part, 20 and 80 in all."""
    row = compute_power(PowerDesign(auc=0.7, prevalence=0.2), [20]).iloc[0]
    q1, q2 = 0.7 / 1.3, 2 * 0.49 / 1.7
    test = np.sqrt((0.21 + 3 * (q1 - 0.49) + 15 * (q2 - 0.49)) / (4 * 16))
    whole = np.sqrt((0.21 + 19 * (q1 - 0.49) + 79 * (q2 - 0.49)) / (20 * 80))
    assert (row["patients"], row["test_events"]) == (100, 4)
    assert row["test_auc_low"] == pytest.approx(0.7 - 1.959964 * test, abs=1e-5)
    assert row["test_auc_high"] == 1.0
    assert row["auc_low"] == pytest.approx(0.7 - 1.959964 * whole, abs=1e-5)
    assert row["auc_high"] == pytest.approx(0.7 + 1.959964 * whole, abs=1e-5)


@pytest.mark.parametrize("fraction", [1.0, 0.2])
@pytest.mark.parametrize("half_width", [0.03, 0.1])
def test_events_needed_are_the_fewest(half_width, fraction):
    design = PowerDesign(auc=0.65, prevalence=0.1)
    needed = compute_events_for_half_width(design, half_width, fraction)
    widths = [
        0.65 - compute_expected_auc(design, events, fraction).ci_low
        for events in (needed - 1, needed)
    ]
    assert widths[1] <= half_width < widths[0]


def test_events_needed_to_find_genes_are_the_fewest():
    design = PowerDesign(effect=0.7)
    needed = compute_events_for_top(design, 0.8)
    assert compute_top_probability(design, needed) >= 0.8
    assert compute_top_probability(design, needed - 1) < 0.8


def test_the_answer_names_the_events():
    design = PowerDesign()
    answer = describe_events_needed(design, 0.05)
    needed = compute_events_for_half_width(design, 0.05)
    assert f"about {needed} events among {5 * needed} patients if every patient" in answer
    assert "first 100 with a chance of 80% you need about" in answer


def test_a_row_has_the_parameters_that_it_is_enough_for():
    table = compute_power(PowerDesign(auc=0.7, prevalence=0.2), [212, 213])
    assert table["parameters"].tolist() == [9, 10]


def test_sizes_to_develop_and_to_validate_are_said_with_each_criterion():
    said = describe_model_sizes(PowerDesign(auc=0.75, prevalence=0.184), 76)
    assert "76 parameters without penalty you need 5,335 patients with 982 events" in said
    assert "models with a penalty, and networks, have no such rule" in said
    assert "on new patients you need 3,740 patients with 689 events (O/E" in said
    assert said.endswith("net benefit at a risk of 0.184.")


def test_without_discrimination_no_size_is_said():
    said = describe_model_sizes(PowerDesign(auc=0.5), 10)
    assert said == "At an AUC of 0.5 no number of patients can develop a model."


def test_the_answer_admits_that_no_number_is_enough():
    answer = describe_events_needed(PowerDesign(signal_genes=100, top=50), 0.05)
    assert answer.endswith("with a chance of 80% you need more than a million events.")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prevalence": 0}, "prevalence must lie between 0 and 1, not be 0"),
        ({"auc": 0.4}, r"AUC must be at least 0\.5 and less than 1, not 0\.4"),
        ({"effect": -1}, "effect must be 0 or more, not -1"),
        ({"signal_genes": 30_000}, "30000 true genes among 20000 are not possible"),
        ({"top": 0}, "choose 1 to 20000"),
    ],
)
def test_impossible_numbers_are_refused_in_one_sentence(change, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        PowerDesign(**change)


def test_impossible_targets_are_refused_in_one_sentence():
    with pytest.raises(DeepCMEError, match=r"less than 0\.5, not 0\.5"):
        compute_events_for_half_width(PowerDesign(), 0.5)
    with pytest.raises(DeepCMEError, match="must be 2 or more, not 1"):
        compute_power(PowerDesign(), [20, 1])
