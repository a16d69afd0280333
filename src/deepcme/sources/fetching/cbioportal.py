"""Studies of cBioPortal's datahub: the archive of a study's folder, and what is of use in it.

Source: cBioPortal documentation, "Downloads" and "File Formats"; each data file has a meta
file, whose `datatype` tells measured values (CONTINUOUS) from z-scores (Z-SCORE).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.progress import ByteCount
from deepcme.sources.fetching.archive import unpack
from deepcme.sources.fetching.client import WebClient
from deepcme.sources.fetching.files import fetch_files
from deepcme.sources.fetching.outcome import Fetched
from deepcme.sources.fetching.proposals import outcomes_of_tables
from deepcme.sources.fetching.remote import CEILING, stored_object

_STUDY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,80}")
_CLINICAL = ("data_clinical_patient.txt", "data_clinical_sample.txt")
_EXPRESSION = re.compile(
    r"(data|meta)_(mrna|rna_seq|expression)[A-Za-z0-9_.-]{0,100}\.txt", re.I
)
_Z_SCORES = re.compile(r"z_?scores?", re.IGNORECASE)
_LFS_POINTER = b"version https://git-lfs"
_MOST_BYTES_OF_META = 65_536
_MOST_BYTES_OF_HEADER = 10_000_000


def fetch_study(
    datahub: WebClient, study: str, folder: Path, progress: ByteCount | None = None
) -> Fetched:
    """Fetch the archive of a study and unpack its expression and clinical files.

    The archive stays, so that another run sees whether the datahub has a newer one.

    Parameters
    ----------
    datahub : WebClient
        At https://datahub.assets.cbioportal.org.
    study : str
        Such as ``brca_metabric``.
    folder : path
    progress : ByteCount, optional

    Raises
    ------
    DeepCMEError
        If there is no such study, it has no measured expression, its archive is
        unsafe, or it cannot be had whole.
    """
    if not _STUDY.fullmatch(study):
        raise DeepCMEError(
            f"{study!r} is not the id of a cBioPortal study, such as brca_metabric."
        )
    name = f"{study}.tar.gz"
    archive = stored_object(datahub, f"/{name}", name)
    if archive is None:
        raise DeepCMEError(
            f"{datahub.base_url} has no study {study}: check the id, which stands in the "
            "address of the study's page."
        )
    counts = fetch_files(datahub, [archive], folder, progress, ceiling=CEILING)
    files = {path.name: path for path in unpack(archive.at(folder), folder, _is_of_use)}
    _refuse_pointers(list(files.values()), study)
    matrices = _measured(files)
    if not matrices:
        raise DeepCMEError(
            f"The study {study} has no file of measured gene expression (z-scores cannot be "
            "used: they are worked out over all patients)."
        )
    best = max(matrices, key=_n_columns)
    clinical = [files[name] for name in _CLINICAL if name in files]
    command: list[str | Path] = ["cbioportal", best]
    for table in clinical:
        command += ["--clinical-table", table]
    return Fetched(counts, command, outcomes_of_tables(clinical), _notes(matrices, best, files))


def _is_of_use(name: str) -> bool:
    if name in _CLINICAL or name == "meta_study.txt":
        return True
    return _EXPRESSION.fullmatch(name) is not None and not _Z_SCORES.search(name)


def _refuse_pointers(files: Sequence[Path], study: str) -> None:
    for path in files:
        with path.open("rb") as file:
            if file.read(len(_LFS_POINTER)) == _LFS_POINTER:
                raise DeepCMEError(
                    f"The archive of {study} holds pointers of Git LFS in place of files "
                    f"({path.name}); tell the datahub, or fetch the study from its Git "
                    "repository with git-lfs."
                )


def _measured(files: dict[str, Path]) -> list[Path]:
    """The matrices of measured values, as their meta files say; by name where none has one."""
    metas = [_meta(path) for name, path in files.items() if name.lower().startswith("meta_")]
    described = {meta["data_filename"]: meta for meta in metas if "data_filename" in meta}
    return [
        path
        for name, path in files.items()
        if _is_data(name)
        and described.get(name, {}).get("datatype", "CONTINUOUS") == "CONTINUOUS"
    ]


def _is_data(name: str) -> bool:
    return name.lower().startswith("data_") and name not in _CLINICAL


def _meta(path: Path) -> dict[str, str]:
    """The fields of a meta file: ``name: value`` in every line."""
    with path.open("rb") as file:
        text = file.read(_MOST_BYTES_OF_META).decode(errors="replace")
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def _n_columns(path: Path) -> int:
    with path.open("rb") as file:
        return file.readline(_MOST_BYTES_OF_HEADER).count(b"\t")


def _notes(matrices: Sequence[Path], best: Path, files: dict[str, Path]) -> list[str]:
    notes = [f"The study has no {name}." for name in _CLINICAL if name not in files]
    others = [matrix.name for matrix in matrices if matrix != best]
    if others:
        notes.append(
            f"Of several matrices, {best.name} has most samples; there are also "
            f"{', '.join(others)}."
        )
    return notes
