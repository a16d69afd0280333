"""The panel curve: how well the first 1, 2, 5, ... genes predict held-out patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deepcme.base.seeds import integer_seed
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.splits import Split
from deepcme.models.fitting import Preparation, PreparedRows, fit_model, prepare_rows
from deepcme.models.logit_classifier import LogitClassifier
from deepcme.models.preprocessing import kept_genes, transform_rows
from deepcme.models.registry import KINDS
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.selection.rankers import find_ranker
from deepcme.selection.refit import PanelClassifier

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
"""Predicted by ``LR-tuned``, as in a study."""


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
        For each size, the log-odds of the held-out rows.

    References
    ----------
    .. [1] Venet D, Dumont JE, Detours V (2011). Most random gene expression
       signatures are significantly associated with breast cancer outcome. PLoS
       Computational Biology 7:e1002240.
    """
    order_seed, refit_seed = seed.spawn(2)
    with one_thread_a_task():
        training, preprocessor = prepare_rows(data, split.fitting_rows, settings)
        genes = _order_genes(order, training, np.random.default_rng(order_seed))
        scores = {}
        if len(split.test):
            testing = transform_rows(preprocessor, data.X, split.test)
            for size in _panel_sizes(order, len(genes), sizes):
                panel = genes[:size]
                of_panel = replace(training, X=np.ascontiguousarray(training.X[:, panel]))
                fitted = _fit(order, of_panel, integer_seed(refit_seed), len(split.validation))
                scores[size] = fitted.decision_function(testing[:, panel])
    return kept_genes(preprocessor)[genes], scores


def _fit(
    order: GeneOrder, training: PreparedRows, seed: int, n_validation: int
) -> LogitClassifier:
    """The networks of a panel; of all genes, which would drown these, the tuned regression."""
    if order == ALL_GENES:
        tuned: LogitClassifier = fit_model(KINDS["LR-tuned"], {}, seed, training, n_validation)
        return tuned
    return PanelClassifier(random_state=seed).fit(training.X, training.labels)


def _order_genes(
    order: GeneOrder, training: PreparedRows, random: np.random.Generator
) -> IntegerArray:
    if order.kind == "all genes":
        return np.arange(training.X.shape[1])
    if order.kind == "random":
        return random.permutation(training.X.shape[1])
    labels = training.labels.astype(np.int64)
    return find_ranker(order.name)(training.X, labels, training.patients, random)


def _panel_sizes(order: GeneOrder, n_genes: int, sizes: Sequence[int]) -> list[int]:
    return [n_genes] if order == ALL_GENES else [size for size in sizes if size < n_genes]
