"""How long work will still take: expected beforehand, corrected by what was measured."""

from __future__ import annotations

import heapq
import math
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)
Result = TypeVar("Result")

_TRUST_SECONDS = 1.0
"""Measured for so long, a family's expectation is corrected half the way."""

_FEWEST_LAST = 4
"""So many pieces of a kind, or two of every worker, tell what the next ones take."""
_AND_SOME_MORE = 1.2
"""What runs longer than expected takes so many times longer than it ran."""


def timed(function: Callable[..., Result], *arguments: object) -> tuple[Result, float]:
    """What a function returns, and the seconds that it took."""
    start = perf_counter()
    result = function(*arguments)
    return result, perf_counter() - start


@dataclass(frozen=True)
class Piece:
    """One piece of work.

    Attributes
    ----------
    seconds : float
        Expected, roughly; NaN if nothing is known.
    kind : hashable
        Pieces of one kind take about as long as each other.
    family : hashable
        Of kinds whose expectations are wrong by about the same factor.
    trained : float
        How many of the seconds networks are trained, which a few of their epochs tell.
    stage : int
        Those of a later stage come after all of an earlier one.
    group : hashable
        Those of one group are done one after the other, as they share what they prepare; None
        for one that shares nothing.
    """

    seconds: float = math.nan
    kind: Hashable = None
    family: Hashable = None
    trained: float = 0.0
    stage: int = 0
    group: Hashable = None


@dataclass
class _Measured:
    n: int = 0
    seconds: float = 0.0
    expected: float = 0.0

    def add(self, seconds: float, expected: float) -> None:
        self.n += 1
        self.seconds += seconds
        self.expected += expected

    @property
    def factor(self) -> float:
        """How many times longer than expected, cautiously."""
        return (self.seconds + _TRUST_SECONDS) / (self.expected + _TRUST_SECONDS)


@dataclass(frozen=True)
class _Rest:
    """What the pieces that are not finished will still take, and how much of all is done."""

    seconds: float
    share: float


