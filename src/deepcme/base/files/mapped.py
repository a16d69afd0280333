"""Arrays of a safetensors file, mapped into memory: processes that map one share its pages."""

from __future__ import annotations

import json
import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

_HEADER_BYTES = 8
_TYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "I64": np.int64,
    "I32": np.int32,
    "U8": np.uint8,
}
"""Those in which arrays of models are kept, by their names in a header, little-endian."""


def map_file(path: Path) -> mmap.mmap:
    """The bytes of a file, read-only; a file that shrinks while mapped would end the process.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is empty.
    """
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def mapped_arrays(path: Path, mapped: mmap.mmap) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file that `map_file` mapped; none can be written to.

    Raises
    ------
    SafetensorError, KeyError, ValueError
        If the header does not describe just these bytes, or names a type that models have not.
    """
    with safe_open(path, framework="numpy"):
        pass  # its checks: places in the file follow each other, and fit sizes and the file
    length = int.from_bytes(mapped[:_HEADER_BYTES], "little")
    header = json.loads(mapped[_HEADER_BYTES : _HEADER_BYTES + length])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(
            mapped,
            dtype=np.dtype(_TYPES[described["dtype"]]).newbyteorder("<"),
            count=int(np.prod(described["shape"], dtype=np.int64)),
            offset=_HEADER_BYTES + length + described["data_offsets"][0],
        ).reshape(described["shape"])
        for name, described in header.items()
    }
