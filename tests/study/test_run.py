"""A study runs once, goes on after an interruption, and gives the same bytes for any workers."""

import json

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.report.page import write_report
from deepcme.study import fit
from deepcme.study.plan import make_plan
from deepcme.study.run import TasksFailedError, load_cohort, run_study
from deepcme.study.spec import load_study
from deepcme.study.store import StudyFolder
from tests.conftest import BINARY_EXAMPLE, invented_cohort

TABLES = ("predictions.parquet", "metrics.csv", "gene_scores.csv", "history.parquet")


def run(study, folder, jobs=1):
    return run_study(study, folder, jobs=jobs, quiet=True)


def contents(folder):
    return {name: (folder.path / name).read_bytes() for name in TABLES}


def test_tables_have_the_promised_columns(quick_study, tmp_path):
    folder = run(quick_study(), tmp_path / "out")
    predictions = folder.read_table("predictions.parquet")
    assert predictions.columns.tolist() == [
        "split", "model", "sample", "patient", "part", "label", "score", "probability",
    ]  # fmt: skip
    assert set(predictions["part"]) == {"train", "validation", "test"}
    assert list(predictions["model"].unique()) == ["DeepCME", "LR", "SVC", "RF", "DT", "KNN"]
    assert len(predictions) == 2 * 6 * 60
    metrics = folder.read_table("metrics.csv")
    assert set(metrics["metric"]) == {"auc", "pr_auc"}
    auc, pr_auc = (metrics[metrics["metric"] == metric] for metric in ("auc", "pr_auc"))
    assert len(auc) == 2 * 6 * 3
    assert (auc["chance"] == 0.5).all()
    assert pr_auc["model"].tolist() == list(predictions["model"].unique())
    assert pr_auc["split"].isna().all()
    assert (pr_auc["n"] == predictions.query("part == 'test'")["patient"].nunique()).all()
    assert (pr_auc["chance"] > pr_auc["events"] / pr_auc["n"]).all()
    genes = folder.read_table("gene_scores.csv")
    assert genes["rank"].tolist() == list(range(1, 13))
    assert genes["score"].is_monotonic_decreasing
    history = folder.read_table("history.parquet")
    assert history["epoch"].tolist() == [1, 2, 3, 4] * 2
    resolved = make_plan(quick_study(), invented_cohort()).study
    assert load_study(folder.path / "study.toml") == resolved
    assert resolved.split.strata == "none"


def test_a_study_of_baselines_alone_has_empty_tables_of_the_networks(quick_study, tmp_path):
    folder = run(quick_study(models=["LR", "KNN"]), tmp_path / "out")
    assert folder.read_table("gene_scores.csv").columns.tolist()[:3] == [
        "model",
        "rank",
        "gene",
    ]
    assert folder.read_table("history.parquet").empty
    page = write_report(folder).read_text(encoding="utf-8")
    assert "The AUC of one fit of LR" in page and "averaged over 2 splits" in page
    assert "Genes that carry the prediction" not in page


def test_scores_and_probabilities(quick_study, tmp_path):
    predictions = run(quick_study(), tmp_path / "out").read_table("predictions.parquet")
    by_model = dict(tuple(predictions.groupby("model")))
    assert by_model["SVC"]["probability"].isna().all()
    for model in ("DeepCME", "LR"):
        rows = by_model[model]
        np.testing.assert_allclose(rows["probability"], 1 / (1 + np.exp(-rows["score"])))
    for model in ("RF", "DT", "KNN"):
        pd.testing.assert_series_equal(
            by_model[model]["score"], by_model[model]["probability"], check_names=False
        )


def test_each_patient_is_on_one_side_of_each_split(quick_study, tmp_path):
    predictions = run(quick_study(), tmp_path / "out").read_table("predictions.parquet")
    sides = predictions.groupby(["split", "model", "patient"])["part"].nunique()
    assert (sides == 1).all()


def test_the_same_bytes_for_any_number_of_workers(quick_study, tmp_path):
    one = run(quick_study(), tmp_path / "one", jobs=1)
    two = run(quick_study(), tmp_path / "two", jobs=2)
    assert contents(one) == contents(two)


def test_another_seed_gives_other_results(quick_study, tmp_path):
    one = run(quick_study(), tmp_path / "one")
    two = run(quick_study(seed=2), tmp_path / "two")
    assert contents(one) != contents(two)


def test_another_model_beside_them_leaves_the_others_results(quick_study, tmp_path):
    few = run(quick_study(models=["RF"]), tmp_path / "few").read_table("predictions.parquet")
    more = run(quick_study(models=["DT", "RF"]), tmp_path / "more")
    more = more.read_table("predictions.parquet")
    more = more[more["model"] == "RF"].reset_index(drop=True)
    pd.testing.assert_frame_equal(few, more)


