"""Batches and cohorts as strata: which column of a cohort divides its samples, and how.

Where prevalence and expression both differ between batches, a model that only tells the
batches apart ranks patients above chance. Within a batch it does not.
"""

from __future__ import annotations

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.barcodes import barcode_annotation
from deepcme.cohort.cohort import Cohort

BATCH_COLUMNS = (
    *("batch", "plate", "tissue_source_site", "center", "platform", "series", "cohort"),
)
"""Columns that tell where or when a sample was processed, the finest first."""

AUTOMATIC = "auto"
NO_STRATA = "none"
_PARTS = 3


def batch_columns(cohort: Cohort) -> dict[str, pd.Series[str]]:
    """The cohort's columns of processing that have several levels, as words."""
    table = _table(cohort)
    found = {name: table[name].astype(str) for name in BATCH_COLUMNS if name in table.columns}
    return {
        name: values for name, values in found.items() if 1 < values.nunique() < len(values)
    }


def _table(cohort: Cohort) -> pd.DataFrame:
    """What is known of the samples, by the file or by their barcodes."""
    table = cohort.obs.reset_index(drop=True)
    told = barcode_annotation(cohort.samples)[["tissue_source_site", "plate"]]
    told = told.reset_index(drop=True).dropna(axis=1, how="all")
    return pd.concat([table, told.drop(columns=table.columns, errors="ignore")], axis=1)


def choose_strata(cohort: Cohort, but: str | None = None) -> str:
    """The column to stratify by, `NO_STRATA` without one.

    It is the coarsest column of processing of which two levels hold patients of both
    classes, provided that half of the patients with the event are of levels that can be
    trained, validated and tested on: those of three patients of each class or more. Of
    plates with a patient or two nothing can be said within a plate.

    Parameters
    ----------
    cohort : Cohort
    but : str, optional
        A column that is not asked for.
    """
    columns = {name: level for name, level in batch_columns(cohort).items() if name != but}
    patient = pd.Series(cohort.patients)
    positive = pd.Series(cohort.outcome.events).groupby(patient).max() == 1
    for name, level in reversed(columns.items()):
        counts = pd.crosstab(level.groupby(patient).first(), positive)
        if len(counts.columns) < 2:
            continue
        rarer = counts.min(axis=1)
        enough = counts.loc[rarer >= _PARTS, True].sum()
        if (rarer >= 1).sum() >= 2 and enough >= positive.sum() / 2:
            return name
    return NO_STRATA


def find_levels(cohort: Cohort, strata: str = AUTOMATIC) -> list[str] | None:
    """Level of each sample within which patients are ranked; None without strata.

    Raises
    ------
    DeepCMEError
        If `strata` names a column that there is not.
    """
    column = choose_strata(cohort) if strata == AUTOMATIC else strata
    return None if column == NO_STRATA else read_strata(cohort, column)


def read_strata(cohort: Cohort, column: str) -> list[str]:
    """Stratum of each sample, by a column of the cohort; a blank is a level of its own.

    Raises
    ------
    DeepCMEError
        If there is no such column.
    """
    table = _table(cohort)
    if column not in table.columns:
        known = ", ".join(batch_columns(cohort)) or "none with several values"
        raise DeepCMEError(
            f"{cohort.name}: its samples have no column {column!r} to stratify by; name one "
            f'with strata under [split], or "{NO_STRATA}" (of processing there are: {known}).'
        )
    return [str(value) for value in table[column]]
