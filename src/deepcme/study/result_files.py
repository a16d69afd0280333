"""The results of finished tasks, a file each; what was damaged since is found and goes."""

from __future__ import annotations

import errno
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from zipfile import ZipFile

import numpy as np

from deepcme.base.errors import DamagedError
from deepcme.base.files.files import whole_file
from deepcme.study.tasks import Arrays, Task

T = TypeVar("T", bound=Task)
_SAVED_AT_ONCE = 8


class ResultFiles:
    """Results as ``tasks/KEY.npz`` in a folder."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def _task_path(self, task: Task) -> Path:
        return self.path / "tasks" / f"{task.key}.npz"

    def has(self, task: Task) -> bool:
        """Whether the task's result is there."""
        return self._task_path(task).is_file()

    def save(self, task: Task, arrays: Arrays) -> None:
        """Write a task's result under its key."""
        with whole_file(self._task_path(task)) as temporary:
            np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]

    @contextmanager
    def saving(self) -> Iterator[Callable[[Task, Arrays], None]]:
        """Give a `save` that does not wait for the disk; at the end of the block all is there.

        A disk makes several files safe in the time of one.
        """
        with ThreadPoolExecutor(_SAVED_AT_ONCE) as pool:
            under_way: deque[Future[None]] = deque()

            def save(task: Task, arrays: Arrays) -> None:
                under_way.append(pool.submit(self.save, task, arrays))
                while len(under_way) > _SAVED_AT_ONCE or (under_way and under_way[0].done()):
                    under_way.popleft().result()

            yield save
            for saved in under_way:
                saved.result()

    def load(self, task: Task) -> Arrays:
        """Read a task's result.

        Raises
        ------
        DamagedError
            If the file is damaged, or holds something else.
        """
        path = self._task_path(task)
        arrays = _read_arrays(path)
        if arrays is None or not task.is_result(arrays):
            raise DamagedError(f"{path}: the result is damaged: run the same command again.")
        return arrays

    def remove_damaged(self, tasks: Iterable[Task]) -> int:
        """Remove the results of tasks that cannot be read, and say how many they were."""
        n_damaged = 0
        for task in tasks:
            if self.has(task):
                try:
                    self.load(task)
                except DamagedError:
                    self._task_path(task).unlink()
                    n_damaged += 1
        return n_damaged

    def results(self, tasks: Iterable[T]) -> Iterator[tuple[T, Arrays]]:
        """Each finished one of the tasks, in order, with its result; read one at a time."""
        for task in tasks:
            if self.has(task):
                yield task, self.load(task)


def _read_arrays(path: Path) -> Arrays | None:
    """The arrays of a file that was written whole; None if it is not so any more."""
    try:
        content = path.read_bytes()
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return None
    try:
        with ZipFile(io.BytesIO(content)) as members:
            # Reading a member to its end checks its CRC.
            return {
                name.removesuffix(".npy"): np.lib.format.read_array(
                    io.BytesIO(members.read(name)), allow_pickle=False
                )
                for name in members.namelist()
            }
    except Exception:  # whatever flipped bits make of a file
        return None
