"""Several cohorts to one, which says of every sample where it comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import prefixed
from deepcme.base.words import counted, differing_in_case, differing_in_spelling, few
from deepcme.cohort.barcodes import canonical_patient, pairs_of_one_sample, read_barcode
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.flow import FlowStep
from deepcme.cohort.making.checks import own_columns
from deepcme.cohort.outcome import Outcome
from deepcme.cohort.scales.comparable import warn_of_other_logs

COHORT_COLUMN = "cohort"


def merge_cohorts(cohorts: Mapping[str, Cohort], *, same_patients: bool = False) -> Cohort:
    """Put cohorts together at the genes that all of them have.

    Values are taken as they are, with a warning of logs of other offsets, bases or
    centres. Of the clinical columns those stay that all cohorts have.

    Parameters
    ----------
    cohorts : mapping of name to Cohort
        Two or more, of one scale.
    same_patients : bool
        Whether a patient id of two cohorts is one person. If not, such an id gets the
        name of its cohort before it, as in ``GSE1:P1``, since every series counts its
        patients from one; the barcodes of TCGA and other programmes are one person
        wherever they stand.

    Returns
    -------
    Cohort
        Genes in the order of the first cohort; the column ``cohort`` of `obs` holds
        the names.

    Raises
    ------
    DeepCMEError
        If there are fewer than two cohorts, their scales differ, a sample is in two
        of them, no gene is in all, or one has a column ``cohort`` already.
    """
    _check(cohorts)
    first = next(iter(cohorts.values()))
    genes = _common_genes(cohorts)
    symbols = dict(zip(first.gene_ids, first.symbols, strict=True))
    parts = {name: _columns_of(cohort, genes) for name, cohort in cohorts.items()}
    obs = _stack_samples(cohorts)
    obs["patient"], patient_notes = _patients(cohorts, same_patients)
    outcomes = {name: cohort.outcome for name, cohort in cohorts.items()}
    outcome = type(outcomes[next(iter(cohorts))]).join(outcomes)
    warnings = warn_of_other_logs(parts) if first.scale == "log2" else []
    merged = Cohort.from_arrays(
        np.concatenate(list(parts.values())),
        outcome,
        samples=obs["sample"].tolist(),
        patients=obs["patient"].tolist(),
        tissue=obs["tissue"].tolist(),
        batch=obs["batch"].tolist(),
        clinical=obs.drop(columns=list(own_columns(type(outcome)))),
        genes=genes,
        symbols=[symbols[gene] for gene in genes],
        endpoint=outcome.endpoint,
        scale=first.scale,
        name=" + ".join(cohorts),
        provenance=_provenance(cohorts, len(genes), [*patient_notes, *_of_case(obs), *warnings])
        | {"flow": _flow(cohorts, obs, outcome)},
    )
    return _with_values(merged)


def _with_values(merged: Cohort) -> Cohort:
    """Without samples that have no value of the genes in all cohorts."""
    known = np.array([not np.isnan(values).all() for values in merged.X])
    if known.all():
        return merged
    left_out = f"{counted(int((~known).sum()), 'sample')} ({few(merged.samples[~known], 6)})"
    reason = "without a value of any gene in all cohorts"
    return merged.select(
        known, f"With values: {left_out} left out: {reason}.", [reason] * len(known)
    )


def _check(cohorts: Mapping[str, Cohort]) -> None:
    if len(cohorts) < 2:
        raise DeepCMEError("Merging takes two or more cohorts of different names.")
    (first_name, first), *others = cohorts.items()
    for name, cohort in others:
        if cohort.scale != first.scale:
            raise DeepCMEError(
                f"{first_name} is of scale {first.scale} and {name} of scale {cohort.scale}: "
                "make both cohorts of values on one scale."
            )
        if type(cohort.outcome) is not type(first.outcome):
            raise DeepCMEError(
                f"{first_name} has a {first.outcome.kind} outcome and {name} a "
                f"{cohort.outcome.kind} one: make both cohorts with endpoints of one kind."
            )
    for name, cohort in cohorts.items():
        if COHORT_COLUMN in cohort.obs:
            raise DeepCMEError(
                f"{name} has a column {COHORT_COLUMN!r} already, where merging writes which "
                "cohort a sample is of: rename it, or merge all cohorts at once."
            )
    _refuse_samples_twice(cohorts)


def _refuse_samples_twice(cohorts: Mapping[str, Cohort]) -> None:
    samples = [str(sample) for cohort in cohorts.values() for sample in cohort.samples]
    of = [name for name, cohort in cohorts.items() for _ in cohort.samples]
    for first, second in pairs_of_one_sample(samples):
        names = list(dict.fromkeys([samples[first], samples[second]]))
        spelled = f", there as {names[1]}" if len(names) > 1 else ""
        raise DeepCMEError(
            f"The sample {names[0]} is in {of[first]} and in {of[second]}{spelled}: if it is "
            "one sample, leave it out of one of them; if not, give it another id."
        )


def _common_genes(cohorts: Mapping[str, Cohort]) -> list[str]:
    first, *others = (cohort.gene_ids for cohort in cohorts.values())
    common = set(first).intersection(*others)
    if not common:
        raise DeepCMEError(
            f"{', '.join(cohorts)} have no gene in common: translate their genes to one kind "
            "of identifier with `deepcme genes map`."
        )
    return [gene for gene in first if gene in common]


def _columns_of(cohort: Cohort, genes: list[str]) -> NDArray[np.float32]:
    return cohort.X[:, pd.Index(cohort.gene_ids).get_indexer(pd.Index(genes))]


def _stack_samples(cohorts: Mapping[str, Cohort]) -> pd.DataFrame:
    """Samples of all cohorts, with their cohort and the columns that all have."""
    stacked = pd.concat(
        [cohort.obs.astype(object) for cohort in cohorts.values()], join="inner"
    )
    sizes = [cohort.n_samples for cohort in cohorts.values()]
    return stacked.assign(**{COHORT_COLUMN: np.repeat(list(cohorts), sizes)}).infer_objects()


def _patients(
    cohorts: Mapping[str, Cohort], same_patients: bool
) -> tuple[list[str], list[str]]:
    """Patients of all samples, those of different people distinct, and what was decided."""
    spelled = {
        name: [canonical_patient(str(patient)) for patient in cohort.patients]
        for name, cohort in cohorts.items()
    }
    n_cohorts = Counter(
        patient for of_one in spelled.values() for patient in dict.fromkeys(of_one)
    )
    shared = [patient for patient, n in n_cohorts.items() if n > 1]
    apart = {p for p in shared if not same_patients and read_barcode(p) is None}
    notes = []
    if apart:
        notes.append(
            f"{counted(len(apart), 'patient id')} in more than one of the cohorts "
            f"({few(p for p in shared if p in apart)}): taken for different people, with the "
            "cohort's name before the id; --same-patients takes them for the same."
        )
    if len(apart) < len(shared):
        notes.append(f"Patients in more than one of the cohorts: {len(shared) - len(apart):,}.")
    if same_patients and (alike := differing_in_spelling(n_cohorts)):
        notes.append(
            "Warning: patient ids that differ in case, punctuation or leading zeros alone "
            f"({few(alike)}) were taken for different people."
        )
    patients = [
        f"{name}:{patient}" if patient in apart else patient
        for name, of_one in spelled.items()
        for patient in of_one
    ]
    return patients, notes


def _of_case(obs: pd.DataFrame) -> list[str]:
    alike = differing_in_case(obs["sample"])
    if not alike:
        return []
    return [
        f"Warning: sample ids that differ in case alone ({few(alike)}) were taken for "
        "different samples."
    ]


def _provenance(
    cohorts: Mapping[str, Cohort], n_genes: int, patient_notes: list[str]
) -> dict[str, object]:
    counts = ", ".join(
        f"{name} ({cohort.n_samples} samples, {cohort.n_positives} "
        f"{cohort.outcome.called(1, '')}, "
        f"{cohort.n_genes:,} genes)"
        for name, cohort in cohorts.items()
    )
    notes = [f"Merged of {counts}; {n_genes:,} genes are in all of them."]
    notes += patient_notes
    notes += [prefixed(note, name) for name, cohort in cohorts.items() for note in cohort.notes]
    sources = {name: cohort.provenance.get("source", "") for name, cohort in cohorts.items()}
    said = "; ".join(f"{name}: {source}" for name, source in sources.items() if source)
    left_out = [
        {**described, "step": f"{name}: {described['step']}"}
        for name, cohort in cohorts.items()
        for described in cohort.provenance.get("left_out", [])
    ]
    return {"source": said, "notes": notes, "left_out": left_out}


def _flow(
    cohorts: Mapping[str, Cohort], obs: pd.DataFrame, outcome: Outcome
) -> list[dict[str, object]]:
    """The steps of each cohort under its name, and all of them together."""
    steps = [
        replace(step, step=f"{name}: {step.step}")
        for name, cohort in cohorts.items()
        for step in cohort.flow
        or [FlowStep.count("as given", cohort.patients, cohort.outcome.events)]
    ]
    merged = FlowStep.count(f"merged of {', '.join(cohorts)}", obs["patient"], outcome.events)
    return [step.as_json() for step in (*steps, merged)]
