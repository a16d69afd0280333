"""The report: its sections, in the order of the page."""

from __future__ import annotations

from deepcme.report.section import Section
from deepcme.report.sections import (
    added_value,
    calibration,
    classification,
    comparison,
    discrimination,
    genes,
    guidelines,
    instability,
    methods,
    nulls,
    patients,
    publication,
    recalibration,
    risk_stability,
    sample_size,
    selection,
    training,
    usefulness,
)
from deepcme.report.sections.groups import meta_analysis, subgroups
from deepcme.report.verdict import verdict

SECTIONS: tuple[Section, ...] = (
    verdict.SECTION, patients.SECTION, sample_size.SECTION, discrimination.SECTION,
    meta_analysis.SECTION, classification.SECTION, comparison.SECTION, added_value.SECTION,
    calibration.SECTION, recalibration.SECTION, usefulness.SECTION, risk_stability.SECTION,
    instability.SECTION, subgroups.SECTION, nulls.SECTION, genes.SECTION, selection.SECTION,
    publication.SECTION, training.SECTION, methods.SECTION, guidelines.SECTION, methods.REPEAT,
)  # fmt: skip
"""Each may use what those before it computed."""
