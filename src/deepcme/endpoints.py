"""Endpoints: clinical columns to a binary label, with the rule in words.

Every rule takes a table of clinical columns, one row per sample, and returns a
`Labelling`: 1, 0, or missing with the reason counted. A cell may hold several records
(`deepcme.records`); those that say nothing count for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.errors import DeepCMEError
from deepcme.follow_up import NEGATIVE_WORDS, POSITIVE_WORDS, read_follow_up
from deepcme.records import lower_words, records_of
from deepcme.words import few

DAYS_PER_YEAR = 365.25

M_STAGE_COLUMNS = (
    "ajcc_pathologic_m",
    "ajcc_pathologic_m.diagnoses",
    "ajcc_metastasis_pathologic_pm",
    "pathologic_m",
    "path_m_stage",
    "american joint committee on cancer metastasis stage code",
    "m_stage",
)
_METASTASIS_SITE_COLUMNS = ("metastasis_site", "metastatic_site_at_diagnosis")
_METASTASIS_INDICATOR_COLUMNS = (
    "metastatic_tumor_indicator",
    "distant_metastasis_recorded",
)
_EVENT_TYPE_COLUMNS = (
    "new_tumor_event_type",
    "new_neoplasm_event_type",
    "new_tumor_event_type_after_initial_treatment",
    "progression_or_recurrence_type",
)
# "cM0 (i+)" is M0 with tumour cells seen in blood or marrow; "M1a" is M1.
_M_STAGE = re.compile(r"(?<![a-z0-9])y?[cp]{0,2}(m[01x])")
_M0_AND_M1 = "M0 and M1"
_SAYS_YES = re.compile(
    rf"(?:^|[|;])\s*(?:{'|'.join(map(re.escape, POSITIVE_WORDS))})\s*(?:$|[|;])"
)
_SAYS_NO = re.compile(r"(?:no|none|not|without)\b")


@dataclass(frozen=True)
class Labelling:
    """Labels of samples, and the rule that made them.

    Parameters
    ----------
    name : str
        Short name of the endpoint, such as ``pathologic-m1``.
    rule : str
        The rule in words, ending in a full stop.
    values : Series of float
        1, 0, or NaN where the sample is left out; indexed as the clinical table.
    left_out : mapping of str to int
        How many samples each reason leaves out.
    columns : tuple of str
        Columns of the clinical table that the rule looked at.
    """

    name: str
    rule: str
    values: pd.Series
    left_out: Mapping[str, int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()

    def notes(self) -> list[str]:
        """One sentence per reason for leaving samples out."""
        return [f"{n:,} samples {why} were left out." for why, n in self.left_out.items() if n]


def event_within_horizon(
    time: pd.Series, event: pd.Series, horizon: float
) -> NDArray[np.float64]:
    """Label each sample by whether the event came within a horizon.

    Parameters
    ----------
    time : Series of float
        Time to the event or to the last follow-up.
    event : Series
        1 if the event was seen, 0 if not.
    horizon : float
        In the unit of `time`.

    Returns
    -------
    ndarray of float
        1 with the event at or before the horizon, 0 if followed without it to
        the horizon or beyond, NaN if followed for less (the outcome is unknown).
    """
    observed = event.to_numpy(dtype=float) == 1
    duration = time.to_numpy(dtype=float)
    label = np.full(len(duration), np.nan)
    label[duration >= horizon] = 0.0
    label[observed & (duration <= horizon)] = 1.0
    return label


def horizon_endpoint(
    clinical: pd.DataFrame, time: str, event: str, horizon: float
) -> Labelling:
    """Event within a horizon = 1, followed to it without = 0, censored before = left out.

    Of several records the first with the event counts, or the longest follow-up
    where none has it; a record without a time or without a status is passed over.

    Parameters
    ----------
    clinical : DataFrame
    time, event : str
        Columns; the event may be written 1 and 0, ``1:DECEASED`` and
        ``0:LIVING``, yes and no, dead and alive.
    horizon : float
        In the unit of the time column, greater than 0.

    Raises
    ------
    DeepCMEError
        If a column is not there or holds something else, naming the sample.
    """
    if not horizon > 0:
        raise DeepCMEError(f"The horizon must be greater than 0, not {horizon:g}.")
    _require(clinical, time)
    _require(clinical, event)
    followed, unpaired = read_follow_up(clinical[time], clinical[event])
    known = followed["time"].notna()
    values = pd.Series(np.nan, index=clinical.index)
    values[known] = event_within_horizon(
        followed.loc[known, "time"], followed.loc[known, "event"], horizon
    )
    return Labelling(
        name="event-within-horizon",
        rule=(
            f"{event} within {horizon:g} (the unit of {time}) = 1; followed for "
            f"{horizon:g} without = 0; followed for less without = left out."
        ),
        values=values,
        left_out={
            f"without a known {time} and {event}": int((~known & ~unpaired).sum()),
            f"censored before {horizon:g}": int((known & values.isna()).sum()),
            **_named_reason(f"whose records of {time} and {event} do not pair", unpaired),
        },
        columns=(time, event),
    )


def pathologic_m1(clinical: pd.DataFrame) -> Labelling:
    """Pathologic M1 = 1, M0 (and cM0) = 0, MX and unknown left out.

    A known stage goes before MX; M0 beside M1 is left out, and the samples named.

    Raises
    ------
    DeepCMEError
        If no column holds the M stage.
    """
    columns = _present(clinical, M_STAGE_COLUMNS)
    if not columns:
        raise _no_column(clinical, "the pathologic M stage", M_STAGE_COLUMNS)
    stage = _m_stage(clinical, columns)
    values = stage.map({"M1": 1.0, "M0": 0.0})
    return Labelling(
        name="pathologic-m1",
        rule=(
            f"Pathologic M1 at diagnosis ({', '.join(columns)}) = 1; M0 = 0; MX or unknown = "
            "left out."
        ),
        values=values,
        left_out={
            "with the pathologic stage MX": int((stage == "MX").sum()),
            "without a pathologic M stage": int(stage.isna().sum()),
            **_named_reason(f"with M0 beside M1 in {', '.join(columns)}", stage == _M0_AND_M1),
        },
        columns=tuple(columns),
    )


def any_distant_metastasis(clinical: pd.DataFrame) -> Labelling:
    """Distant metastasis recorded at diagnosis or at any follow-up = 1, none recorded = 0.

    Looks at the pathologic M stage (M1), sites and indicators of metastasis on
    the patient form, and follow-up events of the type "Distant Metastasis"; any
    record counts. Samples without any clinical record are left out.

    Raises
    ------
    DeepCMEError
        If none of these columns is there.
    """
    m_stage = _present(clinical, M_STAGE_COLUMNS)
    sites = _present(clinical, _METASTASIS_SITE_COLUMNS)
    indicators = _present(clinical, _METASTASIS_INDICATOR_COLUMNS)
    types = _present(clinical, _EVENT_TYPE_COLUMNS)
    used = [*m_stage, *sites, *indicators, *types]
    if not used:
        raise _no_column(
            clinical,
            "metastasis",
            ("ajcc_pathologic_m", "metastasis_site", *_EVENT_TYPE_COLUMNS),
        )
    positive = pd.Series(False, index=clinical.index)
    if m_stage:
        positive |= _m_stage(clinical, m_stage).isin(["M1", _M0_AND_M1])
    for column in sites:
        words = lower_words(records_of(clinical[column]))
        positive |= _any_record(words.ne("") & ~words.str.match(_SAYS_NO), clinical.index)
    for column in indicators:
        words = lower_words(records_of(clinical[column]))
        positive |= _any_record(words.str.contains(_SAYS_YES), clinical.index)
    for column in types:
        words = lower_words(records_of(clinical[column]))
        is_distant = words.str.contains("distant") & ~words.str.match(_SAYS_NO)
        positive |= _any_record(is_distant, clinical.index)
    recorded = clinical.notna().any(axis=1)
    return Labelling(
        name="any-distant-metastasis",
        rule=(
            f"Distant metastasis recorded at diagnosis or later (in {', '.join(used)}) = 1; "
            "none recorded = 0, however short the follow-up; no clinical record = left out."
        ),
        values=positive.astype(float).where(recorded),
        left_out={"without a clinical record": int((~recorded).sum())},
        columns=tuple(used),
    )


def binary_column(clinical: pd.DataFrame, column: str) -> Labelling:
    """Use a column of 1 and 0, or yes and no, as it stands; blank and unknown are left out.

    Several records that agree are one; 1 beside 0 is left out, and the samples named.

    Raises
    ------
    DeepCMEError
        If the column is not there or holds anything else.
    """
    _require(clinical, column)
    found = records_of(clinical[column])
    words = lower_words(found)
    is_one, is_zero = words.isin(POSITIVE_WORDS), words.isin(NEGATIVE_WORDS)
    odd = found[~is_one & ~is_zero & (words != "")].drop_duplicates()
    if len(odd):
        raise DeepCMEError(
            f"the label {column!r} is not binary: it holds "
            f"{', '.join(map(str, odd.iloc[:6]))}. Write 1 and 0 (or yes and no), and leave "
            "unknown ones blank."
        )
    one, zero = _any_record(is_one, clinical.index), _any_record(is_zero, clinical.index)
    return Labelling(
        name=column,
        rule=f"{column} = 1 against {column} = 0, as given; blank = left out.",
        values=one.astype(float).where(one != zero),
        left_out={
            f"with a blank {column}": int((~one & ~zero).sum()),
            **_named_reason(f"with 1 beside 0 in {column}", one & zero),
        },
        columns=(column,),
    )


def m_stage(clinical: pd.DataFrame) -> pd.Series | None:
    """M0, M1, MX, "M0 and M1" or missing for each row; None if no column holds the stage."""
    columns = _present(clinical, M_STAGE_COLUMNS)
    return _m_stage(clinical, columns) if columns else None


def _m_stage(clinical: pd.DataFrame, columns: list[str]) -> pd.Series:
    words = pd.concat([lower_words(clinical[column]) for column in columns], axis=1)
    found = words.agg(" ".join, axis=1).str.findall(_M_STAGE)
    return found.map(lambda stages: _one_stage(set(stages))).astype(object)


def _one_stage(stages: set[str]) -> str | None:
    if {"m0", "m1"} <= stages:
        return _M0_AND_M1
    known = stages - {"mx"} or stages
    return known.pop().upper() if known else None


def _any_record(says: pd.Series, ids: pd.Index) -> pd.Series:
    """Whether any record of an id says so."""
    return says.astype(bool).groupby(level=0).any().reindex(ids)


def _named_reason(why: str, concerned: pd.Series) -> dict[str, int]:
    """How many samples are left out for a reason, some of them named; none if none are."""
    names = concerned.index[concerned]
    return {f"{why} ({few(names)})": len(names)} if len(names) else {}


def _present(clinical: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Columns with one of the names, in that order; several files may bring the same one.

    A column that a second file brings again is called ``name (file)``.
    """
    columns = [str(column) for column in clinical.columns]
    return [
        column
        for name in names
        for column in columns
        if column.lower() == name or column.lower().startswith(f"{name} (")
    ]


def _no_column(clinical: pd.DataFrame, what: str, names: tuple[str, ...]) -> DeepCMEError:
    return DeepCMEError(
        f"No clinical column tells {what}: there should be one called {', '.join(names)}; "
        f"there are {_some(clinical.columns)}. Add the file that holds it with --clinical."
    )


def _some(names: Iterable[object]) -> str:
    listed = [str(name) for name in names]
    return (", ".join(listed[:12]) + (" ..." if len(listed) > 12 else "")) or "none"


def _require(clinical: pd.DataFrame, column: str) -> None:
    if column not in clinical.columns:
        raise DeepCMEError(
            f"There is no clinical column {column!r}; there are {_some(clinical.columns)}."
        )
