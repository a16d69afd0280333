"""The parts of a study, in order: whoever writes one adds it here."""

from __future__ import annotations

from typing import Any

from deepcme.study.part import Part
from deepcme.study.parts.added_value import ADDED_VALUE
from deepcme.study.parts.comparators.clinical_index import CLINICAL_INDICES
from deepcme.study.parts.comparators.signatures import COMPARATORS
from deepcme.study.parts.cox_clinical import COX_CLINICAL
from deepcme.study.parts.cox_score import COX_SCORE
from deepcme.study.parts.gene_sets.gene_sets import GENE_SETS
from deepcme.study.parts.grid import GRID
from deepcme.study.parts.instability import INSTABILITY
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.nulls import NULLS
from deepcme.study.parts.others.also import ALSO
from deepcme.study.parts.selection import SELECTION

PARTS: tuple[Part[Any], ...] = (
    MODELS, GRID, ADDED_VALUE, COX_CLINICAL, COX_SCORE, ALSO, NULLS, INSTABILITY, SELECTION,
    COMPARATORS, CLINICAL_INDICES, GENE_SETS,
)  # fmt: skip


def parts_for(outcome: str) -> tuple[Part[Any], ...]:
    """The parts of a study of a kind of outcome."""
    return tuple(part for part in PARTS if outcome in part.outcomes)


def part_named(name: str) -> Part[Any]:
    """The part of a name."""
    return next(part for part in PARTS if part.name == name)


def results_versions() -> dict[str, int]:
    """The results version of each part that has one of its own."""
    return {part.name: v for part in PARTS if (v := part.results_version) is not None}


def text_columns(table: str) -> tuple[str, ...]:
    """Columns of a table that are text, whatever they look like."""
    return next((part.tables[table] for part in PARTS if table in part.tables), ())
