"""`deepcme validate`: a model in use, on patients whose endpoint is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.base.terminal import say
from deepcme.cli.model.options import (
    AllowMissing,
    AllowTrainingSamples,
    ModelFolder,
    Normalise,
    Results,
    say_notes,
)
from deepcme.cli.options import Quiet, Seed


def validate(
    model: ModelFolder,
    cohort: Annotated[
        Path, typer.Argument(metavar="COHORT.h5ad", help="New patients with their endpoint.")
    ],
    out: Results,
    normalise: Normalise = "none",
    allow_missing: AllowMissing = False,
    allow_training_samples: AllowTrainingSamples = False,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Test a trained model on new patients whose endpoint is known.

    As it is: discrimination, calibration, decision curve, and what became of groups by risk of
    a model of times, as tables and a page. What recalibration on these patients would add is
    shown beside it, and said. The model's card with what was found stands beside them.
    """
    from deepcme.base.files.locks import only_one_making
    from deepcme.cohort.cohort import Cohort
    from deepcme.report.external.validation import write_validation
    from deepcme.trained.files import load_model
    from deepcme.trained.validation import validate_model

    with only_one_making(out):
        validation = validate_model(
            load_model(model),
            Cohort.load(cohort),
            normalise=normalise,
            allow_missing=allow_missing,
            allow_training_samples=allow_training_samples,
            seed=seed,
        )
        page = write_validation(validation, out, model.resolve().name)
    say_notes(validation.notes, quiet)
    if not quiet:
        say(validation.describe())
        say(f"Report: {page}")
