"""The network itself: its settings, its weights as named arrays, its forward pass.

Everything here is NumPy, so that a trained network can be applied, stored and
inspected without the engine that trained it.

The network has one logit and binary cross-entropy. This equals the two-class
softmax of the paper (equation 2): with logits ``a`` and ``b`` the softmax gives
``P(1) = exp(b) / (exp(a) + exp(b)) = sigmoid(b - a)``, so only the difference of
the two outputs is ever seen by the loss. By a loss of times the logit is the
log hazard, and the output has no bias: only differences between patients count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from deepcme.base.parameters import (
    NUMBER,
    TRUTH,
    Rule,
    at_least,
    check_parameters,
    is_whole,
    or_none,
)
from deepcme.network.losses import LOSSES

FloatArray = NDArray[np.float32]

BATCH_NORM_EPSILON = 1e-5
BATCH_NORM_MOMENTUM = 0.1
MAX_WIDTH = 1024
_PREDICTION_ROWS = 256


_RULES: dict[str, tuple[Rule, ...]] = {
    "hidden_layers": (
        Rule(
            lambda value: isinstance(value, tuple | list | np.ndarray),
            "must list the width of each hidden layer, as [64, 64]",
        ),
        Rule(lambda widths: len(widths) > 0, "needs at least one layer"),
        Rule(
            lambda widths: all(is_whole(width) and 1 <= width <= MAX_WIDTH for width in widths),
            f"takes widths from 1 to {MAX_WIDTH}",
        ),
    ),
    "dropout": (NUMBER, Rule(lambda value: 0 <= value <= 0.9, "must lie between 0 and 0.9")),
    "batch_norm": (TRUTH,),
    "penalty": (Rule(lambda value: value in ("l1", None), 'must be "l1" or None'),),
    "penalty_reduction": (
        Rule(lambda value: value in ("mean", "sum"), 'must be "mean" or "sum"'),
    ),
    "penalty_strength": (NUMBER, Rule(lambda value: value >= 0, "must be 0 or more")),
    "learning_rate": (NUMBER, Rule(lambda value: value > 0, "must be above 0")),
    "max_epochs": at_least(1),
    "batch_size": at_least(2),
    "patience": or_none(at_least(1)),
    "loss": (Rule(lambda value: value in LOSSES, f"must be one of {', '.join(LOSSES)}"),),
}


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Settings of one network and its training.

    Parameters
    ----------
    hidden_layers, dropout, batch_norm, penalty, penalty_reduction, penalty_strength
    learning_rate, max_epochs, batch_size, patience
        As in `DeepCMEClassifier`.
    loss : str
        What training lowers, as `losses.LOSSES` names it.
    """

    hidden_layers: tuple[int, ...] = (64, 64, 64)
    dropout: float = 0.5
    batch_norm: bool = True
    penalty: Literal["l1"] | None = "l1"
    penalty_reduction: Literal["mean", "sum"] = "mean"
    penalty_strength: float = 100.0
    learning_rate: float = 1e-4
    max_epochs: int = 500
    batch_size: int = 32
    patience: int | None = None
    loss: str = "cross-entropy"

    def __post_init__(self) -> None:
        check_parameters(vars(self), _RULES)
        # An engine takes no numbers of NumPy.
        plain: dict[str, Any] = {
            "hidden_layers": tuple(map(int, self.hidden_layers)),
            "batch_norm": bool(self.batch_norm),
            "dropout": float(self.dropout),
            "penalty_strength": float(self.penalty_strength),
            "learning_rate": float(self.learning_rate),
        }
        for name, value in plain.items():
            object.__setattr__(self, name, value)

    def penalty_per_weight(self, n_genes: int) -> float:
        """Size of the penalty's subgradient on one first-layer weight."""
        if self.penalty is None:
            return 0.0
        if self.penalty_reduction == "sum":
            return self.penalty_strength
        return self.penalty_strength / (n_genes * self.hidden_layers[0])