def test_only_missing_fits_run_again(quick_study, tmp_path, monkeypatch):
    whole = contents(run(quick_study(), tmp_path / "out"))
    lost = sorted((tmp_path / "out" / "tasks").iterdir())[:3]
    for path in lost:
        path.unlink()
    fitted = []
    original = fit.fit_task
    monkeypatch.setattr(
        fit, "fit_task", lambda data, task: fitted.append(task) or original(data, task)
    )
    assert contents(run(quick_study(), tmp_path / "out")) == whole
    assert len(fitted) == 3


def test_a_fit_that_fails_is_recorded_and_the_rest_is_kept(quick_study, tmp_path, monkeypatch):
    original = fit.fit_task

    def fail_for_trees(data, task):
        if task.model.name == "DT":
            raise RuntimeError("the tree fell")
        return original(data, task)

    monkeypatch.setattr(fit, "fit_task", fail_for_trees)
    with pytest.raises(TasksFailedError, match=r"2 of 12 fits failed.* the tree fell"):
        run(quick_study(), tmp_path / "out")
    failures = json.loads((tmp_path / "out" / "failures.json").read_text())
    assert sorted(failures) == ["DT, split 1", "DT, split 2"]
    assert not (tmp_path / "out" / "predictions.parquet").exists()
    monkeypatch.undo()
    folder = run(quick_study(), tmp_path / "out")
    assert not (tmp_path / "out" / "failures.json").exists()
    assert len(folder.read_table("predictions.parquet")) == 720


def test_a_folder_with_other_results_is_refused(quick_study, cohort_file, tmp_path):
    run(quick_study(models=["LR"]), tmp_path / "out")
    with pytest.raises(
        DeepCMEError, match=r"another study's results \(seed is 1 there and 2 here\)"
    ):
        run(quick_study(models=["LR"], seed=2), tmp_path / "out")
    invented_cohort(seed=5).save(cohort_file)
    with pytest.raises(DeepCMEError, match=r"another study's results \(another cohort\)"):
        run(quick_study(models=["LR"]), tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("chapter 1")
    with pytest.raises(DeepCMEError, match="neither empty nor a study's folder"):
        run(quick_study(), tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_study_that_was_stopped_before_its_first_fit_may_become_another(
    quick_study, tmp_path
):
    first, second = (quick_study(models=["LR"], seed=seed) for seed in (1, 2))
    StudyFolder(tmp_path / "out").claim(make_plan(first, load_cohort(first)))
    run(second, tmp_path / "out")
    assert StudyFolder(tmp_path / "out").read_study().seed == 2


def test_a_damaged_result_is_made_again_and_told(quick_study, tmp_path, capsys):
    run(quick_study(models=["LR"]), tmp_path / "out")
    broken = next((tmp_path / "out" / "tasks").iterdir())
    whole = broken.read_bytes()
    broken.write_bytes(whole[:100])
    run(quick_study(models=["LR"]), tmp_path / "out")
    assert broken.read_bytes() == whole
    assert "1 result was damaged and is made again." in capsys.readouterr().err


def test_honest_keeps_to_primary_tumours_and_paper_does_not(quick_study, cohort_file, tmp_path):
    tissue = ["Primary Tumor"] * 57 + ["Solid Tissue Normal"] * 3
    invented_cohort(tissue=tissue).save(cohort_file)
    honest = run(quick_study(models=["KNN"]), tmp_path / "honest")
    paper = run(quick_study(models=["KNN"], protocol="paper"), tmp_path / "paper")
    assert honest.read_table("predictions.parquet")["sample"].nunique() == 57
    assert paper.read_table("predictions.parquet")["sample"].nunique() == 60
    assert "3 normal left out" in honest.read_json("cohort.json")["notes"][-1]


def test_too_few_positives_is_told_before_anything_is_written(
    quick_study, cohort_file, tmp_path
):
    invented_cohort(positives=2).save(cohort_file)
    with pytest.raises(DeepCMEError, match="no positive sample"):
        run(quick_study(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_example_is_loaded_by_name():
    from deepcme.study.spec import make_study

    assert load_cohort(make_study(BINARY_EXAMPLE)).name == "TRANSBIG"


def test_a_study_whose_patients_all_have_a_positive_sample_is_refused_before_fitting(
    quick_study, cohort_file, tmp_path
):
    pairs = invented_cohort(positives=30)
    pairs.obs["label"] = [1, 0] * 30
    pairs.obs["patient"] = [f"P{i // 2}" for i in range(60)]
    pairs.save(cohort_file)
    with pytest.raises(DeepCMEError, match="whose samples are tested has a positive sample"):
        run(quick_study(), tmp_path / "out")
    assert not (tmp_path / "out").exists()
