"""Files that describe a series of GEO, series matrix or SOFT family, told by their contents."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.sources.geo.series import Series, with_one_key_each
from deepcme.sources.geo.series_matrix import read_series_matrix
from deepcme.sources.geo.soft import read_family
from deepcme.sources.reading.contents import contents_of
from deepcme.sources.reading.text import text_lines

_ACCESSION = "geo_accession"


def read_series(
    path: Path,
    notes: list[str],
    decimal: str = ".",
    *,
    platforms: Collection[str] = (),
    with_values: bool = True,
) -> list[Series]:
    """Read a series matrix, or a SOFT family file with a `Series` for each platform.

    Parameters
    ----------
    platforms : collection of str
        Which to take of a SOFT family file.
    with_values : bool
        Else only what is said of the samples is read.

    Raises
    ------
    DeepCMEError
        As `read_series_matrix` and `read_family`.
    """
    if _first_line(path).startswith("^"):
        return read_family(path, notes, decimal, platforms=platforms, with_values=with_values)
    if platforms:
        raise DeepCMEError(
            f"{path}: --platform chooses within a SOFT family file, and this is a series "
            "matrix; give the series matrix of that platform alone."
        )
    return [read_series_matrix(path, notes, decimal, with_values=with_values)]


def is_series_file(path: Path) -> bool:
    """Whether a file describes a series of GEO."""
    return contents_of(path).kind == "text" and _first_line(path).startswith(
        ("^", "!Series_", "!Sample_")
    )


def samples_of_series(path: Path, notes: list[str]) -> pd.DataFrame:
    """What a file says of the samples of a series: accession, title, characteristics."""
    parts = read_series(path, notes, with_values=False)
    attributes = with_one_key_each(pd.concat([part.attributes for part in parts]), notes)
    return attributes.rename_axis(_ACCESSION).reset_index()


def _first_line(path: Path) -> str:
    return next((line.lstrip('"') for line in text_lines(path) if line.strip()), "")
