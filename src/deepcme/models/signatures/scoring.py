"""Scores of a signature within a cohort: scaled on the training part, nothing else learned."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.indices.grades import GRADE
from deepcme.cohort.indices.reading import find_component
from deepcme.models.signatures.er_status import ErRule, fit_er_rule
from deepcme.models.signatures.formulas import compute_scores
from deepcme.models.signatures.matching import MatchedSignature
from deepcme.models.signatures.measured import (
    FloatArray,
    Measured,
    measured,
    read_expression,
)
from deepcme.models.signatures.scaling import Scaler, fit_scaler

__all__ = ["FittedSignature", "fit_within_cohort"]

WITHIN_COHORT = "within cohort"
SINGLE_SAMPLE = "single sample"

FEWEST_OF_A_KIND = 5
"""Training samples of an ER status, or a grade, from which on they have a mean of their own."""


@dataclass(frozen=True)
class GradeLine:
    """Moves scores so that training samples of grade 1 have mean -1, of grade 3 mean +1."""

    middle: float
    half: float
    words: str

    def stretch(self, scores: FloatArray) -> FloatArray:
        """The scores on that scale."""
        return (scores - self.middle) / self.half

    def describe(self) -> str:
        """Of which samples it was learned."""
        return f"Scores of -1 and +1 are the means of {self.words}."


@dataclass(frozen=True, eq=False)
class FittedSignature:
    """A signature scaled on some rows of a cohort.

    Attributes
    ----------
    matched : MatchedSignature
    cohort : Measured
    n_rows : int
        Of the training part.
    scalers : pair of Scaler
        Of ER-negative and of ER-positive samples; mostly one and the same.
    er_rule : ErRule or None
        Of the signature that asks for the ER status.
    by_grade : GradeLine or None
        Of the signature that is told by grade, where grades are known.

    Examples
    --------
    >>> import numpy as np
    >>> import deepcme
    >>> from deepcme.models.signatures.scoring import fit_within_cohort
    >>> cohort = deepcme.datasets.transbig()
    >>> matched = deepcme.match_signature(deepcme.load_signature("gene76"), cohort)
    >>> fitted = fit_within_cohort(matched, cohort, np.arange(150))
    >>> bool(np.isfinite(fitted.score()).all())
    True
    """

    matched: MatchedSignature
    cohort: Measured
    n_rows: int
    scalers: tuple[Scaler, Scaler]
    er_rule: ErRule | None = None
    by_grade: GradeLine | None = None

    def score(self, rows: NDArray[np.int64] | None = None) -> FloatArray:
        """Scores of rows of the cohort, of all by default; higher is worse."""
        at = np.arange(self.cohort.n_samples) if rows is None else np.asarray(rows)
        values = read_expression(self.cohort, self.matched.columns, at)
        if self.er_rule is None:
            scores = compute_scores(self.matched.signature, self.scalers[1].scale(values))
            return scores if self.by_grade is None else self.by_grade.stretch(scores)
        positive = self.er_rule.status(self.cohort)[at]
        of_negative, of_positive = (scaler.scale(values) for scaler in self.scalers)
        scaled = np.where(positive[:, np.newaxis], of_positive, of_negative)
        # The centres stand for the constants, which are of another scale.
        centred = replace(
            self.matched.signature,
            constants=tuple((group, 0.0) for group, _ in self.matched.signature.constants),
        )
        return compute_scores(centred, scaled, positive)

    def describe(self) -> str:
        """How it was scaled, in sentences."""
        sentences = [
            self.matched.signature.scaling,
            f"Fitted on {counted(self.n_rows, 'training sample')}.",
        ]
        if self.er_rule is not None:
            sentences.append(self.er_rule.describe())
        if self.by_grade is not None:
            sentences.append(self.by_grade.describe())
        return " ".join(sentence for sentence in sentences if sentence)


def fit_within_cohort(
    matched: MatchedSignature, cohort: Cohort | Measured, rows: NDArray[np.int64]
) -> FittedSignature:
    """Fit the scaling of a signature's genes on the training part.

    Parameters
    ----------
    matched : MatchedSignature
    cohort : Cohort or Measured
        Linear scales are taken to log2(x + 1).
    rows : ndarray of int
        The training part; no other row is looked at.

    Returns
    -------
    FittedSignature

    Raises
    ------
    AbsentError
        If too little of the signature was measured.

    Examples
    --------
    >>> import numpy as np
    >>> import deepcme
    >>> from deepcme.models.signatures.scoring import fit_within_cohort
    >>> cohort = deepcme.datasets.transbig()
    >>> matched = deepcme.match_signature(deepcme.load_signature("gene76"), cohort)
    >>> training = np.arange(150)  # rows on which the genes are scaled
    >>> fit_within_cohort(matched, cohort, training).score().shape
    (198,)
    """
    require_enough(matched)
    cohort, rows = measured(cohort), np.asarray(rows, dtype=np.int64)
    values = read_expression(cohort, matched.columns, rows)
    how = matched.signature.within_cohort
    scaler = fit_scaler(values, how)
    fitted = FittedSignature(matched, cohort, len(rows), (scaler, scaler))
    if how == "centre by grade":
        return replace(fitted, by_grade=_fit_grade_line(fitted.score(rows), cohort, rows))
    if how != "centre by ER status":
        return fitted
    er_rule = fit_er_rule(cohort, rows)
    positive = er_rule.status(cohort)[rows]
    negative, of_positive = (
        fit_scaler(values[of_status], how) if of_status.sum() >= FEWEST_OF_A_KIND else scaler
        for of_status in (~positive, positive)
    )
    return replace(fitted, scalers=(negative, of_positive), er_rule=er_rule)


def _fit_grade_line(
    scores: FloatArray, cohort: Measured, rows: NDArray[np.int64]
) -> GradeLine | None:
    """None where few samples of either grade are known, or grade 3 is not the higher."""
    try:
        grades = find_component(GRADE, cohort.clinical.iloc[rows])
    except AbsentError:
        return None
    low, high = (scores[(grades.values == grade) & ~np.isnan(scores)] for grade in (1, 3))
    if min(len(low), len(high)) < FEWEST_OF_A_KIND or high.mean() <= low.mean():
        return None
    words = f"{len(low)} training samples of grade 1 and {len(high)} of grade 3"
    return GradeLine((low.mean() + high.mean()) / 2, (high.mean() - low.mean()) / 2, words)


def require_enough(matched: MatchedSignature) -> None:
    """Refuse a signature of which too little was measured.

    Raises
    ------
    AbsentError
        With its coverage.
    """
    if matched.standing == "refused":
        raise AbsentError(matched.describe())
