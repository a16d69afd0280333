"""Work on several processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from joblib import Parallel, delayed

Result = TypeVar("Result")


def run_parallel(
    function: Callable[..., Result],
    calls: Iterable[tuple[Any, ...]],
    jobs: int,
    *,
    ordered: bool = True,
) -> Iterator[Result]:
    """Call a function on so many processes, which share one memory map of each large array.

    `calls` are the arguments of each; the results come in their order, or as they are ready.
    """
    run = Parallel(n_jobs=jobs, return_as="generator" if ordered else "generator_unordered")
    results: Iterator[Result] = run(delayed(function)(*arguments) for arguments in calls)
    return results
