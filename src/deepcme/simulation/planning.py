"""What plans of either outcome share: rows of events, ranked genes, words for sizes."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.sample_size import SampleSize

EVENTS = (20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000)
TEST_FRACTION = 0.2
MOST_EVENTS = 1_000_000
LIKELY = 200
"""Equally likely values of a true gene's statistic that stand for all."""


class RankedGenes:
    """Genes that are ranked, some of them true, by the size of a statistic."""

    effect: float
    genes: int
    signal_genes: int
    top: int

    def require_possible(self) -> None:
        """Refuse numbers that are impossible, in one sentence."""
        if not (math.isfinite(self.effect) and self.effect >= 0):
            raise DeepCMEError(f"The effect must be 0 or more, not {self.effect}.")
        if not 1 <= self.signal_genes <= self.genes:
            raise DeepCMEError(
                f"{self.signal_genes} true genes among {self.genes} are not possible."
            )
        if not 1 <= self.top <= self.genes:
            raise DeepCMEError(
                f"The first {self.top} of {self.genes} genes are not possible: "
                f"choose 1 to {self.genes}."
            )

    @property
    def top_tells(self) -> bool:
        """Whether to be among the first says anything: not where all genes are."""
        return self.top < self.genes

    def compute_chance_in_top(self, p_values: NDArray[np.float64]) -> float:
        """Chance that a true gene is among the first.

        Parameters
        ----------
        p_values : array of length `LIKELY`
            Two-sided, of equally likely values of a true gene, the largest first: the chance
            that a gene which is not true exceeds each.
        """
        exceeds_if_true = 1 - midpoints(len(p_values))
        true_ahead = np.arange(min(self.top, self.signal_genes))[:, np.newaxis]
        chance = stats.binom.pmf(true_ahead, self.signal_genes - 1, exceeds_if_true)
        enough_room = stats.binom.cdf(
            self.top - 1 - true_ahead, self.genes - self.signal_genes, p_values
        )
        return float(np.sum(chance * enough_room, axis=0).mean())


def midpoints(n: int) -> NDArray[np.float64]:
    """Probabilities in the middle of n equal parts."""
    return (np.arange(n) + 0.5) / n


def require_events(events: Sequence[int]) -> None:
    """Refuse rows of a table with fewer than two events."""
    if min(events) < 2:
        raise DeepCMEError(f"The number of events must be 2 or more, not {min(events)}.")


def require_half_width(half_width: float) -> None:
    """Refuse a half-width that an interval from 0 to 1 cannot have."""
    if not 0 < half_width < 0.5:
        raise DeepCMEError(
            f"The half-width must be more than 0 and less than 0.5, not {half_width}."
        )


def find_fewest_events(is_enough: Callable[[int], bool]) -> int | None:
    """The fewest that are enough, if more are; None above a million."""
    possible = range(2, MOST_EVENTS + 1)
    place = bisect.bisect_left(possible, True, key=is_enough)
    return possible[place] if place < len(possible) else None


def say_events(events: int | None, patients: int | None) -> str:
    """So many events among so many patients, in words; None as `find_fewest_events`."""
    if events is None:
        return "more than a million events"
    return f"about {events:,} events among {patients:,} patients"


def say_size(size: SampleSize) -> str:
    """Patients and events of a sample size, in words."""
    criteria = ", ".join(f"{name} {patients:,}" for name, patients in size.criteria.items())
    return f"{size.patients:,} patients with {size.events:,} events ({criteria})"
