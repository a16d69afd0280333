"""Series of NCBI's GEO: series matrices, and the tables that name the genes of their rows.

Sources: GEO documentation, "Programmatic access to GEO", "Download GEO data" and
"NCBI-generated RNA-seq count data". A record that GEO does not show comes as a web page,
with the status of success.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.progress import ByteCount
from deepcme.sources.fetching.checks import ends_with
from deepcme.sources.fetching.client import WebClient
from deepcme.sources.fetching.files import DownloadCounts, WebFile, fetch_files
from deepcme.sources.fetching.outcome import Fetched, all_counts
from deepcme.sources.fetching.proposals import proposed_outcomes
from deepcme.sources.fetching.remote import CEILING, is_there
from deepcme.sources.geo.series_matrix import TABLE_BEGIN, TABLE_END, read_series_matrix
from deepcme.sources.reading.probemap import PLATFORM_TABLE_END
from deepcme.sources.reading.text import text_lines

_SERIES = re.compile(r"GSE[1-9][0-9]{0,8}")
_PLATFORM = re.compile(r"GPL[1-9][0-9]{0,8}")
_PLATFORMS, _RELATIONS = "!Series_platform_id", "!Series_relation"
_MOST_MATRICES = 50
_MODEST_LINES, _MODEST_BYTES = 2_000, 20_000_000
_GENES_OF_COUNTS = "Human.GRCh38.p13.annot.tsv.gz"
_RELEASE = re.compile(r"is currently private.{0,80}released on (\w{3} \d{1,2}, \d{4})")


@dataclass(frozen=True)
class Geo:
    """The two services of GEO.

    Parameters
    ----------
    files : WebClient
        Files by address, at https://ftp.ncbi.nlm.nih.gov.
    records : WebClient
        Records and what is made on demand, at https://www.ncbi.nlm.nih.gov.
    """

    files: WebClient
    records: WebClient


@dataclass(frozen=True)
class _Part:
    """The series matrix of one platform, or one of several, as of long series."""

    file: WebFile
    platform: str


def fetch_series(
    geo: Geo,
    accession: str,
    folder: Path,
    *,
    platforms: Sequence[str] = (),
    progress: ByteCount | None = None,
) -> Fetched:
    """Fetch the series matrices of a series, and the tables that name their genes.

    Where the matrices hold no values, as of a sequencing series, NCBI's counts are
    fetched with them.

    Parameters
    ----------
    geo : Geo
    accession : str
        Such as ``GSE7390``.
    folder : path
    platforms : sequence of str
        Which platforms to take of a series that has several.
    progress : ByteCount, optional

    Raises
    ------
    DeepCMEError
        If the series is unknown, private or a SuperSeries, has several platforms and
        none was named, or a file cannot be had whole.
    """
    accession = _checked(accession, _SERIES, "a GEO series, such as GSE7390")
    asked = [_checked(name, _PLATFORM, "a GEO platform, such as GPL96") for name in platforms]
    parts = _chosen(_parts(geo, accession), asked, accession)
    counts = [_fetch(geo.files, [part.file for part in parts], folder, progress, TABLE_END)]
    matrices = [part.file.at(folder) for part in parts]
    command: list[str | Path] = ["geo", *matrices]
    if _hold_values(parts, folder):
        tables, fetched = _fetch_platforms(geo, parts, folder, progress)
        counts += fetched
        for part in parts:
            command += ["--platform-table", tables[part.platform]]
    else:
        files = _files_of_counts(geo, accession)
        counts.append(_fetch(geo.records, files, folder, progress))
        values, annotation = (file.at(folder) for file in files)
        command += ["--counts", values, "--platform-table", annotation]
    return Fetched(all_counts(counts), command, _outcomes(matrices))


def _fetch(
    client: WebClient,
    files: Sequence[WebFile],
    folder: Path,
    progress: ByteCount | None,
    mark: str | None = None,
) -> DownloadCounts:
    """Fetch files, which are texts that end with the mark, if there is one."""
    check = ends_with(mark) if mark else None
    return fetch_files(client, files, folder, progress, ceiling=CEILING, check=check)


def _checked(accession: str, form: re.Pattern[str], what: str) -> str:
    name = accession.upper()
    if not form.fullmatch(name):
        raise DeepCMEError(f"{accession!r} is not the accession of {what}.")
    return name


def _folder_of(accession: str, kind: str) -> str:
    """The address of an accession's files: its last three digits are ``nnn`` in one step."""
    return f"/geo/{kind}/{accession[:3]}{accession[3:-3]}nnn/{accession}"


