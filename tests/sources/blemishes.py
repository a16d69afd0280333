"""What goes wrong with tables on their way, by what a reader makes of it.

A blemish takes `draw` and `Files` and changes them; where it is read, also what should
be read. It leaves them alone where the dialect has no room for it.
"""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from tests.sources.dialects import (  # fmt: skip
    Dialect,
    InventedCohort,
    Sheet,
    dialects,
    matrix_sheet,
    samples_sheet,
    written,
)

NOTHING = ("", "NA", "N/A", "NaN", "null", "#N/A")
NO_PATIENT = ("unknown", "Unknown", "NA", "not available", "")
SPACES = (" ", "  ", "\u00a0")
INVISIBLE = ("\u200b", "\ufeff")


@dataclass
class Files:
    """Both sheets with their dialects; `replaced` has other bytes in place of a file."""

    cohort: InventedCohort
    genes_in_rows: bool
    matrix: Sheet
    samples: Sheet
    dialect: dict[str, Dialect]
    replaced: dict[str, bytes]

    def sheet(self, which: str) -> Sheet:
        return self.matrix if which == "expression" else self.samples

    def use_decimal(self, decimal: str) -> None:
        self.dialect = {k: replace(d, decimal=decimal) for k, d in self.dialect.items()}

    def content(self, which: str) -> bytes:
        return self.replaced.get(which) or written(self.sheet(which), self.dialect[which])


@st.composite
def files(draw, cohorts):
    """A cohort in two dialects, without a blemish."""
    cohort = draw(cohorts)
    genes_in_rows = draw(st.booleans())
    return Files(
        cohort,
        genes_in_rows,
        matrix_sheet(cohort, genes_in_rows),
        samples_sheet(cohort),
        {"expression": draw(dialects()), "samples": draw(dialects())},
        {},
    )


def one_of_both(draw) -> str:
    return draw(st.sampled_from(["expression", "samples"]))


def a_row(draw, sheet: Sheet) -> list[str]:
    return sheet.rows[draw(st.integers(0, len(sheet.rows) - 1))]


def a_number(draw, sheet: Sheet) -> tuple[list[str], int]:
    """A row of the matrix, and the place of a number in it."""
    row = a_row(draw, sheet)
    return row, draw(st.integers(1, len(row) - 1))


# Read.


def separators_end_every_row(draw, files):
    which = one_of_both(draw)
    if files.dialect[which].row_names or files.sheet(which).header[-1] == "":
        return
    further = [""] * draw(st.integers(1, 3))
    sheet = files.sheet(which)
    if draw(st.booleans()):
        sheet.header += further
    for row in sheet.rows:
        row += further


def blank_rows(draw, files):
    sheet = files.sheet(one_of_both(draw))
    blank = draw(st.sampled_from([[""], [""] * len(sheet.header)]))
    for _ in range(draw(st.integers(1, 3))):
        sheet.rows.insert(draw(st.integers(0, len(sheet.rows))), list(blank))


def unnamed_column_without_content(draw, files):
    """At the end of the table of samples, where an unnamed column is known by its place."""
    which = one_of_both(draw)
    sheet = files.sheet(which)
    if files.dialect[which].row_names:
        return  # of which column is the name then?
    end = len(sheet.header)
    place = end if which == "samples" else draw(st.integers(2, end))
    for row in [sheet.header, *sheet.rows]:
        row.insert(place, "")


def unnamed_column_of_samples(draw, files):
    place = len(files.samples.header)
    if files.dialect["samples"].row_names:
        return
    files.samples.header.append("")
    content = [f"word {i}" for i in range(len(files.samples.rows))]
    for row, word in zip(files.samples.rows, content, strict=True):
        row.append(word)
    files.cohort.columns[f"column {place + 1}"] = content


def line_break_in_a_header_cell(draw, files):
    dialect = files.dialect["samples"]
    if not dialect.quotes or dialect.line_end == "\r":
        return
    place = files.samples.header.index("age")
    files.samples.header[place] = "age\nat diagnosis"
    files.cohort.columns["age at diagnosis"] = files.cohort.columns.pop("age")


def missing_values(draw, files):
    for _ in range(draw(st.integers(1, 4))):
        row, place = a_number(draw, files.matrix)
        row[place] = draw(st.sampled_from(NOTHING))
        gene, sample = row[0], files.matrix.header[place]
        if not files.genes_in_rows:
            gene, sample = sample, gene
        gene, sample = files.cohort.genes.index(gene), files.cohort.samples.index(sample)
        files.cohort.values[sample, gene] = np.nan


def spaces_around_names(draw, files):
    which = one_of_both(draw)
    room = SPACES if files.dialect[which].encoding == "latin-1" else SPACES + INVISIBLE
    before, after = draw(st.sampled_from(["", *room])), draw(st.sampled_from(room))
    sheet = files.sheet(which)
    if draw(st.booleans()):
        sheet.header[:] = [before + name + after if name else "" for name in sheet.header]
    else:
        for row in sheet.rows:
            row[0] = before + row[0] + after


def spaces_in_patients(draw, files):
    place = files.samples.header.index("patient")
    for row in files.samples.rows[:: draw(st.integers(1, 3))]:
        spelled = [f"{row[place]} ", f"\u00a0{row[place]}", row[place].replace(" ", "  ")]
        row[place] = draw(st.sampled_from(spelled))


def quote_character_in_a_cell(draw, files):
    if files.dialect["samples"].quotes or files.dialect["samples"].separator != "\t":
        return
    word = draw(st.sampled_from(['"silent information', '5" end', "5' end", 'a "b" c"']))
    row, place = a_row(draw, files.samples), files.samples.header.index("site")
    files.cohort.columns["site"][files.samples.rows.index(row)] = word
    row[place] = word


