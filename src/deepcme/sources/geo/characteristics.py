"""Who and what a sample of GEO is, by all that its characteristics, source and title state."""

from __future__ import annotations

import pandas as pd

from deepcme.base.words import few, says_nothing
from deepcme.cohort.tissues.tissues import UNKNOWN, tissue_of
from deepcme.sources.assembly.patient_ids import patients_of
from deepcme.sources.assembly.patients import people_column
from deepcme.sources.assembly.tissue_columns import (
    columns_by_content,
    of_the_specimen,
    spelled_out,
    unread_notes,
)
from deepcme.sources.geo.series import with_one_key_each

_OF_TISSUE = ("tissue type", "sample type", "specimen type", "tissue")
_OF_DISEASE = ("disease state", "disease status", "disease")
_KEYS = (*_OF_TISSUE, "source name ch1", "cell line", *_OF_DISEASE, "title")
_NO_CHARACTERISTICS = ("platform id", *_KEYS)
# "12" of a title numbers the sample, and is no sample type code of the GDC.
_SAMPLE_NUMBER = r"\d\d?[A-Za-z]?"


def annotation_of_attributes(
    attributes: pd.DataFrame,
    batch: pd.Series | None,
    patient: str | None,
    tissue: str | None,
    notes: list[str],
) -> pd.DataFrame:
    """Patient, tissue and batch of each sample, and its characteristics beside them.

    Parameters
    ----------
    attributes : DataFrame
        Indexed by sample: characteristics, ``source_name_ch1`` and ``title``.
    batch : Series, optional
        Of each sample; unknown if not given.
    patient, tissue : str, optional
        The columns that the user names: they are read later, and before all else.
    notes : list of str
    """
    attributes = with_one_key_each(attributes, notes)
    # Where another column is asked for, what is odd about this one is of no concern.
    said = notes if patient is None else []
    column = people_column(attributes, "Characteristics", said)
    samples = attributes.index.astype(str).tolist()
    own = pd.DataFrame(
        {
            "patient": samples
            if column is None
            else patients_of(samples, attributes[column], said, column),
            "tissue": tissue_of_characteristics(attributes, tissue, notes),
            "batch": UNKNOWN if batch is None else batch.fillna(UNKNOWN),
        }
    )
    taken = {name: f"{name} (characteristic)" for name in attributes if name in own}
    return pd.concat([own, attributes.rename(columns=taken)], axis=1)


def tissue_of_characteristics(
    attributes: pd.DataFrame, asked: str | None, notes: list[str]
) -> pd.Series:
    """The tissue of each sample, by the statements about it in the order of trust.

    Further characteristics are heard last, where their words and not their names say
    that they are of tissue.

    Parameters
    ----------
    attributes : DataFrame
        Indexed by sample: characteristics, ``source_name_ch1`` and ``title``.
    asked : str, optional
        The column that the user names: it is read later, and before all else.
    notes : list of str
        Says which further characteristics were taken, and which words name no tissue.
    """
    named = attributes.rename(columns=_plain)
    named = named.loc[:, ~named.columns.duplicated()]
    told = named.reindex(columns=list(_KEYS))
    told["cell line"] = told["cell line"].map(_cell_line)
    for name in ("source name ch1", "title"):
        told[name] = told[name].mask(told[name].astype(str).str.fullmatch(_SAMPLE_NUMBER))
    others = [name for name in attributes if _plain(name) not in _NO_CHARACTERISTICS]
    further = [] if asked else columns_by_content(attributes[others])
    notes += [_taken_note(attributes[name]) for name in further]
    told = pd.concat([told, attributes[further]], axis=1).apply(of_the_specimen)
    tissue = told.apply(tissue_of, axis=1)
    if not asked:
        notes += _unread_notes(named, tissue)
    return tissue


def _plain(name: object) -> str:
    return str(name).lower().replace("_", " ")


def _taken_note(words: pd.Series) -> str:
    return (
        f"The tissue was read from the characteristic {str(words.name)!r} as well, by its "
        f"words ({few(words.dropna().unique())}); name another one with --tissue if it is not "
        "the tissue."
    )


def _unread_notes(named: pd.DataFrame, tissue: pd.Series) -> list[str]:
    """On words of characteristics that are called like the tissue, and name none."""
    unknown = tissue == UNKNOWN
    return [
        note
        for name in _OF_TISSUE
        if name in named
        for note in unread_notes(
            spelled_out(named[name])[unknown],
            f"The characteristic {name!r}",
            in_doubt=not unknown.all(),
        )
    ]


def _cell_line(name: object) -> str:
    """Its name says nothing of a model, the characteristic does where it has a value."""
    text = str(name)
    return "" if says_nothing(text) or text.lower() in ("no", "none") else "cell line"