def _parts(geo: Geo, accession: str) -> list[_Part]:
    """The series matrices that GEO lists, with their platforms."""
    record = _record(geo.records, accession)
    relations = record[_RELATIONS]
    of_super = [text.partition("SuperSeries of: ")[2] for text in relations]
    if subseries := [name for name in of_super if _SERIES.fullmatch(name)]:
        raise DeepCMEError(
            f"{accession} is a SuperSeries of {', '.join(subseries[:20])}, whose values were "
            "worked up apart: fetch those of them that you need, and put their cohorts "
            "together with `deepcme prepare merge`."
        )
    of_record = [name for name in record[_PLATFORMS] if _PLATFORM.fullmatch(name)]
    folder = _folder_of(accession, "series") + "/matrix/"
    listed = _listed_matrices(geo.files, folder, accession)
    if not of_record:
        raise DeepCMEError(f"GEO's record of {accession} names no platform.")
    return [
        _Part(WebFile(folder + name, name), platform or of_record[0])
        for name, platform in listed.items()
    ]


def _listed_matrices(files: WebClient, folder: str, accession: str) -> Mapping[str, str | None]:
    """Names of the matrices that an index page links to, with the platform they name."""
    form = re.compile(
        rf"""href=["']?({accession}(?:-(GPL[1-9][0-9]{{0,8}}))?_series_matrix"""
        r"""(?:-[0-9]{1,2})?\.txt\.gz)["'>\s]""",
    )
    listed: dict[str, str | None] = {}
    for link in form.finditer(files.text(folder)):
        listed[link[1]] = link[2]
        if len(listed) > _MOST_MATRICES:
            break
    if not 0 < len(listed) <= _MOST_MATRICES:
        raise DeepCMEError(
            f"{files.base_url}{folder} lists {'too many' if listed else 'no'} series matrices "
            f"of {accession}."
        )
    return listed


def _record(records: WebClient, accession: str) -> Mapping[str, list[str]]:
    """Platforms and relations of a series, by the lines of its brief record."""
    query = {"acc": accession, "targ": "self", "form": "text", "view": "brief"}
    text = records.text("/geo/query/acc.cgi", params=query)
    if not text.lstrip().startswith("^SERIES"):
        raise DeepCMEError(_why_no_record(text, accession, records))
    fields: dict[str, list[str]] = {name: [] for name in (_PLATFORMS, _RELATIONS)}
    for line in re.finditer(rf"^({_PLATFORMS}|{_RELATIONS}) = (.+)$", text, re.MULTILINE):
        fields[line[1]].append(line[2].strip())
    return fields


def _why_no_record(page: str, accession: str, records: WebClient) -> str:
    words = " ".join(re.sub(r"<[^<>]*>", " ", page[:1_000_000]).split())
    if (release := _RELEASE.search(words)) is not None:
        return f"{accession} is private: GEO will release it on {release[1]}."
    if "was deleted by the GEO staff" in words:
        return f"{accession} was withdrawn from GEO."
    if "Could not find a public or private accession" in words:
        return f"GEO knows no public series {accession}; check the accession."
    return (
        f"{records.base_url} answered with something else than the record of {accession}; "
        "run the command again later."
    )


