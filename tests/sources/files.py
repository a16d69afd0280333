"""Small files for the tests of the readers, and the sentences that refuse them."""

from pathlib import Path

import pytest

from deepcme import DeepCMEError
from deepcme.sources.reading.matrices import genes_in_rows, read_matrix
from deepcme.sources.reading.reading import read_table


def written(folder: Path, content: str | bytes, name: str = "m.csv") -> Path:
    """A file with this content, text as UTF-8 with the line ends that it has."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def matrix_of(path: Path, **options):
    """Samples, genes, values (samples x genes) and notes of a matrix with genes in rows."""
    notes: list[str] = []
    matrix = read_matrix(path, genes_in_rows, notes, **options)
    return matrix.samples, matrix.genes, matrix.values.tolist(), notes


def table_of(path: Path, **options):
    """Column names, rows and notes of a table of text."""
    notes: list[str] = []
    table = read_table(path, notes, **options).astype(object)
    return list(table.columns), table.where(table.notna(), None).to_numpy().tolist(), notes


def refused(read, path: Path, match: str, **options) -> None:
    """The file is refused in one sentence that begins with its path."""
    with pytest.raises(DeepCMEError, match=match) as caught:
        read(path, **options)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
