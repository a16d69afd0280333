"""What changes a result is noticed when a study runs again in its folder."""

import pytest

from deepcme import DeepCMEError
from deepcme.study.parts.selection import SELECTION
from deepcme.study.plan import make_plan
from deepcme.study.run import load_cohort, run_study
from deepcme.study.spec import load_study
from tests.study.parts.test_added_value import CLINICAL, clinical_cohort

ASKED = {"run": True, "rankers": ["mean-rank"], "random_panels": 2, "pairs": 2}


def run(study, folder):
    return run_study(study, folder, jobs=1, quiet=True)


def with_older_patient(cohort):
    """One age changed; expression, labels and all else as they were."""
    age = cohort.obs["age"].copy()
    age.iloc[age.first_valid_index() == age.index] += 1
    return clinical_cohort(age=age.to_numpy())


def test_other_values_of_a_clinical_column_are_another_study(
    quick_study, cohort_file, tmp_path
):
    study = quick_study(models=["LR-tuned"], clinical=CLINICAL)
    cohort = clinical_cohort()
    cohort.save(cohort_file)
    folder = run(study, tmp_path / "out")
    before = folder.read_table("predictions.parquet")
    run(study, tmp_path / "out")
    assert folder.read_table("predictions.parquet").equals(before)
    with_older_patient(cohort).save(cohort_file)
    with pytest.raises(DeepCMEError, match=r"\(other values of clinical columns\)"):
        run(study, tmp_path / "out")
    assert folder.read_table("predictions.parquet").equals(before)


def test_values_of_columns_that_the_study_leaves_alone_may_change(
    quick_study, cohort_file, tmp_path
):
    study = quick_study(models=["LR-tuned"], clinical={**CLINICAL, "columns": ["grade"]})
    cohort = clinical_cohort()
    cohort.save(cohort_file)
    run(study, tmp_path / "out")
    with_older_patient(cohort).save(cohort_file)
    run(study, tmp_path / "out")


def test_clinical_columns_are_added_to_a_finished_study(quick_study, cohort_file, tmp_path):
    clinical_cohort().save(cohort_file)
    run(quick_study(models=["LR-tuned"]), tmp_path / "out")
    wanted = quick_study(models=["LR-tuned"], clinical=CLINICAL)
    again, fresh = (run(wanted, tmp_path / name) for name in ("out", "fresh"))
    for name in ("predictions.parquet", "clinical.csv", "metrics.csv"):
        assert (again.path / name).read_bytes() == (fresh.path / name).read_bytes(), name


def test_other_genes_under_a_signatures_name_are_fitted_anew(quick_study, tmp_path):
    path = tmp_path / "mine.txt"
    study = quick_study(
        models=["LR"], nulls={"signatures": [path], "gene_sets": 2, "permutations": 0}
    )
    path.write_text("gene1\ngene2\n")
    folder = run(study, tmp_path / "out")
    first = folder.read_table("nulls.csv")
    path.write_text("gene0\ngene2\n")
    again = run(study, tmp_path / "out").read_table("nulls.csv")
    assert again.loc[0, "auc"] > first.loc[0, "auc"]  # gene0 is behind the label
    assert again.equals(run(study, tmp_path / "fresh").read_table("nulls.csv"))


@pytest.mark.parametrize(
    "change",
    [
        {"rankers": ["l1-logistic", "mean-rank"]},
        pytest.param({"random_panels": 1}, marks=pytest.mark.slow),
        pytest.param({"random_panels": 3}, marks=pytest.mark.slow),
        pytest.param({"pairs": 1}, marks=pytest.mark.slow),
        pytest.param({"pairs": 3}, marks=pytest.mark.slow),
    ],
)
def test_other_settings_of_gene_selection_give_what_a_fresh_run_gives(
    quick_study, cohort_file, tmp_path, change
):
    run(quick_study(models=["LR"], selection=ASKED), tmp_path / "out")
    changed = quick_study(models=["LR"], selection={**ASKED, **change})
    again, fresh = (run(changed, tmp_path / name) for name in ("out", "fresh"))
    for name in SELECTION.tables:
        assert (again.path / name).read_bytes() == (fresh.path / name).read_bytes(), name


def test_other_decisions_are_of_the_report_alone(quick_study, tmp_path):
    """They refit nothing, not even a table; the folder's study file has them for the report."""
    folder = run(quick_study(models=["LR-tuned"]), tmp_path / "out")
    names = [*(path.name for path in folder.path.glob("tasks/*")), "predictions.parquet"]
    wanted = quick_study(models=["LR-tuned"], decisions={"thresholds": [0.15]})
    folder.claim(make_plan(wanted, load_cohort(wanted)))
    assert folder.has_table("predictions.parquet")
    again = run(wanted, tmp_path / "out")
    assert [*(path.name for path in again.path.glob("tasks/*")), names[-1]] == names
    assert load_study(again.path / "study.toml").decisions.thresholds == (0.15,)
