"""The process that watches: it holds the socket, and has one set of models follow another."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import socket
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.stopping import held_back
from deepcme.base.processes.workers import starter
from deepcme.base.terminal import say
from deepcme.base.words import counted
from deepcme.service.models.snapshot import take_snapshot
from deepcme.service.processes.generation import (
    Orders,
    Refused,
    Replaced,
    Serving,
    Stopped,
    hold,
)
from deepcme.service.processes.listening import address_of
from deepcme.service.processes.signals import RELOADING, STOP, STOPPING, Signals, noted_signals

_CONTEXT = multiprocessing.get_context("spawn")
_SECONDS_MORE = 15.0
"""That a generation may take to end after the time that requests at work have."""


class Supervisor:
    """Serves models until a signal stops it; SIGHUP has it read them anew.

    New models are verified, and answer, before those that they replace are told to end; if
    they cannot be served, those that are go on.

    Parameters
    ----------
    named : dict of str to path
        Folder of each model by its name.
    orders : Orders
        How to serve; its folders are not looked at.
    listening : socket
    quiet : bool
        Whether nothing is said but what went wrong.
    """

    def __init__(
        self,
        named: dict[str, Path],
        orders: Orders,
        listening: socket.socket,
        *,
        quiet: bool = False,
    ) -> None:
        self._named, self._orders = named, orders
        self._listening, self._quiet = listening, quiet
        self._n_begun = 0
        self._current: _Generation | None = None
        self._coming: _Generation | None = None
        self._leaving: list[_Generation] = []
        self._stops_until: float | None = None
        self._has_served = self._reload_again = False
        self._n_cut_off = 0

    def run(self) -> int:
        """Serve until stopped; what the command ends with.

        Raises
        ------
        DeepCMEError
            If the models cannot be served from the start.
        """
        try:
            with noted_signals() as signals:
                self._coming = self._begin(self._copy())
                while generations := self._generations():
                    self._wait(generations, signals)
                    for number in signals.take():
                        self._heed(number)
                    for generation in generations:
                        self._hear(generation)
                    if self._stops_until is not None and time.monotonic() > self._stops_until:
                        self._kill()
        finally:
            self._kill()
        return 1 if self._n_cut_off else 0

    def _generations(self) -> list[_Generation]:
        return [g for g in (self._current, self._coming, *self._leaving) if g is not None]

    def _wait(self, generations: list[_Generation], signals: Signals) -> None:
        watched = [part for g in generations for part in (g.connection, g.process.sentinel)]
        until = self._stops_until
        wait(
            [signals.reader, *watched],
            None if until is None else max(0.0, until - time.monotonic()),
        )

    def _copy(self) -> tuple[tuple[str, Path, Path], ...]:
        self._n_begun += 1
        place = self._orders.place / str(self._n_begun)
        place.mkdir(mode=0o700)
        try:
            copies = take_snapshot(self._named, place)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return tuple(zip(self._named, copies, self._named.values(), strict=True))

    def _begin(self, folders: tuple[tuple[str, Path, Path], ...]) -> _Generation:
        return _Generation(replace(self._orders, folders=folders), self._listening)

    def _heed(self, number: int) -> None:
        if number in STOPPING:
            if self._stops_until is None:
                self._stop()
            else:  # asked again: at once
                self._kill()
        elif number == RELOADING and self._stops_until is None:
            self._reload()

    def _stop(self) -> None:
        self._stops_until = time.monotonic() + self._orders.stop_seconds + _SECONDS_MORE
        for generation in (self._coming, self._current):
            if generation is not None:
                generation.stop()
                self._leaving.append(generation)
        self._coming = self._current = None

    def _reload(self) -> None:
        if self._coming is not None:
            self._reload_again = True
            return
        try:
            self._coming = self._begin(self._copy())
        except (DeepCMEError, OSError) as error:
            self._keep(str(error))

    def _keep(self, why: str) -> None:
        """Go on with the models that there are, if there are any."""
        if self._current is None:
            raise DeepCMEError(why)
        _tell(f"Not reloaded, and the models go on as they were: {why}")

    def _say(self, line: str) -> None:
        if not self._quiet:
            _tell(line, error=False)

    def _hear(self, generation: _Generation) -> None:
        """Take what a generation says, or that it has ended."""
        has_ended = generation.has_ended()  # and what it said before is heard below
        for said in generation.hear():
            if isinstance(said, Serving):
                self._take_over(generation, said)
            elif isinstance(said, Replaced):
                _tell(said.how)
            elif isinstance(said, Stopped):
                self._n_cut_off += said.n_cut_off
            elif isinstance(said, Refused):
                generation.refused = said.sentence
        if has_ended:
            self._part_with(generation)

    def _take_over(self, generation: _Generation, said: Serving) -> None:
        if generation is not self._coming:  # told to stop meanwhile
            return
        models = ", ".join(f"{name} {version}".rstrip() for name, version in said.models)
        if not self._has_served:
            self._has_served = True
            workers = counted(self._orders.n_workers, "worker")
            where = address_of(self._listening)
            self._say(
                f"Serving {models} on {where} by {workers} (process {os.getpid()}); Ctrl-C "
                "stops, SIGHUP reloads."
            )
        else:
            self._say(f"Reloaded: {models}.")
        if self._current is not None:
            self._current.stop()
            self._leaving.append(self._current)
        self._current, self._coming = generation, None
        if self._reload_again:
            self._reload_again = False
            self._reload()

    def _part_with(self, generation: _Generation) -> None:
        generation.close()
        if generation in self._leaving:
            self._leaving.remove(generation)
            self._remove_copies(generation)
        elif generation is self._coming:
            self._coming = None
            self._remove_copies(generation)
            self._keep(generation.refused or generation.ended())
        else:
            _tell(f"{generation.ended()}; another one takes its place.")
            self._current = None
            if self._coming is not None:  # and may turn out not to be whole
                self._coming.kill()
                self._leaving.append(self._coming)
                self._reload_again = True
            self._coming = self._begin(generation.orders.folders)

    def _remove_copies(self, generation: _Generation) -> None:
        folders = generation.orders.folders
        in_use = {g.orders.folders for g in self._generations() if g is not generation}
        if folders not in in_use:
            shutil.rmtree(folders[0][1].parent, ignore_errors=True)

    def _kill(self) -> None:
        for generation in self._generations():
            if not generation.has_ended():
                self._n_cut_off += 1
                generation.kill()


class _Generation:
    """A generation as the supervisor sees it."""

    def __init__(self, orders: Orders, listening: socket.socket) -> None:
        self.orders = orders
        self.connection, told = _CONTEXT.Pipe()
        _, of_main = starter()
        self.process = _CONTEXT.Process(target=hold, args=(orders, listening, told, of_main))
        with held_back():
            self.process.start()
        told.close()
        self.refused = ""

    def hear(self) -> list[object]:
        """All that it has said since it was last heard."""
        said = []
        with suppress(EOFError, OSError):
            while self.connection.poll():
                said.append(self.connection.recv())
        return said

    def has_ended(self) -> bool:
        return not self.process.is_alive()

    def ended(self) -> str:
        return f"The process that holds the models ended with code {self.process.exitcode}"

    def stop(self) -> None:
        with suppress(OSError):
            self.connection.send(STOP)

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def close(self) -> None:
        self.connection.close()
        self.process.join()


def _tell(line: str, *, error: bool = True) -> None:
    """Say a line; whoever listened to it may have gone, and the service goes on."""
    with suppress(OSError):
        say(line, error=error)
