"""The address that predicts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deepcme.service.addresses.models import model_of
from deepcme.service.answers.refusals import unreadable
from deepcme.service.answers.writing import JSON, answer_rows, answer_table, rows_of
from deepcme.service.metrics import Metrics
from deepcme.service.models.served import ServedModel
from deepcme.service.predicting.large import LargeTables
from deepcme.service.predicting.panels import QuickPanel
from deepcme.service.predicting.places import Places
from deepcme.service.predicting.predicting import predict_samples, predict_table
from deepcme.service.requests.bodies import Bodies
from deepcme.service.requests.media import Given, Taken, answer_type, body_type
from deepcme.service.requests.options import Options
from deepcme.service.requests.samples import Samples, read_samples
from deepcme.service.settings import ServiceSettings
from deepcme.trained.prediction import Predictions

_SUFFIXES = {"text/csv": "csv", "application/vnd.apache.parquet": "parquet"}
_SHORT = 65_536
"""Bytes of JSON that are read while others wait."""


class Predictor:
    """Answers with predictions.

    Parameters
    ----------
    models : mapping of str to ServedModel
    settings : ServiceSettings
    metrics : Metrics
    places : Places
    large : LargeTables
    """

    def __init__(
        self,
        models: Mapping[str, ServedModel],
        settings: ServiceSettings,
        metrics: Metrics,
        places: Places,
        large: LargeTables,
    ) -> None:
        self._models, self._settings = models, settings
        self._metrics, self._places, self._large = metrics, places, large
        self._bodies = Bodies(settings)
        self._panels = {
            name: QuickPanel(served.model)
            for name, served in models.items()
            if served.model.panel is not None
        }

    async def answer(self, request: Request) -> Response:
        """Predict what the body holds."""
        served = model_of(self._models, request)
        kind, given = body_type(request.headers), answer_type(request.headers)
        options = Options.of_query(request.query_params)
        if kind == JSON and request.query_params:
            raise unreadable("Beside JSON the address takes nothing: say it in the body.")
        if kind == JSON:
            async with self._bodies.of(request, self._settings.json_bytes) as body:
                return await self._of_json(served, body, given)
        most, name = self._settings.body_bytes, f"samples.{_SUFFIXES[kind]}"
        async with self._bodies.file_of(request, most, name) as path, self._large.alone(path):
            return await self._places.run(self._of_table, served, path, kind, options, given)

    async def _of_json(self, served: ServedModel, body: bytes, given: Given) -> Response:
        """Few samples of a panel are told of at once, others by a thread."""
        if len(body) > _SHORT:
            return await self._places.run(self._of_text, served, body, given)
        samples = read_samples(body, self._settings)
        panel = self._panels.get(served.name)
        if panel is not None and panel.is_quick(samples):
            quick = self._quickly(served, samples, given)
            if quick is not None:
                return quick
        return await self._places.run(self._of_samples, served, samples, given)

    def _of_text(self, served: ServedModel, body: bytes, given: Given) -> Response:
        return self._of_samples(served, read_samples(body, self._settings), given)

    def _of_samples(self, served: ServedModel, samples: Samples, given: Given) -> Response:
        if (quick := self._quickly(served, samples, given)) is not None:
            return quick
        predictions = predict_samples(served.model, samples, self._settings)
        if (panel := self._panels.get(served.name)) is not None:
            panel.learn_notes(samples, predictions)
        return self._written(served, predictions, given)

    def _quickly(self, served: ServedModel, samples: Samples, given: Given) -> Response | None:
        """The answer of a panel that needs no closer look."""
        panel = self._panels.get(served.name)
        told = None if panel is None or given != JSON else panel.tell(samples)
        return None if told is None else self._told(served, told.columns, told.notes)

    def _of_table(
        self, served: ServedModel, path: Path, kind: Taken, options: Options, given: Given
    ) -> Response:
        predictions = predict_table(served.model, path, kind, options, self._settings)
        return self._written(served, predictions, given)

    def _written(self, served: ServedModel, predictions: Predictions, given: Given) -> Response:
        table = predictions.table
        if given == JSON:
            columns = {str(name): table[name] for name in table.columns}
            return self._told(served, columns, predictions.notes)
        self._metrics.count_samples(served.name, len(table))
        return answer_table(served, table)

    def _told(
        self, served: ServedModel, columns: Mapping[str, Any], notes: list[str]
    ) -> Response:
        rows = rows_of(columns)
        self._metrics.count_samples(served.name, len(rows))
        return answer_rows(served, rows, notes)
