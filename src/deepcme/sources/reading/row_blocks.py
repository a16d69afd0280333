"""Rows of a text table block by block, so that no table is in memory twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from deepcme.base.words import MISSING_CELLS

_BLOCK_BYTES = 1 << 22
_LINE_END, _RETURN, _QUOTE = b'\n\r"'


def blocks_of_rows(stream: IO[bytes], skip: int) -> Iterator[bytes]:
    """Whole lines, some megabytes at a time, without the first `skip` ones."""
    rest = b""
    while read := stream.read(_BLOCK_BYTES):
        block = rest + read
        while skip and (line_end := _first_line_end(block)):
            block, skip = block[line_end:], skip - 1
        end = 0 if skip else _last_line_end(block)
        block, rest = block[:end], block[end:]
        if block:
            yield block
    if rest and not skip:
        yield rest


def _first_line_end(block: bytes) -> int:
    """Where the second line begins; 0 where the first may not be complete."""
    end, mark = block.find(b"\n") + 1, block.find(b"\r") + 1
    if not mark or 0 < end < mark:
        return end
    if mark == len(block):
        return 0
    return mark + block.startswith(b"\n", mark)


def _last_line_end(block: bytes) -> int:
    """Where the last line begins that may not be complete."""
    return block.rfind(b"\n") + 1 or block.rfind(b"\r", 0, -1) + 1


def plain_cells(block: bytes, separator: str, width: int) -> pa.StringArray | None:
    """The cells of the rows, one after the other; None where that takes a closer look.

    That is where a row has another number of cells than `width`, as blank ones have, or a
    quote does not just enclose a cell. What is looked at here are numbers without number.
    """
    if _RETURN in block:
        block = block.replace(b"\r\n", b"\n")
    if not block.endswith(b"\n"):
        block += b"\n"
    characters = np.frombuffer(block, dtype=np.uint8)
    gone = characters == _LINE_END
    n_rows = int(np.count_nonzero(gone))
    gone |= characters == ord(separator)
    ends = np.flatnonzero(gone)
    at_line_ends = characters[ends[width - 1 :: width]] == _LINE_END
    if len(ends) != n_rows * width or not at_line_ends.all() or _RETURN in block:
        return None
    starts = np.zeros(len(ends) + 1, dtype=np.int32)
    np.subtract(ends, np.arange(len(ends)), out=starts[1:], casting="unsafe")
    if _QUOTE in block:
        quotes = np.flatnonzero(characters == _QUOTE)
        if not _enclose_cells(quotes, gone, ends):
            return None
        gone[quotes] = True
        starts[1:] -= np.searchsorted(quotes, ends).astype(np.int32)
    text = characters[~gone]
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(starts), pa.py_buffer(text))


def _enclose_cells(
    quotes: NDArray[np.intp], is_end: NDArray[np.bool_], ends: NDArray[np.intp]
) -> bool:
    """Whether quotes stand in pairs around whole cells."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    first = (opening == 0) | is_end[opening - 1]
    same_cell = np.searchsorted(ends, opening) == np.searchsorted(ends, closing)
    return bool(first.all() and is_end[closing + 1].all() and same_cell.all())


def numbers_of(
    cells: pa.StringArray, width: int, wanted: Sequence[int]
) -> NDArray[np.float32] | None:
    """The wanted columns of cells as numbers, NaN where missing (rows x columns).

    None where one is not a number as programs write them.
    """
    n_rows = len(cells) // width
    if not wanted:
        return np.empty((n_rows, 0), dtype=np.float32)
    is_wanted = np.zeros(width, dtype=bool)
    is_wanted[wanted] = True
    filled = np.diff(np.frombuffer(cells.buffers()[1], dtype=np.int32)) > 0
    filled &= np.tile(is_wanted, n_rows)
    try:
        numbers = _only(cells, filled).cast(pa.float32())
    except pa.ArrowInvalid:
        missing = pc.is_in(cells, pa.array(MISSING_CELLS))
        filled &= ~missing.to_numpy(zero_copy_only=False)
        try:
            numbers = _only(cells, filled).cast(pa.float32())
        except pa.ArrowInvalid:
            return None
    values: NDArray[np.float32] = numbers.to_numpy(zero_copy_only=False)
    table = values.reshape(n_rows, width)
    first, last = wanted[0], wanted[-1] + 1
    side_by_side = last - first == len(wanted)
    return table[:, first:last] if side_by_side else table[:, list(wanted)]


def _only(cells: pa.StringArray, known: NDArray[np.bool_]) -> pa.StringArray:
    """The cells, of which those that are not known are null."""
    validity = pa.py_buffer(np.packbits(known, bitorder="little"))
    _, starts, text = cells.buffers()
    return pa.StringArray.from_buffers(len(cells), starts, text, validity)
