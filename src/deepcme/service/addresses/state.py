"""Addresses that tell how the service is: alive, ready, and what it counted."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from deepcme.base.errors import DeepCMEError
from deepcme.service.answers.refusals import come_again
from deepcme.service.answers.writing import JSON, to_json
from deepcme.service.metrics import METRICS_TYPE, Metrics
from deepcme.service.models.served import ServedModel
from deepcme.trained.self_test import require_self_test

_SECONDS_UNTIL_READY = 5.0
_SECONDS_KNOWN = 5.0
"""For which what a self-test found is told again: whoever asks has shown no token."""


class StateAddresses:
    """Answers of the service about itself.

    Parameters
    ----------
    models : mapping of str to ServedModel
    metrics : Metrics
    """

    def __init__(self, models: Mapping[str, ServedModel], metrics: Metrics) -> None:
        self._models, self._metrics = models, metrics
        self._testing = asyncio.Lock()
        self._tested = -math.inf
        self._failure = ""

    async def health(self, request: Request) -> Response:
        """Whether the process answers at all."""
        return Response(to_json({"status": "alive"}), media_type=JSON)

    async def ready(self, request: Request) -> Response:
        """Whether there is a model, and each computes what it did when it was trained."""
        async with self._testing:
            if time.monotonic() > self._tested + _SECONDS_KNOWN:
                self._failure = await asyncio.to_thread(self._test)
                self._tested = time.monotonic()
        if self._failure:
            raise come_again(503, self._failure, _SECONDS_UNTIL_READY)
        return Response(to_json({"status": "ready"}), media_type=JSON)

    async def metrics(self, request: Request) -> Response:
        """What was counted."""
        return Response(self._metrics.text(), headers={"Content-Type": METRICS_TYPE})

    def _test(self) -> str:
        """What stands against relying on the models; empty where nothing does."""
        if not self._models:
            return "No model is loaded."
        try:
            for served in self._models.values():
                require_self_test(served.model)
        except DeepCMEError:
            return "A model fails its self-test."
        return ""
