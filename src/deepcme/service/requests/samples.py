"""Samples in a body of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.exceptions import HTTPException

from deepcme.base.names import printable
from deepcme.base.words import few
from deepcme.service.answers.refusals import too_large, too_many_samples, unreadable
from deepcme.service.requests.options import NAMES, Options
from deepcme.service.settings import ServiceSettings
from deepcme.sources.assembly.expression import ONE_GENE_EACH, with_genes_named
from deepcme.sources.fetching.strict_json import strict_json
from deepcme.sources.reading.ids import clean_ids, require_unique, warn_of_case
from deepcme.sources.reading.matrices import Matrix
from deepcme.trained.unlabelled import Expression, identifiers_of

_BODY = Path("samples")
"""What the house's readers call the place of what they refuse."""
_BRACKETS_OF_SAMPLE = 2
_SPARE = 1000
LONGEST_NAME = 1000
_GREATEST = 10**300
_SHOWN = 60

Values = Mapping[str, float | None]


@dataclass(frozen=True)
class Samples:
    """Samples by name, each with its values by gene, and what is asked of them."""

    names: list[str]
    values: list[Values]
    options: Options

    def expression(self, settings: ServiceSettings) -> Expression:
        """The samples as a table of them would be read.

        Raises
        ------
        DeepCMEError
            As `read_expression`.
        HTTPException
            413 if the genes that samples have are so many that the table would be too large.
        """
        place = {gene: at for at, gene in enumerate(dict.fromkeys(_genes_of(self.values)))}
        if len(place) > settings.columns or len(place) * len(self.names) > settings.cells:
            raise _too_many_values(settings)
        X = np.full((len(self.names), len(place)), np.nan, dtype=np.float32)
        with np.errstate(over="ignore"):  # what is too great is infinite, and refused
            for row, values in enumerate(self.values):
                known = {
                    place[gene]: value for gene, value in values.items() if value is not None
                }
                X[row, list(known)] = list(known.values())
        notes: list[str] = []
        samples = clean_ids(self.names, "sample", _BODY, notes)
        genes = clean_ids(place, "gene", _BODY, notes)
        require_unique(samples, "sample", _BODY)
        warn_of_case(samples, "sample", _BODY, notes)
        _require_finite(X, genes)
        matrix = Matrix(X, samples, genes)
        matrix = with_genes_named(matrix, ONE_GENE_EACH, _BODY, notes, collapse=False)
        return Expression(
            matrix.values,
            matrix.samples,
            identifiers_of(matrix),
            self.options.scale,
            tuple(notes),
        )


def _require_finite(X: NDArray[np.float32], genes: list[str]) -> None:
    if np.isinf(X).any():
        row, column = np.argwhere(np.isinf(X))[0]
        raise unreadable(
            f"samples[{row}].values: the value of {shown(genes[column])} is too great."
        )


def _genes_of(samples: list[Values]) -> list[str]:
    return [gene for values in samples for gene in values]


def read_samples(body: bytes, settings: ServiceSettings) -> Samples:
    """The samples of a body.

    Raises
    ------
    HTTPException
        422 if it is no JSON of samples, or 413 if they are too many.
    """
    n_brackets = body.count(b"[") + body.count(b"{")
    if n_brackets > _BRACKETS_OF_SAMPLE * settings.samples + _SPARE:
        raise too_many_samples(settings.samples)
    try:
        content = strict_json(body, names_once=True)
    except ValueError as error:
        raise unreadable(
            "The body is not strict JSON: UTF-8, each name once in an object, no NaN or "
            "Infinity, no deep nesting."
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("samples"), list):
        raise unreadable('The body must be {"samples": [{"sample": "A", "values": {...}}]}.')
    if unknown := content.keys() - {"samples", *NAMES}:
        raise unreadable(_unknown("The body", unknown, ("samples", *NAMES)))
    samples = content["samples"]
    if not samples:
        raise unreadable("There is no sample in the body.")
    if len(samples) > settings.samples:
        raise too_many_samples(settings.samples)
    for number, sample in enumerate(samples):
        _require_sample(sample, f"samples[{number}]")
    most = max(len(sample["values"]) for sample in samples)
    if most > settings.columns or most * len(samples) > settings.cells:
        raise _too_many_values(settings)
    options = Options.of(
        _given(content, "scale"), _given(content, "normalise"), _times_of(content)
    )
    return Samples([s["sample"] for s in samples], [s["values"] for s in samples], options)


def _too_many_values(settings: ServiceSettings) -> HTTPException:
    return too_large(
        f"At most {settings.columns:,} genes and {settings.cells:,} values are taken at a time."
    )


def _given(content: dict[str, Any], name: str) -> object:
    """An option, which is text where it is given."""
    value = content.get(name)
    return value if value is None or isinstance(value, str) else ""


def _times_of(content: dict[str, Any]) -> list[object]:
    times = content.get("times")
    if times is None:
        return []
    if not isinstance(times, list):
        raise unreadable("times is a list of numbers.")
    return times


def _require_sample(sample: object, where: str) -> None:
    if not isinstance(sample, dict) or sample.keys() != {"sample", "values"}:
        raise unreadable(f'{where} must be {{"sample": "A", "values": {{...}}}}, and no more.')
    name, values = sample["sample"], sample["values"]
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise unreadable(
            f"{where}.sample must be a text of 1 to {LONGEST_NAME:,} letters: the sample's id."
        )
    if not isinstance(values, dict) or not values:
        raise unreadable(f"{where}.values must have a number, or null, for each gene.")
    for gene, value in values.items():
        kind = type(value)
        if kind is not float and kind is not int and value is not None:
            raise unreadable(f"{where}.values: the value of {shown(gene)} is not a number.")
        if kind is int and abs(value) > _GREATEST:
            raise unreadable(f"{where}.values: the value of {shown(gene)} is too great.")
        if len(gene) > LONGEST_NAME or not gene.strip():
            raise unreadable(
                f"{where}.values: a gene's name must have 1 to {LONGEST_NAME:,} letters."
            )


def shown(name: str) -> str:
    """A field's name, as far as it is one."""
    return printable(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}...")


def _unknown(what: str, names: Iterable[str], known: Iterable[str]) -> str:
    odd = few(map(shown, sorted(names)))
    return f"{what} has {odd}, which is not known: it takes {', '.join(known)}."
