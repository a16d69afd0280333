"""The quick way for samples of a panel: names looked up at once, and no table made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned
from deepcme.cohort.genes.genes import gene_key, stable_gene_id
from deepcme.cohort.scales.scales import LINEAR_SCALES, Scale
from deepcme.service.predicting.predicting import predict_samples, with_times
from deepcme.service.requests.options import Options
from deepcme.service.requests.samples import Samples
from deepcme.service.settings import ServiceSettings
from deepcme.sources.assembly.expression import ONE_GENE_EACH, with_genes_named
from deepcme.sources.reading.matrices import Matrix
from deepcme.trained.entries import Genes
from deepcme.trained.model import Model
from deepcme.trained.panels.prediction import tell, warnings_of_panel
from deepcme.trained.prediction import Predictions
from deepcme.trained.unlabelled import identifiers_of

_FEW = 8
"""Samples that are told of while others wait."""
_MANY = 19
"""Samples from which on the values of all are looked at for their scale."""
_TOLD_OF = ("training_patient", "far", "lowest", "remark", "outside")
_PLAIN_PATIENTS = {"no", "unknown"}


class Told(NamedTuple):
    """Columns of `predict`'s table, and its notes."""

    columns: Mapping[str, Any]
    notes: list[str]


class QuickPanel:
    """A panel that is asked for one sample after the other.

    What it tells is what `predict` tells, to the last digit; where something is to be looked
    at more closely, it tells nothing, and `predict` is asked.

    Parameters
    ----------
    model : Model
        A panel.
    """

    def __init__(self, model: Model) -> None:
        panel = model.manifest.panel
        assert panel is not None
        lists = [model.manifest.genes, *filter(None, [panel.reference])]
        self._model = model
        self._n_genes = sum(len(genes.id) for genes in lists)
        self._place = _places(lists)
        self._all = set(range(self._n_genes))
        self._notes: dict[Scale | None, list[str]] = {}
        self._is_linear = panel.refit == "linear"
        self._begin()

    def is_quick(self, samples: Samples) -> bool:
        """Whether others may wait meanwhile."""
        return self._is_linear and len(samples.names) <= _FEW

    def tell(self, samples: Samples) -> Told | None:
        """What the panel tells of samples; None where `predict` has to look.

        Raises
        ------
        DeepCMEError
            As `predict`.
        """
        scale, X = samples.options.scale, self._read(samples)
        if X is None or scale not in self._notes or not self._is_plain(X, samples):
            return None
        model = with_times(self._model, samples.options)
        columns = tell(model, X, samples.names, scale=scale)
        if _stands_out(columns):
            return None
        return Told(columns, self._notes[scale] + warnings_of_panel(samples.names, columns))

    def learn_notes(self, samples: Samples, predictions: Predictions) -> None:
        """Keep the notes that every sample gets, if these hold no others than are known."""
        scale, X = samples.options.scale, self._read(samples)
        if scale in self._notes or X is None or not self._is_plain(X, samples):
            return
        columns = {name: predictions.table[name].tolist() for name in _TOLD_OF}
        if not _stands_out(columns):
            own = warnings_of_panel(samples.names, columns)
            self._notes[scale] = [note for note in predictions.notes if note not in own]

    def _begin(self) -> None:
        """Learn the notes before anybody waits for them."""
        samples = self._typical_sample()
        with suppress(DeepCMEError):  # where it is learned of the first sample that comes
            self.learn_notes(samples, predict_samples(self._model, samples, ServiceSettings()))

    def _typical_sample(self) -> Samples:
        """One of the training means, as it would come."""
        model = self._model
        means = model.statistics.mean.astype(np.float64)
        level = 0.0
        if self._n_genes > model.n_genes:
            level = 1.0 - min(0.0, float(means.min()))  # of the reference genes
        values = np.full(self._n_genes, level)
        values[: model.n_genes] += means
        if model.manifest.preprocessing.scale in LINEAR_SCALES:
            values = np.exp2(values) - 1.0
        names = {at: name for name, at in reversed(self._place.items())}
        of_genes = {names[at]: float(value) for at, value in enumerate(values) if at in names}
        return Samples(["a sample of the training means"], [of_genes], Options())

    def _is_plain(self, X: NDArray[np.float32], samples: Samples) -> bool:
        """Whether nothing is said of how samples are written, or what became of values."""
        scale = samples.options.scale or self._model.manifest.preprocessing.scale
        names = samples.names
        return (
            samples.options.normalise == "none"
            and len(names) <= _MANY
            and len(set(map(str.casefold, names))) == len(names)
            and all(cleaned(name) == name for name in names)
            and not np.isinf(X).any()
            and not (scale in LINEAR_SCALES and (X < 0).any())
        )

    def _read(self, samples: Samples) -> NDArray[np.float32] | None:
        """Values in the order of the genes; None unless each has one name that is its alone."""
        X = np.full((len(samples.names), self._n_genes), np.nan)
        place = self._place
        for row, values in zip(X, samples.values, strict=True):
            places = [place.get(gene, -1) for gene in values]
            if len(places) != self._n_genes or set(places) != self._all:
                return None
            row[places] = [np.nan if value is None else value for value in values.values()]
        with np.errstate(over="ignore"):
            return X.astype(np.float32)


def _places(lists: Sequence[Genes]) -> dict[str, int]:
    """The place of each name that means one gene, and that is read as it is written."""
    places: dict[str, set[int]] = {}
    first = 0
    for genes in lists:
        for names in (genes.id, *genes.others.values()):
            for at, name in enumerate(names, first):
                for spelled in (name, stable_gene_id(name)):
                    places.setdefault(spelled, set()).add(at)
        first += len(genes.id)
    of_key: dict[str, set[int]] = {}
    for name, found in places.items():
        of_key.setdefault(gene_key(name), set()).update(found)
    return {
        name: min(found)
        for name, found in places.items()
        if len(of_key[gene_key(name)]) == 1 and _is_read_as_written(name)
    }


def _is_read_as_written(name: str) -> bool:
    if not name or cleaned(name) != name or name.isdecimal():  # or it might count the rows
        return False
    notes: list[str] = []
    matrix = Matrix(np.zeros((1, 1), dtype=np.float32), ["sample"], [name])
    try:
        named = with_genes_named(matrix, ONE_GENE_EACH, Path(), notes, collapse=False)
    except DeepCMEError:
        return False
    return identifiers_of(named) == {"gene_id": [name]} and not notes


def _stands_out(columns: Mapping[str, Any]) -> bool:
    """Whether more is to be said: of training patients, of samples that are far, or of all."""
    return (
        not _PLAIN_PATIENTS.issuperset(columns["training_patient"])
        or any(far is True for far in columns["far"])
        or all(math.isnan(low) for low in columns["lowest"])
    )
