"""Expression matrices from files of any kind: samples x genes, or one sentence why not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError, naming_file
from deepcme.base.hdf5.annotated import dense_float32, read_h5ad, require_dense_memory
from deepcme.base.memory import require_memory_for_matrix
from deepcme.sources.reading.contents import contents_of
from deepcme.sources.reading.decimal_marks import comma_hint, with_point
from deepcme.sources.reading.delimited import Grid, NotANumberError, read_grid
from deepcme.sources.reading.gene_columns import symbols_in_var
from deepcme.sources.reading.headers import columns_that_are_no_sample, left_out_note
from deepcme.sources.reading.ids import clean_ids, require_unique, warn_of_case
from deepcme.sources.reading.layers import matrix_of, propose_layer
from deepcme.sources.reading.layout import TextTable
from deepcme.sources.reading.parquet import numbers_of, opened_parquet
from deepcme.sources.reading.reading import find_text_table
from deepcme.sources.reading.sample_columns import count_rows
from deepcme.sources.reading.workbooks import read_workbook

_ROWS_AT_ONCE = 64

SamplesInRows = Callable[[Sequence[str], Sequence[str]], bool]
"""Takes the ids of the rows and of the columns; tells whether samples are in the rows."""


@dataclass(frozen=True)
class Matrix:
    """Expression: float32, samples x genes, NaN where missing.

    `symbols` and `entrez` are annotations of the genes, where the file has them.
    """

    values: NDArray[np.float32]
    samples: list[str]
    genes: list[str]
    symbols: list[str] | None = None
    entrez: list[str] | None = None

    def of_samples(self, places: NDArray[np.int64]) -> Matrix:
        """The matrix of some samples, by their places, in the order of these."""
        return self.part(places, np.arange(len(self.genes)))

    def of_genes(self, places: NDArray[np.int64]) -> Matrix:
        """The matrix of some genes, by their places, in the order of these."""
        return self.part(np.arange(len(self.samples)), places)

    def part(self, samples: NDArray[np.int64], genes: NDArray[np.int64]) -> Matrix:
        """The matrix of some samples and genes; it is copied once, or not at all."""
        every_sample = np.array_equal(samples, np.arange(len(self.samples)))
        every_gene = np.array_equal(genes, np.arange(len(self.genes)))
        if every_sample and every_gene:
            return self
        values = np.empty((len(samples), len(genes)), dtype=np.float32)
        for row, sample in enumerate(samples):
            values[row] = self.values[sample] if every_gene else self.values[sample][genes]
        return replace(
            self,
            values=values,
            samples=[self.samples[place] for place in samples],
            genes=[self.genes[place] for place in genes],
            symbols=self.symbols and [self.symbols[place] for place in genes],
            entrez=self.entrez and [self.entrez[place] for place in genes],
        )


def genes_in_rows(rows: Sequence[str], columns: Sequence[str]) -> bool:
    """The way that the files of the portals lie: no samples in rows."""
    return False


def read_matrix(
    path: Path,
    samples_in_rows: SamplesInRows,
    notes: list[str],
    *,
    listed: Collection[str] = (),
    decimal: str = ".",
    layer: str | None = None,
) -> Matrix:
    """Read numbers with ids along both sides; the first column holds the row ids.

    CSV, TSV, GCT (also gzipped), Parquet, XLSX, and a matrix of an `.h5ad` file, told by
    their contents. What is neither sample nor gene (the length of a gene, the summary of a
    counter) is left out and said.

    Parameters
    ----------
    path : path
    samples_in_rows : callable
    notes : list of str
        Gets a sentence for what a user may not expect.
    listed : collection of str
        Ids that are known to be samples, whatever they look like.
    decimal : str
        The decimal point of the numbers of a text file.
    layer : str, optional
        Of an `.h5ad` file: a layer, or ``raw``, in place of `X`.

    Raises
    ------
    DeepCMEError
        As `read_table`, and where a cell is text or infinite, naming its sample and
        gene, or an id repeats.
    """
    kind = contents_of(path).kind
    if kind == "hdf5":
        return _read_annotated(path, layer, notes)
    if layer is not None:
        raise DeepCMEError(f"{path}: only an .h5ad file has layers; leave --layer out.")
    with naming_sample_and_gene(samples_in_rows, listed):
        if kind == "parquet":
            grid = _parquet_grid(path, decimal, listed, notes)
        elif kind == "workbook":
            grid = _frame_grid(read_workbook(path, notes), path, decimal, listed, notes)
        else:
            source = find_text_table(path, notes, decimal=decimal)
            grid = _text_grid(source, listed, notes)
    return as_matrix(grid, samples_in_rows, path, notes)


@contextmanager
def naming_sample_and_gene(
    samples_in_rows: SamplesInRows, listed: Collection[str] = ()
) -> Iterator[None]:
    """Name sample and gene where a reader of rows and columns refuses a cell.

    Raises
    ------
    DeepCMEError
        In place of a `NotANumberError`.
    """
    try:
        yield
    except NotANumberError as error:
        try:
            in_rows = error.row in listed or samples_in_rows([error.row], [error.column])
        except DeepCMEError:  # neither is a sample, as in a column of remarks
            raise error from None
        sample, gene = (error.row, error.column) if in_rows else (error.column, error.row)
        raise DeepCMEError(
            f"{error.path}: sample {sample}, gene {gene}: {error.what}."
        ) from error


def _text_grid(source: TextTable, listed: Collection[str], notes: list[str]) -> Grid:
    names = [n for place, n in enumerate(source.header) if place not in source.passed_over]
    others = columns_that_are_no_sample(names[1:], listed)
    about = [
        place
        for place, name in enumerate(source.header)
        if place in source.about_rows or (place and name in others)
    ]
    if about:
        notes.append(left_out_note([source.header[place] for place in about], source.path))
    return read_grid(source, about)


def _no_samples(
    names: Sequence[str], path: Path, listed: Collection[str], notes: list[str]
) -> set[str]:
    """Names of columns that describe genes, said once."""
    others = columns_that_are_no_sample(names, listed)
    if others:
        notes.append(left_out_note(others, path))
    return set(others)


def as_matrix(
    grid: Grid, samples_in_rows: SamplesInRows, path: Path, notes: list[str]
) -> Matrix:
    """The grid as samples x genes with clean ids that are unique, and finite values.

    Raises
    ------
    DeepCMEError
        If it is empty, an id repeats or a value is infinite.
    """
    if not grid.rows or not grid.columns:
        raise _empty(path)
    in_rows = samples_in_rows(grid.rows, grid.columns)
    samples, genes, values = grid.rows, grid.columns, grid.values
    if not in_rows:
        samples, genes, values = grid.columns, _row_ids(grid, path, notes), values.T
    samples = clean_ids(samples, "sample", path, notes)
    genes = clean_ids(genes, "gene", path, notes)
    symbols = None if in_rows else symbols_in_var(grid.about_rows, genes)
    if symbols is not None:
        notes.append(f"{path.name}: the symbols of the genes were kept.")
    return _checked(Matrix(values, samples, genes, symbols), path, notes)


def _row_ids(grid: Grid, path: Path, notes: list[str]) -> list[str]:
    """The first column, or the next of ids where it counts the rows, as GTEx's by tissue do."""
    if count_rows(grid.rows):
        for name, cells in grid.about_rows.items():
            if cells.is_unique and cells.str.strip().ne("").all():
                notes.append(
                    f"{path.name}: the first column counts the rows, {name!r} names them."
                )
                return [str(cell) for cell in cells]
    return grid.rows


