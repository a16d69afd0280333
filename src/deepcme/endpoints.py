"""Endpoints: clinical columns to a binary label, with the rule in words.

Every rule takes a table of clinical columns, one row per sample, and returns a
`Labelling`: 1, 0, or missing with the reason counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.errors import DeepCMEError

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
)
_POSITIVE_WORDS = frozenset({"1", "1.0", "yes", "true"})
_NEGATIVE_WORDS = frozenset({"0", "0.0", "no", "false"})
_EVENT_WORDS = _POSITIVE_WORDS | {"dead", "deceased", "event", "relapse", "recurred"}
_NO_EVENT_WORDS = _NEGATIVE_WORDS | {"alive", "living", "censored", "none"}
_CODED_STATUS = re.compile(r"([01])\s*:")


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
    duration = _numbers(clinical, time)
    observed = _event_indicator(clinical, event)
    known = duration.notna() & observed.notna()
    values = pd.Series(np.nan, index=clinical.index)
    values[known] = event_within_horizon(duration[known], observed[known], horizon)
    return Labelling(
        name="event-within-horizon",
        rule=(
            f"{event} within {horizon:g} (the unit of {time}) = 1; followed for "
            f"{horizon:g} without = 0; followed for less without = left out."
        ),
        values=values,
        left_out={
            f"without a known {time} and {event}": int((~known).sum()),
            f"censored before {horizon:g}": int((known & values.isna()).sum()),
        },
        columns=(time, event),
    )


def pathologic_m1(clinical: pd.DataFrame) -> Labelling:
    """Pathologic M1 = 1, M0 (and cM0) = 0, MX and unknown left out.

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
            f"Pathologic M1 at diagnosis ({columns[0]}) = 1; M0 = 0; MX or unknown = left out."
        ),
        values=values,
        left_out={
            "with the pathologic stage MX": int((stage == "MX").sum()),
            "without a pathologic M stage": int(stage.isna().sum()),
        },
        columns=tuple(columns),
    )


def any_distant_metastasis(clinical: pd.DataFrame) -> Labelling:
    """Distant metastasis recorded at diagnosis or at any follow-up = 1, none recorded = 0.

    Looks at the pathologic M stage (M1), sites and indicators of metastasis on
    the patient form, and follow-up events of the type "Distant Metastasis".
    Samples without any clinical record are left out.

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
        positive |= _m_stage(clinical, m_stage) == "M1"
    for column in sites:
        positive |= clinical[column].notna() & ~_words(clinical[column]).isin(
            ["", "none", "no"]
        )
    for column in indicators:
        positive |= _words(clinical[column]).isin(_POSITIVE_WORDS)
    for column in types:
        positive |= _words(clinical[column]).str.contains("distant")
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
    """Use a column of 1 and 0, or yes and no, as it stands; blank is left out.

    Raises
    ------
    DeepCMEError
        If the column is not there or holds anything else.
    """
    _require(clinical, column)
    words = _words(clinical[column])
    values = pd.Series(np.nan, index=clinical.index)
    values[words.isin(_POSITIVE_WORDS)] = 1.0
    values[words.isin(_NEGATIVE_WORDS)] = 0.0
    odd = clinical.loc[values.isna() & (words != ""), column].drop_duplicates()
    if len(odd):
        raise DeepCMEError(
            f"the label {column!r} is not binary: it holds "
            f"{', '.join(map(str, odd.iloc[:6]))}. Write 1 and 0 (or yes and no), and leave "
            "unknown ones blank."
        )
    return Labelling(
        name=column,
        rule=f"{column} = 1 against {column} = 0, as given; blank = left out.",
        values=values,
        left_out={f"with a blank {column}": int(values.isna().sum())},
        columns=(column,),
    )


def m_stage(clinical: pd.DataFrame) -> pd.Series | None:
    """M0, M1, MX or missing for each row; None if no column holds the M stage."""
    columns = _present(clinical, M_STAGE_COLUMNS)
    return _m_stage(clinical, columns) if columns else None


def _m_stage(clinical: pd.DataFrame, columns: list[str]) -> pd.Series:
    stage = pd.Series(None, index=clinical.index, dtype=object)
    for column in columns:
        # "cM0 (i+)" is M0 with tumour cells seen in blood or marrow; "M1a" is M1.
        found = _words(clinical[column]).str.extract(r"^c?p?(m[01x])", expand=False).str.upper()
        stage = stage.where(stage.notna(), found)
    return stage


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


def _words(values: pd.Series) -> pd.Series:
    text = values.astype(object).where(values.notna(), "")
    return text.map(lambda value: str(value).strip().lower())


def _numbers(clinical: pd.DataFrame, column: str) -> pd.Series:
    _require(clinical, column)
    values = clinical[column]
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    odd = (numbers.isna() & values.notna()) | np.isinf(numbers) | (numbers < 0)
    if odd.any():
        raise DeepCMEError(
            f"sample {values.index[odd][0]}: {column} is {values[odd].iloc[0]!r}, "
            "which is not a length of time."
        )
    return numbers


def _event_indicator(clinical: pd.DataFrame, column: str) -> pd.Series:
    _require(clinical, column)
    words = _words(clinical[column])
    coded = words.str.extract(_CODED_STATUS, expand=False)
    words = coded.where(coded.notna(), words)
    event = pd.Series(np.nan, index=clinical.index)
    event[words.isin(_EVENT_WORDS)] = 1.0
    event[words.isin(_NO_EVENT_WORDS)] = 0.0
    odd = event.isna() & (words != "")
    if odd.any():
        value = clinical.loc[odd, column].iloc[0]
        raise DeepCMEError(
            f"sample {clinical.index[odd][0]}: {column} is {value!r}, "
            "which does not say whether the event was seen; write 1 or 0."
        )
    return event
