"""`deepcme fetch`: download public data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.errors import DeepCMEError
from deepcme.terminal import say

app = typer.Typer(help="Download public data, verified and resumable.", no_args_is_help=True)


@app.callback()
def fetch() -> None:
    """Download public data, verified and resumable."""


@app.command()
def gdc(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to download into.")],
    project: Annotated[
        str | None,
        typer.Argument(help="Project, such as TCGA-BRCA.", show_default=False),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            help="Download the files of this GDC manifest instead.", show_default=False
        ),
    ] = None,
    base_url: Annotated[
        str, typer.Option(help="Address of the GDC API.")
    ] = "https://api.gdc.cancer.gov",
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but problems.")
    ] = False,
) -> None:
    """Download open-access gene expression files and clinical cases of the GDC.

    Every file is checked against the GDC's size and MD5. An interrupted download
    goes on where it stopped when the command is run again.
    """
    import logging

    from deepcme.progress import show_bytes
    from deepcme.sources.gdc.api import GDCClient
    from deepcme.sources.gdc.catalogue import manifest_catalogue, project_catalogue
    from deepcme.sources.gdc.download import download_files

    if (project is None) == (manifest is None):
        raise DeepCMEError("Give either a project, such as TCGA-BRCA, or --manifest FILE.")
    # Each attempt would be a line across the progress bar; the last one's failure is told.
    logging.getLogger("stamina").setLevel(logging.ERROR)
    with GDCClient(base_url) as client:
        if manifest is not None:
            catalogue = manifest_catalogue(client, manifest)
        else:
            catalogue = project_catalogue(client, str(project))
        catalogue.save(output)
        with show_bytes("Downloading", quiet=quiet) as progress:
            counts = download_files(client, catalogue.files, output, progress)
    if quiet:
        return
    n_unknown = len(catalogue.files) - len(catalogue.samples)
    if n_unknown:
        say(
            f"- The GDC no longer tells the samples of {n_unknown:,} files: give "
            "`deepcme prepare gdc` a --sample-sheet."
        )
    say(
        f"{output}: {len(catalogue.files):,} files, all verified; {counts.n_fetched:,} "
        f"downloaded now, {counts.n_present:,} were there. "
        f"Next: deepcme prepare gdc {output} --labels ... -o cohort.h5ad"
    )