def _empty(path: Path) -> DeepCMEError:
    return DeepCMEError(f"{path}: the matrix is empty.")


def _checked(matrix: Matrix, path: Path, notes: list[str]) -> Matrix:
    """The matrix, contiguous, if its samples are unique and its values finite."""
    if not matrix.samples or not matrix.genes:
        raise _empty(path)
    matrix = replace(matrix, values=_contiguous(matrix.values))
    if all(np.isnan(values).all() for values in matrix.values):
        raise DeepCMEError(f"{path}: the matrix holds no numbers.")
    require_unique(matrix.samples, "sample", path)
    warn_of_case(matrix.samples, "sample", path, notes)
    for row, values in enumerate(matrix.values):
        if np.isinf(values).any():
            gene = matrix.genes[int(np.argmax(np.isinf(values)))]
            raise DeepCMEError(
                f"{path}: sample {matrix.samples[row]}, gene {gene}: the value is infinite."
            )
    return matrix


def _contiguous(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values row by row; turned in stripes, since single columns lie far apart."""
    if values.flags.c_contiguous:
        return values
    turned = np.empty(values.shape, dtype=np.float32)
    for start in range(0, len(values), _ROWS_AT_ONCE):
        turned[start : start + _ROWS_AT_ONCE] = values[start : start + _ROWS_AT_ONCE]
    return turned


def _read_annotated(path: Path, layer: str | None, notes: list[str]) -> Matrix:
    """A matrix of an `.h5ad` file, which always has the samples in rows."""
    adata = read_h5ad(path)
    with naming_file(path):
        stored, var = matrix_of(adata, layer)
    require_dense_memory(stored, path)
    values = dense_float32(stored)
    genes = clean_ids(var.index, "gene", path, notes)
    samples = clean_ids(adata.obs_names, "sample", path, notes)
    matrix = Matrix(values, samples, genes, symbols_in_var(var, genes))
    matrix = _checked(matrix, path, notes)
    if layer is None and (proposal := propose_layer(adata)) is not None:
        notes.append(proposal)
    return matrix


def _parquet_grid(path: Path, decimal: str, listed: Collection[str], notes: list[str]) -> Grid:
    """The index that pandas stored, or else the first column, holds the ids of the rows."""
    with opened_parquet(path) as file:
        names = file.schema.names
        if not names:
            raise _empty(path)
        require_memory_for_matrix(file.n_rows, len(names), path, texts=1)
        index = file.index
        ids = index[0] if len(index) == 1 else names[0]
        further = [name for name in names if name not in (ids, *index)]
        others = {ids, *index, *_no_samples(further, path, listed, notes)}
        rows = [str(value) for value in file.column(names.index(ids))]
        about = {
            name: file.column(place)
            for place, name in enumerate(names)
            if name in others - {ids}
        }
        places = [place for place, name in enumerate(names) if name not in others]
        # As it probably lies in the end: there are more genes than samples.
        order: Literal["C", "F"] = "C" if len(places) > len(rows) else "F"
        values = np.empty((len(rows), len(places)), dtype=np.float32, order=order)
        for at, (place, column) in enumerate(zip(places, file.columns(places), strict=True)):
            column = numbers_of(column, names[place], path)
            if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
                column = _numbers(file.series(place, column), names[place], rows, path, decimal)
            with np.errstate(over="ignore"):  # too great a value is infinite, and refused
                values[:, at] = column.to_numpy()
    return Grid(values, rows, [names[place] for place in places], pd.DataFrame(about))


def _frame_grid(
    frame: pd.DataFrame, path: Path, decimal: str, listed: Collection[str], notes: list[str]
) -> Grid:
    """A sheet of a workbook, whose cells are text."""
    if frame.shape[1] < 2:
        raise DeepCMEError(f"{path}: only one column was found; is it a table?")
    header = [str(name) for name in frame.columns[1:]]
    if "" in header:
        raise DeepCMEError(
            f"{path}: column {header.index('') + 2} has no name; name it or leave it out."
        )
    rows = [str(value) for value in frame.iloc[:, 0].fillna("")]
    others = _no_samples(header, path, listed, notes)
    places = [place for place, name in enumerate(header, start=1) if name not in others]
    names = [header[place - 1] for place in places]
    values = np.empty((len(places), len(rows)), dtype=np.float32)
    for row, place in enumerate(places):
        values[row] = _numbers(frame.iloc[:, place], names[row], rows, path, decimal)
    about = frame.loc[:, frame.columns.isin(others) & ~frame.columns.duplicated()]
    return Grid(values.T, rows, names, about)


def _numbers(
    column: pd.Series, name: str, rows: Sequence[str], path: Path, decimal: str
) -> pd.Series:
    """A column of text as numbers; the first cell that is none is named."""
    numbers = pd.Series(np.nan, index=column.index)
    if pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column):
        # What is a number to a spreadsheet comes with a point, whichever its text has.
        in_text = column.str.contains(decimal, regex=False, na=False).any()
        numbers = with_point(column, decimal if in_text else ".")
        numbers = pd.to_numeric(numbers, errors="coerce")
    odd = (numbers.isna() & column.notna()).to_numpy()
    if odd.any():
        row = int(np.argmax(odd))
        cell = str(column.iloc[row])
        what = f"{cell!r} is not a number{comma_hint(cell, decimal)}"
        raise NotANumberError(path, rows[row], name, what)
    return numbers
