"""Choosing an engine by name, and what is said where it is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.network.engines import choice
from deepcme.network.engines.choice import make_engine


def install(
    monkeypatch: pytest.MonkeyPatch, *, native: bool, torch: bool, cuda: bool = False
) -> None:
    monkeypatch.setattr(choice, "_has_native", lambda: native)
    monkeypatch.setattr(choice, "_has_torch", lambda: torch)
    monkeypatch.setattr(choice, "_sees_cuda", lambda: cuda)


def test_native_is_the_default_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("deepcme.network.engines._native")
    install(monkeypatch, native=True, torch=True)
    assert make_engine().name == "native"


def test_torch_where_there_is_no_native_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    install(monkeypatch, native=False, torch=True)
    assert make_engine().name == "torch"


def test_cuda_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, native=True, torch=True, cuda=True)
    assert choice._choose_engine(None) == "torch"
    assert choice._choose_engine("cpu") == "native"


@pytest.mark.parametrize(
    ("engine", "device", "sentence"),
    [
        ("auto", None, "No training engine is installed"),
        ("native", None, "without its native engine"),
        ("native", "cuda", "runs on the CPU, not on cuda"),
        ("torch", None, "PyTorch is not installed"),
        ("jax", None, "must be one of auto, native, torch, not 'jax'"),
        ("auto", "tpu", "device must be one of cpu, cuda, mps, not 'tpu'"),
        ("native", 0, "device must be one of cpu, cuda, mps, not 0"),
    ],
)
def test_what_is_missing_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, engine: str, device: str | None, sentence: str
) -> None:
    install(monkeypatch, native=False, torch=False)
    with pytest.raises(DeepCMEError, match=sentence):
        make_engine(engine, device)


@pytest.mark.parametrize("device", ["cuda", "mps"])
@pytest.mark.parametrize("engine", ["auto", "torch"])
def test_a_device_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, engine: str, device: str
) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(DeepCMEError, match=f"sees no {device} device .* choose the device cpu"):
        make_engine(engine, device)


def test_choosing_imports_no_torch() -> None:
    """Importing PyTorch takes longer than everything else; nobody pays for it unasked."""
    pytest.importorskip("deepcme.network.engines._native")
    program = (
        "import sys, shutil, deepcme.network.engines.choice as e; e._sees_cuda = lambda: False\n"
        "e.make_engine(); assert not {'torch', 'anndata'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
