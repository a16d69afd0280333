"""A committee as it is kept: each member in its own form, and how their scores become one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from deepcme.network.architecture import FloatArray
from deepcme.trained.learned.arrays import Arrays, Scores, UnfitArraysError, require_numbers
from deepcme.trained.learned.single import SINGLE_FORMS, LearnedSingle

_PREFIX = "committee."
_CENTRES, _SPREADS, _LINE = (f"{_PREFIX}{name}" for name in ("centres", "spreads", "line"))


@dataclass(frozen=True, eq=False)
class LearnedCommittee:
    """Models whose scores are averaged, each in deviations from its own mean.

    Attributes
    ----------
    members : sequence of what each learned
    centres, spreads : ndarray of float64, shape (members,)
        Mean and standard deviation of each member's scores out of fold. One whose scores did
        not differ has a spread of 0 and counts for nothing.
    line : ndarray of float64, shape (2,)
        Intercept and slope from the average to log-odds, or to a log hazard.
    """

    members: Sequence[LearnedSingle]
    centres: NDArray[np.float64]
    spreads: NDArray[np.float64]
    line: NDArray[np.float64]

    @classmethod
    def of(cls, model: Any, Z: FloatArray, forms: Sequence[str]) -> Self:
        """That of a committee fitted on Z, of whose members the forms are known."""
        members = [
            SINGLE_FORMS[form].of(member, Z)
            for form, member in zip(forms, model.members_, strict=True)
        ]
        # A log hazard has no intercept.
        line = np.array([getattr(model, "intercept_", 0.0), model.slope_])
        return cls(members, model.centres_, model.spreads_, line)

    @property
    def counting(self) -> list[int]:
        """Numbers of the members that count."""
        return np.flatnonzero(self.spreads > 0).tolist()

    def evaluate(self, Z: NDArray[np.floating]) -> Scores:
        """The score, and what it would be of each member that counts alone."""
        intercept, slope = self.line
        if not self.counting:
            return Scores(np.full(len(Z), intercept))
        deviations = [
            (self.members[number].evaluate(Z).score - self.centres[number])
            / self.spreads[number]
            for number in self.counting
        ]
        by_member = intercept + slope * np.column_stack(deviations)
        return Scores(by_member.mean(axis=1), by_member if len(deviations) > 1 else None)

    def attribute(self, Z: NDArray[np.floating]) -> NDArray[np.float64]:
        """Shares of the genes in the members' scores, weighed as the committee weighs these."""
        shares = np.zeros(Z.shape)
        for number in self.counting:
            weight = self.line[1] / (self.spreads[number] * len(self.counting))
            shares += weight * self.members[number].attribute(Z)
        return shares

    def arrays(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Those of each member under its number, and those of the committee."""
        for number, member in enumerate(self.members):
            for name, array in member.arrays():
                yield f"{_prefix_of(number)}{name}", array
        yield _CENTRES, self.centres
        yield _SPREADS, self.spreads
        yield _LINE, self.line

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_genes: int, forms: Sequence[str]) -> Self:
        """Rebuild the committee, of whose members the forms are known."""
        own = {name: array for name, array in arrays.items() if name.startswith(_PREFIX)}
        _require_committee(own, len(forms))
        known, members = set(own), []
        for number, form in enumerate(forms):
            prefix = _prefix_of(number)
            of_member = {
                name.removeprefix(prefix): array
                for name, array in arrays.items()
                if name.startswith(prefix)
            }
            known |= {f"{prefix}{name}" for name in of_member}
            members.append(_rebuild_member(number, form, of_member, n_genes))
        if strange := sorted(set(arrays) - known):
            raise UnfitArraysError(f"the array {strange[0]} belongs to no member.")
        return cls(members, own[_CENTRES], own[_SPREADS], own[_LINE])


def _prefix_of(number: int) -> str:
    return f"members.{number}."


def _require_committee(own: Arrays, n_members: int) -> None:
    shapes = {_CENTRES: (n_members,), _SPREADS: (n_members,), _LINE: (2,)}
    if {name: array.shape for name, array in own.items()} != shapes:
        raise UnfitArraysError(f"the committee's arrays are not those of {n_members} members.")
    require_numbers(own, dict.fromkeys(shapes, np.float64))
    if (own[_SPREADS] < 0).any():
        raise UnfitArraysError("a member's standard deviation is negative.")


def _rebuild_member(number: int, form: str, arrays: Arrays, n_genes: int) -> LearnedSingle:
    try:
        return SINGLE_FORMS[form].from_arrays(arrays, n_genes)
    except UnfitArraysError as error:
        raise UnfitArraysError(f"of member {number} of the committee, {error}") from error
