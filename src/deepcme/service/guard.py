"""What stands before every address: whom the service answers, what it counts, how it fails."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import time
from collections.abc import Callable
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deepcme.service.answers.refusals import error_answer
from deepcme.service.connections import CROWDED
from deepcme.service.metrics import Metrics
from deepcme.service.settings import ServiceSettings

OPEN = frozenset({"/health", "/ready"})
"""Addresses that demand no token."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="deepcme"'}
_NO_ADDRESS = "other"
"""What stands for all addresses that there are not."""
_SAFE_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
]
_HOST = re.compile(r"(\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[^\[\]:@/]+))(:\d{1,5})?")


class Guard:
    """Stands before an application.

    Parameters
    ----------
    app : ASGI application
    settings : ServiceSettings
    metrics : Metrics
    front : Response
        Answers `/` to those without a token: what it says is for everybody.
    tell : callable
        Says a line where the service runs.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: ServiceSettings,
        metrics: Metrics,
        front: Response,
        tell: Callable[[str], None],
    ) -> None:
        self._app, self._metrics, self._front, self._tell = app, metrics, front, tell
        self._retry = str(math.ceil(settings.retry_seconds))
        self._hosts = frozenset(host.casefold() for host in settings.hosts)
        self._token = None if settings.token is None else _digest(settings.token.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1000})
            else:
                await self._app(scope, receive, send)
            return
        answered = _Answered(send)
        begun = time.perf_counter()
        self._metrics.begin()
        try:
            refused = self._refuse(scope)
            await (refused or self._app)(scope, receive, answered.send)
        except Exception as error:
            self._tell(_failure(error))
            if not answered.status:
                sentence = "The service failed at this request; it is told where it runs."
                await error_answer(500, sentence)(scope, receive, answered.send)
        finally:
            route = scope.get("route")
            address = _NO_ADDRESS if route is None else route.path
            seconds = time.perf_counter() - begun
            self._metrics.end(address, scope["method"], answered.status, seconds)

    def _refuse(self, scope: Scope) -> Response | None:
        """What is answered to whom the application does not answer."""
        if scope.get("state", {}).get(CROWDED):
            sentence = "The service has as many connections as it can: try again later."
            return error_answer(
                503, sentence, {"Retry-After": self._retry, "Connection": "close"}
            )
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_asked_by(hosts[0]):
            return error_answer(
                400, "The service is not known by the name that the header Host tells."
            )
        if self._token is None or scope["path"] in OPEN or self._knows(headers):
            return None
        if scope["path"] == "/" and scope["method"] in ("GET", "HEAD"):
            return self._front
        sentence = "Send the service's token: Authorization: Bearer TOKEN."
        return error_answer(401, sentence, CHALLENGE)

    def _is_asked_by(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        return "*" in self._hosts or (found["six"] or found["name"]).casefold() in self._hosts

    def _knows(self, headers: Headers) -> bool:
        """Whether the token is sent; it takes the same time whatever is."""
        assert self._token is not None
        kind, _, sent = headers.get("authorization", "").partition(" ")
        is_token = hmac.compare_digest(_digest(sent.strip().encode("latin-1")), self._token)
        return is_token and kind.lower() == "bearer"


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


class _Answered:
    """An answer on its way: its status, and the headers that every answer has."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"]
            named = {name for name, _ in headers}
            safe = [header for header in _SAFE_HEADERS if header[0] not in named]
            message = {**message, "headers": [*headers, *safe]}
        await self._send(message)


def _failure(error: Exception) -> str:
    """Where the service failed, and nothing of what it was asked."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (
        ""
        if trace is None
        else (f" in {Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}")
    )
    return f"A request failed: {type(error).__name__}{place}."
