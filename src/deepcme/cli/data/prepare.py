"""`deepcme prepare`: files of any origin to a checked cohort."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.data.follow_up import (
    FollowUpOptions,
    condition,
    lines_about_follow_up,
)
from deepcme.cli.next_step import say_next
from deepcme.cli.options import (
    ENDPOINT,
    FILES,
    PATIENTS,
    VALUES,
    OutCohort,
    Quiet,
    Scale,
    Shared,
    StrictOption,
    with_options,
    with_shared_options,
)

if TYPE_CHECKING:
    from deepcme.cohort.cohort import Cohort


@with_shared_options
@with_options("followed", FollowUpOptions)
def table(
    expression: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            rich_help_panel=FILES,
            help="Expression matrix (.csv, .tsv, .xlsx, .parquet, .gct, .h5ad).",
        ),
    ],
    samples: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            rich_help_panel=FILES,
            help="Table with one row per sample (.csv, .tsv, .xlsx, .parquet).",
        ),
    ],
    shared: Shared,
    followed: FollowUpOptions,
    label: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            rich_help_panel=ENDPOINT,
            help="Endpoint of 1 and 0, or yes and no, blank where unknown; or else --time and "
            "--event.",
        ),
    ] = None,
    sample: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            rich_help_panel=PATIENTS,
            help="Sample ids.",
            show_default="one called so, else the first",
        ),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", rich_help_panel=PATIENTS, help="Batch or plate."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            rich_help_panel=PATIENTS,
            help="Keep only such samples. Can be given again.",
        ),
    ] = None,
    scale: Scale = None,
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=VALUES,
            help="What to take of an .h5ad file: the name of a layer, or raw.",
            show_default="X",
        ),
    ] = None,
    orientation: Annotated[
        Literal["samples-in-rows", "genes-in-rows"] | None,
        typer.Option(
            metavar="WAY",
            rich_help_panel=VALUES,
            help="Which way the matrix lies: samples-in-rows or genes-in-rows.",
            show_default="worked out and reported",
        ),
    ] = None,
) -> None:
    """Make a cohort of an expression table and a samples table."""
    from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

    columns = TableColumns(
        label=label,
        times=followed.times,
        sample=sample,
        patient=shared.patient,
        tissue=shared.tissue,
        batch=batch,
        where=tuple(condition("--where", text) for text in where or ()),
    )
    cohort = cohort_from_tables(
        expression,
        samples,
        columns,
        scale=scale,
        orientation=orientation,
        decimal=shared.decimal,
        layer=layer,
        naming=shared.naming(),
    )
    finish(cohort, shared, followed)


def merge(
    cohorts: Annotated[
        list[Path], typer.Argument(metavar="COHORT.h5ad", help="Two or more cohorts.")
    ],
    out: OutCohort,
    same_patients: Annotated[
        bool,
        typer.Option(
            "--same-patients",
            help="Take equal patient ids of two cohorts for one person; barcodes always are.",
        ),
    ] = False,
    strict: StrictOption = False,
    quiet: Quiet = False,
) -> None:
    """Put cohorts together at their common genes, to leave one out at a time.

    The column `cohort` holds the names of the files. Values are taken as they are.
    """
    from deepcme.base.words import cleaned
    from deepcme.cohort.cohort import Cohort
    from deepcme.cohort.merging import merge_cohorts

    names = [cleaned(path.stem) for path in cohorts]
    if len(set(names)) < len(names):
        raise DeepCMEError(f"Two of the files have the same name: {', '.join(names)}.")
    loaded = [Cohort.load(path) for path in cohorts]
    together = dict(zip(names, loaded, strict=True))
    merged = merge_cohorts(together, same_patients=same_patients)
    save(merged, out, strict=strict, quiet=quiet)
    if not quiet:
        say_next("run", out, "--design", "leave-one-cohort-out")


def finish(cohort: Cohort, shared: Shared, followed: FollowUpOptions) -> None:
    """Keep the samples that were asked for, write the cohort and say what is in it."""
    from deepcme.verbs.reading import choose_samples

    kept = choose_samples(
        cohort,
        drop_censored=followed.drop_censored,
        keep_tissue=shared.keep_tissue or (),
        one_per_patient=shared.one_per_patient,
    )
    save(kept, shared.out, strict=shared.strict, quiet=shared.quiet)
    if not shared.quiet:
        say_next("audit", shared.out)


def save(cohort: Cohort, out: Path, *, strict: bool = False, quiet: bool = False) -> None:
    """Write the cohort and say what is in it, or if quiet the warnings alone.

    `strict` refuses one with warnings.
    """
    from deepcme.base.notes import is_warning, refuse_warnings
    from deepcme.verbs.reading import require_horizon_in_reach

    require_horizon_in_reach(cohort)
    if strict:
        refuse_warnings(cohort.notes)
    cohort.save(out)
    if quiet:
        for note in filter(is_warning, cohort.notes):
            say(f"- {note}", error=True)
    else:
        _say_cohort(cohort, out)


def _say_cohort(cohort: Cohort, out: Path) -> None:
    from deepcme.cli.data.saying import lines_about
    from deepcme.cohort.survival import SurvivalOutcome

    outcome = cohort.outcome
    is_timed = isinstance(outcome, SurvivalOutcome)
    for line in lines_about(cohort.notes, cohort.flow, "event" if is_timed else "positive"):
        say(line, whole=not line.startswith("-"))
    if isinstance(outcome, SurvivalOutcome):
        for line in lines_about_follow_up(outcome):
            say(line)
    having = outcome.called(1, "samples") if is_timed else "positives"
    say(
        f"Wrote {out}: {cohort.n_samples} samples of {cohort.n_patients} patients, "
        f"{cohort.n_genes:,} genes, {cohort.n_positives} {having}, scale {cohort.scale}."
    )
