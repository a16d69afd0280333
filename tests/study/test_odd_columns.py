"""One column that is no barcode changes no patient, no split and no AUC of a study."""

import numpy as np
import pandas as pd
import pytest

from deepcme.audit.audit import audit_cohort
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.xena import cohort_from_xena
from deepcme.study.run import run_study
from deepcme.study.spec import make_study

PATIENTS = [f"TCGA-A{i % 8}-{i:04d}" for i in range(30)]
SAMPLES = [f"{patient}-01{vial}" for patient in PATIENTS for vial in "AB"]


@pytest.fixture
def folder(tmp_path):
    """Two samples a patient that are alike, and HCMDB's labels, drawn at random per patient."""
    random = np.random.default_rng(0)
    profiles = random.uniform(2, 9, (40, len(PATIENTS))).repeat(2, axis=1)
    values = profiles + random.normal(0, 0.05, profiles.shape)
    genes = pd.Index([f"ENSG{i:011d}.1" for i in range(40)], name="Ensembl_ID")
    matrix = pd.DataFrame(values.round(4), index=genes, columns=SAMPLES)
    matrix.to_csv(tmp_path / "TCGA-X.tsv", sep="\t")
    status = random.permutation(["YES"] * 12 + ["NO"] * 18).repeat(2)
    labels = pd.DataFrame({"Sample_id": SAMPLES, "Metastasis_status": status})
    labels.to_csv(tmp_path / "hcmdb.csv", index=False)
    return tmp_path


def prepared(folder, odd=None):
    path = folder / "TCGA-X.tsv"
    if odd is not None:
        matrix = pd.read_csv(path, sep="\t", index_col=0, dtype=str)
        matrix.insert(7, odd, matrix[SAMPLES[0]])
        path = folder / "odd" / path.name
        path.parent.mkdir()
        matrix.to_csv(path, sep="\t")
    return cohort_from_xena(path, label_rule(f"hcmdb:{folder / 'hcmdb.csv'}"))


def studied(cohort, path):
    cohort.save(path.with_suffix(".h5ad"))
    study = make_study(
        {
            "cohort": {"path": path.with_suffix(".h5ad")},
            "split": {"design": "repeated", "repeats": 2},
            "models": ["LR"],
        }
    )
    return run_study(study, path, jobs=1, quiet=True)


@pytest.mark.parametrize(
    "odd",
    [
        "GTEX-1117F-0226-SM-5GZZ7",
        "TARGET-20-PABCDE-09A",
        "gene_length",
        "S1",
        f"{SAMPLES[0]}.1",
    ],
)
def test_a_study_is_the_same_beside_an_odd_column(folder, odd):
    without, beside = prepared(folder), prepared(folder, odd)
    assert beside.n_patients == 30
    pd.testing.assert_frame_equal(beside.obs, without.obs)
    assert "DCM001" in {finding.code for finding in audit_cohort(beside)}
    first, second = studied(without, folder / "without"), studied(beside, folder / "beside")
    pd.testing.assert_frame_equal(
        second.read_table("predictions.parquet"), first.read_table("predictions.parquet")
    )
    pd.testing.assert_frame_equal(
        second.read_table("metrics.csv"), first.read_table("metrics.csv"), rtol=0, atol=1e-12
    )
