"""The time that work still takes: of what was expected, and of what was measured."""

import math

import pytest

from deepcme.base import workload
from deepcme.base.workload import Piece, Workload, equal_pieces, timed


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set."""
    now = [0.0]
    monkeypatch.setattr(workload, "monotonic", lambda: now[0])

    def set_to(moment):
        now[0] = moment

    return set_to


def slow_and_fast(n_slow, n_fast, slow=100.0, fast=1.0):
    slow_ones = {f"slow {i}": Piece(slow, "slow", "slow") for i in range(n_slow)}
    return slow_ones | {f"fast {i}": Piece(fast, "fast", "fast") for i in range(n_fast)}


def test_before_anything_is_done_the_rest_is_what_is_expected(clock):
    work = Workload(slow_and_fast(2, 50), 2)
    assert work.seconds_left() == pytest.approx(125)
    assert work.share_done() == 0


def test_a_fast_piece_counts_as_little_as_it_takes(clock):
    work = Workload(slow_and_fast(1, 100), 1)
    clock(100)
    work.finish("slow 0", 100)
    assert work.share_done() == pytest.approx(0.5)
    assert work.seconds_left() == pytest.approx(100)


def test_what_runs_already_counts_by_the_time_that_it_ran(clock):
    work = Workload(slow_and_fast(2, 0), 2)
    clock(75)
    assert work.n_done == 0
    assert work.seconds_left() == pytest.approx(25)
    assert work.share_done() == pytest.approx(0.75)


def test_a_kind_takes_what_its_finished_ones_took(clock):
    work = Workload(slow_and_fast(4, 0), 1)
    clock(30)
    work.finish("slow 0", 20)
    clock(60)
    work.finish("slow 1", 30)
    assert work.seconds_left() == pytest.approx(50, rel=0.25)


def test_a_family_tells_of_kinds_that_have_none_finished(clock):
    pieces = {name: Piece(100.0, name, "networks") for name in ("first", "second")}
    work = Workload(pieces, 1)
    clock(300)
    work.finish("first", 300)
    assert work.seconds_left() == pytest.approx(300, rel=0.02)


def test_a_moment_of_one_kind_does_not_overthrow_what_is_expected_of_another(clock):
    pieces = {"quick": Piece(0.01, "quick", "all"), "long": Piece(100.0, "long", "all")}
    work = Workload(pieces, 1)
    clock(0.1)
    work.finish("quick", 0.1)
    assert work.seconds_left() == pytest.approx(100, rel=0.15)


def test_what_runs_longer_than_expected_says_so_of_its_kind(clock):
    work = Workload(slow_and_fast(3, 0, slow=1.0), 1)
    clock(50)
    assert work.seconds_left() == pytest.approx(2 * 60 + 10)


def test_the_start_of_the_workers_is_no_progress(clock):
    work = Workload(slow_and_fast(1, 10), 2)
    clock(11)
    work.finish("fast 0", 1)
    assert work.seconds_left() == pytest.approx(99)


@pytest.mark.parametrize(("n_workers", "left"), [(1, 300), (2, 200), (3, 100), (8, 100)])
def test_at_the_end_some_workers_have_nothing_to_do(clock, n_workers, left):
    assert Workload(slow_and_fast(3, 0), n_workers).seconds_left() == pytest.approx(left)


def test_time_between_pieces_counts(clock):
    work = equal_pieces(4)
    clock(10)
    work.finish(0, 10)
    clock(25)
    work.finish(1, 10)
    assert work.seconds_left() == pytest.approx(2 * 10 + 2.5)


def test_of_workers_who_are_not_known_the_speed_tells(clock):
    work = Workload(slow_and_fast(0, 40, fast=10.0), None)
    assert math.isnan(work.seconds_left())
    clock(10)
    for i in range(20):
        work.finish(f"fast {i}", 5)
    clock(5 + 5)
    assert work.seconds_left() == pytest.approx(20 * 5 / (20 * 5 / 5))


def test_without_expectations_nothing_is_said_until_one_of_each_kind_is_done(clock):
    work = Workload({"a": Piece(kind=1), "b": Piece(kind=2), "c": Piece(kind=2)}, 1)
    clock(10)
    work.finish("a", 10)
    assert math.isnan(work.seconds_left())
    clock(15)
    work.finish("b", 5)
    assert work.seconds_left() == pytest.approx(5)


def test_the_share_never_falls(clock):
    work = Workload(slow_and_fast(4, 0, slow=1.0), 1)
    clock(1)
    before = work.share_done()
    clock(40)
    assert work.share_done() == before


def test_pieces_may_end_in_any_order_or_fail_without_a_time(clock):
    work = Workload(slow_and_fast(1, 3), 2)
    for name in ("fast 2", "fast 0", "fast 1"):
        work.finish(name)
    work.finish("slow 0", 3)
    assert work.n_done == 4
    assert work.seconds_left() == 0
    assert work.share_done() == 1


def test_a_call_is_timed():
    found, seconds = timed(divmod, 7, 2)
    assert found == (3, 1)
    assert 0 <= seconds < 5
