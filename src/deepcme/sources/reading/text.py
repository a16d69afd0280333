"""Text files as lines, or as a stream of bytes: unpacked, decoded, with plain line ends."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from deepcme.base.errors import DeepCMEError
from deepcme.sources.reading.contents import Contents, contents_of

LONGEST_LINE = 1 << 26
"""Bytes; a row of a million values has a third of it."""
MOST_TEXT = 100
"""Times its size that a gzipped text may unfold to; tables of measured values stay below 30."""
SMALL_TEXT = 1 << 26
"""Bytes that any text may unfold to, however small its file is."""
_CHUNK_BYTES = 1 << 16


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


def _watched(path: Path, file: IO[bytes] | pa.NativeFile) -> io.BufferedReader:
    return io.BufferedReader(ChunkStream(_bounded(path, file)), _CHUNK_BYTES)


def _bounded(path: Path, file: IO[bytes] | pa.NativeFile) -> Iterator[bytes]:
    """What comes out of a file, while it can be a table of text."""
    most = max(SMALL_TEXT, MOST_TEXT * path.stat().st_size)
    unfolded = in_line = 0
    while read := file.read(_CHUNK_BYTES):
        unfolded += len(read)
        last_end = max(read.rfind(b"\n"), read.rfind(b"\r")) + 1
        in_line = len(read) - last_end + (0 if last_end else in_line)
        if in_line > LONGEST_LINE:
            raise DeepCMEError(
                f"{path}: a line is longer than {LONGEST_LINE >> 20} MB, as no row of a table "
                "is: does the file lack its line ends?"
            )
        if unfolded > most:
            raise DeepCMEError(
                f"{path}: the file unfolds to over {MOST_TEXT} times its size, as no table of "
                "measured values does; if it is meant so, unpack it with gunzip first."
            )
        yield read


class ChunkStream(io.RawIOBase):
    """Chunks of bytes as a stream, one in memory at a time; an empty one ends it."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as the current chunk goes."""
        self._rest = self._rest or next(self._chunks, b"")
        n = min(len(buffer), len(self._rest))
        buffer[:n], self._rest = self._rest[:n], self._rest[n:]
        return n


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
    chunks = (line.encode() + b"\n" for line in lines)
    return io.BufferedReader(ChunkStream(chunks), 1 << 20)
