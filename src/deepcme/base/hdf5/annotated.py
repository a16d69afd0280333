"""AnnData: reading `.h5ad` files, whoever wrote them, and what can be stored in one."""

from __future__ import annotations

import copy
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.hdf5.apart import require_sound
from deepcme.base.hdf5.target import new_hdf5
from deepcme.base.memory import require_memory_for_matrix
from deepcme.base.words import cleaned, counted, few, told_apart

if TYPE_CHECKING:
    import anndata as ad

_KIND = ".h5ad"
_MANY_COLUMNS = 4_000


# AnnData takes half a second to import, with zarr and dask: most of what imports this module,
# such as a report, makes no use of it.


def annotated(X: Any, obs: pd.DataFrame, var: pd.DataFrame) -> ad.AnnData:
    """An AnnData of a matrix of samples x genes, and a table of each."""
    from anndata import AnnData

    return AnnData(X, obs=obs, var=var)


def read_h5ad(path: Path) -> ad.AnnData:
    """Read an `.h5ad` file; names in it may repeat, which its user has to look at.

    Raises
    ------
    DeepCMEError
        If the file is missing, not a readable `.h5ad` file, or one that no cohort needs
        to be: one that reaches outside itself, unfolds to more than the memory, or holds
        what does not belong (`deepcme.base.hdf5`).
    """
    import anndata as ad

    require_sound(path, _KIND)
    # AnnData warns of repeated names and old formats. Repeated ids are refused by name where
    # they matter, and an old format is read in full, so the warnings tell the user nothing.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            adata = ad.read_h5ad(path)
            _require_sound_matrices(adata, path)
        except DeepCMEError:
            raise
        except Exception as error:
            # h5py and anndata raise many kinds for a broken file; all mean the same here.
            raise DeepCMEError(f"{path}: this is not a readable .h5ad file.") from error
    for name, table in (("obs", adata.obs), ("var", adata.var)):
        if repeated := table.columns[table.columns.duplicated()].tolist():
            raise DeepCMEError(f"{path}: {name} has two columns called {repeated[0]!r}.")
    return adata


def read_uns(path: Path, name: str) -> dict[str, str]:
    """A text of `uns` of an `.h5ad` file by its name, without reading the rest.

    Raises
    ------
    DeepCMEError
        As `read_h5ad`.
    """
    require_sound(path, _KIND)
    with h5py.File(path) as file:
        entry = file.get(f"uns/{name}")
        if not isinstance(entry, h5py.Dataset) or h5py.check_string_dtype(entry.dtype) is None:
            return {}
        return {name: str(entry.asstr()[()])}


def _require_sound_matrices(adata: ad.AnnData, path: Path) -> None:
    """Check indices of sparse matrices, which scipy itself takes on trust when it uses them.

    Those beside the values as well: whoever selects samples selects rows of these.
    """
    raw = [] if adata.raw is None else [("raw", adata.raw.X)]
    values: list[tuple[str, Any]] = [("X", adata.X), *adata.layers.items(), *raw]
    beside = (adata.obsm, adata.varm, adata.obsp, adata.varp)
    for name, matrix in (*values, *chain.from_iterable(part.items() for part in beside)):
        if not hasattr(matrix, "toarray"):
            continue
        try:
            matrix.check_format(full_check=True)
        except ValueError as error:
            raise DeepCMEError(
                f"{path}: the sparse matrix {name!r} is damaged: it has values outside its "
                f"{matrix.shape[0]:,} x {matrix.shape[1]:,} cells."
            ) from error
    for name, matrix in values:
        if not hasattr(matrix, "toarray"):
            continue
        matrix.sort_indices()
        if not matrix.has_canonical_format:
            raise DeepCMEError(
                f"{path}: the sparse matrix {name!r} is damaged: a cell of it has two values."
            )


def require_dense_memory(matrix: Any, path: Path) -> None:
    """Refuse a sparse matrix that would not fit into memory as a dense one.

    Raises
    ------
    DeepCMEError
        With what it would take.
    """
    if hasattr(matrix, "toarray"):
        n_rows, n_columns = matrix.shape
        require_memory_for_matrix(n_rows, n_columns, path)


def dense_float32(matrix: Any) -> NDArray[np.float32]:
    """A matrix, sparse or not, as dense float32; what is beyond that is infinite."""
    if hasattr(matrix, "toarray"):
        # The smaller type first: the dense matrix is the big one.
        matrix = matrix.astype(np.float32).toarray()
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(matrix, dtype=np.float32)


