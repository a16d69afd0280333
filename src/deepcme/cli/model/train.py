"""`deepcme train`: a model of all patients, to hand on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepcme.base.terminal import say
from deepcme.cli.completion import complete_kept_models
from deepcme.cli.next_step import say_next
from deepcme.cli.options import Jobs, Quiet, Repeats, Seed, new_folder
from deepcme.models.registry import DEFAULT_MODELS, KINDS

if TYPE_CHECKING:
    from deepcme.trained.model import Model


_KEPT = [k.name for k in KINDS.values() if k.can_be_kept({})]
_DEFAULTS = f"{DEFAULT_MODELS['binary']}; of times {DEFAULT_MODELS['survival']}"


def train(
    cohort: Annotated[Path, typer.Argument(metavar="COHORT.h5ad", help="Cohort to learn.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FOLDER", callback=new_folder, help="Folder for the model."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            autocompletion=complete_kept_models,
            help=f"Model, as a study names it: {', '.join(_KEPT)}.",
            show_default=_DEFAULTS,
        ),
    ] = None,
    horizon: Annotated[
        float | None,
        typer.Option(
            metavar="TIME",
            help="Of times: by when a model tells the risk, in the cohort's unit.",
            show_default="the cohort's",
        ),
    ] = None,
    repeats: Repeats = None,
    jobs: Jobs = None,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Train a model on all patients of a cohort, to hand on.

    A committee of unlike models, or another one, calibrated out of fold; of times to an
    event it learns the times, and tells the risk by a horizon. What to expect of new
    patients like these is measured by cross-validation and kept in the model; its card,
    card.html and card.md, says it to readers.
    """
    from joblib import cpu_count

    from deepcme.base.files.locks import only_one_making
    from deepcme.cohort.cohort import Cohort
    from deepcme.report.card.writing import save_with_cards
    from deepcme.trained.training import TrainingSettings, train_model

    settings = TrainingSettings(
        repeats, seed, jobs or cpu_count(), model=model, horizon=horizon
    )
    with only_one_making(out):
        trained = train_model(Cohort.load(cohort), settings, quiet=quiet)
        save_with_cards(trained, out)
    if not quiet:
        _say_what_to_expect(trained)
        say(f"Wrote {out}; its card: {out / 'card.html'}.")
        say_next("validate", out, "NEW.h5ad", "-o", "validation")


def _say_what_to_expect(trained: Model) -> None:
    manifest = trained.manifest
    for note in manifest.notes:
        if note.startswith("Warning"):
            say(note)
    cohort = manifest.cohort
    say(
        f"{cohort.name}: {cohort.samples} samples of {cohort.patients} patients, "
        f"{cohort.positives} {trained.having}, {trained.n_genes:,} genes. {trained.expect()}"
    )
