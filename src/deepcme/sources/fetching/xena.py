"""Projects of UCSC Xena's GDC hub: a matrix of logs, clinical tables, symbols of the genes.

Source: https://xenabrowser.net/datapages, "GDC hub"; its files are objects of Amazon S3.
"""

from __future__ import annotations

import re
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.progress import ByteCount
from deepcme.sources.fetching.client import WebClient
from deepcme.sources.fetching.files import fetch_files
from deepcme.sources.fetching.outcome import Fetched
from deepcme.sources.fetching.proposals import outcomes_of_tables
from deepcme.sources.fetching.remote import CEILING, stored_object

PROBEMAP = "gencode.v36.annotation.gtf.gene.probemap"

_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,60}")
_CLINICAL = ("clinical", "survival")


def fetch_project(
    hub: WebClient,
    project: str,
    folder: Path,
    *,
    column: str = "fpkm",
    progress: ByteCount | None = None,
) -> Fetched:
    """Fetch the matrix, the clinical tables and the probeMap of a project.

    Parameters
    ----------
    hub : WebClient
        At https://gdc-hub.s3.us-east-1.amazonaws.com.
    project : str
        Such as ``TCGA-BRCA``.
    folder : path
    column : {"fpkm", "tpm", "counts"}
        Which values of STAR; the hub has their logs.
    progress : ByteCount, optional

    Raises
    ------
    DeepCMEError
        If the hub has no such project, or a file cannot be had whole.
    """
    if not _PROJECT.fullmatch(project):
        raise DeepCMEError(f"{project!r} is not the name of a GDC project, such as TCGA-BRCA.")
    matrix = f"{project}.star_{column}.tsv.gz"
    names = [matrix, *(f"{project}.{kind}.tsv.gz" for kind in _CLINICAL), PROBEMAP]
    found = {name: stored_object(hub, f"/download/{name}", name) for name in names}
    if found[matrix] is None:
        raise DeepCMEError(
            f"{hub.base_url} has no {matrix}: check the project, which is spelled as at the "
            "GDC, such as TCGA-BRCA."
        )
    files = [file for file in found.values() if file is not None]
    counts = fetch_files(hub, files, folder, progress, ceiling=CEILING)
    tables = [file.at(folder) for file in files if file.name not in (matrix, PROBEMAP)]
    command: list[str | Path] = ["xena", folder / matrix]
    if found[PROBEMAP] is not None:
        command += ["--probemap", folder / PROBEMAP]
    for table in tables:
        command += ["--clinical-table", table]
    absent = [f"The hub has no {name}." for name, file in found.items() if file is None]
    return Fetched(counts, command, outcomes_of_tables(tables), absent)
