"""Gene scores beside each other; what a gene's score rests on is told beside it."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.metrics import compute_auc
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.concordance import compute_harrell_concordance
from deepcme.models.survival.target import make_target, read_target
from deepcme.network.architecture import Hyperparameters, initialise_weights
from deepcme.network.attribution import (
    compute_first_layer_scores,
    compute_integrated_gradients,
)
from deepcme.selection.scores import (
    compute_gene_scores,
    compute_permutation_importance,
    compute_score_agreement,
    describe_genes,
)
from tests.conftest import invented_cohort


def described(columns, scale="fpkm"):
    X = np.column_stack(columns).astype(np.float32)
    n = len(X)
    cohort = Cohort.from_arrays(
        X,
        np.arange(n) % 2,
        samples=[f"s{i}" for i in range(n)],
        genes=[f"g{i}" for i in range(X.shape[1])],
        endpoint="e",
        scale=scale,
    )
    return describe_genes(cohort)


def test_a_gene_expressed_in_one_sample_is_driven_by_one():
    n = 400
    single = np.zeros(n)
    single[7] = 3.0
    row = described([single, np.ones(n)]).iloc[0]
    assert row["prevalence"] == 1 / n
    assert row["largest_z"] == pytest.approx(np.sqrt(n - 1))
    assert row["driving_samples"] == pytest.approx(1.0, abs=0.02)
    assert row["few_driving_samples"]


def test_a_normal_gene_is_driven_by_a_third_of_the_samples(random):
    values = random.normal(8, 1, size=(3000, 2))
    table = described([values[:, 0], values[:, 1]], scale="log2")
    assert table["driving_samples"].to_numpy() == pytest.approx([1000, 1000], rel=0.15)
    assert table["prevalence"].isna().all()


def test_half_high_half_low_is_driven_by_all():
    table = described([np.tile([0.0, 3.0], 50), np.tile([0.0, 1.0], 50)])
    assert table["driving_samples"].to_numpy() == pytest.approx([100, 100])
    assert not table["few_driving_samples"].any()
    assert table["largest_z"].to_numpy() == pytest.approx([1, 1])


def test_a_constant_gene_is_driven_by_none():
    table = described([np.full(10, 0.1), np.arange(10)])
    assert table.loc[0, "driving_samples"] == 0
    assert table.loc[0, "largest_z"] == 0


def test_missing_values_are_left_out():
    values = np.r_[np.nan, np.tile([1.0, 3.0], 20)]
    full = described([values[1:], values[1:]])
    gappy = described([values, values])
    assert gappy["driving_samples"][0] == pytest.approx(full["driving_samples"][0])
    assert gappy["largest_z"][0] == pytest.approx(full["largest_z"][0])


def test_many_genes_come_back_in_order():
    cohort = invented_cohort(n_genes=5000)
    table = describe_genes(cohort)
    assert len(table) == 5000
    z = np.log2(cohort.X[:, 4321] + 1)
    z = (z - z.mean()) / z.std()
    assert table["largest_z"][4321] == pytest.approx(np.abs(z).max(), rel=1e-4)


def random_network(n_genes: int, widths: tuple[int, ...], *, batch_norm: bool = True):
    """A network with running statistics that are not those of a fresh one."""
    random = np.random.default_rng(3)
    settings = Hyperparameters(hidden_layers=widths, batch_norm=batch_norm)
    weights = initialise_weights(n_genes, settings, random)
    for name, array in weights.arrays():
        if name.endswith(("scale", "running_var")):
            array[:] = random.uniform(0.5, 2.0, array.shape)
        if name.endswith(("shift", "running_mean", "bias")):
            array[:] = random.normal(0, 0.3, array.shape)
    return weights


def network_of_one_gene(n_genes: int, gene: int):
    """Only this gene reaches the logit, and raises it."""
    weights = random_network(n_genes, (2,), batch_norm=False)
    weights.blocks[0].weight[:] = 0
    weights.blocks[0].weight[gene] = [1.0, -1.0]
    weights.blocks[0].bias[:] = 0
    weights.output_weight[:] = [1.0, -1.0]
    return weights


NETWORKS = [((7,), True), ((6, 5), True), ((8, 8, 4), True), ((6, 5), False)]


@pytest.mark.parametrize(("widths", "batch_norm"), NETWORKS)
def test_integrated_gradients_sum_to_the_difference_of_the_logits(random, widths, batch_norm):
    weights = random_network(12, widths, batch_norm=batch_norm)
    X = random.standard_normal((9, 12)).astype(np.float32)
    attributions = compute_integrated_gradients([[weights]], X, steps=4000)
    nothing = weights.decision_function(np.zeros((1, 12), np.float32))
    difference = weights.decision_function(X) - nothing
    np.testing.assert_allclose(attributions.sum(axis=1), difference, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(("widths", "batch_norm"), NETWORKS)
def test_the_gradient_is_that_of_small_steps(random, widths, batch_norm):
    """Near a point the attribution from the origin is along one straight piece."""
    weights = random_network(12, widths, batch_norm=batch_norm)
    step = 1e-3 * np.eye(12, dtype=np.float32)
    nothing = weights.decision_function(np.zeros((1, 12), np.float32))
    slopes = (weights.decision_function(step) - nothing) / 1e-3
    attributions = compute_integrated_gradients([[weights]], step, steps=3)
    np.testing.assert_allclose(np.diag(attributions) / 1e-3, slopes, rtol=1e-3, atol=1e-6)


def test_permutation_importance_is_that_of_permuting_the_matrix(random):
    weights = random_network(6, (5, 4))
    X = random.standard_normal((40, 6)).astype(np.float32)
    y = (weights.decision_function(X) + random.normal(0, 0.3, 40) > 0).astype(int)
    fast = compute_permutation_importance(weights, X, y, np.random.default_rng(8), repeats=2)
    generator = np.random.default_rng(8)
    intact = compute_auc(y, weights.decision_function(X))
    slow = np.zeros(6)
    for _ in range(2):
        order = generator.permutation(40)
        for gene in range(6):
            permuted = X.copy()
            permuted[:, gene] = X[order, gene]
            slow[gene] += intact - compute_auc(y, weights.decision_function(permuted))
    np.testing.assert_allclose(fast, slow / 2, atol=1e-6)


def test_the_one_gene_that_matters_has_the_highest_score_of_every_kind(random):
    X = random.standard_normal((200, 8)).astype(np.float32)
    y = (X[:, 5] > 0).astype(int)
    scores = compute_gene_scores(network_of_one_gene(8, 5), X, y, random)
    assert list(scores.columns) == ["first_layer", "integrated_gradients", "permutation"]
    assert (scores.idxmax() == 5).all()
    assert (scores.drop(index=5) == 0).all(axis=None)
    assert scores.loc[5, "permutation"] == pytest.approx(0.5, abs=0.1)


def test_equation_4_is_the_sum_of_absolute_weights():
    weights = random_network(4, (3,))
    np.testing.assert_allclose(
        compute_first_layer_scores([[weights]]), np.abs(weights.blocks[0].weight).sum(axis=1)
    )


def random_cox_network(n_genes: int, widths: tuple[int, ...]):
    weights = random_network(n_genes, widths)
    weights.output_bias = None
    return weights


def times_of(log_hazards, random):
    """Exponential times, every third censored at half of its time."""
    times = random.exponential(np.exp(-log_hazards))
    is_event = (np.arange(len(times)) % 3 > 0).astype(np.int8)
    return make_target(FollowUp(np.where(is_event, times, times / 2), is_event))


def test_permutation_importance_of_times_is_the_loss_of_concordance(random):
    weights = random_cox_network(6, (5, 4))
    X = random.standard_normal((40, 6)).astype(np.float32)
    y = times_of(weights.decision_function(X), random)
    follow_up = read_target(y, 40)
    at = AtHorizon.draw(follow_up, np.median(follow_up.times), random, draws=0)

    def concordance(matrix):
        return compute_harrell_concordance(at, weights.decision_function(matrix))[0]

    fast = compute_permutation_importance(weights, X, y, np.random.default_rng(8), repeats=2)
    generator = np.random.default_rng(8)
    slow = np.zeros(6)
    for _ in range(2):
        order = generator.permutation(40)
        for gene in range(6):
            permuted = X.copy()
            permuted[:, gene] = X[order, gene]
            slow[gene] += concordance(X) - concordance(permuted)
    np.testing.assert_allclose(fast, slow / 2, atol=1e-6)


def test_times_of_which_none_can_be_compared_have_no_permutation_importance(random):
    y = make_target(FollowUp(np.arange(5.0), np.array([0, 0, 0, 0, 1])))
    X = np.zeros((5, 4), np.float32)
    scores = compute_gene_scores(random_cox_network(4, (3,)), X, y, random)
    assert scores["permutation"].isna().all()
    assert scores.drop(columns="permutation").notna().all(axis=None)
    agreement = compute_score_agreement(scores, k=2).set_index(["score", "other"])["overlap"]
    assert agreement.notna().tolist() == [True, False, False]


def test_permutation_needs_both_classes(random):
    X = np.zeros((5, 4), np.float32)
    with pytest.raises(DeepCMEError, match="both classes"):
        compute_permutation_importance(random_network(4, (3,)), X, np.ones(5), random)


def test_agreement_of_scores_by_hand():
    """The first two of a and b are {3, 2} and {3, 1}: one of two in common."""
    scores = pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 3, 2, 4], "c": [4, 3, 2, 1]})
    table = compute_score_agreement(scores, k=2).set_index(["score", "other"])
    assert table.loc[("a", "b"), "spearman"] == pytest.approx(0.8)
    assert table.loc[("a", "b"), "overlap"] == 0.5
    assert table.loc[("a", "c"), "spearman"] == pytest.approx(-1)
    assert table.loc[("a", "c"), "overlap"] == 0
    assert (table["expected_overlap"] == 0.5).all()
