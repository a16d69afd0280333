"""HCMDB, the Human Cancer Metastasis Database: metastasis status of samples.

Source: Zheng et al., Nucleic Acids Research 2018;46:D950; the table of datasets
has one row per sample and experiment.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned, few
from deepcme.cohort.endpoints.labelling import BinaryLabelling
from deepcme.sources.assembly.matching import rows_by_common_part
from deepcme.sources.reading.reading import read_table

_SAMPLE = "Sample_id"
_STATUS = "Metastasis_status"
_LABEL_OF_STATUS = {"YES": 1.0, "NO": 0.0}
_CONFLICT = "conflict"


def read_hcmdb(path: str | Path) -> pd.Series:
    """Read the status of each sample, ``YES``, ``NO`` or ``conflict``, indexed by sample.

    A sample occurs once per experiment that it takes part in; it is in conflict
    if the experiments disagree.

    Raises
    ------
    DeepCMEError
        If the file is not HCMDB's table of datasets (CSV or XLSX).
    """
    path = Path(path)
    table = read_table(path, [], needed=(_SAMPLE, _STATUS))
    table = table[table[_SAMPLE].notna()]
    status = table[_STATUS].fillna("").astype(str).str.strip().str.upper()
    odd = ~status.isin(_LABEL_OF_STATUS)
    if odd.any():
        raise DeepCMEError(
            f"{path}: sample {table.loc[odd, _SAMPLE].iloc[0]} has the {_STATUS} "
            f"{status[odd].iloc[0]!r}; it should be YES or NO."
        )
    return _agreed(status, table[_SAMPLE].astype(str).map(cleaned))


def _agreed(status: pd.Series, sample: pd.Series) -> pd.Series:
    by_sample = status.groupby(sample.to_numpy())
    return by_sample.first().where(by_sample.nunique() == 1, _CONFLICT)


def hcmdb_endpoint(annotation: pd.DataFrame, path: str | Path) -> BinaryLabelling:
    """Label samples by HCMDB: metastasis status YES = 1, NO = 0.

    Barcodes are joined by their common part, each by itself: all aliquots of a
    sample share its label, and a barcode without a vial letter takes that of its
    vials, where they agree. Other ids, such as GSM numbers, are joined as they are.

    Parameters
    ----------
    annotation : DataFrame
        Indexed by sample.
    path : path
        HCMDB's table of datasets.

    Raises
    ------
    DeepCMEError
        If the table is unreadable, or lists none of the samples.
    """
    status = read_hcmdb(path)
    samples = [str(sample) for sample in annotation.index]
    rows = rows_by_common_part(samples, status.index.tolist())
    found = pd.Series(
        [_status_of(status.iloc[of_sample]) for of_sample in rows],
        index=annotation.index,
        dtype=object,
    )
    if found.isna().all():
        raise DeepCMEError(
            f"{path} lists none of the {len(samples):,} samples ({few(samples)}); "
            f"it has {few(status.index)}."
        )
    in_conflict = "listed in HCMDB as both YES and NO"
    return BinaryLabelling(
        name="hcmdb-status",
        rule=(
            "HCMDB metastasis status of the sample YES = 1, NO = 0; not listed, or listed "
            "with both = left out."
        ),
        values=found.map(_LABEL_OF_STATUS),
        left_out={
            "not listed in HCMDB": int(found.isna().sum()),
            in_conflict: int((found == _CONFLICT).sum()),
        },
        conflicts=(in_conflict,),
    )


def _status_of(rows: pd.Series) -> str | None:
    """The status of all rows of a sample: they may be its vials or aliquots."""
    if rows.empty:
        return None
    return str(rows.iloc[0]) if rows.nunique() == 1 else _CONFLICT