def write_h5ad(adata: ad.AnnData, path: Path, uns: Mapping[str, str]) -> None:
    """Write an `.h5ad` file, of any number of columns, with further entries of `uns`."""
    from anndata.io import write_elem

    # A shallow copy shares the matrix, which may fill half of the memory.
    stored = copy.copy(adata)
    stored.uns = {**adata.uns, **uns}
    stored.obs, stored.var = storable(adata.obs), storable(adata.var)
    # AnnData asks HDF5 for the room that many names need only from 5,000 columns on; the names
    # of 4,094 are more than an attribute otherwise holds.
    settings = h5py.get_config()
    before = settings.track_order
    settings.track_order = max(adata.obs.shape[1], adata.var.shape[1]) > _MANY_COLUMNS
    try:
        with new_hdf5(path) as file:
            write_elem(file, "/", stored)
            if stored.raw is None and "raw" in file:
                del file["raw"]  # says that there is none, which not every reader knows
    finally:
        settings.track_order = before


def with_dense_matrix(adata: ad.AnnData) -> ad.AnnData:
    """The same object with its matrix as dense float32, changed in place."""
    if adata.X is None:
        raise DeepCMEError("The cohort has no expression matrix.")
    adata.X = dense_float32(adata.X)
    return adata


def as_text(column: pd.Series, what: str, blank: str | None = None) -> pd.Series:
    """The column as text, whatever type it has.

    Parameters
    ----------
    column : Series
    what : str
        What has a cell, to say that one has none: ``sample`` or ``gene``.
    blank : str, optional
        Stands for what is missing or blank.

    Raises
    ------
    DeepCMEError
        If something is missing and nothing stands for it.
    """
    missing = column.isna().to_numpy()
    if blank is not None:
        missing |= np.array([isinstance(v, str) and not v.strip() for v in column], dtype=bool)
    if blank is None and missing.any():
        lacking = str(column.name).removeprefix(what).strip("_") or "id"
        raise DeepCMEError(
            f"The {what} in place {int(missing.argmax()) + 1:,} of the cohort has no {lacking}."
        )
    return column.astype(object).mask(missing, blank).map(str)


def require_own_ids(ids: Sequence[str] | pd.Series, kind: str) -> None:
    """Refuse ids of samples or genes that repeat, naming a few."""
    times = Counter(ids)
    if repeated := [one for one, n in times.items() if n > 1]:
        raise DeepCMEError(
            f"{counted(len(repeated), f'{kind} id')} occur more than once ({few(repeated)}): "
            f"each {kind} needs an id of its own."
        )


def clean_texts(table: pd.DataFrame) -> None:
    """Take needless spaces out of text and names of rows, in place: ``B `` is ``B``.

    No-break spaces become plain ones, and decomposed letters composed ones.
    """
    rows = [cleaned(str(name)) for name in table.index]
    if rows != table.index.tolist():
        table.index = pd.Index(rows, dtype=object)
    for name in table.columns:
        column = table[name]
        if column.dtype.kind in "biufcmM":
            continue
        words = {word: cleaned(word) for word in column if isinstance(word, str)}
        if any(word != clean for word, clean in words.items()):
            text = column.astype(object)
            table[name] = [words[word] if isinstance(word, str) else word for word in text]


def table_of(
    ids: list[str],
    columns: Mapping[str, Any],
    further: pd.DataFrame | None,
    reserved: Sequence[str],
) -> pd.DataFrame:
    """A table by ids with further columns, if any; one of a reserved name under another."""
    table = pd.DataFrame(columns, index=pd.Index(ids, dtype=object))
    if further is None:
        return table
    names = told_apart(
        f"{column}_in_file" if column in reserved else str(column) for column in further.columns
    )
    # All at once: pandas warns of tables that grow by a hundred columns one by one.
    added = further.set_axis(table.index, axis=0).set_axis(names, axis=1)
    return pd.concat([table, added], axis=1)


def storable(table: pd.DataFrame) -> pd.DataFrame:
    """A copy with text as categories, which every reader of .h5ad understands."""
    stored = table.rename_axis(index=None)  # a column may be called as the index is
    for column in stored.columns:
        if not pd.api.types.is_numeric_dtype(stored[column]):
            text = stored[column].astype(object)
            stored[column] = text.where(text.isna(), text.astype(str)).astype("category")
    return stored
