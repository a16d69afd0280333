"""The panel curve: how well the first 1, 2, 5, ... genes predict held-out patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from deepcme.arrays import CohortArrays
from deepcme.baselines import TunedLogisticRegression
from deepcme.errors import DeepCMEError
from deepcme.honest import CLIP, MIN_PREVALENCE
from deepcme.network.architecture import FloatArray
from deepcme.network.engines import make_engine
from deepcme.preprocessing import kept_genes, make_preprocessor, transform_rows
from deepcme.seeds import integer_seed
from deepcme.selection.rankers import find_ranker
from deepcme.selection.refit import PanelClassifier
from deepcme.splits import Split
from deepcme.threads import single_thread

IntegerArray = NDArray[np.int64]

SIZES = (1, 2, 5, 10, 20, 50, 100, 200)
DEFAULT_RANKERS = ("soft-path", "l1-logistic")


@dataclass(frozen=True)
class GeneOrder:
    """How genes are ordered: by a ranker, at random, or not at all.

    `name` is what tables, keys and seeds call it.
    """

    kind: Literal["ranker", "random", "all genes"]
    name: str


ALL_GENES = GeneOrder("all genes", "all genes")
"""Predicted by `TunedLogisticRegression`, as by LR-tuned in a study."""


@dataclass(frozen=True, kw_only=True)
class PanelSettings:
    """What panels are made of.

    Parameters
    ----------
    sizes : tuple of int
        Genes in a panel; all genes come on top.
    min_prevalence, clip : float
        As in `make_preprocessor`.
    """

    sizes: tuple[int, ...] = SIZES
    min_prevalence: float = MIN_PREVALENCE
    clip: float = CLIP

    def __post_init__(self) -> None:
        if not self.sizes or min(self.sizes) < 1:
            raise DeepCMEError("A panel curve needs panels of 1 gene or more.")


def predict_by_panels(
    data: CohortArrays,
    split: Split,
    order: GeneOrder,
    seed: np.random.SeedSequence,
    settings: PanelSettings,
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
    make_engine()  # loads PyTorch, whose threads can only be limited once it is there
    order_seed, refit_seed = seed.spawn(2)
    rows = np.concatenate([split.train, split.validation])
    labels = data.labels[rows]
    with single_thread():
        training, preprocessor = prepare_rows(data, rows, settings)
        random = np.random.default_rng(order_seed)
        genes = _order_genes(order, training, labels, data.patients[rows], random)
        scores = {}
        if len(split.test):
            testing = transform_rows(preprocessor, data.X, split.test)
            for size in _panel_sizes(order, len(genes), settings.sizes):
                panel = genes[:size]
                columns = np.ascontiguousarray(training[:, panel])
                fitted: PanelClassifier | TunedLogisticRegression
                if order == ALL_GENES:  # which would drown the networks of a panel
                    validation = np.arange(len(split.train), len(rows))
                    fitted = TunedLogisticRegression()
                    fitted.fit(columns, labels, validation_rows=validation)
                else:
                    fitted = PanelClassifier(random_state=integer_seed(refit_seed))
                    fitted.fit(columns, labels)
                scores[size] = fitted.decision_function(testing[:, panel])
    return kept_genes(preprocessor)[genes], scores


def prepare_rows(
    data: CohortArrays, rows: IntegerArray, settings: PanelSettings
) -> tuple[FloatArray, Pipeline]:
    """Standardised expression of some rows, and the preprocessor that they were fitted to."""
    preprocessor = make_preprocessor(
        data.scale,
        absent_up_to=data.absent_up_to,
        min_prevalence=settings.min_prevalence,
        clip=settings.clip,
    ).fit(data.X[rows])
    return transform_rows(preprocessor, data.X, rows), preprocessor


def _order_genes(
    order: GeneOrder,
    training: FloatArray,
    labels: NDArray[np.int8],
    patients: NDArray[np.int64],
    random: np.random.Generator,
) -> IntegerArray:
    if order.kind == "all genes":
        return np.arange(training.shape[1])
    if order.kind == "random":
        return random.permutation(training.shape[1])
    return find_ranker(order.name)(training, labels.astype(np.int64), patients, random)


def _panel_sizes(order: GeneOrder, n_genes: int, sizes: Sequence[int]) -> list[int]:
    return [n_genes] if order == ALL_GENES else [size for size in sizes if size < n_genes]
