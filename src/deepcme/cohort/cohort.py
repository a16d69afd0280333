"""The cohort: expression, patients, their outcome, and where all of it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import DeepCMEError, naming_file
from deepcme.base.files.files import whole_file
from deepcme.base.hdf5.annotated import (
    read_h5ad,
    require_dense_memory,
    with_dense_matrix,
    write_h5ad,
)
from deepcme.base.words import counted
from deepcme.cohort.endpoints.units import TimeUnit
from deepcme.cohort.flow import after_selection
from deepcme.cohort.making.arrays import tables_of_arrays
from deepcme.cohort.making.checks import check_tables, own_columns, require_classes
from deepcme.cohort.making.choosing import chosen_places
from deepcme.cohort.making.frames import FrameColumns, arguments_of_frames, times_of
from deepcme.cohort.making.sample_tables import SampleTables
from deepcme.cohort.origin import KEY as ORIGIN_KEY
from deepcme.cohort.origin import Origin, origin_json, read_origin
from deepcme.cohort.outcome import (
    BinaryOutcome,
    Endpoint,
    Outcome,
    as_endpoint,
    as_outcome,
)
from deepcme.cohort.scales.scales import SCALES, Scale, absent_up_to, require_possible_values
from deepcme.cohort.tissues.tissues import UNKNOWN as UNKNOWN
from deepcme.cohort.tissues.tissues import count_tissues, refuse_lost_class

if TYPE_CHECKING:
    import anndata as ad

__all__ = ["Cohort"]

_OTHER_TABLES = (".csv", ".tsv", ".txt", ".gz", ".xlsx", ".parquet", ".gct", ".rds")
_EVERY_TISSUE = 'set tissue = "all" under [preprocessing] for a study of every tissue'


class Cohort(SampleTables):
    """Samples with expression, their outcome and their origin, checked on construction.

    Parameters
    ----------
    adata : anndata.AnnData
        Samples x genes. `obs` needs the columns ``sample``, ``patient``,
        ``tissue``, ``batch`` and those of the outcome, ``label`` (0 or 1) of a binary
        one; `var` needs ``gene_id`` and ``symbol``. `X` is kept as dense float32; NaN
        marks a missing value.
    endpoint : str or Endpoint
        The rule that made the outcome, in words or with what else is known of it.
    scale : {"fpkm", "tpm", "rsem", "counts", "log2", "intensity"}
        What the values are. ``log2`` covers all values already on a log scale,
        ratios included; the others are linear.
    name : str
        Short name used in reports.
    provenance : mapping, optional
        Where the data came from, as JSON-like values. ``notes``, a list of
        sentences, and ``flow``, a list of `FlowStep.as_json`, are shown in reports.
    outcome : type of Outcome
        Which kind of outcome `obs` holds.

    Raises
    ------
    DeepCMEError
        If ids repeat, a class is missing, a name or text holds control characters,
        or a value is infinite or, on a linear scale, negative. The message names it.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.datasets.transbig()
    >>> cohort.name, len(cohort), cohort[cohort.obs["age"] < 50, :20].to_frame().shape
    ('TRANSBIG', 198, (131, 20))
    """

    def __init__(
        self,
        adata: ad.AnnData,
        *,
        endpoint: str | Endpoint,
        scale: Scale,
        name: str = "cohort",
        provenance: Mapping[str, Any] | None = None,
        outcome: type[Outcome] = BinaryOutcome,
    ) -> None:
        if scale not in SCALES:
            raise DeepCMEError(f"Unknown scale {scale!r}: choose one of {', '.join(SCALES)}.")
        self._adata = with_dense_matrix(adata)
        self._endpoint = as_endpoint(endpoint)
        self._kind = outcome
        self.scale: Scale = scale
        self.name = name
        self.provenance: dict[str, Any] = dict(provenance or {})
        self._check()

    @classmethod
    def from_arrays(
        cls,
        X: ArrayLike,
        labels: ArrayLike | Outcome,
        *,
        samples: Sequence[str],
        genes: Sequence[str],
        endpoint: str | Endpoint,
        scale: Scale,
        symbols: Sequence[str] | None = None,
        patients: Sequence[str] | None = None,
        tissue: Sequence[str] | None = None,
        batch: Sequence[str] | None = None,
        clinical: pd.DataFrame | None = None,
        gene_annotation: pd.DataFrame | None = None,
        name: str = "cohort",
        provenance: Mapping[str, Any] | None = None,
    ) -> Self:
        """Build a cohort from a matrix (samples x genes) and one label per sample.

        `labels` may be an `Outcome` of any kind, made by the `endpoint` that is given; of a
        rule in words, the unit and the horizon are those of the outcome.
        Without `patients`, every sample counts as its own patient, as does one whose
        patient is None, blank or a word such as ``unknown``. `clinical` holds further
        columns, one row per sample in the same order, `gene_annotation` those of genes.
        """
        outcome = as_outcome(labels)
        adata = tables_of_arrays(
            X,
            outcome,
            samples=samples,
            genes=genes,
            symbols=symbols,
            patients=patients,
            tissue=tissue,
            batch=batch,
            clinical=clinical,
            gene_annotation=gene_annotation,
        )
        if isinstance(endpoint, str):
            endpoint = replace(outcome.endpoint, rule=endpoint)
        origin = Origin(name, endpoint, scale, dict(provenance or {}), type(outcome))
        return cls(adata, **vars(origin))

    @classmethod
    def from_frame(
        cls,
        X: pd.DataFrame,
        obs: pd.DataFrame,
        *,
        label: str | None = None,
        time: str | None = None,
        event: str | None = None,
        time_unit: TimeUnit | None = None,
        competing: Mapping[str, object] | None = None,
        horizon: float | None = None,
        patient: str | None = None,
        tissue: str | None = None,
        batch: str | None = None,
        scale: Scale | None = None,
        symbols: Mapping[str, str] | None = None,
        name: str = "cohort",
    ) -> Self:
        """Build a cohort of two DataFrames; of an AnnData, `adata.to_df()` and `adata.obs`.

        Parameters
        ----------
        X : DataFrame
            Expression, samples x genes; sample ids are its index, gene ids its columns.
        obs : DataFrame
            One row for each sample, by the same ids in any order. Columns that are not
            named below are kept as clinical columns.
        label : str, optional
            Column of 1 and 0, or yes and no; samples without one are left out.
        time, event : str, optional
            Instead of a label: columns of the time to the event or the last follow-up, and
            of whether the event was seen.
        time_unit : {"days", "months", "years"}, optional
            Of `time`; taken from its name if not given.
        competing : mapping of one column to its value, optional
            What rules the event out.
        horizon : float, optional
            The time up to which the event is asked for, in the unit of the times.
        patient, tissue, batch : str, optional
            Columns of these. Without `patient`, ids of TCGA and the like tell the patients,
            and any other sample counts as its own.
        scale : {"fpkm", "tpm", "rsem", "counts", "log2", "intensity"}, optional
            What the values are; worked out from them, and noted, if not given.
        symbols : mapping of str to str, optional
            Gene id to gene symbol, where the ids are not symbols.
        name : str
            Short name used in reports.

        Raises
        ------
        DeepCMEError
            If samples do not match, a value is no number, ids repeat or an outcome cannot
            be read; the message names the sample, the gene or the column.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> import deepcme
        >>> samples = [f"S{i}" for i in range(8)]
        >>> values = np.random.default_rng(0).normal(8, 1, (8, 3))
        >>> X = pd.DataFrame(values, samples, ["TP53", "ESR1", "MKI67"])
        >>> obs = pd.DataFrame({"relapse": [0, 1] * 4, "age": range(50, 58)}, samples)
        >>> cohort = deepcme.Cohort.from_frame(X, obs, label="relapse", name="small")
        >>> cohort.endpoint
        'relapse = 1 against relapse = 0, as given; blank = left out.'
        """
        times = times_of(time, event, time_unit, competing, horizon)
        columns = FrameColumns(label, times, patient, tissue, batch)
        made = arguments_of_frames(X, obs, columns, scale=scale, symbols=symbols)
        return cls.from_arrays(**made, name=name)

    def _check(self) -> None:
        words = {"The endpoint": asdict(self._endpoint), "The provenance": self.provenance}
        note = check_tables(self._adata, self._kind, self.name, words)
        if note is not None:
            self.provenance["notes"] = [*self.notes, note]
        for column, values in self.outcome.values.items():
            self.obs[column] = values
        require_classes(self.outcome)
        require_possible_values(self.X, self.scale, self.samples, self.gene_ids)

    @property
    def _origin(self) -> Origin:
        return Origin(self.name, self._endpoint, self.scale, self.provenance, self._kind)

    @cached_property
    def absent_up_to(self) -> float | None:
        """The value up to which a gene is not expressed.

        0 for sequencing scales and log2(x + 1); the floor of logs with another
        offset; None for ratios and intensities, where no value says so.
        """
        return absent_up_to(self.X, self.scale)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of values, samples, patients, tissues, outcomes and genes."""
        digest = hashlib.sha256()
        digest.update(np.ascontiguousarray(self.X).view(np.uint8).data)
        for column in own_columns(self._kind)[:-1]:
            digest.update(json.dumps([str(value) for value in self.obs[column]]).encode())
        digest.update(json.dumps([*self.gene_ids, self.scale]).encode())
        return digest.hexdigest()

    def __getitem__(self, key: Any) -> Cohort:
        """Some samples, and with a second index some genes: ``cohort[rows, genes]``.

        Each is a mask, a slice, places, or names; genes go by id or by symbol.

        Examples
        --------
        >>> import deepcme
        >>> cohort = deepcme.datasets.transbig()
        >>> len(cohort[cohort.obs["er"] == "positive"])
        134
        >>> cohort[:, :20].n_genes
        20
        """
        rows, genes = key if isinstance(key, tuple) else (key, slice(None))
        kept = self
        places = chosen_places(rows, list(self.samples), "sample")
        if not np.array_equal(places, np.arange(self.n_samples)):
            keep = np.isin(np.arange(self.n_samples), places)
            note = f"Chosen samples: {counted(len(places), 'sample')} of {self.n_samples:,}."
            kept = self.select(keep, note)
            order = np.argsort(np.argsort(places))
            kept = (
                kept if np.all(np.diff(places) > 0) else kept.derive(kept.adata[order].copy())
            )
        columns = chosen_places(genes, list(self.gene_ids), "gene", list(self.symbols))
        if np.array_equal(columns, np.arange(self.n_genes)):
            return kept
        note = f"Chosen genes: {counted(len(columns), 'gene')} of {self.n_genes:,}."
        return kept.derive(kept.adata[:, columns].copy(), notes=[*kept.notes, note])

    def select(
        self, keep: NDArray[np.bool_], note: str, reasons: ArrayLike | None = None
    ) -> Cohort:
        """A cohort of the samples marked in `keep`.

        Parameters
        ----------
        keep : ndarray of bool, shape (n_samples,)
        note : str
            What was done, for the notes; up to its colon it names the step in the flow.
        reasons : array-like of str, shape (n_samples,), optional
            What each sample is, such as its tissue; counted of those left out.

        Raises
        ------
        DeepCMEError
            If all samples of one outcome would be left out, with the counts.
        """
        step = note.partition(":")[0]
        flow = after_selection(self.flow, step, self.patients, self.outcome, keep, reasons)
        return self.derive(
            self._adata[keep].copy(),
            notes=[*self.notes, note],
            flow=[step.as_json() for step in flow],
        )

    def derive(self, adata: ad.AnnData, **provenance: object) -> Cohort:
        """A cohort of other samples or genes of this one, with what that adds to the origin."""
        origin = replace(self._origin, provenance={**self.provenance, **provenance})
        return Cohort(adata, **vars(origin))

    def keep_primary_tumours(self) -> Cohort:
        """Leave out what is not known to be a primary tumour.

        Unknown tissue stays where no sample of the cohort is of known tissue.

        Raises
        ------
        DeepCMEError
            If no sample, or none of one class, is a primary tumour.
        """
        tissue = self.obs["tissue"].to_numpy(dtype=object)
        keep = np.asarray(tissue == "primary")
        if keep.all() or (tissue == UNKNOWN).all():
            return self
        refuse_lost_class(tissue, self.outcome, keep, "a primary tumour", _EVERY_TISSUE)
        left_out = count_tissues(tissue[~keep])
        return self.select(keep, f"Only primary tumours are kept: {left_out} left out.", tissue)

    def save(self, path: str | Path) -> None:
        """Write an `.h5ad` file, whole or not at all."""
        path = Path(path)
        with whole_file(path) as temporary:
            write_h5ad(self._adata, temporary, {ORIGIN_KEY: origin_json(self._origin)})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a cohort that `save` wrote.

        Raises
        ------
        DeepCMEError
            If the file is missing, damaged, or not a deepcme cohort.
        """
        path = Path(path)
        if path.suffix.lower() in _OTHER_TABLES and path.is_file():
            raise DeepCMEError(
                f"{path}: this is a table, and a cohort is an .h5ad file: make one with "
                "deepcme.read_table or `deepcme prepare table`; of DataFrames that you have "
                "read, with Cohort.from_frame."
            )
        adata = read_h5ad(path)
        require_dense_memory(adata.X, path)
        with naming_file(path):
            origin = read_origin(adata.uns)
            del adata.uns[ORIGIN_KEY]
            return cls(adata, **vars(origin))
