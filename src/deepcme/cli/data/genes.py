"""`deepcme genes`: gene identifiers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from deepcme.base.terminal import say
from deepcme.cli.data.prepare import save
from deepcme.cli.options import writable_cohort

app = typer.Typer(help="Translate gene identifiers.", no_args_is_help=True)


@app.callback()
def genes() -> None:
    """Translate gene identifiers."""


@app.command("map")
def map_(
    cohort: Annotated[Path, typer.Argument(help="Cohort file (.h5ad).", show_default=False)],
    to: Annotated[
        Literal["symbol", "ensembl", "entrez"], typer.Option(help="What the genes become.")
    ] = "symbol",
    table: Annotated[
        Path | None,
        typer.Option(
            help="Table of gene ids: a Xena probeMap, a GEO platform table, HGNC's.",
            show_default="the cohort's own symbols",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            callback=writable_cohort,
            help="Cohort file to write, with the new ids (.h5ad).",
        ),
    ] = None,
    allow_missing: Annotated[
        bool,
        typer.Option("--allow-missing", help="Accept that more than 5% of genes are lost."),
    ] = False,
) -> None:
    """Report how many genes of a cohort have another identifier, and translate them.

    Ensembl ids match whatever their version. Of several genes with one new id,
    the one with the highest mean is kept.
    """
    from deepcme.cohort.cohort import Cohort
    from deepcme.sources.gene_mapping import gene_mapping, with_mapped_genes

    loaded = Cohort.load(cohort)
    mapping = gene_mapping(loaded, to, table)
    for sentence in (mapping.describe(), *mapping.doubts):
        say(sentence)
    mapping.require_coverage(allow_missing)
    if out is not None:
        save(with_mapped_genes(loaded, mapping), out)
