"""Every cohort trains and every other tests, on the genes in common."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.bundle.transfer import compute_transfer
from deepcme.report.transfer import write_transfer
from tests.bundle.conftest import bundle_cohort, ensembl_ids, symbols

ENSEMBLE = {"hidden_layers": (6,), "max_epochs": 20, "learning_rate": 1e-2}


@pytest.fixture(scope="module")
def table():
    cohorts = {
        "linear": bundle_cohort(ensembl_ids(), symbols()),
        "logged": bundle_cohort(symbols(30), seed=1, scale="log2"),
    }
    return compute_transfer(cohorts, ensemble=ENSEMBLE)


def test_every_pair_but_no_cohort_on_itself(table):
    pairs = set(zip(table["train"], table["test"], table["model"], strict=True))
    assert pairs == {
        (train, test, model)
        for train, test in (("linear", "logged"), ("logged", "linear"))
        for model in ("DeepCME-ensemble", "LR-tuned")
    }
    assert (table["n_genes"] == 30).all()


def test_the_signal_crosses_over(table):
    assert (table["auc"] > 0.75).all()
    assert (table["ci_low"] < table["auc"]).all()


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


def test_table_and_chart_are_written(table, tmp_path):
    write_transfer(table, tmp_path / "out")
    assert (tmp_path / "out" / "transfer.csv").read_text().startswith("train,test,model,auc")
    assert "<svg" in (tmp_path / "out" / "transfer.svg").read_text()
