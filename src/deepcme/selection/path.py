"""The soft path: one training run that deletes genes, from all of them to one.

A small network is trained on all genes; then, again and again, the weakest
fifth of the genes is deleted for good, the others are shrunken by the strength
of the strongest deleted gene, and training goes on. The threshold is a quantile
of the genes' strengths, so there is no penalty weight to choose, and every
stage is cheaper than the one before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import FRACTION, at_least, check_parameters
from deepcme.network.architecture import (
    FloatArray,
    Hyperparameters,
    NetworkWeights,
    initialise_weights,
)
from deepcme.network.engines.base import Engine, Samples
from deepcme.network.engines.choice import make_engine
from deepcme.network.training import draw_epoch
from deepcme.selection.targets import Target, kind_of

IntegerArray = NDArray[np.int64]

# Small against the learning rate, so that a gene's strength is what it has learned.
FIRST_LAYER_DEVIATION = 0.1
SMALLEST_FACTOR = 0.02

_RULES = {
    "n_members": at_least(1),
    "width": at_least(1),
    "dense_epochs": at_least(1),
    "stage_epochs": at_least(1),
    "kept_share": FRACTION,
}


@dataclass(frozen=True, kw_only=True)
class SoftPathSettings:
    """Settings of the networks and of the path they follow, as in `SoftPathSelector`."""

    n_members: int = 4
    width: int = 16
    dropout: float = 0.5
    learning_rate: float = 1e-3
    batch_size: int = 64
    dense_epochs: int = 20
    stage_epochs: int = 5
    kept_share: float = 0.8

    def __post_init__(self) -> None:
        check_parameters(vars(self), _RULES)

    def hyperparameters(self, loss: str) -> Hyperparameters:
        """Settings of one member, trained by a loss."""
        return Hyperparameters(
            hidden_layers=(self.width,),
            dropout=self.dropout,
            penalty=None,
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            loss=loss,
        )

    def stage_sizes(self, n_genes: int) -> IntegerArray:
        """Number of genes at each stage, from all to one."""
        sizes = [n_genes]
        while sizes[-1] > 1:
            sizes.append(max(int(sizes[-1] * self.kept_share), 1))
        return np.asarray(sizes)


@dataclass(frozen=True)
class SoftPath:
    """A path that was followed.

    Attributes
    ----------
    order : ndarray of int64, shape (genes,)
        Positions of the genes, best first: the last to be deleted, and of those
        deleted together the one with the largest weights.
    sizes : ndarray of int64, shape (stages,)
        Number of genes at each stage.
    log_odds : ndarray of float64, shape (stages, held-out rows)
        Mean over the networks of each stage of the held-out rows' logits; of times these
        are log hazards.
    """

    order: IntegerArray
    sizes: IntegerArray
    log_odds: NDArray[np.float64]


def follow_soft_path(
    X: FloatArray,
    y: Target,
    train_rows: IntegerArray,
    random: np.random.Generator,
    *,
    held_out_rows: IntegerArray | None = None,
    settings: SoftPathSettings | None = None,
    engine: Engine | None = None,
) -> SoftPath:
    """Follow the path from all genes to one.

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes), C order
        Standardised expression.
    y : ndarray of shape (samples,)
        1 for a positive, 0 for a negative sample; or records of event and time.
    train_rows : ndarray of int64
        Rows to learn from.
    random : numpy.random.Generator
        Source of starting weights, batch order and dropout masks.
    held_out_rows : ndarray of int64, optional
        Rows to predict at each stage; nothing is learned from them.
    settings : SoftPathSettings, optional
    engine : Engine, optional
        By default the one that `make_engine` chooses.

    Raises
    ------
    DeepCMEError
        If there are fewer than two training rows, or the loss stops being finite.

    Notes
    -----
    With strength ``|w_j|``, the Euclidean norm of a gene's first-layer weights,
    and tau the largest strength deleted, the weights of a gene that stays are
    multiplied by ``max(1 - tau / |w_j|, 0.02)``, the proximal step of a group
    lasso [1]_, and then all by one number that gives the first layer back the
    norm it had, which BatchNorm would not see but the step size would.

    References
    ----------
    .. [1] Yuan M, Lin Y (2006). Model selection and estimation in regression with
       grouped variables. Journal of the Royal Statistical Society B 68:49-67.
    """
    settings = settings or SoftPathSettings()
    held_out = np.empty(0, np.int64) if held_out_rows is None else held_out_rows
    sizes = settings.stage_sizes(X.shape[1])
    log_odds = np.empty((len(sizes), len(held_out)))
    training = MemberTraining(X, y, train_rows, random, settings, engine)
    training.train(settings.dense_epochs)
    present = np.arange(X.shape[1])
    best_first: list[IntegerArray] = []
    for stage, size in enumerate(sizes[1:]):
        log_odds[stage] = training.log_odds(held_out)
        strengths = training.strengths()
        strongest = np.argsort(-strengths, kind="stable")
        best_first.insert(0, present[strongest[size:]])
        kept = np.sort(strongest[:size])
        factors = shrinkage_factors(strengths[kept], threshold=strengths[strongest[size]])
        X, present = np.take(X, kept, axis=1), present[kept]
        training.run.keep_genes(X, kept, factors)
        training.train(settings.stage_epochs)
    log_odds[-1] = training.log_odds(held_out)
    return SoftPath(np.concatenate([present, *best_first]), sizes, log_odds)


def shrinkage_factors(strengths: NDArray[np.float64], threshold: float) -> FloatArray:
    """What to multiply each gene's weights by: soft-thresholded, total norm unchanged."""
    safe = np.maximum(strengths, np.finfo(np.float32).tiny)
    factors = np.maximum(1 - threshold / safe, SMALLEST_FACTOR)
    factors *= np.linalg.norm(safe) / np.linalg.norm(safe * factors)
    return factors.astype(np.float32)


