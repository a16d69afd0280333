"""Bodies that unfold without end, or hold no samples: refused in one sentence and little memory."""

import gzip
import io
import json
import time
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.attacks.service import ASKED, GENES, LIMITS, SLOWEST, VALUES, body_of, request_of

REFUSED = (400, 413, 415, 422)
CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"


def refused(service, body: bytes, kind: str, *among: int, **headers: str) -> str:
    """It is refused in time, in one sentence, which is given."""
    start = time.monotonic()
    answer = service.predict(body, kind, **headers)
    assert time.monotonic() - start < SLOWEST
    assert answer.status_code in (among or REFUSED), answer.text[:500]
    assert answer.headers["Content-Type"].startswith("application/json")
    (sentence,) = answer.json().values()
    assert sentence.endswith(".") and len(sentence) < 1000
    assert "Traceback" not in sentence and "/tmp" not in sentence
    return sentence


def as_parquet(table: pa.Table, **options) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd", **options)
    return sink.getvalue()


def repeated_rows(n_groups=200, rows=1_000_000) -> bytes:
    """200 million rows of zeros in a few kilobytes."""
    table = pa.table({"sample": pa.nulls(rows, pa.string()), "GENE1": np.zeros(rows, "i1")})
    sink = io.BytesIO()
    with parquet.ParquetWriter(sink, table.schema, compression="zstd") as writer:
        for _ in range(n_groups):
            writer.write_table(table)
    return sink.getvalue()


def one_long_text(length=300_000_000) -> bytes:
    return as_parquet(pa.table({"sample": ["a" * length], "GENE1": [1.0]}))


def shared_text(rows=100_000, length=1_000_000) -> bytes:
    """One text of a megabyte, named by each of 100,000 rows: 100 GB where each has a copy."""
    texts = pa.DictionaryArray.from_arrays(np.zeros(rows, "i4"), ["a" * length])
    return as_parquet(pa.table({"sample": texts, "GENE1": np.zeros(rows)}), store_schema=False)


def shared_text_in_few_rows(rows=190, length=1_000_000) -> bytes:
    return shared_text(rows, length)


def nested_lists(rows=100, each=1_000_000) -> bytes:
    lists = pa.ListArray.from_arrays(
        np.arange(0, rows * each + 1, each, dtype="i4"), pa.nulls(rows * each, pa.int8())
    )
    return as_parquet(pa.table({"sample": [str(i) for i in range(rows)], "GENE1": lists}))


def many_columns(n=6000) -> bytes:
    return as_parquet(pa.table({f"G{i}": [1.0] for i in range(n)}))


def nested_deep(depth=90) -> bytes:
    kind = pa.int8()
    for _ in range(depth):
        kind = pa.struct([("a", kind)])
    return as_parquet(pa.table({"sample": ["A"], "GENE1": pa.nulls(1, kind)}))


