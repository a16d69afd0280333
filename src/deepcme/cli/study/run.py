"""`deepcme run`: a study, fitted and reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.next_step import say_next
from deepcme.cli.options import Jobs, Quiet, with_options
from deepcme.cli.study.settings import StudyOptions

if TYPE_CHECKING:
    from deepcme.study.resolved import Study
    from deepcme.study.store import StudyFolder


@with_options("options", StudyOptions)
def run(
    options: StudyOptions,
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="STUDY.toml | COHORT.h5ad",
            help="A study file, or a cohort for the default study; "
            "without either, the TRANSBIG example.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="Folder for the results.",
            show_default="results/NAME-PROTOCOL",
        ),
    ] = None,
    jobs: Jobs = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler to fit on, tcp://HOST:PORT."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Fit every model on every split and write a report.

    What is asked for here stands before what a study file says. Interrupted runs go on
    where they stopped, and so does a study whose models were corrected: only missing fits
    are run.
    """
    from deepcme.base.files.locks import only_one_in
    from deepcme.base.processes.stopping import GOES_ON, if_halted
    from deepcme.base.progress import show_step
    from deepcme.report.page import write_report
    from deepcme.study.run import run_study

    options.check_quick()
    study, name = _study_of(source, options)
    kind = "quick" if options.quick else study.protocol
    folder_path = out or Path("results") / f"{name}-{kind}"

    def report_so_far(folder: StudyFolder) -> None:
        page = write_report(folder)
        if not quiet:
            say(f"Report so far: {page}", error=True)

    with only_one_in(folder_path), if_halted(lambda: "before its report", GOES_ON):
        folder = run_study(
            *(study, folder_path),
            jobs=jobs,
            scheduler=scheduler,
            quiet=quiet,
            so_far=report_so_far,
        )
        with show_step("Writing the report", quiet=quiet):
            page = write_report(folder)
    if not quiet:
        if study.try_out:
            say(study.try_out)
        say(f"Report: {page}")


def _study_of(source: Path | None, options: StudyOptions) -> tuple[Study, str]:
    """The study to run and a short name for it."""
    from deepcme.study.spec import overridden, quick_settings

    asked = options.settings
    study, name = _resolve(source, asked)
    if options.quick:
        quick = quick_settings(study, has_models=options.models is not None)
        study, name = _resolve(source, overridden(quick, asked))
    return study, name


def _resolve(source: Path | None, asked: dict[str, Any]) -> tuple[Study, str]:
    from deepcme.study.spec import load_study, make_study

    if source is None:
        return make_study({"cohort": {"example": "transbig"}, **asked}), "transbig"
    if source.suffix.lower() == ".toml":
        return load_study(source, asked), source.stem
    if source.suffix.lower() == ".h5ad":
        return make_study({"cohort": {"path": source}, **asked}), source.stem
    raise DeepCMEError(
        f"{source}: `deepcme run` takes a study (.toml) or a cohort (.h5ad); "
        "make a cohort with `deepcme prepare`."
    )
