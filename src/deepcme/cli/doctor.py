"""`deepcme doctor`: whether this installation works, and what it works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.options import Quiet
from deepcme.cli.tables import say_table

if TYPE_CHECKING:
    from deepcme.network.engines.base import Engine

_SETS = {
    "x86-64-v4": "AVX-512",
    "x86-64-v3": "AVX2",
    "x86-64": "SSE2",
}
"""What the native engine's levels are called on processors."""


@dataclass(frozen=True)
class _Part:
    """A package that is used where it is there."""

    package: str
    purpose: str
    install: str


_PARTS = (
    _Part("torch", "networks on a GPU", "deepcme[torch]"),
    _Part("distributed", "run --scheduler", "deepcme[dask]"),
    _Part("python-docx", "checklist -o FILE.docx", "deepcme[docx]"),
    _Part("gseapy", "run --gene-sets", "deepcme[gene-sets]"),
    _Part("skl2onnx", "export -o FILE.onnx", "deepcme[onnx]"),
    _Part("uvicorn", "serve", "deepcme[serve]"),
    _Part("pillow", "figures as TIFF", "deepcme[tiff]"),
)


def doctor(quiet: Quiet = False) -> None:
    """Check this installation: engine, processor, memory, optional parts.

    The engine takes a few steps whose result is known. Exit code 1 if something is broken.
    """
    from deepcme.network.engines.choice import make_engine

    if not quiet:
        _say_computer()
    try:
        engine = make_engine()
        difference = _require_agreement(engine)
    except (DeepCMEError, ImportError, OSError) as error:
        say(f"deepcme: {error}", error=True)
        raise typer.Exit(1) from error
    if not quiet:
        say(
            f"Engine: {_called(engine)}; its steps are those of NumPy (largest difference of a "
            f"weight {difference:.0e})."
        )
        say()
        _say_parts()
        say()
        say("All is well.")


def _say_computer() -> None:
    import os
    import platform

    from joblib import cpu_count

    from deepcme.base.memory import available_bytes
    from deepcme.base.version import __version__

    system = f"{platform.system()} {platform.machine()}"
    say(f"deepcme {__version__}, Python {platform.python_version()}, {system}.")
    threads = os.environ.get("OMP_NUM_THREADS")
    limited = "" if threads is None else f", OMP_NUM_THREADS={threads}"
    say(
        f"Processors: {os.cpu_count()} on this computer{limited}; a command uses "
        f"{cpu_count()} unless --jobs says otherwise."
    )
    free = available_bytes()
    say("Memory: nothing tells." if free is None else f"Memory: {free / 1e9:.1f} GB free.")


def _require_agreement(engine: Engine) -> float:
    from deepcme.network.engines.check import TOLERANCE, compute_disagreement

    difference = compute_disagreement(engine)
    if not difference <= TOLERANCE:
        raise DeepCMEError(
            f"the engine {_called(engine)} is broken: after six steps a weight is off by "
            f"{difference:.2g}. Reinstall deepcme on this computer, and trust no network that "
            "it has trained here."
        )
    return difference


def _called(engine: Engine) -> str:
    """The engine's name, with its instruction set or device."""
    level = getattr(engine, "level", None)
    if level is None:
        return engine.name
    return (
        f"{engine.name}, {_SETS[level]} ({level})"
        if level in _SETS
        else f"{engine.name}, {level}"
    )


def _say_parts() -> None:
    from importlib.metadata import PackageNotFoundError, version

    rows = []
    for part in _PARTS:
        try:
            there = version(part.package)
        except PackageNotFoundError:
            there = f"not there: pip install '{part.install}'"
        rows.append([part.package, part.purpose, there])
    say_table(["Optional part", "for", "version"], rows)
