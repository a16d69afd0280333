"""Training patients among new samples: refused, left out, marked or named, never unsaid."""

from dataclasses import replace

import numpy as np
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.report.external.validation import write_validation
from deepcme.trained.files import load_model, save_model
from deepcme.trained.new_samples import Expression, expression_of
from deepcme.trained.prediction import predict
from deepcme.trained.training import train_model
from deepcme.trained.validation import validate_model
from tests.trained.conftest import QUICK, tumours
from tests.trained.test_files import STORED

BRAND = "patients that the model learned from"


def cohort_of(X, ids, name="new", patients=None, scale="log2"):
    return Cohort.from_arrays(
        X,
        (np.arange(len(X)) % 3 == 0).astype(int),
        samples=ids,
        patients=patients or ids,
        genes=[f"GENE{number}" for number in range(X.shape[1])],
        endpoint="invented = 1 against 0",
        scale=scale,
        name=name,
    )


def ids(first, n):
    """TCGA's patients, from a number on."""
    return [f"TCGA-A1-{number:04d}" for number in range(first, first + n)]


LEARNED = tumours(60, seed=1)
OTHERS = tumours(60, seed=2)
NOISE = np.random.default_rng(3).normal(size=LEARNED.shape) * LEARNED.std(axis=0) * 0.33
COPIES = (LEARNED + NOISE).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    """Of the primary tumours of patients 0 to 59, by the barcodes of their aliquots."""
    samples = [f"{patient}-01A-11R-A001-07" for patient in ids(0, 60)]
    return train_model(cohort_of(LEARNED, samples, "learned", ids(0, 60)), QUICK)


@pytest.fixture(scope="module")
def others():
    return cohort_of(OTHERS, ids(100, 60))


def said(notes):
    return " ".join(notes)


def test_new_patients_are_not_taken_for_training_patients(model, others):
    predictions = predict(model, expression_of(others))
    assert set(predictions.table["training_patient"]) == {"no"}
    validation = validate_model(model, others)
    assert validation.brand == ""
    assert validation.tables["external_auc"]["n"].eq(60).all()
    assert not any("learned from" in note or "copies" in note for note in validation.notes)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (LEARNED, ids(0, 60)),
        (OTHERS, [f"{patient}-06A" for patient in ids(0, 60)]),  # the same people's metastases
        (LEARNED, ids(100, 60)),
        (COPIES, ids(100, 60)),
        (LEARNED, [name.lower().replace("-", ".") for name in ids(0, 60)]),
    ],
    ids=["as it was", "other samples", "other names", "other names and noise", "R's names"],
)
def test_the_training_cohort_is_refused(model, values, names):
    cohort = cohort_of(values, names)
    with pytest.raises(DeepCMEError, match="the cohort that the model learned from"):
        validate_model(model, cohort)
    with pytest.raises(DeepCMEError, match="--allow-training-samples") as refused:
        predict(model, expression_of(cohort))
    assert "\n" not in str(refused.value)


def test_a_linear_copy_under_other_names_is_refused(model):
    cohort = cohort_of(np.exp2(LEARNED), ids(100, 60), scale="intensity")
    with pytest.raises(
        DeepCMEError, match="most profiles are nearly those of training samples"
    ):
        validate_model(model, cohort)


def test_a_copy_standardised_gene_by_gene_is_refused(model):
    Z = (LEARNED - LEARNED.mean(axis=0)) / LEARNED.std(axis=0)
    cohort = cohort_of(Z, ids(100, 60))
    with pytest.raises(
        DeepCMEError, match="most profiles are nearly those of training samples"
    ):
        validate_model(model, cohort, normalise="cohort")


