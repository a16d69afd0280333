"""Columns that state the tissue of samples: their words, and which column holds such words."""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from deepcme.base.notes import WARNING
from deepcme.base.words import cleaned, counted, few, quoted, says_nothing
from deepcme.cohort.tissues.tissues import (
    TISSUE_OF_SAMPLE_TYPE,
    UNKNOWN,
    canonical_tissue,
    says_what_it_is,
)
from deepcme.sources.reading.headers import name_in_its_file, spelled_as

TISSUE_NAMES = (
    *("sample_type.samples", "sample_type", "tissue_type", "specimen_type", "tissue"),
    "sample_label",
)
"""Columns that state the tissue, in any spelling; the first that names one is taken."""

# Their words sound like tissue, but tell the course of the disease, a grouping or a history.
_OF_NO_SPECIMEN = re.compile(
    r"relaps|recurr|metasta|event|progress|outcome|surviv|death|dead|alive|vital|follow|fail"
    r"|respon|prognos|predict|risk|\bnod(e|al)|margin|residual|therap|treat|family|histor"
    r"|relative|sub ?type|pam ?50|intrinsic|cluster|bmi|weight|ploid|karyotyp|mutat|genotyp"
    r"|receptor|contralateral|\b(er|pr|her2|p53|tp53|os|dfs|rfs|pfs|dmfs|pcr)\b"
)
_OF_THE_PATIENT = re.compile(
    r"patient|subject|donor|group|stat(e|us)|class|condition|diagnosis|phenotype|cohort|disease"
    r"|^title$"
)
_COURSE = re.compile(
    r"(with|without|no|not|never)\b.*|.*\bfree|non[- ]?(metasta|relaps|recurr|progress)\w*",
    re.IGNORECASE,
)
_MOST_WORDS = 20
_MOST_NAME_ONE = 0.5
_WORTH_A_QUESTION = 0.1
_KINDS_OF_COURSE = {"metastatic", "recurrent"}


def tissue_column(table: pd.DataFrame) -> str | None:
    """The column of a table that states the tissue: the first of `TISSUE_NAMES` that names one.

    Where none of them names a tissue, it is the first that is there.
    """
    there = spelled_as(table.columns, TISSUE_NAMES)
    telling = [name for name in there if spelled_out(table[name]).map(_is_known).any()]
    return next(iter([*telling, *there]), None)


def spelled_out(stated: pd.Series) -> pd.Series:
    """Words of a column of tissues as `canonical_tissue` takes them, blank where it is silent.

    What only the whole column tells is written out: sample type codes that lost their
    zero (``1`` beside ``11``), and ``T`` and ``N`` where there is nothing else.

    Parameters
    ----------
    stated : Series
        Cells as they were read, missing where there is none.

    Returns
    -------
    Series of str
    """
    words = _text(stated)
    known = set(words.str.upper()) - {""}
    if known == {"T", "N"}:
        return words.str.upper().replace({"T": "tumor", "N": "normal"})
    with_zero = {word.zfill(2) for word in known}
    # 1 and 2 alone may be anybody's code.
    if with_zero <= TISSUE_OF_SAMPLE_TYPE.keys() and any(len(word) == 2 for word in known):
        return words.mask(words != "", words.str.zfill(2))
    return words


def _text(stated: pd.Series) -> pd.Series:
    """Cells as clean text; whole numbers that a missing cell made decimal are whole again."""
    if pd.api.types.is_float_dtype(stated) and (stated.dropna() % 1 == 0).all():
        stated = stated.astype("Int64")
    text = stated.astype(object).where(stated.notna(), "").map(lambda cell: cleaned(str(cell)))
    return text.mask(text.map(says_nothing), "").astype(object)


def _is_known(word: str) -> bool:
    return canonical_tissue(word) != UNKNOWN


def unread_notes(words: pd.Series, where: str, *, in_doubt: bool) -> list[str]:
    """Count and name the words of samples of unknown tissue that no rule understands.

    Parameters
    ----------
    words : Series of str
        Of those samples, spelled out.
    where : str
        Whose words they are: the file or the column.
    in_doubt : bool
        Whether it is a warning: not where a column may well be of something else.
    """
    unread = words[(words != "") & ~words.map(says_what_it_is)]
    if unread.empty:
        return []
    prefix = WARNING if in_doubt else ""
    return [
        f"{prefix}{where} has words for tissue that name none of the kinds "
        f"({few(unread.unique())}): {counted(len(unread), 'sample')} of unknown tissue."
    ]


def columns_by_content(table: pd.DataFrame) -> list[str]:
    """Columns that hold the tissue of most samples, by their words and not by their name.

    Two kinds must be told apart, one of them not the course of a disease, so that a
    ``BMI`` of "normal" and a ``histology`` of carcinomas alone are none. A column of an
    outcome never is one.
    """
    return [
        str(name)
        for name in table.columns
        if len(_kinds(told := of_the_specimen(table[name]))) > 1
        and told.map(_is_known).mean() >= _MOST_NAME_ONE
    ]


def of_the_specimen(stated: pd.Series) -> pd.Series:
    """Words spelled out, without those that may tell the patient's course, by the name.

    "Metastatic" of a ``disease state`` or a ``group`` may be a patient's.
    """
    words = spelled_out(stated)
    if not _OF_THE_PATIENT.search(_lower_name(stated)):
        return words
    return words.mask(words.map(canonical_tissue).isin(_KINDS_OF_COURSE), "")


def propose_tissue_column(table: pd.DataFrame, not_these: Collection[str]) -> list[str]:
    """A note on a column that may state the tissue, for samples of unknown tissue.

    Parameters
    ----------
    table : DataFrame
        One row per sample.
    not_these : collection of str
        Columns that are something else, as those of the label.
    """
    for name in map(str, table.columns.difference(list(not_these), sort=False)):
        words = spelled_out(table[name])
        known = set(words[words.map(_is_known)].str.lower())
        # A "normal" may be one of weight or of a gene, a "healthy donor" is none.
        share = _MOST_NAME_ONE if known == {"normal"} else _WORTH_A_QUESTION
        if _kinds(words, share) - {"primary"}:
            given = name_in_its_file(name)
            return [
                f"The column {given!r} holds words for tissue "
                f"({few(words[words != ''].unique())}) and may state it: give it with "
                f"--tissue {quoted(given)}."
            ]
    return []


def _kinds(words: pd.Series, share: float = _MOST_NAME_ONE) -> set[str]:
    """The kinds of tissue that a share of the words, or more, name.

    None in a column that is of no specimen, by its name or its words.
    """
    told = words[words != ""]
    kinds = told.unique()
    if not 1 < len(kinds) <= _MOST_WORDS or _OF_NO_SPECIMEN.search(_lower_name(words)):
        return set()
    if any(word.isdecimal() or _COURSE.fullmatch(word) for word in kinds):
        return set()
    tissue = told.map(canonical_tissue)
    named = set(tissue) - {UNKNOWN}
    if (tissue != UNKNOWN).mean() < share or named <= _KINDS_OF_COURSE:
        return set()
    return named


def _lower_name(column: pd.Series) -> str:
    return re.sub(r"[\W_]+", " ", str(column.name)).lower()
