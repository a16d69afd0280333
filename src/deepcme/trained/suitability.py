"""Which new samples a model can predict, and why not the others; each is judged alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.base.words import counted, few
from deepcme.cohort.genes.genes import MIN_COVERAGE
from deepcme.network.architecture import FloatArray
from deepcme.trained.model import GeneStatistics, Model
from deepcme.trained.new_samples import Expression, GeneMatch, Normalisation, known_values
from deepcme.trained.scales.scale_fit import (
    TrainingValues,
    find_other_centres,
    find_other_scales,
    first_reasons,
)

NO_VALUE = "no value of the model's genes"
ONE_VALUE = "one and the same value of all of the model's genes"
FEW_VALUES = (
    f"values of under {MIN_COVERAGE:.0%} of the model's genes: --allow-missing predicts it all "
    "the same, and marks it"
)
MARKED = f"predicted from values of under {MIN_COVERAGE:.0%} of the model's genes"
_NAMED = 6


@dataclass(frozen=True)
class Suitability:
    """What stands against the prediction of each sample.

    Attributes
    ----------
    samples : list of str
    coverage : ndarray of float64, shape (samples,)
        Share of the model's genes of which a sample has a value, 0 to 1; genes that were
        constant in training count for nothing and are not counted.
    reasons : list of str
        Why a sample gets no prediction, as a clause; empty where it does.
    """

    samples: Sequence[str]
    coverage: NDArray[np.float64]
    reasons: list[str]

    @property
    def rows(self) -> NDArray[np.int64]:
        """Places of the samples that can be predicted."""
        return np.flatnonzero([not reason for reason in self.reasons])

    @property
    def marks(self) -> list[str]:
        """A remark for each sample: why it has no prediction, or what that rests on."""
        is_low = self.coverage < MIN_COVERAGE
        return [
            reason or (MARKED if low else "")
            for reason, low in zip(self.reasons, is_low, strict=True)
        ]

    def warnings(self) -> list[str]:
        """The samples of every remark, by name."""
        named: dict[str, list[str]] = {}
        for sample, mark in zip(self.samples, self.marks, strict=True):
            named.setdefault(mark, []).append(sample)
        named.pop("", None)
        return [
            f"{WARNING}{counted(len(samples), 'sample')} ({few(samples, _NAMED)}) "
            + (f"{mark}." if mark == MARKED else f"without a prediction: {mark}.")
            for mark, samples in named.items()
        ]

    def require_any(self) -> None:
        """Refuse samples none of which can be predicted.

        Raises
        ------
        DeepCMEError
            With the reasons.
        """
        if not len(self.rows):
            reasons = " ".join(note.removeprefix(WARNING) for note in self.warnings())
            raise DeepCMEError(f"No sample can be predicted. {reasons}")


def judge_samples(
    expression: Expression,
    match: GeneMatch,
    model: Model,
    normalise: Normalisation = "none",
    allow_missing: bool = False,
) -> Suitability:
    """Look at each sample's values: how many genes have one, and on which scale they are.

    Parameters
    ----------
    expression : Expression
    match : GeneMatch
        Where the model's genes stand in it.
    model : Model
    normalise : {"none", "cohort", "rank"}
        The scale matters to ``none``, ratios beside levels to ``rank`` as well.
    allow_missing : bool
        Whether values of under 95% of the genes will do.
    """
    statistics, trained = model.statistics, model.manifest.preprocessing
    used = match.present & (statistics.scale > 0)
    values = known_values(expression, match, model, normalise)
    if not used[match.present].all():
        values = values[:, used[match.present]]
    coverage = (~np.isnan(values)).sum(axis=1) / max(int((statistics.scale > 0).sum()), 1)
    too_few = coverage < MIN_COVERAGE if not allow_missing else coverage == 0
    reasons = first_reasons(
        {NO_VALUE: coverage == 0, FEW_VALUES: too_few, ONE_VALUE: _is_constant(values)}
    )
    rest = np.flatnonzero([not reason for reason in reasons])
    if normalise != "cohort" and len(rest):
        training = TrainingValues(
            GeneStatistics(
                *(part[used] for part in (statistics.median, statistics.mean, statistics.scale))
            ),
            trained.scale,
            trained.relative,
            model.manifest.far_distance,
            trained.clip,
        )
        find = find_other_scales if normalise == "none" else find_other_centres
        values = values if len(rest) == len(values) else values[rest]
        for row, reason in zip(rest, find(values, training, expression.scale), strict=True):
            reasons[row] = reason
    return Suitability(expression.samples, coverage, reasons)


def _is_constant(values: FloatArray) -> NDArray[np.bool_]:
    """Samples of several values that are all the same, as where nothing was measured."""
    n_known = (~np.isnan(values)).sum(axis=1)
    lowest = np.fmin.reduce(values, axis=1, initial=np.inf)
    highest = np.fmax.reduce(values, axis=1, initial=-np.inf)
    return np.asarray((n_known > 1) & (lowest == highest))