def _chosen(parts: list[_Part], asked: list[str], accession: str) -> list[_Part]:
    platforms = list(dict.fromkeys(part.platform for part in parts))
    if not asked and len(platforms) == 1:
        return parts
    unknown = [name for name in asked if name not in platforms]
    if unknown or not asked:
        problem = f"not on {unknown[0]}" if unknown else f"on {len(platforms)} platforms"
        raise DeepCMEError(
            f"{accession} is {problem}: choose with --platform, which may be repeated, from "
            f"{', '.join(platforms)}."
        )
    return [part for part in parts if part.platform in asked]


def _hold_values(parts: list[_Part], folder: Path) -> bool:
    """Whether the matrices have values; either all of them, or none."""
    empty = [part for part in parts if not _holds_values(part.file.at(folder))]
    if empty and len(empty) < len(parts):
        raise DeepCMEError(
            f"The series matrix of {empty[0].platform} holds no values, and others do: choose "
            "the platforms of one kind with --platform."
        )
    return not empty


def _holds_values(path: Path) -> bool:
    """Whether any row follows the header of the table."""
    lines = text_lines(path)
    for line in lines:
        if line.lower().startswith(TABLE_BEGIN):
            break
    next(lines, None)
    return not next(lines, TABLE_END).lower().startswith(TABLE_END)


def _fetch_platforms(
    geo: Geo, parts: list[_Part], folder: Path, progress: ByteCount | None
) -> tuple[dict[str, Path], list[DownloadCounts]]:
    """The table of each platform: GEO's annotation, or else the one that was submitted."""
    tables, counts = {}, []
    for platform in dict.fromkeys(part.platform for part in parts):
        annotation = f"{_folder_of(platform, 'platforms')}/annot/{platform}.annot.gz"
        if is_there(geo.files, annotation):
            client, file = geo.files, WebFile(annotation, f"{platform}.annot.gz")
        else:
            query = {"acc": platform, "targ": "self", "form": "text", "view": "data"}
            address = f"/geo/query/acc.cgi?{urllib.parse.urlencode(query)}"
            client, file = geo.records, WebFile(address, f"{platform}.txt")
        counts.append(_fetch(client, [file], folder, progress, PLATFORM_TABLE_END))
        tables[platform] = file.at(folder)
    return tables, counts


def _files_of_counts(geo: Geo, accession: str) -> list[WebFile]:
    """NCBI's counts of a human sequencing series, and the table of their genes."""
    name = f"{accession}_raw_counts_GRCh38.p13_NCBI.tsv.gz"
    query = {"type": "rnaseq_counts", "acc": accession, "format": "file", "file": name}
    address = f"/geo/download/?{urllib.parse.urlencode(query)}"
    if not is_there(geo.records, address):
        raise DeepCMEError(
            f"The series matrix of {accession} holds no values, as of every sequencing series, "
            "and NCBI has no counts of it: take the supplementary file that has them from "
            f"{geo.files.base_url}{_folder_of(accession, 'series')}/suppl/ and give it to "
            "`deepcme prepare geo` as --counts."
        )
    query = {"type": "rnaseq_counts", "format": "file", "file": _GENES_OF_COUNTS}
    annotation = f"/geo/download/?{urllib.parse.urlencode(query)}"
    return [WebFile(address, name), WebFile(annotation, _GENES_OF_COUNTS)]


def _outcomes(matrices: Sequence[Path]) -> list[str]:
    """What the characteristics of the samples could give as labels."""
    if not all(map(_has_modest_head, matrices)):
        return []
    attributes = [
        read_series_matrix(path, [], with_values=False).attributes for path in matrices
    ]
    return proposed_outcomes(pd.concat(attributes))


def _has_modest_head(path: Path) -> bool:
    """Whether what is said of the samples is soon read, as it is but in a trap."""
    n_bytes = 0
    for number, line in enumerate(text_lines(path)):
        if line.lower().startswith(TABLE_BEGIN):
            return True
        n_bytes += len(line)
        if number == _MODEST_LINES or n_bytes > _MODEST_BYTES:
            return False
    return False