def that_lies_about_its_size() -> bytes:
    """Its footer tells of a thousandth of what its page unfolds to."""
    body = one_long_text(200_000_000)
    told = parquet.read_metadata(io.BytesIO(body)).row_group(0)
    for size in (told.column(0).total_uncompressed_size, told.total_byte_size):
        body = body.replace(varint(size), varint(size // 1000, len(varint(size))))
    said = parquet.read_metadata(io.BytesIO(body)).row_group(0).total_byte_size
    assert said < 1_000_000
    return body


def varint(value: int, length: int = 0) -> bytes:
    """A number as Thrift's compact protocol has it, of at least some bytes."""
    value, found = 2 * value, []  # zigzag
    while True:
        value, low = value >> 7, value & 0x7F
        found.append(low)
        if not value and len(found) >= length:
            return bytes([low | 0x80 for low in found[:-1]] + [found[-1]])


BOMBS = {
    "rows that repeat": (repeated_rows, PARQUET),
    "one long text": (one_long_text, PARQUET),
    "a text that rows share": (shared_text, PARQUET),
    "a text that few rows share": (shared_text_in_few_rows, PARQUET),
    "lists": (nested_lists, PARQUET),
    "columns": (many_columns, PARQUET),
    "records in records": (nested_deep, PARQUET),
    "a footer that lies": (that_lies_about_its_size, PARQUET),
    "gzip as CSV": (lambda: gzip.compress(bytes(1 << 28)), CSV),
    "gzip as Parquet": (lambda: gzip.compress(bytes(1 << 28)), PARQUET),
    "CSV of one line": (lambda: b"sample," + b"1," * 1_900_000, CSV),
    "CSV of empty lines": (lambda: b"\n" * 3_900_000, CSV),
    "CSV of carriage returns": (lambda: b"\r" * 3_900_000, CSV),
    "CSV of one long cell": (lambda: b"sample,GENE1\nA," + b"9" * 3_900_000, CSV),
    "CSV whose quote never ends": (lambda: b'sample,GENE1\n"A,' + b"1\n" * 1_900_000, CSV),
    "JSON of many samples": (
        lambda: b'{"samples":[' + b"{}," * 600_000 + b"{}]}",
        "application/json",
    ),
    "JSON of many genes": (
        lambda: body_of({f"G{i}": 1 for i in range(150_000)}),
        "application/json",
    ),
    "JSON of unlike genes": (
        lambda: json.dumps(
            {
                "samples": [
                    {"sample": f"S{i}", "values": {f"G{i}.{j}": 1 for j in range(500)}}
                    for i in range(190)
                ]
            }
        ).encode(),
        "application/json",
    ),
}


@pytest.mark.cause("bombs")
@pytest.mark.attack  # making them takes a while
@pytest.mark.parametrize("kind", BOMBS)
def test_what_unfolds_is_refused(stands, kind):
    make, media = BOMBS[kind]
    body = make()
    assert len(body) <= LIMITS["body_bytes"]
    refused(stands, body, media)


@pytest.mark.cause("bombs")
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_compressed_bodies_are_refused_unread(stands, encoding):
    body = gzip.compress(bytes(1 << 26))
    refused(stands, body, "application/json", 415, **{"Content-Encoding": encoding})


@pytest.mark.cause("bombs")
@pytest.mark.parametrize("kind", ["application/zip", "application/gzip", "multipart/form-data"])
def test_archives_and_forms_are_refused(stands, kind):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("samples.csv", bytes(1 << 26))
    refused(stands, sink.getvalue(), kind, 415)


@pytest.mark.cause("bombs")
@pytest.mark.parametrize("told", ["4000001", "99999999999", "9" * 30])
def test_a_length_beyond_the_limit_is_refused_before_it_is_sent(stands, told):
    head = request_of(ASKED, f"Content-Length: {told}", "Content-Type: text/csv", method="POST")
    assert stands.raw(head).status in (400, 413)


@pytest.mark.cause("bombs")
def test_a_body_without_a_length_is_cut_at_the_limit(stands):
    head = request_of(
        ASKED, "Transfer-Encoding: chunked", "Content-Type: text/csv", method="POST"
    )
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    assert stands.raw(head, *[chunk] * 100).status == 413


def of_value(text: str) -> bytes:
    return f'{{"samples": [{{"sample": "A", "values": {{"GENE1": {text}}}}}]}}'.encode()


def nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    return opening * depth + closing * depth


ODD_JSON = {
    "NaN": of_value("NaN"),
    "Infinity": of_value("Infinity"),
    "-Infinity": of_value("-Infinity"),
    "1e999": of_value("1e999"),
    "1e39, beyond single precision": of_value("1e39"),
    "an integer of 5,000 digits": of_value("9" * 5000),
    "an integer of a million digits": of_value("9" * 1_000_000),
    "a number of many digits": of_value("0." + "1" * 1_000_000 + "e9999999999"),
    "100,000 lists": nested(b"[", b"]", 100_000),
    "100,000 objects": nested(b'{"a":', b"}", 100_000) + b"0",
    "a million lists unclosed": b"[" * 1_000_000,
    "lists in a value": of_value(nested(b"[", b"]", 100_000).decode()),
    "a gene twice": of_value('1, "GENE1": 2'),
    "samples twice": b'{"samples": [], "samples": [{"sample": "A", "values": {"GENE1": 1}}]}',
    "text": of_value('"7.1"'),
    "a truth value": of_value("true"),
    "a list": of_value("[7.1]"),
    "half a letter": b'{"samples": [{"sample": "\\ud800", "values": {"GENE1": 1}}]}',
    "no UTF-8": b'{"samples": [{"sample": "\xff\xfe", "values": {"GENE1": 1}}]}',
    "UTF-16": body_of(VALUES).decode().encode("utf-16"),
    "UTF-32": body_of(VALUES).decode().encode("utf-32"),
    "nothing": b"",
    "blanks": b" " * 1000,
    "null": b"null",
    "a number": b"7",
    "no samples": b'{"samples": []}',
    "samples that are none": b'{"samples": [null, 1, "a"]}',
    "no values": b'{"samples": [{"sample": "A", "values": {}}]}',
    "values in a list": b'{"samples": [{"sample": "A", "values": [1, 2]}]}',
    "no name": b'{"samples": [{"values": {"GENE1": 1}}]}',
    "a name that is a number": b'{"samples": [{"sample": 1, "values": {"GENE1": 1}}]}',
    "a name of a megabyte": json.dumps(
        {"samples": [{"sample": "a" * 1_000_000, "values": VALUES}]}
    ).encode(),
    "a gene of a megabyte": body_of({"G" * 1_000_000: 1.0}),
    "one sample twice": json.dumps(
        {"samples": [{"sample": "A", "values": VALUES}] * 2}
    ).encode(),
    "an unknown field": body_of(VALUES, __proto__={"a": 1}),
    "an odd scale": body_of(VALUES, scale="../../etc/passwd"),
    "a scale that is an object": body_of(VALUES, scale={"a": 1}),
    "cohort normalisation": body_of(VALUES, normalise="cohort"),
    "times of a model without": body_of(VALUES, times=[1, 2]),
    "times without end": body_of(VALUES, times=list(range(100_000))),
    "cut in the middle": body_of(VALUES)[:-20],
    "two documents": body_of(VALUES) * 2,
    "a comment": b"/* */" + body_of(VALUES),
    "bytes of zero": bytes(1000),
}


@pytest.mark.cause("odd-bodies")
@pytest.mark.parametrize("kind", ODD_JSON)
def test_json_that_holds_no_samples_is_refused(stands, kind):
    refused(stands, ODD_JSON[kind], "application/json")


@pytest.mark.cause("odd-bodies")
@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "text/html", "*/*", "json",
             "application/json; charset=utf-16", "application/octet-stream", "x" * 5000]
)  # fmt: skip
def test_other_kinds_of_bodies_are_refused(stands, kind):
    refused(stands, body_of(VALUES), kind, 415)


