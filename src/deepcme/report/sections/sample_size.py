"""How many events Riley's criteria ask for, beside those that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted
from deepcme.evaluation.sample_size import (
    ASSUMED_AUC,
    SampleSize,
    compute_development_size,
    compute_validation_size,
    count_parameters_supported,
)
from deepcme.report.blocks import Blocks, Heading, Text
from deepcme.report.formatting import TableLayout
from deepcme.report.section import Contents, Section
from deepcme.study.parts.cox_clinical import HAZARD_RATIOS

_GENES = "develop a regression without penalty on all genes"
_CLINICAL = "develop the regression on the clinical columns"
VALIDATION = "validate a model on new patients"

PARAMETERS_OF_A_CLINICAL_MODEL = 10
"""Patients who are enough for fewer are few, whatever the genes."""

COLUMNS = (
    ("purpose", "To", ""), ("parameters", "Parameters", ",.0f"),
    ("needed_patients", "Patients needed", ",.0f"), ("needed_events", "Events needed", ",.0f"),
    ("patients", "Patients here", ",.0f"), ("events", "Events here", ",.0f"),
    ("criteria", "Patients by criterion", ""),
)  # fmt: skip
GUIDE = (
    "Models with a penalty, and networks, have no such rule: the number of genes is a guide, "
    "and a severe one, as a penalty leaves fewer parameters in effect. But penalties learned "
    "from few events are unreliable themselves (Riley et al. 2021, J Clin Epidemiol 132:88)."
)
_SAMPLE_SIZE = TableLayout(
    f"Patients and events needed where the AUC is {ASSUMED_AUC} and the prevalence that of "
    "this cohort.",
    *COLUMNS,
    note="To develop: predictors shrunk by at most 10%, Nagelkerke's R2 at most 0.05 too high, "
    "overall risk known to 0.05 (Riley et al. 2019). To validate: 95% intervals at most 0.2 "
    "wide for O/E, the calibration slope and the net benefit as a share of the prevalence, "
    "acting at a risk of the prevalence, and 0.1 for the AUC (Riley et al. 2021).",
)  # fmt: skip


def compute_sample_size(
    cohort: Mapping[str, Any], clinical_parameters: int | None = None
) -> pd.DataFrame:
    """Patients and events that Riley's criteria ask for, beside those of the cohort.

    Parameters
    ----------
    cohort : mapping
        The cohort in numbers and words, as a study's folder holds it.
    clinical_parameters : int, optional
        Coefficients of a regression without penalty on clinical columns.

    Returns
    -------
    DataFrame
        A row for each purpose: purpose, parameters, needed_patients, needed_events, patients,
        events, criteria; parameters, patients and events are missing for a validation.

    Raises
    ------
    AbsentError
        If every patient has an event, or none has.
    """
    prevalence = _prevalence(cohort)
    genes = compute_development_size(cohort["genes"], ASSUMED_AUC, prevalence)
    sizes: list[tuple[str, int | None, SampleSize]] = [(_GENES, cohort["genes"], genes)]
    if clinical_parameters:
        clinical = compute_development_size(clinical_parameters, ASSUMED_AUC, prevalence)
        sizes.append((_CLINICAL, clinical_parameters, clinical))
    sizes.append((VALIDATION, None, compute_validation_size(ASSUMED_AUC, prevalence)))
    return tabulate_sizes(sizes, cohort["patients"], cohort["positive_patients"])


def tabulate_sizes(
    sizes: Sequence[tuple[str, int | None, SampleSize]], patients: int, events: int
) -> pd.DataFrame:
    """A row for each purpose, its parameters (None of a validation) and its size."""
    rows = [
        {
            "purpose": purpose,
            "parameters": parameters,
            "needed_patients": size.patients,
            "needed_events": size.events,
            # These patients are not new: they validate nothing but by splits.
            "patients": patients if parameters else None,
            "events": events if parameters else None,
            "criteria": ", ".join(f"{name} {n:,}" for name, n in size.criteria.items()),
        }
        for purpose, parameters, size in sizes
    ]
    return pd.DataFrame(rows).astype(
        dict.fromkeys(["parameters", "patients", "events"], "Int64")
    )


def describe_sample_size(cohort: Mapping[str, Any]) -> str:
    """The events against Riley's criteria, in a sentence for the verdict."""
    events, supported = cohort["positive_patients"], _supported(cohort)
    # Where a patient has several positive samples, these are more than the events here.
    who = counted(events, "event" if events == cohort["positives"] else "patient")
    event = "" if events == cohort["positives"] else " with the event"
    return describe_supported(f"{who}{event}", events, supported, cohort["genes"])


def describe_supported(who: str, events: int, supported: int, genes: int) -> str:
    """For how many parameters those who are named, so many, are enough."""
    there_are = f"{who} {'is' if events == 1 else 'are'}"
    if supported == 0:
        return f"{there_are} not enough for one unpenalised parameter (Riley et al. 2019)."
    if supported >= genes:
        enough = "as many unpenalised parameters as there are genes"
    else:
        enough = counted(supported, "unpenalised parameter")
    return f"{there_are} enough for {enough} (Riley et al. 2019)."


def _supported(cohort: Mapping[str, Any]) -> int:
    return count_parameters_supported(cohort["patients"], ASSUMED_AUC, _prevalence(cohort))


def _prevalence(cohort: Mapping[str, Any]) -> float:
    prevalence: float = cohort["positive_patients"] / cohort["patients"]
    if not 0 < prevalence < 1:
        raise AbsentError(
            "All patients have the same outcome: no number of them would be enough."
        )
    return prevalence


def count_clinical_parameters(contents: Contents) -> int | None:
    """Coefficients of a regression on the clinical columns, None where there are none."""
    results = contents.results
    if results.study.clinical is None:
        return None
    if results.is_survival:
        return len(results.folder.read_table(HAZARD_RATIOS))
    columns = results.folder.read_table("clinical.csv")
    return int((columns["coding"] != "reference").sum())


def _compute(contents: Contents) -> None:
    cohort = contents.results.cohort
    contents.add(
        "sample_size",
        lambda: compute_sample_size(cohort, count_clinical_parameters(contents)),
        _SAMPLE_SIZE,
    )
    if "sample_size" not in contents.tables:
        return
    few = _supported(cohort) < PARAMETERS_OF_A_CLINICAL_MODEL
    if few or contents.results.study.clinical is not None:
        contents.notes["sample_size_verdict"] = describe_sample_size(cohort)


def _write(contents: Contents) -> Blocks:
    if "sample_size" not in contents.tables:
        return
    yield Heading("Sample size", "sample-size")
    yield Text(f"{describe_sample_size(contents.results.cohort)} {GUIDE}")
    yield contents.show("sample_size", wrap=True)


SECTION = Section(_write, _compute)
