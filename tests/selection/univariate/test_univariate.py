"""Each gene alone: equal to functions of one gene, and honest where genes say nothing."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm, rankdata

from deepcme.cohort.follow_up import FollowUp
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.intervals import compute_delong_interval
from deepcme.evaluation.metrics import compute_auc_within
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.concordance import compute_harrell_concordance
from deepcme.selection.univariate.ranks import compute_midranks
from deepcme.selection.univariate.separation import compute_concordances
from deepcme.selection.univariate.univariate import compute_univariate

N = 40


@pytest.fixture
def values():
    """Five genes: two go with the labels below, one has ties, one missing values."""
    random = np.random.default_rng(5)
    X = random.normal(size=(N, 5)).astype(np.float32)
    X[:15, 0] += 1.5
    X[:15, 1] -= 1
    X[:, 2] = np.round(X[:, 2])
    X[[3, 20, 21], 3] = np.nan
    return X


@pytest.fixture
def labels():
    return (np.arange(N) < 15).astype(np.int8)


@pytest.fixture
def follow_up():
    """Times with ties, an event tied with a censoring, and competing events."""
    random = np.random.default_rng(6)
    return FollowUp(
        np.ceil(6 * random.random(N)), random.choice([0, 1, 1, 2], N).astype(np.int8)
    )


def patients(n=N):
    return [f"P{i}" for i in range(n)]


def alone(values, outcome, whose=None, strata=None):
    n = len(values)
    return compute_univariate(values, outcome, whose or patients(n), strata or [""] * n)


def test_midranks_are_those_of_scipy():
    values = np.random.default_rng(0).integers(0, 6, size=(7, 30)).astype(np.float32)
    assert np.array_equal(compute_midranks(values), rankdata(values, axis=1))


def test_of_labels_it_is_the_auc_with_delongs_interval_and_the_p_of_mann_and_whitney(
    values, labels
):
    table = alone(values, BinaryOutcome(labels))
    for gene, row in table.iterrows():
        known = ~np.isnan(values[:, gene])
        x, y = values[known, gene], labels[known]
        expected = compute_delong_interval(y, x)
        assert row["univariate_auc"] == pytest.approx(expected.value)
        assert row["ci_low"] == pytest.approx(expected.ci_low)
        assert row["ci_high"] == pytest.approx(expected.ci_high)
        assert (row["n"], row["events"]) == (expected.n, expected.events)
        test = mannwhitneyu(x[y == 1], x[y == 0], use_continuity=False, method="asymptotic")
        assert row["p"] == pytest.approx(test.pvalue, rel=1e-5)
    assert (table["fdr"] >= table["p"]).all()
    assert table["fdr"].max() == pytest.approx(table["p"].max())


def test_of_times_it_is_harrells_c_of_each_gene(values, follow_up):
    outcome = SurvivalOutcome(follow_up.times, follow_up.events)
    table = alone(values, outcome)
    for gene, row in table.iterrows():
        known = np.flatnonzero(~np.isnan(values[:, gene]))
        of_known = FollowUp(follow_up.times[known], follow_up.events[known])
        at = AtHorizon.draw(of_known, 3.0, np.random.default_rng(0), draws=0)
        scores = values[known, gene].astype(np.float64)
        assert row["univariate_c"] == pytest.approx(compute_harrell_concordance(at, scores)[0])
        assert row["ci_low"] < row["univariate_c"] < row["ci_high"]
        assert row["events"] == np.sum(follow_up.events[known] == 1)


def weighted_c(scores, follow_up, weights):
    """Harrell's C by its definition, each patient counted by a weight."""
    concordant = comparable = 0.0
    for i, j in np.ndindex(len(scores), len(scores)):
        first = follow_up.events[i] == 1
        beyond = follow_up.times[j] > follow_up.times[i]
        tied = follow_up.times[j] == follow_up.times[i] and follow_up.events[j] == 0
        ruled_out = follow_up.events[j] == 2 and not beyond
        if i != j and first and (beyond or tied or ruled_out):
            pair = weights[i] * weights[j]
            comparable += pair
            concordant += pair * ((scores[i] > scores[j]) + (scores[i] == scores[j]) / 2)
    return concordant / comparable


def test_the_variance_of_c_is_that_of_its_derivatives_by_the_patients(follow_up):
    scores = np.round(np.random.default_rng(2).normal(size=N), 1)
    ranks = rankdata(scores)[np.newaxis]
    value, variance = compute_concordances(ranks, follow_up, [np.arange(N)])
    step, expected = 1e-5, 0.0
    for patient in range(N):
        up, down = np.ones(N), np.ones(N)
        up[patient] += step
        down[patient] -= step
        ends = (weighted_c(scores, follow_up, weights) for weights in (up, down))
        expected += ((next(ends) - next(ends)) / (2 * step)) ** 2
    assert value[0] == pytest.approx(weighted_c(scores, follow_up, np.ones(N)))
    assert variance[0] == pytest.approx(expected, rel=1e-4)


