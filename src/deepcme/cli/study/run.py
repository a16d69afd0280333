"""`deepcme run`: a study, fitted and reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepcme.base.terminal import say
from deepcme.cli.next_step import say_next
from deepcme.cli.options import Jobs, Quiet, with_options
from deepcme.cli.study.report import write_and_say
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
    from deepcme.report.page import write_report
    from deepcme.study.run import run_study
    from deepcme.verbs.running import default_folder, study_asked

    study, name = study_asked(source, options.settings, quick=options.quick)
    folder_path = out or default_folder(name, study)

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
        write_and_say(folder, quiet=quiet)
    if not quiet and source is not None:
        _say_what_follows(source, study)


def _say_what_follows(source: Path, study: Study) -> None:
    """After a try-out the study itself, after a study of a cohort a model to hand on."""
    if study.try_out:
        say_next("run", source)
    elif source.suffix.lower() == ".h5ad":
        say_next("train", source, "-o", "model")