class Workload(Generic[Name]):
    """Pieces of work that are done side by side, in their order.

    A piece is expected to take as long as the last finished ones of its kind did on
    average, so that a machine that gets busier is noticed; before there are any, as was
    said, times what its family proved to be off by. Of pieces under way the time that they
    have run is taken off. The rest is laid out on the workers one piece after the other, so
    that the end, where some have nothing left to do, counts as what it is.

    Parameters
    ----------
    pieces : mapping of name to Piece
        In the order in which they are started.
    workers : int or None
        How many are worked on at once; None where that shows only in how fast they finish.
    """

    def __init__(self, pieces: Mapping[Name, Piece], workers: int | None = 1) -> None:
        self.n_pieces = len(pieces)
        self._pieces = dict(pieces)
        self._workers = workers
        self._waiting = dict.fromkeys(pieces)
        self._started: dict[Name, float] = {}
        self._last_of_kind: dict[Hashable, deque[float]] = defaultdict(
            lambda: deque(maxlen=max(_FEWEST_LAST, 2 * (workers or 0)))
        )
        self._of_family: dict[Hashable, _Measured] = defaultdict(_Measured)
        self._all = _Measured()
        self._begin = monotonic()
        self._begin_is_known = False
        self._share = 0.0
        self._lock = threading.Lock()
        self._start_next(self._begin)

    @property
    def n_done(self) -> int:
        """Pieces that are finished."""
        return self.n_pieces - len(self._waiting) - len(self._started)

    @property
    def names(self) -> list[Name]:
        """Names of the pieces, in the order in which they are started."""
        return [*self._pieces]

    def count_stages(self) -> dict[int, int]:
        """Pieces of each stage that are not finished."""
        with self._lock:
            waiting = [*self._started, *self._waiting]
        return dict(Counter(self._pieces[name].stage for name in waiting))

    @property
    def seconds_expected(self) -> float:
        """Time of all pieces one after the other, as was said before any had begun."""
        return sum(piece.seconds for piece in self._pieces.values())

    def finish(self, name: Name, seconds: float | None = None) -> None:
        """Count a piece as finished; without `seconds`, it ran since it could begin."""
        with self._lock:
            now = monotonic()
            piece = self._pieces[name]
            started = self._started.pop(name, None)
            self._waiting.pop(name, None)
            if seconds is None and started is not None:
                seconds = now - started
            if seconds is not None:
                self._learn_begin(now - seconds)
                self._last_of_kind[piece.kind].append(seconds)
                for measured in (self._of_family[piece.family], self._all):
                    measured.add(seconds, piece.seconds)
            self._start_next(now)

    def seconds_left(self) -> float:
        """Expected time until all is done; NaN if nothing is known yet."""
        return self._rest().seconds

    def share_done(self) -> float:
        """Share of the work that is done, 0 to 1, in time and not in pieces; never less."""
        return self._rest().share

    def _learn_begin(self, moment: float) -> None:
        """The first piece tells when work began, after the workers themselves had started."""
        if self._begin_is_known:
            return
        self._begin, self._begin_is_known = max(self._begin, moment), True
        for name, started in self._started.items():
            self._started[name] = max(started, self._begin)

    def _start_next(self, now: float) -> None:
        """Whoever is free begins the next piece."""
        while self._waiting and len(self._started) < (self._workers or 0):
            name = next(iter(self._waiting))
            del self._waiting[name]
            self._started[name] = now

    def _rest(self) -> _Rest:
        with self._lock:
            now = monotonic()
            elapsed = {name: now - started for name, started in self._started.items()}
            expected = self._expectations(elapsed)
            pause = self._pause(now, sum(elapsed.values()))
            under_way = [max(expected[name] - ran, 0.0) for name, ran in elapsed.items()]
            waiting = [expected[name] + pause for name in self._waiting]
            left = sum(under_way) + sum(waiting)
            done = self._all.seconds + sum(elapsed.values())
            if math.isnan(left):
                return _Rest(math.nan, self._share)
            self._share = max(self._share, done / (done + left) if done + left else 1.0)
            if self._workers is None:
                speed = self._all.seconds / max(now - self._begin, 1e-9)
                return _Rest(left / speed if speed else math.nan, self._share)
            return _Rest(_length(under_way, waiting), self._share)

    def _expectations(self, elapsed: Mapping[Name, float]) -> dict[Name, float]:
        """Time of each piece that is not finished."""
        longest: dict[Hashable, float] = defaultdict(float)
        for name, ran in elapsed.items():
            kind = self._pieces[name].kind
            longest[kind] = max(longest[kind], ran)
        expected = {}
        for name in (*elapsed, *self._waiting):
            piece = self._pieces[name]
            last = self._last_of_kind.get(piece.kind)
            if last is not None:
                expected[name] = sum(last) / len(last)
                continue
            family = self._of_family.get(piece.family)
            as_said = piece.seconds * (family.factor if family is not None else 1.0)
            ran = longest[piece.kind]
            expected[name] = _AND_SOME_MORE * ran if ran > as_said else as_said
        return expected

    def _pause(self, now: float, under_way: float) -> float:
        """Mean time between two pieces of a worker, in which results are sent and kept."""
        if self._workers is None or not self._all.n:
            return 0.0
        busy = self._all.seconds + under_way
        n_busy = min(self._workers, self.n_pieces)
        return max(n_busy * (now - self._begin) - busy, 0.0) / self._all.n


def equal_pieces(n: int, workers: int = 1) -> Workload[int]:
    """So many pieces that take as long as each other, numbered from 0."""
    return Workload({number: Piece() for number in range(n)}, workers)


def _length(under_way: list[float], waiting: list[float]) -> float:
    """When the last piece ends, if each goes to whoever is free first."""
    free = under_way or [0.0]
    heapq.heapify(free)
    for seconds in waiting:
        heapq.heappushpop(free, free[0] + seconds)
    return max(free)
