"""`deepcme prepare`: files of any origin to a checked cohort."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.options import Output, Shared, StrictOption, with_shared_options

if TYPE_CHECKING:
    from deepcme.cohort.cohort import Cohort

app = typer.Typer(
    help="Make a checked cohort (.h5ad) of expression and labels.", no_args_is_help=True
)

ScaleName = Literal["fpkm", "tpm", "rsem", "counts", "log2", "intensity"]
ScaleOption = Annotated[
    ScaleName | None,
    typer.Option(help="What the values are.", show_default="worked out and reported"),
]


@app.command()
@with_shared_options
def table(
    expression: Annotated[
        Path, typer.Option(help="Expression matrix (.csv, .tsv, .xlsx, .parquet, .gct, .h5ad).")
    ],
    samples: Annotated[
        Path, typer.Option(help="Table with one row per sample (.csv, .tsv, .xlsx, .parquet).")
    ],
    label: Annotated[
        str, typer.Option(metavar="COLUMN", help="Endpoint: 1 or 0, blank where unknown.")
    ],
    shared: Shared,
    sample: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Sample ids.", show_default="one called so, else the first"
        ),
    ] = None,
    batch: Annotated[str | None, typer.Option(metavar="COLUMN", help="Batch or plate.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=VALUE", help="Keep only such samples; may be repeated."),
    ] = None,
    scale: ScaleOption = None,
    layer: Annotated[
        str | None,
        typer.Option(
            help="What to take of an .h5ad file: the name of a layer, or raw.", show_default="X"
        ),
    ] = None,
    orientation: Annotated[
        Literal["samples-in-rows", "genes-in-rows"] | None,
        typer.Option(help="Which way the matrix lies.", show_default="worked out and reported"),
    ] = None,
) -> None:
    """Make a cohort of an expression table and a samples table."""
    from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

    columns = TableColumns(
        label=label,
        sample=sample,
        patient=shared.patient,
        tissue=shared.tissue,
        batch=batch,
        where=tuple(_condition(text) for text in where or ()),
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
    finish(cohort, shared)


@app.command()
def merge(
    cohorts: Annotated[
        list[Path], typer.Argument(metavar="COHORT.h5ad...", help="Two or more cohorts.")
    ],
    output: Output,
    same_patients: Annotated[
        bool,
        typer.Option(
            "--same-patients",
            help="Take equal patient ids of two cohorts for one person; barcodes always are.",
        ),
    ] = False,
    strict: StrictOption = False,
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
    save(merge_cohorts(together, same_patients=same_patients), output, strict)


def _condition(text: str) -> tuple[str, str]:
    column, separator, value = text.partition("=")
    if not separator or not column:
        raise DeepCMEError(f"--where takes COLUMN=VALUE, not {text!r}.")
    return column, value


def finish(cohort: Cohort, shared: Shared) -> None:
    """Keep the samples that were asked for, write the cohort and say what is in it."""
    from deepcme.cohort.filters import filter_samples

    kept = filter_samples(
        cohort, keep_tissue=shared.keep_tissue or (), one_per_patient=shared.one_per_patient
    )
    save(kept, shared.output, shared.strict)


def save(cohort: Cohort, output: Path, strict: bool = False) -> None:
    """Write the cohort and say what is in it; `strict` refuses one with warnings."""
    from deepcme.base.notes import refuse_warnings
    from deepcme.cli.saying import lines_about

    if strict:
        refuse_warnings(cohort.notes)
    cohort.save(output)
    for line in lines_about(cohort.notes, cohort.flow):
        say(line)
    say(
        f"Wrote {output}: {cohort.n_samples} samples of {cohort.n_patients} patients, "
        f"{cohort.n_genes:,} genes, {cohort.n_positives} positives, scale {cohort.scale}."
    )
