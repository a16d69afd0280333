"""Clinical indices by name: formula, source, and how a cohort's columns give them.

An index is a row of `INDICES`. Nothing of it is learned: the formula is the published one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.indices.grades import GRADE
from deepcme.cohort.indices.nodes import NODES
from deepcme.cohort.indices.reading import (
    Component,
    FloatArray,
    find_component,
    known_texts,
    spelled,
)
from deepcme.cohort.indices.sizes import SIZE

NOTTINGHAM_INDEX = "nottingham-index"
_SAME = 0.05
"""Two values further apart are not the same one, rounded."""


@dataclass(frozen=True)
class ClinicalIndex:
    """A published index of clinical columns; higher is worse.

    Attributes
    ----------
    name, title : str
    formula : str
        In words.
    source : str
    cancer : str
        Of which patients it was made.
    components : tuple of Component
    compute : callable
        From the values of the components, in their order, to the index.
    groups : tuple of str
        From the best prognosis to the worst.
    cut_offs : tuple of float
        Up to each lies the group of its place.
    names : pattern
        Of columns in which cohorts have the index itself, such as `spelled` gives them.
    range : tuple of float
        Between these lies every index.
    """

    name: str
    title: str
    formula: str
    source: str
    cancer: str
    components: tuple[Component, ...]
    compute: Callable[..., FloatArray]
    groups: tuple[str, ...]
    cut_offs: tuple[float, ...]
    names: re.Pattern[str]
    range: tuple[float, float]

    def group_of(self, values: FloatArray) -> NDArray[np.object_]:
        """The prognostic group of each value; None where it is not known."""
        groups = np.array([*self.groups, None], dtype=object)
        position = np.searchsorted(self.cut_offs, values)
        return groups[np.where(np.isnan(values), len(self.groups), position)]


def compute_nottingham_index(
    size_cm: FloatArray, node_stage: FloatArray, grade: FloatArray
) -> FloatArray:
    """The Nottingham prognostic index: 0.2 x size in cm + lymph-node stage + grade.

    Parameters
    ----------
    size_cm : ndarray of float64
    node_stage : ndarray of float64
        1 without positive nodes, 2 with 1 to 3, 3 with 4 or more.
    grade : ndarray of float64
        Histological grade, 1 to 3.

    Returns
    -------
    ndarray of float64
        NaN where a component is; rounded to 1e-6, as a sum of exactly 3.4 is of the good group.

    References
    ----------
    .. [1] Haybittle JL, Blamey RW, Elston CW, et al. (1982). A prognostic index in primary
       breast cancer. Br J Cancer 45:361-366.
    .. [2] Galea MH, Blamey RW, Elston CE, Ellis IO (1992). The Nottingham Prognostic Index in
       primary breast cancer. Breast Cancer Res Treat 22:207-219.
    """
    return np.round(0.2 * size_cm + node_stage + grade, 6)


INDICES: tuple[ClinicalIndex, ...] = (
    ClinicalIndex(
        name=NOTTINGHAM_INDEX,
        title="Nottingham prognostic index",
        formula="0.2 x size in cm + lymph-node stage (1 without a positive node, 2 with 1 to "
        "3, 3 with 4 or more) + histological grade (1 to 3)",
        source="Haybittle et al. 1982, Br J Cancer 45:361; Galea et al. 1992, Breast Cancer "
        "Res Treat 22:207",
        cancer="breast",
        components=(SIZE, NODES, GRADE),
        compute=compute_nottingham_index,
        groups=("good", "moderate", "poor"),
        cut_offs=(3.4, 5.4),
        names=re.compile(r"npi|nottingham (prognostic )?index( npi)?"),
        range=(2.0, 12.0),
    ),
)


@dataclass(frozen=True)
class DerivedIndex:
    """An index of each sample of a cohort.

    Attributes
    ----------
    index : ClinicalIndex
    values : ndarray of float64, shape (n_samples,)
        NaN where a component is not known.
    columns : tuple of str
        Columns of the cohort that it was made of.
    words : str
        Of what it was made, in words.
    note : str
        What is odd about it, in a sentence; may be empty.
    """

    index: ClinicalIndex
    values: FloatArray
    columns: tuple[str, ...]
    words: str
    note: str = ""

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Which samples have it."""
        return ~np.isnan(self.values)

    def describe(self) -> str:
        """Of how many samples, of what it was made, and who is in which group."""
        index, n_known = self.index, int(self.is_known.sum())
        in_group = pd.Series(index.group_of(self.values)).value_counts()
        groups = ", ".join(f"{in_group.get(group, 0):,} {group}" for group in index.groups)
        cuts = " and ".join(f"{cut:g}" for cut in index.cut_offs)
        return " ".join(
            filter(
                None,
                (
                    f"{index.title} of {n_known:,} of "
                    f"{counted(len(self.values), 'sample')}: {self.words}. "
                    f"By the cut-offs {cuts}: {groups}.",
                    self.note,
                ),
            )
        )