def test_what_is_allowed_is_branded_everywhere(model, tmp_path):
    cohort = cohort_of(LEARNED, ids(0, 60))
    validation = validate_model(model, cohort, allow_training_samples=True)
    assert f"These are {BRAND}" in validation.describe()
    assert "new samples" not in validation.describe()
    page = write_validation(validation, tmp_path / "out").read_text()
    assert page.count(BRAND) >= 4  # the verdict and each chart
    assert "patients that it learned from?</h1>" in page
    for name in set(validation.tables) - {"predictions"}:
        written = (tmp_path / "out" / f"{name}.csv").read_text().splitlines()
        assert written[0].endswith(",training_patients"), name
        assert all(line.endswith(",60") for line in written[1:]), name
    predictions = validation.tables["predictions"]
    assert set(predictions["training_patient"]) == {"yes"}
    charts = list((tmp_path / "out" / "figures").glob("*.svg"))
    assert charts
    for chart in charts:
        assert BRAND in chart.read_text().replace("</tspan><tspan>", " "), chart.name


def test_some_training_patients_are_left_out_and_counted(model, others):
    mixed = cohort_of(
        np.vstack([OTHERS, LEARNED[:9]]), [*ids(100, 60), *ids(0, 9)], name="mixed"
    )
    validation = validate_model(model, mixed)
    assert "9 of 69 patients (TCGA-A1-0000," in said(validation.notes)
    assert "were left out, as the model learned from them" in said(validation.notes)
    alone = validate_model(model, others)
    for name, table in validation.tables.items():
        assert table.equals(alone.tables[name]), name


def test_some_training_patients_stay_if_allowed_and_are_counted(model):
    mixed = cohort_of(np.vstack([OTHERS, LEARNED[:9]]), [*ids(100, 60), *ids(0, 9)])
    validation = validate_model(model, mixed, allow_training_samples=True)
    assert validation.brand.startswith(f"9 of these 69 patients are {BRAND}")
    assert validation.tables["external_auc"]["training_patients"].eq(9).all()


def test_all_samples_of_a_known_patient_are_left_out(model):
    """One of two samples has the name of a training sample; the patient's id is new."""
    names = ids(100, 60)
    names[3] = "TCGA-A1-0000-01"
    patients = [f"P{i}" for i in range(60)]
    patients[4] = patients[3]
    validation = validate_model(model, cohort_of(OTHERS, names, patients=patients))
    kept = set(validation.tables["predictions"]["sample"])
    assert set(names) - kept == {names[3], names[4]}


def test_nobody_left_of_a_class_is_told(model):
    known = ids(0, 60)
    names = [known[i] if i % 3 == 0 else f"new {i}" for i in range(60)]
    with pytest.raises(DeepCMEError, match=r"20 of 60 patients .* no positive sample among"):
        validate_model(model, cohort_of(OTHERS, names))


def test_ids_and_profiles_together_tell_the_training_cohort(model):
    cohort = cohort_of(LEARNED, [*ids(0, 20), *ids(100, 40)])
    found = "20 of 60 patients have ids of training patients; of the others, most profiles"
    with pytest.raises(DeepCMEError, match=found):
        validate_model(model, cohort)


def test_copies_under_other_names_are_warned_about_by_name(model, others):
    mixed = cohort_of(
        np.vstack([OTHERS, COPIES[:3]]), [*ids(100, 60), "B-one", "B-two", "B-three"]
    )
    validation = validate_model(model, mixed)
    assert "Warning: 3 samples (B-one, B-two, B-three) have nearly" in said(validation.notes)
    assert validation.tables["external_auc"]["n"].eq(63).all()
    table = predict(model, expression_of(mixed)).table.set_index("sample")
    assert set(table["training_patient"].iloc[:60]) == {"no"}
    assert set(table["training_patient"].iloc[60:]) == {"likely"}


def test_some_training_patients_are_predicted_and_marked(model):
    """A table knows its samples' ids alone: patients' ids and barcodes of any length."""
    table = Expression(
        np.vstack([LEARNED[:2], OTHERS[:1]]),
        ["tcga.a1.0000", "TCGA-A1-0001-06A-22R", "Another"],
        {"gene_id": [f"GENE{number}" for number in range(80)]},
        "log2",
    )
    predictions = predict(model, table)
    assert predictions.table["training_patient"].tolist() == ["yes", "yes", "no"]
    assert "2 of 3 samples (tcga.a1.0000, TCGA-A1-0001-06A-22R) are of" in said(
        predictions.notes
    )


def test_blank_patients_are_not_one_patient(model):
    genes = {"gene_id": [f"GENE{number}" for number in range(80)]}
    samples = ["TCGA-A1-0000", "Another", "One more"]
    X = np.vstack([LEARNED[:1], OTHERS[:2]])
    table = Expression(X, samples, genes, "log2", patients=["nan"] * 3)
    assert predict(model, table).table["training_patient"].tolist() == ["yes", "no", "no"]


def test_one_training_patient_is_predicted(model):
    one = Expression(
        LEARNED[:1], ids(0, 1), {"gene_id": [f"GENE{i}" for i in range(80)]}, "log2"
    )
    predictions = predict(model, one)
    assert predictions.table["training_patient"].tolist() == ["yes"]
    assert "1 of 1 sample (TCGA-A1-0000) is of patients that the model learned from" in said(
        predictions.notes
    )


def test_ids_of_other_people_are_told_from_the_same_people(model):
    with pytest.raises(DeepCMEError, match="though other profiles: if they are other people"):
        validate_model(model, cohort_of(OTHERS, ids(0, 60)))


def test_few_genes_know_patients_by_id_alone():
    few = train_model(cohort_of(LEARNED[:, :40], ids(0, 60)), QUICK)
    assert few.sketches is None
    renamed = predict(few, expression_of(cohort_of(LEARNED[:, :40], ids(100, 60))))
    assert "known by their ids alone" in said(renamed.notes)
    with pytest.raises(DeepCMEError, match="the cohort that the model learned from"):
        predict(few, expression_of(cohort_of(LEARNED[:, :40], ids(0, 60))))


def test_a_model_without_ids_says_that_it_cannot_tell(others):
    old = load_model(STORED / "schema_1" / "model")
    X = np.random.default_rng(0).gamma(2, 8, size=(60, 8))
    names = old.manifest.genes.id
    cohort = Cohort.from_arrays(
        X, np.arange(60) % 2, samples=ids(0, 60), genes=names, endpoint="invented", scale="fpkm"
    )
    predictions = predict(old, expression_of(cohort))
    assert set(predictions.table["training_patient"]) == {"unknown"}
    assert "make sure yourself that none is among these" in said(predictions.notes)
    assert "make sure yourself" in said(validate_model(old, cohort).notes)
    same = old.manifest.cohort.model_copy(update={"fingerprint": cohort.fingerprint})
    trained = replace(old, manifest=old.manifest.model_copy(update={"cohort": same}))
    with pytest.raises(DeepCMEError, match="it is the same file"):
        validate_model(trained, cohort)


def test_what_is_kept_names_nobody_and_stays_the_same(model, tmp_path):
    save_model(model, tmp_path / "model")
    stored = b"".join(path.read_bytes() for path in sorted((tmp_path / "model").iterdir()))
    assert b"TCGA-A1" not in stored
    samples = [f"{patient}-01A-11R-A001-07" for patient in ids(0, 60)]
    again = train_model(cohort_of(LEARNED, samples, "learned", ids(0, 60)), QUICK)
    save_model(again, tmp_path / "again")
    again_stored = b"".join(
        path.read_bytes() for path in sorted((tmp_path / "again").iterdir())
    )
    assert again_stored == stored


def test_salts_of_two_cohorts_differ(model):
    other = train_model(cohort_of(OTHERS, ids(0, 60)), QUICK)
    assert other.manifest.training_ids.salt != model.manifest.training_ids.salt
    hashes = (set(m.manifest.training_ids.patients) for m in (model, other))
    assert not set.intersection(*hashes)
