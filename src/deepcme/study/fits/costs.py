"""How long a fit may take: rows prepared, inner products, networks, and the rest."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcme.cohort.follow_up import FollowUp
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.committee.members import find_kinds
from deepcme.models.registry import KINDS, ModelKind
from deepcme.models.span.span import pays
from deepcme.models.survival.target import make_target
from deepcme.network.engines.choice import one_thread_a_task

_SECONDS_PER_PREPARED = 22e-9
_SECONDS_PER_PRODUCT = 2.2e-11
"""Of the inner product of two rows, for each gene."""
_SECONDS_PER_CUBE = 6e-10
"""Of the eigenvectors of a matrix, for its rows to the power of three."""
_SECONDS_PER_STEP = 3e-5
_SECONDS_PER_SCORE = 2.5e-6
_EPOCHS_TO_THE_BEST = 130
"""From there on a network that is stopped early is patient."""
_TIMED_SECONDS = 0.3
_MOST_TIMED_EPOCHS = 64


@dataclass(frozen=True)
class Cost:
    """Seconds of a fit, and what of networks it trains.

    Attributes
    ----------
    networks : float
        In training them.
    rest : float
    epochs_of : tuple or None
        Kind, parameters, and numbers of rows and of inputs of the networks that take longest:
        what is timed to know how long they take on this machine.
    """

    networks: float = 0.0
    rest: float = 0.0
    epochs_of: tuple[ModelKind, Mapping[str, Any], int, int] | None = None

    @property
    def seconds(self) -> float:
        """All of them."""
        return self.networks + self.rest

    def __add__(self, other: Cost) -> Cost:
        longest = self if self.networks >= other.networks else other
        return Cost(self.networks + other.networks, self.rest + other.rest, longest.epochs_of)

    def times(self, number: float) -> Cost:
        """That of so many fits."""
        return Cost(self.networks * number, self.rest * number, self.epochs_of)


def cost_of_rows(kind: ModelKind, n_rows: int, n_genes: int) -> Cost:
    """Of rows to fit on, prepared, and their inner products where the model takes them."""
    seconds = _SECONDS_PER_PREPARED * n_rows * n_genes
    if kind.takes_gram and pays(n_rows, n_genes):
        seconds += _SECONDS_PER_PRODUCT * n_rows**2 * n_genes
    return Cost(rest=seconds)


def cost_of_fit(
    kind: ModelKind, parameters: Mapping[str, Any], n_rows: int, n_genes: int
) -> Cost:
    """Of a fit on rows that are prepared, in its folds as well."""
    if kind.is_committee:
        return _cost_of_committee(kind, parameters, n_rows, n_genes)
    if kind.is_network:
        return _cost_of_networks(kind, parameters, n_rows, n_genes)
    n_inputs, seconds = n_genes, kind.nanoseconds_of_cube * 1e-9 * n_rows**3
    if kind.takes_gram and pays(n_rows, n_genes):
        n_inputs = n_rows
        seconds += _SECONDS_PER_CUBE * n_rows**3
    return Cost(rest=seconds + kind.nanoseconds * 1e-9 * n_rows * n_inputs)


def cost_of_scores(kind: ModelKind, n_scored: int, n_rows: int, n_genes: int) -> Cost:
    """Of scoring rows: their inner products with those fitted on."""
    seconds = 0.0
    if kind.takes_gram and pays(n_rows, n_genes):
        seconds += _SECONDS_PER_PRODUCT * n_scored * n_rows * n_genes
    return Cost(rest=seconds)


def cost_of_turning_back(
    kind: ModelKind, parameters: Mapping[str, Any], n_rows: int, n_genes: int
) -> Cost:
    """Of the weights of genes, for models that learn those of scores in the span of rows."""
    if not kind.has_gene_scores:
        return Cost()
    network = kind.make(parameters, None)
    settings = network.settings_for(n_rows, n_genes)
    n_weights = count_networks(network) * getattr(network, "n_snapshots", 1)
    products = n_weights * settings.hidden_layers[0] * n_rows
    return Cost(rest=_SECONDS_PER_PRODUCT * products * n_genes)


def cost_of_gene_scores(
    kind: ModelKind, parameters: Mapping[str, Any], n_scored: int, n_genes: int
) -> Cost:
    """Of the scores of genes on held-out rows, with every snapshot of each network."""
    network = kind.make(parameters, None)
    n_snapshots = count_networks(network) * getattr(network, "n_snapshots", 1)
    return Cost(rest=_SECONDS_PER_SCORE * n_snapshots * n_scored * n_genes)


def _cost_of_committee(
    kind: ModelKind, parameters: Mapping[str, Any], n_rows: int, n_genes: int
) -> Cost:
    committee = kind.make(parameters, None)
    n_folds = committee.n_folds
    n_rest = n_rows - n_rows // n_folds
    cost = Cost()
    for member in find_kinds(committee.members, kind.outcomes[0]):
        cost += cost_of_fit(member, {}, n_rows, n_genes)
        cost += cost_of_fit(member, {}, n_rest, n_genes).times(n_folds)
        if member.takes_gram and pays(n_rows, n_genes):
            # All rows are scored by their products with those of the fit and of each fold.
            products = (n_rows + n_folds * n_rest) * n_rows * n_genes
            cost += Cost(rest=_SECONDS_PER_PRODUCT * products)
    return cost


def _cost_of_networks(
    kind: ModelKind, parameters: Mapping[str, Any], n_rows: int, n_genes: int
) -> Cost:
    network = kind.make(parameters, None)
    settings = network.settings_for(n_rows, n_genes)
    n_networks, n_inputs, eigenvectors = count_networks(network), n_genes, 0.0
    n_train = n_rows - n_rows // n_networks if n_networks > 1 else n_rows
    if getattr(network, "space_", "genes") == "span":
        n_inputs, eigenvectors = n_train, _SECONDS_PER_CUBE * n_train**3
    weights = n_train * n_inputs * settings.hidden_layers[0]
    steps = n_train / settings.batch_size
    epoch = kind.nanoseconds * 1e-9 * weights + _SECONDS_PER_STEP * steps
    n_epochs = count_epochs(settings.max_epochs, settings.patience)
    return Cost(
        epoch * n_epochs * n_networks,
        eigenvectors * n_networks,
        (kind, {**parameters}, n_train, n_inputs),
    )


def count_epochs(most: int, patience: int | None) -> int:
    """Epochs that a network may train, if patience ends with it as a rule."""
    return most if patience is None else min(most, _EPOCHS_TO_THE_BEST + patience)


def count_networks(model: Any) -> int:
    """Networks of a model."""
    return int(getattr(model, "n_networks", 1))


def count_trained(kind: ModelKind, parameters: Mapping[str, Any]) -> int:
    """Networks that a fit trains, those of a committee in its folds as well."""
    if kind.is_network:
        return count_networks(kind.make(parameters, None))
    if not kind.is_committee:
        return 0
    committee = kind.make(parameters, None)
    members = find_kinds(committee.members, kind.outcomes[0])
    return (1 + int(committee.n_folds)) * sum(count_trained(one, {}) for one in members)


def expect_epoch(kind: ModelKind, parameters: Mapping[str, Any], n_rows: int, n: int) -> float:
    """Roughly the time of an epoch on so many rows of so many inputs."""
    network = kind.make(parameters, None)
    weights = n_rows * n * network.hidden_layers[0]
    steps = n_rows / network.batch_size
    return float(kind.nanoseconds * 1e-9 * weights + _SECONDS_PER_STEP * steps)


def time_epoch(kind: ModelKind, parameters: Mapping[str, Any], n_rows: int, n: int) -> float:
    """Time an epoch of a network on noise: so many that it shows.

    The first training of a process is not timed: PyTorch takes seconds to get ready, which
    would count for every epoch of the study.
    """
    network = kind.make(parameters, None)
    n_valid = max(n_rows // 4, 2)
    random = np.random.default_rng(0)
    X = random.random((n_rows + n_valid, n), dtype=np.float32)
    single, y = _single_network(kind), np.arange(len(X)) % 2
    if SurvivalOutcome.kind in single.outcomes:
        y = make_target(FollowUp(np.arange(len(X), dtype=np.float64), y.astype(np.int8)))

    def train(n_epochs: int) -> float:
        model = single.type(
            network.hidden_layers, batch_size=network.batch_size, max_epochs=n_epochs
        )
        start = time.perf_counter()
        model.fit(X, y, validation_rows=np.arange(n_rows, len(X)))
        return time.perf_counter() - start

    epochs, seconds = 1, 0.0
    with one_thread_a_task():
        train(epochs)
        while seconds < _TIMED_SECONDS and epochs < _MOST_TIMED_EPOCHS:
            epochs *= 2
            seconds = train(epochs)
    return seconds / epochs


def _single_network(kind: ModelKind) -> ModelKind:
    """What trains a single one of the networks that a model is made of."""
    return next(
        one for one in KINDS.values() if one.has_history and one.outcomes == kind.outcomes
    )
