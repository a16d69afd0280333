"""Tissue: what people and portals call a specimen, as one of six words, by a table of rules.

Sources: NCI GDC sample type codes and data dictionary (sample_type, tissue_type,
tumor_descriptor); ICGC specimen types; HCMDB's labels; characteristics of GEO series.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.errors import DeepCMEError
from deepcme.words import cleaned, says_nothing

UNKNOWN = "unknown"
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


class _Weight(IntEnum):
    """How much a statement says: of several, the one that says most is believed."""

    NOTHING = 0
    A_TUMOUR = 1
    A_KIND = 2
    NO_TUMOUR_OF_THE_PATIENT = 3


class _Statement(NamedTuple):
    tissue: str
    weight: _Weight


class _Rule(NamedTuple):
    tissue: str
    weight: _Weight
    phrases: tuple[str, ...]


# Rules are regular expressions for whole words of a normalised phrase: lower case, "tumor"
# for "tumour", a space for every hyphen, "or" for a slash, a comma for other punctuation.
_TUMOUR = (
    r"(?:tumor(?:s|al|ous)?|cancer(?:s|ous)?|\w*carcinomas?|\w*sarcomas?|neoplas(?:m|ms|ia|tic)"
    r"|malignan(?:t|cy|cies)|lesion(?:s|al)?|melanomas?|lymphomas?|leuk[ae]*mias?"
    r"|glioblastomas?|idc|ilc)"
)
_SPREAD = r"metasta(?:s[ei]s|tic|si[sz](?:e|ed|ing))"
_RETURN = r"(?:recurr(?:ed|ent|ences?|ing)|relaps(?:e|ed|es|ing))"
_COURSE = rf"(?:{_SPREAD}|{_RETURN}|progress(?:ed|ion|ive))"
_ORGAN = (
    r"(?:adrenal|bone|brain|cns|distant|hepatic|liver|ln|lung|lymph node|nodal|node|omental"
    r"|ovarian|ovary|peritoneal|pleural|pulmonary|skin|spinal|spleen)"
)
_NOT_TUMOUR = (
    rf"non ?{_TUMOUR}",
    rf"(?:no|not|without|free of|negative for|outside|distant from|away from|remote from)"
    rf" (?:(?:a|the|any|residual|evidence|of) )*{_TUMOUR}",
    rf"{_TUMOUR} (?:free|negative (?:margins?|tissue))|{_TUMOUR} distant(?! {_COURSE})",
    r"(?:peri|para|juxta) ?(?:tumor(?:al)?|cancer(?:ous)?)",
    r"(?:un|non ?)(?:involved|affected|diseased)",
)
_ADJACENT = r"(?:adjacent|adj)"

# What a phrase says about the patient, the disease or its subtype is no word on the specimen.
# "of_course" stands for an outcome, beside which "tumour" alone does not tell which one.
_ASIDES = (
    (r"head and neck", "head neck"),
    (r"normal (?:breast )?like", ""),
    (
        r"(?:receptors?|er|pr|her2?|weight|bmi|status|levels?|expression|karyotype) normal"
        r"|normal (?:karyotype|weight|bmi|range|levels?|expression|function|her2)",
        "",
    ),
    (rf"{_ADJACENT} to (?:the )?normal(?: \w+)?", ""),
    (rf"with (?:paired|matched|corresponding) (?:\w+ )?(?:{_SPREAD}|normal)(?: \w+)?", ""),
    (r"with (?:\w+ )?(?:free|clear|negative|positive|close) (?:\w+ )?margins?", ""),
    (r"blood derived ,? ?(?:(?:cancer ?,? ?)?(?:peripheral blood|bone marrow)|cancer)", ""),
    (r"(?:lymph )?nodes? (?:negative|positive(?! for)|status)", ""),
    (
        r"nodes? (?:with|containing|positive for) (?:tumor|cancer|carcinoma|metasta\w+)",
        "node metastasis",
    ),
    (
        rf"(?:(?:tumor|cancer|disease|event|progression|{_COURSE}) free) (?:survival|interval)",
        "",
    ),
    (
        rf"(?:without|no|not|never|free of|negative for|absence of|lacking) (?:[a-z]+ ){{0,4}}?"
        rf"(?:{_COURSE}|mets)|non ?{_COURSE}",
        "",
    ),
    (rf"(?:disease|event|(?:[a-z]+ )?{_COURSE}) free(?: patients?)?", ""),
    (rf"{_COURSE} ,? ?(?:no|negative|absent|0)", ""),
    (rf"{_COURSE} ,? ?(?:yes|positive|present|1|status|scores?|risk)", "of_course"),
    (
        r"(?:with|who|which|that|develop(?:ed|ing|s)|later|subsequent(?:ly)?|future"
        r"|eventual(?:ly)?|early|late|history of|risk of|time to|prone to)"
        rf" (?:[a-z]+ ){{0,5}}?(?:{_COURSE}|mets)(?: later)?",
        "of_course",
    ),
    (rf"{_COURSE} (?:later|subsequently|afterwards|eventually)", "of_course"),
    (
        rf"{_COURSE} (?:(?:breast|[a-z]+ cancer|{_TUMOUR}) )*"
        r"(?:patients?|group|cohort|course|disease|potential|capacity|spread)",
        "of_course",
    ),
    (rf"{_SPREAD} primary", "primary"),
    (rf"(?:highly|poorly|weakly|low|high) {_SPREAD}|pre ?{_SPREAD}", "of_course"),
    (r"(?:unknown|uncertain|occult|unidentified) primary|(?:non|not) primary", "of_course"),
    (r"primary (?:site|diagnosis|location|organ|disease|endpoint)", ""),
    (rf"{_TUMOUR} (?:patients?|survivors?|registry|bank|microenvironment)", ""),
    (rf"(?:patients?|women|subjects?|donors?) with (?:\w+ ){{0,3}}?{_TUMOUR}", ""),
    (r"secondary", "of_course"),
)

_RULES = (
    _Rule(
        "normal",
        _Weight.NO_TUMOUR_OF_THE_PATIENT,
        (
            rf"(?:primary|{_SPREAD}) normal",
            r"ebv immortali[sz]ed(?: normal)?",
            r"(?:bone marrow|lymphoid|buccal cell) normal",
        ),
    ),
    _Rule(
        "model",
        _Weight.NO_TUMOUR_OF_THE_PATIENT,
        (
            r"cell ?lines?",
            r"(?:cell )?cultures?|cultured|in vitro",
            r"\w*xeno ?grafts?|pdxs?|cdxs?|pdxos?|pdos?",
            r"\w*organoids?|\w*spheroids?|\w+spheres?",
            r"(?:cancer|mouse|animal|murine) models?|^models?$",
            r"(?:immortali[sz]ed|reprogrammed)(?: \w+)* cells",
            r"primary (?:(?!tumor|cancer)\w+ ){0,3}(?:cells|fibroblasts|keratinocytes)",
            r"mcf ?(?:7|10a?)|mda ?mb ?\d+|t ?47d|sk ?br ?3|bt ?(?:20|474|549)|zr ?75 ?1|hela",
        ),
    ),
    _Rule(
        "normal",
        _Weight.NO_TUMOUR_OF_THE_PATIENT,
        (
            *_NOT_TUMOUR,
            _ADJACENT,
            rf"benign(?! (?:\w+ )?{_TUMOUR})",
            r"^(?:\w+ )?nats?(?: tissue| sample)?$",
        ),
    ),
    _Rule(
        UNKNOWN,
        _Weight.A_KIND,
        (
            r"pre ?(?:malignan(?:t|cy)|cancer(?:ous)?|invasive)|non ?invasive",
            rf"in situ|dcis|lcis|intraductal|dysplasia|hyperplasia|benign (?:\w+ )?{_TUMOUR}",
            rf"{_TUMOUR} of uncertain|progression",
            rf"{_TUMOUR} (?:infiltrating|associated) \w+|tils?|stroma|fibroblasts",
            rf"{_TUMOUR} cells|tumor original cells|circulating tumor|ctcs?",
            r"cf ?dna|ct ?dna|cell free|liquid biopsy|plasma|serum|exosomes?|urine",
            r"(?:pleural )?effusions?|ascites|cerebrospinal fluid|csf",
        ),
    ),
    _Rule(
        "normal",
        _Weight.A_KIND,
        (
            r"normals?|healthy",
            r"(?:reduction )?mamm[ao]plast(?:y|ies)",
            r"blood(?! vessel)|pbmcs?|buffy coat|leu[ck]ocytes?|granulocytes|saliva|buccal"
            r"|germ ?line",
        ),
    ),
    _Rule("primary", _Weight.A_KIND, (r"primar(?:y|ies)",)),
    _Rule(
        "metastatic",
        _Weight.A_KIND,
        (_SPREAD, rf"distant {_RETURN}", rf"{_ORGAN} mets?", r"^(?:met|mets)$"),
    ),
    _Rule("recurrent", _Weight.A_KIND, (rf"(?<!distant ){_RETURN}",)),
    # Where a lymph node is named, "tumour" is hardly the one of the breast.
    _Rule(UNKNOWN, _Weight.A_TUMOUR, (r"of_course", r"lymph nodes?|ln|axilla(?:ry)?")),
    _Rule("primary", _Weight.A_TUMOUR, (_TUMOUR,)),
)


def _whole_words(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)")


_COMPILED_ASIDES = tuple((_whole_words([phrase]), put) for phrase, put in _ASIDES)
_COMPILED_RULES = tuple((rule, _whole_words(rule.phrases)) for rule in _RULES)
_HEAD_COMES_FIRST = re.compile(r"\b(?:of|from|in|with|for|before|after|to)\b")
_KINDS = (
    rf"(?:primary|{_TUMOUR})",
    rf"(?:{_SPREAD}|mets)",
    _RETURN,
    rf"(?:normal|healthy|{_ADJACENT}|{'|'.join(_NOT_TUMOUR)})",
)
_GAP = rf"(?:(?!{_TUMOUR} )\w+ ){{0,2}}"
_SEVERAL_KINDS = _whole_words(
    [
        rf"{one} {_GAP}(?:and|or|vs|versus|plus)(?: ,)? {_GAP}{two}"
        for one, two in permutations(_KINDS, 2)
    ]
    + [
        rf"{_TUMOUR} with {_GAP}normal",
        rf"^{_TUMOUR} (?:, )?normal(?: pairs?)?$|^normal (?:, )?{_TUMOUR}$",
    ]
)
_OUR_SPELLING = (
    (r"tumour", "tumor"),
    (r"[-\u2010-\u2015\u2212_]", " "),
    (r"[/|\\]", " or "),
    (r"&| \+ ", " and "),
    (r"[^\w\s]+", " , "),
)


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
    nothing = _Statement(UNKNOWN, _Weight.NOTHING)
    return max(told, key=lambda statement: statement.weight, default=nothing).tissue


@lru_cache(maxsize=4096)
def _statement(text: str) -> _Statement:
    phrase = cleaned(text).lower()
    if says_nothing(phrase):
        return _Statement(UNKNOWN, _Weight.NOTHING)
    code = re.fullmatch(r"(\d\d)[a-z]?", phrase)
    by_code = TISSUE_OF_SAMPLE_TYPE.get(code[1]) if code else _TISSUE_OF_LETTER_CODE.get(phrase)
    if by_code is not None:
        return _Statement(by_code, _Weight.A_KIND)
    for pattern, put in _OUR_SPELLING:
        phrase = re.sub(pattern, put, phrase)
    phrase = cleaned(phrase)
    for aside, put in _COMPILED_ASIDES:
        phrase = cleaned(aside.sub(put, phrase))
    if _SEVERAL_KINDS.search(phrase):
        return _Statement(UNKNOWN, _Weight.A_KIND)
    return _by_rules(phrase)


def _by_rules(phrase: str) -> _Statement:
    """By the first rule of the greatest weight, if no other of that weight contradicts it."""
    found = [
        (rule, match) for rule, words in _COMPILED_RULES if (match := words.search(phrase))
    ]
    if not found:
        return _Statement(UNKNOWN, _Weight.NOTHING)
    weight = max(rule.weight for rule, _ in found)
    if weight != _Weight.A_KIND:
        return _Statement(next(r.tissue for r, _ in found if r.weight == weight), weight)
    named = [(match.span(), rule.tissue) for rule, match in found if rule.weight == weight]
    (first, tissue), *others = sorted(named)
    for (start, _), other in others:
        # English names the specimen first: "metastasis of a primary tumour" is no primary.
        if other != tissue and not _HEAD_COMES_FIRST.search(phrase[first[1] : start]):
            return _Statement(UNKNOWN, weight)
    return _Statement(tissue, weight)


def refuse_lost_class(
    tissue: NDArray[np.object_],
    labels: NDArray[np.int8],
    keep: NDArray[np.bool_],
    kind: str,
    way_out: str,
) -> None:
    """Refuse a choice of tissue that leaves nobody, or nobody of one class.

    Parameters
    ----------
    tissue, labels, keep : ndarray, shape (n_samples,)
    kind : str
        What is kept, after "No sample is": "a primary tumour".
    way_out : str
        The rest of the sentence, as an order: "keep another tissue".

    Raises
    ------
    DeepCMEError
        With the number of samples, and of positives, of every tissue.
    """
    if len(np.unique(labels[keep])) == len(np.unique(labels)):
        return
    which = "sample"
    if keep.any():
        which = "negative sample" if labels[keep].all() else "positive sample"
    table = pd.DataFrame({"tissue": tissue, "label": labels})
    counts = table.groupby("tissue")["label"].agg(["size", "sum"])
    counts = counts.sort_values("size", ascending=False, kind="stable")
    present = ", ".join(
        f"{n:,} {word} ({n_positive:,} positive)" for word, n, n_positive in counts.itertuples()
    )
    raise DeepCMEError(f"No {which} is {kind}: there are {present}; {way_out}.")


def count_tissues(tissue: NDArray[np.object_]) -> str:
    """Number of samples of each tissue, the most frequent first: ``20 normal, 3 unknown``."""
    counts = pd.Series(tissue).value_counts()
    return ", ".join(f"{n:,} {word}" for word, n in counts.items())
