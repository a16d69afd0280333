"""All addresses of the service, with what they take and give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcme.base.version import __version__
from deepcme.service.answers.writing import JSON
from deepcme.service.guard import OPEN
from deepcme.service.models.served import ServedModel
from deepcme.service.openapi.schemas import make_schemas, ref
from deepcme.service.requests.media import TAKEN
from deepcme.service.settings import ServiceSettings

_ABOUT = (
    "Predictions by models that `deepcme train` made of bulk gene expression. Research "
    "software: no medical device, and nothing here is a claim of clinical validity. Nothing of "
    "a request is stored or logged but counts and times."
)
_REASONS = {
    400: "The header Host, or the framing of the body, is not right.",
    401: "The token is missing or wrong.",
    404: "There is no such model.",
    406: "No answer of the types that are accepted can be given.",
    408: "The body did not come in time.",
    413: "The body, its samples, genes or values are too many.",
    415: "The body is of a type that is not taken, or compressed.",
    422: "The body is not what it should be, or none of its samples can be predicted.",
    429: "Too many predictions are asked for at once: Retry-After tells when to come again.",
    500: "The service failed.",
    503: "There is no room or no time, or no model is ready: Retry-After tells when to come "
    "again.",
}
_OF_ALL = (400, 500, 503)
_OF_PREDICTIONS = (404, 406, 408, 413, 415, 422, 429)
_MODEL_HEADERS = {
    "X-Model-Name": "Name of the model.",
    "X-Model-Version": "Its version.",
    "X-Model-SHA256": "SHA-256 of its manifest.",
}


def make_document(
    models: Mapping[str, ServedModel], settings: ServiceSettings
) -> dict[str, Any]:
    """The document (OpenAPI 3.1.0).

    Parameters
    ----------
    models : mapping of str to ServedModel
    settings : ServiceSettings
    """
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "deepcme",
            "version": __version__,
            "summary": "Predictions by models of gene expression, for research.",
            "description": _ABOUT,
            "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        },
        "servers": [{"url": "/"}],
        "paths": _paths(sorted(models), settings),
        "components": {"schemas": make_schemas(settings)},
    }
    if settings.token is not None:
        schemes = {"token": {"type": "http", "scheme": "bearer"}}
        document["components"]["securitySchemes"] = schemes
        document["security"] = [{"token": []}]
    return document


def _paths(names: list[str], settings: ServiceSettings) -> dict[str, Any]:
    of_all = _OF_ALL if settings.token is None else (401, *_OF_ALL)
    which = {
        "name": "name",
        "in": "path",
        "required": True,
        "description": "Name of the model.",
        "schema": {"type": "string", **({"enum": names} if names else {})},
    }
    one = "/v1/models/{name}"

    def get(summary: str, name: str, content: Any, *, of_model: bool = False) -> dict[str, Any]:
        path: dict[str, Any] = {"parameters": [which]} if of_model else {}
        headers = _headers() if of_model else {}
        answers = {"200": {"description": summary, "headers": headers, "content": content}}
        refused = (*of_all, 404) if of_model else of_all
        path["get"] = {
            "summary": summary,
            "operationId": name,
            "responses": answers | _errors(refused),
        }
        if f"/{name}" in OPEN:
            path["get"]["security"] = []
            path["get"]["responses"].pop("401", None)
        return path

    return {
        "/": get("The page in front, to use the service by hand.", "front", _text("text/html")),
        "/health": get("Whether the service answers.", "health", _json("State")),
        "/ready": get("Whether each model passes its self-test.", "ready", _json("State")),
        "/metrics": get("What was counted, for Prometheus.", "metrics", _text("text/plain")),
        "/openapi.json": get("This document.", "openapi", _json("Document")),
        "/v1/models": get("The models, and the limits.", "models", _json("Models")),
        one: get("One model.", "model", _json("Model"), of_model=True),
        f"{one}/card": get("Its card.", "card", _text("text/html"), of_model=True),
        f"{one}/predictions": {"parameters": [which], "post": _predictions(of_all)},
    }


def _predictions(of_all: tuple[int, ...]) -> dict[str, Any]:
    summary = "Predict samples."
    answers = {
        "200": {
            "description": "One row for each sample, in the order of the samples.",
            "headers": _headers(),
            "content": _json("Predictions") | _text("text/csv"),
        }
    }
    table = {"schema": {"type": "string", "format": "binary"}}
    return {
        "summary": summary,
        "operationId": "predict",
        "description": "Samples as JSON, or a table of them as `deepcme predict` reads it. "
        "What is asked beside the samples stands in the JSON, or beside a table in the "
        "address. CSV is answered as `deepcme predict -o` writes it.",
        "parameters": [
            _option("scale", "What the values are; by default what the model's were.", "Scale"),
            _option(
                "normalise",
                "How values of another platform are brought to the model's.",
                "Normalise",
            ),
            _option(
                "times",
                "Of a model of times: by which the risk is told too, as 1,3,5.",
                "Times",
            ),
        ],
        "requestBody": {
            "required": True,
            "content": _json("Samples") | {kind: table for kind in TAKEN if kind != JSON},
        },
        "responses": answers | _errors((*of_all, *_OF_PREDICTIONS)),
    }


def _option(name: str, description: str, schema: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": f"{description} Beside a table alone.",
        "schema": ref(schema),
    }


def _json(schema: str) -> dict[str, Any]:
    return {JSON: {"schema": ref(schema)}}


def _text(kind: str) -> dict[str, Any]:
    return {kind: {"schema": {"type": "string"}}}


def _headers() -> dict[str, Any]:
    return {
        name: {"description": description, "schema": {"type": "string"}}
        for name, description in _MODEL_HEADERS.items()
    }


def _errors(statuses: tuple[int, ...]) -> dict[str, Any]:
    return {str(status): _error(status) for status in sorted(statuses)}


def _error(status: int) -> dict[str, Any]:
    error: dict[str, Any] = {"description": _REASONS[status], "content": _json("Error")}
    named = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}.get(status)
    if named is not None:
        error["headers"] = {named: {"schema": {"type": "string"}}}
    return error
