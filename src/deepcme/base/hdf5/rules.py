"""What a file of HDF5 may hold: each object is checked by itself, and none is followed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, NoReturn, TypeAlias

import h5py
import numpy as np
from h5py import h5t

from deepcme.base.errors import DeepCMEError
from deepcme.base.memory import BYTES_OF_A_TEXT

MOST_ATTRIBUTES = 1_000
MOST_VALUES_OF_AN_ATTRIBUTE = 1_000_000

_NUMBERS = {h5t.INTEGER, h5t.FLOAT}
_PLAIN = {*_NUMBERS, h5t.STRING, h5t.ENUM}
_FLAGGED = re.compile(r"layers/.+")  # a layer may tell of each value what holds for it
_WORDS = {
    h5t.STRING: "text",
    h5t.ENUM: "booleans or named values",
    h5t.COMPOUND: "records (a compound dataset)",
    h5t.REFERENCE: "references to other objects",
    h5t.OPAQUE: "bytes of no known meaning",
    h5t.VLEN: "lists of varying length",
    h5t.ARRAY: "arrays in its cells",
    h5t.TIME: "times",
    h5t.BITFIELD: "bits",
}
if hasattr(h5t, "COMPLEX"):  # of HDF5 2, which h5py may be built without
    _WORDS[h5t.COMPLEX] = "complex numbers"
# Those that come with HDF5 and h5py themselves: any other would load a plugin.
_FILTERS = {
    h5py.h5z.FILTER_DEFLATE,
    h5py.h5z.FILTER_SHUFFLE,
    h5py.h5z.FILTER_FLETCHER32,
    h5py.h5z.FILTER_LZF,
}
_MEMBERS_OF_SPARSE = ("data", "indices", "indptr")

Item: TypeAlias = h5py.Group | h5py.Dataset


@dataclass(frozen=True)
class Layout:
    """Where a kind of file keeps what.

    Attributes
    ----------
    kind : str
        What such a file is called.
    matrices : re.Pattern
        Names of the objects that are matrices, dense or sparse.
    tables : re.Pattern
        Names of the datasets whose cells may be records, as old files have tables.
    in_slices : re.Pattern
        Names of the datasets that are never read whole.
    named : tuple of str
        Names of the tables whose rows have names.
    needed : tuple of str
        Names of the objects that must be there.
    """

    kind: str
    matrices: re.Pattern[str]
    tables: re.Pattern[str]
    in_slices: re.Pattern[str]
    named: tuple[str, ...]
    needed: tuple[str, ...]


_NONE = re.compile(r"(?!)")
LAYOUTS = {
    ".h5ad": Layout(
        ".h5ad",
        re.compile(r"X|layers/[^/]+|raw/X|raw\.X"),
        re.compile(r"obs|var|obsm|varm|raw\.(var|varm)|uns/.+"),
        _NONE,
        ("obs", "var", "raw/var", "raw.var"),
        ("obs", "var"),
    ),
    "ARCHS4": Layout(
        "ARCHS4",
        re.compile("data/expression"),
        _NONE,
        re.compile("data/.+"),
        (),
        ("data/expression", "meta"),
    ),
}


def refuse(name: str, what: str) -> NoReturn:
    """Say what is wrong with an object of a file, without the file's own spelling of it."""
    shown = repr(name if len(name) <= 60 else f"{name[:57]}...")
    raise DeepCMEError(f"its object {shown} {what}.")


def linked(group: h5py.Group, key: str, name: str) -> Item:
    """The group or dataset that a group holds itself; a link elsewhere is not followed."""
    if "/" in key or key in ("", ".", ".."):
        refuse(name, "has a name that is a path")
    kind = group.get(key, getclass=True, getlink=True)
    if kind is h5py.ExternalLink:
        refuse(name, "lies in another file, and links to other files are not followed")
    if kind is not h5py.HardLink:
        refuse(name, "is a link to another place: store the object itself there")
    item = group[key]
    if not isinstance(item, h5py.Group | h5py.Dataset):
        refuse(name, "is neither a group nor a dataset")
    return item


def check_attributes(item: Item, name: str) -> Iterator[h5py.Dataset]:
    """Check the attributes; gives datasets that these alone refer to.

    AnnData 0.7 refers to the categories of a column so.
    """
    if len(item.attrs) > MOST_ATTRIBUTES:
        refuse(name, f"has over {MOST_ATTRIBUTES:,} attributes")
    for key in item.attrs:
        attribute = item.attrs.get_id(key)
        kind = attribute.get_type().get_class()
        is_categories = key == "categories" and kind == h5t.REFERENCE
        if kind not in _PLAIN and not is_categories:
            refuse(name, f"has an attribute of {_WORDS.get(kind, 'no known kind')}")
        if attribute.get_space().get_simple_extent_npoints() > MOST_VALUES_OF_AN_ATTRIBUTE:
            refuse(name, f"has an attribute of over {MOST_VALUES_OF_AN_ATTRIBUTE:,} values")
        value = item.attrs[key]
        if is_categories:
            target = item.file[value]
            if not isinstance(value, h5py.Reference) or not isinstance(target, h5py.Dataset):
                refuse(name, "has categories that are no dataset")
            yield target


