"""A watch over one request: a server that is too slow is left, whatever it is doing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Self

import httpx

from deepcme.sources.fetching.limits import Limits

_SECONDS_BETWEEN_LOOKS = 0.2


class IncompleteError(Exception):
    """An answer that arrived but is not whole; asking again may help."""


class TooSlowError(IncompleteError):
    """An answer that did not begin, or came below the least speed for too long."""


class Watch:
    """Shuts the connection of a request as soon as its answer is late.

    A time-out of its own has only each single read: a server that sends a byte now and
    then, be it in the middle of a header, never meets it. So a thread looks on. Only
    the time spent waiting for the server counts; every byte that comes buys
    ``1 / least_speed`` seconds of patience, up to ``seconds_below``.
    """

    def __init__(self, limits: Limits) -> None:
        self.is_late = False
        self.complaint = f"an answer came at less than {limits.least_speed:,g} bytes a second"
        self._limits = limits
        self._patience = limits.seconds_to_answer
        self._waiting_since: float | None = None
        self._connection: Any = None
        self._lock = threading.Lock()
        self._is_over = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._look_on, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Learn which connection to shut; the `trace` extension of an httpx request."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._connection = info["return_value"]

    @contextmanager
    def waiting(self, complaint: str) -> Iterator[None]:
        """Count the time within as spent waiting for the server.

        Raises
        ------
        TooSlowError
            If the answer was late, however the wait ended.
        """
        with self._lock:
            self._waiting_since = time.monotonic()
        try:
            yield
        except httpx.TransportError as error:
            if self.is_late or isinstance(error, httpx.ReadTimeout):
                raise TooSlowError(complaint) from error
            raise
        finally:
            with self._lock:
                self._patience -= time.monotonic() - self._waiting_since
                self._waiting_since = None
        if self.is_late:  # a connection that was shut can look like the end of an answer
            raise TooSlowError(complaint)

    def answered(self) -> None:
        """The head of the answer came: from now on its speed counts."""
        self._patience = self._limits.seconds_below

    def came(self, n_bytes: int) -> None:
        """Bytes came."""
        bought = n_bytes / self._limits.least_speed
        self._patience = min(self._patience + bought, self._limits.seconds_below)

    def _look_on(self) -> None:
        while not self._is_over.wait(_SECONDS_BETWEEN_LOOKS):
            with self._lock:
                since = self._waiting_since
                if since is None or time.monotonic() - since < self._patience:
                    continue
                self.is_late = True
            self._shut()

    def _shut(self) -> None:
        if self._connection is not None:
            with suppress(OSError):  # it ended by itself meanwhile
                self._connection.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


class WatchedStream(httpx.SyncByteStream):
    """The body of an answer, as it comes under a watch."""

    def __init__(
        self, stream: httpx.SyncByteStream, watch: Watch, count: Callable[[int], None]
    ) -> None:
        self._stream = stream
        self._watch = watch
        self._count = count

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self._stream)
        while True:
            with self._watch.waiting(self._watch.complaint):
                chunk = next(chunks, None)
            if chunk is None:
                return
            self._watch.came(len(chunk))
            self._count(len(chunk))
            yield chunk

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
