"""Parquet from strangers: a process of its own reads it first, which the kernel bounds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from deepcme.base.processes.workers import worker_command
from deepcme.service.answers.refusals import come_again, too_large, unreadable
from deepcme.service.requests import parquet_copy
from deepcme.service.requests.held import held_file
from deepcme.service.settings import ServiceSettings


@contextmanager
def written_plainly(path: Path, settings: ServiceSettings) -> Iterator[Path]:
    """The table of a Parquet file as one that may be opened without a second thought.

    Raises
    ------
    HTTPException
        413 or 422 if it is no plain table within the limits, 503 if reading it took too long.
    """
    with held_file(path.name) as (plain, file):
        _copy(path, file, settings)
        yield plain


def _copy(path: Path, plain: IO[bytes], settings: ServiceSettings) -> None:
    limits = (settings.samples, settings.columns, settings.cells, settings.unfolded_bytes)
    seconds = max(1, int(settings.prediction_seconds))
    try:
        with path.open("rb") as file:
            ended = subprocess.run(
                worker_command(parquet_copy.__name__, *map(str, (*limits, seconds))),
                stdin=file,
                stdout=plain,
                stderr=subprocess.DEVNULL,
                env=os.environ
                | {
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    "ARROW_DEFAULT_MEMORY_POOL": "system",  # which reserves nothing in advance
                },
                timeout=seconds,
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise come_again(
            503, "Reading the table took too long: send it again later.", settings.retry_seconds
        ) from error
    if ended.returncode == parquet_copy.TOO_LARGE:
        raise too_large(
            f"At most {settings.samples:,} samples, {settings.columns:,} genes and "
            f"{settings.cells:,} values are taken at a time."
        )
    if ended.returncode != 0:
        raise unreadable(
            "This is not a readable Parquet file of a plain table: columns of text and of "
            "numbers, and no lists or records."
        )
