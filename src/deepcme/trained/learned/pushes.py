"""The genes that push a sample's score most, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GENES_SHOWN = 5

Pushes = list[tuple[str, float]]


def find_pushes(shares: NDArray[np.float64], names: Sequence[str]) -> list[Pushes]:
    """Of each sample the genes with the greatest shares, which are not 0."""
    return [_find(of_sample, names) for of_sample in shares]


def _find(shares: NDArray[np.float64], names: Sequence[str]) -> Pushes:
    """Those of one sample: the order of all samples would take as much memory as the shares."""
    most = np.argsort(-np.abs(shares), kind="stable")[:GENES_SHOWN]
    return [(names[gene], float(shares[gene])) for gene in most if shares[gene] != 0]


def in_words(pushes: Pushes) -> str:
    """Genes with their shares, as `ESR1 -0.210; MKI67 +0.150`."""
    return "; ".join(f"{gene} {share:+.3f}" for gene, share in pushes)
