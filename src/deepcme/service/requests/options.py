"""What is asked beside the samples: scale, normalisation and times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from starlette.datastructures import QueryParams

from deepcme.cohort.scales.scales import SCALES, Scale
from deepcme.service.answers.refusals import unreadable

Normalise = Literal["none", "rank"]
"""Those that look at a sample alone."""
NORMALISATIONS: tuple[Normalise, ...] = get_args(Normalise)
MOST_TIMES = 20
_LATEST = 1e9  # in whatever unit
NAMES = ("scale", "normalise", "times")


@dataclass(frozen=True)
class Options:
    """What is asked beside the samples.

    Attributes
    ----------
    scale : Scale, optional
        What the values are; by default the model's.
    normalise : {"none", "rank"}
    times : tuple of float
        Of a model of times: by which the risk is told as well.
    """

    scale: Scale | None = None
    normalise: Normalise = "none"
    times: tuple[float, ...] = ()

    @classmethod
    def of(cls, scale: object, normalise: object, times: Sequence[object]) -> Options:
        """The options of what was sent; None is what was not.

        Raises
        ------
        HTTPException
            422 if one cannot be meant.
        """
        if scale is not None and scale not in SCALES:
            raise unreadable(f"scale is one of {', '.join(SCALES)}.")
        if normalise is not None and normalise not in NORMALISATIONS:
            raise unreadable(f"normalise is {' or '.join(NORMALISATIONS)}.")
        if len(times) > MOST_TIMES or not all(map(_is_time, times)):
            raise unreadable(f"times are numbers above 0, at most {MOST_TIMES}.")
        asked: tuple[Any, ...] = tuple(times)
        return cls(scale, normalise or "none", tuple(map(float, asked)))

    @classmethod
    def of_query(cls, query: QueryParams) -> Options:
        """The options of an address, beside which a table is sent.

        Raises
        ------
        HTTPException
            422 also for others, as a slip in a name would be passed over.
        """
        names = [name for name, _ in query.multi_items()]
        if len(set(names)) < len(names) or not set(names) <= set(NAMES):
            raise unreadable(f"The address takes {', '.join(NAMES)}, each once, and no other.")
        try:
            times = (
                [float(time) for time in query["times"].split(",")] if "times" in query else []
            )
        except ValueError as error:
            raise unreadable("times are numbers such as 1,3,5.") from error
        return cls.of(query.get("scale"), query.get("normalise"), times)


def _is_time(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value <= _LATEST
