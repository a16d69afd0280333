"""Which cancer a cohort says that it is of, as signatures are made for one."""

from __future__ import annotations

import json
import re

import pandas as pd

from deepcme.base.words import cleaned, few, words_of_name
from deepcme.cohort.cohort import Cohort

BREAST = "breast"
_MOST_VALUES = 5
"""A column of more different values says no more of what cancer the cohort is."""

_PROJECT = re.compile(r"\b(?:TCGA|TARGET|CPTAC|CGCI)-([A-Z]{2,5}\d?)\b")
_OF_BREAST = re.compile(r"(?i)\b(breast|mamma(ry)?|brca|metabric|transbig)\b")
_OF_OTHERS = re.compile(
    r"(?i)\b(lungs?|nsclc|colon|colorectal|rect(al|um)|prostat(e|ic)|ovar(y|ian)|kidney|renal|"
    r"liver|hepato\w*|bladder|urothelial|glio\w*|brain|melanoma|lymphomas?|leuk(a)?emias?|"
    r"gastric|stomach|o?esophag\w*|pancrea\w*|thyroid|sarcomas?|cervi(x|cal)|endometri\w*|"
    r"uter(us|ine)|neuroblastoma|myeloma|head and neck|luad|lusc|coad|prad|blca|skcm|gbm|"
    r"kirc|lihc|stad|thca|hnsc|ucec)\b"
)
# Columns that tell the disease; where metastases are found is told by others.
_COLUMNS = (
    {"project"}, {"project", "id"}, {"project", "name"}, {"cancer"}, {"cancer", "type"},
    {"cancer", "type", "detailed"}, {"tumor", "type"}, {"tumour", "type"}, {"disease"},
    {"disease", "type"}, {"disease", "state"}, {"primary", "site"}, {"cohort"}, {"study"},
)  # fmt: skip


def find_cancer(cohort: Cohort) -> str:
    """Which cancer a cohort says that it is of.

    Its name, its source and columns such as ``project`` or ``primary_site`` are asked.

    Returns
    -------
    str
        ``breast``; else the words of another cancer; empty where it does not say.
    """
    told = _what_it_tells(cohort)
    projects = {code for text in told for code in _PROJECT.findall(text)}
    if others := sorted(projects - {"BRCA"}):
        return few(others)
    words = [text.replace("_", " ") for text in told]
    if any(_OF_BREAST.search(text) for text in words):
        return BREAST
    others = [found[0].lower() for text in words for found in _OF_OTHERS.finditer(text)]
    return few(dict.fromkeys(others))


def _what_it_tells(cohort: Cohort) -> list[str]:
    told = [cohort.name, json.dumps(cohort.provenance.get("source", ""))]
    for name in map(str, cohort.obs.columns):
        if {*words_of_name(name)} not in _COLUMNS or name in cohort.outcome.endpoint.columns:
            continue
        values = pd.Series(cohort.obs[name]).dropna().unique()
        if len(values) <= _MOST_VALUES:
            told += [cleaned(str(value)) for value in values]
    return told
