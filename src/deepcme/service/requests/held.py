"""Files of requests, which are on no disk where the system can, and end with the request."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def held_file(name: str) -> Iterator[tuple[Path, IO[bytes]]]:
    """A file to write to, and a path by which it is read meanwhile."""
    if sys.platform != "linux":
        with tempfile.TemporaryDirectory(prefix="deepcme-") as folder:
            path = Path(folder) / name
            with path.open("wb") as file:
                yield path, file
        return
    with (
        os.fdopen(os.memfd_create(name), "wb") as file,
        # Its link goes before it does: its number may then be that of another's file.
        tempfile.TemporaryDirectory(prefix="deepcme-") as folder,
    ):
        path = Path(folder) / name
        path.symlink_to(f"/proc/{os.getpid()}/fd/{file.fileno()}")
        yield path, file
