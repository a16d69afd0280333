"""`deepcme run`: a study, fitted and reported."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.options import Jobs, Quiet

if TYPE_CHECKING:
    from deepcme.study.resolved import Study
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

    overrides: dict[str, Any] = {"protocol": protocol, "seed": seed}
    if grid is not None:
        overrides["grid"] = {"search": grid}
    if asked := _null_overrides(permutations, nulls, signature):
        overrides["nulls"] = asked
    if comparator_signature is not None:
        overrides["comparator"] = _comparator_overrides(comparator_signature)
    if instability is not None:
        overrides["instability"] = {"refits": instability}
    asked_of_columns = {
        "columns": _names_in(clinical) if clinical else None,
        "missing": clinical_missing,
        "permutations": clinical_permutations,
    }
    if asked := _given(asked_of_columns):
        overrides["clinical"] = asked
    if subgroups:
        overrides["subgroups"] = {"columns": _names_in(subgroups)}
    if also:
        overrides["also"] = {"cohorts": [path.absolute() for path in also]}
    if design is not None:
        overrides["split"] = {"design": design}
    if selection:
        overrides["selection"] = {"run": True}
    if gene_sets:
        overrides["gene_sets"] = {"files": [path.absolute() for path in gene_sets]}
    study, name = _study_of(source, _given(overrides))
    folder_path = out or Path("results") / f"{name}-{study.protocol}"

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


def _names_in(lists: list[str]) -> list[str]:
    """Names separated by commas, of which one that holds a comma stands in double quotes."""
    return [
        name.strip() for names in csv.reader(lists, skipinitialspace=True) for name in names
    ]


def _null_overrides(
    permutations: int | None, gene_sets: int | None, signatures: list[Path] | None
) -> dict[str, Any]:
    asked = {
        "permutations": permutations,
        "gene_sets": gene_sets,
        "signatures": [path.absolute() for path in signatures or []] or None,
    }
    return _given(asked)


def _comparator_overrides(signature: str) -> dict[str, Any]:
    """Settings of the signature named beforehand, by its name or its file, or of none."""
    from deepcme.study.settings import NO_SIGNATURE, signature_name

    if signature == NO_SIGNATURE:
        return {"signature": NO_SIGNATURE, "signatures": NO_SIGNATURE}
    path = Path(signature)
    if path.suffix or len(path.parts) > 1:
        return {"signature": signature_name(path), "files": [path.absolute()]}
    return {"signature": signature}


def _given(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked for, without the options that were not given."""
    return {name: value for name, value in asked.items() if value is not None}


def _study_of(source: Path | None, overrides: dict[str, Any]) -> tuple[Study, str]:
    """The study to run and a short name for it."""
    from deepcme.study.spec import load_study, make_study

    if source is None:
        return make_study({"cohort": {"example": "transbig"}, **overrides}), "transbig"
    if source.suffix.lower() == ".toml":
        return load_study(source, overrides), source.stem
    if source.suffix.lower() == ".h5ad":
        return make_study({"cohort": {"path": source}, **overrides}), source.stem
    raise DeepCMEError(
        f"{source}: `deepcme run` takes a study (.toml) or a cohort (.h5ad); "
        "make a cohort with `deepcme prepare`."
    )
