"""Whether a signature was made on the very cohort that it is to be judged on."""

from __future__ import annotations

import re

from deepcme.cohort.cohort import Cohort
from deepcme.models.signatures.matching import match_signature
from deepcme.models.signatures.measured import Measured, measured
from deepcme.models.signatures.signature import Signature

MOSTLY = 0.8
"""Share of a cohort's genes that are a signature's from which on it was made of them."""

_NUMBERED = re.compile(r"(?P<series>[A-Z]+)(?P<number>\d+)")


def find_training_overlap(signature: Signature, cohort: Cohort | Measured) -> str:
    """Say where a cohort helped to make a signature, or was cut down to its genes.

    Parameters
    ----------
    signature : Signature
    cohort : Cohort or Measured
        Its name, what is known of its origin and its sample ids are searched for the names
        and accessions of those whom the signature was trained on.

    Returns
    -------
    str
        Sentences; empty where nothing was found.
    """
    found = (tell_training_cohort(signature, cohort), tell_preselection(signature, cohort))
    return " ".join(filter(None, found))


def tell_training_cohort(signature: Signature, cohort: Cohort | Measured) -> str:
    """Say that a signature was made on patients of a cohort; empty where nothing tells so."""
    found = _named(signature, measured(cohort))
    if not found:
        return ""
    return (
        f"The {signature.title} was made on patients of this cohort ({found}), so that "
        f"its performance here is too good. {signature.trained_on.sentence}"
    )


def tell_preselection(signature: Signature, cohort: Cohort | Measured) -> str:
    """Say that a cohort was cut down to a signature's genes; empty where it was not."""
    cohort = measured(cohort)
    columns = match_signature(signature, cohort).columns
    n_own = len({column for of_gene in columns for column in of_gene})
    if n_own < MOSTLY * cohort.n_genes:
        return ""
    return (
        f"{n_own} of the cohort's {cohort.n_genes} genes are those of the "
        f"{signature.title}: whatever is trained here starts from its choice of genes."
    )


def _named(signature: Signature, cohort: Measured) -> str:
    """The name, accession or samples by which the cohort is known; empty if it is not."""
    trained_on = signature.trained_on
    beginnings = {re.split(r"\d", sample)[0].rstrip("_-. ") for sample in cohort.samples}
    text = "\n".join([cohort.origin, *sorted(beginnings)])
    for name in trained_on.cohorts:
        if re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", text, re.IGNORECASE):
            return f"known by {name}"
    if not trained_on.samples:
        return ""
    first, last = (_NUMBERED.fullmatch(sample) for sample in trained_on.samples)
    if first is None or last is None:
        return ""
    lowest, highest = int(first["number"]), int(last["number"])
    n = 0
    for sample in cohort.samples:
        found = _NUMBERED.match(str(sample))
        if found and found["series"] == first["series"]:
            n += lowest <= int(found["number"]) <= highest
    return f"{n} samples from {first[0]} to {last[0]}" if n else ""
