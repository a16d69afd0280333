"""Whether a file of text that was fetched is whole, where its source tells no checksum."""

from __future__ import annotations

import gzip
from functools import partial
from pathlib import Path

from deepcme.sources.fetching.files import Check, WebFile
from deepcme.sources.fetching.watch import IncompleteError

_CHUNK_BYTES = 1 << 20
_BYTES_OF_END = 1_000
_MODEST_BYTES = 30_000_000
_MODEST_CELLS = 2_000_000
_MODEST_COLUMNS = 1_000


def ends_with(mark: str) -> Check:
    """A check that a text, gzipped if its name says so, ends with the mark."""
    return partial(_require_end, mark)


def _require_end(mark: str, file: WebFile, path: Path) -> None:
    end = b""
    # A gzip file was unpacked before, which showed that it is whole and no trap.
    with gzip.open(path, "rb") if file.is_gzip else path.open("rb") as text:
        while chunk := text.read(_CHUNK_BYTES):
            end = (end + chunk)[-_BYTES_OF_END:]
    if not end.rstrip().endswith(mark.encode()):
        raise IncompleteError(f"file {file.name!r} does not end with {mark}")


def is_modest(path: Path) -> bool:
    """Whether a table of text, unpacked if need be, is soon read: no trap by size or width."""
    n_bytes = n_cells = 0
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as text:
        while line := text.readline(_MODEST_BYTES):
            columns = line.count(b"\t") + 1
            n_bytes, n_cells = n_bytes + len(line), n_cells + columns
            if n_bytes > _MODEST_BYTES or n_cells > _MODEST_CELLS or columns > _MODEST_COLUMNS:
                return False
    return True
