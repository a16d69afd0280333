"""Groups of a reference, and probabilities that are right."""

from __future__ import annotations

import numpy as np
import pytest


def expand(groups: list[dict[str, float]]) -> tuple[np.ndarray, np.ndarray]:
    labels = [np.repeat([1, 0], [g["events"], g["n"] - g["events"]]) for g in groups]
    return np.concatenate(labels), np.repeat(
        [g["predicted"] for g in groups], [g["n"] for g in groups]
    )


@pytest.fixture
def calibrated() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    probability = random.beta(1, 3, size=2000)
    return (random.random(2000) < probability).astype(int), probability
