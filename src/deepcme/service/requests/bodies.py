"""Bodies as they come, within limits of bytes and of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from deepcme.service.answers.refusals import come_again, refusal, too_large
from deepcme.service.requests.held import held_file
from deepcme.service.settings import ServiceSettings


@dataclass
class _Counted:
    """Bytes of one body that are held."""

    n_bytes: int = 0


class Bodies:
    """The bodies that a worker holds at a time.

    Parameters
    ----------
    settings : ServiceSettings
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._held = 0

    @asynccontextmanager
    async def of(self, request: Request, most: int) -> AsyncIterator[bytes]:
        """The body of a request, which is held until it is done with.

        Raises
        ------
        HTTPException
            413 where it is, or says that it is, larger than `most` bytes; 408 where it does
            not come in time; 503 where too much is held already.
        """
        chunks: list[bytes] = []
        async with self._received(request, most, chunks.append):
            yield chunks[0] if len(chunks) == 1 else b"".join(chunks)

    @asynccontextmanager
    async def file_of(self, request: Request, most: int, name: str) -> AsyncIterator[Path]:
        """The same as a file of this name.

        Raises
        ------
        HTTPException
            As `of`.
        """
        with held_file(name) as (path, file):
            async with self._received(request, most, file.write):
                file.flush()
                yield path

    @asynccontextmanager
    async def _received(
        self, request: Request, most: int, keep: Callable[[bytes], object]
    ) -> AsyncIterator[None]:
        """Have a body kept, part by part, and counted until it is done with."""
        _require_length(request, most)
        counted = _Counted()
        try:
            await self._receive(request, most, keep, counted)
            yield
        finally:
            self._held -= counted.n_bytes

    async def _receive(
        self, request: Request, most: int, keep: Callable[[bytes], object], counted: _Counted
    ) -> None:
        try:
            async with asyncio.timeout(self._settings.body_seconds):
                async for chunk in request.stream():
                    if counted.n_bytes + len(chunk) > most:
                        raise _over(most)
                    self._take(len(chunk))
                    counted.n_bytes += len(chunk)
                    keep(chunk)
        except TimeoutError as error:
            raise refusal(
                408, "The body did not come in time: send it again.", Connection="close"
            ) from error
        except ClientDisconnect as error:
            raise refusal(400, "The body was cut short.") from error

    def _take(self, n_bytes: int) -> None:
        if self._held + n_bytes > self._settings.held_bytes:
            raise come_again(
                503,
                "The service holds as many bodies as it can: send it again later.",
                self._settings.retry_seconds,
            )
        self._held += n_bytes


def _require_length(request: Request, most: int) -> None:
    """Look at the length that the headers tell, before anything is received."""
    told = request.headers.get("content-length", "0")
    if not (told.isascii() and told.isdecimal()):
        raise refusal(400, "The header Content-Length is no number.")
    if len(told) > len(str(most)) or int(told) > most:
        raise _over(most)


def _over(most: int) -> HTTPException:
    return too_large(f"The body is larger than the {most:,} bytes that are taken.")
