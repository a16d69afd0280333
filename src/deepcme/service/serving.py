"""Serving models until a signal stops it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.shared import shared_folder
from deepcme.service.models.snapshot import name_models
from deepcme.service.processes.generation import Orders
from deepcme.service.processes.listening import is_loopback, listen
from deepcme.service.processes.supervisor import Supervisor
from deepcme.service.settings import LOOPBACK, ServiceSettings

__all__ = ["serve"]

_TAKEN = ("starlette", "uvicorn", "httptools", "prometheus_client")
_GIVEN_BACK = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "1048576",
}
"""That memory of a large table goes back to the system once it is answered."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def serve(
    folders: Iterable[Path],
    settings: ServiceSettings,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    n_workers: int = 2,
    stop_seconds: int = 30,
    quiet: bool = False,
) -> int:
    """Serve models at an address until a signal stops it; what the command ends with.

    Parameters
    ----------
    folders : iterable of path
        Of models, each asked by its folder's name.
    settings : ServiceSettings
        Its hosts are not looked at: without a token, those of this computer.
    host, port
        Where to listen.
    n_workers : int
        Processes that answer.
    stop_seconds : int
        That requests at work have to finish when it is stopped.
    quiet : bool
        Say nothing but what went wrong.

    Raises
    ------
    DeepCMEError
        If a model cannot be served, the address is taken, others than this computer reach it
        and there is no token, or the service does not run on this installation.
    """
    if os.name != "posix":
        raise DeepCMEError(
            "The service runs on Linux and macOS; on Windows, inside WSL.", topic="installing"
        )
    if not all(map(find_spec, _TAKEN)):
        raise DeepCMEError(
            "The service takes Starlette and uvicorn: install them with  pip install "
            "'deepcme[serve]'.",
            topic="installing",
        )
    named = name_models(folders)
    listening = listen(host, port)
    with listening:
        if settings.token is None and not is_loopback(listening):
            raise DeepCMEError(
                f"--host {host}: whoever reaches this computer could ask the models: name a "
                "file that holds a token, which is then demanded, with --token-file."
            )
        hosts = (*LOOPBACK, host) if settings.token is None else ("*",)
        place = shared_folder()
        metrics = place / "metrics"
        metrics.mkdir(mode=0o700, exist_ok=True)
        # Both are read when a generation imports what they are for.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
        os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))  # a worker counts on one core
        os.environ.update(_GIVEN_BACK | os.environ)
        orders = Orders((), replace(settings, hosts=hosts), n_workers, stop_seconds, place)
        return Supervisor(named, orders, listening, quiet=quiet).run()
