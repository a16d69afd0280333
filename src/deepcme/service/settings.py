"""Whom the service answers, and the limits of what it takes on."""

from __future__ import annotations

from dataclasses import dataclass, field

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import Rule, at_least, check_parameters, is_number

__all__ = ["ServiceSettings"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names by which a service that only this computer reaches is asked."""
_MIB = 1 << 20
_ABOVE_0 = (Rule(lambda value: is_number(value) and value > 0, "must be above 0"),)
_HOSTS = (
    Rule(
        lambda value: isinstance(value, tuple) and value != () and all(map(_is_text, value)),
        "must be a tuple of names, or ('*',)",
    ),
)
_COUNTS = (
    *("body_bytes", "json_bytes", "held_bytes", "unfolded_bytes", "header_bytes"),
    *("samples", "columns", "cells", "at_work", "connections"),
)
_RULES = {
    "hosts": _HOSTS,
    **dict.fromkeys(_COUNTS, at_least(1)),
    "waiting": at_least(0),
    **dict.fromkeys(
        ("header_seconds", "body_seconds", "prediction_seconds", "retry_seconds"), _ABOVE_0
    ),
}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not any(map(str.isspace, value))


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Whom the service answers, and the limits of what it takes on, each of one worker.

    Parameters
    ----------
    hosts : tuple of str
        Names by which it may be asked, without a port; ``("*",)`` takes any. A page of another
        site that had its name changed into this computer's address asks by its own.
    token : str, optional
        That everything but `/health` and `/ready` demands.
    body_bytes : int
        Of a table.
    json_bytes : int
        Of a body of JSON, which takes far more memory than its text.
    held_bytes : int
        Of all bodies that are being received or worked on.
    unfolded_bytes : int
        What a Parquet file may unfold to.
    samples, columns, cells : int
        Of one request.
    at_work : int
        Predictions that are made at a time, each by a thread of its own.
    waiting : int
        That may wait for one of these.
    connections : int
        That are answered at a time; twice as many are told to come again.
    header_bytes : int
        Of the first line and the headers of a request.
    header_seconds, body_seconds, prediction_seconds : float
        Within which headers and body must have come, and the prediction be made.
    retry_seconds : float
        After which whoever was turned away may try again.

    Raises
    ------
    DeepCMEError
        If a value is out of range.

    Examples
    --------
    >>> from deepcme.service.settings import ServiceSettings
    >>> ServiceSettings(samples=100).hosts
    ('127.0.0.1', 'localhost', '::1')
    """

    hosts: tuple[str, ...] = LOOPBACK
    token: str | None = field(default=None, repr=False)
    body_bytes: int = 128 * _MIB
    json_bytes: int = 8 * _MIB
    held_bytes: int = 256 * _MIB
    unfolded_bytes: int = 256 * _MIB
    samples: int = 10_000
    columns: int = 100_000
    cells: int = 20_000_000
    at_work: int = 2
    waiting: int = 256
    connections: int = 512
    header_bytes: int = 32_768
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    prediction_seconds: float = 60.0
    retry_seconds: float = 1.0

    def __post_init__(self) -> None:
        check_parameters(vars(self), _RULES)
        if self.token is not None and not (_is_text(self.token) and self.token.isascii()):
            raise DeepCMEError("The token must be of ASCII letters, without spaces.")
