"""How long a study will take: expected before it starts, corrected while it runs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from deepcme.base.words import duration
from deepcme.base.workload import Piece, Workload
from deepcme.study.parts import listed
from deepcme.study.tasks import Plan, Task

Name = TypeVar("Name", bound=Hashable)

ANNOUNCED_SECONDS = 60.0
_TIMED_SECONDS = 20.0
"""A study of less is not worth the second that timing takes."""


def expect_pieces(plan: Plan, tasks: Sequence[Task]) -> dict[str, Piece]:
    """Tasks by their keys, with their expected times, in the order to run them in.

    If a study may take long, a few epochs of the networks with the most work are timed.
    """
    pieces = {task.key: listed.part_named(task.part).expect(plan, task) for task in tasks}
    if sum(piece.seconds for piece in pieces.values()) > _TIMED_SECONDS:
        pieces = _timed_on_this_machine(plan, tasks, pieces)
    return in_order(pieces)


def in_order(pieces: Mapping[Name, Piece]) -> dict[Name, Piece]:
    """One of each kind first, so that their times are known soon; then the long ones first.

    So no worker is left alone with a long one at the end. Stage comes after stage, and those
    of a group stand together, where its longest one is.
    """
    longest_first = sorted(pieces, key=lambda name: -pieces[name].seconds)
    ahead = {*{pieces[name].kind: name for name in reversed(longest_first)}.values()}
    place: dict[Hashable, int] = {}
    for number, name in enumerate(longest_first):
        place.setdefault(_group(name, pieces[name]), number)

    def key(name: Name) -> tuple[bool, int, int]:
        piece = pieces[name]
        is_next = name not in ahead
        return is_next, piece.stage * is_next, place[_group(name, piece)] * is_next

    order = sorted(longest_first, key=key)
    return {name: pieces[name] for name in order}


def _group(name: Hashable, piece: Piece) -> Hashable:
    """The pieces that one stands together with; those that share nothing stand alone."""
    return name if piece.group is None else (piece.stage, piece.group)


def _timed_on_this_machine(
    plan: Plan, tasks: Sequence[Task], pieces: dict[str, Piece]
) -> dict[str, Piece]:
    """Expected times of networks: of each family by the kind of it with the most work."""
    of_kind: dict[object, float] = {}
    for piece in pieces.values():
        of_kind[piece.kind] = of_kind.get(piece.kind, 0.0) + piece.seconds
    factors: dict[object, float | None] = {}
    for task in sorted(tasks, key=lambda task: -of_kind[pieces[task.key].kind]):
        found = pieces[task.key]
        if found.family not in factors:
            factors[found.family] = listed.part_named(task.part).time_epochs(plan, task)
    return {key: _at_pace(piece, factors[piece.family] or 1.0) for key, piece in pieces.items()}


def _at_pace(piece: Piece, factor: float) -> Piece:
    """A piece whose networks take so many times longer to train."""
    trained = piece.trained * factor
    return replace(piece, seconds=piece.seconds - piece.trained + trained, trained=trained)


def describe_expected_time(tasks: Sequence[Task], work: Workload[str], jobs: int | None) -> str:
    """What is to be done, and about how long that takes; nothing if it is done soon.

    Parameters
    ----------
    tasks : sequence of Task
    work : Workload
        Of these tasks.
    jobs : int or None
        Processes; None for the workers of a cluster, who are not known beforehand.
    """
    on = "for one process, and less by the number of the cluster's workers"
    if jobs is not None:
        on = f"on {jobs} process{'es' if jobs > 1 else ''}"
    seconds = work.seconds_left() if jobs is not None else work.seconds_expected
    if seconds < ANNOUNCED_SECONDS:
        return ""
    return f"{_count(tasks)}: about {duration(seconds)} {on}."


def _count(tasks: Sequence[Task]) -> str:
    """The tasks by what they are, in words."""
    n_fits, n_networks, words = 0, 0, []
    for part in listed.PARTS:
        of_part = [task for task in tasks if task.part == part.name]
        n_networks += sum(map(part.count_networks, of_part))
        n_fits += 0 if part.noun else len(of_part)
        if of_part and part.noun:
            words.append(f"and {len(of_part):,} {part.noun}")
        elif of_part and part.purpose:
            words.append(f"{len(of_part):,} {part.purpose}")
    return ", ".join([f"{n_fits:,} fits to do, which train {n_networks:,} networks", *words])
