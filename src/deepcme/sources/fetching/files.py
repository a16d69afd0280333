"""Fetching files: bounded, verified, resumable, never half there.

A file appears under its name only after it was verified; until then it has one of its
own, so that two fetches may share a folder.
"""

from __future__ import annotations

import gzip
import hashlib
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NoReturn

import httpx

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.leftovers import remove_leftovers
from deepcme.base.progress import ByteCount, SilentByteCount
from deepcme.sources.fetching.client import WebClient
from deepcme.sources.fetching.partials import Partial, require_space, writing_to
from deepcme.sources.fetching.watch import IncompleteError

CEILING = 8_000_000_000
"""Bytes of a file whose size is not known beforehand."""

_CHUNK_BYTES = 1 << 20
_MOST_BYTES = 10**15  # of any file
_LONGEST_PART = 200  # bytes; file systems end at 255, and a name may get an ending
_UNFOLDED = 100_000_000  # bytes that any gzip file may unfold to,
_TIMES_UNFOLDED = 100  # or times its own size; tables of zeros reach some dozens

Check = Callable[["WebFile", Path], None]
"""Raises `IncompleteError` if the file at the path is not what the web has."""


@dataclass(frozen=True)
class WebFile:
    """A file of a web service.

    Parameters
    ----------
    path : str
        Where to ask for it: below the client's address, or an address of its own.
    name : str
        Where it belongs below a folder; parts are set apart by ``/``.
    size : int, optional
        In bytes, where it is known beforehand.
    md5 : str, optional
        In lower-case hex, where it is known beforehand.

    Raises
    ------
    DeepCMEError
        If the name could lead outside a folder, or be mistaken for something else.
    """

    path: str
    name: str
    size: int | None = None
    md5: str | None = None

    def __post_init__(self) -> None:
        if not all(map(is_plain_name, self.name.split("/"))):
            raise DeepCMEError(f"{short(self.path)}: {short(self.name)} is not a file name.")
        if self.size is not None and not 0 <= self.size < _MOST_BYTES:
            raise DeepCMEError(f"{short(self.name)} is listed with an impossible size.")

    def at(self, folder: Path) -> Path:
        """Where the file belongs below the folder."""
        return folder / self.name

    def is_complete(self, folder: Path) -> bool:
        """Whether the file is there, with its size and MD5 as far as they are known.

        A gzip file whose MD5 is not known is read to its checksum.
        """
        path = self.at(folder)
        if not path.is_file() or self.size not in (None, path.stat().st_size):
            return False
        if self.md5 is None:
            return not self.is_gzip or _ends_well(path, self.name)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest() == self.md5

    @property
    def is_gzip(self) -> bool:
        """Whether it is a gzip file, by its name."""
        return self.name.lower().endswith((".gz", ".tgz"))


def is_plain_name(name: str) -> bool:
    """Whether a name can be a file's in any folder, and looks like what it is."""
    is_visible = all(unicodedata.category(letter)[0] != "C" for letter in name)
    return (
        is_visible
        and 0 < len(name.encode()) <= _LONGEST_PART
        and name == name.strip()
        and not name.startswith((".", "-", "~"))
        and not any(letter in name for letter in "/\\:")
    )


@dataclass(frozen=True)
class DownloadCounts:
    """How many files were there already, and how many were fetched."""

    n_present: int
    n_fetched: int


def fetch_files(
    client: WebClient,
    files: Sequence[WebFile],
    folder: Path,
    progress: ByteCount | None = None,
    *,
    ceiling: int = CEILING,
    check: Check | None = None,
) -> DownloadCounts:
    """Fetch the files that are not there yet, each verified before it gets its name.

    Where neither size nor MD5 is known, a file that is there is left if it has the size
    that the server tells now; one whose size no one tells is left as it is.

    Parameters
    ----------
    client : WebClient
    files : sequence of WebFile
    folder : path
    progress : ByteCount, optional
    ceiling : int
        The most bytes of a file whose size is not known beforehand.
    check : callable, optional
        A further check of each file, new or there already.

    Raises
    ------
    DeepCMEError
        If a file cannot be had whole, or the disk is full. What was verified stays, and
        another run fetches the rest.
    """
    progress = progress or SilentByteCount()
    require_apart(files)
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        told = [replace(file, size=_told_size(client, file)) for file in files]
        missing = [
            (file, size)
            for file, size in zip(files, told, strict=True)
            if not (size.is_complete(folder) and _passes(check, size, folder))
        ]
        n_bytes = sum(size.size or 0 for _, size in missing)
        require_space(folder, n_bytes)
        progress.start(n_bytes)
        for file, _ in missing:
            fetch_file(client, file, folder, progress, ceiling=ceiling, check=check)
    return DownloadCounts(n_present=len(files) - len(missing), n_fetched=len(missing))


def require_apart(files: Iterable[WebFile]) -> None:
    """Refuse files that some disk would take for one, or for a folder of another.

    Raises
    ------
    DeepCMEError
        If two names are the same but for case and accents' spelling, or one is a
        folder of another.
    """
    names: dict[str, str] = {}
    for file in files:
        key = unicodedata.normalize("NFC", file.name).casefold()
        if key in names:
            raise DeepCMEError(
                f"{short(names[key])} and {short(file.name)} are listed as two files, but "
                "would be one on some disks: nothing was fetched."
            )
        names[key] = file.name
    for key, name in names.items():
        for folder in map(str, PurePosixPath(key).parents):
            if folder in names:
                raise DeepCMEError(
                    f"{short(names[folder])} is listed as a file, and as a folder of "
                    f"{short(name)}: nothing was fetched."
                )


