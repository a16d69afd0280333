"""`deepcme run`: a study, fitted and reported."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcme.base.terminal import say
from deepcme.cli.options import Jobs, Quiet

if TYPE_CHECKING:
    from deepcme.study.store import StudyFolder


def run(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="[STUDY.toml | COHORT.h5ad]",
            help="A study file, or a cohort for the default study; "
            "without either, the TRANSBIG example.",
            show_default=False,
        ),
    ] = None,
    protocol: Annotated[
        Literal["honest", "paper"] | None,
        typer.Option(
            help="honest: by patient, fitted on the training part alone. "
            "paper: as the publication did it.",
            show_default="honest, or what the study file says",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Folder for the results.",
            show_default="results/NAME-PROTOCOL",
        ),
    ] = None,
    jobs: Jobs = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Root of all randomness.", show_default="1"),
    ] = None,
    grid: Annotated[
        Literal["none", "fig7", "full"] | None,
        typer.Option(
            help="Search the paper's hyper-parameters: those of its figure 7, or all.",
            show_default="none",
        ),
    ] = None,
    permutations: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Rerun the model the study is about this many times on permuted outcomes.",
            show_default="0",
        ),
    ] = None,
    nulls: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Rerun that model on this many random gene sets of a size.",
            show_default="0",
        ),
    ] = None,
    signature: Annotated[
        list[Path] | None,
        typer.Option(
            help="File of a gene signature, one gene a line: that model on its genes "
            "alone, beside random sets of its size. Can be given again.",
        ),
    ] = None,
    comparator_signature: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.csv",
            help="Signature that the verdict sets the model beside, scored as published and "
            "not trained: the name of a published one, a file of genes and weights, or none "
            "to leave all published ones out.",
            show_default="genomic-grade-index or proliferation, if its genes are there",
        ),
    ] = None,
    instability: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Develop a model again on this many bootstrap samples of the patients, to see "
            "how far risks move: 200 is usual. It is the comparator of a network.",
            show_default="0",
        ),
    ] = None,
    clinical: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN,COLUMN",
            help="Clinical columns of the cohort: what do the genes add to them? "
            "nottingham-index is computed of size, nodes and grade. A name with a comma goes "
            "in double quotes, '\"ER, PR\",age'. Can be given again.",
        ),
    ] = None,
    clinical_missing: Annotated[
        Literal["fill", "indicator"] | None,
        typer.Option(
            help="What stands for missing values of clinical columns: the median or most "
            "frequent word; or that, and a column beside it that says where.",
            show_default="fill",
        ),
    ] = None,
    clinical_permutations: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Rerun the gene model this many times with the patients' expression permuted: "
            "does it add to the clinical columns?",
            show_default="0",
        ),
    ] = None,
    subgroups: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN,COLUMN",
            help="Columns by which the report looks at groups of patients; named before there "
            "are results they count as planned. Written as those of --clinical.",
            show_default="receptors, age, grade, nodes, centre and others",
        ),
    ] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="COHORT.h5ad",
            help="Another cohort: the model the study is about and its comparator learn from "
            "its patients as well, who are never tested. Can be given again.",
        ),
    ] = None,
    design: Annotated[
        Literal["folds", "repeated", "nested", "leave-one-cohort-out"] | None,
        typer.Option(
            help="How patients are split: repeated folds; random splits of 60/20/20; nested "
            "repeated folds, tuned on the inner ones; or one cohort left out at a time.",
            show_default="folds, or repeated in the protocol paper",
        ),
    ] = None,
    selection: Annotated[
        bool,
        typer.Option(
            "--selection",
            help="Select genes as well: panels, decoys, stability, gene scores.",
        ),
    ] = False,
    gene_sets: Annotated[
        list[Path] | None,
        typer.Option(
            help="File of gene sets (GMT): which of them go with the outcome, and where the "
            "model ranks them. Can be given again.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler to fit on, tcp://HOST:PORT."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Fit every model on every split and write a report.

    Interrupted runs go on where they stopped, and so does a study whose models were
    corrected: only missing fits are run.
    """
    from deepcme.base.files.locks import only_one_in
    from deepcme.base.processes.stopping import GOES_ON, if_halted
    from deepcme.base.progress import show_step
    from deepcme.report.page import write_report
    from deepcme.study.run import run_study
    from deepcme.verbs.asked import settings_asked
    from deepcme.verbs.running import default_folder, study_asked

    asked = settings_asked(
        protocol=protocol,
        seed=seed,
        grid=grid,
        permutations=permutations,
        nulls=nulls,
        signature=signature,
        comparator_signature=comparator_signature,
        instability=instability,
        clinical=_names_in(clinical),
        clinical_missing=clinical_missing,
        clinical_permutations=clinical_permutations,
        subgroups=_names_in(subgroups),
        also=also,
        design=design,
        selection=selection,
        gene_sets=gene_sets,
    )
    study, name = study_asked(source, asked)
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
        with show_step("Writing the report", quiet=quiet):
            page = write_report(folder)
    if not quiet:
        say(f"Report: {page}")


def _names_in(lists: list[str] | None) -> list[str]:
    """Names separated by commas, of which one that holds a comma stands in double quotes."""
    rows = csv.reader(lists or [], skipinitialspace=True)
    return [name.strip() for names in rows for name in names]
