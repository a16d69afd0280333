"""Tables of the documentation's pages, each between its marks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from deepcme.base.files.files import write_text


def tabulate(lines: Iterable[Iterable[object]]) -> str:
    """Markdown of the lines of a table, that below its header among them."""
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def put(page: Path, name: str, table: str) -> None:
    """Put a table on the page, in place of the one between its marks, which must be there."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, rest = page.read_text(encoding="utf-8").split(start)
    _, after = rest.split(end)
    write_text(page, f"{before}{start}\n\n{table}\n\n{end}{after}")