def _passes(check: Check | None, file: WebFile, folder: Path) -> bool:
    if check is not None:
        try:
            check(file, file.at(folder))
        except IncompleteError:
            return False
    return True


def _told_size(client: WebClient, file: WebFile) -> int | None:
    """The size of a file, asked for where it is not known; None if no one tells."""
    if file.size is not None:
        return file.size

    def ask() -> int | None:
        try:
            with client.stream(file.path, method="HEAD") as response:
                return _content_length(response) or None  # 0: what is made when it is asked for
        except httpx.HTTPStatusError as error:
            if error.response.status_code >= 500 or error.response.status_code == 429:
                raise
            return None

    return client.persist(ask)


def _content_length(response: httpx.Response) -> int | None:
    if "Transfer-Encoding" in response.headers:
        return None
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def fetch_file(
    client: WebClient,
    file: WebFile,
    folder: Path,
    progress: ByteCount,
    *,
    ceiling: int = CEILING,
    check: Check | None = None,
) -> None:
    """Fetch one file, as `fetch_files` does."""
    most = ceiling if file.size is None else file.size
    with Partial(folder, progress, most, short(file.name)) as partial:
        reception = _Reception(client, file, partial, most)
        client.persist(lambda: reception.receive(folder, check))
        partial.keep(file.at(folder))


class _Reception:
    """A file as it comes, in as many attempts as it takes."""

    def __init__(self, client: WebClient, file: WebFile, partial: Partial, most: int) -> None:
        self._client = client
        self._file = file
        self._partial = partial
        self._most = most
        self._size = file.size
        self._version: str | None = None
        """What the server calls the state of the file that the partial is of."""

    def receive(self, folder: Path, check: Check | None) -> None:
        """Ask for what is still to come, once, and verify the whole.

        Raises
        ------
        IncompleteError, httpx.HTTPError
            If another attempt may help.
        """
        try:
            with self._client.stream(self._file.path, headers=self._rest()) as response:
                self._begin(response, folder)
                for chunk in response.iter_raw():
                    self._partial.write(chunk)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            self._start_again("changed meanwhile")
        fault = self._partial.fault(self._size, self._file.md5) or self._own_fault()
        if fault is not None:
            self._start_again(fault)
        if check is not None:
            try:
                check(self._file, self._partial.path)
            except IncompleteError:
                self._partial.restart()
                raise

    def _rest(self) -> dict[str, str]:
        """Ask for the rest where the server can tell that it is of the same file."""
        if self._version is None:
            self._partial.restart()
        if self._partial.n_bytes == 0:
            return {}
        return {"Range": f"bytes={self._partial.n_bytes}-", "If-Range": str(self._version)}

    def _begin(self, response: httpx.Response, folder: Path) -> None:
        """Take the head of an answer, before its first byte."""
        if response.status_code == 206:
            part = response.headers.get("Content-Range", "")
            if self._partial.n_bytes and part.startswith(f"bytes {self._partial.n_bytes}-"):
                return
            self._start_again("came as another part than was asked for")
        if response.status_code != 200:
            self._start_again(f"did not come (status {response.status_code})")
        self._partial.restart()
        self._version = _version(response)
        self._size = self._told(response) if self._file.size is None else self._file.size
        if self._size is not None and self._file.size is None:
            require_space(folder, self._size)

    def _told(self, response: httpx.Response) -> int | None:
        """The size that an answer states, where none was known before."""
        size = _content_length(response)
        if size is not None and size > self._most:
            raise DeepCMEError(
                f"{short(self._file.name)}: the server is to send {size:,} bytes, more than "
                f"the {self._most:,} that are taken; check the address."
            )
        ends_by_itself = size is not None or "Transfer-Encoding" in response.headers
        if not (ends_by_itself or self._file.md5 or self._file.is_gzip):
            self._start_again("comes without a word of where it ends")
        if "Content-Encoding" in response.headers and not self._file.is_gzip:
            self._start_again("comes packed, which was not asked for")
        return size

    def _own_fault(self) -> str | None:
        if self._partial.n_bytes == 0 and self._file.size is None:
            return "is empty"
        is_checked = self._file.md5 is not None or not self._file.is_gzip
        if not is_checked and not _ends_well(self._partial.path, self._file.name):
            return "is damaged or cut short (gzip)"
        return None

    def _start_again(self, fault: str) -> NoReturn:
        self._version = None
        raise IncompleteError(f"file {short(self._file.name)} {fault}")


def _version(response: httpx.Response) -> str | None:
    """A name of the state of a file that a range may be asked of (RFC 9110, If-Range)."""
    etag: str = response.headers.get("ETag", "")
    if etag.startswith('"') and etag.isascii() and etag.isprintable():
        return etag
    changed: str | None = response.headers.get("Last-Modified")
    return changed if changed and changed.isascii() and changed.isprintable() else None


def unfolding_limit(packed: Path) -> int:
    """To how many bytes a gzip file may unfold; tables do not to more, traps do."""
    return max(_UNFOLDED, _TIMES_UNFOLDED * packed.stat().st_size)


def _ends_well(path: Path, name: str) -> bool:
    """Whether a gzip file, or what came of it, unpacks to its checksum.

    Raises
    ------
    DeepCMEError
        If it unfolds to much more than any table does.
    """
    most = unfolding_limit(path)
    n_bytes = 0
    try:
        with gzip.open(path, "rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                n_bytes += len(chunk)
                if n_bytes > most:
                    raise DeepCMEError(
                        f"{short(name)}: the gzip file unfolds to more than {most:,} bytes: it "
                        "was refused."
                    )
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return False
    return True


def short(text: str) -> str:
    """A stranger's text in a sentence: quoted, without control characters, and cut."""
    return repr(text if len(text) <= 80 else text[:77] + "...")
