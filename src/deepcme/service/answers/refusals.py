"""What the service refuses, in one sentence that repeats no value of a request."""

from __future__ import annotations

import math
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from deepcme.base.errors import DeepCMEError
from deepcme.service.answers.writing import JSON, to_json

UNREADABLE = 422
_TOO_LARGE = 413
_OTHER_TYPE = 415
_SENTENCES = {
    404: "There is nothing under this address: GET /openapi.json tells what there is.",
    405: "This address does not take this method: the header Allow names those it takes.",
}


def refusal(status: int, sentence: str, **headers: str) -> HTTPException:
    """An exception that becomes an answer; of headers, ``_`` stands for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HTTPException(status, sentence, named or None)


def unreadable(sentence: str) -> HTTPException:
    """What was sent cannot be meant."""
    return refusal(UNREADABLE, sentence)


def too_large(sentence: str) -> HTTPException:
    """What was sent is more than is taken."""
    return refusal(_TOO_LARGE, sentence)


def too_many_samples(most: int) -> HTTPException:
    """More samples were sent than are taken."""
    return too_large(f"At most {most:,} samples are taken at a time.")


def other_type(sentence: str) -> HTTPException:
    """What was sent is of a kind that is not taken."""
    return refusal(_OTHER_TYPE, sentence)


def come_again(status: int, sentence: str, seconds: float) -> HTTPException:
    """There is no room, or no time, at the moment."""
    return refusal(status, sentence, Retry_After=str(math.ceil(seconds)))


def answer_refusal(request: Request, error: Exception) -> Response:
    """The answer to a request that was refused."""
    assert isinstance(error, HTTPException)
    sentence = error.detail
    if sentence == HTTPStatus(error.status_code).phrase:  # which Starlette says
        sentence = _SENTENCES.get(error.status_code, sentence)
    headers = dict(error.headers or {})
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    return error_answer(error.status_code, sentence, headers)


def answer_problem(request: Request, error: Exception) -> Response:
    """The answer to samples that cannot be predicted."""
    assert isinstance(error, DeepCMEError)
    return error_answer(UNREADABLE, str(error))


def error_answer(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """An error as JSON."""
    body = to_json({"error": sentence})
    return Response(body, status, headers, media_type=JSON)
