"""What the options of `deepcme run` set in a study."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from deepcme.cli.completion import complete_models, complete_signatures

_STUDY = "The study"
_CLINIC = "Beside the genes"
_CHANCE = "Against chance"
_GENES = "Which genes"


@dataclass(frozen=True)
class StudyOptions:
    """Settings of a study that stand before those of its file; None where it is not said."""

    protocol: Annotated[
        Literal["honest", "paper"] | None,
        typer.Option(
            metavar="honest|paper",
            rich_help_panel=_STUDY,
            help="honest: by patient, fitted on the training part alone. "
            "paper: as the publication did it.",
            show_default="honest, or what the study file says",
        ),
    ] = None
    models: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,NAME",
            rich_help_panel=_STUDY,
            autocompletion=complete_models,
            help="Models to fit, such as DeepCME-ensemble,LR-tuned; the study is about the "
            "first committee or network of them. Can be given again.",
            show_default="those of the protocol and the endpoint",
        ),
    ] = None
    design: Annotated[
        Literal["folds", "repeated", "nested", "leave-one-cohort-out"] | None,
        typer.Option(
            metavar="DESIGN",
            rich_help_panel=_STUDY,
            help="How patients are split: folds; repeated, random splits of 60/20/20; nested "
            "folds, tuned on the inner ones; or leave-one-cohort-out.",
            show_default="folds, or repeated in the protocol paper",
        ),
    ] = None
    repeats: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            rich_help_panel=_STUDY,
            help="How often the patients are split anew.",
            show_default="2; folds under 150 patients 4; repeated 10",
        ),
    ] = None
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            rich_help_panel=_STUDY,
            help="A try-out and not a result: two fast models, patients split once, nothing "
            "that is rerun.",
        ),
    ] = False
    also: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="COHORT.h5ad",
            rich_help_panel=_STUDY,
            help="Another cohort: the model the study is about and its comparator learn from "
            "its patients as well, who are never tested. Can be given again.",
        ),
    ] = None
    grid: Annotated[
        Literal["none", "fig7", "full"] | None,
        typer.Option(
            metavar="none|fig7|full",
            rich_help_panel=_STUDY,
            help="Search the paper's hyper-parameters: those of its figure 7, or all.",
            show_default="none",
        ),
    ] = None
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            rich_help_panel=_STUDY,
            help="Root of all randomness.",
            show_default="1",
        ),
    ] = None
    clinical: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN,COLUMN",
            rich_help_panel=_CLINIC,
            help="Clinical columns of the cohort: what do the genes add to them? "
            "nottingham-index is computed of size, nodes and grade. A name with a comma goes "
            "in double quotes, '\"ER, PR\",age'. Can be given again.",
        ),
    ] = None
    clinical_missing: Annotated[
        Literal["fill", "indicator"] | None,
        typer.Option(
            metavar="HOW",
            rich_help_panel=_CLINIC,
            help="What stands for missing values of clinical columns. fill: the median or most "
            "frequent word. indicator: that, and a column beside it that says where.",
            show_default="fill",
        ),
    ] = None
    clinical_permutations: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            rich_help_panel=_CLINIC,
            help="Rerun the gene model this many times with the patients' expression permuted: "
            "does it add to the clinical columns?",
            show_default="0",
        ),
    ] = None
    comparator_signature: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.csv",
            rich_help_panel=_CLINIC,
            autocompletion=complete_signatures,
            help="Signature that the verdict sets the model beside, scored as published and "
            "not trained: the name of a published one, a file of genes and weights, or none "
            "to leave all published ones out.",
            show_default="genomic-grade-index or proliferation, if its genes are there",
        ),
    ] = None
    subgroups: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN,COLUMN",
            rich_help_panel=_CLINIC,
            help="Columns by which the report looks at groups of patients; named before there "
            "are results they count as planned. Written as those of --clinical.",
            show_default="receptors, age, grade, nodes, centre and others",
        ),
    ] = None
    permutations: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            rich_help_panel=_CHANCE,
            help="Rerun the model the study is about this many times on permuted outcomes.",
            show_default="0",
        ),
    ] = None
    nulls: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            rich_help_panel=_CHANCE,
            help="Rerun that model on this many random gene sets of a size.",
            show_default="0",
        ),
    ] = None
    signature: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=_CHANCE,
            help="File of a gene signature, one gene a line: that model on its genes "
            "alone, beside random sets of its size. Can be given again.",
        ),
    ] = None
    instability: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            rich_help_panel=_CHANCE,
            help="Develop a model again on this many bootstrap samples of the patients, to see "
            "how far risks move: 200 is usual. It is the comparator of a network.",
            show_default="0",
        ),
    ] = None
    selection: Annotated[
        bool,
        typer.Option(
            "--selection",
            rich_help_panel=_GENES,
            help="Select genes as well: panels, decoys, stability, gene scores.",
        ),
    ] = False
    gene_sets: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE.gmt",
            rich_help_panel=_GENES,
            help="Gene sets: which of them go with the outcome, and where the model ranks "
            "them. Can be given again.",
        ),
    ] = None

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a study that were asked for, by section."""
        from deepcme.verbs.asked import settings_asked

        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        del asked["quick"]
        listed = {name: _names_in(asked[name]) for name in ("models", "clinical", "subgroups")}
        return settings_asked(**{**asked, **listed})


def _names_in(lists: list[str] | None) -> list[str]:
    """Names separated by commas, of which one that holds a comma stands in double quotes."""
    rows = csv.reader(lists or [], skipinitialspace=True)
    return [name.strip() for names in rows for name in names if name.strip()]
