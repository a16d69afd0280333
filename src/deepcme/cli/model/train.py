"""`deepcme train`: a model of all patients, to hand on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.base.words import counted
from deepcme.cli.completion import complete_kept_models
from deepcme.cli.next_step import say_next
from deepcme.cli.options import Jobs, Quiet, Repeats, Seed, new_folder
from deepcme.models.registry import DEFAULT_MODELS, KINDS

if TYPE_CHECKING:
    from deepcme.trained.model import Model


PANEL = "Panel of a few genes"
RANKER_NAMES = ("t-test", "soft-path", "l1-logistic", "mean-rank", "cox-score", "cox-lasso")
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
    panel: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            help="Make a panel of N genes in place of a model of all genes; auto: as few as "
            "predict within one standard error of the best.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    ranker: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"How a panel's genes are ranked: {', '.join(RANKER_NAMES)}.",
            show_default="t-test; of times cox-score",
            rich_help_panel=PANEL,
        ),
    ] = None,
    genes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The only genes that may be chosen, one a line or a table with a column gene; "
            "without --panel and --model a panel of all of them.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    reference_genes: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|A,B,C",
            help="Genes whose mean log is taken off each sample's, as in qPCR; what that costs "
            "is measured.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    version: Annotated[
        str, typer.Option(metavar="TEXT", help="Version of the model, kept in it.")
    ] = "1",
    repeats: Repeats = None,
    jobs: Jobs = None,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Train a model on all patients of a cohort, to hand on.

    A committee of unlike models, another one, or a panel of a few genes, calibrated out of
    fold; of times to an event it learns the times, and tells the risk by a horizon. What to
    expect of new patients like these is measured by cross-validation, of a panel with every
    step of its choice, and kept in the model; its card, card.html and card.md, says it.
    """
    from joblib import cpu_count

    from deepcme.base.files.locks import only_one_making
    from deepcme.cohort.cohort import Cohort
    from deepcme.report.card.writing import save_with_cards
    from deepcme.trained.panels.names import names_given, read_gene_names
    from deepcme.trained.training import TrainingSettings, train_model

    settings = TrainingSettings(
        repeats,
        seed,
        jobs or cpu_count(),
        model=model,
        horizon=horizon,
        version=version,
        panel=_size(panel),
        ranker=ranker,
        genes=None if genes is None else read_gene_names(genes),
        reference_genes=None if reference_genes is None else names_given(reference_genes),
    )
    with only_one_making(out):
        trained = train_model(Cohort.load(cohort), settings, quiet=quiet)
        save_with_cards(trained, out)
    if not quiet:
        _say_what_to_expect(trained)
        say(f"Wrote {out}; its card: {out / 'card.html'}.")
        say_next("validate", out, "NEW.h5ad", "-o", "validation")


def _size(panel: str | None) -> int | Literal["auto"] | None:
    """The size of a panel from its option."""
    if panel is None:
        return None
    if panel == "auto":
        return "auto"
    if not (panel.isascii() and panel.isdecimal() and int(panel) > 0):
        raise DeepCMEError(
            f"--panel {panel}: give the number of genes, such as 20, or auto to choose it."
        )
    return int(panel)


def _say_what_to_expect(trained: Model) -> None:
    from deepcme.trained.panels.words import describe_panel

    manifest = trained.manifest
    for note in manifest.notes:
        if note.startswith("Warning"):
            say(note)
    cohort = manifest.cohort
    say(
        f"{cohort.name}: {cohort.samples} samples of {cohort.patients} patients, "
        f"{cohort.positives} {trained.having}, {counted(trained.n_genes, 'gene')}. "
        f"{trained.expect()}"
    )
    for sentence in describe_panel(manifest):
        say(sentence)
