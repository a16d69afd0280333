"""`deepcme simulate`: a cohort of which the truth is known, of labels or of times."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import typer

from deepcme.cli.data.prepare import save
from deepcme.cli.next_step import say_next
from deepcme.cli.options import OutCohort, Quiet, Seed, with_options

_TIMES = "Times to an event"
EFFECT_HELP = (
    "Shift of a true gene's mean log2 expression between events and non-events, in standard "
    "deviations of the gene (Cohen's d)"
)
HAZARD_HELP = "its log hazard ratio for one standard deviation"


@dataclass(frozen=True)
class SimulatedTimes:
    """What a cohort of times takes; None where it is not said."""

    horizon: Annotated[
        float | None,
        typer.Option(
            metavar="TIME",
            rich_help_panel=_TIMES,
            help="Make a cohort of times to an event, of which a study asks up to this time.",
        ),
    ] = None
    time_unit: Annotated[
        Literal["days", "months", "years"] | None,
        typer.Option(
            metavar="UNIT",
            rich_help_panel=_TIMES,
            help="Their unit: days, months or years.",
            show_default="years",
        ),
    ] = None
    risk: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            rich_help_panel=_TIMES,
            help="Share of patients who have the event by the horizon, seen or not.",
            show_default="0.25",
        ),
    ] = None
    censored: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            rich_help_panel=_TIMES,
            help="Share of patients lost before the horizon without an event.",
            show_default="0.2",
        ),
    ] = None
    longest: Annotated[
        float | None,
        typer.Option(
            metavar="TIME",
            rich_help_panel=_TIMES,
            help="Longest follow-up; who is not lost is followed to a time between the "
            "horizon and this.",
            show_default="twice the horizon",
        ),
    ] = None
    shape: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            rich_help_panel=_TIMES,
            help="Shape of the Weibull baseline, 1 for a constant hazard.",
            show_default="1",
        ),
    ] = None


@with_options("times", SimulatedTimes)
def simulate(
    out: OutCohort,
    times: SimulatedTimes,
    samples: Annotated[int, typer.Option(metavar="N", help="Number of samples.")] = 1193,
    genes: Annotated[int, typer.Option(metavar="N", help="Number of genes.")] = 56602,
    events: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Samples labelled 1, exactly; not of times.",
            show_default="23",
        ),
    ] = None,
    signal_genes: Annotated[
        int, typer.Option(metavar="N", help="Genes that the outcome depends on.")
    ] = 50,
    effect: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help=f"{EFFECT_HELP}, within a batch and before counting noise; of times, "
            f"{HAZARD_HELP}, other true genes being equal.",
            show_default="0.5, of times 0.15",
        ),
    ] = None,
    rare_genes: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Share of genes that 0.1% to 5% of patients express."
        ),
    ] = 0.25,
    module_size: Annotated[
        int, typer.Option(metavar="N", help="Genes in a correlated module.")
    ] = 50,
    batches: Annotated[
        int, typer.Option(metavar="N", help="Batches, unrelated to the outcome.")
    ] = 4,
    repeated_samples: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Share of samples from a patient who has one already."
        ),
    ] = 0.1,
    normal_tissue: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Share of the repeated samples that are normal tissue."
        ),
    ] = 0.0,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Simulate a cohort of bulk RNA-seq of which the truth is known.

    In FPKM. Of labels, or with --horizon of times to an event: then the log hazard is
    linear in the true genes, and some patients are lost before the horizon.
    The truth is in the file's gene columns: module, signal, effect and rare;
    of times also in the sample column true_log_hazard.
    """
    from deepcme.verbs.planning import simulate as make

    made = make(
        samples=samples,
        genes=genes,
        events=events,
        signal_genes=signal_genes,
        effect=effect,
        rare_genes=rare_genes,
        module_size=module_size,
        batches=batches,
        repeated_samples=repeated_samples,
        normal_tissue=normal_tissue,
        **asdict(times),
        seed=seed,
        quiet=quiet,
    )
    save(made, out, quiet=quiet)
    if not quiet:
        say_next("run", out, "--quick")
