"""Sensitivity, specificity and predictive values at a threshold chosen on validation data."""

from __future__ import annotations

from collections.abc import Iterator

from deepcme.evaluation.discrimination import compute_study_classification
from deepcme.report.formatting import SideBySideLayout
from deepcme.report.section import Block, Contents, Section, Subheading, Table

_CLASSIFICATION = SideBySideLayout(
    "At the threshold that maximises Youden's index on each split's validation part, or "
    "on out-of-fold scores of models that were fitted on it; counts pooled over splits; "
    "in brackets 95% intervals by patient bootstrap."
)


def _compute(contents: Contents) -> None:
    contents.add(
        "classification",
        lambda: compute_study_classification(
            contents.results.predictions, contents.random("classification")
        ),
    )


def _write(contents: Contents) -> Iterator[Block]:
    if "classification" in contents.tables:
        yield Subheading("At a threshold chosen on validation data")
        shown = _CLASSIFICATION.show(contents.tables["classification"])
        yield Table("classification", shown)


CLASSIFICATION = Section(_compute, _write)
