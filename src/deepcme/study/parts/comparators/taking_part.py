"""Which signatures a study sets beside its models, and the one that its verdict tells of."""

from __future__ import annotations

from collections.abc import Sequence

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import few
from deepcme.cohort.cohort import Cohort
from deepcme.models.signatures.matching import MatchedSignature, match_signature
from deepcme.models.signatures.measured import measured
from deepcme.models.signatures.own import read_own_signature
from deepcme.models.signatures.published import (
    find_published,
    load_signature,
    load_signatures,
)
from deepcme.models.signatures.signature import Signature
from deepcme.study.parts.comparators.cancer import BREAST, find_cancer
from deepcme.study.resolved import Study
from deepcme.study.settings import AUTOMATIC, NO_SIGNATURE, ComparatorSettings

PREFERRED = ("genomic-grade-index", "proliferation")
"""Signatures of which the first that a cohort covers is named, unless the study names one."""


def match_signatures(study: Study, cohort: Cohort) -> tuple[MatchedSignature, ...]:
    """The signatures that a study asks for, found among its cohort's genes.

    Raises
    ------
    DeepCMEError
        If a file of one cannot be read, or none is called as the study names one.
    """
    asked = _asked_for(study.comparator, cohort)
    if not asked:
        return ()
    expressed = measured(cohort)
    return tuple(match_signature(signature, expressed) for signature in asked)


def _asked_for(section: ComparatorSettings, cohort: Cohort) -> list[Signature]:
    """Published ones in their order, then a user's own."""
    own = [read_own_signature(path) for path in section.files]
    if section.signatures == AUTOMATIC:
        published = [*load_signatures()] if not find_other_cancer(cohort) else []
    else:
        published = [load_signature(name) for name in names_of(section)]
    named = section.signature
    if named not in (AUTOMATIC, NO_SIGNATURE, *(signature.name for signature in own)):
        found = find_published(named)
        if found is None:
            choice = ", ".join(signature.name for signature in (*load_signatures(), *own))
            raise DeepCMEError(
                f"comparator.signature: there is no signature {named!r}: name one of {choice}, "
                "or a CSV file of genes and weights with files under [comparator]."
            )
        published += [] if found in published else [found]
    return [*published, *own]


def names_of(section: ComparatorSettings) -> tuple[str, ...]:
    """Published signatures that a study lists by their names."""
    return section.signatures if isinstance(section.signatures, tuple) else ()


def find_other_cancer(cohort: Cohort) -> str:
    """The cancer that a cohort says it is of, if the signatures are not made for it."""
    cancer = find_cancer(cohort)
    return "" if cancer == BREAST else cancer


def with_named_signature(study: Study, matched: Sequence[MatchedSignature]) -> Study:
    """The study with the signature that its verdict tells of, named before anything is fitted.

    Unless the study names one it is the first of `PREFERRED` that stands in full; else the
    first that does of those that the study itself lists.

    Raises
    ------
    DeepCMEError
        If too little of the named one was measured, with those that would do.
    """
    section = study.comparator
    name = section.signature
    if name == AUTOMATIC:
        name = _choose(section, matched)
    elif name != NO_SIGNATURE:
        name = _require_standing(name, matched)
    named = section.model_copy(update={"signature": name})
    return study.model_copy(update={"comparator": named})


def _choose(section: ComparatorSettings, matched: Sequence[MatchedSignature]) -> str:
    full = [one.signature.name for one in matched if one.standing == "full"]
    own = [one.signature.name for one in matched if not one.signature.is_published]
    candidates = (*PREFERRED, *names_of(section), *own)
    return next((name for name in candidates if name in full), NO_SIGNATURE)


def _require_standing(name: str, matched: Sequence[MatchedSignature]) -> str:
    published = find_published(name)
    by_name = {one.signature.name: one for one in matched}
    found = by_name[name if published is None else published.name]
    if found.standing != "refused":
        return found.signature.name
    do = [
        f"{one.signature.name} ({one.standing})" for one in matched if one.standing != "refused"
    ]
    raise DeepCMEError(
        f"comparator.signature: {found.describe()} "
        + (f"Name one of {few(do, len(do))}, or" if do else "No other here will do: write")
        + f' signature = "{NO_SIGNATURE}" under [comparator].'
    )