def check_dataset(dataset: h5py.Dataset, name: str, layout: Layout) -> None:
    """Check where the values of a dataset are, how they are packed and what they are."""
    if dataset.external:
        refuse(name, "keeps its values in another file, which is not read")
    if dataset.is_virtual:
        refuse(name, "is put together of other datasets (virtual), which are not read")
    _check_filters(dataset, name)
    kind = dataset.id.get_type().get_class()
    words = "complex numbers" if dataset.dtype.kind == "c" else _WORDS.get(kind, "no numbers")
    if layout.matrices.fullmatch(name):
        if not _is_of_a_matrix(kind, name):
            refuse(name, f"holds {words}, where a matrix of numbers belongs")
        if dataset.shape is None or dataset.ndim != 2:
            refuse(name, "is no matrix of rows and columns")
    elif kind == h5t.COMPOUND and layout.tables.fullmatch(name):
        _check_records(dataset, name)
    elif kind not in _PLAIN:
        refuse(name, f"holds {words}, which do not belong there")


def _is_of_a_matrix(kind: int, name: str) -> bool:
    return kind in _NUMBERS or (kind == h5t.ENUM and _FLAGGED.fullmatch(name) is not None)


def _check_filters(dataset: h5py.Dataset, name: str) -> None:
    made = dataset.id.get_create_plist()
    filters = [made.get_filter(place)[0] for place in range(made.get_nfilters())]
    if further := set(filters) - _FILTERS:
        refuse(
            name,
            f"is compressed by filter {min(further)}, which needs a plugin: save it with gzip",
        )
    if len(set(filters)) < len(filters):
        refuse(name, "is compressed more than once")


def _check_records(dataset: h5py.Dataset, name: str) -> None:
    record = dataset.id.get_type()
    for place in range(record.get_nmembers()):
        kind = record.get_member_type(place).get_class()
        if kind not in _PLAIN:
            refuse(name, f"holds records of {_WORDS.get(kind, 'no known kind')}")


def check_sparse(group: h5py.Group, name: str, items: Mapping[str, Item]) -> None:
    """Check that a group is a sparse matrix whose parts fit together by their lengths."""
    members = [items.get(f"{name}/{part}") for part in _MEMBERS_OF_SPARSE]
    parts = [part for part in members if isinstance(part, h5py.Dataset)]
    if len(parts) < len(members):
        refuse(name, "is neither a matrix nor a sparse matrix")
    kinds = [part.id.get_type().get_class() for part in parts]
    if not _is_of_a_matrix(kinds[0], name) or kinds[1:] != [h5t.INTEGER, h5t.INTEGER]:
        refuse(name, "is a sparse matrix whose values or indices are no numbers")
    data, indices, indptr = (part.shape for part in parts)
    n_rows, n_columns = _shape_of_sparse(group, name)
    by_row = "csr" in str(group.attrs.get("encoding-type", group.attrs.get("h5sparse_format")))
    n_major = n_rows if by_row else n_columns
    if data != indices or indptr != (n_major + 1,):
        refuse(name, "is a sparse matrix whose parts do not fit together")


def _shape_of_sparse(group: h5py.Group, name: str) -> tuple[int, int]:
    stored = group.attrs.get("shape", group.attrs.get("h5sparse_shape"))
    shape = [] if stored is None else list(getattr(stored, "flat", [stored]))
    try:
        n_rows, n_columns = (int(n) for n in shape)
    except (TypeError, ValueError):
        refuse(name, "is a sparse matrix without its number of rows and columns")
    if min(n_rows, n_columns) < 0:
        refuse(name, "is a sparse matrix with a negative number of rows or columns")
    return n_rows, n_columns


def unfolded_bytes(dataset: h5py.Dataset) -> int:
    """What the values of a dataset take in memory, by what is declared of them."""
    cells = 0 if dataset.shape is None else prod(dataset.shape)
    return _bytes_of_a_cell(dataset.dtype) * max(cells, prod(dataset.chunks or (0,)))


def _bytes_of_a_cell(kind: np.dtype[Any]) -> int:
    if kind.names is not None:
        return sum(_bytes_of_a_cell(kind[name]) for name in kind.names)
    if kind.kind == "O":
        return BYTES_OF_A_TEXT
    # As it stands in the file, and as a text of up to four bytes per letter.
    return BYTES_OF_A_TEXT + 5 * kind.itemsize if kind.kind == "S" else kind.itemsize


def bytes_of_names(items: Mapping[str, Item], layout: Layout) -> int:
    """What the names of rows take, which are text in memory however they are stored."""
    n_rows = 0
    for table in layout.named:
        columns = (item for name, item in items.items() if f"{name}/".startswith(f"{table}/"))
        shapes = (item.shape for item in columns if isinstance(item, h5py.Dataset))
        n_rows += max((shape[0] for shape in shapes if shape), default=0)
    return BYTES_OF_A_TEXT * n_rows
