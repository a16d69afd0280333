"""Every cohort trains and every other tests, on the genes in common."""

import numpy as np
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.report.external.transfer import write_transfer
from deepcme.trained.transfer import compute_transfer, notes_on_transfer
from tests.trained.conftest import bundle_cohort, ensembl_ids, symbols, tumours

ENSEMBLE = {"hidden_layers": (6,), "max_epochs": 20, "learning_rate": 1e-2}


@pytest.fixture(scope="module")
def table():
    cohorts = {
        "linear": bundle_cohort(ensembl_ids(), symbols()),
        "logged": bundle_cohort(symbols(30), seed=1, scale="log2"),
    }
    return compute_transfer(cohorts, ensemble=ENSEMBLE)


def crossed(table):
    return table[table["tested"] == "other cohort"]


def test_every_cohort_tests_every_model_and_itself_by_cross_validation(table):
    own = table[table["tested"] == "own cross-validation"]
    assert (own["train"] == own["test"]).all()
    assert own[["train", "model"]].drop_duplicates().shape == (4, 2)
    assert own["interval"].eq("patient bootstrap").all()
    table = crossed(table)
    pairs = set(zip(table["train"], table["test"], table["model"], strict=True))
    assert pairs == {
        (train, test, model)
        for train, test in (("linear", "logged"), ("logged", "linear"))
        for model in ("DeepCME-ensemble", "LR-tuned")
    }
    assert (table["n_genes"] == 30).all()


def test_the_signal_crosses_over(table):
    assert (crossed(table)["auc"] > 0.75).all()
    assert (crossed(table)["ci_low"] < crossed(table)["auc"]).all()


def test_no_gene_in_common_is_told():
    cohorts = {"one": bundle_cohort(ensembl_ids(5)), "two": bundle_cohort(["A", "B", "C"])}
    with pytest.raises(DeepCMEError, match="one, two have no gene in common"):
        compute_transfer(cohorts)


def test_a_sample_without_a_value_of_the_genes_in_common_is_refused_by_name():
    cohorts = {
        "one": bundle_cohort(ensembl_ids(5)),
        "two": bundle_cohort(ensembl_ids(6), seed=1),
    }
    cohorts["two"].X[4, :5] = np.nan
    with pytest.raises(
        DeepCMEError, match=r"1 sample \(S4\) without a value of any gene that all"
    ):
        compute_transfer(cohorts)


def test_table_chart_and_page_are_written(table, tmp_path):
    page = write_transfer(table, tmp_path / "out").read_text()
    assert "In 4 of 4 tests on another cohort the 95% interval of the AUC lies above" in page
    row = table[(table["model"] == "LR-tuned") & (table["tested"] != "other cohort")].iloc[0]
    assert f"own: {row['auc']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f})" in page
    assert (tmp_path / "out" / "transfer.csv").read_text().startswith("train,test,tested,model")
    assert "<svg" in (tmp_path / "out" / "transfer.svg").read_text()


def tumours_of(X, patients, samples=None):
    return Cohort.from_arrays(
        X,
        (np.arange(len(X)) % 3 == 0).astype(int),
        samples=samples or patients,
        patients=patients,
        genes=symbols(X.shape[1]),
        endpoint="invented = 1 against 0",
        scale="log2",
    )


def people(first, n=60):
    return [f"P{number}" for number in range(first, first + n)]


ONE, TWO = tumours(60, seed=1), tumours(60, seed=2)


def transfer_to(two, **options):
    cohorts = {"one": tumours_of(ONE, people(0)), "two": two}
    return crossed(compute_transfer(cohorts, ensemble=ENSEMBLE, **options))


@pytest.mark.parametrize(
    "two",
    [
        tumours_of(ONE, people(0)),
        tumours_of(ONE + 0.01, people(100)),
        tumours_of((ONE - ONE.mean(axis=0)) / ONE.std(axis=0), people(100)),
        tumours_of(TWO, people(0)),
    ],
    ids=["the same file", "other names", "standardised", "other samples of the same people"],
)
def test_a_cohort_and_its_copy_are_refused(two):
    with pytest.raises(DeepCMEError, match="one to two: this is the cohort that the model"):
        transfer_to(two)


def test_what_is_allowed_is_branded(tmp_path):
    table = transfer_to(tumours_of(ONE, people(0)), allow_training_samples=True)
    assert table["training_patients"].eq(60).all()
    assert notes_on_transfer(table) == [
        f"Warning: {pair}: These are patients that the model learned from: the figures say "
        "nothing of new ones."
        for pair in ("one to two", "two to one")
    ]
    write_transfer(table, tmp_path / "out")
    assert "patients that the model learned from" in (tmp_path / "out/transfer.svg").read_text()


def test_patients_of_both_cohorts_are_left_out_and_counted():
    two = tumours_of(np.vstack([TWO, ONE[:9]]), [*people(100), *people(0, 9)])
    table = transfer_to(two)
    found = table.groupby(["train", "test"])[["n", "left_out"]].first()
    assert found.loc["one", "two"].tolist() == [60, 9]
    assert found.loc["two", "one"].tolist() == [51, 9]
    assert table["training_patients"].eq(0).all()
    assert "Warning: one to two: left out 9 patients whom both cohorts have." in (
        notes_on_transfer(table)
    )


def test_copies_under_other_names_are_named():
    table = transfer_to(tumours_of(np.vstack([TWO, ONE[:2]]), [*people(100), "A", "B"]))
    assert table.loc[table["test"] == "two", "near_duplicates"].eq("A, B").all()
    assert "one to two: these samples have nearly the profile" in " ".join(
        notes_on_transfer(table)
    )


def test_several_samples_of_a_patient_have_a_patient_bootstrap():
    """As in a validation: DeLong's interval takes samples as independent."""
    two = tumours_of(
        np.repeat(TWO[:30], 2, axis=0) + tumours(60, seed=3) / 9,
        [f"Q{number // 2}" for number in range(60)],
        samples=people(100),
    )
    table = transfer_to(two)
    interval = table.groupby("test")["interval"].first()
    assert interval["one"] == "DeLong"
    assert interval["two"] == "patient bootstrap"
    of_two = table[table["test"] == "two"]
    assert of_two["n_patients"].eq(30).all()
    assert (of_two["ci_low"] < of_two["auc"]).all()
    assert "one to two: 60 samples are of 30 patients" in " ".join(notes_on_transfer(table))
