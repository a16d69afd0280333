"""A trained model: what it learned, what prepares its input, and its manifest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from deepcme.network.architecture import FloatArray
from deepcme.trained.learned import Arrays, Learned, Scores
from deepcme.trained.manifest import Manifest
from deepcme.trained.sketches import Sketches


@dataclass(frozen=True)
class GeneStatistics:
    """What was learned of each gene, on the scale after any log.

    Attributes
    ----------
    median, mean, scale : ndarray of float32, shape (genes,)
        A value that is missing in a sample counts as the median; `scale` is the
        standard deviation, and 0 for a gene that was constant and so counts for
        nothing.
    """

    median: FloatArray
    mean: FloatArray
    scale: FloatArray


@dataclass(frozen=True)
class Model(ABC):
    """A trained model that can be applied to new samples; a kind of outcome has its own class.

    Attributes
    ----------
    manifest : Manifest
    learned : Learned
    statistics : GeneStatistics
    sketches : Sketches, optional
        Of the training samples; none of few genes, and in models of schema 1.
    """

    manifest: Manifest
    learned: Learned
    statistics: GeneStatistics
    sketches: Sketches | None = None

    having: ClassVar[str]
    """What those with the event are, after their number."""
    told: ClassVar[str]
    """Column of its predictions that a sample without any lacks."""
    without_rise: ClassVar[str]
    """What follows if scores do not rise with the risk, as a clause."""

    @property
    def n_genes(self) -> int:
        """Number of genes that it takes."""
        return len(self.manifest.genes.id)

    @property
    @abstractmethod
    def slope(self) -> float:
        """By which calibration multiplies scores; 0 where they do not rise with the risk."""

    @property
    def rises(self) -> bool:
        """Whether what it predicts rises with its scores; else everybody gets the same."""
        return self.slope > 0

    @abstractmethod
    def predict(self, scores: Scores) -> pd.DataFrame:
        """What is told of samples by their scores; of NaN none is known."""

    @abstractmethod
    def describe(self, predicted: pd.DataFrame) -> str:
        """What was predicted, in a sentence or two."""

    @abstractmethod
    def expect(self) -> str:
        """What to expect of new patients like those that it learned from, in a sentence."""

    @abstractmethod
    def own_arrays(self) -> Arrays:
        """What is kept beside statistics, sketches and what was learned."""
