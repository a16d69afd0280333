"""`deepcme power`: how much data would be enough, of a binary outcome or of times."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from deepcme.base.terminal import say
from deepcme.cli.options import Quiet, with_options, writable
from deepcme.cli.planning.simulate import EFFECT_HELP, HAZARD_HELP

_BINARY = "Yes or no"
_TIMES = "Times to an event"


@dataclass(frozen=True)
class BinaryPlan:
    """What only a plan of a binary outcome takes; None where it is not said."""

    prevalence: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            rich_help_panel=_BINARY,
            help="Share of patients with an event.",
            show_default="the cohort's, else 0.2",
        ),
    ] = None
    auc: Annotated[
        float | None,
        typer.Option(
            metavar="AUC",
            rich_help_panel=_BINARY,
            help="True AUC of the model.",
            show_default="0.7",
        ),
    ] = None
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="RISK",
            rich_help_panel=_BINARY,
            help="Risk from which one would act, for the net benefit of a validation.",
            show_default="the prevalence",
        ),
    ] = None


@dataclass(frozen=True)
class TimesPlan:
    """What only a plan of times takes; None where it is not said."""

    risk: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            rich_help_panel=_TIMES,
            help="Share of patients who have the event by the horizon, seen or not.",
            show_default="the cohort's, else 0.25",
        ),
    ] = None
    censored: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            rich_help_panel=_TIMES,
            help="Share of patients lost before the horizon without an event.",
            show_default="as the cohort's events are seen, else 0.2",
        ),
    ] = None
    concordance: Annotated[
        float | None,
        typer.Option(
            metavar="C",
            rich_help_panel=_TIMES,
            help="True C of the model up to the horizon.",
            show_default="0.7",
        ),
    ] = None
    hazard_ratio: Annotated[
        float | None,
        typer.Option(
            metavar="RATIO",
            rich_help_panel=_TIMES,
            help="Hazard ratio between two halves of the patients that is to be found.",
            show_default="1.5",
        ),
    ] = None


@with_options("times", TimesPlan)
@with_options("binary", BinaryPlan)
def power(
    binary: BinaryPlan,
    times: TimesPlan,
    cohort: Annotated[
        Path | None,
        typer.Argument(
            metavar="COHORT.h5ad",
            help="Cohort to take prevalence or risk, genes and a row of the table from.",
            show_default=False,
        ),
    ] = None,
    half_width: Annotated[
        float,
        typer.Option(
            metavar="X", help="Wanted half-width of the 95% interval of the AUC, or of C."
        ),
    ] = 0.05,
    effect: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help=f"{EFFECT_HELP}; of times, {HAZARD_HELP}, other genes not known.",
            show_default="0.5, of times 0.3",
        ),
    ] = None,
    genes: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Genes that are ranked.",
            show_default="the cohort's, else 20000",
        ),
    ] = None,
    signal_genes: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="True genes among them.", show_default="50, or all if fewer"
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="A true gene is found if it is among this many first genes.",
            show_default="100, or all if fewer",
        ),
    ] = None,
    parameters: Annotated[
        int,
        typer.Option(
            metavar="N", help="Parameters of a regression without penalty to develop."
        ),
    ] = 10,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE.csv",
            callback=writable,
            help="Table to write as well.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Say how many events a study would need, for 20 to 2,000 of them.

    For times to an event if the cohort has times, or an option of times is
    given; else for a binary outcome. Intervals: of the AUC Hanley and McNeil
    1982, of C its variance in many patients. Genes: ranking by the
    t-statistic, or Cox's score test, on all patients, genes taken as
    independent; a network can rank better or worse. Hazard ratios:
    Schoenfeld 1983. Parameters without penalty that so many patients are
    enough for, and sizes to develop and to validate a model: Riley et al.
    2019 and 2021.
    """
    from deepcme.base.files.files import write_csv
    from deepcme.verbs.planning import power as plan

    made = plan(
        cohort,
        half_width=half_width,
        effect=effect,
        genes=genes,
        signal_genes=signal_genes,
        top=top,
        parameters=parameters,
        **asdict(binary),
        **asdict(times),
    )
    if out is not None:
        write_csv(out, made.table)
    if quiet:
        return
    for line in made.text.split("\n"):
        say(line, whole="   " in line)  # a row of the table
    if out is not None:
        say(f"Wrote {out}.")
