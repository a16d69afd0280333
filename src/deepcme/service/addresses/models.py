"""Addresses that tell of models: which there are, what each is, its card, how to ask it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from deepcme.base.errors import DeepCMEError
from deepcme.report.card.page import render_card
from deepcme.report.card.writing import card_of_folder
from deepcme.service.answers.refusals import come_again, refusal
from deepcme.service.answers.writing import JSON, identity_headers, to_json
from deepcme.service.models.described import describe
from deepcme.service.models.served import ServedModel
from deepcme.service.openapi.document import make_document
from deepcme.service.settings import ServiceSettings

_CARD_POLICY = "connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Beside that of the page itself, which names its own style and scripts."""


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
        self._cards: dict[str, bytes] = {}
        self._writing = asyncio.Lock()
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
        """The card of a model, written of what was verified when the model was read."""
        served = model_of(self._models, request)
        async with self._writing:
            if served.name not in self._cards:
                try:
                    self._cards[served.name] = await asyncio.to_thread(_write_card, served)
                except DeepCMEError as error:  # its folder is gone, for one
                    raise come_again(503, "The card cannot be written.", 60) from error
        headers = identity_headers(served) | {"Content-Security-Policy": _CARD_POLICY}
        return Response(self._cards[served.name], headers=headers, media_type="text/html")

    async def openapi(self, request: Request) -> Response:
        """What may be asked, and how (OpenAPI 3.1)."""
        return Response(self._document, media_type=JSON)


def _write_card(served: ServedModel) -> bytes:
    card = card_of_folder(served.folder, served.model)
    return render_card(replace(card, name=served.name)).encode()
