"""Files on their way: each under a name of its process, none left of one that died."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import make_folder, put
from deepcme.base.files.leftovers import PARTIAL, unfinished_name
from deepcme.base.files.refusals import describe_refusal, naming_place
from deepcme.base.progress import ByteCount


class Partial:
    """A file while it comes, under a name that no other process or call writes to.

    Parameters
    ----------
    folder : path
        Where it lies meanwhile; of the file system that it shall end on.
    progress : ByteCount
    most : int
        Bytes after which the server is cut off.
    name : str
        What it is called in the sentence then.
    """

    def __init__(self, folder: Path, progress: ByteCount, most: int, name: str) -> None:
        self.path = folder / unfinished_name(PARTIAL)
        self.n_bytes = 0
        self._progress = progress
        self._most = most
        self._name = name
        self._digest = hashlib.md5(usedforsecurity=False)
        self._is_kept = False

    def __enter__(self) -> Self:
        self._file = self.path.open("xb")
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):  # what could not be flushed to a full disk
            self._file.close()
        if not self._is_kept:
            self._progress.advance(-self.n_bytes)
            self.path.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises
        ------
        DeepCMEError
            If there are more than there may be.
        """
        if self.n_bytes + len(chunk) > self._most:
            raise DeepCMEError(
                f"{self._name}: the server sends more than {self._most:,} bytes: it was cut "
                "off; check --base-url."
            )
        self._file.write(chunk)
        self._digest.update(chunk)
        self.n_bytes += len(chunk)
        self._progress.advance(len(chunk))

    def restart(self) -> None:
        """Forget what came."""
        self._progress.advance(-self.n_bytes)
        self._file.seek(0)
        self._file.truncate()
        self.n_bytes, self._digest = 0, hashlib.md5(usedforsecurity=False)

    def fault(self, size: int | None, md5: str | None) -> str | None:
        """In which way it is not the file that was listed; to the disk with it first."""
        self._file.flush()
        if size is not None and self.n_bytes != size:
            return f"has {self.n_bytes:,} bytes instead of {size:,}"
        if md5 is not None and self._digest.hexdigest() != md5:
            return "has another MD5 than was listed"
        return None

    def keep(self, path: Path) -> None:
        """Give it its name."""
        self._file.close()
        make_folder(path.parent)
        put(self.path, path)
        self._is_kept = True


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn what a disk can refuse into one sentence."""
    try:
        with naming_place(folder):
            yield
    except OSError as error:
        raise DeepCMEError(describe_refusal(error)) from error


def require_space(folder: Path, n_bytes: int) -> None:
    """Refuse what the disk cannot hold.

    Raises
    ------
    DeepCMEError
        If fewer bytes are free.
    """
    free = shutil.disk_usage(folder).free
    if n_bytes > free:
        raise DeepCMEError(
            f"{folder}: {n_bytes / 1e9:,.1f} GB are to be fetched, and {free / 1e9:,.1f} GB "
            "are free; free some space, or give another folder."
        )
