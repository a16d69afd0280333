"""A check of who was censored before the horizon, and of what leaving them out does."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.audit.findings import Finding, PlannedStudy
from deepcme.base.errors import AbsentError
from deepcme.base.time_scale import TimeScale
from deepcme.base.words import counted
from deepcme.cohort.at_horizon import label_at
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.flow import count_unlabelled
from deepcme.cohort.follow_up import FollowUp
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from deepcme.evaluation.survival.tables.evaluated import follow_patients as follow_rows

_SEVERE = 0.05
"""Share of the patients that are left out."""


def check_censored_before_horizon(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM012: patients censored before the horizon, and what leaving them out does.

    Who has the event is kept however early it comes, and who has not only if followed to
    the horizon: the share of events is above the risk, as the weights of Uno et al. [1]_
    and Kaplan and Meier's estimator tell it.

    References
    ----------
    .. [1] Uno H et al. (2007). Evaluating prediction rules for t-year survivors with censored
       regression models. Journal of the American Statistical Association 102:527-537.
    """
    if isinstance(cohort.outcome, SurvivalOutcome):
        return _kept_with_weights(cohort, cohort.outcome)
    return _left_out(cohort)


def follow_patients(cohort: Cohort) -> tuple[pd.Index, FollowUp]:
    """Patients of a cohort of times, and the follow-up of each."""
    patients = pd.Index(np.unique(cohort.patients.astype(str)))
    rows = cohort.obs[["sample", "patient", *SurvivalOutcome.columns]]
    return patients, follow_rows(rows, patients)


def _kept_with_weights(cohort: Cohort, outcome: SurvivalOutcome) -> Finding | None:
    horizon, unit = outcome.endpoint.horizon, outcome.endpoint.unit
    if horizon is None:
        return None
    _, follow_up = follow_patients(cohort)
    labels = label_at(SurvivalOutcome(follow_up.times, follow_up.events), horizon)
    n, known = follow_up.n, ~np.isnan(labels)
    n_known, events = int(known.sum()), int(np.nansum(labels))
    if n_known == n:
        return None
    until = TimeScale.of(unit, horizon).describe(horizon)
    share = f" {events / n_known:.1%} have" if n_known else ", none has"
    seen = (
        f"{n - n_known:,} of {counted(n, 'patient')} ({1 - n_known / n:.1%}) are censored "
        f"before {until}. Of the {n_known:,} others{share} the event by then ({events:,})"
    )
    by = "Aalen-Johansen" if follow_up.has_competing else "Kaplan-Meier"
    try:
        risk = compute_risk(follow_up, horizon)
        among_all = (
            f"; by {by} over all patients the risk is {risk.value:.1%}"
            f"{_interval(risk.ci_low, risk.ci_high)}"
        )
    except AbsentError:
        among_all = "; nobody is followed to it, so that the risk cannot be estimated"
    return Finding(
        code="DCM012",
        severity="info",
        title="Patients are censored before the horizon",
        evidence=f"{seen}{among_all}.",
        advice=(
            "Nothing: they stay, and weights stand for what is not known of them. To ask the "
            "others alone (leave_out_censored = true) takes their share of events for the risk."
        ),
    )


def _interval(low: float, high: float) -> str:
    return "" if np.isnan(low) else f" (95% interval {low:.1%} to {high:.1%})"


def _left_out(cohort: Cohort) -> Finding | None:
    """Of labels that a horizon made: times are known of the others at most."""
    unlabelled = count_unlabelled(cohort.flow)
    if not unlabelled.censored:
        return None
    n_labelled = unlabelled.samples - unlabelled.censored - unlabelled.blank - unlabelled.others
    n = n_labelled + unlabelled.censored
    share = unlabelled.censored / n
    events = cohort.n_positives
    return Finding(
        code="DCM012",
        severity="severe" if share > _SEVERE else "info",
        title="Patients censored before the horizon were left out",
        evidence=(
            f"{unlabelled.censored:,} of {counted(n, 'sample')} ({share:.1%}) were censored "
            "before the horizon and left out, none of them with a seen event, and "
            f"{events / cohort.n_samples:.1%} of the {cohort.n_samples:,} in the cohort have "
            f"it. {_direction(cohort, n_labelled, n)}"
        ),
        advice=(
            "Make the cohort anew with times, without --drop-censored of `deepcme prepare`, or "
            "take leave_out_censored out of the study file: all patients then stay, with "
            "weights. Until then a probability, calibration or net benefit is one of patients "
            "like those kept, and not of new ones."
        ),
    )


def _direction(cohort: Cohort, n_labelled: int, n: int) -> str:
    """Between what Kaplan-Meier's risk of all must lie, of whom the cohort has no times.

    Who was left out was at risk for a while: at no time with an event at the least, which
    gives the share among the others, and at each of them at the most.
    """
    unknown = "the times of those left out, which would say it, are not in the cohort."
    if cohort.outcome.endpoint.competing or n_labelled != cohort.n_samples:
        return f"The risk over all patients is another one: {unknown}"
    least, most = cohort.n_positives / n, cohort.n_positives / cohort.n_samples
    return (
        f"Kaplan-Meier's risk over all of them is between {least:.1%} and {most:.1%}: {unknown}"
    )
