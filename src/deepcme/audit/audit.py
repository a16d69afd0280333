"""The audit of a cohort: every check, in the order of the codes."""

from __future__ import annotations

from collections.abc import Callable

from deepcme.audit.batches import check_batch_predicts_label, check_follow_up_by_batch
from deepcme.audit.censored import check_censored_before_horizon
from deepcme.audit.findings import Finding, PlannedStudy
from deepcme.audit.leakage import check_label_given_away, check_near_duplicates
from deepcme.audit.sampling import (
    check_detection_endpoint,
    check_few_events,
    check_mixed_tissue,
    check_repeated_patients,
)
from deepcme.audit.standardised import check_standardised
from deepcme.audit.values import check_gaps, check_rare_genes, check_scale
from deepcme.cohort.cohort import Cohort

_CHECKS: tuple[Callable[[Cohort, PlannedStudy], Finding | None], ...] = (
    check_repeated_patients,
    check_mixed_tissue,
    check_near_duplicates,
    check_batch_predicts_label,
    check_few_events,
    check_rare_genes,
    check_scale,
    check_label_given_away,
    check_detection_endpoint,
    check_gaps,
    check_standardised,
    check_censored_before_horizon,
    check_follow_up_by_batch,
)


def audit_cohort(cohort: Cohort, planned: PlannedStudy | None = None) -> list[Finding]:
    """Check a cohort, and the study planned on it.

    Parameters
    ----------
    cohort : Cohort
    planned : PlannedStudy, optional
        The split and the network that are planned.

    Returns
    -------
    list of Finding
        What was found, in the order of the codes DCM001 to DCM013.
    """
    planned = planned or PlannedStudy()
    found = (check(cohort, planned) for check in _CHECKS)
    return [finding for finding in found if finding is not None]
