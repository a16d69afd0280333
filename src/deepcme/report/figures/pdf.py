"""PDF of equal charts in equal bytes."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

_ENTRY = re.compile(rb"\d{10} \d{5} [fn]")
_REFERENCE = re.compile(rb"(\d+) 0 R\b")
_FONT = re.compile(rb"/(fo\d+) (\d+) 0 R")
_USE_OF_FONT = re.compile(rb"/(fo\d+)(?= )")
_RESOURCE = re.compile(rb"\s+/([A-Za-z]+)(\d+) \d+ 0 R")
_LENGTH = re.compile(rb"/Length \d+")
_STREAM = b"\nstream\n"
_END_OF_STREAM = b"\nendstream"


@dataclass(frozen=True)
class _Object:
    """One object of a PDF: what comes before its stream, and its stream."""

    head: bytes
    stream: bytes | None

    @classmethod
    def read(cls, body: bytes) -> _Object:
        head, mark, rest = body.partition(_STREAM)
        return cls(head, rest[: rest.rindex(_END_OF_STREAM)] if mark else None)

    @property
    def draws(self) -> bool:
        """Whether its stream says what to draw, and with which fonts."""
        return self.stream is not None and (
            b"/Subtype /Form" in self.head
            or not re.search(rb"/(Type|Subtype|N|Length1) ", self.head)
        )

    def written(self) -> bytes:
        return (
            self.head
            if self.stream is None
            else self.head + _STREAM + self.stream + (_END_OF_STREAM)
        )


def canonical_pdf(pdf: bytes) -> bytes:
    """Put what comes in an order by chance into a fixed one.

    svg2pdf, which makes the PDF, keeps fonts and resources in tables of Rust whose order is
    drawn anew in each run: here fonts are named in the order of their names, resources are
    listed in theirs, and objects are numbered as they are reached from the root (ISO 32000-1,
    7.5). The page looks the same.

    Parameters
    ----------
    pdf : bytes
        A PDF whose objects lie plain, with their references in their dictionaries.
    """
    table = pdf.rindex(b"\nxref\n") + 1
    trailer = pdf[pdf.rindex(b"\ntrailer\n") + 1 : pdf.rindex(b"\nstartxref\n") + 1]
    objects = _in_order_of_fonts(dict(_objects(pdf, table)))
    objects = {
        number: replace(one, head=_sorted_resources(one.head))
        for number, one in objects.items()
    }
    numbers = _numbers_from(trailer, objects)
    written = bytearray(pdf[: pdf.index(b" 0 obj")].rstrip(b"0123456789"))
    entries = [b"0000000000 65535 f\r\n"]
    for old, new in numbers.items():
        entries.append(b"%010d 00000 n\r\n" % len(written))
        one = objects[old]
        renumbered = replace(one, head=_renumbered(one.head, numbers))
        written += b"%d 0 obj\n%b\nendobj\n\n" % (new, renumbered.written())
    start = len(written)
    written += b"xref\n0 %d\n%b" % (len(entries), b"".join(entries))
    size = re.sub(rb"/Size \d+", b"/Size %d" % len(entries), trailer)
    written += _renumbered(size, numbers) + b"startxref\n%d\n%%%%EOF" % start
    return bytes(written)


def _objects(pdf: bytes, table: int) -> Iterator[tuple[int, _Object]]:
    """Each object with its number, as the table of references says where it is."""
    entries = _ENTRY.findall(pdf, table, pdf.rindex(b"\ntrailer\n"))
    places = sorted(int(entry[:10]) for entry in entries if entry.endswith(b"n"))
    for start, end in zip(places, [*places[1:], table], strict=True):
        number, _, rest = pdf[start:end].partition(b" 0 obj\n")
        yield int(number), _Object.read(rest[: rest.rindex(b"\nendobj")])


def _in_order_of_fonts(objects: dict[int, _Object]) -> dict[int, _Object]:
    """The objects with fonts named in the order of their names, which tell their letters."""
    named = {
        name: objects[int(number)].head
        for one in objects.values()
        for name, number in _FONT.findall(one.head)
    }
    order = sorted(named, key=lambda name: re.findall(rb"/BaseFont (\S+)", named[name]))
    names = {old: b"fo%d" % place for place, old in enumerate(order)}

    def renamed(text: bytes) -> bytes:
        return _USE_OF_FONT.sub(lambda use: b"/" + names.get(use[1], use[1]), text)

    changed = {}
    for number, one in objects.items():
        changed[number] = replace(one, head=renamed(one.head))
        if one.draws and one.stream is not None:
            packed = zlib.compress(renamed(zlib.decompress(one.stream)), 9)
            head = _LENGTH.sub(b"/Length %d" % len(packed), changed[number].head, count=1)
            changed[number] = _Object(head, packed)
    return changed


def _sorted_resources(head: bytes) -> bytes:
    """A dictionary in which entries of a kind, such as ``/gs12 30 0 R``, stand by number."""
    lines = head.split(b"\n")
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and _RESOURCE.fullmatch(lines[end]):
            end += 1
        lines[start:end] = sorted(lines[start:end], key=_place_of_resource)
        start = end + 1
    return b"\n".join(lines)


def _place_of_resource(line: bytes) -> tuple[bytes, int]:
    found = _RESOURCE.fullmatch(line)
    assert found is not None
    return found[1], int(found[2])


def _numbers_from(trailer: bytes, objects: dict[int, _Object]) -> dict[int, int]:
    """The new number of each object: in the order in which they are reached."""
    reached = dict.fromkeys(map(int, _REFERENCE.findall(trailer)))
    waiting = list(reached)
    for number in waiting:
        for found in map(int, _REFERENCE.findall(objects[number].head)):
            if found not in reached:
                reached[found] = None
                waiting.append(found)
    return {old: new for new, old in enumerate(reached, start=1)}


def _renumbered(text: bytes, numbers: dict[int, int]) -> bytes:
    return _REFERENCE.sub(lambda found: b"%d 0 R" % numbers[int(found[1])], text)
