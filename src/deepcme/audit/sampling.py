"""Checks of who is in the cohort: patients, tissues, events, and what the endpoint means."""

from __future__ import annotations

import pandas as pd
from scipy.stats import chi2_contingency

from deepcme.audit.findings import Finding, PlannedStudy, called_in
from deepcme.base.errors import AbsentError
from deepcme.base.time_scale import TimeScale
from deepcme.base.words import counted
from deepcme.cohort.at_horizon import label_at
from deepcme.cohort.cohort import UNKNOWN, Cohort
from deepcme.cohort.endpoints.m_stage import m_stage
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.intervals import compute_hanley_mcneil_interval
from deepcme.evaluation.sample_size import (
    ASSUMED_AUC,
    compute_development_size,
    count_parameters_supported,
)
from deepcme.evaluation.survival.planning.sample_size import (
    ASSUMED_CONCORDANCE,
    compute_survival_development_size,
    count_survival_parameters_supported,
    expect_patients_like,
)
from deepcme.evaluation.survival.tables.evaluated import follow_patients

_TOO_WIDE = 0.1  # half the 95% interval of one test AUC
_TOO_FEW_IN_TEST = 10  # samples of the rarer class


def check_repeated_patients(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM001: patients with several samples."""
    patients = pd.Series(cohort.patients)
    per_patient = patients.value_counts()
    several = per_patient[per_patient > 1]
    if several.empty:
        return None
    events = cohort.outcome.events
    with_both = set(patients[events == 1]) & set(patients[events == 0])
    each = "2" if several.max() == 2 else f"2 to {several.max()}"
    return Finding(
        code="DCM001",
        # A positive patient on both sides of a split is what inflates an AUC.
        severity="severe" if cohort.n_positive_patients < cohort.n_positives else "warning",
        title="Patients have several samples",
        evidence=(
            f"{cohort.n_samples:,} samples come from {cohort.n_patients:,} patients: "
            f"{counted(len(several), 'patient')} with {each} samples, "
            f"{several.sum():,} in all. The {cohort.n_positives:,} "
            f"{cohort.outcome.called(1, 'samples')} come from "
            f"{counted(cohort.n_positive_patients, 'patient')}; with both "
            f"{called_in(cohort).label}s: "
            f"{counted(len(with_both), 'patient')}."
        ),
        advice=(
            "Split by patient (the honest protocol does), or keep one sample of each with "
            "--one-per-patient; split by sample, a patient is on both sides and the AUC is "
            "inflated."
        ),
    )


def check_mixed_tissue(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM002: normal or metastatic tissue, or a model, beside other samples.

    Unknown tissue counts as another kind beside those, but not beside primary tumours.
    """
    table = pd.crosstab(cohort.obs["tissue"].astype(str), cohort.outcome.events)
    if len(table) < 2 or set(table.index) <= {"primary", UNKNOWN}:
        return None
    called = called_in(cohort)
    positives = ", ".join(f"{n:,} {tissue}" for tissue, n in table[1].items() if n)
    negatives = ", ".join(f"{n:,} {tissue}" for tissue, n in table[0].items() if n)
    rates = ", ".join(f"{tissue} {row[1] / row.sum():.1%}" for tissue, row in table.iterrows())
    p_value = float(chi2_contingency(table.to_numpy()).pvalue)
    return Finding(
        code="DCM002",
        severity="severe",
        title="Kinds of tissue are mixed",
        evidence=(
            f"{called.positives.capitalize()}: {positives or 'none'}; {called.negatives}: "
            f"{negatives or 'none'}. Share of {called.positives} by tissue: {rates} "
            f"(chi-squared test of {called.label} against tissue p = {p_value:.2g})."
        ),
        advice=(
            "Keep primary tumours only (--keep-tissue primary; the honest protocol does): a "
            "model that tells tissues apart would seem to predict metastasis."
        ),
    )


def check_few_events(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM005: too few events for the split and the model."""
    all_events, all_others = _count_samples(cohort)
    events = _expected(planned.test_fraction, all_events)
    others = _expected(planned.test_fraction, all_others)
    auc = compute_hanley_mcneil_interval(ASSUMED_AUC, events, others)
    if auc.value - auc.ci_low <= _TOO_WIDE:
        return None
    n_train = _expected(planned.train_fraction, cohort.n_positives)
    n_weights = planned.hidden_width * cohort.n_genes
    return Finding(
        code="DCM005",
        severity="severe" if min(events, others) < _TOO_FEW_IN_TEST else "warning",
        title="Too few events for this split and model",
        evidence=(
            f"A test part of {planned.test_fraction:.0%} holds about "
            f"{_describe_test_part(cohort, events, others)}: where "
            f"the true AUC is {ASSUMED_AUC}, one test AUC falls between {auc.ci_low:.2f} and "
            f"{auc.ci_high:.2f} (95%, Hanley-McNeil). About "
            f"{_describe_training_part(cohort, n_train)} stand against "
            f"{n_weights:,} weights in the first layer.{_judge_by_riley(cohort)}"
        ),
        advice=(
            "Report the AUC over many repeated splits with its interval, and never a single "
            f"one; compare with a penalised {_regression_of(cohort)} regression; look for a "
            "cohort or an endpoint with more events."
        ),
    )


def _count_samples(cohort: Cohort) -> tuple[int, int]:
    """Samples with the event, by the horizon where there is one, and those without it."""
    outcome = cohort.outcome
    if isinstance(outcome, SurvivalOutcome) and outcome.endpoint.horizon is not None:
        labels = label_at(outcome, outcome.endpoint.horizon)
        return int((labels == 1).sum()), int((labels == 0).sum())
    return cohort.n_positives, cohort.n_samples - cohort.n_positives


def _describe_test_part(cohort: Cohort, events: int, others: int) -> str:
    outcome = cohort.outcome
    if not isinstance(outcome, SurvivalOutcome):
        return f"{counted(events, 'positive')} and {counted(others, 'negative')}"
    if outcome.endpoint.horizon is None:
        return f"{counted(events, 'sample')} with the event and {others:,} without"
    horizon = outcome.endpoint.horizon
    until = TimeScale.of(outcome.endpoint.unit, horizon).describe(horizon)
    return (
        f"{counted(events, 'sample')} with the event by {until} and {others:,} followed without"
    )


def _describe_training_part(cohort: Cohort, n_train: int) -> str:
    of = counted(cohort.n_positive_patients, "patient")
    if isinstance(cohort.outcome, SurvivalOutcome):
        return (
            f"{counted(n_train, 'training sample')} with the event at any time (all "
            f"{cohort.n_positives:,} of them are of {of})"
        )
    return (
        f"{counted(n_train, 'training positive')} (all {cohort.n_positives:,} positives are "
        f"of {of})"
    )


def _regression_of(cohort: Cohort) -> str:
    return "Cox" if isinstance(cohort.outcome, SurvivalOutcome) else "logistic"


def _judge_by_riley(cohort: Cohort) -> str:
    """The events against those that a regression on all genes would ask for."""
    if isinstance(cohort.outcome, SurvivalOutcome):
        return _judge_times_by_riley(cohort, cohort.outcome.endpoint.horizon)
    prevalence = cohort.n_positive_patients / cohort.n_patients
    if prevalence == 1:
        return " Every patient has a positive sample: no number of them is enough."
    needed = compute_development_size(cohort.n_genes, ASSUMED_AUC, prevalence)
    supported = count_parameters_supported(cohort.n_patients, ASSUMED_AUC, prevalence)
    return (
        f" A regression without penalty on all {counted(cohort.n_genes, 'gene')} would need "
        f"{needed.events:,} events among {needed.patients:,} patients (Riley et al. 2019); "
        f"{counted(cohort.n_positive_patients, 'event')} among {cohort.n_patients:,} patients "
        f"are enough for {counted(supported, 'parameter')}. Models with a penalty, and "
        "networks, have no such rule: for them it is a guide."
    )


def _judge_times_by_riley(cohort: Cohort, horizon: float | None) -> str:
    """The same of events by the horizon; nothing without one, or where no plan is possible."""
    if horizon is None:
        return ""
    follow_up = follow_patients(cohort.obs, pd.Index(cohort.obs["patient"].unique()))
    try:
        patients = expect_patients_like(follow_up, horizon)
    except AbsentError:
        return ""
    needed = compute_survival_development_size(cohort.n_genes, patients)
    supported = count_survival_parameters_supported(follow_up.n, patients)
    n_events = round(patients.event_share * follow_up.n)
    return (
        f" A Cox regression without penalty on all {counted(cohort.n_genes, 'gene')}, its C "
        f"being {ASSUMED_CONCORDANCE}, would need {needed.events:,} events by then among "
        f"{needed.patients:,} patients (Riley et al. 2019); {counted(n_events, 'event')} among "
        f"{follow_up.n:,} patients are enough for {counted(supported, 'parameter')}. Models "
        "with a penalty, and networks, have no such rule: for them it is a guide."
    )


def _expected(fraction: float, n: int) -> int:
    """Samples that a part holds, at least one."""
    return max(1, round(fraction * n))


def check_detection_endpoint(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM009: an endpoint that is there already when the sample is taken."""
    positive = cohort.obs[cohort.outcome.events == 1]
    reasons, called = [], called_in(cohort).positives
    n_metastatic = int((positive["tissue"] == "metastatic").sum())
    if n_metastatic:
        reasons.append(
            f"{n_metastatic:,} of {len(positive):,} {called} are specimens of a metastasis"
        )
    stages = m_stage(positive)
    n_m1 = 0 if stages is None else int((stages == "M1").sum())
    by_stage = cohort.outcome.endpoint.name == "pathologic-m1"
    if by_stage:
        reasons.append(f"All {len(positive):,} {called} are M1 at diagnosis, by the endpoint")
    elif n_m1:
        reasons.append(f"{n_m1:,} of {len(positive):,} {called} were M1 at diagnosis")
    if not reasons:
        return None
    return Finding(
        code="DCM009",
        severity="severe" if by_stage or n_metastatic else "warning",
        title="The endpoint is in part detection and not prediction",
        evidence=f"{'; '.join(reasons)}.",
        advice=(
            "Say in the report that the model detects metastasis that is there already, or "
            "use an event after the sample was taken (event-within-horizon) and leave "
            "metastatic specimens and M1 patients out."
        ),
    )
