"""Permutations of patients under which the parts of given splits keep their balance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from deepcme.cohort.outcome import Outcome
from deepcme.cohort.splits import Split, SplitBy, rows_that_stay_together

Counts = NDArray[np.int64]

_OFF_IN_TEST, _OFF_IN_VALIDATION = 1, 2
"""By how many patients a part may be off its share."""
_OF_NONE = 8.0
"""So many more a part counts that has none of what it should have some of."""
_AT_ONCE = 32
"""Exchanges that are looked at together, of which one is made."""
_HEAT = 0.4
"""How far, in patients, an exchange may be from the best of them and be made all the same."""
_MOST_LOOKS = 1000
_MIXED = 256
"""Exchanges that are proposed once the balance is found; those that keep it are made."""


@dataclass(frozen=True)
class _Alike:
    """Patients who may be exchanged: of one stratum, with equally many samples.

    Attributes
    ----------
    rows : array, shape (patients, samples)
    units : array, shape (patients, units)
        What splits keep together: one a patient, or each sample where patients do not matter.
    kinds : array, shape (patients,)
        Equal numbers for equal outcomes.
    """

    rows: Counts
    units: Counts
    kinds: Counts

    @cached_property
    def share_unlike(self) -> float:
        """Share of pairs whose outcomes differ."""
        return float(1 - np.square(np.bincount(self.kinds) / len(self.kinds)).sum())


@dataclass(frozen=True)
class BalancedPermutations:
    """Permutations of patients that leave splits about as balanced as stratified ones are.

    Splits are drawn for the outcomes as they are: each part has its share of the events, to
    the next whole number. Permuted at random, outcomes would be spread less evenly over the
    same splits, and few events would leave test parts without any. So only permutations are
    drawn under which every test part has of each outcome its share, give or take one patient,
    and some where it has some now; a validation part give or take two. Where there are strata
    that is so in each of them, and in all together. What is counted is what splits keep
    together; outcomes are the strata of `Outcome`, early and late events apart.

    Which labellings these are depends on the splits and on how many patients of each outcome
    there are, and the outcomes as they are are one of them (where one of their parts is
    farther off its share, so others' may be). Without a signal all are alike, given the splits:
    the permutation test is one conditional on the balance, as one that permutes within strata
    is on theirs [1]_. What is neglected is that splits drawn for the other labellings would
    have been balanced still closer.

    From a permutation at random, pairs of patients are exchanged, mostly those who help, until
    the balance holds; then at random, as it allows, each exchange as likely as its undoing,
    so that no balanced labelling is preferred for lying near many others [2]_. If it is not
    found, as in cohorts of a few patients or over many splits, the nearest labelling is taken,
    in which a few parts are one patient farther off.

    Attributes
    ----------
    n_rows : int
    alike : tuple of _Alike
    member : array, shape (units, groups)
        1 where a unit's outcome is counted in a group: those of one outcome and stratum, or of
        one outcome over all strata.
    places : array, shape (units, parts)
        1 where a unit is in a part.
    middle, width : array, shape (groups, parts)
        Each part may have so many of a group, and so many fewer or more.

    References
    ----------
    .. [1] Hennessy J, Dasgupta T, Miratrix L, Pattanayak C, Sarkar P (2016). A conditional
       randomization test to account for covariate imbalance in randomized experiments. Journal
       of Causal Inference 4:61-80.
    .. [2] Besag J, Clifford P (1989). Generalized Monte Carlo significance tests. Biometrika
       76:633-642.
    """

    n_rows: int
    alike: tuple[_Alike, ...]
    member: Counts
    places: Counts
    middle: NDArray[np.float64]
    width: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        outcome: Outcome,
        patients: ArrayLike,
        splits: Sequence[Split],
        strata: ArrayLike | None = None,
        *,
        by: SplitBy = "patient",
        validates: bool = True,
    ) -> Self:
        """Those of a cohort's outcomes over its splits.

        Parameters
        ----------
        outcome : Outcome
        patients : array
            Whose sample it is.
        splits : sequence of Split
        strata : array, optional
            Stratum of each sample: outcomes stay within it.
        by : {"patient", "sample"}
            What the splits keep together.
        validates : bool
            Whether the model sees validation parts in another way than training parts, so that
            their balance matters.
        """
        patient = np.asarray(patients).astype(str)
        table = pd.DataFrame({"patient": patient, "unit": rows_that_stay_together(patient, by)})
        table["stratum"] = 0 if strata is None else pd.factorize(np.asarray(strata, str))[0]
        together = table.groupby(["stratum", "unit"], sort=False)
        unit: Counts = together.ngroup().to_numpy().astype(np.int64)
        first = np.unique(unit, return_index=True)[1]
        stratum = table["stratum"].to_numpy()[first]
        value = np.zeros(len(first), dtype=np.int64)
        np.maximum.at(value, unit, outcome.strata)
        parts = [(split.test, _OFF_IN_TEST) for split in splits]
        if validates:
            parts += [(split.validation, _OFF_IN_VALIDATION) for split in splits]
        places = np.stack([np.isin(first, rows) for rows, _ in parts], axis=1).astype(np.int64)
        member = _count_together(stratum, value)
        low, high = _find_limits(member, stratum, places, np.array([off for _, off in parts]))
        alike = tuple(_find_alike(table, unit, value))
        return cls(len(patient), alike, member, places, (low + high) / 2, (high - low) / 2)

    def draw(self, random: np.random.Generator) -> Counts:
        """Whose row stands for each row in one of the permutations."""
        walk = _Walk(self, random)
        walk.find_balance()
        walk.mix()
        permuted = np.arange(self.n_rows)
        for alike, order in zip(self.alike, walk.orders, strict=True):
            permuted[alike.rows] = alike.rows[order]
        return permuted


@dataclass(frozen=True)
class _Exchanges:
    """Pairs of places among those who are alike, and what each would change of the counts."""

    number: int
    pairs: Counts
    changes: Counts


class _Walk:
    """From one labelling to the next, by exchanging two patients."""

    def __init__(self, all_of: BalancedPermutations, random: np.random.Generator) -> None:
        self._of, self._random = all_of, random
        self.orders = [random.permutation(len(alike.rows)) for alike in all_of.alike]
        # Only patients of several outcomes are worth exchanging.
        self._mixed = [n for n, alike in enumerate(all_of.alike) if alike.kinds.any()]
        self._ends = np.cumsum([len(all_of.alike[number].rows) for number in self._mixed])
        self._counts = self._count()
        self._allowed = 0.0

    def _count(self) -> Counts:
        """How many units of each group each part has."""
        member = np.empty_like(self._of.member)
        for alike, order in zip(self._of.alike, self.orders, strict=True):
            member[alike.units] = self._of.member[alike.units[order]]
        counts: Counts = member.T @ self._of.places
        return counts

    def _off_balance(self, counts: Counts) -> NDArray[np.float64]:
        """By how many units all parts together are beyond what they may have."""
        beyond = np.maximum(np.abs(counts - self._of.middle) - self._of.width, 0)
        beyond += _OF_NONE * ((counts == 0) & (beyond > 0))
        off: NDArray[np.float64] = beyond.sum(axis=(-2, -1))
        return off

    def find_balance(self) -> None:
        """Exchange patients until every part has its share, or take the nearest by then."""
        nearest, orders = self._off_balance(self._counts), self._copy()
        for _ in range(_MOST_LOOKS if self._mixed else 0):
            if nearest == 0:
                break
            exchanges = self._propose()
            off = self._off_balance(self._counts + exchanges.changes)
            chosen = int((off + self._random.gumbel(scale=_HEAT, size=len(off))).argmin())
            self._make(exchanges, chosen)
            if off[chosen] < nearest:
                nearest, orders = off[chosen], self._copy()
        self.orders, self._allowed = orders, float(nearest)
        self._counts = self._count()

    def mix(self) -> None:
        """Exchange patients at random, wherever the balance allows it.

        As many are proposed whatever comes of them: a labelling from which little can be
        exchanged is stayed at for longer, and so drawn as often as one among many others.
        """
        left = _MIXED if self._mixed else 0
        while left > 0:
            exchanges = self._propose()
            off = self._off_balance(self._counts + exchanges.changes)[:left]
            allowed = np.flatnonzero(off <= self._allowed)
            if len(allowed):
                self._make(exchanges, int(allowed[0]))
            left -= int(allowed[0]) + 1 if len(allowed) else len(off)

    def _copy(self) -> list[Counts]:
        return [order.copy() for order in self.orders]

    def _propose(self) -> _Exchanges:
        """Some pairs of patients of unlike outcomes, each pair as likely as any other."""
        drawn = self._random.integers(self._ends[-1])
        number = self._mixed[int(np.searchsorted(self._ends, drawn, side="right"))]
        alike, order = self._of.alike[number], self.orders[number]
        pairs = self._draw_unlike(alike, order)
        one, other = alike.units[pairs.T]
        from_one, from_other = alike.units[order[pairs.T]]
        gone = self._of.member[from_one] - self._of.member[from_other]
        moved = self._of.places[other] - self._of.places[one]
        changes = (gone[..., None] * moved[:, :, None]).sum(axis=1)
        return _Exchanges(number, pairs, changes)

    def _draw_unlike(self, alike: _Alike, order: Counts) -> Counts:
        """Pairs of places at which unlike outcomes stand."""
        n_drawn = int(_AT_ONCE / alike.share_unlike) + 1
        pairs = self._random.integers(len(order), size=(n_drawn, 2))
        stand = alike.kinds[order[pairs]]
        unlike: Counts = pairs[stand[:, 0] != stand[:, 1]]
        return unlike if len(unlike) else self._draw_unlike(alike, order)

    def _make(self, exchanges: _Exchanges, which: int) -> None:
        one, other = exchanges.pairs[which]
        order = self.orders[exchanges.number]
        order[[one, other]] = order[[other, one]]
        self._counts = self._counts + exchanges.changes[which]


def _count_together(stratum: Counts, value: Counts) -> Counts:
    """Which units are counted together: those of a kind, and of several strata of an outcome.

    Of two outcomes in a stratum the rarer one is, as the other has what it leaves.
    """
    counted = []
    for one in np.unique(stratum):
        kinds, sizes = np.unique(value[stratum == one], return_counts=True)
        kinds = kinds[[sizes.argmin()]] if len(kinds) == 2 else kinds
        counted += [(stratum == one) & (value == kind) for kind in kinds]
    if stratum.any():
        counted += [value == kind for kind in np.unique(value)]
    return np.array(counted, dtype=np.int64).reshape(len(counted), len(value)).T


def _find_limits(
    member: Counts, stratum: Counts, places: Counts, off: Counts
) -> tuple[Counts, Counts]:
    """Fewest and most of each group in each part, which may be so many off its share."""
    in_stratum = np.eye(stratum.max() + 1)[stratum]
    of_part = (in_stratum.T @ places) / in_stratum.sum(axis=0)[:, None]
    share = (member.T @ in_stratum) @ of_part
    counts = member.T @ places
    # A share that is a whole number may be rounded to just beside it.
    low = np.maximum(np.ceil(share - off - 1e-9), 1).astype(np.int64)
    high = np.floor(share + off + 1e-9).astype(np.int64)
    return np.minimum(low, counts), np.maximum(high, counts)


def _find_alike(table: pd.DataFrame, unit: Counts, value: Counts) -> Iterator[_Alike]:
    of_patient = table.groupby(["stratum", "patient"]).ngroup().to_numpy()
    ends = np.cumsum(np.bincount(of_patient))[:-1]
    blocks: dict[tuple[int, int], list[Counts]] = {}
    for rows in np.split(np.argsort(of_patient, kind="stable"), ends):
        stratum = int(table["stratum"].iloc[rows[0]])
        blocks.setdefault((stratum, len(rows)), []).append(rows)
    for rows in map(np.stack, (blocks[key] for key in sorted(blocks))):
        units = unit[rows]
        units = units if (units != units[:, :1]).any() else units[:, :1]
        kinds = np.unique(value[units], axis=0, return_inverse=True)[1].ravel()
        yield _Alike(rows, units, kinds)
