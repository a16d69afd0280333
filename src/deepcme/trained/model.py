"""A trained model: what it learned, what prepares its input, and its manifest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from deepcme.network.architecture import FloatArray
from deepcme.trained.learned import Learned
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
class Model:
    """A trained model that can be applied to new samples.

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

    @property
    def n_genes(self) -> int:
        """Number of genes that it takes."""
        return len(self.manifest.genes.id)

    def probabilities(self, Z: FloatArray) -> NDArray[np.float64]:
        """Calibrated probability of standardised samples, (samples,)."""
        return self.calibrate(self.learned.evaluate(Z).score)

    @property
    def makes_calls(self) -> bool:
        """Whether it calls samples positive: not if the probability does not rise with it."""
        return self.manifest.calibration.slope > 0

    def call(self, probability: NDArray[np.float64]) -> pd.Series:
        """Whether each probability reaches the threshold; missing where there is no call."""
        reaches = probability >= self.manifest.threshold.probability
        called = pd.Series(reaches, dtype="boolean")
        return called.mask(np.isnan(probability) | (not self.makes_calls))

    def calibrate(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrated probability from scores, such as log-odds."""
        line = self.manifest.calibration
        return np.asarray(expit(line.intercept + line.slope * score))
