"""Which samples or genes an index means: a mask, places, a slice, or names."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted


def chosen_places(
    key: Any, ids: Sequence[str], noun: str, further: Sequence[str] = ()
) -> NDArray[np.int64]:
    """Places of what is chosen, in the order in which it is named.

    Parameters
    ----------
    key : slice, mask, places, name or names
        A boolean Series with an index of ids is taken by its ids.
    ids : sequence of str
        Of all there is.
    noun : str
        What they are of: ``sample`` or ``gene``.
    further : sequence of str, optional
        Other names, of which one may be that of several.

    Raises
    ------
    DeepCMEError
        If a name is not there, nothing or something twice is chosen, or the key is nothing of
        the kind.
    """
    n = len(ids)
    if isinstance(key, slice):
        places = np.arange(n)[key]
    else:
        places = _listed_places(key, list(ids), noun, list(further))
    if not len(places):
        raise DeepCMEError(f"No {noun} is chosen of {counted(n, noun)}.")
    if len(np.unique(places)) < len(places):
        repeated = pd.Series(places)[pd.Series(places).duplicated()].iloc[0]
        raise DeepCMEError(f"The {noun} {ids[repeated]} is chosen twice: choose each once.")
    return places


def _listed_places(
    key: Any, ids: list[str], noun: str, further: list[str]
) -> NDArray[np.int64]:
    if isinstance(key, pd.Series) and key.dtype == bool and set(key.index) == set(ids):
        key = key.loc[ids]
    listed = [key] if isinstance(key, str) or np.ndim(key) == 0 else list(key)
    if listed and all(isinstance(one, str) for one in listed):
        return np.concatenate([_places_of(one, ids, noun, further) for one in listed])
    values = np.asarray(listed)
    n = len(ids)
    if values.dtype == bool:
        if len(values) != n:
            raise DeepCMEError(
                f"The mask has {len(values):,} values for {counted(n, noun)}: give one each."
            )
        return np.flatnonzero(values)
    if values.size and values.dtype.kind not in "iu":
        raise DeepCMEError(f"Choose {noun}s by a mask, by places, or by names.")
    if values.size and not (-n <= values.min() and values.max() < n):
        raise DeepCMEError(f"There are {counted(n, noun)}: places go from 0 to {n - 1}.")
    return values.astype(np.int64) % n


def _places_of(name: str, ids: list[str], noun: str, further: list[str]) -> NDArray[np.int64]:
    """Those of an id, or else of all that bear the name."""
    for names in (ids, further):
        found = [place for place, one in enumerate(names) if one == name]
        if found:
            return np.array(found, dtype=np.int64)
    close = difflib.get_close_matches(name, {*ids, *further}, n=3)
    nearest = f"; the nearest are {', '.join(close)}" if close else ""
    raise DeepCMEError(f"The cohort has no {noun} {name!r}{nearest}.")
