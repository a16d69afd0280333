"""How long a study will take: expected before it starts, corrected while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deepcme.base.words import duration
from deepcme.base.workload import Piece, Workload
from deepcme.study.parts import listed
from deepcme.study.tasks import Plan, Task

ANNOUNCED_SECONDS = 60.0
_TIMED_SECONDS = 20.0
"""A study of less is not worth the second that timing takes."""


def expect_pieces(plan: Plan, tasks: Sequence[Task]) -> dict[str, Piece]:
    """Tasks by their keys, with their expected times, in the order to run them in.

    One of each kind comes first, so that their times are known soon. Then the long ones
    come first, so that no worker is left alone with one at the end. If the networks of a
    study may take long, a few epochs of those that take longest are timed.
    """
    pieces = {task.key: listed.part_named(task.part).expect(plan, task) for task in tasks}
    if sum(piece.seconds for piece in pieces.values()) > _TIMED_SECONDS:
        pieces = _timed_on_this_machine(plan, tasks, pieces)
    longest_first = sorted(pieces, key=lambda key: -pieces[key].seconds)
    first_of_kind = {pieces[key].kind: key for key in reversed(longest_first)}
    ahead = set(first_of_kind.values())
    order = sorted(longest_first, key=lambda key: key not in ahead)
    return {key: pieces[key] for key in order}


def _timed_on_this_machine(
    plan: Plan, tasks: Sequence[Task], pieces: dict[str, Piece]
) -> dict[str, Piece]:
    """Expected times of networks, by those of the kind with the most work."""
    of_kind: dict[object, float] = {}
    for piece in pieces.values():
        of_kind[piece.kind] = of_kind.get(piece.kind, 0.0) + piece.seconds
    for task in sorted(tasks, key=lambda task: -of_kind[pieces[task.key].kind]):
        found = pieces[task.key]
        seconds = listed.part_named(task.part).time_epochs(plan, task)
        if seconds is not None:
            factor = seconds / found.seconds
            return {
                key: replace(piece, seconds=piece.seconds * factor)
                if piece.family == found.family
                else piece
                for key, piece in pieces.items()
            }
    return pieces


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
