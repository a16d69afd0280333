"""Networks that train on scores in the span of their rows, and equal ones of genes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.models.span.gram import FloatArray, compute_gram
from deepcme.models.span.span import Span
from deepcme.network.architecture import NetworkWeights

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class _Scores:
    """Coordinates in a span, times a factor."""

    span: Span
    factor: float


class SpanScores:
    """What networks of an ensemble take instead of genes: each has scores of its own.

    They are the coordinates in the span of the rows that the network trains on, so scaled that
    their mean square over these rows is 1. No other row has a say in the axes or the scale.

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
        self._checksum = zlib.crc32(matrix)
        self._of_networks: list[_Scores] = []

    def enter(self, rows: NDArray[np.int64]) -> Matrix:
        """Scores of all samples for the next network, which trains on some rows."""
        span = Span.of(self._gram, rows)
        mean_square = float(np.mean(np.square(span.coordinates[rows])))
        factor = 1 / np.sqrt(mean_square) if mean_square > 0 else 1.0
        self._of_networks.append(_Scores(span, factor))
        return np.ascontiguousarray(factor * span.coordinates, dtype=np.float32)

    def of(self, X: Matrix) -> Iterator[FloatArray]:
        """Scores of rows of genes as each network takes them, by inner products."""
        self._check_matrix()
        cross = compute_gram(X, self._matrix)
        for scores in self._of_networks:
            yield scores.factor * scores.span.project(cross[:, scores.span.rows])

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
        together = scores.factor * np.concatenate(first_layers, axis=1, dtype=np.float64)
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
        if zlib.crc32(self._matrix) != self._checksum:
            raise DeepCMEError(
                "The matrix that the model was fitted on was changed afterwards: fit on a "
                "copy, or read networks_ before it is changed."
            )
