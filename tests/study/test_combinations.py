"""Nulls, clinical columns and tuning inside the designs other than repeated splits."""

import numpy as np
import pandas as pd
import pytest

from deepcme.report.page import write_report
from deepcme.study.parts.nulls import NULLS
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from tests.study.parts.test_added_value import CLINICAL, clinical_cohort

NESTED = {"design": "nested", "folds": 4, "repeats": 1}
LEFT_OUT = {"design": "leave-one-cohort-out", "cohort_column": "hospital", "repeats": 1}


@pytest.fixture
def hospitals(cohort_file):
    """The invented cohort, clinical columns and all, in three hospitals of unlike prevalence."""
    hospital = np.repeat(["north", "south", "east"], [16, 20, 24])
    cohort = clinical_cohort(hospital=hospital[np.random.default_rng(1).permutation(60)])
    cohort.save(cohort_file)
    return cohort


def report_of(study, tmp_path):
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    return folder, write_report(folder, ["md"]).read_text(encoding="utf-8")


@pytest.mark.parametrize("model", ["LR", pytest.param("LR-tuned", marks=pytest.mark.slow)])
def test_null_runs_follow_the_nested_design(quick_study, hospitals, tmp_path, model):
    nulls = {"permutations": 2, "gene_sets": 1, "sizes": [4]}
    study = quick_study(models=[model], split=NESTED, nulls=nulls)
    folder, page = report_of(study, tmp_path)
    runs = folder.read_table("nulls.csv")
    assert runs["kind"].tolist() == ["permuted labels"] * 2 + ["random genes"]
    assert (runs["n_splits"] == 4).all()
    assert "With permuted labels" in page


def test_labels_are_permuted_within_the_cohorts_that_are_left_out(
    quick_study, hospitals, tmp_path
):
    study = quick_study(models=["LR"], split=LEFT_OUT, nulls={"permutations": 3})
    plan = make_plan(study, hospitals)
    hospital = pd.Series(hospitals.obs["hospital"].to_numpy())
    expected = pd.Series(hospitals.labels).groupby(hospital).sum()
    permuted = [task.null.outcome.labels for task in NULLS.of(plan)]
    assert any((labels != hospitals.labels).any() for labels in permuted)
    for labels in permuted:
        pd.testing.assert_series_equal(pd.Series(labels).groupby(hospital).sum(), expected)
    _, page = report_of(study, tmp_path)
    assert "With permuted labels" in page


def test_clinical_columns_stand_beside_a_tuned_model_in_nested_folds(
    quick_study, hospitals, tmp_path
):
    study = quick_study(models=["KNN"], split=NESTED, clinical=CLINICAL)
    folder, page = report_of(study, tmp_path)
    predictions = folder.read_table("predictions.parquet")
    test = predictions[predictions["part"] == "test"]
    assert test.groupby("model")["sample"].nunique().to_dict() == {
        "KNN": 60, "LR-tuned": 60, "clinical": 60, "clinical + genes": 60,
    }  # fmt: skip
    assert "over age, grade" in page


def test_no_added_value_is_tested_across_cohorts(quick_study, hospitals, tmp_path):
    study = quick_study(models=["LR"], split=LEFT_OUT, clinical=CLINICAL)
    folder, page = report_of(study, tmp_path)
    predictions = folder.read_table("predictions.parquet")
    assert "clinical + genes" in set(predictions["model"])
    assert "demonstrated added value" not in page
