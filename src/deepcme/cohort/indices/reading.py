"""A component of a clinical index: which column of a cohort has it, and its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import AbsentError
from deepcme.base.words import cleaned, counted, few, says_nothing

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """Values of a component, NaN where they are not known.

    Attributes
    ----------
    values : ndarray of float64, shape (n_samples,)
    words : str
        From where they are and what was made of them, as in ``size from size_mm, in mm``.
    columns : tuple of str
        Columns of the cohort that they come from; none of what the study states.
    """

    values: FloatArray
    words: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Component:
    """What an index is made of, and how cohorts have it.

    Attributes
    ----------
    name : str
        What a study file calls it.
    wanted : str
        The column that would do, in words.
    names : tuple of pattern
        Of the columns that hold it, such as `spelled` gives them; the best first.
    read : callable
        From a column to a `Reading`; raises `AbsentError` where it does not tell.
    constants : mapping
        What a study file may say in place of a column, and what that means for everyone.
    """

    name: str
    wanted: str
    names: tuple[re.Pattern[str], ...]
    read: Callable[[pd.Series], Reading]
    constants: Mapping[str, float] = field(default_factory=dict)


def find_component(component: Component, obs: pd.DataFrame, named: str = "") -> Reading:
    """A component as a cohort has it.

    Parameters
    ----------
    component : Component
    obs : DataFrame
        Clinical columns, one row per sample, indexed by sample.
    named : str
        The column to take, or one of the constants; by default it is found by its name.

    Raises
    ------
    AbsentError
        If there is no such column, there are several that differ, or its values do not tell.
    """
    if named in component.constants:
        value = component.constants[named]
        return Reading(np.full(len(obs), value), f"{component.name} {named}, as the study says")
    if named:
        if named not in obs.columns:
            raise AbsentError(f"there is no column {named!r}, which {component.name} names")
        return component.read(obs[named])
    unclear: AbsentError | None = None
    for pattern in component.names:
        found = [name for name in obs.columns if pattern.fullmatch(spelled(str(name)))]
        try:
            if found:
                return _agreed(component, [component.read(obs[name]) for name in found])
        except AbsentError as error:
            unclear = unclear or error
    raise unclear or AbsentError(f"the cohort has no column of {component.wanted}")


def _agreed(component: Component, readings: list[Reading]) -> Reading:
    """The first of several columns, if no other says something else."""
    first, *others = readings
    for other in others:
        both = ~np.isnan(first.values) & ~np.isnan(other.values)
        if not np.allclose(first.values[both], other.values[both]):
            raise AbsentError(
                f"the columns {first.columns[0]!r} and {other.columns[0]!r} both look like "
                f"{component.name} and differ: name one in the study file, "
                f"{component.name} = {first.columns[0]!r} under [comparator]"
            )
    return first


def spelled(name: str) -> str:
    """Words of a column's name, in small letters and without digits."""
    return " ".join(re.findall(r"[^\W\d_]+", name.lower()))


def known_texts(column: pd.Series) -> pd.Series:
    """The text of each sample of which the column says something, by sample."""
    known = column.dropna()
    if pd.api.types.is_numeric_dtype(column):
        return known.map("{:.10g}".format).astype(object)
    texts = known.astype(str).map(cleaned)
    return texts[~texts.map(says_nothing).astype(bool)].astype(object)


def make_reading(column: pd.Series, numbers: pd.Series, words: str) -> Reading:
    """Numbers of the samples of `known_texts`, NaN for a text that was not understood.

    Raises
    ------
    AbsentError
        If none was understood.
    """
    odd = known_texts(column)[numbers.isna()]
    if numbers.isna().all():
        what = few(map(repr, odd.unique())) if len(odd) else "no value"
        raise AbsentError(f"the column {column.name!r} holds {what}")
    if len(odd):
        shown = few(repr(text) for text in odd.value_counts().index)
        words += f" ({shown} in {counted(len(odd), 'sample')} taken as not known)"
    values = numbers.reindex(column.index).to_numpy(dtype=np.float64)
    return Reading(values, words, (str(column.name),))


def refuse_odd(column: pd.Series, is_odd: pd.Series, what: str) -> None:
    """Refuse the first of the numbers that cannot be, naming its sample."""
    if is_odd.any():
        sample = is_odd.index[is_odd][0]
        raise AbsentError(
            f"sample {sample}: the column {column.name!r} holds "
            f"{known_texts(column)[sample]!r}, which is {what}: correct it, or leave the cell "
            "blank if it is not known"
        )