def test_patients_are_compared_within_strata(values, labels):
    strata = ["a" if i % 2 else "b" for i in range(N)]
    shifted = values + np.float32(50) * np.array([[s == "a"] for s in strata])
    table = alone(values, BinaryOutcome(labels), strata=strata)
    moved = alone(shifted.astype(np.float32), BinaryOutcome(labels), strata=strata)
    for name in ("univariate_auc", "ci_low", "ci_high", "p"):
        assert moved[name].to_numpy() == pytest.approx(table[name].to_numpy())
    within = compute_auc_within(labels, values[:, 0], strata)
    assert table["univariate_auc"][0] == pytest.approx(within)
    follow_up = FollowUp(np.arange(1.0, N + 1), labels)
    outcome = SurvivalOutcome(follow_up.times, follow_up.events)
    times, moved = (
        alone(X.astype(np.float32), outcome, strata=strata) for X in (values, shifted)
    )
    assert moved["univariate_c"].to_numpy() == pytest.approx(times["univariate_c"].to_numpy())


def test_several_samples_of_a_patient_count_as_one(values, labels):
    twice = np.repeat(values, 2, axis=0)
    twice[::2, 0] += 1
    twice[1::2, 0] -= 1
    whose = [f"P{i // 2}" for i in range(2 * N)]
    table = alone(twice, BinaryOutcome(np.repeat(labels, 2)), whose)
    once = alone(values, BinaryOutcome(labels))
    assert table["n"].tolist() == once["n"].tolist()
    assert table["p"].to_numpy() == pytest.approx(once["p"].to_numpy(), rel=1e-4)


def test_what_cannot_be_told_of_a_gene_is_missing(labels):
    X = np.ones((N, 4), dtype=np.float32)
    X[:, 1] = labels
    X[:, 2] = np.nan
    X[:, 3] = np.arange(N)
    table = alone(X, BinaryOutcome(labels))
    constant, perfect, unmeasured, other = (row for _, row in table.iterrows())
    assert (
        constant["univariate_auc"] == 0.5 and np.isnan(constant[["p", "fdr", "ci_low"]]).all()
    )
    assert perfect["univariate_auc"] == 1 and np.isnan(perfect["ci_low"])
    assert unmeasured["n"] == 0 and np.isnan(unmeasured["univariate_auc"])
    assert other["fdr"] == pytest.approx(max(other["p"], perfect["p"]))  # of two genes alone


@pytest.mark.parametrize("kind", ["labels", "times"])
def test_genes_that_say_nothing_are_claimed_as_rarely_as_is_said(kind):
    random = np.random.default_rng(8)
    n, n_genes, runs = 80, 400, 25
    p, covered, any_claimed = [], [], 0
    for _ in range(runs):
        # Genes go together in blocks of ten, as they do.
        X = random.normal(size=(n, n_genes)) + np.repeat(
            random.normal(size=(n, n_genes // 10)), 10, axis=1
        )
        if kind == "labels":
            outcome, measure = BinaryOutcome((random.random(n) < 0.3).astype(np.int8)), "auc"
        else:
            times, ends = random.exponential(size=(2, n))
            outcome, measure = SurvivalOutcome(np.minimum(times, ends), times <= ends), "c"
        table = alone(X.astype(np.float32), outcome)
        p.append(table["p"].to_numpy())
        covered.append((table["ci_low"] <= 0.5) & (table["ci_high"] >= 0.5))
        any_claimed += bool((table["fdr"] <= 0.05).any())
        assert table[f"univariate_{measure}"].mean() == pytest.approx(0.5, abs=0.06)
    rejected = np.concatenate(p)
    for level in (0.05, 0.01, 0.001):
        assert np.mean(rejected <= level) <= 1.3 * level
    assert np.mean(rejected <= 0.05) >= 0.035
    assert 0.93 <= np.mean(covered) <= 0.965
    # Where no gene says anything, to claim one is to be wrong: 5% of the studies, as is said.
    assert any_claimed <= 4


def test_a_gene_that_goes_with_the_event_is_found(labels):
    X = np.random.default_rng(3).normal(size=(N, 200)).astype(np.float32)
    X[:, 7] -= 3 * labels
    table = alone(X, BinaryOutcome(labels))
    assert table["fdr"].idxmin() == 7
    assert table["univariate_auc"][7] < 0.2
    assert table["p"][7] < norm.sf(4)
