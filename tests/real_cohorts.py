"""Real cohorts that lie beside the repository, as the proofs use them."""

from pathlib import Path

from deepcme import Cohort
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables


def load_real_cohort(folder: Path, name: str) -> Cohort:
    """A cohort by the name of its folder; GSE25055 is part of one.

    Patients are the samples where the source names none.
    """
    within = "breast_dmfs_gse25055_gse16446" if name == "GSE25055" else name
    where = [("cohort", "GSE25055")] if name == "GSE25055" else []
    patient = None if name == "gse6099_prostate_met_vs_primary" else "patient_id"
    return cohort_from_tables(
        folder / within / "expression.parquet",
        folder / within / "samples.csv",
        TableColumns(label="metastasis", patient=patient, where=where),
    )
