"""Pieces of pages, as nodes: nothing in them is read as markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docutils import nodes


def section(document: nodes.document, title: str) -> nodes.section:
    """A section with a heading and an address of its own."""
    made = nodes.section(names=[nodes.fully_normalize_name(title)])
    document.note_implicit_target(made, made)
    made += nodes.title(title, title)
    return made


def paragraphs(text: str) -> list[nodes.Node]:
    """Text whose paragraphs stand between blank lines."""
    return [nodes.paragraph("", "", *with_code(part)) for part in text.split("\n\n")]


def with_code(text: str) -> list[nodes.Node]:
    """A line of text in which what stands between backticks is code."""
    pieces = " ".join(text.split()).replace("``", "`").split("`")
    return [
        nodes.literal("", piece) if number % 2 else nodes.Text(piece)
        for number, piece in enumerate(pieces)
        if piece
    ]


def definitions(rows: Iterable[tuple[str, str]]) -> nodes.definition_list:
    """Names, and below each what it is for."""
    listed = nodes.definition_list()
    for name, about in rows:
        term = nodes.term("", "", nodes.literal("", name))
        body = nodes.definition("", nodes.paragraph("", "", *with_code(about)))
        listed += nodes.definition_list_item("", term, body)
    return listed


def code(text: str, language: str) -> nodes.literal_block:
    """A block of code."""
    return nodes.literal_block(text, text, language=language)


def table(head: Sequence[str], rows: Iterable[Sequence[Sequence[nodes.Node]]]) -> nodes.table:
    """A table of cells that are lines of nodes."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    names = [[nodes.Text(name)] for name in head]
    group += nodes.thead("", _row(names))
    group += nodes.tbody("", *map(_row, rows))
    return nodes.table("", group)


def _row(cells: Iterable[Sequence[nodes.Node]]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))
