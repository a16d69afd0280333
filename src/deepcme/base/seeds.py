"""One tree of seeds: every use of chance has a name, and its own branch."""

from __future__ import annotations

import hashlib

import numpy as np


def seed_for(root: int, *path: str | int) -> np.random.SeedSequence:
    """Seed of a named branch, such as ``seed_for(1, "fit", "DeepCME", 3)``.

    It depends on the root and the names alone: adding a model or a split to a
    study leaves the others' results as they were.
    """
    key = tuple(
        int.from_bytes(hashlib.sha256(str(part).encode()).digest()[:4], "big") for part in path
    )
    return np.random.SeedSequence(root, spawn_key=key)


def integer_seed(seed: np.random.SeedSequence) -> int:
    """A seed for libraries that take an integer below 2**31."""
    return int(seed.generate_state(1)[0] >> 1)
