"""The losses that a network can be trained by, one row each.

A loss is a sum over the rows of a batch, each of which may depend on all of
them. Engines follow the gradient of that sum divided by the number of rows. The
native engine has a row of the same name in ``engines/native/losses.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deepcme.network.cox_loss import cox_loss, cox_loss_of_tensors

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Loss:
    """A loss, in the words of NumPy and of PyTorch.

    Attributes
    ----------
    total : callable
        The sum, from a logit, an outcome and a weight per row.
    of_tensors : callable
        The same of tensors, for autograd; logits are (rows x members), and the
        members' sums are added up.
    of_times : bool
        Outcomes are times (`encode_times`), and the rows of a batch are compared with each
        other: a constant has no say, so that the output has no bias.
    """

    total: Callable[[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32]], float]
    of_tensors: Callable[[Tensor, Tensor, Tensor], Tensor]
    of_times: bool = False


def mean_loss(
    name: str,
    logits: NDArray[np.float32],
    y: NDArray[np.float32],
    weight: NDArray[np.float32],
) -> float:
    """Weighted mean over rows; not finite where logits are not, for the caller to tell."""
    with np.errstate(invalid="ignore"):
        total = LOSSES[name].total(logits.astype(np.float64), y, weight)
        return float(total / weight.sum(dtype=np.float64))


def _cross_entropy(
    logits: NDArray[np.float64], y: NDArray[np.float32], weight: NDArray[np.float32]
) -> float:
    return float((weight * (np.logaddexp(0.0, logits) - y * logits)).sum())


def _cross_entropy_of_tensors(logits: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    from torch.nn import functional

    return functional.binary_cross_entropy_with_logits(
        logits, y[:, None].expand_as(logits), weight=weight[:, None], reduction="sum"
    )


LOSSES = {
    "cross-entropy": Loss(_cross_entropy, _cross_entropy_of_tensors),
    "cox": Loss(cox_loss, cox_loss_of_tensors, of_times=True),
}
