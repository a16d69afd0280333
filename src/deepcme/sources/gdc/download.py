"""Downloading GDC files: verified by size and MD5, resumable, never half there.

A file appears as ``FOLDER/<file id>/<file name>`` only after it was verified.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from deepcme.errors import DeepCMEError
from deepcme.progress import ByteCount, SilentByteCount
from deepcme.sources.gdc.api import GDCClient, IncompleteError

_CHUNK_BYTES = 1 << 16
_BATCH_FILES = 50
_BATCH_BYTES = 200_000_000
_FILE_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class RemoteFile:
    """A file at the GDC: its id, name, size in bytes, and MD5 in lower-case hex.

    Raises
    ------
    DeepCMEError
        If the id or name could lead outside a folder, or the MD5 is none.
    """

    file_id: str
    name: str
    size: int
    md5: str

    def __post_init__(self) -> None:
        if not _FILE_ID.fullmatch(self.file_id):
            raise DeepCMEError(f"{self.file_id!r} is not the id of a GDC file.")
        plain = PurePosixPath(self.name).name == self.name and "\\" not in self.name
        if not plain or self.name in ("", ".", ".."):
            raise DeepCMEError(f"file {self.file_id}: {self.name!r} is not a file name.")
        if not _MD5.fullmatch(self.md5):
            raise DeepCMEError(f"file {self.file_id}: {self.md5!r} is not an MD5.")

    def path(self, folder: Path) -> Path:
        """Where the file belongs below a folder."""
        return folder / self.file_id / self.name

    def is_complete(self, folder: Path) -> bool:
        """Whether the file is there with the right size and MD5."""
        path = self.path(folder)
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest() == self.md5


@dataclass(frozen=True)
class DownloadCounts:
    """How many files were there already, and how many were fetched."""

    n_present: int
    n_fetched: int


def download_files(
    client: GDCClient,
    files: Sequence[RemoteFile],
    folder: Path,
    progress: ByteCount | None = None,
) -> DownloadCounts:
    """Fetch the files that are not there yet, each verified before it gets its name.

    Parameters
    ----------
    client : GDCClient
    files : sequence of RemoteFile
    folder : path
    progress : ByteCount, optional

    Raises
    ------
    DeepCMEError
        If a file cannot be had whole, or an archive points outside the folder.
        What was verified stays, and another run fetches the rest.
    """
    progress = progress or SilentByteCount()
    missing = [file for file in files if not file.is_complete(folder)]
    progress.start(sum(file.size for file in missing))
    for batch in _batches(missing):
        with client.explained():
            for attempt in client.attempts():
                with attempt:
                    _fetch(client, batch, folder, progress)
    return DownloadCounts(n_present=len(files) - len(missing), n_fetched=len(missing))


def _batches(files: Iterable[RemoteFile]) -> Iterator[list[RemoteFile]]:
    batch: list[RemoteFile] = []
    for file in files:
        size = sum(other.size for other in batch) + file.size
        if batch and (len(batch) == _BATCH_FILES or size > _BATCH_BYTES):
            yield batch
            batch = []
        batch.append(file)
    if batch:
        yield batch


def _fetch(
    client: GDCClient, batch: list[RemoteFile], folder: Path, progress: ByteCount
) -> None:
    """Fetch what is still missing of a batch, once."""
    missing = {file.file_id: file for file in batch if not file.is_complete(folder)}
    if not missing:
        return
    with client.download(list(missing)) as response:
        content = response.iter_bytes()
        if len(missing) == 1:
            (file,) = missing.values()
            faults = _receive(content, file, folder, progress)
        else:
            faults = _unpack(content, missing, folder, progress)
    for file in missing.values():
        if not file.path(folder).is_file():
            faults.setdefault(file.file_id, "did not come")
    if faults:
        file_id, fault = next(iter(faults.items()))
        others = f" (and {len(faults) - 1} other files failed)" if len(faults) > 1 else ""
        raise IncompleteError(f"file {file_id} {fault}{others}")


def _unpack(
    content: Iterator[bytes],
    wanted: dict[str, RemoteFile],
    folder: Path,
    progress: ByteCount,
) -> dict[str, str]:
    """Receive the wanted members of a tar.gz as it arrives; returns file ids with their faults.

    The archive's own paths are only compared with those that were asked for,
    and never used to write to.
    """
    faults: dict[str, str] = {}
    stream = io.BufferedReader(_ChunkStream(content), _CHUNK_BYTES)
    try:
        with tarfile.open(fileobj=stream, mode="r|*") as archive:
            for member in archive:
                file = wanted.get(_checked_parts(member)[0])
                if file is None or PurePosixPath(member.name).name != file.name:
                    continue  # MANIFEST.txt and annotations.txt
                source = archive.extractfile(member)
                if source is not None:
                    faults |= _receive(_chunks(source), file, folder, progress)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise IncompleteError("an archive was damaged or cut short") from error
    return faults


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK_BYTES):
        yield chunk


def _checked_parts(member: tarfile.TarInfo) -> tuple[str, ...]:
    path = PurePosixPath(member.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise DeepCMEError(
            f"The archive that was downloaded points outside the folder ({member.name!r}): "
            "it was refused; check --base-url."
        )
    if not (member.isfile() or member.isdir()):
        raise DeepCMEError(
            f"The archive that was downloaded holds a link or device ({member.name!r}): "
            "it was refused; check --base-url."
        )
    return path.parts


def _receive(
    chunks: Iterable[bytes], file: RemoteFile, folder: Path, progress: ByteCount
) -> dict[str, str]:
    """Write a file under a temporary name, verify and rename it; returns its fault, if any."""
    path = file.path(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    digest = hashlib.md5(usedforsecurity=False)
    received, verified = 0, False
    try:
        with temporary.open("wb") as target:
            for chunk in chunks:
                target.write(chunk)
                digest.update(chunk)
                received += len(chunk)
                progress.advance(len(chunk))
        if received != file.size:
            return {file.file_id: f"has {received:,} bytes instead of {file.size:,}"}
        if digest.hexdigest() != file.md5:
            return {file.file_id: "has another MD5 than the GDC lists"}
        temporary.replace(path)
        verified = True
        return {}
    finally:
        if not verified:
            progress.advance(-received)
            temporary.unlink(missing_ok=True)


class _ChunkStream(io.RawIOBase):
    """Chunks of bytes as a readable stream, for `tarfile`."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = next(self._chunks, b"")
        n = min(len(buffer), len(self._rest))
        buffer[:n] = self._rest[:n]
        self._rest = self._rest[n:]
        return n
