"""GDC gene expression files, current (STAR) and legacy (HTSeq), to one matrix."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.genes.gene_names import SUMMARY_ROW
from deepcme.cohort.scales.scales import Scale
from deepcme.sources.reading.text import byte_stream, text_lines

StarColumn = Literal["fpkm_unstranded", "tpm_unstranded", "unstranded"]
SCALE_OF_COLUMN: dict[StarColumn, Scale] = {
    "fpkm_unstranded": "fpkm",
    "tpm_unstranded": "tpm",
    "unstranded": "counts",
}

_THREADS = 2
_BLOCK_BYTES = 1 << 20  # small blocks keep the memory of a file small


@dataclass(frozen=True)
class _OneFile:
    genes: pa.StringArray
    values: NDArray[np.float32]
    symbols: pa.StringArray | None


@dataclass(frozen=True)
class GDCMatrix:
    """Values (files x genes), gene ids, symbols (STAR only), and what the values are."""

    values: NDArray[np.float32]
    genes: list[str]
    symbols: list[str] | None
    scale: Scale


def read_gdc_files(paths: Sequence[Path], column: StarColumn = "fpkm_unstranded") -> GDCMatrix:
    """Read expression files into one matrix, joined by gene id.

    STAR files (tab-separated, six columns of values) and legacy HTSeq files
    (gene id and value, no header) are told apart by their first line; the rows
    that sum up unmapped reads are dropped. Legacy whole numbers are counts,
    others FPKM.

    Parameters
    ----------
    paths : sequence of path
    column : StarColumn
        Which values of STAR files to take.

    Raises
    ------
    DeepCMEError
        If a file is damaged, lacks a value, or has other genes than the first.
    """
    first = _read_file(paths[0], column)
    if len(pc.unique(first.genes)) < len(first.genes):
        raise DeepCMEError(f"{paths[0]}: a gene id occurs more than once.")
    values = np.empty((len(paths), len(first.genes)), dtype=np.float32)
    values[0] = first.values

    def read_into_row(row: int) -> None:
        values[row] = _values_in_order_of(first, paths[0], paths[row], column)

    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in threads.map(read_into_row, range(1, len(paths))):
            pass  # an error of a thread is raised here
    return GDCMatrix(
        values=values,
        genes=first.genes.to_pylist(),
        symbols=None if first.symbols is None else first.symbols.fill_null("").to_pylist(),
        scale=SCALE_OF_COLUMN[column] if first.symbols is not None else _htseq_scale(values),
    )


def _htseq_scale(values: NDArray[np.float32]) -> Scale:
    whole = all(bool(np.all(row == np.round(row))) for row in values)
    return "counts" if whole else "fpkm"


def _values_in_order_of(
    first: _OneFile, first_path: Path, path: Path, column: StarColumn
) -> NDArray[np.float32]:
    """Values of a file, in the order of the first file's genes."""
    file = _read_file(path, column)
    if (file.symbols is None) != (first.symbols is None):
        raise DeepCMEError(
            f"{path} and {first_path} are of different workflows; "
            "prepare STAR and HTSeq files apart."
        )
    if file.genes.equals(first.genes):
        return file.values
    position = pc.index_in(first.genes, value_set=file.genes)
    if position.null_count or len(file.genes) != len(first.genes):
        _refuse_other_genes(first, first_path, file, path)
    rows: NDArray[np.uint32] = position.to_numpy()
    return file.values[rows]


def _refuse_other_genes(
    first: _OneFile, first_path: Path, file: _OneFile, path: Path
) -> NoReturn:
    """Name the file that lacks more of the other's genes."""
    lacking, fuller, shorter, longer = file, first, path, first_path
    if len(first.genes) < len(file.genes):
        lacking, fuller, shorter, longer = first, file, first_path, path
    n_absent = pc.index_in(fuller.genes, value_set=lacking.genes).null_count
    raise DeepCMEError(
        f"{shorter} has {len(lacking.genes):,} genes and lacks {n_absent:,} of the "
        f"{len(fuller.genes):,} of {longer}: it is cut short or of another GENCODE release."
    )


def _read_file(path: Path, column: StarColumn) -> _OneFile:
    start = text_lines(path)
    line, n_before = next(start, ""), 0
    while line.startswith("#"):
        line, n_before = next(start, ""), n_before + 1
    start.close()
    if line.startswith("gene_id\t"):
        return _read_star(path, line.split("\t"), n_before, column)
    return _read_htseq(path, line.split("\t"), n_before)


def _read_star(path: Path, header: list[str], n_before: int, column: StarColumn) -> _OneFile:
    for needed in ("gene_name", column):
        if needed not in header:
            raise DeepCMEError(f"{path}: there is no column {needed!r}.")
    return _read_rows(path, header, n_before + 1, "gene_id", column, "gene_name")


def _read_htseq(path: Path, cells: list[str], n_before: int) -> _OneFile:
    if len(cells) != 2:
        raise DeepCMEError(
            f"{path}: this is neither a STAR nor an HTSeq expression file of the GDC."
        )
    return _read_rows(path, ["gene", "value"], n_before, "gene", "value")


def _read_rows(
    path: Path, header: list[str], skip: int, gene: str, value: str, symbol: str | None = None
) -> _OneFile:
    """The columns of genes, values and symbols, without the rows that sum up."""
    kinds = {name: pa.string() for name in (gene, symbol) if name} | {value: pa.float32()}
    options = arrow_csv.ReadOptions(column_names=header, skip_rows=skip)
    table = _read_csv(path, options, kinds)
    sums_up = pc.match_substring_regex(table[gene], f"^({SUMMARY_ROW})$")
    table = table.filter(pc.invert(sums_up))
    return _checked(path, table[gene], table[value], table[symbol] if symbol else None)


def _read_csv(
    path: Path, options: arrow_csv.ReadOptions, columns: dict[str, pa.DataType]
) -> pa.Table:
    options.use_threads = False  # one thread per file: many files are read at once
    options.block_size = _BLOCK_BYTES
    try:
        with byte_stream(path) as stream:
            return arrow_csv.read_csv(
                pa.BufferReader(stream.read()),
                read_options=options,
                parse_options=arrow_csv.ParseOptions(delimiter="\t", quote_char=False),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=list(columns), column_types=columns
                ),
            )
    except pa.ArrowInvalid as error:
        reason = " ".join(str(error).split())[:120]
        if number := re.search(r"invalid value '(.*)'", reason):
            reason = f"the value {number[1]!r} is not a number as the GDC writes it"
        raise DeepCMEError(f"{path}: the file is cut short or damaged ({reason}).") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DeepCMEError(f"{path}: the file is damaged or cut short.") from error


def _checked(
    path: Path,
    genes: pa.ChunkedArray,
    values: pa.ChunkedArray,
    symbols: pa.ChunkedArray | None,
) -> _OneFile:
    genes = genes.combine_chunks()
    if len(genes) == 0:
        raise DeepCMEError(f"{path}: the file holds no gene.")
    numbers = values.to_numpy().astype(np.float32, copy=False)
    bad = ~np.isfinite(numbers)
    if bad.any():
        gene = genes[int(np.argmax(bad))].as_py()
        raise DeepCMEError(f"{path}: gene {gene} has no value; the file is damaged.")
    return _OneFile(genes, numbers, None if symbols is None else symbols.combine_chunks())
