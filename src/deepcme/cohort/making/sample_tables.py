"""Samples, genes and outcome of a cohort by the names of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.notes import WARNING, is_warning
from deepcme.base.shown import Shown, Shows, names_in_line
from deepcme.base.words import counted
from deepcme.cohort.flow import FlowStep, read_flow
from deepcme.cohort.making.checks import own_columns
from deepcme.cohort.outcome import Endpoint, Outcome, labels_of
from deepcme.cohort.scales.scales import Scale

if TYPE_CHECKING:
    import anndata as ad


class SampleTables(Shows):
    """An AnnData of samples x genes with an outcome, whose columns a cohort names."""

    _adata: ad.AnnData
    _endpoint: Endpoint
    _kind: type[Outcome]
    scale: Scale
    name: str
    provenance: dict[str, Any]

    def __len__(self) -> int:
        return self.n_samples

    # Without it Python would take the samples one by one, and a cohort of one there is not.
    __iter__ = None

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

    def to_frame(self) -> pd.DataFrame:
        """Expression as a DataFrame, samples x genes, by their ids.

        The outcome and the clinical columns are in `obs`, the genes' symbols in `symbols`.

        Examples
        --------
        >>> import deepcme
        >>> cohort = deepcme.datasets.transbig()
        >>> cohort.to_frame().shape
        (198, 76)
        """
        rows = pd.Index(self.samples, name="sample")
        return pd.DataFrame(self.X, rows, pd.Index(self.gene_ids, name="gene"))

    def _shown(self) -> Shown:
        own = {*own_columns(self._kind), "sample"}
        further = [str(name) for name in self.obs.columns if name not in own]
        tissue = self.obs["tissue"].value_counts()
        facts = [
            ("Endpoint", self.endpoint),
            ("Outcome", self.outcome.count()),
            ("Scale", self.scale),
            ("Tissue", ", ".join(f"{n:,} {kind}" for kind, n in tissue.items())),
            ("Clinical", names_in_line(further)),
            ("Genes", names_in_line(map(str, self.gene_names), 8)),
            *(
                ("Warning", note.removeprefix(WARNING))
                for note in self.notes
                if is_warning(note)
            ),
        ]
        title = (
            f"Cohort {self.name}: {counted(self.n_samples, 'sample')} of "
            f"{counted(self.n_patients, 'patient')}, {counted(self.n_genes, 'gene')}"
        )
        return Shown(
            title,
            facts=facts,
            end="More: .obs, .notes, .flow, .to_frame(); a part of it: cohort[rows, genes].",
        )
