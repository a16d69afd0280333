"""Samples in a table that was sent as CSV or Parquet, read by the readers of files."""

from __future__ import annotations

import codecs
import re
from contextlib import nullcontext
from pathlib import Path

from starlette.exceptions import HTTPException

from deepcme.base.errors import DeepCMEError
from deepcme.service.answers.refusals import (
    other_type,
    too_large,
    too_many_samples,
    unreadable,
)
from deepcme.service.requests.media import Taken
from deepcme.service.requests.options import Options
from deepcme.service.requests.parquet import written_plainly
from deepcme.service.settings import ServiceSettings
from deepcme.sources.reading.contents import contents_of
from deepcme.trained.entries import Genes
from deepcme.trained.new_samples import Expression, read_expression

_BLOCK_BYTES = 1 << 20
_SEPARATORS = (b",", b"\t", b";")
# A cell as the readers quote it, but for the name of a column.
_CELL = re.compile(
    r"(?<!column )(?<!columns )'(?:[^'\\]|\\.)*'|(?<!column )\"(?:[^\"\\]|\\.)*\""
)


def read_table(
    path: Path, kind: Taken, genes: Genes, options: Options, settings: ServiceSettings
) -> Expression:
    """The samples of a table, whichever way round it lies.

    Parameters
    ----------
    path : path
        What was sent.
    kind : str
        Its type, which is not CSV because it says so.
    genes : Genes
        Of the model.
    options : Options
    settings : ServiceSettings

    Raises
    ------
    HTTPException
        413 if it is too large, 415 if it is another kind of file, 422 if it cannot be read.
    """
    is_text = kind == "text/csv"
    if is_text:
        _require_plain_text(path, settings)
    with nullcontext(path) if is_text else written_plainly(path, settings) as plain:
        try:
            if contents_of(plain).kind != ("text" if is_text else "parquet"):
                raise other_type("The body is not of the type that its Content-Type tells.")
            expression = read_expression(plain, genes, options.scale)
        except DeepCMEError as error:
            raise unreadable(_without_cells(str(error), plain)) from error
    if len(expression.samples) > settings.samples:
        raise too_many_samples(settings.samples)
    return expression


def _require_plain_text(path: Path, settings: ServiceSettings) -> None:
    """Look at the size of a table of text before it is read."""
    counts = dict.fromkeys((b"\n", b"\r", *_SEPARATORS), 0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                decoder.decode(block)
                for mark in counts:
                    counts[mark] += block.count(mark)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise unreadable("The table is not in UTF-8: save it so.") from error
    n_lines = max(counts.pop(b"\n"), counts.pop(b"\r")) + 1
    n_cells = max(counts.values()) + n_lines
    if n_lines > settings.columns + 1 or n_cells > settings.cells:
        raise _too_many_cells(settings)


def _too_many_cells(settings: ServiceSettings) -> HTTPException:
    return too_large(
        f"At most {settings.samples:,} samples, {settings.columns:,} genes and "
        f"{settings.cells:,} values are taken at a time."
    )


def _without_cells(sentence: str, path: Path) -> str:
    """A sentence of the readers without what stands in cells, and where the file was."""
    return _CELL.sub("a cell", sentence.replace(str(path), path.name))
