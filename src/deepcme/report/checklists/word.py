"""Checklists as a Word file (.docx), by python-docx."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import whole_file
from deepcme.base.names import without_forbidden
from deepcme.report.checklists.answers import AUTHOR

if TYPE_CHECKING:
    import pandas as pd
    from docx.document import Document
    from docx.table import _Cell, _Row

    from deepcme.report.sections.guidelines import Checklist

_COLUMNS = ("Item", "Asks", "Answer", "Who answers", "Page")
_WIDTHS_CM = (1.7, 6.0, 14.0, 2.0, 2.0)
_LONG_CM, _SHORT_CM, _MARGIN_CM = 29.7, 21.0, 2.0
_POINTS = 9


def require_word() -> None:
    """Refuse where python-docx is not installed.

    Raises
    ------
    DeepCMEError
        With the way out.
    """
    try:
        import docx  # noqa: F401
    except ImportError as error:
        raise DeepCMEError(
            "A Word file takes python-docx, which is not installed: pip install "
            "'deepcme[docx]', or name a Markdown file (.md).",
            topic="installing",
        ) from error


def write_word(
    path: Path, heading: str, introduction: str, checklists: Sequence[Checklist]
) -> None:
    """Write checklists, a table each, with an empty column for the page of the paper."""
    from docx import Document

    document = Document()
    _lay_out(document, heading)
    document.add_heading(without_forbidden(heading), level=0)
    document.add_paragraph(introduction)
    for checklist in checklists:
        document.add_heading(checklist.name, level=1)
        document.add_paragraph(f"{checklist.filled} After {checklist.source}.")
        _add_table(document, checklist.table)
    with whole_file(path) as temporary:
        document.save(str(temporary))


def _lay_out(document: Document, heading: str) -> None:
    """A4, landscape, in small print."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(_LONG_CM), Cm(_SHORT_CM)
    section.left_margin = section.right_margin = Cm(_MARGIN_CM)
    document.styles["Normal"].font.size = Pt(_POINTS)
    properties = document.core_properties
    properties.author, properties.comments = "deepcme", ""
    properties.created = properties.modified = datetime.now(UTC)
    properties.title = without_forbidden(heading)[:255]


def _add_table(document: Document, table: pd.DataFrame) -> None:
    from docx.shared import Cm

    shown = document.add_table(rows=1, cols=len(_COLUMNS), style="Table Grid")
    shown.autofit = False
    for column, width in zip(shown.columns, _WIDTHS_CM, strict=True):
        column.width = Cm(width)
    _fill(shown.rows[0], _COLUMNS, bold=True)
    _repeat_on_each_page(shown.rows[0])
    for row in table.to_dict("records"):
        asks = f"{row['topic']}: {row['asks']}"
        cells = (row["number"], asks, row["answer"], row["status"], "")
        _fill(shown.add_row(), cells)


def _fill(row: _Row, texts: Sequence[str], *, bold: bool = False) -> None:
    from docx.shared import Cm

    for cell, text, width in zip(row.cells, texts, _WIDTHS_CM, strict=True):
        cell.width = Cm(width)
        _write(cell, without_forbidden(text), bold)


def _write(cell: _Cell, text: str, bold: bool) -> None:
    """The text, in bold from where the author must state something."""
    found, mark, left = text.partition(AUTHOR)
    paragraph = cell.paragraphs[0]
    if found:
        paragraph.add_run(found).bold = bold
    if mark:
        paragraph.add_run(mark + left).bold = True


def _repeat_on_each_page(row: _Row) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
