"""The panel curve: how well the first 1, 2, 5, ... genes predict held-out patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from deepcme.base.seeds import integer_seed
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.splits import RowIndex, Split
from deepcme.models.fitting import (
    Preparation,
    PreparedRows,
    fit_model,
    prepare_rows,
    scores_of,
)
from deepcme.models.preprocessing import kept_genes, transform_rows
from deepcme.models.registry import KINDS
from deepcme.models.targets import make_targets
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.selection.panels.networks import PanelClassifier
from deepcme.selection.rankers import find_ranker
from deepcme.selection.targets import TIMES, TWO_CLASSES, kind_of

IntegerArray = NDArray[np.int64]

SIZES = (1, 2, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True)
class GeneOrder:
    """How genes are ordered: by a ranker, at random, or not at all.

    `name` is what tables, keys and seeds call it.
    """

    kind: Literal["ranker", "random", "all genes"]
    name: str


ALL_GENES = GeneOrder("all genes", "all genes")
"""Predicted by the model of `WHOLE_MODELS`, as in a study."""
WHOLE_MODELS = {TWO_CLASSES.outcome: "LR-tuned", TIMES.outcome: "Cox-ridge"}
"""The model by all genes, of each kind of outcome; of times it is also that of panels."""


def predict_by_panels(
    data: CohortArrays,
    split: Split,
    order: GeneOrder,
    seed: np.random.SeedSequence,
    settings: Preparation,
    sizes: Sequence[int] = SIZES,
) -> tuple[IntegerArray, dict[int, NDArray[np.float64]]]:
    """Order the genes on the training rows, refit each panel, predict the held-out rows.

    Nothing is tuned on the validation part here but the regression on all genes, so genes
    are ordered on it as well as on the training part. Preprocessing, order and refit see
    nothing of the test part; where there is none, the genes are only ordered. Beside the
    rankers' panels there are random panels of the same sizes, since in breast cancer most
    random sets of genes predict something [1]_.

    Returns
    -------
    genes : ndarray of int64
        Positions in the cohort, best first.
    scores : dict
        For each size, the log-odds or log hazards of the held-out rows.

    References
    ----------
    .. [1] Venet D, Dumont JE, Detours V (2011). Most random gene expression
       signatures are significantly associated with breast cancer outcome. PLoS
       Computational Biology 7:e1002240.
    """
    order_seed, refit_seed = seed.spawn(2)
    with one_thread_a_task():
        training, preprocessor = prepare_to_select(data, split.fitting_rows, settings)
        genes = _order_genes(order, training, np.random.default_rng(order_seed))
        scores = {}
        if len(split.test):
            testing = transform_rows(preprocessor, data.X, split.test)
            for size in _panel_sizes(order, len(genes), sizes):
                panel = genes[:size]
                of_panel = replace(training, X=np.ascontiguousarray(training.X[:, panel]))
                fitted = _fit(order, of_panel, integer_seed(refit_seed), len(split.validation))
                scores[size], _ = scores_of(fitted, testing[:, panel])
    return kept_genes(preprocessor)[genes], scores


def prepare_to_select(
    data: CohortArrays, rows: RowIndex, settings: Preparation
) -> tuple[PreparedRows, Pipeline]:
    """Rows to choose genes on, with their target, and the preprocessor fitted on them."""
    targets = make_targets(data, KINDS[WHOLE_MODELS[data.outcome.kind]], rows)
    return prepare_rows(data, rows, settings, targets=targets)


def _fit(order: GeneOrder, training: PreparedRows, seed: int, n_validation: int) -> Any:
    """The networks of a panel; of all genes, which would drown these, the tuned regression.

    Of times both are Cox regressions with a ridge penalty that cross-validation chooses.
    """
    kind = kind_of(training.labels)
    if order == ALL_GENES or kind is TIMES:
        whole = KINDS[WHOLE_MODELS[kind.outcome]]
        return fit_model(whole, {}, seed, training, n_validation)
    return PanelClassifier(random_state=seed).fit(training.X, training.labels)


def _order_genes(
    order: GeneOrder, training: PreparedRows, random: np.random.Generator
) -> IntegerArray:
    if order.kind == "all genes":
        return np.arange(training.X.shape[1])
    if order.kind == "random":
        return random.permutation(training.X.shape[1])
    ranker = find_ranker(order.name, kind_of(training.labels))
    return ranker(training.X, training.labels, training.patients, random)


def _panel_sizes(order: GeneOrder, n_genes: int, sizes: Sequence[int]) -> list[int]:
    return [n_genes] if order == ALL_GENES else [size for size in sizes if size < n_genes]
