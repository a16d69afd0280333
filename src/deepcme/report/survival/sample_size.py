"""What a study's events could show, and how many events Riley's criteria ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted
from deepcme.evaluation.sample_size import USUAL_POWER, SampleSize
from deepcme.evaluation.survival.planning.known_hazards import NormalLogHazards
from deepcme.evaluation.survival.planning.sample_size import (
    ASSUMED_CONCORDANCE,
    compute_concordance_interval,
    compute_smallest_hazard_ratio,
    compute_survival_development_size,
    compute_survival_validation_size,
    count_survival_parameters_supported,
    expect_patients_like,
)
from deepcme.evaluation.survival.tables.evaluated import follow_patients
from deepcme.report.blocks import Blocks, Heading, Text
from deepcme.report.formatting import TableLayout
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents, Section
from deepcme.report.sections.sample_size import (
    COLUMNS,
    GUIDE,
    PARAMETERS_OF_A_CLINICAL_MODEL,
    VALIDATION,
    count_clinical_parameters,
    describe_supported,
    tabulate_sizes,
)

_GENES = "develop a Cox regression without penalty on all genes"
_CLINICAL = "develop the Cox regression on the clinical columns"

_SAMPLE_SIZE = TableLayout(
    f"Patients and events needed where C is {ASSUMED_CONCORDANCE}, and risk and censoring by "
    "the horizon are those of this cohort; events are those seen by then.",
    *COLUMNS,
    note="To develop: predictors shrunk by at most 10%, Nagelkerke's R2 at most 0.05 too high, "
    "overall risk known to 0.05 (Riley et al. 2019). To validate: 95% intervals at most 0.2 "
    "wide for O/E at the horizon and 0.1 for Uno's C, by their variances in many patients.",
)


@dataclass(frozen=True)
class Size:
    """A cohort of times as its size is judged.

    Attributes
    ----------
    patients : NormalLogHazards
        Such patients, of a model of the C to expect.
    n, events, genes : int
        Patients, those with the event by the horizon, and genes.
    """

    patients: NormalLogHazards
    n: int
    events: int
    genes: int

    @classmethod
    def of(cls, results: StudyResults) -> Self:
        """That of a study's cohort.

        Raises
        ------
        AbsentError
            If there is no horizon, or nothing to be planned by it.
        """
        if results.horizon is None:
            raise AbsentError("Without a horizon no sample size can be said.")
        samples = results.samples.reset_index()
        follow_up = follow_patients(samples, pd.Index(samples["patient"].unique()))
        patients = expect_patients_like(follow_up, results.horizon)
        events = round(patients.event_share * follow_up.n)
        return cls(patients, follow_up.n, events, results.cohort["genes"])

    @property
    def supported(self) -> int:
        """Parameters without penalty that these patients are enough for."""
        return count_survival_parameters_supported(self.n, self.patients)

    def tabulate(self, clinical_parameters: int | None = None) -> pd.DataFrame:
        """Patients and events that are asked for, as `compute_sample_size` of labels."""
        develop = compute_survival_development_size
        sizes: list[tuple[str, int | None, SampleSize]] = [
            (_GENES, self.genes, develop(self.genes, self.patients))
        ]
        if clinical_parameters:
            size = develop(clinical_parameters, self.patients)
            sizes.append((_CLINICAL, clinical_parameters, size))
        sizes.append((VALIDATION, None, compute_survival_validation_size(self.patients)))
        return tabulate_sizes(sizes, self.n, self.events)

    def describe(self) -> str:
        """The events against Riley's criteria, in a sentence for the verdict."""
        who = f"{counted(self.events, 'event')} by the horizon"
        return describe_supported(who, self.events, self.supported, self.genes)

    def describe_precision(self) -> str:
        """What so many events could show at best, whatever was found."""
        low, high = compute_concordance_interval(self.patients, self.n)
        return (
            f"With as many events and patients, a model whose C is {ASSUMED_CONCORDANCE} on "
            f"patients who are new to it has a 95% interval of about {low:.2f} to {high:.2f}; "
            f"models that share training data have no narrower one. A hazard ratio of "
            f"{compute_smallest_hazard_ratio(self.events):.2f} between two halves of the "
            f"patients is the smallest that is found with a chance of {USUAL_POWER:.0%} "
            "(Schoenfeld 1983)."
        )


def _compute(contents: Contents) -> None:
    try:
        size = Size.of(contents.results)
    except AbsentError as absent:
        contents.notes["sample_size"] = str(absent)
        return
    clinical = count_clinical_parameters(contents)
    contents.add("sample_size", lambda: size.tabulate(clinical), _SAMPLE_SIZE)
    contents.notes["sample_size_precision"] = size.describe_precision()
    contents.notes["sample_size_words"] = size.describe()
    if size.supported < PARAMETERS_OF_A_CLINICAL_MODEL or clinical is not None:
        contents.notes["sample_size_verdict"] = size.describe()


def _write(contents: Contents) -> Blocks:
    if "sample_size" not in contents.tables:
        return
    notes = contents.notes
    yield Heading("Sample size", "sample-size")
    yield Text(f"{notes['sample_size_precision']} {notes['sample_size_words']} {GUIDE}")
    yield contents.show("sample_size", wrap=True)


SECTION = Section(_write, _compute)
