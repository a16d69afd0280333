"""`deepcme genes`: gene identifiers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from deepcme.base.terminal import say
from deepcme.cli.data.prepare import save
from deepcme.cli.next_step import say_next
from deepcme.cli.options import Quiet, writable_cohort


def map_(
    cohort: Annotated[
        Path,
        typer.Argument(metavar="COHORT.h5ad", help="Cohort of the genes.", show_default=False),
    ],
    to: Annotated[
        Literal["symbol", "ensembl", "entrez"],
        typer.Option(metavar="IDS", help="What the genes become: symbol, ensembl or entrez."),
    ] = "symbol",
    table: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Table of gene ids: a Xena probeMap, a GEO platform table, HGNC's.",
            show_default="the cohort's own symbols",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="COHORT.h5ad",
            callback=writable_cohort,
            help="Cohort file to write, with the new ids.",
        ),
    ] = None,
    allow_missing: Annotated[
        bool,
        typer.Option("--allow-missing", help="Accept that more than 5% of genes are lost."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Report how many genes of a cohort have another identifier, and translate them.

    Ensembl ids match whatever their version. Of several genes with one new id,
    the one with the highest mean is kept.
    """
    from deepcme.cohort.cohort import Cohort
    from deepcme.sources.gene_mapping import gene_mapping, with_mapped_genes

    loaded = Cohort.load(cohort)
    mapping = gene_mapping(loaded, to, table)
    if not quiet:
        say(mapping.describe())
    for doubt in mapping.doubts:
        say(doubt, error=quiet)
    mapping.require_coverage(allow_missing)
    if out is not None:
        save(with_mapped_genes(loaded, mapping), out, quiet=quiet)
        if not quiet:
            say_next("audit", out)
