"""Networks that train on scores in the span of their rows, and equal ones of genes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.models.span.gram import FloatArray, compute_gram
from deepcme.models.span.span import Span
from deepcme.network.architecture import NetworkWeights

Matrix = NDArray[np.float32]


class Inputs(NamedTuple):
    """All samples as a network takes them.

    Parameters
    ----------
    samples : ndarray of float32, shape (samples, inputs), C order
    start : float
        What the starting weights of the first layer are multiplied by.
    """

    samples: Matrix
    start: float = 1.0


@dataclass(frozen=True)
class _Scores:
    """From coordinates in a span to scores."""

    span: Span
    turn: FloatArray


class SpanScores:
    """What networks of an ensemble take instead of genes: each has scores of its own.

    They are coordinates in the span of the rows that the network trains on. No other row has
    a say in them. Two things are as they are on genes, for Adam steps equally far along each
    input:

    - The axes are turned at random, so that none is anything by itself, as no gene is. Along
      principal axes the small ones, which tell rows apart, would be learned as fast as those
      that many genes share.
    - The root mean square of the scores is the number of genes for each axis, and the starting
      weights of the first layer are as many times smaller: steps in as many genes lead as
      many times further from the start.

    Parameters
    ----------
    matrix : ndarray of float32, shape (samples, genes), C order
        It is kept, and must not change as long as this is used.
    gram : ndarray of shape (samples, samples)
        As `compute_gram` gives it.
    """

    def __init__(self, matrix: Matrix, gram: FloatArray) -> None:
        self._matrix = matrix
        self._gram = gram
        self._checksum = zlib.crc32(matrix.data)
        self._of_networks: list[_Scores] = []

    def enter(self, rows: NDArray[np.int64], random: np.random.Generator) -> Inputs:
        """Scores of all samples for the next network, which trains on some rows."""
        span = Span.of(self._gram, rows)
        turn, _ = np.linalg.qr(random.standard_normal((span.rank, span.rank)))
        mean_square = float(np.mean(np.square(span.coordinates[rows])))
        genes_per_axis = self._matrix.shape[1] / span.rank
        if mean_square > 0:
            turn *= genes_per_axis / np.sqrt(mean_square)
        self._of_networks.append(_Scores(span, turn))
        samples = np.ascontiguousarray(span.coordinates @ turn, dtype=np.float32)
        return Inputs(samples, 1 / genes_per_axis)

    def of(self, X: Matrix) -> Iterator[FloatArray]:
        """Scores of rows of genes as each network takes them, by inner products."""
        self._check_matrix()
        cross = compute_gram(X, self._matrix)
        for scores in self._of_networks:
            yield scores.span.project(cross[:, scores.span.rows]) @ scores.turn

    def turn_back(
        self, networks: Sequence[Sequence[NetworkWeights]]
    ) -> list[list[NetworkWeights]]:
        """Networks of genes that give what networks of these scores give.

        Parameters
        ----------
        networks : sequence of sequences of NetworkWeights
            The snapshots of each network.
        """
        self._check_matrix()
        pairs = zip(networks, self._of_networks, strict=True)
        return [self._turn_back(snapshots, scores) for snapshots, scores in pairs]

    def _turn_back(
        self, snapshots: Sequence[NetworkWeights], scores: _Scores
    ) -> list[NetworkWeights]:
        first_layers = [weights.blocks[0].weight for weights in snapshots]
        together = scores.turn @ np.concatenate(first_layers, axis=1, dtype=np.float64)
        of_genes = scores.span.turn_back(self._matrix, together, np.float32)
        return [
            replace(
                weights,
                blocks=[
                    replace(weights.blocks[0], weight=np.ascontiguousarray(weight)),
                    *weights.blocks[1:],
                ],
            )
            for weights, weight in zip(
                snapshots, np.split(of_genes, len(snapshots), axis=1), strict=True
            )
        ]

    def _check_matrix(self) -> None:
        """Refuse to go on with rows that are not those of the fit."""
        if zlib.crc32(self._matrix.data) != self._checksum:
            raise DeepCMEError(
                "The matrix that the model was fitted on was changed afterwards: fit on a "
                "copy, or read networks_ before it is changed."
            )
