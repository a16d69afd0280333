"""Which tumours are ER-positive: from a clinical column, from ESR1, or taken for granted."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.models.signatures.matching import match_signature
from deepcme.models.signatures.measured import FloatArray, Measured, read_expression
from deepcme.models.signatures.signature import Signature, SignatureGene

FEWEST_KNOWN = 10
"""Samples of either status from which on they say where ESR1 divides the others."""

_ESR1 = Signature(
    "esr1",
    "ESR1",
    (SignatureGene("ESR1", entrez="2099", aliases=("ESR",), probes=("205225_at",)),),
)
_NAMES = re.compile(
    r"er|er ?status|er pos(itive)?|er ihc|ihc er|er status (by )?ihc|status er|"
    r"(breast carcinoma )?o?estrogen receptor( status)?( ihc)?"
)
# METABRIC has some as Positve.
_POSITIVE = re.compile(r"(er ?)?(positi?ve|pos|p|\+|yes|y|true|1(\.0+)?)", re.IGNORECASE)
_NEGATIVE = re.compile(r"(er ?)?(negative|neg|n|-|no|false|0(\.0+)?)", re.IGNORECASE)
_OTHER_NUMBER = re.compile(r"(?!(0+|1|9+)(\.0+)?$)\d+(\.\d+)?")
"""Of a share of cells, a score, or a code: a 1 beside it need not mean positive. Nines stand
for what is not known."""


def read_er_status(clinical: pd.DataFrame) -> tuple[FloatArray, str] | None:
    """1 for an ER-positive sample, 0 for a negative one, NaN where that is not known.

    Parameters
    ----------
    clinical : DataFrame
        One row per sample.

    Returns
    -------
    status : ndarray of float64
    column : str
        That it was read of, the first that says it of any sample and in which no number is
        a share or a score; None if no column does.
    """
    for column in clinical.columns:
        spelled = " ".join(re.findall(r"[^\W_]+", str(column).lower()))
        if not _NAMES.fullmatch(spelled):
            continue
        words = [str(value).strip() for value in clinical[column]]
        if any(_OTHER_NUMBER.fullmatch(word) for word in words):
            continue
        status = np.full(len(words), np.nan)
        status[[_POSITIVE.fullmatch(word) is not None for word in words]] = 1.0
        status[[_NEGATIVE.fullmatch(word) is not None for word in words]] = 0.0
        if not np.isnan(status).all():
            return status, str(column)
    return None


@dataclass(frozen=True)
class ErRule:
    """How the ER status of each sample is known.

    Attributes
    ----------
    column : str
        The clinical column, if there is one.
    threshold : float or None
        log2 expression of ESR1 from which on a sample counts as positive.
    how : str
        How the threshold was found.
    """

    column: str = ""
    threshold: float | None = None
    how: str = ""

    def status(self, cohort: Measured) -> NDArray[np.bool_]:
        """Whether each sample of a cohort is ER-positive."""
        status = np.full(cohort.n_samples, np.nan)
        if (read := read_er_status(cohort.clinical)) is not None:
            status = read[0]
        if self.threshold is not None:
            esr1 = _read_esr1(cohort)
            by_gene = np.where(np.isnan(esr1), np.nan, esr1 >= self.threshold)
            status = np.where(np.isnan(status), by_gene, status)
        positive: NDArray[np.bool_] = np.isnan(status) | (status == 1)
        return positive

    def describe(self) -> str:
        """The rule in a sentence."""
        ways = [f"the column {self.column}"] if self.column else []
        if self.threshold is not None:
            ways.append(f"ESR1 from {self.threshold:.2f} ({self.how})")
        ways.append("taken to be positive")
        return f"ER status: {', else '.join(ways)}."


def fit_er_rule(cohort: Measured, rows: NDArray[np.int64]) -> ErRule:
    """Learn on the training part how the ER status is known.

    The clinical column goes first. Where it says nothing, ESR1 does: with ten samples of
    either status in the training part, from the value that tells them apart best (Youden
    1950); else from where two groups of the training part are divided with the least
    spread within them (Otsu 1979). What neither knows is taken to be positive, as most
    breast cancers are.
    """
    read = read_er_status(cohort.clinical)
    column = "" if read is None else read[1]
    esr1 = _read_esr1(cohort)[rows]
    known = ~np.isnan(esr1)
    if len(np.unique(esr1[known])) < 2:
        return ErRule(column)
    status = np.full(len(rows), np.nan) if read is None else read[0][rows]
    if min((status[known] == 1).sum(), (status[known] == 0).sum()) >= FEWEST_KNOWN:
        both = known & ~np.isnan(status)
        threshold = _youden(esr1[both], status[both] == 1)
        return ErRule(column, threshold, "where it tells the known apart best")
    return ErRule(column, _otsu(esr1[known]), "where it divides the training part in two")


def _read_esr1(cohort: Measured) -> FloatArray:
    columns = match_signature(_ESR1, cohort).columns
    return read_expression(cohort, columns, None)[:, 0]


def _cuts(values: FloatArray) -> FloatArray:
    """Half-way between neighbouring values."""
    different = np.unique(values)
    cuts: FloatArray = (different[1:] + different[:-1]) / 2
    return cuts


def _youden(values: FloatArray, positive: NDArray[np.bool_]) -> float:
    cuts = _cuts(values)
    above = values[:, np.newaxis] >= cuts
    informed = above[positive].mean(axis=0) - above[~positive].mean(axis=0)
    return float(cuts[np.argmax(informed)])


def _otsu(values: FloatArray) -> float:
    cuts = _cuts(values)
    above = values[:, np.newaxis] >= cuts
    share = above.mean(axis=0)
    high = (values @ above) / above.sum(axis=0)
    low = (values @ ~above) / (~above).sum(axis=0)
    return float(cuts[np.argmax(share * (1 - share) * (high - low) ** 2)])
