"""`deepcme predict`: what a model in use says of new samples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.model.options import (
    AllowMissing,
    AllowTrainingSamples,
    ModelFolder,
    Normalise,
    say_notes,
)
from deepcme.cli.options import SCALES, OutTable, Quiet, ScaleName, writable

_READ_ON = "What its columns mean and when to rely on them: deepcme explain predictions"


def predict(
    model: ModelFolder,
    samples: Annotated[
        Path,
        typer.Argument(
            metavar="SAMPLES",
            help="Cohort (.h5ad), or table of expression (.csv, .tsv, .parquet), either way "
            "round; genes as Ensembl ids, symbols or Entrez ids.",
        ),
    ],
    out: OutTable,
    times: Annotated[
        str | None,
        typer.Option(
            metavar="TIME,TIME",
            help="Of a model of times: tell the risk by these times too, in its unit, such as "
            "1,3,5.",
        ),
    ] = None,
    curve: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            callback=writable,
            help="Of a model of times: table to write of each sample's risk at each time.",
        ),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html",
            callback=writable,
            help="Page to write of each sample: risk, where it stands, the genes that push it, "
            "cautions; of the first 50.",
        ),
    ] = None,
    scale: Annotated[
        ScaleName | None,
        typer.Option(
            metavar="SCALE",
            help=f"What the values are: {SCALES}.",
            show_default="as a cohort says, else as the model's",
        ),
    ] = None,
    normalise: Normalise = "none",
    allow_missing: AllowMissing = False,
    allow_training_samples: AllowTrainingSamples = False,
    quiet: Quiet = False,
) -> None:
    """Predict new samples with a trained model.

    One row per sample: probability, its spread over the networks, the model's
    threshold and whether it is reached (of a model of times the risk by its horizon and
    other times, and the third of risk), whether the sample is far outside the training
    data, the share of the model's genes with a value, whether the model learned from its
    patient, the genes that push it most, with their share in the log-odds or log hazard, and
    why there is no prediction. No endpoint is needed.
    """
    from deepcme.base.files.files import write_csv
    from deepcme.base.words import counted
    from deepcme.report.external.patients import write_patients
    from deepcme.trained.files import load_model
    from deepcme.trained.new_samples import read_expression
    from deepcme.trained.prediction import predict as predict_samples
    from deepcme.trained.prediction import round_predictions
    from deepcme.trained.survival.model import require_times

    for path in (out, curve):
        if path is not None and path.suffix.lower() != ".csv":
            raise DeepCMEError(f"{path}: name the file .csv.")
    if page is not None and page.suffix.lower() != ".html":
        raise DeepCMEError(f"{page}: name the file of the page .html.")
    if out == curve:
        raise DeepCMEError(f"{curve}: name another file for the curves than for the table.")
    loaded = load_model(model)
    if times is not None:
        loaded = require_times(loaded, "--times").at_times(_read_times(times))
    if curve is not None:
        require_times(loaded, "--curve")
    expression = read_expression(samples, loaded.manifest.genes_to_read, scale)
    predictions = predict_samples(
        loaded,
        expression,
        normalise=normalise,
        allow_missing=allow_missing,
        allow_training_samples=allow_training_samples,
    )
    write_csv(out, round_predictions(predictions.table))
    if curve is not None:
        write_csv(curve, predictions.curves().round(6))
    if page is not None:
        write_patients(predictions, page)
    say_notes(predictions.notes, quiet)
    if not quiet:
        say(predictions.describe())
        n_far = int(predictions.table["far"].fillna(False).sum())
        say(f"{counted(n_far, 'sample')} far from the training data. Wrote {out}.")
        say(_READ_ON if page is None else f"Page: {page}")


def _read_times(text: str) -> list[float]:
    try:
        return [float(time) for time in text.split(",")]
    except ValueError as error:
        raise DeepCMEError(f"--times takes numbers such as 1,3,5, not {text!r}.") from error
