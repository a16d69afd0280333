"""Parquet from strangers: read in a process of its own, and written again uncompressed.

What a file says of itself is looked at first, and not believed: the kernel ends the process
where it takes more memory or time than a table within the limits does.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pyarrow as pa
from pyarrow import parquet

from deepcme.base.processes.bounds import bound_process
from deepcme.base.processes.workers import worker_command
from deepcme.service.answers.refusals import come_again, too_large, unreadable
from deepcme.service.settings import ServiceSettings

_TIMES_UNFOLDED = 3
"""What reading and writing take at most for each byte of the values."""
_WORKING_BYTES = 300_000_000
_MOST_GROUPS = 1000
_REFUSED, _TOO_LARGE = 3, 4
"""How the process ends where a file is no plain table, or too large a one."""


def written_plainly(body: bytes, settings: ServiceSettings) -> bytes:
    """The table of a Parquet file as one that may be opened without a second thought.

    Raises
    ------
    HTTPException
        413 or 422 if it is no plain table within the limits, 503 if reading it took too long.
    """
    limits = (settings.samples, settings.columns, settings.cells, settings.unfolded_bytes)
    seconds = max(1, int(settings.prediction_seconds))
    try:
        ended = subprocess.run(
            worker_command(__name__, *map(str, (*limits, seconds))),
            input=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ
            | {
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "ARROW_DEFAULT_MEMORY_POOL": "system",  # which reserves nothing in advance
            },
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise come_again(
            503, "Reading the table took too long: send it again later.", settings.retry_seconds
        ) from error
    if ended.returncode == _TOO_LARGE:
        raise too_large(
            f"At most {settings.samples:,} samples, {settings.columns:,} genes and "
            f"{settings.cells:,} values are taken at a time."
        )
    if ended.returncode != 0:
        raise unreadable(
            "This is not a readable Parquet file of a plain table: columns of text and of "
            "numbers, and no lists or records."
        )
    return ended.stdout


def main() -> None:
    """Read a Parquet file from the standard input, and write it again to the output."""
    samples, columns, cells, unfolded, seconds = map(int, sys.argv[1:])
    body = sys.stdin.buffer.read()
    bound_process(seconds, _WORKING_BYTES + _TIMES_UNFOLDED * unfolded)
    try:
        source = pa.BufferReader(body)
        told = parquet.read_metadata(source)
        if told.num_row_groups > _MOST_GROUPS or told.num_rows < 0:
            sys.exit(_REFUSED)
        groups = map(told.row_group, range(told.num_row_groups))
        n_bytes = sum(group.total_byte_size for group in groups)
        fewer, more = sorted((told.num_rows, told.num_columns - 1))
        if fewer > samples or more > columns or fewer * more > cells or n_bytes > unfolded:
            sys.exit(_TOO_LARGE)
        schema = told.schema.to_arrow_schema()
        if told.num_columns != len(schema):
            sys.exit(_REFUSED)
        sys.stdout.buffer.write(_written_again(source, told, schema))
    except (pa.ArrowException, OSError, ValueError, NotImplementedError, MemoryError):
        sys.exit(_REFUSED)


def _written_again(
    source: pa.BufferReader, told: parquet.FileMetaData, schema: pa.Schema
) -> memoryview:
    """The groups of rows one after the other; a text that many rows share stays one."""
    texts = [field.name for field in schema if not pa.types.is_primitive(field.type)]
    sink = pa.BufferOutputStream()
    with parquet.ParquetFile(source, metadata=told, read_dictionary=texts) as file:
        kept = file.schema_arrow
        with parquet.ParquetWriter(sink, kept, compression="none") as writer:
            for number in range(told.num_row_groups):
                writer.write_table(file.read_row_group(number, use_threads=False))
    return memoryview(sink.getvalue())