@dataclass
class Block:
    """One hidden block: Linear, BatchNorm, Dropout, ReLU.

    ``weight`` is (inputs x units): for the first block one gene's weights lie
    side by side. A Linear before a BatchNorm has no bias, since the
    normalisation would take it out again; without BatchNorm the four arrays of
    the normalisation are absent instead.
    """

    weight: FloatArray
    bias: FloatArray | None = None
    scale: FloatArray | None = None
    shift: FloatArray | None = None
    running_mean: FloatArray | None = None
    running_var: FloatArray | None = None

    def pre_activation(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Output before the ReLU, with the running statistics of the normalisation."""
        return self.normalise(inputs @ self.weight.astype(np.float64))

    def normalise(self, product: NDArray[np.float64]) -> NDArray[np.float64]:
        """Output before the ReLU, from the inputs' product with the weights."""
        if self.bias is not None:
            return product + self.bias
        assert self.running_mean is not None and self.shift is not None
        return (product - self.running_mean) * self.slope + self.shift

    @property
    def slope(self) -> NDArray[np.float64] | float:
        """What the normalisation multiplies the product with the weights by."""
        if self.scale is None or self.running_var is None:
            return 1.0
        variance = self.running_var.astype(np.float64)
        return np.asarray(self.scale / np.sqrt(variance + BATCH_NORM_EPSILON))


@dataclass
class NetworkWeights:
    """All arrays of a network, trained ones and running statistics alike."""

    blocks: list[Block]
    output_weight: FloatArray
    output_bias: FloatArray | None

    def decision_function(self, X: NDArray[np.floating]) -> NDArray[np.float64]:
        """Logit of each row of ``X`` (samples x genes), in evaluation mode.

        Computed in double precision, so that a sample's logit does not depend on
        the samples beside it; blocks of rows keep the memory small.
        """
        logits = np.empty(len(X))
        for start in range(0, len(X), _PREDICTION_ROWS):
            rows = X[start : start + _PREDICTION_ROWS].astype(np.float64)
            above = self.logits_above(self.blocks[0].pre_activation(rows))
            logits[start : start + _PREDICTION_ROWS] = above
        return logits

    def logits_above(self, activation: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits from the first block's output before the ReLU."""
        product = self.product_above(activation)
        return product if self.output_bias is None else product + self.output_bias

    def product_above(self, activation: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits without the output's bias."""
        hidden = np.maximum(activation, 0)
        for block in self.blocks[1:]:
            hidden = np.maximum(block.pre_activation(hidden), 0)
        return hidden @ self.output_weight

    def arrays(self) -> Iterator[tuple[str, FloatArray]]:
        """Name and array of everything that makes up the network, in a fixed order."""
        for position, block in enumerate(self.blocks):
            for field in fields(Block):
                array = getattr(block, field.name)
                if array is not None:
                    yield f"blocks.{position}.{field.name}", array
        yield "output_weight", self.output_weight
        if self.output_bias is not None:
            yield "output_bias", self.output_bias

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, FloatArray]) -> NetworkWeights:
        """Rebuild a network from what `arrays` gave."""
        depth = sum(name.endswith(".weight") for name in arrays)
        blocks: list[dict[str, Any]] = [{} for _ in range(depth)]
        for name, array in arrays.items():
            if name.startswith("blocks."):
                _, position, field_name = name.split(".")
                blocks[int(position)][field_name] = array
        return cls(
            [Block(**block) for block in blocks],
            arrays["output_weight"],
            arrays.get("output_bias"),
        )

    def copy(self) -> NetworkWeights:
        """A network of its own memory with the same values."""
        return self.from_arrays({name: array.copy() for name, array in self.arrays()})


def initialise_weights(
    n_genes: int, hyperparameters: Hyperparameters, random: np.random.Generator
) -> NetworkWeights:
    """Draw starting weights as `torch.nn.Linear` does: uniform within 1 / sqrt(inputs)."""

    def uniform(fan_in: int, *shape: int) -> FloatArray:
        bound = 1.0 / np.sqrt(fan_in)
        values = random.random(shape, dtype=np.float32)
        values *= np.float32(2 * bound)
        values -= np.float32(bound)
        return values

    blocks = []
    fan_in = n_genes
    for width in hyperparameters.hidden_layers:
        weight = uniform(fan_in, fan_in, width)
        if hyperparameters.batch_norm:
            block = Block(
                weight,
                scale=np.ones(width, np.float32),
                shift=np.zeros(width, np.float32),
                running_mean=np.zeros(width, np.float32),
                running_var=np.ones(width, np.float32),
            )
        else:
            block = Block(weight, bias=uniform(fan_in, width))
        blocks.append(block)
        fan_in = width
    has_bias = not LOSSES[hyperparameters.loss].of_times
    return NetworkWeights(
        blocks, uniform(fan_in, fan_in), uniform(fan_in, 1) if has_bias else None
    )
