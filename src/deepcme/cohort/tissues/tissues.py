"""Tissue: what people and portals call a specimen, as one of six words.

Sources: NCI GDC sample type codes; the rules for phrases are in `tissue_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned, says_nothing
from deepcme.cohort.outcome import Outcome
from deepcme.cohort.tissues.tissue_rules import (
    ASIDES,
    HEAD_COMES_FIRST,
    OUR_SPELLING,
    RULES,
    SEVERAL_KINDS,
    Weight,
)
from deepcme.cohort.tissues.tissue_rules import UNKNOWN as UNKNOWN

TISSUES = ("primary", "recurrent", "metastatic", "normal", "model", UNKNOWN)

TISSUE_OF_SAMPLE_TYPE = {
    **dict.fromkeys(("01", "03", "05", "09"), "primary"),
    **dict.fromkeys(("02", "04", "40"), "recurrent"),
    **dict.fromkeys(("06", "07"), "metastatic"),
    **dict.fromkeys(map(str, range(10, 20)), "normal"),
    **dict.fromkeys(("50", "60", "61", "85", "86", "87"), "model"),
}
"""Tissue by the GDC's sample type code, the fourth part of a TCGA barcode."""

_TISSUE_OF_LETTER_CODE = {
    **dict.fromkeys(("tp", "tb", "tap", "tbm"), "primary"),
    **dict.fromkeys(("tr", "trb", "trbm"), "recurrent"),
    **dict.fromkeys(("tm", "tam"), "metastatic"),
    **dict.fromkeys(("nb", "nt", "nbc", "nebv", "nbm"), "normal"),
    **dict.fromkeys(("cell", "xp", "xcl"), "model"),
}


class _Statement(NamedTuple):
    tissue: str
    weight: Weight


def canonical_tissue(value: object) -> str:
    """What kind of specimen a phrase names, in any spelling.

    Words are taken whole and a negation counts: "non-tumor liver" is normal, and
    "primary tumor without metastasis" primary. The specimen is meant and not the
    patient: "primary tumor of a relapsed patient" is primary.

    Parameters
    ----------
    value : object
        A phrase, a GDC sample type code (``01``, ``11A``) or its letters (``TP``, ``NT``).

    Returns
    -------
    str
        One of `TISSUES`; "model" is a cell line, xenograft or organoid. "unknown" where
        the phrase says nothing of the kind, or names two.
    """
    return _statement(str(value)).tissue


def tissue_of(statements: Iterable[object]) -> str:
    """What kind of specimen several statements about one sample name together.

    A statement that the sample is no tumour of the patient (a negated phrase, a cell
    line) is believed first, then one that names a kind ("metastasis"), then one that
    says no more than tumour; of equal ones the first.

    Parameters
    ----------
    statements : iterable of object
        In the order of trust, as `canonical_tissue` takes them.

    Returns
    -------
    str
        One of `TISSUES`.
    """
    told = [_statement(str(statement)) for statement in statements]
    nothing = _Statement(UNKNOWN, Weight.NOTHING)
    return max(told, key=lambda statement: statement.weight, default=nothing).tissue


def says_what_it_is(phrase: str) -> bool:
    """Whether a phrase is understood, also as none of the kinds or several: ``DCIS``."""
    return _statement(phrase).weight > Weight.NOTHING


@lru_cache(maxsize=4096)
def _statement(text: str) -> _Statement:
    phrase = cleaned(text).lower()
    if says_nothing(phrase):
        return _Statement(UNKNOWN, Weight.NOTHING)
    code = re.fullmatch(r"(\d\d)[a-z]?", phrase)
    by_code = TISSUE_OF_SAMPLE_TYPE.get(code[1]) if code else _TISSUE_OF_LETTER_CODE.get(phrase)
    if by_code is not None:
        return _Statement(by_code, Weight.A_KIND)
    for pattern, put in OUR_SPELLING:
        phrase = re.sub(pattern, put, phrase)
    phrase = cleaned(phrase)
    for aside, put in ASIDES:
        phrase = cleaned(aside.sub(put, phrase))
    if SEVERAL_KINDS.search(phrase):
        return _Statement(UNKNOWN, Weight.A_KIND)
    return _by_rules(phrase)


def _by_rules(phrase: str) -> _Statement:
    """By the first rule of the greatest weight, if no other of that weight contradicts it."""
    found = [(rule, match) for rule, words in RULES if (match := words.search(phrase))]
    if not found:
        return _Statement(UNKNOWN, Weight.NOTHING)
    weight = max(rule.weight for rule, _ in found)
    if weight != Weight.A_KIND:
        return _Statement(next(r.tissue for r, _ in found if r.weight == weight), weight)
    named = [(match.span(), rule.tissue) for rule, match in found if rule.weight == weight]
    (first, tissue), *others = sorted(named)
    for (start, _), other in others:
        # English names the specimen first: "metastasis of a primary tumour" is no primary.
        if other != tissue and not HEAD_COMES_FIRST.search(phrase[first[1] : start]):
            return _Statement(UNKNOWN, weight)
    return _Statement(tissue, weight)


def refuse_lost_class(
    tissue: NDArray[np.object_],
    outcome: Outcome,
    keep: NDArray[np.bool_],
    kind: str,
    way_out: str,
) -> None:
    """Refuse a choice of tissue that leaves nobody, or nobody of one class.

    Parameters
    ----------
    tissue, keep : ndarray, shape (n_samples,)
    outcome : Outcome
        Of a cohort.
    kind : str
        What is kept, after "No sample is": "a primary tumour".
    way_out : str
        The rest of the sentence, as an order: "keep another tissue".

    Raises
    ------
    DeepCMEError
        With the number of samples, and of positives, of every tissue.
    """
    lost = outcome.lacks(keep)
    if lost is None:
        return
    which = lost if keep.any() else "sample"
    table = pd.DataFrame({"tissue": tissue, "event": outcome.events})
    counts = table.groupby("tissue")["event"].agg(["size", "sum"])
    counts = counts.sort_values("size", ascending=False, kind="stable")
    present = ", ".join(
        f"{n:,} {word} ({n_events:,} {outcome.called(1, '')})"
        for word, n, n_events in counts.itertuples()
    )
    raise DeepCMEError(f"No {which} is {kind}: there are {present}; {way_out}.")


def count_tissues(tissue: NDArray[np.object_]) -> str:
    """Number of samples of each tissue, the most frequent first: ``20 normal, 3 unknown``."""
    counts = pd.Series(tissue).value_counts()
    return ", ".join(f"{n:,} {word}" for word, n in counts.items())
