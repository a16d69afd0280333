"""A sample made of nothing, whose score a model knows: whether it still computes the same."""

from __future__ import annotations

import numpy as np

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.threads import single_thread
from deepcme.network.architecture import FloatArray
from deepcme.trained.learned.learned import Learned
from deepcme.trained.model import Model

_TOLERANCE = 1e-9


def self_test_sample(n_genes: int) -> FloatArray:
    """Standardised values of one sample: -1, -0.5, 0, 0.5 and 1 in turn, (1, genes)."""
    return np.array([(np.arange(n_genes) % 5 - 2) / 2], dtype=np.float32)


def score_self_test(learned: Learned, n_genes: int) -> float:
    """Score of `self_test_sample`."""
    with single_thread():
        return float(learned.evaluate(self_test_sample(n_genes)).score[0])


def require_self_test(model: Model) -> None:
    """Refuse a model that scores its self-test sample otherwise than when it was trained.

    Of a model of an older schema nothing is known.

    Raises
    ------
    DeepCMEError
        With both scores.
    """
    expected = model.manifest.self_test
    if expected is None:
        return
    found = score_self_test(model.learned, model.n_genes)
    if not abs(found - expected) <= _TOLERANCE * max(1.0, abs(expected)):
        raise DeepCMEError(
            f"The model of {model.manifest.cohort.name} scores its self-test sample {found!r}, "
            f"and scored it {expected!r} when it was trained: do not rely on it; copy its "
            "folder again from where it came, or update deepcme and NumPy."
        )
