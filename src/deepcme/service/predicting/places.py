"""How many predictions are made at a time, how many wait, and how long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from deepcme.service.answers.refusals import come_again
from deepcme.service.settings import ServiceSettings

P = ParamSpec("P")
T = TypeVar("T")


class Places:
    """Threads that predict, and room for those who wait for one.

    Parameters
    ----------
    settings : ServiceSettings
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(settings.at_work, thread_name_prefix="predicting")
        self._taken = 0

    @property
    def taken(self) -> int:
        """How many are at work or wait."""
        return self._taken

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do some work by a thread, of which it holds the place until it is done.

        Raises
        ------
        HTTPException
            429 where too many wait already, 503 where it took too long.
        """
        settings = self._settings
        if self._taken >= settings.at_work + settings.waiting:
            raise come_again(
                429, "Too many predictions are asked for at once.", settings.retry_seconds
            )
        self._taken += 1
        done = asyncio.get_running_loop().run_in_executor(
            self._threads, partial(work, *args, **kwargs)
        )
        done.add_done_callback(self._give_back)
        try:
            # Of a thread that is not waited for any more the work goes on, and has its place.
            return await asyncio.wait_for(asyncio.shield(done), settings.prediction_seconds)
        except TimeoutError as error:
            raise come_again(
                503, "The prediction took too long: send fewer samples.", settings.retry_seconds
            ) from error

    def close(self) -> None:
        """Take no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _give_back(self, done: asyncio.Future[T]) -> None:
        self._taken -= 1
        if not done.cancelled():
            done.exception()  # which was told already, or nobody waits for
