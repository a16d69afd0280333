"""Unpacking a downloaded .tar.gz: whole or not at all, no further than a limit, nowhere else.

The archive's own paths are only compared with what is wanted, and never written to.
"""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from deepcme.errors import DeepCMEError
from deepcme.sources.fetching.files import unfolding_limit
from deepcme.sources.fetching.partials import require_space, writing_to

_CHUNK_BYTES = 1 << 20
_MOST_MEMBERS = 2_000  # a study holds some fifty tables and lists


def unpack(archive: Path, folder: Path, is_wanted: Callable[[str], bool]) -> list[Path]:
    """Unpack the wanted files of the archive's only folder, once all of it proved sound.

    Parameters
    ----------
    archive : path
    folder : path
        Where the files go, under their own names; it exists.
    is_wanted : callable
        Whether a file of this name is wanted.

    Returns
    -------
    list of path
        The files, sorted.

    Raises
    ------
    DeepCMEError
        If the archive is damaged, points outside itself, or would unfold to more than
        its size can hold or the disk has room for. Then nothing is written.
    """
    with (
        writing_to(folder),
        tempfile.TemporaryDirectory(dir=folder, prefix=".deepcme-") as temporary,
    ):
        names: list[str] = []
        with _opened(archive) as tar:
            for name, member in _files(tar, archive):
                source = tar.extractfile(member) if is_wanted(name) else None
                if source is None:
                    continue
                if name in names:
                    raise DeepCMEError(f"{archive}: the archive holds {name!r} twice.")
                require_space(folder, member.size)
                with (Path(temporary) / name).open("wb") as target:
                    shutil.copyfileobj(source, target, _CHUNK_BYTES)
                names.append(name)
        for name in names:
            (Path(temporary) / name).replace(folder / name)
    return sorted(folder / name for name in names)


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    """The archive; what is left of it in the end is read too, which checks its checksum."""
    try:
        with gzip.open(archive, "rb") as packed:
            stream = _ForwardStream(packed, unfolding_limit(archive), archive)
            with tarfile.open(fileobj=stream, mode="r:") as tar:
                yield tar
            while stream.read(_CHUNK_BYTES):
                pass
    except DeepCMEError:
        raise
    except (
        *(tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile),
        *(ValueError, OverflowError, RecursionError),  # of headers that make no sense
    ) as error:
        raise DeepCMEError(
            f"{archive}: the archive is damaged; delete it and run the command again."
        ) from error


def _files(tar: tarfile.TarFile, archive: Path) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """The files right in the archive's folder, by name; all other members are checked too."""
    for number, member in enumerate(tar):
        if number == _MOST_MEMBERS:
            raise DeepCMEError(
                f"{archive}: the archive holds more than {_MOST_MEMBERS:,} files: refused."
            )
        path = PurePosixPath(member.name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise DeepCMEError(
                f"{archive}: the archive points outside its folder ({member.name!r}): refused."
            )
        if member.issparse() or not (member.isfile() or member.isdir()):
            raise DeepCMEError(
                f"{archive}: the archive holds a link or device ({member.name!r}): refused."
            )
        if member.isfile() and len(path.parts) == 2:
            yield path.name, member


class _ForwardStream(io.RawIOBase):
    """Unpacked bytes that are read forward, in pieces, and up to a limit.

    A header that claims a size of its own (a name, attributes) is read in one piece,
    which is why a piece is limited too.
    """

    def __init__(self, packed: gzip.GzipFile, limit: int, archive: Path) -> None:
        self._packed = packed
        self._limit = limit
        self._archive = archive
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or place < self._place:
            raise tarfile.ReadError("backwards")
        while self._place < place:
            if not self.read(min(place - self._place, _CHUNK_BYTES)):
                raise EOFError
        return self._place

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _CHUNK_BYTES:
            raise tarfile.ReadError("too much at once")
        chunk = self._packed.read(size)
        self._place += len(chunk)
        if self._place > self._limit:
            raise DeepCMEError(
                f"{self._archive}: the archive unfolds to more than {self._limit:,} bytes, as "
                "no study does: refused."
            )
        return chunk
