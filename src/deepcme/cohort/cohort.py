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
    annotated,
    as_text,
    clean_texts,
    read_h5ad,
    require_dense_memory,
    require_own_ids,
    table_of,
    with_dense_matrix,
    write_h5ad,
)
from deepcme.base.names import check_cohort_names
from deepcme.cohort.flow import FlowStep, after_selection, read_flow
from deepcme.cohort.origin import KEY as ORIGIN_KEY
from deepcme.cohort.origin import Origin, origin_json, read_origin
from deepcme.cohort.outcome import (
    BinaryOutcome,
    Endpoint,
    Outcome,
    as_endpoint,
    as_outcome,
    labels_of,
)
from deepcme.cohort.people import own_where_nobody
from deepcme.cohort.scales.scales import SCALES, Scale, absent_up_to, require_possible_values
from deepcme.cohort.tissues.tissues import UNKNOWN as UNKNOWN
from deepcme.cohort.tissues.tissues import canonical_tissue, count_tissues, refuse_lost_class

if TYPE_CHECKING:
    import anndata as ad

VAR_COLUMNS = ("gene_id", "symbol")
# What stands for a missing one; nothing for an id.
_TEXT_OF_SAMPLES = {"sample": None, "patient": UNKNOWN, "tissue": UNKNOWN, "batch": UNKNOWN}
_TEXT_OF_GENES = {"gene_id": None, "symbol": ""}
_EVERY_TISSUE = 'set tissue = "all" under [preprocessing] for a study of every tissue'


def own_columns(outcome: type[Outcome]) -> tuple[str, ...]:
    """Columns of samples that every cohort of such an outcome has."""
    return ("sample", "patient", "tissue", *outcome.columns, "batch")


