"""Predictions as JSON, and as the table that `deepcme predict` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pandas as pd
from starlette.responses import Response

from deepcme.base.files.files import csv_text
from deepcme.service.models.served import ServedModel
from deepcme.trained.prediction import round_predictions

JSON = "application/json"
_PLAIN = " !#$&'()*+,/:;=?@[]"  # beside letters and digits
_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
).encode


def to_json(content: Any) -> bytes:
    """JSON of plain data, whose numbers are written as Python writes them."""
    return _encode(content).encode()


def identity(served: ServedModel) -> dict[str, str]:
    """What every answer of a model says of it."""
    return {"name": served.name, "version": served.version, "sha256": served.sha256}


def identity_headers(served: ServedModel) -> dict[str, str]:
    """The same as headers, where letters beyond ASCII are written as in addresses."""
    of = {"Name": served.name, "Version": served.version, "SHA256": served.sha256}
    return {f"X-Model-{name}": quote(value, safe=_PLAIN) for name, value in of.items()}


def rows_of(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the columns of a table as plain data, with None where a cell is empty."""
    names = list(map(str, columns))
    plain = map(_plain, columns.values())
    return [dict(zip(names, row, strict=True)) for row in zip(*plain, strict=True)]


def _plain(column: Any) -> list[Any]:
    """Values of a column as Python has them."""
    values = column if isinstance(column, list) else column.tolist()
    return [None if value is pd.NA or value != value else value for value in values]


def answer_rows(served: ServedModel, rows: list[dict[str, Any]], notes: list[str]) -> Response:
    """Predictions as JSON, in full precision."""
    body = to_json({"model": identity(served), "predictions": rows, "notes": notes})
    return Response(body, headers=identity_headers(served), media_type=JSON)


def answer_table(served: ServedModel, table: pd.DataFrame) -> Response:
    """Predictions as `deepcme predict -o` writes them, byte for byte."""
    body = csv_text(round_predictions(table)).encode()
    headers = identity_headers(served) | {"Content-Type": "text/csv; charset=utf-8"}
    return Response(body, headers=headers)
