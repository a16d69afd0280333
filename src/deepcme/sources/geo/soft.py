"""SOFT family files of GEO: a series, its platforms and its samples, one block after another.

Source: NCBI GEO, "SOFT submission instructions" and "SOFT format": ``^`` begins a block,
``!`` is an attribute, ``#`` describes a column, and a table stands between its marks.
Read twice, line by line: what is there and where, then the values of the chosen platforms.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned, counted, few
from deepcme.sources.geo.series import (
    CHARACTERISTICS,
    MOST_CHARACTERISTICS,
    Series,
    add_attribute,
    attribute_table,
    too_many_characteristics,
)
from deepcme.sources.geo.soft_values import SampleTable, read_values
from deepcme.sources.reading.probemap import PLATFORM_TABLE_BEGIN, PLATFORM_TABLE_END
from deepcme.sources.reading.text import text_lines

_SAMPLE_TABLE_BEGIN = "!sample_table_begin"
_SAMPLE_TABLE_END = "!sample_table_end"
_TABLES = {
    _SAMPLE_TABLE_BEGIN: _SAMPLE_TABLE_END,
    PLATFORM_TABLE_BEGIN: PLATFORM_TABLE_END,
}
_MOST_SAMPLES = 100_000  # more than any series of GEO has


@dataclass
class _Block:
    """A platform or a sample: its attributes, and where its table stands."""

    accession: str
    attributes: dict[str, str] = field(default_factory=dict)
    platform: str = ""
    channels: str = "1"
    n_rows_told: int | None = None
    n_characteristics: int = 0
    table: SampleTable | None = None


@dataclass
class _Family:
    path: Path
    accession: str = ""
    listed: dict[str, None] = field(default_factory=dict)
    platforms: dict[str, _Block] = field(default_factory=dict)
    samples: dict[str, _Block] = field(default_factory=dict)


def read_family(
    path: Path,
    notes: list[str],
    decimal: str = ".",
    *,
    platforms: Collection[str] = (),
    with_values: bool = True,
) -> list[Series]:
    """Read a family file: a `Series` for each platform.

    Parameters
    ----------
    path, notes, decimal
        As of `deepcme.sources.reading.layout.find_table`.
    platforms : collection of str
        Accessions of those to take; without any, the only one.
    with_values : bool
        Else only what is said of the samples is read, of all platforms.

    Raises
    ------
    DeepCMEError
        If the file is cut short or damaged, holds no sample or several series, or
        several platforms of which none was chosen.
    """
    family = _read_blocks(path)
    _check(family)
    of_platform: dict[str, list[_Block]] = {}
    for sample in family.samples.values():
        of_platform.setdefault(sample.platform, []).append(sample)
    if with_values or platforms:
        of_platform = _chosen(of_platform, platforms, path, notes)
    accession = family.accession or path.name.partition("_")[0]
    return [
        _one_platform(family, accession, name, samples, notes, decimal, with_values)
        for name, samples in of_platform.items()
    ]


def _read_blocks(path: Path) -> _Family:
    """All but the tables, of which only the place is kept."""
    family = _Family(path)
    block: _Block | None = None
    lines = enumerate(text_lines(path), start=1)
    for number, line in lines:
        if line[:1] == "^":
            block = _new_block(family, line)
        elif line[:1] != "!":
            continue
        elif (end := _TABLES.get(line.strip().lower())) is None:
            _read_attribute(family, block, line)
        elif block is None:
            raise DeepCMEError(f"{path}: line {number}: a table is of no sample.")
        else:
            block.table, following = _passed_table(lines, number, end, block, path)
            block = _new_block(family, following) if following else block
    return family


def _new_block(family: _Family, line: str) -> _Block | None:
    kind, _, accession = (cleaned(part) for part in line[1:].partition("="))
    kind = kind.lower()
    if kind == "series":
        if family.accession:
            raise DeepCMEError(
                f"{family.path}: the file holds several series ({family.accession}, "
                f"{accession} ...): take the family file of one."
            )
        family.accession = accession
    if kind not in ("platform", "sample"):
        return None
    blocks = family.platforms if kind == "platform" else family.samples
    if not accession or accession in blocks:
        raise DeepCMEError(
            f"{family.path}: the {kind} {accession or 'without a name'} has several blocks; "
            "each should have one of its own."
        )
    _require_few(blocks, kind, family.path)
    blocks[accession] = _Block(accession)
    return blocks[accession]


def _require_few(blocks: Collection[str], kind: str, path: Path) -> None:
    if len(blocks) >= _MOST_SAMPLES:
        raise DeepCMEError(
            f"{path}: there is more than {_MOST_SAMPLES:,} times a {kind}; this is no file of "
            "one series."
        )


def _read_attribute(family: _Family, block: _Block | None, line: str) -> None:
    name, _, value = (cleaned(part) for part in line[1:].partition("="))
    name = name.lower()
    if name == "series_sample_id":
        _require_few(family.listed, "sample", family.path)
        family.listed[value] = None
    if block is None or not name.startswith("sample_"):
        return
    name = name.removeprefix("sample_")
    if name == "platform_id":
        block.platform = value
    elif name == "channel_count":
        block.channels = value
    elif name == "data_row_count" and value.isdecimal():
        block.n_rows_told = int(value[:18])
    elif name in CHARACTERISTICS:
        block.n_characteristics += 1
        if block.n_characteristics > MOST_CHARACTERISTICS:
            raise too_many_characteristics(family.path)
    add_attribute(block.attributes, name, value)


def _passed_table(
    lines: Iterator[tuple[int, str]], begin: int, end: str, block: _Block, path: Path
) -> tuple[SampleTable, str]:
    """Where a table stands; and the line of the next block, where no mark ends the table."""
    n_lines, following = 0, ""
    has_end = False
    for _, line in lines:
        has_end = line[:1] == "!" and line.strip().lower() == end
        following = line if line[:1] == "^" else ""
        if has_end or following:
            break
        n_lines += 1
    table = SampleTable(block.accession, begin, max(0, n_lines - 1))
    told = block.n_rows_told
    if (not has_end and table.n_rows != told) or (told or 0) > table.n_rows:
        has = f"and says that it has {told:,}" if told is not None else f"and no line {end}"
        raise DeepCMEError(
            f"{path}: the table of {block.accession} has {counted(table.n_rows, 'row')} {has}: "
            "the file is cut short; fetch it again."
        )
    return table, following


def _check(family: _Family) -> None:
    if not family.samples:
        raise DeepCMEError(f"{family.path}: the file holds no sample.")
    lacking = [sample for sample in family.listed if sample not in family.samples]
    if lacking:
        raise DeepCMEError(
            f"{family.path}: the series lists {counted(len(lacking), 'sample')} "
            f"({few(lacking)}) that the file does not hold: it is cut short; fetch it again."
        )
    samples = list(family.samples.values())
    if any(map(_has_values, samples)):
        # One of no rows says so; who is last and does not may have been cut off.
        lost = [s for s in samples if s.table is None and s.n_rows_told]
        lost += [s for s in samples[-1:] if s.table is None and s.n_rows_told is None]
        if lost:
            raise DeepCMEError(
                f"{family.path}: the table of {lost[0].accession} is missing: the file is cut "
                "short; fetch it again."
            )


def _chosen(
    of_platform: dict[str, list[_Block]], asked: Collection[str], path: Path, notes: list[str]
) -> dict[str, list[_Block]]:
    """The samples of the platforms that were asked for, or of the only one with values."""
    there = [f"{name} with {len(samples):,} samples" for name, samples in of_platform.items()]
    chosen = list(dict.fromkeys(name.upper() for name in asked)) or [
        name for name, samples in of_platform.items() if any(map(_has_values, samples))
    ]
    if not chosen:
        return of_platform
    if unknown := [name for name in chosen if name not in of_platform]:
        raise DeepCMEError(
            f"{path}: there is no sample of {unknown[0]}; there are {few(there, 6)}."
        )
    if len(chosen) > 1 and not asked:
        raise DeepCMEError(
            f"{path}: the series is of several platforms ({few(there, 6)}): say which with "
            "--platform; several are joined at the genes they share."
        )
    if others := [name for name in of_platform if name not in chosen]:
        n_others = sum(len(of_platform[name]) for name in others)
        notes.append(
            f"{path.name}: {counted(n_others, 'sample')} of {few(others)} left out: "
            f"{few(chosen)} was taken."
        )
    return {name: of_platform[name] for name in chosen}


def _has_values(sample: _Block) -> bool:
    return sample.table is not None and sample.table.n_rows > 0


def _one_platform(
    family: _Family,
    accession: str,
    platform: str,
    samples: list[_Block],
    notes: list[str],
    decimal: str,
    with_values: bool,
) -> Series:
    tables = [s.table for s in samples if s.table is not None and _has_values(s)]
    place = family.platforms.get(platform)
    found = Series(
        family.path,
        accession,
        attribute_table({s.accession: s.attributes for s in samples}, family.path, notes),
        platform=platform or None,
        lines_before_probes=place.table.lines_before if place and place.table else None,
    )
    if not with_values or not tables:
        return found
    matrix = read_values(family.path, tables, notes, decimal)
    of = f" on {platform}" if platform else ""
    if without := [s.accession for s in samples if not _has_values(s)]:
        notes.append(
            f"Warning: {family.path.name}: {counted(len(without), 'sample')}{of} without "
            f"values left out ({few(without)})."
        )
    if n_two := sum(sample.channels == "2" for sample in samples):
        notes.append(
            f"{family.path.name}: {counted(n_two, 'sample')}{of} of two channels: the values "
            "are as submitted, as a rule log ratios of the two."
        )
    return replace(found, attributes=found.attributes.loc[matrix.samples], matrix=matrix)
