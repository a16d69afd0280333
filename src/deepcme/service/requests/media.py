"""Which kinds of bodies are taken and given (RFC 9110, sections 8.3 and 12.5.1)."""

from __future__ import annotations

from typing import Literal

from starlette.datastructures import Headers

from deepcme.service.answers.refusals import other_type, refusal

Given = Literal["application/json", "text/csv"]
Taken = Literal["application/json", "text/csv", "application/vnd.apache.parquet"]

TAKEN: tuple[Taken, ...] = ("application/json", "text/csv", "application/vnd.apache.parquet")
GIVEN: tuple[Given, ...] = ("application/json", "text/csv")
_UTF_8 = ("utf-8", "utf8", "us-ascii")
_LONGEST = 1000
"""Letters of a header that are looked at."""


def body_type(headers: Headers) -> Taken:
    """What kind of body comes.

    Raises
    ------
    HTTPException
        415 for another kind, for compressed bodies and other alphabets than UTF-8.
    """
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise other_type("Compressed bodies are not taken: send it without Content-Encoding.")
    sent, *parameters = headers.get("content-type", "")[:_LONGEST].lower().split(";")
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in _UTF_8:
            raise other_type("Text is taken in UTF-8 alone.")
    for kind in TAKEN:
        if sent.strip() == kind:
            return kind
    raise other_type(
        f"The body must be of the type {', '.join(TAKEN[:-1])} or {TAKEN[-1]}, as the header "
        "Content-Type tells."
    )


def answer_type(headers: Headers) -> Given:
    """What kind of answer is wanted most; JSON if there is a choice.

    Raises
    ------
    HTTPException
        406 if none that can be given.
    """
    accept = ", ".join(headers.getlist("accept"))[:_LONGEST]
    if not accept.strip():
        return GIVEN[0]
    ranges = dict(map(_with_weight, accept.split(",")))
    weights = {
        kind: next((ranges[name] for name in _ranges_of(kind) if name in ranges), 0.0)
        for kind in GIVEN
    }
    wanted = max(GIVEN, key=lambda kind: weights[kind])
    if not weights[wanted]:
        raise refusal(406, f"Answers are of the type {' or '.join(GIVEN)}: accept one of them.")
    return wanted


def _ranges_of(kind: str) -> tuple[str, str, str]:
    """What stands for a kind in the header Accept, the closest first."""
    return kind, f"{kind.partition('/')[0]}/*", "*/*"


def _with_weight(part: str) -> tuple[str, float]:
    name, *parameters = part.lower().split(";")
    for parameter in parameters:
        key, _, value = parameter.strip().partition("=")
        if key == "q":
            try:
                return name.strip(), max(0.0, min(1.0, float(value)))
            except ValueError:
                return name.strip(), 0.0
    return name.strip(), 1.0
