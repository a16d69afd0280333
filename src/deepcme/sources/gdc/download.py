"""Downloading GDC files: verified by size and MD5, resumable, never half there.

A file appears as ``FOLDER/<file id>/<file name>`` only after it was verified.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.leftovers import remove_leftovers
from deepcme.base.progress import ByteCount, SilentByteCount
from deepcme.sources.fetching.archive import members, refuse
from deepcme.sources.fetching.client import WebClient
from deepcme.sources.fetching.files import (
    DownloadCounts,
    WebFile,
    fetch_file,
    require_apart,
    short,
)
from deepcme.sources.fetching.partials import Partial, require_space, writing_to
from deepcme.sources.fetching.watch import IncompleteError

_BATCH_FILES = 50
_BATCH_BYTES = 200_000_000
_FILE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{7,63}")
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class RemoteFile:
    """A file at the GDC: its id, name, size in bytes, and MD5 in lower-case hex.

    Raises
    ------
    DeepCMEError
        If the id or name could lead outside a folder, the size is impossible, or the
        MD5 is none.
    """

    file_id: str
    name: str
    size: int
    md5: str

    def __post_init__(self) -> None:
        if not _FILE_ID.fullmatch(self.file_id):
            raise DeepCMEError(f"{short(self.file_id)} is not the id of a GDC file.")
        if "/" in self.name:
            raise DeepCMEError(f"file {self.file_id}: {short(self.name)} is not a file name.")
        if not _MD5.fullmatch(self.md5):
            raise DeepCMEError(f"file {self.file_id}: {short(self.md5)} is not an MD5.")
        _ = self.on_the_web

    @property
    def on_the_web(self) -> WebFile:
        """Where it is asked for, and where it belongs below a folder."""
        path, name = f"/data/{self.file_id}", f"{self.file_id}/{self.name}"
        return WebFile(path, name, self.size, self.md5)


def download_files(
    client: WebClient,
    files: Sequence[RemoteFile],
    folder: Path,
    progress: ByteCount | None = None,
) -> DownloadCounts:
    """Fetch the files that are not there yet, each verified before it gets its name.

    Parameters
    ----------
    client : WebClient
    files : sequence of RemoteFile
    folder : path
    progress : ByteCount, optional

    Raises
    ------
    DeepCMEError
        If a file cannot be had whole, an archive holds what was not asked for, or the
        disk is full. What was verified stays, and another run fetches the rest.
    """
    progress = progress or SilentByteCount()
    require_apart(file.on_the_web for file in files)
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        missing = [file for file in files if not file.on_the_web.is_complete(folder)]
        n_bytes = sum(file.size for file in missing)
        require_space(folder, n_bytes)
        progress.start(n_bytes)
        for batch in _batches(missing):
            client.persist(partial(_fetch, client, batch, folder, progress))
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
    client: WebClient, batch: list[RemoteFile], folder: Path, progress: ByteCount
) -> None:
    """Fetch what is still missing of a batch, once."""
    missing = {file.file_id: file for file in batch if not file.on_the_web.is_complete(folder)}
    if not missing:
        return
    if len(missing) == 1:
        (file,) = missing.values()
        fetch_file(client, file.on_the_web, folder, progress)
        return
    with client.stream("/data", body={"ids": list(missing)}) as response:
        faults = _unpack(response.iter_raw(), missing, folder, progress)
    for file in missing.values():
        if not file.on_the_web.at(folder).is_file():
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
    """Take the wanted files out of an archive as it comes; returns the faults by file id."""
    faults: dict[str, str] = {}
    n_bytes = sum(file.size for file in wanted.values())
    for path, size, chunks in members(content, len(wanted), n_bytes):
        file = wanted.get(path.parts[0])
        if file is None or path.name != file.name:
            continue  # MANIFEST.txt and annotations.txt
        if size > file.size:
            refuse(f"holds {size:,} bytes of {file.file_id} instead of {file.size:,}")
        with Partial(folder, progress, file.size, short(file.name)) as arriving:
            for chunk in chunks:
                arriving.write(chunk)
            fault = arriving.fault(file.size, file.md5)
            if fault is None:
                arriving.keep(file.on_the_web.at(folder))
            else:
                faults[file.file_id] = fault
    return faults
