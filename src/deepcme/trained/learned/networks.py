"""Networks as they are kept: their weights, under the numbers of network and snapshot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from deepcme.base.log_odds import log_odds
from deepcme.models.ensemble import compute_network_probabilities
from deepcme.models.survival.networks import compute_log_hazards_by_network
from deepcme.network.architecture import Block, FloatArray, NetworkWeights
from deepcme.network.attribution import compute_integrated_gradients
from deepcme.trained.learned.arrays import Arrays, Scores, UnfitArraysError, require_numbers

_NETWORK_ARRAY = re.compile(
    r"networks\.(?P<network>\d{1,6})\.(?P<snapshot>\d{1,6})\.(?P<array>.+)"
)
_CENTRES = "networks.centres"
_NORMALISATION = {"scale", "shift", "running_mean", "running_var"}


@dataclass(frozen=True)
class LearnedNetworks:
    """A network, or the snapshots of each of several."""

    networks: list[list[NetworkWeights]]

    @classmethod
    def of(cls, model: Any, Z: FloatArray) -> Self:
        """The networks of either estimator of them, fitted on Z."""
        return cls(model.networks_)

    def evaluate(self, Z: NDArray[np.floating]) -> Scores:
        """Log-odds of the mean probability, and those of each network."""
        if len(self.networks) == 1 and len(self.networks[0]) == 1:
            return Scores(self.networks[0][0].decision_function(Z))
        probabilities = compute_network_probabilities(self.networks, Z)
        return Scores(log_odds(probabilities.mean(axis=1)), log_odds(probabilities))

    def attribute(self, Z: NDArray[np.floating]) -> NDArray[np.float64]:
        """Integrated gradients."""
        return compute_integrated_gradients(self.networks, Z)

    def arrays(self) -> Iterator[tuple[str, FloatArray]]:
        """The weights, under the numbers of network and snapshot."""
        for number, snapshots in enumerate(self.networks):
            for position, weights in enumerate(snapshots):
                for name, array in weights.arrays():
                    yield f"networks.{number}.{position}.{name}", array

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_genes: int) -> Self:
        """Rebuild the networks."""
        require_numbers(arrays)
        return cls(_assemble_networks(arrays, n_genes))


@dataclass(frozen=True)
class LearnedHazardNetworks:
    """A network of log hazards, or the snapshots of each of several.

    `centres` are what each network tells on average of those that it was fitted on: log
    hazards are told against that.
    """

    networks: list[list[NetworkWeights]]
    centres: FloatArray

    @classmethod
    def of(cls, model: Any, Z: FloatArray) -> Self:
        """The networks of either estimator of them, fitted on Z."""
        centres = compute_log_hazards_by_network(model.networks_, Z).mean(axis=0)
        return cls(model.networks_, centres.astype(np.float32))

    def evaluate(self, Z: NDArray[np.floating]) -> Scores:
        """The mean log hazard, and those of each network."""
        by_network = compute_log_hazards_by_network(self.networks, Z) - self.centres
        several = by_network if len(self.networks) > 1 else None
        return Scores(by_network.mean(axis=1), several)

    def attribute(self, Z: NDArray[np.floating]) -> NDArray[np.float64]:
        """Integrated gradients of the mean log hazard."""
        return compute_integrated_gradients(self.networks, Z)

    def arrays(self) -> Iterator[tuple[str, FloatArray]]:
        """The weights, under the numbers of network and snapshot, and the centres."""
        yield from LearnedNetworks(self.networks).arrays()
        yield _CENTRES, self.centres

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_genes: int) -> Self:
        """Rebuild the networks."""
        require_numbers(arrays)
        others = {name: array for name, array in arrays.items() if name != _CENTRES}
        networks = _assemble_networks(others, n_genes, of_hazards=True)
        centres = arrays.get(_CENTRES)
        if centres is None or centres.shape != (len(networks),):
            raise UnfitArraysError(f"there are no centres of {len(networks)} networks.")
        return cls(networks, centres)


def _assemble_networks(
    arrays: Arrays, n_genes: int, *, of_hazards: bool = False
) -> list[list[NetworkWeights]]:
    by_snapshot: dict[tuple[int, int], Arrays] = {}
    for name, array in arrays.items():
        place = _NETWORK_ARRAY.fullmatch(name)
        if place is None:
            raise UnfitArraysError(f"the array {name} belongs to no network.")
        snapshot = int(place["network"]), int(place["snapshot"])
        by_snapshot.setdefault(snapshot, {})[place["array"]] = array
    networks: dict[int, list[NetworkWeights]] = {}
    for (number, _), inner_arrays in sorted(by_snapshot.items()):
        networks.setdefault(number, []).append(
            _assemble_network(inner_arrays, n_genes, of_hazards)
        )
    if not networks:
        raise UnfitArraysError("there is no network in it.")
    return list(networks.values())


def _assemble_network(arrays: Arrays, n_genes: int, of_hazards: bool) -> NetworkWeights:
    try:
        weights = NetworkWeights.from_arrays(arrays)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UnfitArraysError("a network lacks an array.") from error
    # A constant has no say in who has the event first.
    if (weights.output_bias is None) != of_hazards:
        raise UnfitArraysError(f"a network {'has' if of_hazards else 'lacks'} an output bias.")
    n_inputs = n_genes
    for block in weights.blocks:
        n_inputs = _check_block(block, n_inputs)
    bias = weights.output_bias
    if weights.output_weight.shape != (n_inputs,) or (bias is not None and bias.shape != (1,)):
        raise UnfitArraysError("a network's output does not fit its last layer.")
    return weights


def _check_block(block: Block, n_inputs: int) -> int:
    """Units of a block; refuses arrays that do not fit each other."""
    if block.weight.ndim != 2 or len(block.weight) != n_inputs:
        raise UnfitArraysError(f"a layer's weights do not take {n_inputs} inputs.")
    n_units = int(block.weight.shape[1])
    others = {
        name: getattr(block, name)
        for name in ("bias", *_NORMALISATION)
        if getattr(block, name) is not None
    }
    if set(others) not in ({"bias"}, _NORMALISATION):
        raise UnfitArraysError("a layer has neither a bias nor a normalisation.")
    if any(array.shape != (n_units,) for array in others.values()):
        raise UnfitArraysError(f"the arrays of a layer do not have {n_units} units.")
    if block.running_var is not None and (block.running_var < 0).any():
        raise UnfitArraysError("a layer's running variance is negative.")
    return n_units
