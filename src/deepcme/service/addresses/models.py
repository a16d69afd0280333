"""Addresses that tell of models: which there are, what each is, its card, how to ask it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from deepcme.service.answers.refusals import refusal
from deepcme.service.answers.writing import JSON, identity_headers, to_json
from deepcme.service.models.described import describe
from deepcme.service.models.served import ServedModel
from deepcme.service.openapi.document import make_document
from deepcme.service.settings import ServiceSettings


def model_of(models: Mapping[str, ServedModel], request: Request) -> ServedModel:
    """The model that an address names.

    Raises
    ------
    HTTPException
        404 if there is none.
    """
    served = models.get(request.path_params["name"])
    if served is None:
        raise refusal(
            404, "There is no model of this name: GET /v1/models tells which there are."
        )
    return served


class ModelAddresses:
    """Answers about models; what does not change is made once.

    Parameters
    ----------
    models : mapping of str to ServedModel
    settings : ServiceSettings
    """

    def __init__(self, models: Mapping[str, ServedModel], settings: ServiceSettings) -> None:
        self._models = models
        described = {name: describe(served) for name, served in models.items()}
        self._one = {name: to_json(of_model) for name, of_model in described.items()}
        limits = {
            "bytes": settings.body_bytes,
            "json_bytes": settings.json_bytes,
            "samples": settings.samples,
            "columns": settings.columns,
            "cells": settings.cells,
        }
        self._all = to_json({"models": list(described.values()), "limits": limits})
        self._document = to_json(make_document(models, settings))

    async def listed(self, request: Request) -> Response:
        """All models, and the limits of a request."""
        return Response(self._all, media_type=JSON)

    async def one(self, request: Request) -> Response:
        """One model."""
        served = model_of(self._models, request)
        return Response(
            self._one[served.name],
            headers=identity_headers(served),
            media_type=JSON,
        )

    async def card(self, request: Request) -> Response:
        """The card of a model."""
        served = model_of(self._models, request)
        raise NotImplementedError(served)

    async def openapi(self, request: Request) -> Response:
        """What may be asked, and how (OpenAPI 3.1)."""
        return Response(self._document, media_type=JSON)
