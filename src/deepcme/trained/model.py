"""A trained model: what it learned, what prepares its input, and its manifest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.network.architecture import FloatArray
from deepcme.trained.expected.expected import Expected
from deepcme.trained.learned.arrays import Arrays, Scores
from deepcme.trained.learned.committee import LearnedCommittee
from deepcme.trained.learned.learned import Learned
from deepcme.trained.manifest import CommitteeEstimator, Manifest
from deepcme.trained.panels.panel import Panel
from deepcme.trained.sketches import Sketches

COLUMN_TYPES = {"positive": "boolean", "group": "string", "far": "boolean"}
"""Types of columns of predictions that may lack a value."""


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
    panel : Panel, optional
        What a panel keeps beside; none of another model.
    sha256 : str, optional
        That of the manifest, which has those of the other files: known of a model that was
        read from its folder.
    expected : Expected, optional
        What to expect of it in detail; none of models of older versions.
    """

    manifest: Manifest
    learned: Learned
    statistics: GeneStatistics
    sketches: Sketches | None = None
    _: KW_ONLY
    panel: Panel | None = None
    sha256: str | None = None
    expected: Expected | None = None

    having: ClassVar[str]
    """What those with the event are, after their number."""
    told: ClassVar[str]
    """Column of its predictions that a sample without any lacks."""
    ratio: ClassVar[str]
    """Of what the exponential of a coefficient is a ratio: odds or hazard."""
    without_rise: ClassVar[str]
    """What follows if scores do not rise with the risk, as a clause."""

    @property
    def n_genes(self) -> int:
        """Number of genes that it takes."""
        return len(self.manifest.genes.id)

    @property
    @abstractmethod
    def line(self) -> tuple[float, float]:
        """Intercept and slope of the calibration of scores."""

    @property
    def slope(self) -> float:
        """By which calibration multiplies scores; 0 where they do not rise with the risk."""
        return self.line[1]

    @property
    def rises(self) -> bool:
        """Whether what it predicts rises with its scores; else everybody gets the same."""
        return self.slope > 0

    @property
    def counting_members(self) -> list[str]:
        """Names of a committee's members that count; none of another model."""
        described = self.manifest.model
        if not isinstance(self.learned, LearnedCommittee):
            return []
        assert isinstance(described, CommitteeEstimator)
        return [described.members[number].name for number in self.learned.counting]

    def columns_of_members(self, told: NDArray[np.float64] | None, n: int) -> dict[str, Any]:
        """Columns `spread`, and of a committee `members`, of n samples.

        Parameters
        ----------
        told : ndarray of shape (samples, members), optional
            What each network or member alone would let the model tell of a sample.
        """
        spread = np.full(n, np.nan) if told is None else told.std(axis=1)
        columns: dict[str, Any] = {"spread": spread}
        if names := self.counting_members:
            columns["members"] = [""] * n if told is None else _in_words(names, told)
        return columns

    @abstractmethod
    def risks(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrated probability, or risk by the horizon, by scores."""

    @abstractmethod
    def resampled_risks(self, predictors: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of each sample by each resampled refit of a panel.

        Parameters
        ----------
        predictors : ndarray of shape (samples, resamples)
            Calibrated log-odds or log hazards, as `Panel.predictors` gives them.
        """

    @abstractmethod
    def tell(self, scores: Scores) -> dict[str, Any]:
        """What is told of samples by their scores, an array for each column; of NaN nothing."""

    def predict(self, scores: Scores) -> pd.DataFrame:
        """What is told of samples by their scores, as a table."""
        told = self.tell(scores)
        types = {name: kind for name, kind in COLUMN_TYPES.items() if name in told}
        return pd.DataFrame(told).astype(types)

    @abstractmethod
    def describe(self, predicted: pd.DataFrame) -> str:
        """What was predicted, in a sentence or two."""

    @abstractmethod
    def expect(self) -> str:
        """What to expect of new patients like those that it learned from, in a sentence."""

    @abstractmethod
    def own_arrays(self) -> Arrays:
        """What is kept beside statistics, sketches and what was learned."""


def _in_words(names: list[str], told: NDArray[np.float64]) -> list[str]:
    """What each member would tell of a sample; nothing of one without a prediction."""
    return [
        ""
        if np.isnan(of_sample).any()
        else "; ".join(
            f"{name} {value:.3f}" for name, value in zip(names, of_sample, strict=True)
        )
        for of_sample in told
    ]
