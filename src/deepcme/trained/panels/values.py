"""Values of a panel's genes as they came, and what its refit takes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deepcme.base.words import few
from deepcme.cohort.scales.scales import LINEAR_SCALES, Scale
from deepcme.trained.model import Model
from deepcme.trained.panels.other_scale import find_other_scale

FloatArray = NDArray[np.float64]

NO_VALUE = "no value of any gene of the panel"
NO_REFERENCE = "reference genes without a value ({genes})"
OUT_OF_RANGE = (
    "more than half of the genes with a value are out of their training range: another scale "
    "or platform"
)
A_RANGE = "a range of risks in place of a risk: genes without a value ({genes})"
_ROUNDING = 1e-6
"""Deviations by which a training value may miss its own range, which was computed otherwise."""
_NAMED = 6


@dataclass(frozen=True, eq=False)
class PanelValues:
    """Samples x genes of a panel, in double precision.

    Attributes
    ----------
    values : ndarray of float64, shape (samples, genes)
        On the scale that is standardised: logged where the model's are, and the mean of the
        reference genes taken off. NaN where missing, or where a reference gene is.
    Z : ndarray of float64, of the same shape
        What the refit takes: these in deviations; NaN where they are.
    known : ndarray of bool, shape (samples, genes)
        Which genes have a value.
    missing_references : ndarray of bool, shape (samples, reference genes)
    other_scale : list of str
        Why each sample cannot be on the scale that it was read on; empty where it can be.
    """

    model: Model
    values: FloatArray
    Z: FloatArray
    known: NDArray[np.bool_]
    missing_references: NDArray[np.bool_]
    other_scale: list[str]

    @classmethod
    def of(cls, model: Model, X: NDArray[np.floating], scale: Scale | None = None) -> Self:
        """From values as they came: the panel's genes, then its reference genes.

        Parameters
        ----------
        model : Model
        X : ndarray, shape (samples, genes and reference genes)
            In single precision, as files hold them; NaN where missing.
        scale : Scale, optional
            What the values are; by default what the model's were.
        """
        everything = np.asarray(X, dtype=np.float32).astype(np.float64)
        values, references = everything[:, : model.n_genes], everything[:, model.n_genes :]
        known, missing = ~np.isnan(values), np.isnan(references)
        linear = less_references(take_logs(values), take_logs(references))
        logs = less_references(values, references)
        Z_linear, Z_logs = standardise_panel(model, linear), standardise_panel(model, logs)
        read_on = scale or model.manifest.preprocessing.scale
        other = find_other_scale(values, read_on, Z_linear, Z_logs, model)
        if read_on in LINEAR_SCALES:
            return cls(model, linear, Z_linear, known, missing, other)
        return cls(model, logs, Z_logs, known, missing, other)

    def standardised(self) -> FloatArray:
        """What the refit takes; 0 of a gene without a value."""
        return np.where(np.isnan(self.Z), 0.0, self.Z)

    def outside(self) -> NDArray[np.int8]:
        """-1 where a value is below the training range of its gene, 1 above, 0 within."""
        assert self.model.panel is not None
        ranges = self.model.panel.ranges
        beyond = _ROUNDING * self.model.statistics.scale.astype(np.float64)
        above = self.values > ranges[:, -1] + beyond
        below = self.values < ranges[:, 0] - beyond
        return above.astype(np.int8) - below

    def outside_in_words(self, outside: NDArray[np.int8]) -> list[str]:
        """The genes out of their training range, as `ESR1 above; ERBB2 below`."""
        said = [""] * len(outside)
        if not outside.any():
            return said
        names = self.model.manifest.genes.names
        for row in np.flatnonzero(outside.any(axis=1)):
            said[row] = "; ".join(
                f"{names[gene]} {'above' if outside[row, gene] > 0 else 'below'}"
                for gene in np.flatnonzero(outside[row])
            )
        return said

    def reasons(self, outside: NDArray[np.int8]) -> list[str]:
        """Why a sample gets neither risk nor range, as a clause; empty where it does."""
        n_known = self.known.sum(axis=1)
        too_many = 2 * (outside != 0).sum(axis=1) > n_known
        lacking = np.asarray(self.missing_references.any(axis=1))
        reasons = [""] * len(self.values)
        for row in np.flatnonzero(lacking | (n_known == 0) | too_many):
            if lacking[row]:
                panel = self.model.manifest.panel
                assert panel is not None and panel.reference is not None
                genes = _named(panel.reference.names, self.missing_references[row])
                reasons[row] = NO_REFERENCE.format(genes=genes)
            else:
                reasons[row] = OUT_OF_RANGE if n_known[row] else NO_VALUE
        pairs = zip(reasons, self.other_scale, strict=True)
        return [reason or other for reason, other in pairs]

    def ranges_in_words(self, rows: NDArray[np.int64]) -> list[str]:
        """What is said of samples that get a range, by the genes without a value."""
        names = self.model.manifest.genes.names
        return [A_RANGE.format(genes=_named(names, ~self.known[row])) for row in rows]


def take_logs(values: FloatArray) -> FloatArray:
    """log2(x + 1) of values, a negative one counting as 0."""
    return np.asarray(np.log2(np.maximum(values, 0.0) + 1.0))


def less_references(values: FloatArray, references: FloatArray) -> FloatArray:
    """Values less the mean of the reference genes of their sample, where there are some."""
    if not references.shape[1]:
        return values
    return np.asarray(values - references.mean(axis=1, keepdims=True))


def standardise_panel(model: Model, values: FloatArray) -> FloatArray:
    """Values in deviations from the training mean, clipped; 0 of a gene without deviation."""
    statistics = model.statistics
    scale = statistics.scale.astype(np.float64)
    never_0 = np.where(scale > 0, scale, np.inf)
    deviations = (values - statistics.mean.astype(np.float64)) / never_0
    clip = model.manifest.preprocessing.clip
    return np.asarray(np.minimum(np.maximum(deviations, -clip), clip))


def _named(names: list[str], chosen: NDArray[np.bool_]) -> str:
    return few([names[gene] for gene in np.flatnonzero(chosen)], _NAMED)
