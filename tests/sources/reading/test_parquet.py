"""Columns of Parquet files: numbers and text are read, what is neither is refused by name."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from deepcme.sources.reading.reading import read_table
from tests.sources.files import matrix_of, refused, written

SAMPLES = ["S1", "S2", "S3"]


def a_matrix(folder, column):
    """Genes in rows; the column of S2 is given."""
    table = pa.table({"gene": ["A", "B"], "S1": [1.5, 2.5], "S2": column, "S3": [3, 4]})
    path = folder / "m.parquet"
    parquet.write_table(table, path)
    return path


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([Decimal("1.25"), Decimal("2.50")]), [1.25, 2.5]),
        (pa.array([7, None], pa.decimal128(5, 0)), [7, None]),
        (pa.array([7, 8], pa.uint8()), [7, 8]),
        (pa.array(np.array([1.5, 2], np.float16)), [1.5, 2]),
        (pa.array([7.5, 8]).dictionary_encode(), [7.5, 8]),
        (pa.array(["7.5", "8"]).dictionary_encode(), [7.5, 8]),
        (pa.array(["7.5", None], pa.large_string()), [7.5, None]),
        (pa.array([None, None], pa.null()), [None, None]),
    ],
    ids=str,
)
def test_numbers_of_any_type(tmp_path, column, expected):
    _, _, values, _ = matrix_of(a_matrix(tmp_path, column))
    assert [None if np.isnan(value) else value for value in values[1]] == expected


@pytest.mark.parametrize(
    "column",
    [
        pa.array([True, False]),
        pa.array([datetime(2020, 1, 1), None]),
        pa.array([1, 2], pa.timestamp("ns", tz="UTC")),
        pa.array([date(2020, 1, 1), date(2020, 1, 2)]),
        pa.array([time(1), time(2)]),
        pa.array([timedelta(1), timedelta(2)]),
        pa.array([b"1", b"2"]),
        pa.array([b"1", b"2"], pa.binary(1)),
        pa.array([True, False]).dictionary_encode(),
        pa.array([datetime(2020, 1, 1), None]).dictionary_encode(),
    ],
    ids=lambda column: str(column.type),
)
def test_what_is_no_expression_is_refused_by_name(tmp_path, column):
    path = a_matrix(tmp_path, column)
    refused(matrix_of, path, "the column 'S2' holds values of the type .*no expression")


@pytest.mark.parametrize("column", [pa.array([[1], [2]]), pa.array([{"a": 1}, {"a": 2}])])
def test_lists_and_records_are_refused(tmp_path, column):
    refused(matrix_of, a_matrix(tmp_path, column), r"a\w* .*lists or records|no expression")


def test_what_is_no_parquet(tmp_path):
    path = written(tmp_path, b"PAR1" + bytes(100) + b"PAR1", "m.parquet")
    refused(matrix_of, path, "not a readable Parquet file")


@pytest.mark.parametrize(
    "said",
    [
        b"[]",
        b'{"index_columns": 5}',
        b'{"index_columns": ["gone"], "columns": []}',
        b'{"index_columns": ["S1"], "columns": [], "column_indexes": [{}]}',
        b'{"index_columns": ' + b"[" * 5_000,
    ],
    ids=lambda said: said[:45].decode(),
)
def test_what_is_said_of_pandas_may_be_wrong(tmp_path, said):
    table = pa.table({"sample": SAMPLES, "S1": [1, 0, 0]})
    path = tmp_path / "t.parquet"
    parquet.write_table(table.replace_schema_metadata({"pandas": said}), path)
    assert read_table(path, [])["S1"].tolist() == [1, 0, 0]


def test_the_index_that_pandas_stored_is_a_column(tmp_path):
    path = tmp_path / "t.parquet"
    table = pd.DataFrame({"y": [1, 0, 0]}, index=SAMPLES)
    table.to_parquet(path)
    assert read_table(path, []).to_dict("list") == {"index": SAMPLES, "y": [1, 0, 0]}
    table.rename_axis("id").to_parquet(path)
    assert read_table(path, []).to_dict("list") == {"id": SAMPLES, "y": [1, 0, 0]}
