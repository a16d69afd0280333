"""Which charts a journal gets, and the list of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from deepcme.base.files.files import write_csv
from deepcme.report.figures.styles import Spec

FOLDER = "journal"
LIST = "figures.csv"
COLUMNS = ("figure", "width_mm", "height_mm", "files", "note")
WITHOUT_TIFF = (
    "There are no TIFF files: they need Pillow, which `pip install 'deepcme[tiff]'` brings."
)


def figures_among(charts: Mapping[str, Spec]) -> dict[str, Spec]:
    """Those that are figures: a journal sets tables itself."""
    return {name: spec for name, spec in charts.items() if not name.startswith("table_")}


def can_write_tiff() -> bool:
    """Whether Pillow is there."""
    return find_spec("PIL") is not None


def write_list(rows: Iterable[Mapping[str, Any]], folder: Path) -> str:
    """Write which figures there are, in what size, and why one is not; the file's name."""
    write_csv(folder / LIST, pd.DataFrame(list(rows), columns=list(COLUMNS)))
    return LIST
