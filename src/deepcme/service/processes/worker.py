"""A worker: answers requests until it is told to stop, and then finishes those at work."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import uvicorn

from deepcme.base.processes.workers import begin_worker
from deepcme.base.terminal import fall_silent
from deepcme.service.app import make_app
from deepcme.service.connections import uvicorn_options
from deepcme.service.models.served import ServedModel
from deepcme.service.settings import ServiceSettings

SERVING = "serving"


def work(
    models: Mapping[str, ServedModel],
    settings: ServiceSettings,
    listening: socket.socket,
    stop_seconds: int,
    orders: Connection,
    starter: tuple[int, bool],
) -> None:
    """Answer until told to stop; say `SERVING` when the first request would be answered.

    Nothing of a request may get into a log: neither of a library, nor as a trace on standard
    error, to which nothing leads from here but the lines of our own that tell of failures.
    """
    begin_worker(*starter)
    config = uvicorn.Config(
        make_app(models, settings, tell=fall_silent(), place=Path(tempfile.gettempdir())),
        timeout_graceful_shutdown=stop_seconds,
        **uvicorn_options(settings),
    )
    server = _Server(config, orders)
    threading.Thread(target=_await_stop, args=(orders, server), daemon=True).start()
    server.run([listening])


class _Server(uvicorn.Server):
    """Tells when it serves, and leaves signals to the supervisor."""

    def __init__(self, config: uvicorn.Config, orders: Connection) -> None:
        super().__init__(config)
        self._orders = orders

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._orders.send(SERVING)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _await_stop(orders: Connection, server: uvicorn.Server) -> None:
    with suppress(EOFError, OSError):  # whoever gives orders has ended: so does this process
        orders.recv()
    server.should_exit = True
