"""Text files as lines, or as a stream of bytes: unpacked, decoded, with plain line ends."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from deepcme.errors import DeepCMEError
from deepcme.sources.contents import Contents, contents_of

LONGEST_LINE = 1 << 26
"""Bytes; a row of a million values has a third of it."""
MOST_TEXT = 100
"""Times its size that a gzipped text may unfold to; tables of measured values stay below 30."""
SMALL_TEXT = 1 << 26
"""Bytes that any text may unfold to, however small its file is."""


def cut_short(path: Path) -> DeepCMEError:
    """The refusal of a file whose bytes end too early or make no sense."""
    return DeepCMEError(f"{path}: the file is damaged or cut short; fetch it again.")


def text_lines(path: Path) -> Generator[str, None, None]:
    """Lines of a text file, gzipped or not, without their ends.

    UTF-8 or UTF-16; a line that is not is taken as latin-1, which older public files
    are written in. Line ends may be LF, CRLF or CR.

    Raises
    ------
    DeepCMEError
        If the file is no text, damaged or cut short.
    """
    contents = contents_of(path)
    if contents.kind != "text":
        raise DeepCMEError(f"{path}: this is not a text file but {contents.kind}.")
    # Bytes that are not UTF-8 are kept as lone surrogates until their line is known.
    errors = "strict" if contents.encoding == "utf-16" else "surrogateescape"
    encoding = "utf-8-sig" if contents.encoding == "utf-8" else contents.encoding
    try:
        with (
            _opened(path, contents) as file,
            io.TextIOWrapper(_watched(path, file), encoding, errors) as text,
        ):
            for line in text:
                yield _repaired(line.removesuffix("\n"))
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise cut_short(path) from error


def _opened(path: Path, contents: Contents) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb") if contents.gzipped else path.open("rb"))


class _Unfolding:
    """Counts what comes out of a file, and refuses what cannot be a table of text."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._most = max(SMALL_TEXT, MOST_TEXT * path.stat().st_size)
        self._unfolded = self._in_line = 0

    def count(self, read: bytes) -> None:
        """Count the bytes that were read.

        Raises
        ------
        DeepCMEError
            If a line is too long, or the file unfolds to far more than its size.
        """
        self._unfolded += len(read)
        last_end = max(read.rfind(b"\n"), read.rfind(b"\r")) + 1
        self._in_line = len(read) - last_end + (0 if last_end else self._in_line)
        if self._in_line > LONGEST_LINE:
            raise DeepCMEError(
                f"{self._path}: a line is longer than {LONGEST_LINE >> 20} MB, as no row of a "
                "table is: does the file lack its line ends?"
            )
        if self._unfolded > self._most:
            raise DeepCMEError(
                f"{self._path}: the file unfolds to over {MOST_TEXT} times its size, as no "
                "table of measured values does; if it is meant so, unpack it with gunzip first."
            )


def _watched(path: Path, file: IO[bytes] | pa.NativeFile) -> io.BufferedReader:
    return io.BufferedReader(_WatchedStream(file, _Unfolding(path)), 1 << 16)


class _WatchedStream(io.RawIOBase):
    def __init__(self, file: IO[bytes] | pa.NativeFile, unfolding: _Unfolding) -> None:
        self._file, self._unfolding = file, unfolding

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        read = self._file.read(len(buffer))
        self._unfolding.count(read)
        buffer[: len(read)] = read
        return len(read)


def _repaired(line: str) -> str:
    if line.isascii():
        return line
    try:
        line.encode()
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogateescape").decode("latin-1")
    return line


def byte_stream(path: Path) -> io.BufferedReader:
    """The bytes of a text file, unpacked on the way."""
    contents = contents_of(path)
    if contents.encoding == "utf-16":
        return stream_of_lines(text_lines(path))
    file = pa.input_stream(str(path), compression="gzip" if contents.gzipped else None)
    return _watched(path, file)


def stream_of_lines(lines: Iterator[str]) -> io.BufferedReader:
    """Lines as a stream of bytes; only a few are in memory at a time."""
    return io.BufferedReader(_LineStream(lines), 1 << 20)


class _LineStream(io.RawIOBase):
    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            line = next(self._lines, None)
            if line is None:
                return 0
            self._rest = line.encode() + b"\n"
        taken = min(len(buffer), len(self._rest))
        buffer[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken
