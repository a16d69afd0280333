"""Each check of the audit fires on the cohort that has the fault, and on no other."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from deepcme import Cohort
from deepcme.audit.audit import audit_cohort
from deepcme.audit.findings import PlannedStudy
from deepcme.audit.standardised import check_standardised
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.scales.scales import guess_scale, on_scale
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from tests.invented_values import genes_at_levels, standardised

N = 400


def sound(n=2 * N, n_genes=300, scale="fpkm", **changed):
    """A cohort in which no check finds anything; `changed` replaces parts of it."""
    random = np.random.default_rng(5)
    parts = {
        "X": random.gamma(2.0, 30.0, (n, n_genes)),
        "labels": np.r_[np.ones(n // 2), np.zeros(n - n // 2)],
        "patients": [f"P{i}" for i in range(n)],
        "tissue": ["primary"] * n,
        "batch": [f"B{i % 4}" for i in range(n)],
        "clinical": pd.DataFrame({"age": random.integers(40, 80, n)}),
        "samples": [f"S{i}" for i in range(n)],
        "endpoint": "invented",
    } | changed
    return Cohort.from_arrays(genes=[f"gene{i}" for i in range(n_genes)], scale=scale, **parts)


def findings(cohort, design=None):
    return {finding.code: finding for finding in audit_cohort(cohort, design)}


@pytest.fixture(scope="module")
def cohort():
    return sound()


def values(cohort):
    return cohort.X.copy()


def test_nothing_is_found_in_a_sound_cohort(cohort):
    assert audit_cohort(cohort) == []


def test_dcm001_patients_with_several_samples(cohort):
    patients = cohort.patients.copy()
    patients[1] = patients[2] = "P0"
    patients[N] = "P3"
    found = findings(sound(patients=patients.tolist()))
    assert list(found) == ["DCM001"]
    assert "800 samples come from 797 patients" in found["DCM001"].evidence
    assert "2 patients with 2 to 3 samples, 5 in all" in found["DCM001"].evidence
    assert "with both labels: 1 patient." in found["DCM001"].evidence
    assert "--one-per-patient" in found["DCM001"].advice


def test_dcm002_normal_and_metastatic_tissue_among_primaries():
    tissue = ["metastatic"] * 7 + ["primary"] * (2 * N - 27) + ["normal"] * 20
    found = findings(sound(tissue=tissue))
    evidence = found["DCM002"].evidence
    assert found["DCM002"].severity == "severe"
    assert "Positives: 7 metastatic, 393 primary; negatives: 20 normal, 380 primary" in evidence
    assert "metastatic 100.0%, normal 0.0%, primary 50.8%" in evidence
    assert "DCM002" not in findings(sound(tissue=["primary", "unknown"] * N))


@pytest.mark.parametrize("kind", ["normal", "model", "metastatic", "recurrent"])
def test_dcm002_any_other_kind_beside_unknown_tissue(kind):
    found = findings(sound(tissue=["unknown"] * N + [kind] * N))["DCM002"]
    assert f"Positives: 400 unknown; negatives: 400 {kind}." in found.evidence
    assert "DCM002" not in findings(sound(tissue=[kind] * (2 * N)))


def test_dcm003_near_duplicates(cohort):
    X = values(cohort)
    X[N] = X[0] * 1.01
    found = findings(sound(X=X))
    assert list(found) == ["DCM003"]
    assert found["DCM003"].severity == "severe"
    assert "1 pair of samples correlate above 0.97" in found["DCM003"].evidence
    assert (
        "1 of them between different patients and 1 with opposite" in found["DCM003"].evidence
    )
    assert "S0 and S400" in found["DCM003"].evidence
    patients = cohort.patients.copy()
    patients[N] = "P0"
    assert findings(sound(X=X, patients=patients.tolist()))["DCM003"].severity == "warning"


def test_dcm004_a_batch_that_predicts_the_label(cohort):
    batch = ["A" if i < N - 40 else "B" for i in range(2 * N)]
    found = findings(sound(batch=batch))
    assert list(found) == ["DCM004"]
    assert found["DCM004"].severity == "severe"
    assert "batch (2 values) ranks patients with an AUC of 0.95" in found["DCM004"].evidence
    assert "p = 0.001" in found["DCM004"].evidence


def test_dcm004_many_batches_do_not_predict_by_chance(cohort):
    batch = np.random.default_rng(0).integers(0, 60, 2 * N).astype(str).tolist()
    assert "DCM004" not in findings(sound(batch=batch))


def test_dcm004_is_silent_where_every_patient_has_a_positive_sample():
    pairs = {"labels": [1, 0] * N, "patients": [f"P{i // 2}" for i in range(2 * N)]}
    found = findings(sound(batch=[f"B{i // 2 % 3}" for i in range(2 * N)], **pairs))
    assert list(found) == ["DCM001"]
    assert "with both labels: 400 patients." in found["DCM001"].evidence
    one = findings(sound(batch=["A", "B"] * N, labels=[1, 0] * N, patients=["P"] * 2 * N))
    assert "DCM004" not in one


def test_dcm004_reads_sites_and_plates_from_barcodes(cohort):
    samples = [
        f"TCGA-{'A1' if i < N else 'B2'}-{i:04d}-01A-11R-{'A115' if i % 2 else 'A21T'}-07"
        for i in range(2 * N)
    ]
    found = findings(sound(samples=samples))["DCM004"]
    assert "tissue_source_site (2 values) ranks patients with an AUC of 1.00" in found.evidence
    assert "plate" not in found.evidence


def test_dcm005_too_few_events(cohort):
    labels = np.r_[np.ones(25), np.zeros(2 * N - 25)]
    found = findings(sound(labels=labels))["DCM005"]
    assert found.severity == "severe"
    assert "holds about 5 positives and 155 negatives" in found.evidence
    assert "one test AUC falls between 0.50 and 1.00" in found.evidence
    assert "About 15 training positives" in found.evidence
    assert "19,200 weights in the first layer" in found.evidence


def test_dcm005_judges_the_events_by_rileys_criteria(cohort):
    labels = np.r_[np.ones(160), np.zeros(2 * N - 160)]
    planned = PlannedStudy(test_fraction=0.05)
    found = findings(sound(labels=labels, n_genes=76), planned)["DCM005"]
    assert (
        "on all 76 genes would need 1,005 events among 5,023 patients (Riley et al. 2019); "
        "160 events among 800 patients are enough for 12 parameters." in found.evidence
    )
    assert "have no such rule: for them it is a guide" in found.evidence


def test_dcm005_counts_patients_for_it_and_not_samples(cohort):
    patients = [f"P{i % 10 if i < 100 else i}" for i in range(2 * N)]
    labels = np.r_[np.ones(100), np.zeros(2 * N - 100)]
    planned = PlannedStudy(test_fraction=0.02)
    found = findings(sound(labels=labels, patients=patients), planned)["DCM005"]
    assert "10 events among 710 patients are enough for 0 parameters" in found.evidence


def test_dcm005_depends_on_the_split_and_the_model(cohort):
    narrow = PlannedStudy(train_fraction=0.9, test_fraction=0.05, hidden_width=8)
    found = findings(cohort, narrow)["DCM005"]
    assert "A test part of 5% holds about 20 positives" in found.evidence
    assert "2,400 weights" in found.evidence


def test_dcm006_genes_expressed_in_almost_no_sample(cohort):
    X = values(cohort)
    X[:, :3] = 0
    X[5, 0] = X[7, 1] = 3.0
    X[:60, 2] = 50.0
    found = findings(sound(X=X))["DCM006"]
    assert "3 of 300 genes are expressed in some but fewer than 10%" in found.evidence
    assert "2 of them have a value beyond 10 standard deviations, the largest at 28.3" in (
        found.evidence
    )


def test_dcm006_is_about_sequencing_and_not_ratios(cohort):
    X = np.log2(values(cohort) + 1) - 5
    X[:, 0] = -1
    X[0, 0] = 5
    assert "DCM006" not in findings(sound(X=X, scale="log2"))


def test_dcm006_knows_the_floor_of_logs(cohort):
    X = values(cohort)
    X[:, :10] = 0
    X[5, 0] = X[7, 1] = 3.0
    X[:60, 2] = 50.0
    evidence = {
        findings(sound(X=np.log2(X + offset), scale="log2"))["DCM006"].evidence
        for offset in (0.001, 0.1)
    }
    assert all("3 of 300 genes are expressed in some but fewer" in text for text in evidence)


@pytest.mark.parametrize(
    ("change", "scale", "reason"),
    [
        (lambda X: np.log2(X + 1), "fpkm", "logged already and would be logged twice"),
        (np.round, "fpkm", "whole numbers, as counts are and fpkm is not"),
        (lambda X: X, "counts", "counts are whole numbers, and these are not"),
        (lambda X: X, "log2", "so these are not logged"),
        (lambda X: np.log2(np.log2(np.maximum(X - 9, 0) + 1) + 1), "log2", "logged twice"),
    ],
)
def test_dcm007_values_on_another_scale(cohort, change, scale, reason):
    found = findings(sound(X=change(values(cohort)), scale=scale))["DCM007"]
    assert found.severity == "severe"
    assert reason in found.evidence
    assert f"Declared as {scale}" in found.evidence


@pytest.mark.parametrize(
    ("change", "scale"),
    [(np.round, "counts"), (lambda X: np.log2(X + 1), "log2"), (lambda X: X, "rsem")],
)
def test_dcm007_accepts_the_right_scale(cohort, change, scale):
    assert "DCM007" not in findings(sound(X=change(values(cohort)), scale=scale))


def test_dcm007_minds_no_single_value(cohort):
    X = np.log2(values(cohort) + 1)
    X[3, 5] = 92_070
    assert "DCM007" not in findings(sound(X=X, scale="log2"))
    assert "DCM007" in findings(sound(X=X, scale="rsem"))


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X,
        lambda X: np.round(X),
        lambda X: np.round(X / 20),
        lambda X: np.maximum(X - 30, 0),
        lambda X: np.where(X < 5, -X, X),
        lambda X: X - 60,
        lambda X: np.log2(X + 0.001),
        lambda X: np.log2(X + 1) - 5,
        lambda X: X / X.sum(axis=1, keepdims=True) * 1e6,
    ],
)
def test_dcm007_accepts_the_scale_that_was_guessed(cohort, change):
    X = change(values(cohort)).astype(np.float32)
    scale, _ = guess_scale(X)
    X, _ = on_scale(X, scale)
    assert "DCM007" not in findings(sound(X=X, scale=scale))


def test_dcm008_a_gene_that_gives_the_label_away(cohort):
    X = values(cohort)
    X[:, 4] = np.where(cohort.labels == 1, 500, 10) + np.arange(2 * N) / 100
    X[:, 5] = np.where(cohort.labels == 1, 10, 500)
    X[0, 5] = np.nan
    found = findings(sound(X=X))["DCM008"]
    assert found.severity == "severe"
    assert "2 genes (gene4 1.000, gene5 1.000)" in found.evidence


def test_dcm008_a_column_that_gives_the_label_away(cohort):
    clinical = pd.DataFrame(
        {
            "status": np.where(cohort.labels == 1, "relapsed", "free"),
            "size": np.r_[np.linspace(0, 5, N), np.linspace(6, 9, N)],
            "site": np.where(cohort.labels == 1, "bone", None),
            "dose": np.where(cohort.labels == 1, np.arange(2 * N), np.nan),
            "form": [f"F{i}" for i in range(2 * N)],
        }
    )
    found = findings(sound(clinical=clinical))["DCM008"]
    assert found.severity == "warning"
    assert "4 columns (status 1.000, size 1.000, site 1.000, dose 1.000)" in found.evidence


def test_dcm008_does_not_fire_by_chance_in_a_tiny_cohort():
    labels = [1, 1, 1, 0, 0, 0]
    found = findings(sound(n=6, labels=labels))
    assert "DCM008" not in found


def test_dcm009_metastatic_specimens_and_m1_patients_are_detected_not_predicted():
    tissue = ["metastatic"] * 7 + ["primary"] * (2 * N - 7)
    stage = pd.DataFrame({"ajcc_pathologic_m": ["M1"] * 3 + ["M0"] * (2 * N - 3)})
    found = findings(sound(tissue=tissue, clinical=stage))["DCM009"]
    assert found.severity == "severe"
    assert found.evidence == (
        "7 of 400 positives are specimens of a metastasis; "
        "3 of 400 positives were M1 at diagnosis."
    )
    few = findings(sound(clinical=stage))["DCM009"]
    assert few.severity == "warning"


def test_dcm009_the_endpoint_m1_is_detection():
    found = findings(sound(endpoint=Endpoint("M1 = 1.", "pathologic-m1")))["DCM009"]
    assert "All 400 positives are M1 at diagnosis" in found.evidence


def test_dcm010_missing_values_and_constant_genes(cohort):
    X = values(cohort)
    X[:80, 0] = np.nan
    X[0, 1] = np.nan
    X[:, 2] = 7.25
    found = findings(sound(X=X))
    assert list(found) == ["DCM010"]
    evidence = found["DCM010"].evidence
    assert "81 of 240,000 values (0.03%), in 2 genes of 300, up to 10% of one gene" in evidence
    assert "The same value in every sample: 1 gene." in evidence


def logs(n=120, n_genes=200, seed=0):
    """Log expression as arrays have it: genes differ in level and in spread."""
    random = np.random.default_rng(seed)
    level, spread = random.normal(8, 2, n_genes), random.gamma(6, 0.12, n_genes)
    return random.normal(level, spread, (n, n_genes))


def dcm011(X, scale="log2"):
    return findings(sound(n=len(X), n_genes=X.shape[1], X=X, scale=scale)).get("DCM011")


@pytest.mark.parametrize("ddof", [0, 1])
def test_dcm011_values_standardised_over_all_samples(ddof):
    found = dcm011(standardised(logs(), ddof))
    assert found is not None
    assert found.severity == "warning"
    assert "100% of 200 genes have a mean near 0" in found.evidence
    assert "Test patients took part" in found.evidence
    assert "before the standardisation" in found.advice


def test_dcm011_samples_left_out_and_gaps_do_not_hide_it():
    X = standardised(logs())[:60]
    X[:, 0] = 0
    X[::7, 1] = np.nan
    assert dcm011(X) is not None


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0, 100)])
def test_dcm011_values_brought_to_one_range(low, high):
    X = logs()
    X = low + (high - low) * (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
    for scale in ("log2", "fpkm") if low == 0 else ("log2",):
        found = dcm011(X, scale)
        assert found is not None
        assert f"100% of 200 genes run from {low} to {high}" in found.evidence


@pytest.mark.parametrize("zeros", [0, 0.3])
def test_dcm011_ranks(zeros):
    X = logs()
    X[np.random.default_rng(0).random(X.shape) < zeros] = 0
    for ranks in (rankdata(X, axis=0), rankdata(X, axis=0) / len(X)):
        found = dcm011(ranks)
        assert found is not None
        said = "have a mean of" if zeros else "run from"
        assert said in found.evidence
        assert dcm011(ranks, "counts") is not None


def test_dcm011_clipped_z_scores_of_genes_that_are_not_always_expressed():
    X = np.log2(genes_at_levels() + 1)
    for clipped in (np.clip(standardised(X), -2, 2), np.maximum(standardised(X), -2)):
        found = dcm011(clipped)
        assert found is not None
        assert "have a mean near 0" in found.evidence


def test_dcm011_is_not_about_each_sample_standardised_by_itself():
    assert dcm011(standardised(logs().T).T) is None


@pytest.mark.parametrize("centre", [pytest.param(False, marks=pytest.mark.slow), True])
def test_dcm011_does_not_fire_on_natural_logs_and_ratios(centre):
    """Two hundred draws of cohorts whose genes' spreads differ as those of arrays do."""
    for seed in range(200):
        X = logs(40, 60, seed)
        X = X / np.median(X.std(axis=0))  # the worst case: half of the genes spread above 1
        centred = X - X.mean(axis=0) if centre else X
        for given, scale in ((centred, "log2"), (2**X, "fpkm")):
            drawn = sound(n=40, n_genes=60, X=given, scale=scale)
            assert check_standardised(drawn, PlannedStudy()) is None


def test_a_finding_has_five_fields():
    (finding,) = audit_cohort(sound(batch=["A"] * N + ["B"] * N))
    stored = json.loads(json.dumps(finding.as_dict()))
    assert list(stored) == ["code", "severity", "title", "evidence", "advice"]


@pytest.mark.shared
def test_the_papers_cohort(shared_data):
    folder = shared_data / "tcga_brca_rsem909_hcmdb"
    columns = TableColumns(label="metastasis", patient="patient_id", tissue="sample_type")
    cohort = cohort_from_tables(folder / "expression.parquet", folder / "samples.csv", columns)
    found = findings(cohort)
    assert list(found) == ["DCM001", "DCM002", "DCM005", "DCM006", "DCM008", "DCM009"]
    assert (
        "1,176 samples come from 1,068 patients: 106 patients with 2 to 3 samples"
        in found["DCM001"].evidence
    )
    assert "The 23 positive samples come from 14 patients" in found["DCM001"].evidence
    assert (
        "Positives: 7 metastatic, 2 normal, 14 primary; negatives: 102 normal, 1,051 primary"
        in found["DCM002"].evidence
    )
    assert "holds about 5 positives and 231 negatives" in found["DCM005"].evidence
    assert "7 of 23 positives are specimens of a metastasis" in found["DCM009"].evidence
