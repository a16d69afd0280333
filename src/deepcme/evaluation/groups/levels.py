"""Patients divided by what was known of them at the start: which columns, and at which cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from deepcme.base.words import words_of_name
from deepcme.cohort.indices.indices import index_named

FEWEST, MOST = 2, 6
"""Number of levels that a column may have."""
MOST_COLUMNS = 8
USUAL_CUTS = {"age": 50.0}
"""Where the clinic cuts numbers of such a name; others are cut at their median."""

_FEWEST_AT_A_CUT = 10

# What comes first where columns are not named: a word of the name, in this order.
_FIRST = (
    re.compile(r"er|estrogen|oestrogen|esr"),
    re.compile(r"age"),
    re.compile(r"grade"),
    re.compile(r"nodes?|nodal|ln|pn"),
    re.compile(r"cent(re|er)|site|hospital|institution|batch|cohort"),
    re.compile(r"race|ethnicity|ethnic|ancestry|sex|gender"),
)


@dataclass(frozen=True)
class Levels:
    """Samples divided by the columns that lend themselves to it.

    Attributes
    ----------
    of_sample : DataFrame
        The level of each sample as words, None where unknown, a column for each that was
        taken; indexed by sample.
    described : tuple of str
        The columns, with the cut where there is one, such as ``age (at 50)``.
    left_out : tuple of str
        Those that were not taken, each with the reason.
    """

    of_sample: pd.DataFrame
    described: tuple[str, ...]
    left_out: tuple[str, ...]


def divide_by_columns(
    characteristics: pd.DataFrame,
    left_out: pd.Series | None = None,
    *,
    named: Sequence[str] | None = None,
) -> Levels:
    """Divide samples by their columns of two to six words or values, and cut numbers in two.

    A published index has the groups that it was published with. Other numbers with more values
    are cut where the clinic does (age at 50), if ten samples are on
    either side, or else at their median in these samples. A column that divides the samples
    as an earlier one does is not taken, nor one that has a single level in each cohort
    left out, nor any column after the first eight: receptors, age, grade, nodes, centre (or
    batch, or cohort) and what fairness is asked of (race, sex) come before others. Of named
    columns all are taken that have two to six levels, in the order named.

    Parameters
    ----------
    characteristics : DataFrame
        A column `sample`, and columns of floats (NaN where missing) or words (None).
    left_out : Series, optional
        Where cohorts are left out: that of each row.
    named : sequence of str, optional
        The columns to look at; each is there.
    """
    taken: dict[str, pd.Series] = {}
    described: list[str] = []
    refused: list[str] = []
    seen: dict[tuple[int, ...], str] = {}
    for name in _in_order(characteristics) if named is None else named:
        level, how = _levels_of(characteristics[name])
        n_levels = level.nunique()
        partition = tuple(pd.factorize(level)[0].tolist())
        if not FEWEST <= n_levels <= MOST:
            refused.append(f"{name} ({n_levels} levels)")
        elif named is not None:
            taken[name] = level
            described.append(f"{name}{how}")
        elif left_out is not None and (level.groupby(left_out).nunique() <= 1).all():
            refused.append(f"{name} (one level in each cohort left out)")
        elif partition in seen:
            refused.append(f"{name} (divides them as {seen[partition]} does)")
        elif len(taken) == MOST_COLUMNS:
            refused.append(f"{name} (after the first {MOST_COLUMNS})")
        else:
            taken[name], seen[partition] = level, name
            described.append(f"{name}{how}")
    of_sample = pd.DataFrame(taken).set_axis(characteristics["sample"], axis=0)
    return Levels(of_sample, tuple(described), tuple(refused))


def _in_order(characteristics: pd.DataFrame) -> list[str]:
    """The columns, those first that are asked for first."""
    return sorted(map(str, characteristics.columns.drop("sample")), key=_rank)


def _rank(name: str) -> int:
    words = words_of_name(name)
    places = (i for i, usual in enumerate(_FIRST) if any(map(usual.fullmatch, words)))
    return next(places, len(_FIRST))


def _levels_of(values: pd.Series) -> tuple[pd.Series, str]:
    """Level of each sample, and where it was cut, in brackets."""
    known = values.dropna()
    if not pd.api.types.is_numeric_dtype(values):
        return values, ""
    if (index := index_named(str(values.name))) is not None:
        groups = index.group_of(values.to_numpy(dtype="float64"))
        cuts = " and ".join(f"{cut:g}" for cut in index.cut_offs)
        return pd.Series(groups, index=values.index, name=values.name), f" (at {cuts})"
    if known.nunique() <= MOST:
        return values.map("{:g}".format, na_action="ignore"), ""
    cut = _choose_cut(str(values.name), known)
    levels = values.map(lambda value: f"{cut:g} or more" if value >= cut else f"below {cut:g}")
    return levels.where(values.notna(), None), f" (at {cut:g})"


def _choose_cut(name: str, known: pd.Series) -> float:
    words = re.findall(r"[a-z]+", name.lower())
    for word in filter(USUAL_CUTS.__contains__, words):
        usual = USUAL_CUTS[word]
        if min((known < usual).sum(), (known >= usual).sum()) >= _FEWEST_AT_A_CUT:
            return usual
    median = known.median()
    # Of many samples at the median the cut is on the side of it that divides more evenly.
    cuts = {float(median), float(known[known > median].min())}
    shares = {cut: abs(float((known >= cut).mean()) - 0.5) for cut in sorted(cuts)}
    return min(shares, key=lambda cut: shares[cut])
