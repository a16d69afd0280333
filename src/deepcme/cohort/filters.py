"""Which samples of a cohort to keep; every choice is noted in its provenance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.base.words import counted, few
from deepcme.cohort.barcodes import preference_within_patient
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.tissues.tissues import TISSUES, count_tissues, refuse_lost_class


def filter_samples(
    cohort: Cohort, *, keep_tissue: Sequence[str] = (), one_per_patient: bool = False
) -> Cohort:
    """Keep some tissues and one sample per patient, in this order, where asked to."""
    if keep_tissue:
        cohort = select_tissue(cohort, keep_tissue)
    return select_one_per_patient(cohort) if one_per_patient else cohort


def select_tissue(cohort: Cohort, tissues: Sequence[str]) -> Cohort:
    """Keep the samples of the given tissues.

    Raises
    ------
    DeepCMEError
        If a tissue is none of `TISSUES`, or a class is empty afterwards.
    """
    odd = [tissue for tissue in tissues if tissue not in TISSUES]
    if odd:
        raise DeepCMEError(f"Unknown tissue {odd[0]!r}: choose from {', '.join(TISSUES)}.")
    tissue = cohort.obs["tissue"].to_numpy(dtype=object)
    keep = np.isin(tissue, list(tissues))
    if keep.all():
        return cohort
    kind, others = " or ".join(tissues), "keep other tissues with --keep-tissue"
    refuse_lost_class(tissue, cohort.outcome, keep, kind, others)
    left_out = count_tissues(tissue[~keep])
    return cohort.select(
        keep, f"Only {' and '.join(tissues)} samples kept: {left_out} left out.", tissue
    )


def select_one_per_patient(cohort: Cohort) -> Cohort:
    """Keep one sample of each patient: primary tumour first, then first vial, latest plate.

    Samples that are not TCGA's are taken in the order of their ids.
    """
    obs = cohort.obs
    table = pd.DataFrame(
        {
            "patient": obs["patient"].to_numpy(dtype=object),
            "tissue": [TISSUES.index(tissue) for tissue in obs["tissue"]],
            "preference": [preference_within_patient(sample) for sample in cohort.samples],
            "label": cohort.outcome.events,
        }
    )
    first = table.sort_values(["tissue", "preference"]).drop_duplicates("patient").index
    keep = np.zeros(cohort.n_samples, dtype=bool)
    keep[first.to_numpy()] = True
    if keep.all():
        return cohort
    kept = cohort.select(
        keep,
        f"One sample per patient kept (primary tumour, first vial, latest plate): "
        f"{int((~keep).sum()):,} left out.",
        np.full(cohort.n_samples, "of patients with another sample"),
    )
    of_both = table.groupby("patient")["label"].nunique() > 1
    if of_both.any():
        patients = f"{counted(int(of_both.sum()), 'patient')} ({few(of_both.index[of_both])})"
        doubt = f"{WARNING}{patients} had both labels: the label is that of the sample kept."
        kept.provenance["notes"] = [*kept.notes, doubt]
    return kept
