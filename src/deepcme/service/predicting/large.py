"""One large table at a time, whichever worker has it, so that memory holds those of one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from starlette.exceptions import HTTPException

from deepcme.service.answers.refusals import come_again
from deepcme.service.settings import ServiceSettings

_LARGE = 4 << 20
"""Bytes of a table from which on working on it takes a hundred megabytes and more."""
_SECONDS_BETWEEN = 0.05


class LargeTables:
    """Has large tables wait for each other, without a thread of those that predict.

    Parameters
    ----------
    settings : ServiceSettings
    place : path, optional
        Private folder that all workers share; without, those of this process wait alone.
    """

    def __init__(self, settings: ServiceSettings, place: Path | None) -> None:
        self._settings = settings
        self._file = None if place is None else place / "large-table.lock"
        self._here = asyncio.Lock()

    @asynccontextmanager
    async def alone(self, table: Path) -> AsyncIterator[None]:
        """Wait until no other large table is worked on, if this one is large.

        Raises
        ------
        HTTPException
            503 where that took too long.
        """
        if table.stat().st_size < _LARGE:
            yield
            return
        until = asyncio.get_running_loop().time() + self._settings.prediction_seconds
        try:
            async with asyncio.timeout_at(until):
                await self._here.acquire()
        except TimeoutError as error:
            raise self._busy() from error
        try:
            if self._file is None:
                yield
                return
            with self._file.open("ab") as lock:  # of a worker that is killed it is given back
                await self._lock(lock, until)
                yield
        finally:
            self._here.release()

    async def _lock(self, lock: IO[bytes], until: float) -> None:
        import fcntl  # the service does not run where there is none

        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if asyncio.get_running_loop().time() > until:
                    raise self._busy() from error
                await asyncio.sleep(_SECONDS_BETWEEN)

    def _busy(self) -> HTTPException:
        return come_again(
            503,
            "Other large tables are worked on: send it again later.",
            self._settings.retry_seconds,
        )
