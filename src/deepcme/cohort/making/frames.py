"""A cohort of pandas DataFrames: samples by genes, and what is known of the samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned, counted, few
from deepcme.cohort.barcodes import barcode_annotation
from deepcme.cohort.endpoints.endpoints import binary_column
from deepcme.cohort.endpoints.labelling import Labelling
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.cohort.flow import LABELLED, FlowStep
from deepcme.cohort.people import cell_text
from deepcme.cohort.scales.mixed_scales import find_mixed_scales
from deepcme.cohort.scales.scales import Scale, doubt_logs, guess_scale, on_scale


@dataclass(frozen=True)
class FrameColumns:
    """Which columns of a table of samples hold what; a label or else times are the outcome."""

    label: str | None = None
    times: TimeToEvent | None = None
    patient: str | None = None
    tissue: str | None = None
    batch: str | None = None

    def require_names(self) -> None:
        """Refuse values where the name of a column is asked for."""
        times = self.times
        named = {"label": self.label, "patient": self.patient}
        named |= {"tissue": self.tissue, "batch": self.batch}
        named |= {"time": times.time, "event": times.event} if times else {}
        for argument, name in named.items():
            if name is not None and not isinstance(name, str):
                raise DeepCMEError(
                    f"{argument}= takes the name of a column of obs, not "
                    f"{type(name).__name__}: put the values into obs."
                )

    def outcome_of(self, obs: pd.DataFrame) -> Labelling:
        """The outcome of each sample that has one, and the rule in words."""
        if self.label is not None and self.times is None:
            return binary_column(obs, self.label)
        if self.label is None and self.times is not None:
            return self.times.label(obs)
        raise DeepCMEError(
            "Give either label= (a column of 1 and 0) or time= and event= (two columns)."
        )


def times_of(
    time: str | None,
    event: str | None,
    unit: Any = None,
    competing: Mapping[str, object] | None = None,
    horizon: float | None = None,
) -> TimeToEvent | None:
    """The columns of times as they are asked for; None where none are.

    Raises
    ------
    DeepCMEError
        If one of both columns is missing, or `competing` names more than one.
    """
    if time is None or event is None:
        if not any((time, event, unit, competing, horizon)):
            return None
        raise DeepCMEError("Times to an event take both time= and event=, a column each.")
    if competing is None:
        return TimeToEvent(time, event, unit, None, horizon)
    if len(competing) != 1:
        raise DeepCMEError(
            "competing= takes one column and its value, such as {'vital_status': 'Dead'}."
        )
    [(column, value)] = competing.items()
    return TimeToEvent(time, event, unit, (column, cell_text(value)), horizon)


def arguments_of_frames(
    X: pd.DataFrame,
    obs: pd.DataFrame,
    columns: FrameColumns,
    *,
    scale: Scale | None,
    symbols: Mapping[str, str] | None,
) -> dict[str, Any]:
    """What `Cohort.from_arrays` takes of two tables; it is described in `Cohort.from_frame`."""
    columns.require_names()
    obs = _aligned(X, obs)
    genes = [cleaned(str(gene)) for gene in X.columns]
    _require_own(genes, "gene", "X.T has samples as columns: is X the other way round?")
    labelling = columns.outcome_of(obs)
    known = labelling.known
    kept = obs[known]
    matrix = numbers_of_frame(X)[known]
    notes: list[str] = []
    matrix, scale = _on_scale(matrix, scale, kept.index, notes)
    own = _own_columns(kept, columns, notes)
    first = _own_columns(obs, columns, [])["patients"]
    outcome = labelling.outcome
    flow = [
        FlowStep.count("read", first),
        FlowStep.count(LABELLED, own["patients"], outcome.events, labelling.left_out),
    ]
    used = {columns.label, columns.patient, columns.tissue, columns.batch}
    return {
        "X": matrix,
        "labels": outcome,
        "samples": kept.index.tolist(),
        "genes": genes,
        "symbols": None if symbols is None else [symbols.get(gene, "") for gene in genes],
        **own,
        "clinical": kept.drop(columns=[name for name in used if name is not None]),
        "endpoint": labelling.endpoint,
        "scale": scale,
        "provenance": {
            "source": "a DataFrame",
            "notes": [*notes, *labelling.notes()],
            "flow": [step.as_json() for step in flow],
        },
    }


def _aligned(X: pd.DataFrame, obs: pd.DataFrame) -> pd.DataFrame:
    """The table of samples in the order of the matrix; both have the same samples."""
    for name, table in (("X", X), ("obs", obs)):
        if not isinstance(table, pd.DataFrame):
            kind = type(table).__name__
            raise DeepCMEError(f"{name} must be a DataFrame with sample ids, not {kind}.")
    samples, listed = _ids(X.index), _ids(obs.index)
    _require_own(samples, "sample", "rows of X are samples.")
    _require_own(listed, "sample", "obs has one row for each sample.")
    if not set(samples) & set(listed):
        if set(_ids(X.columns)) & set(listed):
            raise DeepCMEError("X has the samples as columns: give X.T, samples x genes.")
        raise DeepCMEError(
            f"X and obs share no sample: the index of X has {few(samples)}, that of obs "
            f"{few(listed)}. Set the sample ids as the index of both."
        )
    for ids, others, lacks in ((samples, listed, "obs"), (listed, samples, "X")):
        if lacking := sorted(set(ids) - set(others)):
            are = "is" if len(lacking) == 1 else "are"
            raise DeepCMEError(
                f"{counted(len(lacking), 'sample')} ({few(lacking)}) {are} not in {lacks}: "
                "take the samples that both have, such as X.loc[obs.index]."
            )
    texts = obs.columns.map(str)
    if repeated := texts[texts.duplicated()].tolist():
        raise DeepCMEError(f"obs has two columns called {repeated[0]!r}: rename one.")
    named = obs.set_axis(listed, axis=0).set_axis(texts, axis=1)
    return named.loc[samples]


def _ids(index: pd.Index) -> list[str]:
    return [cleaned(cell_text(name)) for name in index]


def _require_own(ids: Iterable[str], kind: str, because: str) -> None:
    counts = pd.Series(list(ids)).value_counts()
    if repeated := counts.index[counts > 1].tolist():
        raise DeepCMEError(
            f"{counted(len(repeated), f'{kind} id')} of X or obs occur more than once "
            f"({few(repeated)}): each {kind} needs an id of its own; {because}"
        )


def numbers_of_frame(X: pd.DataFrame) -> NDArray[np.float32]:
    """The values as float32, NaN where missing; what is no number is named."""
    read = {}
    for place, (gene, dtype) in enumerate(zip(X.columns, X.dtypes, strict=True)):
        if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
            continue
        values = X.iloc[:, place]
        numbers = pd.to_numeric(values, errors="coerce")
        odd = numbers.isna() & values.notna()
        if odd.any():
            raise DeepCMEError(
                f"sample {odd.idxmax()}, gene {gene}: {values[odd].iloc[0]!r} is no number; "
                "X holds expression alone, and clinical columns belong into obs."
            )
        read[place] = numbers
    if read:
        X = pd.concat(
            [read.get(place, X.iloc[:, place]) for place in range(X.shape[1])], axis=1
        )
    with np.errstate(over="ignore"):
        return X.to_numpy(dtype=np.float32, na_value=np.nan)


def _on_scale(
    matrix: NDArray[np.float32], scale: Scale | None, samples: pd.Index, notes: list[str]
) -> tuple[NDArray[np.float32], Scale]:
    """The values on their scale, which is worked out and noted if not given."""
    mixed = find_mixed_scales(matrix)
    if mixed is not None:
        raise DeepCMEError(f"X: {mixed.describe(samples.tolist())}.")
    if scale is None:
        scale, reason = guess_scale(matrix)
        notes.append(f"Scale taken as {scale}: {reason}.")
        notes += doubt_logs(matrix) if scale == "log2" else []
    values, said = on_scale(matrix, scale)
    notes += said
    return values, scale


def _own_columns(obs: pd.DataFrame, columns: FrameColumns, notes: list[str]) -> dict[str, Any]:
    """Patient, tissue and batch of each sample: as a column states, else as its id tells."""
    told = barcode_annotation(obs.index)
    own = {"patients": told["patient"], "tissue": told["tissue"], "batch": told["plate"]}
    asked = {"patients": columns.patient, "tissue": columns.tissue, "batch": columns.batch}
    for name, column in asked.items():
        if column is None:
            continue
        if column not in obs.columns:
            raise DeepCMEError(
                f"obs has no column {column!r}; there are {few(obs.columns, 12)}."
            )
        own[name] = obs[column].map(cell_text)
    if columns.patient is None and not own["patients"].duplicated().any():
        notes.append("No patient column was given: every sample counts as its own patient.")
    return {
        name: None if values.isna().all() else values.tolist() for name, values in own.items()
    }
