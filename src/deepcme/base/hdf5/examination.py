"""Looking through a file of HDF5: every object by its link, then every value once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from pathlib import Path

import h5py
import numpy as np

from deepcme.base.errors import DeepCMEError
from deepcme.base.hdf5.rules import (
    LAYOUTS,
    Item,
    Layout,
    bytes_of_names,
    check_attributes,
    check_dataset,
    check_sparse,
    linked,
    refuse,
    unfolded_bytes,
)
from deepcme.base.memory import BYTES_OF_A_TEXT

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MOST_OBJECTS = 30_000
DEEPEST = 30
_BYTES_AT_ONCE = 8_000_000


def examine(path: Path, layout: Layout, most_bytes: int) -> int:
    """Look through a file, and tell how much memory its contents take.

    The HDF5 library can crash or never return on damaged bytes: run this in a process of
    its own (`deepcme.base.hdf5.apart`).

    Parameters
    ----------
    path : path
    layout : Layout
        What belongs where.
    most_bytes : int
        Values are read only where they take no more than this by what is declared of them.

    Returns
    -------
    int
        Bytes; less than what it takes only where that is more than `most_bytes`.

    Raises
    ------
    DeepCMEError
        If it reaches outside itself, holds what does not belong, or cannot be read.
    """
    try:
        with h5py.File(path, "r") as file:
            items = _checked_items(file, layout)
            whole = [
                item
                for name, item in items.items()
                if isinstance(item, h5py.Dataset) and not layout.in_slices.fullmatch(name)
            ]
            n_bytes = bytes_of_names(items, layout) + sum(map(unfolded_bytes, whole))
            for dataset in whole:
                if n_bytes > most_bytes:
                    break
                n_bytes += _letters(dataset)
            return n_bytes
    except DeepCMEError as error:
        raise DeepCMEError(f"{path}: {error}") from error
    except Exception as error:
        # h5py raises many kinds for a broken file; all mean the same here.
        raise unreadable(path, layout) from error


def unreadable(path: Path, layout: Layout, why: str = "") -> DeepCMEError:
    """The sentence for a file that is broken, or none of HDF5 at all."""
    return DeepCMEError(f"{path}: this is not a readable {layout.kind} file{why}.")


def _checked_items(file: h5py.File, layout: Layout) -> Mapping[str, Item]:
    """Every group and dataset of the file by its name, if all may be there."""
    items: dict[str, Item] = {}
    for name, item in _walk(file):
        items[name] = item
        for place, target in enumerate(check_attributes(item, name)):
            items[f"{name} (categories {place})"] = target
            check_dataset(target, name, layout)
        if isinstance(item, h5py.Dataset):
            check_dataset(item, name, layout)
    if missing := [name for name in layout.needed if name not in items]:
        fits = [kind for kind, other in LAYOUTS.items() if items.keys() >= set(other.needed)]
        hint = f"; it is laid out as {fits[0]}'s files" if fits else ""
        raise DeepCMEError(f"this is no {layout.kind} file, as it has no {missing[0]!r}{hint}.")
    for name, item in items.items():
        if isinstance(item, h5py.Group) and layout.matrices.fullmatch(name):
            check_sparse(item, name, items)
    return items


def _walk(file: h5py.File) -> Iterator[tuple[str, Item]]:
    """Objects and their names; no group twice, so that the walk has an end."""
    seen: set[int] = set()
    n_objects = 0
    pending: list[tuple[str, h5py.Group]] = [("", file["/"])]
    while pending:
        name, group = pending.pop()
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:
            refuse(name, "is a group that is there twice, or within itself")
        seen.add(address)
        yield name, group
        for key in group:
            inner = f"{name}/{key}" if name else key
            n_objects += 1
            if n_objects > MOST_OBJECTS:
                raise DeepCMEError(f"it has over {MOST_OBJECTS:,} objects.")
            if inner.count("/") >= DEEPEST:
                refuse(inner, f"lies over {DEEPEST} groups deep")
            item = linked(group, key, inner)
            if isinstance(item, h5py.Group):
                pending.append((inner, item))
            else:
                yield inner, item


def _letters(dataset: h5py.Dataset) -> int:
    """Read all values once, and tell the bytes of their texts, as many as are stored."""
    is_text = dataset.dtype.kind == "O"
    n_bytes = 0
    for block in _blocks(dataset):
        values = dataset[block]
        if is_text:
            n_bytes += sum(map(len, np.asarray(values, dtype=object).flat))
    return n_bytes


def _blocks(dataset: h5py.Dataset) -> Iterator[tuple[slice, ...] | tuple[()]]:
    """Parts of a dataset, whole chunks each, that take a few megabytes."""
    if not dataset.shape:
        return iter([] if dataset.shape is None else [()])
    steps = list(dataset.chunks or (1,) * dataset.ndim)
    size = BYTES_OF_A_TEXT if dataset.dtype.kind == "O" else dataset.dtype.itemsize
    for axis in reversed(range(dataset.ndim)):
        times = max(1, _BYTES_AT_ONCE // (size * prod(steps)))
        steps[axis] = min(max(dataset.shape[axis], 1), steps[axis] * times)
    ranges = (range(0, n, step) for n, step in zip(dataset.shape, steps, strict=True))
    return (
        tuple(slice(start, start + step) for start, step in zip(corner, steps, strict=True))
        for corner in product(*ranges)
    )