class MemberTraining:
    """Networks in an engine that share their genes, with the source of their batches and masks.

    The parameters are those of `follow_soft_path`.
    """

    def __init__(
        self,
        X: FloatArray,
        y: Target,
        train_rows: IntegerArray,
        random: np.random.Generator,
        settings: SoftPathSettings,
        engine: Engine | None = None,
    ) -> None:
        if len(train_rows) < 2:
            raise DeepCMEError(f"Training needs at least 2 rows, not {len(train_rows)}.")
        self._train_rows = train_rows
        self._n_members = settings.n_members
        self._hyperparameters = settings.hyperparameters(kind_of(y).loss)
        start_random, self._random = random.spawn(2)
        members = [
            _draw_member(X.shape[1], self._hyperparameters, start_random)
            for _ in range(settings.n_members)
        ]
        self._y = kind_of(y).encode(y)
        samples = Samples(X, self._y, np.ones(len(X), np.float32))
        engine = engine or make_engine()
        self.run = engine.start_selector(samples, self._hyperparameters, members)

    def train(self, n_epochs: int) -> None:
        """Pass over the training rows some times."""
        for _ in range(n_epochs):
            epoch = draw_epoch(
                self._train_rows,
                self._y,
                self._hyperparameters,
                self._random,
                self._n_members,
            )
            if not np.isfinite(self.run.train_epoch(epoch)):
                raise DeepCMEError(
                    "The loss was no longer finite: look for extreme values in the matrix, "
                    "which should be standardised."
                )

    def log_odds(self, rows: IntegerArray) -> NDArray[np.float64]:
        """Mean of the networks' logits of some rows, in evaluation mode."""
        mean: NDArray[np.float64] = self.run.logits(rows).mean(axis=1, dtype=np.float64)
        return mean

    def strengths(self) -> NDArray[np.float64]:
        """Euclidean norm of each gene's weights in all members together."""
        squares = [
            np.square(member.blocks[0].weight, dtype=np.float64).sum(axis=1)
            for member in self.run.current_weights()
        ]
        norms: NDArray[np.float64] = np.sqrt(np.sum(squares, axis=0))
        return norms


def _draw_member(
    n_genes: int, hyperparameters: Hyperparameters, random: np.random.Generator
) -> NetworkWeights:
    weights = initialise_weights(n_genes, hyperparameters, random)
    first = weights.blocks[0]
    first.weight = random.standard_normal(first.weight.shape, dtype=np.float32)
    first.weight *= np.float32(FIRST_LAYER_DEVIATION / np.sqrt(n_genes))
    return weights
