"""What every engine shares: the order of batches, dropout masks, history, best epoch.

All randomness of a training run is drawn here, by NumPy, before an engine sees
it: two engines given the same generator follow the same trajectory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.network.architecture import FloatArray, Hyperparameters, NetworkWeights
from deepcme.network.losses import LOSSES
from deepcme.network.times import is_event


@dataclass(frozen=True)
class Epoch:
    """One pass over the training rows.

    Attributes
    ----------
    rows : ndarray of int64, shape (n,)
        Row of X at each position of the pass.
    offsets : ndarray of int64, shape (n_batches + 1,)
        Batch ``b`` is the positions ``offsets[b]`` to ``offsets[b + 1]``.
    kept : list of ndarray of uint8, shape (n, width)
        Per hidden layer, 1 where a unit is kept at that position; empty
        without dropout.
    """

    rows: NDArray[np.int64]
    offsets: NDArray[np.int64]
    kept: list[NDArray[np.uint8]]

    def batches(self) -> Iterator[slice]:
        """Positions of each batch in turn."""
        for start, stop in zip(self.offsets[:-1], self.offsets[1:], strict=True):
            yield slice(int(start), int(stop))


def batch_offsets(n: int, batch_size: int) -> NDArray[np.int64]:
    """Cut ``n`` positions into batches; a last batch of one joins the one before it.

    A single sample has no variance to normalise by.
    """
    offsets = [*range(0, n, batch_size), n]
    if len(offsets) > 2 and offsets[-1] - offsets[-2] == 1:
        del offsets[-2]
    return np.asarray(offsets, dtype=np.int64)


def draw_epoch(
    train_rows: NDArray[np.int64],
    y: FloatArray,
    hyperparameters: Hyperparameters,
    random: np.random.Generator,
    n_members: int = 1,
) -> Epoch:
    """Draw the batch order and the dropout masks of one epoch.

    Networks that are trained side by side, the members of a selector, see the
    same batches and have masks of their own, side by side in one array.

    Raises
    ------
    DeepCMEError
        If the loss is one of times and no training row has the event.
    """
    rows = random.permutation(train_rows)
    if LOSSES[hyperparameters.loss].of_times:
        rows, offsets = deal_batches(rows, y, hyperparameters.batch_size)
    else:
        offsets = batch_offsets(len(rows), hyperparameters.batch_size)
    rate = hyperparameters.dropout
    widths = hyperparameters.hidden_layers if rate > 0 else ()
    kept = [draw_mask((len(rows), n_members * width), rate, random) for width in widths]
    return Epoch(rows, offsets, kept)


def deal_batches(
    rows: NDArray[np.int64], y: FloatArray, batch_size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Deal out the rows so that each batch has its share of the events; also return offsets.

    Batches are of equal size, as near `batch_size` as can be, since a small last one would
    compare few rows; up to twice that is one batch. One without an event teaches nothing and
    is left out.
    """
    n_batches = 1
    if len(rows) > 2 * batch_size:
        # A single row has no variance to normalise by.
        n_batches = min(round(len(rows) / batch_size), len(rows) // 2)
    events = is_event(y[rows])
    dealt = np.concatenate([rows[events], rows[~events]])
    hands = [dealt[first::n_batches] for first in range(n_batches)]
    batches = [batch for batch in hands if is_event(y[batch]).any()]
    if not batches:
        raise DeepCMEError(
            "No training row has the event: a network of times needs patients who had it."
        )
    return np.concatenate(batches), np.cumsum([0, *map(len, batches)], dtype=np.int64)


def draw_mask(
    shape: tuple[int, int], rate: float, random: np.random.Generator
) -> NDArray[np.uint8]:
    """1 where a unit is kept, with probability 1 - ``rate`` rounded to a 65,536th.

    Four units share the bits of one draw: masks are a good part of the time of
    an epoch over few genes.
    """
    size = shape[0] * shape[1]
    every_bit = np.iinfo(np.uint64).max
    bits = random.integers(0, every_bit, -(-size // 4), dtype=np.uint64, endpoint=True)
    draws = bits.view(np.uint16)[:size].reshape(shape)
    return (draws >= np.uint16(round(rate * 2**16))).view(np.uint8)


def rank_auc(scores: FloatArray, y: FloatArray) -> float:
    """Area under the ROC curve by the rank formula; NaN where one class is absent."""
    positive = y == 1
    n_positive = int(positive.sum())
    n_negative = len(y) - n_positive
    if n_positive == 0 or n_negative == 0:
        return float("nan")
    in_order = np.sort(scores)
    if np.isnan(in_order[-1]):
        return float("nan")
    # Equal scores share their mean rank.
    of_positives = scores[positive]
    before, up_to = (
        np.searchsorted(in_order, of_positives, "left"),
        np.searchsorted(in_order, of_positives, "right"),
    )
    rank_sum = float((before + up_to + 1).sum()) / 2
    return (rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)


@dataclass
class History:
    """Losses of each epoch, first epoch first, and how well the validation part was ranked.

    Attributes
    ----------
    train_loss, valid_loss : list of float
        Of times they are not on one scale: the first is the mean over the rows of batches,
        the second is that of `TimeValidation`.
    valid_auc : list of float
        Of labels; empty of times.
    valid_c : list of float
        Harrell's C of times; empty of labels.
    """

    train_loss: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    valid_auc: list[float] = field(default_factory=list)
    valid_c: list[float] = field(default_factory=list)

    @property
    def n_epochs(self) -> int:
        """Epochs trained so far."""
        return len(self.valid_loss)

    @property
    def best_epoch(self) -> int:
        """The epoch, counted from 1, with the lowest validation loss; the first of equals."""
        return int(np.argmin(self.valid_loss)) + 1


@dataclass(frozen=True)
class TrainedNetwork:
    """The weights of the best epoch and how training went."""

    weights: NetworkWeights
    history: History
