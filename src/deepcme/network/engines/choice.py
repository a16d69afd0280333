"""Which engine trains: chosen by name, by device, and by what is installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.threads import single_thread
from deepcme.network.engines.base import Engine

ENGINES = ("auto", "native", "torch")
DEVICES = ("cpu", "cuda", "mps")


def make_engine(engine: str = "auto", device: str | None = None) -> Engine:
    """The engine that trains networks.

    Parameters
    ----------
    engine : {"auto", "native", "torch"}
        ``"auto"`` takes PyTorch where it sees CUDA, else the native engine,
        else PyTorch on the CPU.
    device : {"cpu", "cuda", "mps"}, optional
        Device for PyTorch; the native engine runs on the CPU only.

    Raises
    ------
    DeepCMEError
        If the engine or device is unknown, not installed or not there.
    """
    if engine not in ENGINES:
        raise DeepCMEError(f"engine must be one of {', '.join(ENGINES)}, not {engine!r}.")
    if device is not None and device not in DEVICES:
        raise DeepCMEError(f"device must be one of {', '.join(DEVICES)}, not {device!r}.")
    if engine == "auto":
        engine = _choose_engine(device)
    if engine == "native":
        return _make_native_engine(device)
    return _make_torch_engine(device)


@contextmanager
def one_thread_a_task() -> Iterator[None]:
    """Keep a task that may train networks to one thread, as `single_thread` does.

    If PyTorch is to train them, it is loaded first: its threads can be limited only then.
    """
    make_engine()
    with single_thread():
        yield


def _choose_engine(device: str | None) -> str:
    if device in ("cuda", "mps") or (device is None and _sees_cuda()):
        return "torch"
    if _has_native():
        return "native"
    if _has_torch():
        return "torch"
    raise DeepCMEError(
        "No training engine is installed: reinstall deepcme where g++ or clang++ is found, "
        "or add PyTorch with: pip install 'deepcme[torch]'."
    )


def _make_native_engine(device: str | None) -> Engine:
    if device not in (None, "cpu"):
        raise DeepCMEError(f"The native engine runs on the CPU, not on {device}.")
    if not _has_native():
        raise DeepCMEError(
            "deepcme was installed without its native engine: reinstall it where g++ or "
            "clang++ is found, or choose the engine torch."
        )
    from deepcme.network.engines.native_engine import NativeEngine

    return NativeEngine()


def _make_torch_engine(device: str | None) -> Engine:
    if not _has_torch():
        raise DeepCMEError("PyTorch is not installed: pip install 'deepcme[torch]'.")
    if not _torch_sees(device):
        raise DeepCMEError(
            f"PyTorch sees no {device} device on this machine: choose the device cpu, or "
            "leave it out."
        )
    from deepcme.network.engines.torch_engine import TorchEngine

    return TorchEngine(device)


def _has_native() -> bool:
    return find_spec("deepcme.network.engines._native") is not None


def _has_torch() -> bool:
    return find_spec("torch") is not None


def _torch_sees(device: str | None) -> bool:
    """Whether PyTorch finds the device that is asked for."""
    if device not in ("cuda", "mps"):
        return True
    import torch

    return torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available()


def _sees_cuda() -> bool:
    """Whether PyTorch would find CUDA; imports it only where an NVIDIA driver is installed."""
    has_driver = Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None
    if not has_driver or not _has_torch():
        return False
    import torch

    return torch.cuda.is_available()
