"""The report: its sections, in the order of the page."""

from __future__ import annotations

from deepcme.report.section import Section
from deepcme.report.sections.added_value import ADDED_VALUE
from deepcme.report.sections.calibration import CALIBRATION
from deepcme.report.sections.classification import CLASSIFICATION
from deepcme.report.sections.comparison import COMPARISON
from deepcme.report.sections.discrimination import DISCRIMINATION
from deepcme.report.sections.genes import GENES
from deepcme.report.sections.guidelines import GUIDELINES
from deepcme.report.sections.methods import METHODS, REPEAT
from deepcme.report.sections.nulls import NULLS
from deepcme.report.sections.patients import PATIENTS
from deepcme.report.sections.publication import PUBLICATION
from deepcme.report.sections.recalibration import RECALIBRATION
from deepcme.report.sections.selection import SELECTION
from deepcme.report.sections.stability import STABILITY
from deepcme.report.sections.training import TRAINING
from deepcme.report.sections.usefulness import USEFULNESS
from deepcme.report.sections.verdict import VERDICT

SECTIONS: tuple[Section, ...] = (
    VERDICT,
    PATIENTS,
    DISCRIMINATION,
    CLASSIFICATION,
    COMPARISON,
    ADDED_VALUE,
    CALIBRATION,
    RECALIBRATION,
    USEFULNESS,
    STABILITY,
    NULLS,
    GENES,
    SELECTION,
    PUBLICATION,
    TRAINING,
    METHODS,
    GUIDELINES,
    REPEAT,
)
"""Each may use what those before it computed."""
