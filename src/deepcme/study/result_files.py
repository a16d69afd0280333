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
    def saving(self) -> Iterator[Saving]:
        """Give a `save` that does not wait for the disk; at the end of the block all is there.

        A disk makes several files safe in the time of one.
        """
        with ThreadPoolExecutor(_SAVED_AT_ONCE) as pool:
            saving = Saving(self.save, pool)
            yield saving
            saving.wait()

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


class Saving:
    """Saves results, several at once, each called with a task and its arrays."""

    def __init__(self, save: Callable[[Task, Arrays], None], pool: ThreadPoolExecutor) -> None:
        self._save, self._pool = save, pool
        self._under_way: deque[Future[None]] = deque()

    def __call__(self, task: Task, arrays: Arrays) -> None:
        """Save a result, and wait only if many others wait."""
        self._under_way.append(self._pool.submit(self._save, task, arrays))
        while len(self._under_way) > _SAVED_AT_ONCE or (
            self._under_way and self._under_way[0].done()
        ):
            self._under_way.popleft().result()

    def wait(self) -> None:
        """Wait until all is there."""
        while self._under_way:
            self._under_way.popleft().result()


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
