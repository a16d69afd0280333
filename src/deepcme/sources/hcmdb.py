"""HCMDB, the Human Cancer Metastasis Database: metastasis status of samples.

Source: Zheng et al., Nucleic Acids Research 2018;46:D950; the table of datasets
has one row per sample and experiment.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from deepcme.barcodes import is_barcode, parse_barcode
from deepcme.endpoints import Labelling
from deepcme.errors import DeepCMEError
from deepcme.sources.reading import read_table
from deepcme.words import few

_SAMPLE = "Sample_id"
_STATUS = "Metastasis_status"
_LABEL_OF_STATUS = {"YES": 1.0, "NO": 0.0}


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
    table = read_table(path, needed=(_SAMPLE, _STATUS))
    table = table[table[_SAMPLE].notna()]
    status = table[_STATUS].fillna("").astype(str).str.strip().str.upper()
    odd = ~status.isin(_LABEL_OF_STATUS)
    if odd.any():
        raise DeepCMEError(
            f"{path}: sample {table.loc[odd, _SAMPLE].iloc[0]} has the {_STATUS} "
            f"{status[odd].iloc[0]!r}; it should be YES or NO."
        )
    return _agreed(status, table[_SAMPLE].astype(str).str.strip())


def _agreed(status: pd.Series, sample: pd.Series) -> pd.Series:
    by_sample = status.groupby(sample.to_numpy())
    return by_sample.first().where(by_sample.nunique() == 1, "conflict")


def hcmdb_endpoint(annotation: pd.DataFrame, path: str | Path) -> Labelling:
    """Label samples by HCMDB: metastasis status YES = 1, NO = 0.

    TCGA aliquots are joined by their 16-character sample barcode, so that all
    aliquots of a sample share its label; barcodes without a vial letter by
    their 15 characters, where all vials agree. Other ids, such as GSM numbers,
    are joined as they are.

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
    samples = [_sample_key(str(sample)) for sample in annotation.index]
    if not any(len(sample) == 16 for sample in samples if is_barcode(sample)):
        without_vial = [key[:15] if is_barcode(key) else key for key in status.index]
        status = _agreed(status, pd.Series(without_vial))
    found = pd.Series(samples, index=annotation.index).map(status)
    if found.isna().all():
        raise DeepCMEError(
            f"{path} lists none of the {len(samples):,} samples ({few(samples)}); "
            f"it has {few(status.index)}."
        )
    return Labelling(
        name="hcmdb-status",
        rule=(
            "HCMDB metastasis status of the sample YES = 1, NO = 0; not listed, or listed "
            "with both = left out."
        ),
        values=found.map(_LABEL_OF_STATUS),
        left_out={
            "not listed in HCMDB": int(found.isna().sum()),
            "listed in HCMDB as both YES and NO": int((found == "conflict").sum()),
        },
    )


def _sample_key(sample: str) -> str:
    if not is_barcode(sample):
        return sample
    barcode = parse_barcode(sample)
    return barcode.sample or barcode.patient
