"""What is demanded of connections before there is a request to answer."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from deepcme.service.answers.writing import JSON, to_json
from deepcme.service.settings import ServiceSettings

__all__ = ["uvicorn_options"]

_REST_SECONDS = 2.0
"""In which a client may see that its body was refused, before it is cut off."""
CROWDED = "crowded"
"""In the state of a request: there are too many connections to answer it."""
_END_OF_HEADERS = b"\r\n\r\n"
_SPARE_SECONDS = 5.0
"""In which the application itself refuses a body that is late."""


def uvicorn_options(settings: ServiceSettings) -> dict[str, Any]:
    """What `uvicorn.Config` is told beside the application and where it listens.

    Nothing of a request is logged, and nothing that a client says of itself is believed.
    """
    return {
        "http": type("Connection", (BoundedConnection,), {"bounds": settings}),
        "loop": "asyncio",  # uvloop is no quicker here, and lets some of many clients wait long
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "proxy_headers": False,
    }


class BoundedConnection(HttpToolsProtocol):
    """A connection whose requests come in time, with headers of a bounded size.

    Uvicorn bounds neither: it waits without end for the rest of a request, and keeps all
    headers, also those that trail a body.
    """

    bounds: ServiceSettings

    _is_coming = True
    """Whether a request is, of which not all is here."""
    _in_headers = True
    _n_apart = 0
    """Bytes in a row that are no part of a body."""
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        if len(self.connections) > 2 * self.bounds.connections:
            transport.abort()
            return
        if len(self.connections) > self.bounds.connections:
            self.app_state = {**self.app_state, CROWDED: True}
        self._wait(self.bounds.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._wait(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Refuse headers that are too large; else read on."""
        room = self.bounds.header_bytes - self._n_apart
        is_over = len(data) > room and _END_OF_HEADERS not in data[: room + 4]
        if self._in_headers and is_over:
            self._refuse("431 Request Header Fields Too Large", "The headers are too large.")
            return
        self._n_apart += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._in_headers and self._n_apart > self.bounds.header_bytes:
            self.transport.abort()  # what stands between or after the chunks of a body
        elif not self._is_coming and self._is_idle and self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_message_begin(self) -> None:
        """Wait for the headers of a request."""
        super().on_message_begin()
        self._is_coming = self._in_headers = True
        self._n_apart = 0
        self._wait(self.bounds.header_seconds)

    def on_headers_complete(self) -> None:
        """Wait for the body."""
        self._in_headers = False
        self._n_apart = 0
        super().on_headers_complete()
        self._wait(self.bounds.body_seconds + _SPARE_SECONDS)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._n_apart = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        """Take the rest of a body that nobody waits for, but not for long."""
        super().on_response_complete()
        if self._is_coming and not self._in_headers:
            self._wait(_REST_SECONDS)

    def on_message_complete(self) -> None:
        """Wait no more; all is here."""
        self._is_coming, self._n_apart = False, 0
        self._wait(None)
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close, and do not wait long for whoever does not read the answer."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(self.bounds.body_seconds, self.transport.abort)

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self, seconds: float | None) -> None:
        """Look again after some seconds, and not as was said before."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        """End a request that is late, unless its application still answers it."""
        if self.transport.is_closing():
            return
        if not self._is_idle:
            self._wait(self.bounds.header_seconds)
        elif self._in_headers:
            self._refuse("408 Request Timeout", "The request did not come in time.")
        else:
            self.transport.abort()

    def _refuse(self, status: str, sentence: str) -> None:
        body = to_json({"error": sentence})
        head = (
            f"HTTP/1.1 {status}\r\ncontent-type: {JSON}\r\ncontent-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
