"""What is asked of every table of a report, those within folded parts too."""

from __future__ import annotations

from collections.abc import Iterator

from deepcme.report.blocks import Blocks, Group, Table

MOST_COLUMNS = 9


def tables_in(blocks: Blocks) -> Iterator[Table]:
    """The tables among blocks and among what these hold."""
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Group):
            yield from tables_in(block.parts)


def require_readable(tables: list[Table]) -> None:
    """A caption, headings in words, few enough of them, and none above an empty column."""
    assert tables
    for table in tables:
        shown = table.shown
        assert shown.caption, table.name
        assert not [head for head in shown.headings if "_" in head or not head], table.name
        assert len(shown.headings) <= MOST_COLUMNS, (table.name, shown.headings)
        for place, heading in enumerate(shown.headings):
            assert any(row[place] for row in shown.rows), (table.name, heading)
