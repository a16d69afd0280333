"""Minus the log of Cox's partial likelihood of a batch, in NumPy and for autograd.

`evaluation.survival.PartialLikelihood` holds a row of who is at risk for each event; here
running sums do, since a network asks at every step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from deepcme.network.times import is_event

if TYPE_CHECKING:
    from torch import Tensor

IntegerArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Who is at risk at each event, ties as Efron has them [1]_: all but the logits.

    Attributes
    ----------
    rows : array
        Rows of a weight above 0, latest first; at one time the censored come before those
        with the event, so that who else is at risk at an event stands before it.
    log_weight : array, rows
    events : array
        Positions of the events among `rows`.
    weight : array, events
    starts : array, ties
        The first event of each time that has any, among `events`.
    tie : array, events
        Position of its time among `starts`.
    log_left : array, events
        Logarithm of how much of the events at its time is still at risk: 1, 1 - 1/d, ...
    counts : array, events
        The mean weight of the events at its time: how often it counts.

    References
    ----------
    .. [1] Efron B (1977). The efficiency of Cox's likelihood function for censored data.
       J Am Stat Assoc 72:557-565.
    """

    rows: IntegerArray
    log_weight: NDArray[np.float64]
    events: IntegerArray
    weight: NDArray[np.float64]
    starts: IntegerArray
    tie: IntegerArray
    log_left: NDArray[np.float64]
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, y: NDArray[np.float32], weight: NDArray[np.float32]) -> Self:
        """Those of encoded times."""
        order = np.lexsort((is_event(y), -np.abs(y)))
        rows = order[weight[order] > 0]
        events = np.flatnonzero(is_event(y[rows]))
        starts = np.flatnonzero(np.diff(y[rows[events]], prepend=np.nan) != 0)
        tied = np.diff(starts, append=len(events))
        tie = np.repeat(np.arange(len(starts)), tied)
        earlier = np.arange(len(events)) - starts[tie]
        of_events = weight[rows[events]].astype(np.float64)
        counts = np.add.reduceat(of_events, starts) / tied if len(events) else of_events
        return cls(
            rows=rows,
            log_weight=np.log(weight[rows].astype(np.float64)),
            events=events,
            weight=of_events,
            starts=starts,
            tie=tie,
            log_left=np.log1p(-earlier / tied[tie]),
            counts=counts[tie],
        )

    def loss(self, logits: NDArray[np.float64]) -> float:
        """Minus the log partial likelihood; 0 without an event."""
        if not len(self.events):
            return 0.0
        share = logits[self.rows] + self.log_weight
        others = np.append(-np.inf, np.logaddexp.accumulate(share))[self.events[self.starts]]
        own = np.logaddexp.reduceat(share[self.events], self.starts)
        at_risk = np.logaddexp(others[self.tie], own[self.tie] + self.log_left)
        of_events = self.weight @ logits[self.rows[self.events]]
        return float(self.counts @ at_risk - of_events)

    def loss_of_tensors(self, logits: Tensor) -> Tensor:
        """The same of each column (rows x members), summed."""
        import torch

        if not len(self.events):
            return (logits * 0).sum()

        def on_device(array: NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(array).to(logits.device)

        logits = logits[on_device(self.rows)]
        events, tie = on_device(self.events), on_device(self.tie)
        share = logits + on_device(self.log_weight)[:, None]
        nobody = share.new_full((1, share.shape[1]), -torch.inf)
        running = torch.cat([nobody, torch.logcumsumexp(share, dim=0)])
        others = running[on_device(self.events[self.starts])]
        own = _logsumexp_by_tie(share[events], tie, len(self.starts))
        left = own[tie] + on_device(self.log_left)[:, None]
        at_risk = torch.logaddexp(others[tie], left)
        weight, counts = on_device(self.weight), on_device(self.counts)
        return (counts @ at_risk - weight @ logits[events]).sum()


def _logsumexp_by_tie(values: Tensor, tie: Tensor, n_ties: int) -> Tensor:
    """Log-sum-exp (ties x members) of the values of each tie."""
    empty = values.new_zeros((n_ties, values.shape[1]))
    index = tie[:, None].expand_as(values)
    peak = empty.scatter_reduce(0, index, values.detach(), "amax", include_self=False)
    return peak + empty.scatter_add(0, index, (values - peak[tie]).exp()).log()


def cox_loss(
    logits: NDArray[np.float64], y: NDArray[np.float32], weight: NDArray[np.float32]
) -> float:
    """Minus the log partial likelihood of some rows."""
    return RiskSets.of(y, weight).loss(logits)


def cox_loss_of_tensors(logits: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    """The same for autograd; in double precision, which Apple's chips have on the CPU only."""
    wide = (logits.cpu() if logits.device.type == "mps" else logits).double()
    sets = RiskSets.of(y.cpu().numpy(), weight.cpu().numpy())
    return sets.loss_of_tensors(wide).to(logits)
