"""Sensitivity, specificity and predictive values at a threshold chosen on validation data."""

from __future__ import annotations

from deepcme.evaluation.discrimination import compute_study_classification
from deepcme.report.blocks import Blocks, Subheading
from deepcme.report.formatting import SideBySideLayout
from deepcme.report.section import Contents, Section

_CLASSIFICATION = SideBySideLayout(
    "At the threshold that maximises Youden's index on each split's validation part, or "
    "on out-of-fold scores of models that were fitted on it; counts pooled over splits; "
    "in brackets 95% intervals by patient bootstrap."
)


def _compute(contents: Contents) -> None:
    predictions, random = contents.results.predictions, contents.random("classification")
    contents.add(
        "classification",
        lambda: compute_study_classification(predictions, random),
        _CLASSIFICATION,
    )


def _write(contents: Contents) -> Blocks:
    heading = Subheading("At a threshold chosen on validation data")
    return [heading, contents.show("classification")]


SECTION = Section(_write, _compute)
