"""Samples in a table that was sent as CSV or Parquet, read by the readers of files."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.exceptions import HTTPException

from deepcme.base.errors import DeepCMEError
from deepcme.service.answers.refusals import other_type, too_large, unreadable
from deepcme.service.requests.media import Taken
from deepcme.service.requests.options import Options
from deepcme.service.requests.parquet import written_plainly
from deepcme.service.settings import ServiceSettings
from deepcme.sources.reading.contents import contents_of
from deepcme.trained.manifest import Genes
from deepcme.trained.new_samples import Expression, read_expression

_SEPARATORS = (b",", b"\t", b";")
# A cell as the readers quote it, but for the name of a column.
_CELL = re.compile(
    r"(?<!column )(?<!columns )'(?:[^'\\]|\\.)*'|(?<!column )\"(?:[^\"\\]|\\.)*\""
)


def read_table(
    body: bytes, kind: Taken, genes: Genes, options: Options, settings: ServiceSettings
) -> Expression:
    """The samples of a table, whichever way round it lies.

    Parameters
    ----------
    body : bytes
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
        _require_plain_text(body, settings)
    else:
        body = written_plainly(body, settings)
    with held(body, "samples.csv" if is_text else "samples.parquet") as path:
        try:
            if contents_of(path).kind != ("text" if is_text else "parquet"):
                raise other_type("The body is not of the type that its Content-Type tells.")
            expression = read_expression(path, genes, options.scale)
        except DeepCMEError as error:
            raise unreadable(_without_cells(str(error), path)) from error
    if len(expression.samples) > settings.samples:
        raise too_large(f"At most {settings.samples:,} samples are taken at a time.")
    return expression


def _require_plain_text(body: bytes, settings: ServiceSettings) -> None:
    """Look at the size of a table of text before it is read."""
    try:
        if not body.isascii():
            body.decode()
    except UnicodeDecodeError as error:
        raise unreadable("The table is not in UTF-8: save it so.") from error
    n_lines = body.count(b"\n") + body.count(b"\r") - body.count(b"\r\n") + 1
    n_cells = max(map(body.count, _SEPARATORS)) + n_lines
    if n_lines > settings.columns + 1 or n_cells > settings.cells:
        raise _too_many_cells(settings)


def _too_many_cells(settings: ServiceSettings) -> HTTPException:
    return too_large(
        f"At most {settings.samples:,} samples, {settings.columns:,} genes and "
        f"{settings.cells:,} values are taken at a time."
    )


@contextmanager
def held(body: bytes, name: str) -> Iterator[Path]:
    """Bytes as a file of a name; where the system can, it is on no disk, and ends with us."""
    with tempfile.TemporaryDirectory(prefix="deepcme-") as folder:
        path = Path(folder) / name
        if sys.platform != "linux":
            path.write_bytes(body)
            yield path
            return
        descriptor = os.memfd_create(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            path.symlink_to(f"/proc/{os.getpid()}/fd/{descriptor}")
            yield path


def _without_cells(sentence: str, path: Path) -> str:
    """A sentence of the readers without what stands in cells, and where the file was."""
    return _CELL.sub("a cell", sentence.replace(str(path), path.name))
