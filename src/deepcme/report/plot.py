"""A chart of a report with the table behind it, as a notebook shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from deepcme.base.errors import DeepCMEError, UnknownNameError
from deepcme.base.files.files import whole_file
from deepcme.base.names import with_texts, without_forbidden
from deepcme.base.words import counted
from deepcme.report.figures.pdf import canonical_pdf
from deepcme.report.figures.styles import VEGA_LITE, Chart, specify

__all__ = ["Plot"]

DOTS_PER_INCH = 300
_UNITS_PER_INCH = 72


def _svg(spec: dict[str, Any]) -> bytes:
    return str(vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)).encode()


def _pdf(spec: dict[str, Any]) -> bytes:
    return canonical_pdf(vl_convert.svg_to_pdf(_svg(spec).decode()))


def _png(spec: dict[str, Any]) -> bytes:
    scale = DOTS_PER_INCH / _UNITS_PER_INCH
    drawn: bytes = vl_convert.vegalite_to_png(
        spec, vl_version=VEGA_LITE, scale=scale, ppi=_UNITS_PER_INCH
    )
    return drawn


_DRAWN: dict[str, Callable[[dict[str, Any]], bytes]] = {
    ".svg": _svg,
    ".pdf": _pdf,
    ".png": _png,
}


@dataclass(frozen=True, repr=False)
class Plot:
    """A chart of a report; a notebook shows one that ends a cell.

    Attributes
    ----------
    name : str
        As in the report's ``charts``.
    chart : altair.Chart
        To change and to combine with others.
    table : DataFrame or None
        The report's table that it is drawn of.

    Examples
    --------
    >>> import altair
    >>> import pandas as pd
    >>> from deepcme.report.plot import Plot
    >>> table = pd.DataFrame({"risk": [0.1, 0.4], "patients": [7, 3]})
    >>> chart = altair.Chart(table).mark_bar().encode(x="risk", y="patients")
    >>> Plot("risks", chart, table).frame().shape
    (2, 2)
    """

    name: str
    chart: Chart
    table: pd.DataFrame | None = None

    def frame(self) -> pd.DataFrame:
        """The numbers that are drawn, as a DataFrame of its own."""
        if self.table is not None:
            return self.table.copy()
        drawn: dict[str, list[dict[str, Any]]] = self.chart.to_dict().get("datasets", {})
        return pd.DataFrame(max(drawn.values(), key=len, default=[]))

    def save(self, path: str | Path) -> None:
        """Write an ``.svg``, ``.pdf`` or ``.png`` (300 dots an inch) file.

        Raises
        ------
        DeepCMEError
            If the file has another ending, or cannot be written.
        """
        path = Path(path)
        draw = _DRAWN.get(path.suffix.lower())
        if draw is None:
            raise DeepCMEError(f"{path}: name the file {', '.join(_DRAWN)}.")
        content = draw(with_texts(specify(self.chart), without_forbidden))
        with whole_file(path) as temporary:
            temporary.write_bytes(content)

    def __repr__(self) -> str:
        rows = counted(len(self.frame()), "row")
        return f"Plot {self.name}; more: .frame() ({rows}), .chart, .save('{self.name}.pdf')"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        renderer = alt.renderers.get()
        assert renderer is not None  # Altair always has one enabled
        return renderer(specify(self.chart))


def find_plot(
    charts: dict[str, Chart], tables: dict[str, pd.DataFrame], *names: str, takes: str
) -> Plot:
    """The first chart of some names that there is.

    Parameters
    ----------
    charts, tables : dict
        Of a report.
    *names : str
        Of the chart, as different kinds of studies call it.
    takes : str
        Which studies have one.

    Raises
    ------
    UnknownNameError
        If the study has none, with why where that is known.
    """
    for name in names:
        if name in charts:
            of_chart = (tables.get(table) for table in _TABLES.get(name, (name,)))
            return Plot(name, charts[name], next((t for t in of_chart if t is not None), None))
    notes = getattr(charts, "why_absent", {})
    why = next((notes[name] for name in names if name in notes), f"it takes {takes}.")
    raise UnknownNameError(f"This study has no such chart ({names[0]}): {why}")


_TABLES = {
    "calibration": ("calibration_curves", "calibration_groups"),
    "genes_alone": ("genes",),
    "training_curves": ("history",),
    "gene_set_running_sums": ("gene_set_leading_edges",),
    "prediction_instability": ("instability",),
    "mape": ("instability",),
}
"""Tables of a chart that are called otherwise, of which the first that there is counts."""
