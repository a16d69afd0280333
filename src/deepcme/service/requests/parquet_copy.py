"""A process that reads a Parquet file and writes its table again, uncompressed.

What the file says of itself is looked at first, and not believed: the kernel ends the process
where it takes more memory or time than a table within the limits does. It imports little, as
it is started for each file.
"""

from __future__ import annotations

import sys

import pyarrow as pa
from pyarrow import parquet

from deepcme.base.processes.bounds import bound_process

REFUSED, TOO_LARGE = 3, 4
"""How the process ends where a file is no plain table, or too large a one."""
_TIMES_UNFOLDED = 3
"""What reading and writing take at most for each byte of the values."""
_WORKING_BYTES = 300_000_000
_MOST_GROUPS = 1000


def main() -> None:
    """Read a Parquet file from the standard input, and write it again to the output."""
    samples, columns, cells, unfolded, seconds = map(int, sys.argv[1:])
    body = sys.stdin.buffer.read()
    bound_process(seconds, _WORKING_BYTES + _TIMES_UNFOLDED * unfolded)
    try:
        source = pa.BufferReader(body)
        told = parquet.read_metadata(source)
        if told.num_row_groups > _MOST_GROUPS or told.num_rows < 0:
            sys.exit(REFUSED)
        groups = map(told.row_group, range(told.num_row_groups))
        n_bytes = sum(group.total_byte_size for group in groups)
        fewer, more = sorted((told.num_rows, told.num_columns - 1))
        if fewer > samples or more > columns or fewer * more > cells or n_bytes > unfolded:
            sys.exit(TOO_LARGE)
        schema = told.schema.to_arrow_schema()
        if told.num_columns != len(schema):
            sys.exit(REFUSED)
        sys.stdout.buffer.write(_written_again(source, told, schema))
    except (pa.ArrowException, OSError, ValueError, NotImplementedError, MemoryError):
        sys.exit(REFUSED)


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
