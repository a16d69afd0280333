"""Archives of several files, such as the GDC and cBioPortal send: unpacked within bounds.

An archive's own paths are only compared with those that were asked for, and never
written to.
"""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn, Self

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import put, unfinished_folder
from deepcme.sources.fetching.files import short, unfolding_limit
from deepcme.sources.fetching.partials import require_space, writing_to
from deepcme.sources.fetching.watch import IncompleteError
from deepcme.sources.reading.text import ChunkStream

_CHUNK_BYTES = 1 << 16
_GZIP = 31  # zlib's number for a gzip stream
_MOST_OF_A_HEADER = 4096  # bytes of a long name, or of a member's further properties
_EXTENDED = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_MEMBERS_PER_FILE = 4  # the file, its folder, its annotations, and one to spare
_MEMBERS = 16  # MANIFEST.txt, and some to spare
_MOST_FILES = 500  # of a study's folder, some fifty tables and lists of cases
_BYTES_PER_MEMBER = 16_384  # header, padding, and annotations or the like

Member = tuple[PurePosixPath, int, Iterator[bytes]]


def members(content: Iterator[bytes], n_files: int, n_bytes: int) -> Iterator[Member]:
    """Path, size and bytes of each file in an archive, to be taken in turn.

    Parameters
    ----------
    content : iterator of bytes
        A tar.gz, or a tar, as it comes.
    n_files, n_bytes : int
        How many files, and of how many bytes in all, were asked for.

    Raises
    ------
    DeepCMEError
        If it holds a path that leads outside, a link or device, or far more than was
        asked for.
    IncompleteError
        If it is damaged or cut short.
    """
    most = _MEMBERS_PER_FILE * n_files + _MEMBERS
    unpacked = _unpacked(content, n_bytes + most * _BYTES_PER_MEMBER)
    stream = io.BufferedReader(ChunkStream(unpacked), _CHUNK_BYTES)
    with _reading(), tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header) as archive:
        for number, member in enumerate(archive):
            if number == most:
                refuse(f"holds more than {most} entries, of which {n_files} were asked for")
            path = _checked_path(member)
            source = archive.extractfile(member)
            if source is not None:
                yield path, member.size, _chunks(source)


def unpack(archive: Path, folder: Path, is_wanted: Callable[[str], bool]) -> list[Path]:
    """Unpack the wanted files of the archive's only folder, all of them or none.

    Parameters
    ----------
    archive : path
        A tar.gz that was verified.
    folder : path
        Where the files go, under their own names; it exists.
    is_wanted : callable
        Whether a file of this name is wanted.

    Raises
    ------
    DeepCMEError
        If the archive is damaged, unsafe, or unfolds to more than tables do.
    """
    names: dict[str, None] = {}
    with writing_to(folder), unfinished_folder(folder) as temporary, archive.open("rb") as file:
        content = iter(lambda: file.read(_CHUNK_BYTES), b"")
        try:
            for path, size, chunks in members(content, _MOST_FILES, unfolding_limit(archive)):
                if len(path.parts) != 2 or not is_wanted(path.name):
                    continue
                if path.name in names:
                    refuse(f"holds {short(path.name)} twice")
                require_space(folder, size)
                with (temporary / path.name).open("wb") as target:
                    target.writelines(chunks)
                names[path.name] = None
        except IncompleteError as error:
            raise DeepCMEError(
                f"{archive}: {error}; delete it and run the command again."
            ) from error
        for name in names:
            put(temporary / name, folder / name)
    return sorted(folder / name for name in names)


def refuse(fault: str) -> NoReturn:
    """Refuse an archive."""
    raise DeepCMEError(
        f"The archive that was downloaded {fault}: it was refused; check --base-url."
    )


@contextmanager
def _reading() -> Iterator[None]:
    """Turn what a damaged archive does to its reader into one error."""
    try:
        yield
    except DeepCMEError:
        raise
    except (tarfile.TarError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise IncompleteError("an archive was damaged or cut short") from error


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while True:
        with _reading():  # whoever takes the chunks is outside of that of `members`
            chunk = source.read(_CHUNK_BYTES)
        if not chunk:
            return
        yield chunk


def _checked_path(member: tarfile.TarInfo) -> PurePosixPath:
    path = PurePosixPath(member.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        refuse(f"points outside the folder ({short(member.name)})")
    if not (member.isfile() or member.isdir()) or member.issparse():
        refuse(f"holds a link or device ({short(member.name)})")
    if member.size < 0:
        refuse(f"holds a file of an impossible size ({short(member.name)})")
    return path


class _Header(tarfile.TarInfo):
    """A header, refused before `tarfile` reads the name or properties that it announces."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.type in _EXTENDED and not 0 <= header.size <= _MOST_OF_A_HEADER:
            refuse(f"holds a name or properties of {header.size:,} bytes")
        if header.type == tarfile.GNUTYPE_SPARSE:
            refuse(f"holds a link or device ({short(header.name)})")
        return header


def _unpacked(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The chunks, gunzipped if need be, and no more than so many bytes."""
    gunzip: zlib._Decompress | None = None
    n_packed = n_unpacked = 0
    for packed in chunks:
        if n_packed == 0 and packed.startswith(b"\x1f\x8b"):
            gunzip = zlib.decompressobj(_GZIP)
        n_packed += len(packed)
        while packed:
            if gunzip is None:
                unpacked, packed = packed, b""
            else:
                if gunzip.eof:  # gzip members may follow each other
                    gunzip = zlib.decompressobj(_GZIP)
                unpacked = gunzip.decompress(packed, _CHUNK_BYTES)
                packed = gunzip.unconsumed_tail or gunzip.unused_data
            n_unpacked += len(unpacked)
            if max(n_packed, n_unpacked) > most:
                refuse(f"goes on after {most:,} bytes, more than was asked for")
            if unpacked:
                yield unpacked
    if gunzip is None or gunzip.eof:
        yield b""  # said once; `tarfile` would ask for every block of a member
    raise EOFError
