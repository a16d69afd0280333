"""Which files the GDC has for a project or a manifest, and whose samples they are."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import write_csv, write_text
from deepcme.sources.fetching.files import short
from deepcme.sources.fetching.partials import writing_to
from deepcme.sources.gdc.api import Filter, GDCClient, all_of, equals, one_of
from deepcme.sources.gdc.download import RemoteFile
from deepcme.sources.gdc.sample_sheet import SEVERAL, SHEET_COLUMNS
from deepcme.sources.reading.reading import read_table

SAMPLE_SHEET = "samples.tsv"
CASES = "cases.json"
WORKFLOW = "STAR - Counts"

_SAMPLE_PROPERTIES = ("sample_type", "tissue_type", "tumor_descriptor", "specimen_type")
_FILE_FIELDS = (
    *("file_id", "file_name", "file_size", "md5sum", "analysis.workflow_type"),
    "cases.submitter_id",
    "cases.samples.submitter_id",
    *(f"cases.samples.{name}" for name in _SAMPLE_PROPERTIES),
    "cases.samples.portions.analytes.aliquots.submitter_id",
)
_CASE_PARTS = ("demographic", "diagnoses", "follow_ups")
_IDS_PER_QUERY = 500
_SIZE = re.compile("[0-9]{1,15}")
_ALIQUOT_PATH = ("portions", "analytes", "aliquots")


@dataclass(frozen=True)
class Catalogue:
    """Files to download; their samples, one row per file; and the clinical cases."""

    files: list[RemoteFile]
    samples: pd.DataFrame
    cases: list[dict[str, Any]]

    def save(self, folder: Path) -> None:
        """Write the sample sheet and the cases, where there are any, whole or not at all."""
        with writing_to(folder):
            if len(self.samples):
                write_csv(folder / SAMPLE_SHEET, self.samples, separator="\t")
            if self.cases:
                write_text(folder / CASES, json.dumps(self.cases, indent=1))


def project_catalogue(client: GDCClient, project: str) -> Catalogue:
    """Ask for a project's open-access gene expression files and its cases.

    Parameters
    ----------
    client : GDCClient
    project : str
        Such as ``TCGA-BRCA``.

    Raises
    ------
    DeepCMEError
        If the project has none, or the server cannot be asked.
    """
    filters = all_of(
        equals("cases.project.project_id", project),
        equals("access", "open"),
        equals("data_type", "Gene Expression Quantification"),
        equals("analysis.workflow_type", WORKFLOW),
    )
    hits = client.hits("files", filters, key="file_id", fields=_FILE_FIELDS)
    if not hits:
        raise DeepCMEError(
            f"{client.base_url} has no open-access gene expression files ({WORKFLOW}) of the "
            f"project {project!r}; projects are called TCGA-BRCA, for example."
        )
    cases = _cases(client, equals("project.project_id", project))
    return Catalogue([_remote_file(hit) for hit in hits], _sample_sheet(hits), cases)


def manifest_catalogue(client: GDCClient, manifest: Path) -> Catalogue:
    """Take the files of a GDC manifest, and ask whose samples they are.

    Files that were removed from the index, as HTSeq files were, are still
    served by id; the GDC then tells nothing about their samples.

    Raises
    ------
    DeepCMEError
        If the manifest is not one, or the server cannot be asked.
    """
    files = read_manifest(manifest)
    hits: list[dict[str, Any]] = []
    ids = [file.file_id for file in files]
    for start in range(0, len(ids), _IDS_PER_QUERY):
        wanted = one_of("file_id", ids[start : start + _IDS_PER_QUERY])
        hits += client.hits("files", wanted, key="file_id", fields=_FILE_FIELDS)
    samples = _sample_sheet(hits)
    patients = sorted(set(samples["patient"]))
    cases: list[dict[str, Any]] = []
    for start in range(0, len(patients), _IDS_PER_QUERY):
        wanted = one_of("submitter_id", patients[start : start + _IDS_PER_QUERY])
        cases += _cases(client, wanted)
    return Catalogue(files, samples, cases)


def _cases(client: GDCClient, filters: Filter) -> list[dict[str, Any]]:
    fields = ("case_id", "submitter_id")
    return client.hits("cases", filters, key="case_id", fields=fields, expand=_CASE_PARTS)


def read_manifest(path: Path) -> list[RemoteFile]:
    """Read a GDC manifest: id, filename, md5, size (bytes), state.

    Raises
    ------
    DeepCMEError
        If the file is not a manifest, or repeats an id.
    """
    needed = ("id", "filename", "md5", "size")
    header = {column.lower(): column for column in read_table(path, []).columns}
    table = read_table(path, [], needed=[header.get(column, column) for column in needed])
    rows = table.rename(columns=str.lower)[list(needed)]
    repeated = rows["id"][rows["id"].duplicated()]
    if len(repeated):
        raise DeepCMEError(f"{path}: the id {short(str(repeated.iloc[0]))} occurs twice.")
    files = []
    for number, row in enumerate(rows.itertuples(index=False), start=2):
        if not _SIZE.fullmatch(str(row.size)):
            raise DeepCMEError(f"{path}: row {number} has the size {short(str(row.size))}.")
        # The MANIFEST.txt inside an archive writes <id>/<name>.
        name = str(row.filename).removeprefix(f"{row.id}/")
        files.append(RemoteFile(str(row.id), name, int(str(row.size)), str(row.md5).lower()))
    return files


def _remote_file(hit: dict[str, Any]) -> RemoteFile:
    name, size, md5 = (hit.get(field) for field in ("file_name", "file_size", "md5sum"))
    # To Python a truth value is a whole number too.
    if not (isinstance(name, str) and type(size) is int and isinstance(md5, str)):
        raise DeepCMEError(
            f"The GDC lists file {short(hit['file_id'])} without its name, size or MD5."
        )
    return RemoteFile(hit["file_id"], name, size, md5.lower())


def _sample_sheet(hits: Sequence[dict[str, Any]]) -> pd.DataFrame:
    rows = [_sample_row(hit) for hit in hits]
    return pd.DataFrame(rows, columns=[*SHEET_COLUMNS, "workflow"], dtype=object)


def _sample_row(hit: dict[str, Any]) -> dict[str, object]:
    cases = _nested([hit], "cases")
    samples = _nested(cases, "samples")
    aliquots = samples
    for part in _ALIQUOT_PATH:
        aliquots = _nested(aliquots, part)
    analysis = hit.get("analysis")
    return {
        "file_id": hit.get("file_id"),
        "file_name": hit.get("file_name"),
        "patient": _values(cases, "submitter_id"),
        "sample": _values(samples, "submitter_id"),
        **{name: _values(samples, name) for name in _SAMPLE_PROPERTIES},
        "aliquot": _values(aliquots, "submitter_id"),
        "workflow": analysis.get("workflow_type") if isinstance(analysis, dict) else None,
    }


def _nested(entities: Sequence[dict[str, Any]], part: str) -> list[dict[str, Any]]:
    """What lies one level below; an expression file has one of each, a pooled one several."""
    below = [entity.get(part) for entity in entities]
    lists = [nested for nested in below if isinstance(nested, list)]
    return [dict(entity) for nested in lists for entity in nested if isinstance(entity, dict)]


def _values(entities: Sequence[dict[str, Any]], name: str) -> str | None:
    """A property of all entities in one cell, as the portal's sample sheet has it."""
    known = [str(entity[name]) for entity in entities if entity.get(name) is not None]
    return SEVERAL.join(known) or None
