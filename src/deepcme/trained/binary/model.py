"""A model that tells yes or no: calibrated probabilities, and calls at its threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from deepcme.base.words import counted
from deepcme.network.architecture import FloatArray
from deepcme.trained.binary.manifest import BinaryManifest
from deepcme.trained.learned.arrays import Arrays, Scores
from deepcme.trained.model import Model


@dataclass(frozen=True)
class BinaryModel(Model):
    """A trained model of yes or no.

    Attributes
    ----------
    manifest : BinaryManifest
    """

    having: ClassVar[str] = "positive"
    told: ClassVar[str] = "probability"
    ratio: ClassVar[str] = "odds"
    without_rise: ClassVar[str] = "no sample is called positive or negative"

    manifest: BinaryManifest

    @property
    def line(self) -> tuple[float, float]:
        """Platt's."""
        return self.manifest.calibration.intercept, self.manifest.calibration.slope

    def probabilities(self, Z: FloatArray) -> NDArray[np.float64]:
        """Calibrated probability of standardised samples, (samples,)."""
        return self.risks(self.learned.evaluate(Z).score)

    def call(self, probability: NDArray[np.float64]) -> NDArray[np.object_]:
        """Whether each probability reaches the threshold; None where there is no call."""
        called = np.full(len(probability), None, dtype=object)
        known = ~np.isnan(probability) & self.rises
        called[known] = probability[known] >= self.manifest.threshold.probability
        return called

    def risks(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrated probability from scores, such as log-odds."""
        intercept, slope = self.line
        return np.asarray(expit(intercept + slope * score))

    def resampled_risks(self, predictors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of log-odds."""
        return np.asarray(expit(predictors))

    def tell(self, scores: Scores) -> dict[str, Any]:
        """Columns probability, spread, threshold and positive, as `Predictions` has them."""
        probability, by_member = self.risks(scores.score), scores.by_member
        told = None if by_member is None else self.risks(by_member)
        n_samples = len(probability)
        return {
            "probability": probability,
            **self.columns_of_members(told, n_samples),
            "threshold": np.full(n_samples, self.manifest.threshold.probability),
            "positive": self.call(probability),
        }

    def describe(self, predicted: pd.DataFrame) -> str:
        """How many were called positive, at which threshold, and the range."""
        lowest, highest = predicted["probability"].min(), predicted["probability"].max()
        span = f"Probabilities run from {lowest:.3f} to {highest:.3f}."
        if predicted["positive"].isna().all():
            return f"No sample was called positive or negative. {span}"
        return (
            f"{int(predicted['positive'].sum()):,} of {counted(len(predicted), 'sample')} "
            f"positive, at the threshold of {predicted['threshold'].iloc[0]:.3f}. {span}"
        )

    def expect(self) -> str:
        """AUC to expect of new patients."""
        auc = self.manifest.performance.auc
        return f"AUC to expect of new patients like these: {auc.in_words()}."

    def own_arrays(self) -> Arrays:
        """None."""
        return {}