def patient_that_says_nothing(draw, files):
    row, place = a_row(draw, files.samples), files.samples.header.index("patient")
    row[place] = draw(st.sampled_from(NO_PATIENT))
    position = files.samples.rows.index(row)
    files.cohort.patients[position] = files.cohort.samples[position]


def patients_that_differ_in_case(draw, files):
    row, place = a_row(draw, files.samples), files.samples.header.index("patient")
    row[place] = row[place].lower()
    position = files.samples.rows.index(row)
    files.cohort.patients[position] = files.cohort.patients[position].lower()


# Those that look a sample up by its place come before those that move rows and columns.
READ = (
    missing_values,
    quote_character_in_a_cell,
    patients_that_differ_in_case,
    patient_that_says_nothing,
    line_break_in_a_header_cell,
    unnamed_column_of_samples,
    spaces_in_patients,
    spaces_around_names,
    unnamed_column_without_content,
    separators_end_every_row,
    blank_rows,
)


# Refused. Each returns which file the message should name, or None if nothing was spoiled.


def one_row_ends_in_a_separator(draw, files):
    which = one_of_both(draw)
    a_row(draw, files.sheet(which)).append("")
    return which


def one_row_is_longer(draw, files):
    which = one_of_both(draw)
    a_row(draw, files.sheet(which)).append("7")
    return which


def one_row_is_shorter(draw, files):
    which = one_of_both(draw)
    row = a_row(draw, files.sheet(which))
    del row[draw(st.integers(1, len(row) - 1)) :]
    return which


def unnamed_column_in_the_matrix(draw, files):
    place = draw(st.integers(2, len(files.matrix.header)))
    files.matrix.header.insert(place, "")
    for row in files.matrix.rows:
        row.insert(place, "7.1234")
    return "expression"


def line_break_in_a_cell(draw, files):
    if files.dialect["samples"].separator == "\t":
        return None
    place = files.samples.header.index("site")
    a_row(draw, files.samples)[place] = "Lyon\nVienne"
    return "samples"


def column_twice(draw, files):
    which = one_of_both(draw)
    header = files.sheet(which).header
    first, second = draw(st.lists(st.integers(1, len(header) - 1), min_size=2, max_size=2, unique=True))  # fmt: skip
    header[second] = header[first] + draw(st.sampled_from(["", " "]))
    return which


def row_twice(draw, files):
    which = one_of_both(draw)
    rows = files.sheet(which).rows
    rows[-1][0] = rows[0][0] + draw(st.sampled_from(["", " ", "\u00a0"]))
    return which


def decimal_comma(draw, files):
    which = one_of_both(draw)
    sheet = files.sheet(which)
    place = (
        draw(st.integers(1, len(sheet.header) - 1))
        if which == "expression"
        else sheet.header.index("age")
    )
    rows = draw(st.sampled_from([sheet.rows, sheet.rows[1:2]]))
    for row in rows:
        row[place] = row[place].replace(".", ",") or "7,25"
    return which


def thousands_separator(draw, files):
    row, place = a_number(draw, files.matrix)
    row[place] = draw(st.sampled_from(["1,234", "12,345,678", "1.234.567"]))
    return "expression"


def dotted_thousands_beside_whole_numbers(draw, files):
    for place, row in enumerate(files.matrix.rows):
        below = [str(120 + 7 * i) for i in range(1, len(row))]
        row[1:] = [f"{i}.639" for i in range(1, len(row))] if place % 2 else below
    return "expression"


def text_or_infinity(draw, files):
    row, place = a_number(draw, files.matrix)
    row[place] = draw(st.sampled_from(["high", "inf", "-Inf", "1e999", "<0.5", "#DIV/0!"]))
    return "expression"


def gzip_cut_short(draw, files):
    which = one_of_both(draw)
    whole = gzip.compress(
        written(files.sheet(which), replace(files.dialect[which], gzipped=False))
    )
    files.replaced[which] = whole[: draw(st.integers(10, len(whole) - 1))]
    return which


def last_row_cut_short(draw, files):
    which = one_of_both(draw)
    del files.sheet(which).rows[-1][2:]
    return which


def something_else_entirely(draw, files):
    which = one_of_both(draw)
    files.replaced[which] = draw(st.sampled_from(sorted(NO_TABLES.values())))
    return which


def _zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("expression.csv", "id,S1\nGENE1,1\n")
    return buffer.getvalue()


def _tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("expression.csv"))
    return buffer.getvalue()


_PAGE = b"<!DOCTYPE html>\n<html><head><title>404, not found</title></head></html>\n"
NO_TABLES = {
    "web page": _PAGE,
    "web page, packed": gzip.compress(_PAGE, mtime=0),
    "JSON": b'{"data": {"hits": [1, 2]}, "warnings": {}}\n',
    "XML": b'<?xml version="1.0"?>\n<MINiML><Sample iid="GSM1"/></MINiML>\n',
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "ZIP": _zipped(),
    "tar": _tarred(),
    "old Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    "R data": gzip.compress(b"RDX3\nX\n" + bytes(40), mtime=0),
    "bzip2": bz2.compress(b"id,S1\nGENE1,1\n"),
    "xz": lzma.compress(b"id,S1\nGENE1,1\n"),
}

REFUSED = (
    one_row_ends_in_a_separator,
    one_row_is_longer,
    one_row_is_shorter,
    last_row_cut_short,
    unnamed_column_in_the_matrix,
    line_break_in_a_cell,
    column_twice,
    row_twice,
    decimal_comma,
    thousands_separator,
    dotted_thousands_beside_whole_numbers,
    text_or_infinity,
    gzip_cut_short,
    something_else_entirely,
)
