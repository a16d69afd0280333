"""What Adam remembers between steps, read from inside an engine and put there.

No engine gives or takes it: a gradient shows in it that a step would hide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcme.network.architecture import FloatArray
from deepcme.network.engines.base import TrainingRun

RUNNING_STATISTICS = ("running_mean", "running_var")


@dataclass(frozen=True)
class OptimiserState:
    """Moments by the names of `NetworkWeights`."""

    n_steps: int
    first_moments: dict[str, FloatArray]
    second_moments: dict[str, FloatArray]


def read_state(run: TrainingRun) -> OptimiserState:
    trainer: Any = run._trainer
    shapes = {
        name: array.shape
        for name, array in run.current_weights().arrays()
        if not name.endswith(RUNNING_STATISTICS)
    }
    if hasattr(trainer, "_native"):
        moments = {"first_moment": {}, "second_moment": {}}
        for content, by_name in moments.items():
            for name, shape in shapes.items():
                by_name[name] = np.empty(shape, np.float32)
                trainer._native.read(0, name, content, by_name[name])
        return OptimiserState(trainer._native.n_steps, *moments.values())
    states = {name: trainer._optimiser.state[trainer.network.tensors[name]] for name in shapes}
    first, second = (
        {name: states[name][key].cpu().numpy().reshape(shapes[name]).copy() for name in shapes}
        for key in ("exp_avg", "exp_avg_sq")
    )
    return OptimiserState(int(states["output_weight"]["step"]), first, second)


def write_state(run: TrainingRun, state: OptimiserState) -> None:
    trainer: Any = run._trainer
    if hasattr(trainer, "_native"):
        trainer._native.n_steps = state.n_steps
        for name in state.first_moments:
            trainer._native.write(0, name, "first_moment", state.first_moments[name])
            trainer._native.write(0, name, "second_moment", state.second_moments[name])
        return
    import torch

    for name in state.first_moments:
        tensor = trainer.network.tensors[name]
        trainer._optimiser.state[tensor] = {
            "step": torch.tensor(float(state.n_steps), device=tensor.device),
            "exp_avg": torch.tensor(state.first_moments[name]).view_as(tensor).to(tensor),
            "exp_avg_sq": torch.tensor(state.second_moments[name]).view_as(tensor).to(tensor),
        }
