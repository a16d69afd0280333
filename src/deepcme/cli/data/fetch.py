"""`deepcme fetch`: download public data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.options import Quiet

if TYPE_CHECKING:
    from deepcme.base.progress import ByteCount
    from deepcme.sources.fetching.outcome import Fetched

OutFolder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FOLDER",
        help="Folder to download into.",
        show_default="one of that name",
    ),
]
_GEO_FILES = "https://ftp.ncbi.nlm.nih.gov"
_GEO_RECORDS = "https://www.ncbi.nlm.nih.gov"
_MOST_OUTCOMES = 12


def gdc(
    project: Annotated[
        str | None, typer.Argument(metavar="PROJECT", help="Project, such as TCGA-BRCA.")
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Download the files of a GDC manifest instead of a project's.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="Folder to download into.",
            show_default="one of the project's name; needed with --manifest",
        ),
    ] = None,
    base_url: Annotated[
        str, typer.Option(metavar="URL", help="Address of the GDC API.")
    ] = "https://api.gdc.cancer.gov",
    quiet: Quiet = False,
) -> None:
    """Download a project of the GDC.

    Its open-access gene expression files and clinical cases. Every file is checked against
    the GDC's size and MD5. An interrupted download goes on where it stopped when the
    command is run again.
    """
    from deepcme.base.files.writable import require_writable_folder
    from deepcme.sources.fetching.outcome import Fetched
    from deepcme.sources.gdc.api import GDCClient
    from deepcme.sources.gdc.catalogue import manifest_catalogue, project_catalogue
    from deepcme.sources.gdc.download import download_files

    if (project is None) == (manifest is None):
        raise DeepCMEError("Give either a project, such as TCGA-BRCA, or --manifest FILE.")
    if project is None and out is None:
        raise DeepCMEError("--manifest names no folder to download into: give --out FOLDER.")
    folder = out or Path(str(project))
    require_writable_folder(folder)
    with GDCClient(base_url) as client:
        if manifest is not None:
            catalogue = manifest_catalogue(client, manifest)
        else:
            catalogue = project_catalogue(client, str(project))
        catalogue.save(folder)
        with _downloading(quiet) as progress:
            counts = download_files(client, catalogue.files, folder, progress)
    if quiet:
        return
    n_unknown = len(catalogue.files) - len(catalogue.samples)
    if n_unknown:
        say(
            f"- The GDC no longer tells the samples of {n_unknown:,} files: give "
            "`deepcme prepare gdc` a --sample-sheet."
        )
    say(
        f"{folder}: {len(catalogue.files):,} files, all verified; {counts.n_fetched:,} "
        f"downloaded now, {counts.n_present:,} were there."
    )
    say(f"Next: {Fetched(counts, ['gdc', folder]).next_command()}", whole=True)


def geo(
    accession: Annotated[
        str, typer.Argument(metavar="SERIES", help="Series, such as GSE7390.")
    ],
    out: OutFolder = None,
    platform: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GPL",
            help="Platform to take of a series that has several. Can be given again.",
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Address of GEO's files.", show_default=_GEO_FILES),
    ] = None,
    records_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Address of GEO's records.",
            show_default=f"--base-url, or {_GEO_RECORDS}",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Download a GEO series.

    Its series matrix and the table that names its genes. Of a sequencing series, NCBI's
    counts are downloaded too. Every file is checked against its length, its checksum where
    it has one, and its end mark.
    """
    from deepcme.base.files.writable import require_writable_folder
    from deepcme.sources.fetching.client import WebClient
    from deepcme.sources.fetching.geo import Geo, fetch_series

    folder = out or Path(accession)
    require_writable_folder(folder)
    with (
        WebClient(base_url or _GEO_FILES) as files,
        WebClient(records_url or base_url or _GEO_RECORDS) as records,
        _downloading(quiet) as progress,
    ):
        fetched = fetch_series(
            Geo(files, records),
            accession,
            folder,
            platforms=platform or (),
            progress=progress,
        )
    _say(fetched, folder, quiet)


def xena(
    project: Annotated[
        str, typer.Argument(metavar="PROJECT", help="Project, such as TCGA-BRCA.")
    ],
    out: OutFolder = None,
    column: Annotated[
        Literal["fpkm", "tpm", "counts"],
        typer.Option(
            metavar="fpkm|tpm|counts",
            help="Which values of STAR files to take; the hub has their logs.",
        ),
    ] = "fpkm",
    base_url: Annotated[
        str, typer.Option(metavar="URL", help="Address of the hub's files.")
    ] = "https://gdc-hub.s3.us-east-1.amazonaws.com",
    quiet: Quiet = False,
) -> None:
    """Download a project of UCSC Xena's GDC hub.

    Its matrix, clinical tables and gene symbols. Every file is checked against its length,
    and its MD5 or checksum.
    """
    from deepcme.base.files.writable import require_writable_folder
    from deepcme.sources.fetching.client import WebClient
    from deepcme.sources.fetching.xena import fetch_project

    folder = out or Path(project)
    require_writable_folder(folder)
    with WebClient(base_url) as hub, _downloading(quiet) as progress:
        fetched = fetch_project(hub, project, folder, column=column, progress=progress)
    _say(fetched, folder, quiet)


def cbioportal(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="Study id, such as brca_metabric.")
    ],
    out: OutFolder = None,
    base_url: Annotated[
        str, typer.Option(metavar="URL", help="Address of the datahub.")
    ] = "https://datahub.assets.cbioportal.org",
    quiet: Quiet = False,
) -> None:
    """Download a study of cBioPortal's datahub.

    Its measured expression and clinical files. The archive of the study is checked against
    its length and checksum and stays in the folder; z-scores, mutations and the like are
    not unpacked.
    """
    from deepcme.base.files.writable import require_writable_folder
    from deepcme.sources.fetching.cbioportal import fetch_study
    from deepcme.sources.fetching.client import WebClient

    folder = out or Path(study)
    require_writable_folder(folder)
    with WebClient(base_url) as datahub, _downloading(quiet) as progress:
        fetched = fetch_study(datahub, study, folder, progress)
    _say(fetched, folder, quiet)


@contextmanager
def _downloading(quiet: bool) -> Iterator[ByteCount]:
    import logging

    from deepcme.base.processes.stopping import GOES_ON, if_halted
    from deepcme.base.progress import show_bytes

    # Each attempt would be a line across the progress bar; the last one's failure is told.
    logging.getLogger("stamina").setLevel(logging.ERROR)
    halted = if_halted(lambda: "before all was downloaded", GOES_ON)
    with halted, show_bytes("Downloading", quiet=quiet) as progress:
        yield progress


def _say(fetched: Fetched, folder: Path, quiet: bool) -> None:
    from deepcme.base.words import counted

    if quiet:
        return
    counts = fetched.counts
    say(
        f"{folder}: {counted(counts.n_present + counts.n_fetched, 'file')}, all verified; "
        f"{counts.n_fetched:,} downloaded now, {counts.n_present:,} were there."
    )
    for note in fetched.notes:
        say(f"- {note}")
    if fetched.outcomes:
        say("What could name the outcome, by the clinical data:")
        for outcome in fetched.outcomes[:_MOST_OUTCOMES]:
            say(f"  {outcome}", whole=True)
        if len(fetched.outcomes) > _MOST_OUTCOMES:
            say(f"  and {len(fetched.outcomes) - _MOST_OUTCOMES} further columns")
    else:
        say("- No outcome was found in the clinical data: name one of its columns.")
    say(f"Next: {fetched.next_command()}", whole=True)
