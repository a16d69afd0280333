"""Engines that train a network, and how one is chosen by name."""

from __future__ import annotations

from deepcme.network.engines.base import Engine

__all__ = ["Engine", "make_engine"]


def make_engine() -> Engine:
    """The engine that trains networks."""
    from deepcme.network.engines.torch_engine import TorchEngine

    return TorchEngine()
