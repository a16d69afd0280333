"""The part of a network above the first layer's product, in PyTorch.

Several networks, the members of a selector, are held side by side: their units
are the columns of one array, and every Linear above the first layer is a stack
of one matrix per member.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from deepcme.network.architecture import (
    BATCH_NORM_EPSILON,
    BATCH_NORM_MOMENTUM,
    FloatArray,
    Hyperparameters,
    NetworkWeights,
)

FIRST_WEIGHT = "blocks.0.weight"
RUNNING_STATISTICS = ("running_mean", "running_var")


class TorchNetwork:
    """Tensors by the names of `NetworkWeights`, and the way from product to logits."""

    def __init__(
        self,
        members: Sequence[NetworkWeights],
        hyperparameters: Hyperparameters,
        device: torch.device,
    ) -> None:
        self._settings = hyperparameters
        self._n_members = len(members)
        self.tensors = {
            name: torch.tensor(array, device=device)
            for name, array in join_members([dict(weights.arrays()) for weights in members])
        }
        for name in self.learned():
            self.tensors[name].requires_grad_(name != FIRST_WEIGHT)

    def learned(self) -> list[str]:
        """Names of the arrays that are trained."""
        return [name for name in self.tensors if not name.endswith(RUNNING_STATISTICS)]

    def logits(
        self, product: torch.Tensor, kept: Sequence[torch.Tensor], *, training: bool
    ) -> torch.Tensor:
        """Logits (rows x members) from the product of X and the first layer's weights."""
        hidden = product
        for position in range(len(self._settings.hidden_layers)):
            if position > 0:
                hidden = self._linear(hidden, self.tensors[f"blocks.{position}.weight"])
            hidden = self._normalised(hidden, f"blocks.{position}", training=training)
            if kept:
                hidden = hidden * kept[position] / (1 - self._settings.dropout)
            hidden = functional.relu(hidden)
        weight = self.tensors["output_weight"].unsqueeze(-1)
        logits = self._linear(hidden, weight)
        bias = self.tensors.get("output_bias")
        return logits if bias is None else logits + bias

    def _linear(self, hidden: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        by_member = hidden.reshape(len(hidden), self._n_members, -1).transpose(0, 1)
        return torch.flatten((by_member @ weight).transpose(0, 1), 1)

    def _normalised(self, hidden: torch.Tensor, block: str, *, training: bool) -> torch.Tensor:
        tensors = self.tensors
        if not self._settings.batch_norm:
            return hidden + tensors[f"{block}.bias"]
        return functional.batch_norm(
            hidden,
            tensors[f"{block}.running_mean"],
            tensors[f"{block}.running_var"],
            tensors[f"{block}.scale"],
            tensors[f"{block}.shift"],
            training=training,
            momentum=BATCH_NORM_MOMENTUM,
            eps=BATCH_NORM_EPSILON,
        )

    def copy_into(self, members: Sequence[NetworkWeights]) -> None:
        """Copy the tensors into networks that exist."""
        by_member = [dict(weights.arrays()) for weights in members]
        for name, tensor in self.tensors.items():
            values = tensor.detach().cpu().numpy()
            for arrays, part in zip(
                by_member, split_members(name, values, len(members)), strict=True
            ):
                np.copyto(arrays[name], part)


def is_stacked(name: str) -> bool:
    """Whether members' arrays of a name are stacked, not joined column by column."""
    upper = name.endswith(".weight") and name != FIRST_WEIGHT
    return upper or name == "output_weight"


def join_members(
    members: Sequence[dict[str, FloatArray]],
) -> list[tuple[str, FloatArray]]:
    """Put the arrays of members side by side."""
    joined = []
    for name in members[0]:
        arrays = [member[name] for member in members]
        if is_stacked(name):
            joined.append((name, np.stack(arrays)))
        else:
            joined.append((name, np.concatenate(arrays, axis=-1)))
    return joined


def split_members(name: str, array: FloatArray, n_members: int) -> list[FloatArray]:
    """One array per member, as views: the reverse of `join_members`."""
    if is_stacked(name):
        return list(array)
    return np.split(array, n_members, axis=-1)