class Cohort:
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
        matrix = np.asarray(X, dtype=np.float32)
        samples = [str(sample) for sample in samples]
        outcome = as_outcome(labels)
        columns = {
            "sample": samples,
            "patient": samples if patients is None else list(patients),
            "tissue": UNKNOWN if tissue is None else list(map(canonical_tissue, tissue)),
            **outcome.values,
            "batch": UNKNOWN if batch is None else list(batch),
        }
        obs = table_of(samples, columns, clinical, own_columns(type(outcome)))
        gene_ids = [str(gene) for gene in genes]
        names = gene_ids if symbols is None else list(symbols)
        of_genes = {"gene_id": gene_ids, "symbol": names}
        var = table_of(gene_ids, of_genes, gene_annotation, VAR_COLUMNS)
        require_own_ids(samples, "sample")
        require_own_ids(gene_ids, "gene")
        if matrix.shape != (len(samples), len(gene_ids)):
            raise DeepCMEError(
                f"The matrix is {matrix.shape[0]} x {matrix.shape[1]}, but there are "
                f"{len(samples)} samples and {len(gene_ids)} genes."
            )
        if isinstance(endpoint, str):
            endpoint = replace(outcome.endpoint, rule=endpoint)
        origin = Origin(name, endpoint, scale, dict(provenance or {}), type(outcome))
        return cls(annotated(matrix, obs, var), **vars(origin))

    def _check(self) -> None:
        obs, var = self._adata.obs, self._adata.var
        own = own_columns(self._kind)
        for table, columns, where in ((obs, own, "obs"), (var, VAR_COLUMNS, "var")):
            missing = [column for column in columns if column not in table.columns]
            if missing:
                raise DeepCMEError(f"The cohort's {where} lacks {', '.join(missing)}.")
        for column, blank in _TEXT_OF_SAMPLES.items():
            obs[column] = as_text(obs[column], "sample", blank)
        for column, blank in _TEXT_OF_GENES.items():
            var[column] = as_text(var[column], "gene", blank)
        words = {"The endpoint": asdict(self._endpoint), "The provenance": self.provenance}
        check_cohort_names(obs, var, self.name, words)
        self._tidy_samples(obs)
        if self.n_samples == 0 or self.n_genes == 0:
            raise DeepCMEError(
                f"The cohort is empty: {self.n_samples} samples, {self.n_genes} genes."
            )
        require_own_ids(obs["sample"], "sample")
        require_own_ids(var["gene_id"], "gene")
        for column, values in self.outcome.values.items():
            obs[column] = values
        if (word := self.outcome.lacks()) is not None:
            raise DeepCMEError(
                f"All {self.n_samples} labelled samples are of one class: "
                f"there is no {word} to learn from."
            )
        require_possible_values(self.X, self.scale, self.samples, self.gene_ids)

    def _tidy_samples(self, obs: pd.DataFrame) -> None:
        """One spelling of each id and word; who is of nobody known is a patient of its own."""
        clean_texts(obs)
        if (obs["sample"] == "").any():
            raise DeepCMEError("The sample id is empty: give one.")
        obs["patient"], note = own_where_nobody(obs["patient"].tolist(), obs["sample"].tolist())
        if note is not None:
            self.provenance["notes"] = [*self.notes, note]

    @property
    def _origin(self) -> Origin:
        return Origin(self.name, self._endpoint, self.scale, self.provenance, self._kind)

    @property
    def adata(self) -> ad.AnnData:
        """The underlying AnnData, samples x genes."""
        return self._adata

    @property
    def X(self) -> NDArray[np.float32]:  # noqa: N802 (the matrix, as in AnnData)
        """Expression, samples x genes, float32, NaN where missing."""
        matrix: NDArray[np.float32] = self._adata.X
        return matrix

    @property
    def obs(self) -> pd.DataFrame:
        """One row per sample."""
        obs: pd.DataFrame = self._adata.obs
        return obs

    @property
    def samples(self) -> NDArray[np.object_]:
        """Sample ids."""
        return self.obs["sample"].to_numpy(dtype=object)

    @property
    def patients(self) -> NDArray[np.object_]:
        """Patient of each sample."""
        return self.obs["patient"].to_numpy(dtype=object)

    @property
    def outcome(self) -> Outcome:
        """What is predicted: the outcome of each sample."""
        return self._kind.read(self.obs, self._endpoint)

    @property
    def endpoint(self) -> str:
        """The rule that made the outcome, in words."""
        return self._endpoint.rule

    @property
    def labels(self) -> NDArray[np.int8]:
        """1 for a positive, 0 for a negative sample; refused of another outcome."""
        return labels_of(self.outcome, self.name)

    @property
    def gene_ids(self) -> NDArray[np.object_]:
        """Gene ids, the key of the columns."""
        ids: NDArray[np.object_] = self._adata.var["gene_id"].to_numpy(dtype=object)
        return ids

    @property
    def symbols(self) -> NDArray[np.object_]:
        """Gene symbols, an annotation; empty where unknown."""
        symbols: NDArray[np.object_] = self._adata.var["symbol"].to_numpy(dtype=object)
        return symbols

    @property
    def gene_names(self) -> NDArray[np.object_]:
        """Gene symbols, ids where there is none."""
        return np.where(self.symbols == "", self.gene_ids, self.symbols)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return int(self._adata.n_obs)

    @property
    def n_genes(self) -> int:
        """Number of genes."""
        return int(self._adata.n_vars)

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return len(set(self.patients))

    @property
    def n_positives(self) -> int:
        """Number of positive samples."""
        return int(self.outcome.events.sum())

    @property
    def n_positive_patients(self) -> int:
        """Number of patients with a positive sample."""
        return self.outcome.count_patients(self.patients)

    @property
    def notes(self) -> list[str]:
        """What was counted and said while the cohort was made."""
        return list(self.provenance.get("notes", []))

    @property
    def flow(self) -> list[FlowStep]:
        """Who was read, joined, labelled and left out; empty where that was not counted."""
        return read_flow(self.provenance.get("flow", []))

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
        adata = read_h5ad(path)
        require_dense_memory(adata.X, path)
        with naming_file(path):
            origin = read_origin(adata.uns)
            del adata.uns[ORIGIN_KEY]
            return cls(adata, **vars(origin))

    def __repr__(self) -> str:
        return (
            f"Cohort({self.name!r}: {self.n_samples} samples of {self.n_patients} patients, "
            f"{self.n_genes} genes, {self.n_positives} positives, scale {self.scale})"
        )
