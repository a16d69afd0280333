"""Checks of who is in the cohort: patients, tissues, events, and what the endpoint means."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

from deepcme.audit.findings import Finding, StudyDesign, counted
from deepcme.cohort import UNKNOWN, Cohort
from deepcme.endpoints import m_stage

ASSUMED_AUC = 0.75
_TOO_WIDE = 0.1  # half the 95% interval of one test AUC
_TOO_FEW_TEST_POSITIVES = 10
_Z_95 = 1.96


def check_repeated_patients(cohort: Cohort, design: StudyDesign) -> Finding | None:
    """DCM001: patients with several samples."""
    patients = pd.Series(cohort.patients)
    per_patient = patients.value_counts()
    several = per_patient[per_patient > 1]
    if several.empty:
        return None
    positive_patients = set(patients[cohort.labels == 1])
    negative_patients = set(patients[cohort.labels == 0])
    return Finding(
        code="DCM001",
        severity="warning",
        title="Patients have several samples",
        evidence=(
            f"{cohort.n_samples:,} samples come from {cohort.n_patients:,} patients: "
            f"{counted(len(several), 'patient')} with 2 to {several.max()} samples, "
            f"{several.sum():,} in all. The {cohort.n_positives:,} positive samples come from "
            f"{counted(len(positive_patients), 'patient')}; with both labels: "
            f"{counted(len(positive_patients & negative_patients), 'patient')}."
        ),
        advice=(
            "Split by patient (the honest protocol does), or keep one sample of each with "
            "--one-per-patient; split by sample, a patient is on both sides and the AUC is "
            "inflated."
        ),
    )


def check_mixed_tissue(cohort: Cohort, design: StudyDesign) -> Finding | None:
    """DCM002: normal or metastatic tissue among primary tumours."""
    table = pd.crosstab(cohort.obs["tissue"].astype(str), cohort.labels)
    known = table.drop(index=UNKNOWN, errors="ignore")
    if len(known) < 2:
        return None
    positives = ", ".join(f"{n:,} {tissue}" for tissue, n in known[1].items() if n)
    negatives = ", ".join(f"{n:,} {tissue}" for tissue, n in known[0].items() if n)
    rates = ", ".join(f"{tissue} {row[1] / row.sum():.1%}" for tissue, row in known.iterrows())
    p_value = float(chi2_contingency(known.to_numpy()).pvalue)
    return Finding(
        code="DCM002",
        severity="severe",
        title="Kinds of tissue are mixed",
        evidence=(
            f"Positives: {positives or 'none'}; negatives: {negatives or 'none'}. Share of "
            f"positives by tissue: {rates} (chi-squared test of label against tissue "
            f"p = {p_value:.2g})."
        ),
        advice=(
            "Keep primary tumours only (--keep-tissue primary; the honest protocol does): a "
            "model that tells tissues apart would seem to predict metastasis."
        ),
    )


def check_few_events(cohort: Cohort, design: StudyDesign) -> Finding | None:
    """DCM005: too few events for the split and the model."""
    n_positive = design.test_fraction * cohort.n_positives
    n_negative = design.test_fraction * (cohort.n_samples - cohort.n_positives)
    fewer = min(n_positive, n_negative)
    half_width = _Z_95 * hanley_mcneil_error(ASSUMED_AUC, n_positive, n_negative)
    if half_width <= _TOO_WIDE:
        return None
    n_patients = len(set(cohort.patients[cohort.labels == 1]))
    n_weights = design.hidden_width * cohort.n_genes
    n_train = design.train_fraction * cohort.n_positives
    low, high = max(ASSUMED_AUC - half_width, 0.0), min(ASSUMED_AUC + half_width, 1.0)
    return Finding(
        code="DCM005",
        severity="severe" if fewer < _TOO_FEW_TEST_POSITIVES else "warning",
        title="Too few events for this split and model",
        evidence=(
            f"A test part of {design.test_fraction:.0%} holds about {n_positive:.1f} "
            f"positives and {n_negative:.1f} negatives: at a true AUC of {ASSUMED_AUC} one "
            f"test AUC falls between {low:.2f} and {high:.2f} (95%, Hanley-McNeil: "
            f"+-{half_width:.2f}). About {n_train:.1f} training positives (all positives are "
            f"of {n_patients:,} patients) stand against {n_weights:,} weights in the first "
            "layer."
        ),
        advice=(
            "Report the AUC over many repeated splits with its interval, and never a single "
            "one; compare with a penalised logistic regression; look for a cohort or an "
            "endpoint with more events."
        ),
    )


def hanley_mcneil_error(auc: float, n_positive: float, n_negative: float) -> float:
    """Standard error of an AUC.

    Parameters
    ----------
    auc : float
    n_positive, n_negative : float
        Numbers of samples, which may be expected ones and so need not be whole.

    References
    ----------
    Hanley and McNeil, Radiology 1982;143:29-36.
    """
    q_positive = auc / (2 - auc)
    q_negative = 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc)
        + max(n_positive - 1, 0) * (q_positive - auc**2)
        + max(n_negative - 1, 0) * (q_negative - auc**2)
    ) / (n_positive * n_negative)
    return float(np.sqrt(variance))


def check_detection_endpoint(cohort: Cohort, design: StudyDesign) -> Finding | None:
    """DCM009: an endpoint that is there already when the sample is taken."""
    positive = cohort.obs[cohort.labels == 1]
    reasons = []
    n_metastatic = int((positive["tissue"] == "metastatic").sum())
    if n_metastatic:
        reasons.append(
            f"{n_metastatic:,} of {len(positive):,} positives are specimens of a metastasis"
        )
    stages = m_stage(positive)
    n_m1 = 0 if stages is None else int((stages == "M1").sum())
    stored = cohort.provenance.get("endpoint")
    by_stage = isinstance(stored, dict) and stored.get("name") == "pathologic-m1"
    if by_stage:
        reasons.append(f"All {len(positive):,} positives are M1 at diagnosis, by the endpoint")
    elif n_m1:
        reasons.append(f"{n_m1:,} of {len(positive):,} positives were M1 at diagnosis")
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
