"""How a network is judged after each epoch: by labels on its validation part, by times on both.

The epoch of the lowest validation loss is kept, so that what the loss is decides how long
a network trains.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.network.cox_loss import RiskSets
from deepcme.network.losses import LOSSES, mean_loss
from deepcme.network.times import is_event, rank_concordance
from deepcme.network.training import History, rank_auc

FloatArray = NDArray[np.float32]
RowIndex = NDArray[np.int64]


class Validation(ABC):
    """A judge of epochs, who asks for the logits of `rows`."""

    rows: RowIndex

    @abstractmethod
    def judge(self, logits: FloatArray, history: History) -> None:
        """Append the validation loss, and how well the validation rows were ranked."""


class LabelValidation(Validation):
    """The mean loss over the validation rows."""

    def __init__(
        self,
        loss: str,
        y: FloatArray,
        weight: FloatArray,
        offset: FloatArray | None,
        valid_rows: RowIndex,
    ) -> None:
        self.rows = valid_rows
        self._loss = loss
        self._y, self._weight = y[valid_rows], weight[valid_rows]
        self._offset = None if offset is None else offset[valid_rows]

    def judge(self, logits: FloatArray, history: History) -> None:
        """Append their mean loss and AUC."""
        if self._offset is not None:
            logits = logits + self._offset
        history.valid_loss.append(mean_loss(self._loss, logits, self._y, self._weight))
        history.valid_auc.append(rank_auc(logits, self._y))


class TimeValidation(Validation):
    """What the validation rows add to the partial likelihood of the training rows [1]_.

    Minus [l(training and validation rows) - l(training rows)] for each validation event, l
    being the log partial likelihood. Within a small validation part alone, risk sets would
    be small and most comparisons lost.

    References
    ----------
    .. [1] Verweij PJM, van Houwelingen HC (1993). Cross-validation in survival analysis.
       Stat Med 12:2305-2314.
    """

    def __init__(
        self,
        y: FloatArray,
        weight: FloatArray,
        offset: FloatArray | None,
        train_rows: RowIndex,
        valid_rows: RowIndex,
    ) -> None:
        for part, rows in (("training", train_rows), ("validation", valid_rows)):
            if not weight[rows][is_event(y[rows])].any():
                raise DeepCMEError(
                    f"No patient of the {part} part had the event, or none of any weight: a "
                    "network of times needs some in both parts."
                )
        self.rows = np.concatenate([valid_rows, train_rows])
        self._offset = 0.0 if offset is None else offset[self.rows]
        self._n_valid = len(valid_rows)
        self._y_valid = y[valid_rows]
        self._both = RiskSets.of(y[self.rows], weight[self.rows])
        self._train = RiskSets.of(y[train_rows], weight[train_rows])
        of_events = weight[valid_rows][is_event(self._y_valid)]
        self._n_events = float(of_events.sum(dtype=np.float64))

    def judge(self, logits: FloatArray, history: History) -> None:
        """Append what the validation rows add, and their C."""
        log_hazards = logits.astype(np.float64) + self._offset
        valid, train = log_hazards[: self._n_valid], log_hazards[self._n_valid :]
        with np.errstate(invalid="ignore"):
            added = self._both.loss(log_hazards) - self._train.loss(train)
        history.valid_loss.append(added / self._n_events)
        history.valid_c.append(rank_concordance(valid, self._y_valid))


def make_validation(
    loss: str,
    y: FloatArray,
    weight: FloatArray,
    offset: FloatArray | None,
    train_rows: RowIndex,
    valid_rows: RowIndex,
) -> Validation:
    """The judge that a loss asks for.

    Raises
    ------
    DeepCMEError
        If the loss is one of times and either part has no event.
    """
    if LOSSES[loss].of_times:
        return TimeValidation(y, weight, offset, train_rows, valid_rows)
    return LabelValidation(loss, y, weight, offset, valid_rows)
