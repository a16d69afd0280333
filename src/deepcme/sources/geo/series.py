"""A series of GEO as its files tell of it: samples, their attributes, and their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted, few
from deepcme.cohort.endpoints.labelling import spelling
from deepcme.cohort.endpoints.records import SEPARATOR
from deepcme.sources.assembly.clinical_tables import known_words
from deepcme.sources.reading.matrices import Matrix

CHARACTERISTICS = ("characteristics_ch1", "characteristics_ch2")
MOST_CHARACTERISTICS = 1_000
"""Of one series; none of GEO has as many."""
_KEPT_ATTRIBUTES = ("title", "source_name_ch1", "platform_id")
_OF_HYBRIDISATION = ("title", "platform_id")
_SECOND = "second channel "  # before a key, until it is known which channel is of the sample
_REFERENCE = re.compile(r"\b(reference|universal|uhrr?|stratagene|pool(s|ed)?)\b", re.I)


@dataclass(frozen=True)
class Series:
    """A series, or its part of one platform.

    `matrix` (samples x probes) is None where the file holds no values, as of a
    sequencing series. Where the file brings the table of the platform, it stands after
    `lines_before_probes` lines.
    """

    path: Path
    accession: str
    attributes: pd.DataFrame
    matrix: Matrix | None = None
    platform: str | None = None
    lines_before_probes: int | None = None

    @property
    def name(self) -> str:
        """The file, and the platform in a file that may hold several."""
        return f"{self.path.name}, {self.platform}" if self.platform else self.path.name


def add_attribute(attributes: dict[str, str], name: str, cell: str) -> None:
    """Add what one cell says of a sample; what is not of use here is passed over.

    Cells of characteristics need not hold the same key in every sample, so each is read
    by itself.
    """
    channel = _SECOND if name.endswith("_ch2") else ""
    if name in CHARACTERISTICS:
        key, colon, value = cell.partition(":")
        key, value = (key.strip(), value.strip()) if colon else ("characteristics", cell)
        _add(attributes, channel + key, value)
    elif name in _KEPT_ATTRIBUTES and cell:
        attributes[name] = cell
    elif name == "source_name_ch2" and cell:
        attributes[f"{channel}source_name_ch1"] = cell


def _add(attributes: dict[str, str], key: str, value: str) -> None:
    if value:
        before = attributes.get(key)
        attributes[key] = value if before in (None, value) else f"{before}|{value}"


def _of_specimen(attributes: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What is said of a sample; and of the common reference, if one of two channels is it."""
    if not any(key.startswith(_SECOND) for key in attributes):
        return dict(attributes), {}
    channels: tuple[dict[str, str], dict[str, str]] = {}, {}
    both = {name: attributes[name] for name in _OF_HYBRIDISATION if name in attributes}
    for key, value in attributes.items():
        if key not in both:
            channels[key.startswith(_SECOND)][key.removeprefix(_SECOND)] = value
    first, second = channels
    of_reference = [_REFERENCE.search(" ".join(channel.values())) for channel in channels]
    if bool(of_reference[0]) != bool(of_reference[1]):
        return ({**both, **second}, first) if of_reference[0] else ({**both, **first}, second)
    joined = {**both, **first}
    for key, value in second.items():
        if key not in _KEPT_ATTRIBUTES:
            _add(joined, key, value)
    return joined, {}


def _without_reference(
    attributes: Mapping[str, Mapping[str, str]], path: Path, notes: list[str]
) -> dict[str, dict[str, str]]:
    """The attributes without what is said alike of the common reference of all samples."""
    told = {sample: _of_specimen(one) for sample, one in attributes.items()}
    values: dict[str, set[str]] = {}
    for _, reference in told.values():
        for key, value in reference.items():
            values.setdefault(key, set()).add(value)
    if alike := [key for key, found in values.items() if len(found) == 1]:
        n_samples = sum(bool(reference) for _, reference in told.values())
        notes.append(
            f"{path.name}: what is said of the common reference, the other channel of "
            f"{counted(n_samples, 'sample')}, was left out ({few(alike)})."
        )
    return {
        sample: {**{k: v for k, v in reference.items() if len(values[k]) > 1}, **one}
        for sample, (one, reference) in told.items()
    }


