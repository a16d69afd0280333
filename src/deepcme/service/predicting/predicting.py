"""Predictions of what was sent, made as `deepcme predict` makes them."""

from __future__ import annotations

from pathlib import Path

from deepcme.service.requests.media import Taken
from deepcme.service.requests.options import Options
from deepcme.service.requests.samples import Samples
from deepcme.service.requests.tables import read_table
from deepcme.service.settings import ServiceSettings
from deepcme.trained.model import Model
from deepcme.trained.prediction import Predictions, predict
from deepcme.trained.survival.model import require_times
from deepcme.trained.unlabelled import Expression


def predict_samples(model: Model, samples: Samples, settings: ServiceSettings) -> Predictions:
    """Predictions of samples that came as JSON.

    Raises
    ------
    DeepCMEError
        As `predict`.
    HTTPException
        If they are too many.
    """
    return _predict(model, samples.expression(settings), samples.options)


def predict_table(
    model: Model, path: Path, kind: Taken, options: Options, settings: ServiceSettings
) -> Predictions:
    """Predictions of samples that came as a table.

    Raises
    ------
    DeepCMEError
        As `predict`.
    HTTPException
        If it cannot be read, or is too large.
    """
    expression = read_table(path, kind, model.manifest.genes_to_read, options, settings)
    return _predict(model, expression, options)


def with_times(model: Model, options: Options) -> Model:
    """The model, which tells the risk at the times that are asked for.

    Raises
    ------
    DeepCMEError
        If it is no model of times, or cannot.
    """
    return require_times(model, "times").at_times(options.times) if options.times else model


def _predict(model: Model, expression: Expression, options: Options) -> Predictions:
    model = with_times(model, options)
    return predict(model, expression, normalise=options.normalise)
