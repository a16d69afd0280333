"""Whether a file of text that was fetched is whole, where its source tells no checksum."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from deepcme.errors import DeepCMEError
from deepcme.sources.fetching.watch import IncompleteError

_CHUNK_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
_LEAST_LIMIT = 1_000_000_000
_MOST_TIMES_PACKED = 50  # tables of text are seldom packed to a twentieth


def unfolding_limit(packed: Path) -> int:
    """To how many bytes a packed file of tables may unfold; more is no table but a trap."""
    return max(_LEAST_LIMIT, _MOST_TIMES_PACKED * packed.stat().st_size)


def require_end_mark(path: Path, mark: str) -> None:
    """Refuse a text, gzipped or not, that does not end with the mark.

    Raises
    ------
    IncompleteError
        If it ends otherwise, or cannot be unpacked.
    DeepCMEError
        If it unfolds to more than any table.
    """
    with path.open("rb") as start:
        gzipped = start.read(len(_GZIP)) == _GZIP
    limit = unfolding_limit(path)
    end, n_bytes = b"", 0
    try:
        with gzip.open(path, "rb") if gzipped else path.open("rb") as text:
            while chunk := text.read(_CHUNK_BYTES):
                n_bytes += len(chunk)
                if n_bytes > limit:
                    raise DeepCMEError(
                        f"{path.name} unfolds to more than {limit:,} bytes: refused."
                    )
                end = (end + chunk)[-1000:]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise IncompleteError(f"{path.name} is damaged or cut short") from error
    if not end.rstrip().endswith(mark.encode()):
        raise IncompleteError(f"{path.name} does not end with {mark}")
