"""The report: its sections, in the order of the page."""

from __future__ import annotations

from dataclasses import replace

from deepcme.report.closing import not_run
from deepcme.report.opening import forest
from deepcme.report.section import Contents, Section
from deepcme.report.sections import (
    added_value,
    calibration,
    classification,
    comparison,
    discrimination,
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
from deepcme.report.sections.committee import committee
from deepcme.report.sections.comparators import comparators
from deepcme.report.sections.gene_sets import gene_sets
from deepcme.report.sections.genes import genes
from deepcme.report.sections.groups import meta_analysis, subgroups
from deepcme.report.sections.others import also
from deepcme.report.survival import added_value as added_value_over_time
from deepcme.report.survival import assumptions, grid, risk_groups
from deepcme.report.survival import calibration as calibration_at_horizon
from deepcme.report.survival import discrimination as discrimination_over_time
from deepcme.report.survival import sample_size as sample_size_by_horizon
from deepcme.report.survival import usefulness as usefulness_at_horizon
from deepcme.report.survival.verdict import verdict as survival_verdict
from deepcme.report.verdict import verdict
from deepcme.report.verdict.verdict import Verdict
from deepcme.study.resolved import Study

SECTIONS: tuple[Section, ...] = (
    verdict.SECTION, patients.SECTION, sample_size.SECTION, discrimination.SECTION,
    meta_analysis.SECTION, classification.SECTION, comparison.SECTION, committee.SECTION,
    comparators.SECTION, also.SECTION, added_value.SECTION, calibration.SECTION,
    recalibration.SECTION, usefulness.SECTION, risk_stability.SECTION, instability.SECTION,
    subgroups.SECTION, nulls.SECTION, genes.SECTION, selection.SECTION, gene_sets.SECTION,
    publication.SECTION, training.SECTION, methods.SECTION, guidelines.SECTION,
    not_run.SECTION, methods.REPEAT, forest.SECTION,
)  # fmt: skip
"""Of a study of labels. Each may use what those before it computed."""

SURVIVAL_SECTIONS: tuple[Section, ...] = (
    survival_verdict.SECTION, risk_groups.SECTION, patients.SECTION,
    sample_size_by_horizon.SECTION,
    discrimination_over_time.SECTION, meta_analysis.SECTION, committee.SECTION,
    comparators.SECTION, also.SECTION, added_value_over_time.SECTION,
    calibration_at_horizon.SECTION, usefulness_at_horizon.SECTION, assumptions.SECTION,
    instability.SECTION, subgroups.SECTION, nulls.SECTION, genes.SECTION, selection.SECTION,
    gene_sets.SECTION, grid.SECTION, training.SECTION,
    methods.SECTION, guidelines.SECTION, not_run.SECTION, methods.REPEAT, forest.SECTION,
)  # fmt: skip
"""Of a study of times to an event, likewise."""


def sections_of(study: Study) -> tuple[Section, ...]:
    """The sections of a study's report."""
    return SECTIONS if study.survival is None else SURVIVAL_SECTIONS


def compute_verdict(contents: Contents) -> Verdict:
    """The verdict on a study's headline, of what the sections found."""
    study = contents.results.study
    found = (
        verdict.compute_verdict(contents)
        if study.survival is None
        else survival_verdict.compute_survival_verdict(contents)
    )
    first = (study.try_out,) if study.try_out else ()
    return replace(found, warnings=(*first, *found.warnings))