def too_many_characteristics(path: Path) -> DeepCMEError:
    """What to say of a file with more than `MOST_CHARACTERISTICS`."""
    return DeepCMEError(
        f"{path}: the samples have more than {MOST_CHARACTERISTICS:,} characteristics; the "
        "file is damaged."
    )


def attribute_table(
    attributes: Mapping[str, Mapping[str, str]], path: Path, notes: list[str]
) -> pd.DataFrame:
    """One row per sample, None where it has no such attribute or it says nothing.

    Of two channels, what is said alike of the common reference of all samples is left out.

    Raises
    ------
    DeepCMEError
        If the samples have more attributes than `MOST_CHARACTERISTICS` between them.
    """
    names: set[str] = set()
    attributes = _without_reference(attributes, path, notes)
    for of_sample in attributes.values():
        names.update(of_sample)
        if len(names) > MOST_CHARACTERISTICS:
            raise too_many_characteristics(path)
    table = pd.DataFrame.from_dict(dict(attributes), orient="index", dtype=object)
    return table.reindex(list(attributes)).apply(known_words)  # some may have none at all


def with_one_key_each(attributes: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Join characteristics whose keys differ in case or spaces alone, under the first key.

    Two values of one sample that differ are two records, and warned about.
    """
    keys = [name for name in attributes.columns if name not in _KEPT_ATTRIBUTES]
    alike: dict[str, list[str]] = {}
    for key in keys:
        alike.setdefault(spelling(key), []).append(key)
    joined, repeated = {}, []
    for first, *others in alike.values():
        if not others:
            continue
        joined[first] = _joined_values(attributes[[first, *others]], notes)
        repeated += others
        notes.append(
            f"The characteristics {few([first, *others])} differ in case or spaces alone and "
            f"were read as one, {first!r}."
        )
    return attributes.assign(**joined).drop(columns=repeated)


def _joined_values(columns: pd.DataFrame, notes: list[str]) -> pd.Series:
    values = columns.iloc[:, 0]
    for name in columns.columns[1:]:
        other = columns[name]
        differ = values.notna() & other.notna() & (values != other)
        if differ.any():
            notes.append(
                f"Warning: the characteristics {values.name!r} and {name!r} differ for "
                f"{differ.sum():,} samples ({few(values.index[differ])})."
            )
        both = values.astype(str) + SEPARATOR + other.astype(str)
        values = values.where(values.notna(), other).mask(differ, both)
    return values


def join_platforms(parts: list[Matrix], names: Sequence[str], notes: list[str]) -> Matrix:
    """Several platforms at the genes that all of them have.

    Raises
    ------
    DeepCMEError
        If they share no gene, or a sample is in several.
    """
    first, *others = parts
    if not others:
        return first
    shared = set(first.genes).intersection(*(part.genes for part in others))
    if not shared:
        raise DeepCMEError(
            f"{names[0]} and the others share no gene: give the platform tables with "
            "--platform-table, so that probes become genes."
        )
    samples = pd.Index([sample for part in parts for sample in part.samples], dtype=object)
    if samples.has_duplicates:
        repeated = samples[samples.duplicated()][0]
        raise DeepCMEError(f"Sample {repeated} is in several files or platforms.")
    genes = pd.Index([gene for gene in first.genes if gene in shared], dtype=object)
    columns = [pd.Index(part.genes).get_indexer(genes) for part in parts]
    counts = ", ".join(f"{len(part.genes):,}" for part in parts)
    notes.append(f"The {len(parts)} platforms ({counts} genes) share {len(genes):,} genes.")
    return replace(
        first,
        values=np.concatenate(
            [part.values[:, of_part] for part, of_part in zip(parts, columns, strict=True)]
        ),
        samples=samples.tolist(),
        genes=genes.tolist(),
    )
