"""A file to which HDF5 writes, and that it can close whatever the disk refuses."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py


class _Target(io.FileIO):
    """A file that writes every byte, or raises once, and then lets all fall.

    HDF5 ends the whole process if it cannot write what it still holds when it closes a file.
    """

    refusal: OSError | None = None

    def write(self, data: Any) -> int:
        rest = memoryview(data).cast("B")
        n_bytes = rest.nbytes
        try:
            while self.refusal is None and rest:
                rest = rest[super().write(rest) :]  # a nearly full disk takes a part of it
        except OSError as error:
            self.refusal = error
            raise
        return n_bytes

    def truncate(self, size: int | None = None) -> int:
        if self.refusal is not None:
            return 0
        try:
            return super().truncate(size)
        except OSError as error:
            self.refusal = error
            raise


@contextmanager
def new_hdf5(path: Path) -> Iterator[h5py.File]:
    """Give a new HDF5 file to write; a disk's refusal comes as what the system said.

    Raises
    ------
    OSError
        If the disk takes no more. The file is closed and not to be used.
    """
    with _Target(path, "w+") as target:
        try:
            with h5py.File(target, "w") as file:
                yield file
        except Exception:
            if target.refusal is None:
                raise
        if target.refusal is not None:
            raise target.refusal
