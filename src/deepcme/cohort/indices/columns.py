"""Indices as columns of a cohort, for whoever names one as a clinical column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.base.hdf5.annotated import annotated
from deepcme.base.words import listed
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.indices.indices import derive_index, index_named


def with_indices(
    cohort: Cohort, columns: Iterable[str], named: Mapping[str, str] | None = None
) -> Cohort:
    """The cohort with a column for each index among the names of columns.

    How it was made is a note of the cohort. One that stands there under this name is computed
    anew where it can be.

    Parameters
    ----------
    cohort : Cohort
    columns : iterable of str
        Columns that are asked for; those that are no index are passed over.
    named : mapping of str to str, optional
        As `derive_index` takes it.

    Raises
    ------
    DeepCMEError
        If an index cannot be made; says what is missing.
    """
    for index in filter(None, map(index_named, dict.fromkeys(columns))):
        try:
            derived = derive_index(index, cohort, named)
        except AbsentError as error:
            parts = listed(component.name for component in index.components)
            raise DeepCMEError(
                f"{str(error).rstrip('.')}. Leave {index.name} out, or name the columns under "
                f"[comparator] ({parts})."
            ) from error
        obs = cohort.obs.assign(**{index.name: derived.values})
        adata = annotated(cohort.X, obs, cohort.adata.var.copy())
        cohort = cohort.derive(adata, notes=[*cohort.notes, derived.describe()])
    return cohort
