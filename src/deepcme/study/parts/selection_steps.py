"""Gene selection's steps: panels, decoys, halves of the patients, clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from deepcme.base.seeds import seed_for
from deepcme.cohort.arrays import CohortArrays
from deepcme.models.preprocessing import kept_genes
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.selection.clusters import TWIN_CUT
from deepcme.selection.knockoffs import find_blocks, select_against_decoys
from deepcme.selection.panels.curve import (
    SIZES,
    GeneOrder,
    predict_by_panels,
    prepare_to_select,
)
from deepcme.selection.rankers import RankerName
from deepcme.study.settings import PreprocessingSettings
from deepcme.study.tasks import Arrays, Task, are_rows

_OF_DECOYS = ("estimate", "claim")

Kind = Literal["panel", "decoys", "half", "clusters"]


@dataclass(frozen=True, kw_only=True)
class SelectionStep(Task):
    """One step of gene selection, on the training and validation part of its split.

    `kind` says what is done there: genes are ordered and panels refitted; or
    genes compete with decoys; or they are ordered on a half of the patients; or
    clustered.
    """

    kind: Kind
    order: GeneOrder
    preprocessing: PreprocessingSettings
    seed: int
    sizes: tuple[int, ...] = SIZES

    @property
    def title(self) -> str:
        return f"{self.kind} of gene selection, {self.order.name}, {self.split_number}"

    @property
    def rows(self) -> NDArray[np.int64]:
        """The rows that it learns from."""
        return self.split.fitting_rows

    def run(self, data: CohortArrays) -> Arrays:
        """Run the step; positions of genes are those in the cohort.

        Returns
        -------
        dict of arrays
            `genes` (the first of them, best first), `sizes` and `scores` (sizes x
            held-out rows) of panels and halves; `genes, block, statistic, selected,
            estimate, claim` of decoys; `genes, cluster` of clusters.
        """
        if self.kind == "decoys":
            return _compete(data, self)
        if self.kind == "clusters":
            return _cluster(data, self)
        genes, scores = predict_by_panels(
            data, self.split, self.order, _seed_of(self), self.preprocessing, self.sizes
        )
        return {
            "genes": genes[: max(self.sizes)],
            "sizes": np.array(list(scores), dtype=np.int64),
            "scores": np.array(list(scores.values()), dtype=np.float64),
        }

    def is_result(self, arrays: Arrays) -> bool:
        if self.kind == "decoys":
            told = all(name in arrays and arrays[name].ndim == 0 for name in _OF_DECOYS)
            return told and are_rows(arrays, "ifb", "genes", "block", "statistic", "selected")
        if self.kind == "clusters":
            return are_rows(arrays, "i", "genes", "cluster")
        if not (are_rows(arrays, "i", "genes") and are_rows(arrays, "i", "sizes")):
            return False
        n_sizes, n_test = len(arrays["sizes"]), len(self.split.test)
        shape = (n_sizes, n_test) if n_test else (0,)
        return "scores" in arrays and arrays["scores"].shape == shape


def _seed_of(step: SelectionStep) -> np.random.SeedSequence:
    return seed_for(step.seed, step.kind, step.order.name, step.split_number)


def _compete(data: CohortArrays, step: SelectionStep) -> Arrays:
    """Genes against their knockoffs."""
    with one_thread_a_task():
        rows, preprocessor = prepare_to_select(data, step.rows, step.preprocessing)
        found = select_against_decoys(
            rows.X,
            rows.labels,
            rows.patients,
            np.random.default_rng(_seed_of(step)),
            ranker=cast(RankerName, step.order.name),
        )
    columns = {name: found.table[name].to_numpy() for name in found.table.columns}
    return {
        **columns,
        "genes": kept_genes(preprocessor),
        "estimate": np.array(found.estimate),
        "claim": np.array(found.claim),
    }


def _cluster(data: CohortArrays, step: SelectionStep) -> Arrays:
    """Clusters of genes so alike that a vote would be split between them."""
    with one_thread_a_task():
        rows, preprocessor = prepare_to_select(data, step.rows, step.preprocessing)
        return {"genes": kept_genes(preprocessor), "cluster": find_blocks(rows.X, TWIN_CUT)}
