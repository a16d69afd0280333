"""`deepcme simulate` and `deepcme power`: known truth, and how much data would be enough."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepcme.base.terminal import say_lines
from deepcme.cli.options import Output, Seed, writable
from deepcme.cli.prepare import save

if TYPE_CHECKING:
    import pandas as pd

    from deepcme.simulation.power import PowerDesign

EFFECT_HELP = (
    "Shift of a true gene's mean log2 expression between events and non-events, in standard "
    "deviations of the gene (Cohen's d)"
)


def simulate(
    output: Output,
    samples: Annotated[int, typer.Option(help="Number of samples.")] = 1193,
    genes: Annotated[int, typer.Option(help="Number of genes.")] = 56602,
    events: Annotated[int, typer.Option(help="Samples labelled 1, exactly.")] = 23,
    signal_genes: Annotated[
        int, typer.Option(help="Genes that differ between events and non-events.")
    ] = 50,
    effect: Annotated[
        float,
        typer.Option(help=f"{EFFECT_HELP}, within a batch and before counting noise."),
    ] = 0.5,
    rare_genes: Annotated[
        float, typer.Option(help="Share of genes that 0.1% to 5% of patients express.")
    ] = 0.25,
    module_size: Annotated[int, typer.Option(help="Genes in a correlated module.")] = 50,
    batches: Annotated[int, typer.Option(help="Batches, unrelated to the label.")] = 4,
    repeated_samples: Annotated[
        float, typer.Option(help="Share of samples from a patient who has one already.")
    ] = 0.1,
    normal_tissue: Annotated[
        float, typer.Option(help="Share of the repeated samples that are normal tissue.")
    ] = 0.0,
    seed: Seed = 1,
) -> None:
    """Simulate a cohort of bulk RNA-seq (FPKM) of which the truth is known.

    The truth is in the file's gene columns: module, signal, effect and rare.
    """
    from deepcme.simulation.cohorts import CohortDesign, simulate_cohort

    design = CohortDesign(
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
    )
    save(simulate_cohort(design, seed, quiet=False), output)


def power(
    cohort: Annotated[
        Path | None,
        typer.Argument(
            metavar="[COHORT.h5ad]",
            help="Cohort to take prevalence, genes and a row of the table from.",
            show_default=False,
        ),
    ] = None,
    prevalence: Annotated[
        float | None,
        typer.Option(
            help="Share of patients with an event.", show_default="the cohort's, else 0.2"
        ),
    ] = None,
    auc: Annotated[float, typer.Option(help="True AUC of the model.")] = 0.7,
    half_width: Annotated[
        float, typer.Option(help="Wanted half-width of the AUC's 95% interval.")
    ] = 0.05,
    effect: Annotated[float, typer.Option(help=f"{EFFECT_HELP}.")] = 0.5,
    genes: Annotated[
        int | None,
        typer.Option(help="Genes that are ranked.", show_default="the cohort's, else 20000"),
    ] = None,
    signal_genes: Annotated[int, typer.Option(help="True genes among them.")] = 50,
    top: Annotated[
        int, typer.Option(help="A true gene is found if it is among this many first genes.")
    ] = 100,
    parameters: Annotated[
        int, typer.Option(help="Parameters of a regression without penalty to develop.")
    ] = 10,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Risk from which one would act, for the net benefit of a validation.",
            show_default="the prevalence",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", callback=writable, help="Write the table here too."),
    ] = None,
) -> None:
    """Say how many events a study would need, for 20 to 2,000 of them.

    AUC intervals: Hanley and McNeil 1982. Genes: ranking by the t-statistic on
    all patients, genes taken as independent; a network can rank better or worse.
    Parameters without penalty that so many patients are enough for, and sizes to
    develop and to validate a model: Riley et al. 2019 and 2021.
    """
    from deepcme.base.files.files import write_csv
    from deepcme.cohort.cohort import Cohort
    from deepcme.cohort.outcome import require_binary
    from deepcme.simulation.planning import EVENTS
    from deepcme.simulation.power import (
        PowerDesign,
        compute_power,
        describe_events_needed,
        describe_model_sizes,
    )

    events, n_genes, share = set(EVENTS), 20_000, 0.2
    if cohort is not None:
        loaded = Cohort.load(cohort)
        require_binary(type(loaded.outcome), str(cohort))
        events_of_cohort = loaded.n_positive_patients
        events.add(events_of_cohort)
        n_genes, share = loaded.n_genes, events_of_cohort / loaded.n_patients
    design = PowerDesign(
        prevalence=share if prevalence is None else prevalence,
        auc=auc,
        effect=effect,
        genes=n_genes if genes is None else genes,
        signal_genes=signal_genes,
        top=top,
    )
    answer = describe_events_needed(design, half_width)
    sizes = describe_model_sizes(design, parameters, threshold)
    table = compute_power(design, sorted(events))
    if csv is not None:
        write_csv(csv, table)
    say_lines(f"{_format_power(table, design)}\n\n{answer}\n\n{sizes}")


def _format_power(table: pd.DataFrame, design: PowerDesign) -> str:
    import pandas as pd

    def interval(low: pd.Series, high: pd.Series) -> list[str]:
        return [f"{a:.2f} to {b:.2f}" for a, b in zip(low, high, strict=True)]

    shown = pd.DataFrame(
        {
            "events": [f"{n:,}" for n in table["events"]],
            "patients": [f"{n:,}" for n in table["patients"]],
            "AUC, 20% test part": interval(table["test_auc_low"], table["test_auc_high"]),
            "AUC, whole cohort": interval(table["auc_low"], table["auc_high"]),
            f"true gene in first {design.top:,}": [
                f"{p:.0%}" for p in table["top_probability"]
            ],
            "parameters": [f"{n:,}" for n in table["parameters"]],
        }
    )
    return (
        f"Prevalence {design.prevalence:.3g}, AUC {design.auc:.2f}, {design.signal_genes:,} "
        f"true genes of effect {design.effect:g} among {design.genes:,}:\n\n"
        f"{shown.to_string(index=False)}"
    )
