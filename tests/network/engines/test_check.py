"""The check of an engine finds one that trains otherwise."""

import numpy as np
import pytest

from deepcme.network.engines.check import TOLERANCE, compute_disagreement
from deepcme.network.engines.choice import make_engine

native_engine = pytest.importorskip("deepcme.network.engines.native_engine")


@pytest.mark.parametrize("level", native_engine.supported_levels())
def test_steps_are_those_of_numpy(level):
    assert compute_disagreement(native_engine.NativeEngine(level)) < TOLERANCE / 100


@pytest.mark.parametrize("array", ["blocks.0.weight", "blocks.0.bias", "output_weight"])
def test_a_step_that_is_off_is_found(array, monkeypatch):
    """By a thousandth of the learning rate's six steps, in one array."""
    copy_into = native_engine.NativeTrainer.copy_into

    def off(self, members):
        copy_into(self, members)
        for member in members:
            dict(member.arrays())[array].flat[0] += np.float32(6e-4)

    monkeypatch.setattr(native_engine.NativeTrainer, "copy_into", off)
    assert compute_disagreement(make_engine("native")) > TOLERANCE
