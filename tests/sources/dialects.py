"""A random cohort as people save it: two sheets of cells, written in any dialect of text."""

import gzip
import re
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

SEPARATORS = (",", "\t", ";")
EXTENSIONS = (".csv", ".tsv", ".txt", ".tab", ".dat", "")
LINE_ENDS = ("\n", "\r\n", "\r")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "latin-1")
TISSUES = {
    "Primary Tumor": "primary",
    "Solid Tissue Normal": "normal",
    "Metastatic": "metastatic",
    "Recurrent Tumor": "recurrent",
    "": "unknown",
}
TITLE = "Supplementary Table 1"
COMMENT = "# made by hand; 3 columns, 2 of them used"


@dataclass
class InventedCohort:
    """What the files say, and what should be read from them.

    `columns` are further columns of the samples table, by the name they are read under.
    """

    samples: list[str]
    patients: list[str]
    genes: list[str]
    values: np.ndarray
    labels: list[int | None]
    tissue_words: list[str]
    columns: dict[str, list[str]]


@dataclass
class Sheet:
    """Cells as text, with the ids of the rows in the first column."""

    header: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Dialect:
    """How a sheet becomes bytes.

    `quoting` is "needed", "text" (all but numbers) or "all". With `row_names` the
    header lacks its first cell, as R writes it. `before` stands before the header.
    """

    separator: str = ","
    extension: str = ".csv"
    line_end: str = "\n"
    encoding: str = "utf-8"
    gzipped: bool = False
    named_gz: bool = False
    quoting: str = "needed"
    row_names: bool = False
    decimal: str = "."
    before: tuple[str, ...] = ()

    def file_name(self, stem: str) -> str:
        return stem + self.extension + (".gz" if self.named_gz else "")

    @property
    def quotes(self) -> bool:
        """Whether cells are quoted at all: a tab is in no cell, so nothing needs it there."""
        return self.separator != "\t" or self.quoting != "needed"


@st.composite
def dialects(draw):
    separator = draw(st.sampled_from(SEPARATORS))
    padded_title = TITLE + separator * draw(st.integers(0, 3))
    before = draw(
        st.lists(st.sampled_from(["", padded_title, COMMENT]), max_size=3, unique=True)
    )
    if separator != "\t" and draw(st.booleans()):
        before = [f"sep={separator}", *before]
    return Dialect(
        separator,
        draw(st.sampled_from(EXTENSIONS)),
        draw(st.sampled_from(LINE_ENDS)),
        draw(st.sampled_from(ENCODINGS)),
        gzipped=draw(st.booleans()),
        named_gz=draw(st.booleans()),
        quoting=draw(st.sampled_from(["needed", "text", "all"])),
        row_names=draw(st.booleans()),
        before=tuple(before),
    )


@st.composite
def portal_dialects(draw, before=()):
    """Tabs and no quoting, as the portals write; the rest is what happens on the way."""
    return Dialect(
        "\t",
        draw(st.sampled_from([".tsv", ".txt", ""])),
        draw(st.sampled_from(LINE_ENDS)),
        draw(st.sampled_from(ENCODINGS)),
        gzipped=draw(st.booleans()),
        named_gz=draw(st.booleans()),
        before=before,
    )


@st.composite
def cohorts(draw):
    n, n_genes = draw(st.integers(10, 30)), draw(st.integers(5, 20))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    per_patient = draw(st.integers(1, 3))
    site = random.choice(["Lyon", "Zürich", "5' end, north; east"], n)
    return InventedCohort(
        samples=[f"S{i:02d}" for i in range(n)],
        patients=[f"P {i // per_patient}" for i in range(n)],
        genes=[f"GENE{i}" for i in range(n_genes)],
        # An odd fourth decimal, so that no number reads as one with a thousands separator.
        values=random.integers(5000, 70000, (n, n_genes)) / 5000 + 1e-4,
        labels=[(1, 0, 0, None)[i % 4] for i in range(n)],
        tissue_words=random.choice(list(TISSUES), n).tolist(),
        columns={
            "age": [f"{age:.1f}" for age in random.uniform(30, 80, n)],
            "site": site.tolist(),
        },
    )


def number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.4f}"


def matrix_sheet(cohort: InventedCohort, genes_in_rows: bool) -> Sheet:
    values = cohort.values.T if genes_in_rows else cohort.values
    rows, columns = cohort.samples, cohort.genes
    if genes_in_rows:
        rows, columns = columns, rows
    return Sheet(
        ["id", *columns],
        [[name, *map(number, row)] for name, row in zip(rows, values, strict=True)],
    )


def samples_sheet(cohort: InventedCohort) -> Sheet:
    columns = {
        "sample_id": cohort.samples,
        "patient": cohort.patients,
        "relapse": ["" if label is None else str(label) for label in cohort.labels],
        "tissue": cohort.tissue_words,
        **cohort.columns,
    }
    return Sheet(list(columns), [list(row) for row in zip(*columns.values(), strict=True)])


def written(sheet: Sheet, dialect: Dialect) -> bytes:
    header = sheet.header[1:] if dialect.row_names else sheet.header
    lines = [*dialect.before, *(_line(cells, dialect) for cells in [header, *sheet.rows])]
    text = "".join(line + dialect.line_end for line in lines)
    content = text.encode(dialect.encoding)
    return gzip.compress(content, mtime=0) if dialect.gzipped else content


def _line(cells: list[str], dialect: Dialect) -> str:
    cells = [cell.replace(".", dialect.decimal) if _is_number(cell) else cell for cell in cells]
    if dialect.quotes and any(cells):
        cells = [_quoted(cell, dialect) for cell in cells]
    return dialect.separator.join(cells)


def _quoted(cell: str, dialect: Dialect) -> str:
    needed = any(special in cell for special in (dialect.separator, '"', "\n"))
    as_text = dialect.quoting == "text" and not _is_number(cell)
    if needed or as_text or dialect.quoting == "all":
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"\d*[.,]?\d*", cell) is not None
