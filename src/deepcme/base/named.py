"""Things by their names, which say what there is where a name is wrong."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import NoReturn, TypeVar

from deepcme.base.errors import UnknownNameError

_Thing = TypeVar("_Thing")
_MOST_LISTED = 12


class Named(dict[str, _Thing]):
    """A dict whose `KeyError` is a sentence.

    Parameters
    ----------
    things : mapping
    noun : str
        What they are: ``table``.
    owner : str
        What has them: ``This report``.
    why_absent : mapping, optional
        Why some are not there, by their names.
    """

    def __init__(
        self,
        things: Mapping[str, _Thing],
        noun: str,
        owner: str,
        why_absent: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(things)
        self._noun, self._owner = noun, owner
        self.why_absent = dict(why_absent or {})

    def __missing__(self, name: object) -> NoReturn:
        said = f"{self._owner} has no {self._noun} {name!r}"
        if (why := self.why_absent.get(str(name))) is not None:
            raise UnknownNameError(f"{said}: {why}")
        raise UnknownNameError(f"{said}; {_nearest(str(name), list(self))}")


def _nearest(name: str, names: list[str]) -> str:
    """What is spelled nearly so; else some of what there is."""
    if close := difflib.get_close_matches(name, names, n=3, cutoff=0.5):
        return f"did you mean {' or '.join(map(repr, close))}?"
    listed = ", ".join(names[:_MOST_LISTED]) or "none"
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"there are {listed}{more}."
