"""Reading tables from disk: every failure is one sentence that names the place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NoReturn

import anndata as ad
import numpy as np
import pandas as pd
import pyarrow as pa

from deepcme.errors import DeepCMEError
from deepcme.gene_dates import date_like
from deepcme.sources.delimited import (
    SEPARATORS,
    TextInMatrixError,
    TextTable,
    find_table,
    read_rows,
    text_lines,
)
from deepcme.sources.workbooks import read_workbook
from deepcme.words import few

_BINARY_KINDS = (".parquet", ".xlsx", ".h5ad")


def read_table(path: Path, needed: Collection[str] = ()) -> pd.DataFrame:
    """Read a table whose columns are text, as it stands, or what Parquet says they are.

    Text stays text, so that an id such as ``007`` keeps its zeros; missing cells
    are None or NaN. CSV, TSV (also gzipped), Parquet, XLSX, and the `obs` of an
    `.h5ad` file.

    Parameters
    ----------
    path : path
    needed : collection of str
        Columns that must be there; in a workbook they choose the sheet.

    Raises
    ------
    DeepCMEError
        If the file is missing, empty, damaged, of an unknown kind, or without a
        needed column.
    """
    require_file(path)
    kind = _kind(path)
    if kind == ".xlsx":
        table = read_workbook(path, needed)
    elif kind == ".parquet":
        table = _with_index_as_column(_read_parquet(path))
    elif kind == ".h5ad":
        table = _with_index_as_column(_read_h5ad(path).obs)
    elif kind == ".gct":
        raise DeepCMEError(f"{path}: a GCT file holds a matrix, not a table of samples.")
    else:
        source = find_table(path, SEPARATORS[kind])
        _require_unique(source.header, path, "column")
        table = read_rows(source, kinds={})
    for column in needed:
        if column not in table.columns:
            raise DeepCMEError(
                f"{path}: there is no column {column!r}; it has {few(table.columns, 12)}."
            )
    if table.empty:
        raise DeepCMEError(f"{path}: the table has a header but no rows.")
    return table


def read_matrix(path: Path, sample_ids: Collection[str]) -> pd.DataFrame:
    """Read numbers with ids along both sides; the first column holds the row ids.

    CSV, TSV, GCT (also gzipped), Parquet, XLSX, and the `X` of an `.h5ad` file.
    `sample_ids` only serves to tell samples from genes in error messages.

    Raises
    ------
    DeepCMEError
        As `read_table`, and where a cell is text or infinite, naming its
        sample and gene, or an id repeats.
    """
    require_file(path)
    kind = _kind(path)
    if kind == ".parquet":
        matrix = _read_parquet(path)
        if isinstance(matrix.index, pd.RangeIndex):
            matrix = _first_column_as_index(matrix, path)
    elif kind == ".h5ad":
        matrix = _h5ad_matrix(path)
    elif kind == ".xlsx":
        matrix = _first_column_as_index(read_workbook(path), path)
    elif kind == ".gct":
        matrix = _read_gct(path)
    else:
        matrix = read_delimited_matrix(find_table(path, SEPARATORS[kind]))
    return checked_matrix(matrix, path, sample_ids)


def checked_matrix(
    matrix: pd.DataFrame, path: Path, sample_ids: Collection[str]
) -> pd.DataFrame:
    """Numbers as float32 under unique text ids, or one sentence that names the place."""
    if matrix.empty:
        raise DeepCMEError(f"{path}: the matrix is empty.")
    matrix.index = pd.Index([str(value).strip() for value in matrix.index], dtype=object)
    matrix.columns = pd.Index([str(value).strip() for value in matrix.columns], dtype=object)
    _require_unique(matrix.index, path, "row")
    _require_unique(matrix.columns, path, "column")
    return _numeric(matrix, path, sample_ids)


def read_delimited_matrix(source: TextTable, n_text: int = 1) -> pd.DataFrame:
    """Rows of ids and numbers; the first of `n_text` columns is the id, the others go."""
    rows = read_ids_and_numbers(source, n_text)
    ids = rows.iloc[:, 0]
    matrix = rows.iloc[:, n_text:]
    matrix.index = pd.Index(ids.where(ids.notna(), "NA"), dtype=object)
    return matrix


def read_ids_and_numbers(source: TextTable, n_text: int) -> pd.DataFrame:
    """Rows with `n_text` columns of text, and numbers in all others.

    Where one of those others is text, all of them are, so that it can be named.
    """
    _require_unique(source.header[n_text:], source.path, "column")
    numbers = dict.fromkeys(range(n_text, len(source.header)), pa.float32())
    try:
        return read_rows(source, numbers)
    except TextInMatrixError:
        return read_rows(source, {})


def _read_gct(path: Path) -> pd.DataFrame:
    lines = text_lines(path)
    version = next(lines, "").strip()
    if version != "#1.2":
        raise DeepCMEError(
            f"{path}: a GCT file starts with the line #1.2, not {version[:20]!r}; "
            "save other versions as GCT 1.2 or as a table."
        )
    return read_delimited_matrix(find_table(path, "\t", skip=2), n_text=2)


def _kind(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    gzipped = bool(suffixes) and suffixes[-1] == ".gz"
    suffix = suffixes[-2 if gzipped else -1] if len(suffixes) > gzipped else ""
    if suffix in SEPARATORS or (suffix in _BINARY_KINDS and not gzipped):
        return suffix
    raise DeepCMEError(
        f"{path}: unknown kind of file {path.suffix!r}; "
        "save it as .csv, .tsv, .xlsx or .parquet."
    )


def require_file(path: Path) -> None:
    """Refuse a path at which there is no file, or an empty one."""
    if not path.is_file():
        raise DeepCMEError(f"{path}: there is no such file.")
    if path.stat().st_size == 0:
        raise DeepCMEError(f"{path}: the file is empty.")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except Exception as error:
        # pyarrow raises its own kinds, OSError and ValueError for damaged files.
        raise DeepCMEError(f"{path}: this is not a readable Parquet file.") from error


def _read_h5ad(path: Path) -> ad.AnnData:
    try:
        return ad.read_h5ad(path)
    except Exception as error:
        # h5py and anndata raise many kinds for a broken file; all mean the same here.
        raise DeepCMEError(f"{path}: this is not a readable .h5ad file.") from error


def _h5ad_matrix(path: Path) -> pd.DataFrame:
    adata = _read_h5ad(path)
    if adata.X is None:
        raise DeepCMEError(f"{path}: the file holds no matrix X.")
    values = adata.X.toarray() if hasattr(adata.X, "toarray") else adata.X
    return pd.DataFrame(values, index=adata.obs_names, columns=adata.var_names)


def _with_index_as_column(table: pd.DataFrame) -> pd.DataFrame:
    if isinstance(table.index, pd.RangeIndex):
        return table
    if table.index.name in table.columns:
        return table.reset_index(drop=True)
    return table.reset_index()


def _first_column_as_index(matrix: pd.DataFrame, path: Path) -> pd.DataFrame:
    if matrix.shape[1] < 2:
        raise DeepCMEError(f"{path}: only one column was found; is it a table?")
    ids = matrix.iloc[:, 0]
    matrix = matrix.iloc[:, 1:]
    matrix.index = pd.Index(ids.where(ids.notna(), "NA"), dtype=object)
    return matrix


def _require_unique(ids: Iterable[str], path: Path, kind: str) -> None:
    series = pd.Series(list(ids), dtype=object)
    repeated = series[series.duplicated()].drop_duplicates()
    if not len(repeated):
        return
    if date_like(repeated):
        raise DeepCMEError(
            f"{path}: {len(repeated)} {kind} ids occur more than once ({few(repeated)}): a "
            "spreadsheet has turned gene names into dates; use the file it was made from."
        )
    raise DeepCMEError(
        f"{path}: {len(repeated)} {kind} ids occur more than once ({few(repeated)}): "
        "each sample and each gene needs an id of its own."
    )


def _numeric(matrix: pd.DataFrame, path: Path, sample_ids: Collection[str]) -> pd.DataFrame:
    """All cells as float32; the first text or infinite cell is named."""

    def refuse(row: int, column: int, what: str) -> NoReturn:
        ids = matrix.index[row], matrix.columns[column]
        sample, gene = ids if ids[0] in sample_ids else ids[::-1]
        raise DeepCMEError(f"{path}: sample {sample}, gene {gene}: {what}.")

    values = np.empty(matrix.shape, dtype=np.float32)
    for position in range(matrix.shape[1]):
        column = matrix.iloc[:, position]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            numbers = pd.to_numeric(column, errors="coerce")
            text = (numbers.isna() & column.notna()).to_numpy()
            if text.any():
                row = int(np.argmax(text))
                refuse(row, position, f"{str(column.iloc[row])!r} is not a number")
            column = numbers
        values[:, position] = column.to_numpy(dtype=np.float32, na_value=np.nan)
    infinite = np.isinf(values)
    if infinite.any():
        row, position = np.argwhere(infinite)[0]
        refuse(int(row), int(position), "the value is infinite")
    return pd.DataFrame(values, index=matrix.index, columns=matrix.columns)
