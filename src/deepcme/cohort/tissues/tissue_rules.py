"""The table of rules by which a phrase names a kind of specimen, or says nothing of it.

Sources: NCI GDC data dictionary (sample_type, tissue_type, tumor_descriptor); ICGC
specimen types; HCMDB's labels; characteristics of GEO series.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from itertools import permutations
from typing import NamedTuple

UNKNOWN = "unknown"


class Weight(IntEnum):
    """How much a statement says: of several, the one that says most is believed."""

    NOTHING = 0
    A_TUMOUR = 1
    A_KIND = 2
    NO_TUMOUR_OF_THE_PATIENT = 3


class Rule(NamedTuple):
    """Phrases that name one tissue, and how much they say."""

    tissue: str
    weight: Weight
    phrases: tuple[str, ...]


# Rules are regular expressions for whole words of a normalised phrase: lower case, "tumor"
# for "tumour", a space for every hyphen, "or" for a slash, a comma for other punctuation.
_TUMOUR = (
    r"(?:tumor(?:s|al|ous)?|cancer(?:s|ous)?|\w*carcinoma(?:s|ta|tous)?|\w*sarcomas?"
    r"|neoplas(?:m|ms|ia|tic)|malignan(?:t|cy|cies)|lesion(?:s|al)?|melanomas?|lymphomas?|leuk[ae]*mias?"
    r"|glioblastomas?|idc|ilc|tnbc)"
)
_SPREAD = r"metasta(?:s[ei]s|tic|si[sz](?:e|ed|ing))"
_RETURN = r"(?:recurr(?:ed|ent|ences?|ing)|relaps(?:e|ed|es|ing))"
_COURSE = rf"(?:{_SPREAD}|{_RETURN}|progress(?:ed|ion|ive))"
_ORGAN = (
    r"(?:adrenal|bone|brain|cns|distant|hepatic|liver|ln|lung|lymph node|nodal|node|omental"
    r"|ovarian|ovary|peritoneal|pleural|pulmonary|skin|spinal|spleen)"
)
_ADJACENT = r"(?:adjacent|adj|surrounding)"
_THE = r"(?:(?:a|the|any|residual|evidence|of) )*"
_FAR_FROM = (
    r"(?:outside|(?:\d+ ?[cm]m|far|distant|distal|away|remote) (?:from|to|of))"
    r" (?:the )?(?:(?:edge|margin) of (?:the )?)?(?:primary )?"
)
_NOT_TUMOUR = (
    rf"non ?{_TUMOUR}",
    rf"(?:no|not|without|free of|negative for) {_THE}{_TUMOUR}|{_FAR_FROM}{_TUMOUR}",
    rf"{_TUMOUR} (?:free(?! of)|negative (?:margins?|tissue))|{_TUMOUR} distant(?! {_COURSE})",
    rf"{_TUMOUR} distal(?: tissue| sample| site)?$",
    rf"{_TUMOUR} (?:cells? |tissue )?(?:is |was )?(?:absent|not (?:present|detected|found))",
    rf"{_TUMOUR} ,? ?negative ?,?$|{_TUMOUR} , (?:no|none|absent|false|0) ?,?$",
    rf"(?:peri|para|juxta) ?{_TUMOUR}",
    r"(?:un|non ?)(?:involved|affected|diseased)",
)

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
    # A word on another sample of the patient: "tumor (adjacent normal available)".
    (
        rf"(?:without|no|not|lacking) (?:(?:an?|any|matched|paired|corresponding) )*"
        rf"(?:(?:{_ADJACENT} )?(?:normal|healthy)|{_ADJACENT})"
        r"(?: (?:tissue|sample|control|counterpart|breast))*",
        "",
    ),
    (
        rf"({_TUMOUR}(?: \w+){{0,2}} ,) (?:(?:{_ADJACENT}|matched|paired) )*(?:normal|healthy)"
        r" (?:\w+ ){0,2}?(?:(?:is |was |not )*available|unavailable|also \w+)",
        r"\1",
    ),
    (
        rf"(?:no|without) (?:\w+ )?{_TUMOUR} in (?:the )?(?:family|relatives|history)"
        rf"|(?:(?:no|family|personal|positive|negative) )*history (?:of|for) (?:\w+ )?{_TUMOUR}"
        rf"|(?:no|without) (?:prior|previous|other|second) (?:\w+ )?{_TUMOUR}",
        "",
    ),
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
    (rf"{_COURSE} ,? ?(?:no|negative|absent|0)(?! (?:primary|{_TUMOUR}))", ""),
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
    Rule(
        "normal",
        Weight.NO_TUMOUR_OF_THE_PATIENT,
        (
            rf"(?:primary|{_SPREAD}) normal",
            r"ebv immortali[sz]ed(?: normal)?",
            r"(?:bone marrow|lymphoid|buccal cell) normal",
        ),
    ),
    Rule(
        "model",
        Weight.NO_TUMOUR_OF_THE_PATIENT,
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
    Rule(
        "normal",
        Weight.NO_TUMOUR_OF_THE_PATIENT,
        (
            *_NOT_TUMOUR,
            _ADJACENT,
            rf"benign(?! (?:\w+ )?{_TUMOUR})",
            r"^(?:\w+ )?nats?(?: tissue| sample)?$",
        ),
    ),
    Rule(
        UNKNOWN,
        Weight.A_KIND,
        (
            r"pre ?(?:malignan(?:t|cy)|cancer(?:ous)?|invasive)|non ?invasive",
            r"(?<!malignant )phyll?oi?des",
            rf"{_TUMOUR} margins?",
            rf"in situ|dcis|lcis|intraductal|dysplasia|hyperplasia|benign (?:\w+ )?{_TUMOUR}",
            rf"{_TUMOUR} of uncertain|progression",
            rf"{_TUMOUR} (?:infiltrating|associated) \w+|tils?|stroma|fibroblasts",
            rf"{_TUMOUR} cells|tumor original cells|circulating tumor|ctcs?",
            r"cf ?dna|ct ?dna|cell free|liquid biopsy|plasma|serum|exosomes?|urine",
            r"(?:pleural )?effusions?|ascites|cerebrospinal fluid|csf",
        ),
    ),
    Rule(
        "normal",
        Weight.A_KIND,
        (
            r"normals?|healthy",
            r"(?:reduction )?mamm[ao]plast(?:y|ies)|(?:breast|mammary|cosmetic) reduction",
            r"blood(?! vessel)|pbmcs?|buffy coat|leu[ck]ocytes?|granulocytes|saliva|buccal"
            r"|germ ?line",
        ),
    ),
    Rule("primary", Weight.A_KIND, (r"primar(?:y|ies)",)),
    Rule(
        "metastatic",
        Weight.A_KIND,
        (_SPREAD, rf"distant {_RETURN}", rf"{_ORGAN} mets?", r"^(?:met|mets)$"),
    ),
    Rule("recurrent", Weight.A_KIND, (rf"(?<!distant ){_RETURN}",)),
    # Where a lymph node is named, "tumour" is hardly the one of the breast.
    Rule(UNKNOWN, Weight.A_TUMOUR, (r"of_course", r"lymph nodes?|ln|axilla(?:ry)?")),
    Rule("primary", Weight.A_TUMOUR, (_TUMOUR,)),
)


def _whole_words(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)")


ASIDES = tuple((_whole_words([phrase]), put) for phrase, put in _ASIDES)
RULES = tuple((rule, _whole_words(rule.phrases)) for rule in _RULES)
HEAD_COMES_FIRST = re.compile(r"\b(?:of|from|in|with|for|before|after|to)\b")
_KINDS = (
    rf"(?:primary|{_TUMOUR})",
    rf"(?:{_SPREAD}|mets)",
    _RETURN,
    rf"(?:normal|healthy|{_ADJACENT}|{'|'.join(_NOT_TUMOUR)})",
)
_GAP = rf"(?:(?!{_TUMOUR} )\w+ ){{0,2}}"
SEVERAL_KINDS = _whole_words(
    [
        rf"{one} {_GAP}(?:and|or|vs|versus|plus)(?: ,)? {_GAP}{two}"
        for one, two in permutations(_KINDS, 2)
    ]
    + [
        rf"{_TUMOUR} (?:, )?with {_GAP}(?:normal|{_ADJACENT})",
        rf"^{_TUMOUR} (?:, )?normal(?: pairs?)?$|^normal (?:, )?{_TUMOUR}$",
    ]
)
OUR_SPELLING = (
    (r"tumour", "tumor"),
    (r"n['\u2019]t(?![^\W_])", " not"),
    (r"[-\u2010-\u2015\u2212_]", " "),
    (r"[/|\\]", " or "),
    (r"&| \+ ", " and "),
    (r"[^\w\s]+", " , "),
)