def csv_of(text: str) -> bytes:
    return f"sample,{','.join(GENES)}\n{text}".encode()


ODD_CSV = {
    "nothing": b"",
    "a heading alone": csv_of(""),
    "NaN in every cell": csv_of("A,NaN,NaN,NaN,NaN,NaN\n"),
    "Infinity": csv_of("A,Infinity,1,1,1,1\n"),
    "1e999": csv_of("A,1e999,1,1,1,1\n"),
    "text": csv_of("A,high,1,1,1,1\n"),
    "decimal commas": csv_of('A,"7,1",1,1,1,1\n'),
    "cells too many": csv_of("A,1,1,1,1,1,1,1\n"),
    "a gene twice": b"sample,GENE1,GENE1\nA,1,2\n",
    "a sample twice": csv_of("A,1,1,1,1,1\nA,2,2,2,2,2\n"),
    "no gene of the model": b"sample,OTHER\nA,1\n",
    "bytes of zero": bytes(1000),
    "no UTF-8": csv_of("").replace(b"sample", b"\xff\xfe\xfa"),
    "UTF-16": csv_of("A,1,1,1,1,1\n").decode().encode("utf-16"),
    "201 samples": csv_of("\n".join(f"S{i},7,7,7,7,7" for i in range(201))),
    "10,000 genes": b"sample," + ",".join(f"G{i}" for i in range(10_000)).encode() + b"\nA"
    + b",1" * 10_000,
    "HTML": b"<!doctype html><p>not found",
    "JSON": body_of(VALUES),
    "Parquet": b"PAR1" + bytes(100) + b"PAR1",
}  # fmt: skip


@pytest.mark.cause("odd-bodies")
@pytest.mark.parametrize("kind", ODD_CSV)
def test_csv_that_holds_no_samples_is_refused(stands, kind):
    refused(stands, ODD_CSV[kind], CSV)


def frame(**columns) -> bytes:
    sink = io.BytesIO()
    pd.DataFrame(columns).to_parquet(sink)
    return sink.getvalue()


ODD_PARQUET = {
    "nothing": b"",
    "its first bytes alone": b"PAR1",
    "zeros between": b"PAR1" + bytes(5000) + b"PAR1",
    "a footer longer than the file": b"PAR1" + b"\xff\xff\xff\x7f" + b"PAR1",
    "cut short": frame(sample=["A"], GENE1=[1.0])[:-30],
    "CSV": csv_of("A,1,1,1,1,1\n"),
    "infinite values": frame(sample=["A"], **{gene: [np.inf] for gene in GENES}),
    "no values": frame(sample=["A"], **{gene: [np.nan] for gene in GENES}),
    "text": frame(sample=["A"], **{gene: ["high"] for gene in GENES}),
    "dates": frame(sample=["A"], **{gene: [pd.Timestamp("2020-01-01")] for gene in GENES}),
    "bytes": frame(sample=["A"], **{gene: [b"\xff\x00"] for gene in GENES}),
    "truth values": frame(sample=["A"], **{gene: [True] for gene in GENES}),
    "no rows": frame(sample=pd.Series([], dtype=str), GENE1=pd.Series([], dtype=float)),
}


@pytest.mark.cause("odd-bodies")
@pytest.mark.parametrize("kind", ODD_PARQUET)
def test_parquet_that_holds_no_samples_is_refused(stands, kind):
    refused(stands, ODD_PARQUET[kind], PARQUET)


@pytest.mark.cause("odd-bodies")
def test_parquet_whose_bytes_are_changed_is_refused_or_read(stands):
    body = frame(sample=["A", "B"], **{gene: [7.0, 7.5] for gene in GENES})
    random = np.random.default_rng(0)
    for _ in range(15):
        changed = bytearray(body)
        for place in random.integers(4, len(body) - 4, 5):
            changed[place] = random.integers(256)
        answer = stands.predict(bytes(changed), PARQUET)
        assert answer.status_code in (200, *REFUSED), answer.text[:300]