def index_named(name: str) -> ClinicalIndex | None:
    """The index of a name; None if there is none."""
    return next((index for index in INDICES if index.name == name), None)


def derive_index(
    index: ClinicalIndex, cohort: Cohort, named: Mapping[str, str] | None = None
) -> DerivedIndex:
    """An index of a cohort's samples, from its clinical columns.

    Where these do not give it and the cohort has a column that is called as the index, the
    values are that column's; where they do, it is computed all the same, and compared.

    Parameters
    ----------
    index : ClinicalIndex
    cohort : Cohort
    named : mapping of str to str, optional
        The columns of components that are not found by their names, or constants.

    Raises
    ------
    AbsentError
        If it cannot be made of the cohort; says what is missing.
    """
    named = named or {}
    obs = cohort.obs.set_axis(cohort.samples, axis=0)
    own = [column for column in obs.columns if index.names.fullmatch(spelled(str(column)))]
    try:
        return _computed(index, obs, named, own)
    except AbsentError as error:
        if not own or any(named.values()):
            raise AbsentError(f"{cohort.name}: no {index.title}: {error}.") from error
        return _as_it_is(index, obs[own[0]], str(error), cohort.name)


def _computed(
    index: ClinicalIndex, obs: pd.DataFrame, named: Mapping[str, str], own: Sequence[str]
) -> DerivedIndex:
    parts, absent = [], []
    for component in index.components:
        try:
            parts.append(find_component(component, obs, named.get(component.name, "")))
        except AbsentError as error:
            absent.append(str(error))
    if absent:
        raise AbsentError("; ".join(absent))
    values = index.compute(*(part.values for part in parts))
    words = "; ".join(part.words for part in parts)
    if np.isnan(values).all():
        raise AbsentError(f"no sample has all of it ({words})")
    columns = tuple(column for part in parts for column in part.columns)
    note = " ".join(filter(None, (_compare(values, obs[column]) for column in own)))
    return DerivedIndex(index, values, columns, words, note)


def _as_it_is(index: ClinicalIndex, column: pd.Series, why: str, cohort: str) -> DerivedIndex:
    """The index as a column of the cohort has it."""
    values = _numbers(column)
    lowest, highest = index.range
    odd = (values < lowest) | (values > highest)
    if odd.any() or values.isna().all():
        first = f" ({values[odd].iloc[0]:g} of sample {odd.index[odd][0]})" if odd.any() else ""
        raise AbsentError(
            f"{cohort}: no {index.title}: {why}; and the column {column.name!r} has values "
            f"that are none{first}."
        )
    words = f"as the cohort's own column {column.name} has it"
    note = f"It is unchecked, since {why}."
    return DerivedIndex(index, values.to_numpy(), (str(column.name),), words, note)


def _numbers(column: pd.Series) -> pd.Series:
    texts = known_texts(column)
    return pd.to_numeric(texts, errors="coerce").astype("float64").reindex(column.index)


def _compare(values: FloatArray, column: pd.Series) -> str:
    """A sentence where a cohort's own column says something else than what was computed."""
    given = _numbers(column).to_numpy()
    both = ~np.isnan(values) & ~np.isnan(given)
    apart = np.abs(values - given)[both]
    if not (apart > _SAME).any():
        return ""
    n_apart, n_both = int((apart > _SAME).sum()), int(both.sum())
    return (
        f"The cohort's own column {column.name} differs from it in {n_apart:,} of {n_both:,} "
        f"samples, by up to {apart.max():.2f}; the computed values are used."
    )
