"""The time left that is told, in runs of which the true times are known."""

import heapq
import math

import numpy as np
import pytest

from deepcme.base import workload
from deepcme.base.workload import Piece, Workload
from deepcme.study.estimate import in_order

pytestmark = pytest.mark.cause("time-left")

MOST = 1.5
FIRST_SHARE = 0.1
SLOW, FAST = 60.0, 0.05


def kinds(*described):
    """Pieces and their true times: count, seconds expected, seconds true, kind, family."""
    pieces, true = {}, {}
    for count, expected, seconds, kind, family in described:
        for number in range(count):
            pieces[kind, number] = Piece(expected, kind, family)
            true[kind, number] = seconds
    return in_order(pieces), true


def with_noise(pieces, true, spread):
    random = np.random.default_rng(1)
    return pieces, {name: s * random.uniform(1 / spread, spread) for name, s in true.items()}


def factors(monkeypatch, pieces, true, workers, *, known=True, start=0.0, pause=0.0):
    """Time left as told, by that which is really left, from a tenth of the time on."""
    now = [0.0]
    monkeypatch.setattr(workload, "monotonic", lambda: now[0])
    work = Workload(pieces, workers if known else None)
    free = [(start, worker) for worker in range(workers)]
    ends = []
    for name in pieces:
        moment, worker = heapq.heappop(free)
        ends.append((moment + true[name], name))
        heapq.heappush(free, (moment + true[name] + pause, worker))
    ends.sort()
    whole = ends[-1][0]
    told = []
    looks = iter(np.linspace(FIRST_SHARE * whole, 0.98 * whole, 60))
    look = next(looks)
    for moment, name in ends:
        while look is not None and look < moment:
            now[0] = look
            told.append(work.seconds_left() / (whole - look))
            look = next(looks, None)
        now[0] = moment
        work.finish(name, true[name])
    return np.array(told)


FAST_AND_SLOW = kinds(
    (10, SLOW, SLOW, "ensemble", "networks"),
    (40, FAST, FAST, "neighbours", "neighbours"),
    (40, 1.0, 2.0, "forest", "forest"),
)
OFF_BY_FOUR = kinds(
    (3, SLOW / 16, SLOW / 4, "network", "networks"),
    (40, SLOW / 4, SLOW, "ensemble", "networks"),
)
GRID = kinds(*((4, seconds, 3 * seconds, seconds, "networks") for seconds in range(5, 37)))
GOING_ON = kinds((7, SLOW, SLOW, "ensemble", "networks"), (1, FAST, FAST, "knn", "knn"))
MANY_SHORT = kinds((2000, FAST, FAST, "neighbours", "neighbours"))


@pytest.mark.parametrize(
    ("study", "workers", "how"),
    [
        pytest.param(FAST_AND_SLOW, 2, {}, id="time-left-fast-and-slow"),
        pytest.param(with_noise(*FAST_AND_SLOW, 1.3), 2, {}, id="time-left-a-busy-machine"),
        pytest.param(OFF_BY_FOUR, 4, {}, id="time-left-expectations-off-by-four"),
        pytest.param(GRID, 4, {}, id="time-left-every-point-of-a-grid-another-kind"),
        pytest.param(GOING_ON, 16, {}, id="time-left-more-workers-than-fits"),
        pytest.param(GOING_ON, 3, {}, id="time-left-the-last-one-runs-alone"),
        pytest.param(
            FAST_AND_SLOW, 2, {"start": 30.0}, id="time-left-workers-that-start-slowly"
        ),
        pytest.param(MANY_SHORT, 8, {"pause": 0.05}, id="time-left-more-pause-than-work"),
        pytest.param(MANY_SHORT, 8, {"known": False}, id="time-left-workers-of-a-cluster"),
    ],
)
def test_it_is_right_from_a_tenth_of_the_work_on(monkeypatch, study, workers, how):
    told = factors(monkeypatch, *study, workers, **how)
    assert len(told) > 30
    assert not any(map(math.isnan, told))
    assert told.max() < MOST and told.min() > 1 / MOST, told.round(2)
