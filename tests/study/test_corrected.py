"""A corrected study goes on in its folder, and what it writes is what a fresh run writes."""

import pytest

from deepcme import DeepCMEError
from deepcme.report.page import write_report
from deepcme.study import fit
from deepcme.study.run import TasksFailedError, run_study
from tests.study.parts.test_added_value import CLINICAL, clinical_cohort

LR, KNN, TREE = "LR", {"name": "KNN", "parameters": {"n_neighbors": 3}}, "DT"
NULLS = {"permutations": 2, "gene_sets": 1, "sizes": [3]}


def run(study, folder):
    return run_study(study, folder, jobs=1, quiet=True)


@pytest.fixture
def fitted(monkeypatch):
    """Titles of the tasks that were fitted, as they come."""
    titles = []
    original = fit.fit_task

    def fit_and_tell(data, task):
        titles.append(task.title)
        return original(data, task)

    monkeypatch.setattr(fit, "fit_task", fit_and_tell)
    return titles


def results_of(folder):
    """All that a report is made of."""
    found = [*folder.path.glob("*.csv"), *folder.path.glob("*.parquet")]
    found.append(folder.path / "study.toml")
    return {path.name: path.read_bytes() for path in found}


@pytest.mark.parametrize(
    ("before", "after", "anew"),
    [
        ({"models": [LR, TREE]}, {"models": [LR, TREE, KNN]}, {"KNN"}),
        ({"models": [LR, TREE, KNN]}, {"models": [LR, TREE]}, set()),
        ({"models": [LR, TREE]}, {"models": [TREE, LR]}, set()),
        (
            {"models": [LR, KNN]},
            {"models": [LR, {"name": "KNN", "parameters": {"n_neighbors": 5}}]},
            {"KNN"},
        ),
        ({"models": [LR, TREE]}, {"models": [LR, TREE], "nulls": NULLS}, {"LR"}),
        ({"models": [LR, TREE], "nulls": NULLS}, {"models": [LR, TREE]}, set()),
        (
            {"models": [LR, TREE], "nulls": NULLS},
            {"models": [TREE, LR], "nulls": NULLS},
            {"DT"},  # whose reruns the nulls are now
        ),
        (
            {"models": ["LR-tuned"], "clinical": CLINICAL},
            {"models": ["LR-tuned"]},
            set(),
        ),
        (
            {"models": ["LR-tuned"], "clinical": CLINICAL},
            {"models": ["LR-tuned", LR], "clinical": {**CLINICAL, "columns": ["grade"]}},
            {"LR"},
        ),
    ],
)
def test_what_changed_is_fitted_and_nothing_else_is(
    quick_study, cohort_file, tmp_path, fitted, before, after, anew
):
    clinical_cohort().save(cohort_file)
    run(quick_study(**before), tmp_path / "out")
    fitted.clear()
    folder = run(quick_study(**after), tmp_path / "out")
    assert {title.split(",")[0] for title in fitted} == anew
    fresh = run(quick_study(**after), tmp_path / "fresh")
    assert results_of(folder) == results_of(fresh)


def test_a_model_that_is_put_back_is_not_fitted_again(quick_study, tmp_path, fitted):
    for models in ([LR, TREE], [LR], [TREE, LR]):
        fitted.clear()
        run(quick_study(models=models), tmp_path / "out")
    assert fitted == []


def test_a_grid_that_is_given_up_leaves_no_table(quick_study, tmp_path):
    # A grid is long to fit: a table stands for it.
    folder = run(quick_study(models=[LR]), tmp_path / "out")
    for name in ("grid.csv", "grid_summary.csv"):
        (folder.path / name).write_text("split\n")
    run(quick_study(models=[LR, TREE]), tmp_path / "out")
    assert not list(folder.path.glob("grid*.csv"))


def test_until_a_changed_study_is_finished_there_is_nothing_to_report(
    quick_study, tmp_path, monkeypatch
):
    folder = run(quick_study(models=[LR, TREE]), tmp_path / "out")
    original = fit.fit_task

    def fail_on_knn(data, task):
        if task.model.name == "KNN":
            raise RuntimeError("no memory")
        return original(data, task)

    monkeypatch.setattr(fit, "fit_task", fail_on_knn)
    with pytest.raises(
        TasksFailedError, match="its models corrected or not, fits what is miss"
    ):
        run(quick_study(models=[LR, KNN]), tmp_path / "out")
    with pytest.raises(DeepCMEError, match=r"predictions.parquet: there is no such file"):
        write_report(folder)
    run(quick_study(models=[LR]), tmp_path / "out")
    assert set(folder.read_table("metrics.csv")["model"]) == {"LR"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": 2}, "seed is 1 there and 2 here"),
        (
            {"split": {"design": "repeated", "repeats": 3}},
            "split.repeats is 2 there and 3 here",
        ),
        ({"split": {"design": "nested"}}, "split.design is repeated there and nested here"),
        ({"preprocessing": {"clip": 3.0}}, "preprocessing.clip is 5.0 there and 3.0 here"),
        ({"protocol": "paper"}, "is .* there and .* here"),
    ],
)
def test_what_every_fit_depends_on_makes_another_study(quick_study, tmp_path, change, sentence):
    run(quick_study(models=[LR]), tmp_path / "out")
    with pytest.raises(DeepCMEError, match=rf"another study's results \(.*{sentence}"):
        run(quick_study(models=[LR], **change), tmp_path / "out")


def test_the_first_comparator_stays_while_it_is_a_model(quick_study, tmp_path):
    run(quick_study(models=[LR, TREE]), tmp_path / "out")
    with pytest.raises(
        DeepCMEError,
        match=r'the comparator is DT there and KNN here.*set model = "DT" under \[comparator\], or',
    ):
        run(quick_study(models=[LR, TREE, KNN], comparator="KNN"), tmp_path / "out")
    folder = run(quick_study(models=[LR, TREE, KNN], comparator="DT"), tmp_path / "out")
    assert set(folder.read_table("metrics.csv")["model"]) == {"LR", "DT", "KNN"}
    run(quick_study(models=[LR, KNN]), tmp_path / "out")  # it is no model any more
