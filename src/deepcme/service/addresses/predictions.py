"""The address that predicts."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from deepcme.service.addresses.models import model_of
from deepcme.service.answers.refusals import unreadable
from deepcme.service.answers.writing import JSON, answer_rows, answer_table, rows_of
from deepcme.service.metrics import Metrics
from deepcme.service.models.served import ServedModel
from deepcme.service.predicting.places import Places
from deepcme.service.predicting.predicting import predict_samples, predict_table
from deepcme.service.requests.bodies import Bodies
from deepcme.service.requests.media import Given, answer_type, body_type
from deepcme.service.requests.options import Options
from deepcme.service.requests.samples import read_samples
from deepcme.service.settings import ServiceSettings
from deepcme.trained.prediction import Predictions


class Predictor:
    """Answers with predictions.

    Parameters
    ----------
    models : mapping of str to ServedModel
    settings : ServiceSettings
    metrics : Metrics
    places : Places
    """

    def __init__(
        self,
        models: Mapping[str, ServedModel],
        settings: ServiceSettings,
        metrics: Metrics,
        places: Places,
    ) -> None:
        self._models, self._settings = models, settings
        self._metrics, self._places = metrics, places
        self._bodies = Bodies(settings)

    async def answer(self, request: Request) -> Response:
        """Predict what the body holds."""
        served = model_of(self._models, request)
        kind, given = body_type(request.headers), answer_type(request.headers)
        options = Options.of_query(request.query_params)
        if kind == JSON and request.query_params:
            raise unreadable("Beside JSON the address takes nothing: say it in the body.")
        settings = self._settings
        most = settings.json_bytes if kind == JSON else settings.body_bytes
        async with self._bodies.of(request, most) as body:
            if kind == JSON:
                predictions = await self._places.run(self._of_json, served, body)
            else:
                predictions = await self._places.run(
                    predict_table, served, body, kind, options, settings
                )
        self._metrics.count_samples(served.name, len(predictions.table))
        return self._written(served, predictions, given)

    def _of_json(self, served: ServedModel, body: bytes) -> Predictions:
        return predict_samples(served, read_samples(body, self._settings), self._settings)

    def _written(self, served: ServedModel, predictions: Predictions, given: Given) -> Response:
        if given == JSON:
            return answer_rows(served, rows_of(predictions.table), predictions.notes)
        return answer_table(served, predictions.table)
