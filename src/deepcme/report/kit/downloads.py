"""What a page offers as files, held inside itself."""

from __future__ import annotations

import gzip
import re
from base64 import b64encode

import pandas as pd

from deepcme.base.files.files import csv_text

_NOT_IN_A_FILE_NAME = re.compile(r"[^\w.-]+")


def packed_csv(table: pd.DataFrame) -> str:
    """The table as its CSV file has it, compressed, as letters that a page can hold."""
    return b64encode(gzip.compress(csv_text(table).encode(), mtime=0)).decode()


def start_of_names(study: str) -> str:
    """What the names of a study's files start with: its own, as far as a file may bear it."""
    name = _NOT_IN_A_FILE_NAME.sub("-", study).strip("-.")
    return f"{name[:60]}-" if name else ""
