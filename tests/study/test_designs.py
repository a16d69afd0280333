"""Studies of nested folds and of left-out cohorts, from the study file to the report."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from deepcme import Cohort, DeepCMEError
from deepcme.evaluation.metrics import compute_auc_within
from deepcme.models.baselines import INVERSE_STRENGTHS, make_logistic_regression
from deepcme.models.preprocessing import make_preprocessor
from deepcme.report.page import write_report
from deepcme.study.fit import results_of
from deepcme.study.parts import grid as grid_module
from deepcme.study.parts.grid import GRID, GridPoint, choose_points
from deepcme.study.parts.nulls import NULLS
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.spec import load_study, make_study
from tests.conftest import BINARY_EXAMPLE, binary_transbig, invented_cohort
from tests.study.conftest import QUICK_NETWORK

NESTED = {"design": "nested", "folds": 4, "repeats": 1}
LEFT_OUT = {"design": "leave-one-cohort-out", "cohort_column": "hospital"}


@pytest.fixture
def small_grid(monkeypatch):
    monkeypatch.setattr(grid_module, "_PENALTIES", (0.1, 10.0))
    monkeypatch.setattr(grid_module, "_BATCH_SIZES", (32,))
    monkeypatch.setattr(grid_module, "_FIGURE_7_WIDTH", 4)
    whole = GridPoint.model

    def short(point, estimator="DeepCME"):
        model = whole(point, estimator)
        return model.model_copy(update={"parameters": {**model.parameters, "max_epochs": 6}})

    monkeypatch.setattr(GridPoint, "model", short)


@pytest.fixture
def hospitals(cohort_file):
    """The invented cohort with three hospitals; every label is in each."""
    base = invented_cohort()
    hospital = np.resize(["north", "south", "east"], 60)
    cohort = Cohort.from_arrays(
        base.X,
        base.labels,
        samples=base.samples.tolist(),
        genes=base.gene_ids.tolist(),
        endpoint=base.endpoint,
        scale="fpkm",
        clinical=pd.DataFrame({"hospital": hospital}),
    )
    cohort.save(cohort_file)
    return cohort


def run(study, folder, jobs=1):
    return run_study(study, folder, jobs=jobs, quiet=True)


def test_a_default_study_tests_every_patient_and_says_how_often_it_divided_them(tmp_path):
    study = make_study({**BINARY_EXAMPLE, "models": ["LR-tuned"]})
    plan = make_plan(study, binary_transbig())
    assert (plan.study.split.folds, plan.study.split.repeats) == (5, 2)
    assert [len(split.test) for split in plan.splits] == [38, 38, 38, 38, 37] * 2
    tested = np.concatenate([split.test for split in plan.splits])
    assert (np.bincount(tested) == 2).all()

    page = write_report(run(study, tmp_path / "out")).read_text(encoding="utf-8")
    assert "averaged over 10 folds (2 x 5)" in page and "189 samples, 35 events" in page
    assert "5 stratified folds by patient, drawn 2 times" in page
    table = pd.read_csv(tmp_path / "out" / "tables" / "discrimination.csv")
    row = table.set_index("model").loc["LR-tuned"]
    assert (row["n"], row["events"], row["n_splits"]) == (189, 35, 10)
    assert 0 < row["monte_carlo_error"] < 0.05
    (tmp_path / "again.toml").write_text((tmp_path / "out" / "study.toml").read_text())
    assert load_study(tmp_path / "again.toml") == plan.study


def test_few_patients_are_divided_four_times_and_few_events_into_fewer_folds(quick_study):
    assert len(make_plan(quick_study(split={}), invented_cohort()).splits) == 20
    few = make_plan(quick_study(split={}), invented_cohort(positives=4))
    assert (few.study.split.folds, few.study.split.repeats) == (4, 4)
    with pytest.raises(DeepCMEError, match="would hold no positive sample: there are 2 pos"):
        make_plan(quick_study(split={}), invented_cohort(positives=2))


def test_the_grid_is_fitted_once_per_inner_fold_and_its_fits_are_averaged(
    quick_study, small_grid, tmp_path
):
    study = quick_study(models=["LR"], split=NESTED, grid={"search": "fig7"})
    plan = make_plan(study, invented_cohort())
    searched = GRID.of(plan)
    assert len(searched) == 2 * 4 * 3
    assert len({task.key for task in plan.tasks}) == len(plan.tasks) == 24 + 4
    assert len({task.random_state for task in searched}) == 24

    folder = run(study, tmp_path / "out")
    grid = folder.read_table("grid.csv")
    assert (
        grid.groupby(["split", "penalty_strength"])["inner_fold"].apply(list).tolist()
        == [[1, 2, 3]] * 8
    )
    predictions = folder.read_table("predictions.parquet")
    tuned = predictions[predictions["model"] == "DeepCME-tuned"]
    results = {task.title: result for task, result in results_of(folder, searched)}
    for split, point in choose_points(grid).items():
        fits = [
            results[f"{point.model().name}, split {split}, inner fold {inner}"]
            for inner in (1, 2, 3)
        ]
        n_test = (tuned["split"].eq(split) & tuned["part"].eq("test")).sum()
        test = tuned[tuned["split"].eq(split) & tuned["part"].eq("test")]
        mean = np.mean([fit.probability[-n_test:] for fit in fits], axis=0)
        np.testing.assert_allclose(test["probability"], mean)
        np.testing.assert_allclose(test["score"], np.log(mean / (1 - mean)))


def grid_of(valid_loss, test_auc=0.5):
    """Two points of the grid, lambda 1 and 10, in two inner folds of one split."""
    return pd.DataFrame(
        {
            "split": 1,
            "inner_fold": [1, 2, 1, 2],
            "width": 64,
            "batch_size": 32,
            "penalty_strength": [1.0, 1.0, 10.0, 10.0],
            "valid_loss": valid_loss,
            "valid_auc": 0.5,
            "test_auc": test_auc,
        }
    )


def test_the_choice_is_the_lowest_mean_over_the_inner_folds():
    # The lowest single loss is not the choice.
    grid = grid_of([0.1, 0.9, 0.4, 0.4], test_auc=[1.0, 1.0, 0.0, 0.0])
    assert choose_points(grid)[1].penalty_strength == 10.0
    summary = grid_module.summarise_grid(grid)
    assert summary["splits"].tolist() == [1, 1]
    assert summary["chosen_in_splits"].tolist() == [0, 1]


def test_a_point_that_diverged_in_an_inner_fold_is_not_chosen():
    grid = grid_of([0.1, np.nan, 0.6, 0.6])
    assert choose_points(grid)[1].penalty_strength == 10.0
    with pytest.raises(DeepCMEError, match="No point of the grid can be chosen in split 1"):
        choose_points(grid.assign(valid_loss=np.nan))


def test_every_patient_is_tested_once_a_repeat_and_learned_from_otherwise(
    quick_study, small_grid, tmp_path
):
    study = quick_study(
        models=[QUICK_NETWORK, "LR-tuned"],
        split={**NESTED, "repeats": 2},
        grid={"search": "fig7"},
    )
    predictions = run(study, tmp_path / "out").read_table("predictions.parquet")
    tested = predictions[predictions["part"] == "test"]
    assert (tested.groupby(["model", "sample"]).size() == 2).all()
    sides = predictions.assign(test=predictions["part"] == "test")
    sides = sides.groupby(["model", "split", "patient"])["test"].nunique()
    assert (sides == 1).all()
    sizes = predictions.groupby(["model", "split", "part"]).size().unstack()
    assert (sizes.loc["DeepCME"] == [15, 30, 15]).all(axis=None)  # test, train, validation
    for tuned in ("DeepCME-tuned", "LR-tuned"):
        assert (sizes.loc[tuned] == [15, 45, 45]).all(axis=None)


def test_the_tuned_regression_takes_the_lowest_mean_loss_over_the_inner_folds(
    quick_study, tmp_path
):
    folder = run(quick_study(models=["LR-tuned"], split=NESTED), tmp_path / "out")
    cohort = invented_cohort()
    task = make_plan(quick_study(models=["LR-tuned"], split=NESTED), cohort).tasks[0]
    preprocessor = make_preprocessor("fpkm", absent_up_to=0.0, min_prevalence=0.1, clip=5.0)
    X, y, losses = cohort.X, cohort.labels, []
    for inner in task.split.inner:
        prepared = preprocessor.fit(X[inner.train]).transform(X)
        losses.append([])
        for C in INVERSE_STRENGTHS:
            model = make_logistic_regression(C).fit(prepared[inner.train], y[inner.train])
            held_out = model.predict_proba(prepared[inner.validation])
            losses[-1].append(log_loss(y[inner.validation], held_out))
    best = INVERSE_STRENGTHS[int(np.argmin(np.mean(losses, axis=0)))]
    development = np.setdiff1d(np.arange(60), task.split.test)
    prepared = preprocessor.fit(X[development]).transform(X)
    expected = make_logistic_regression(best).fit(prepared[development], y[development])
    predictions = folder.read_table("predictions.parquet")
    test = predictions[(predictions["split"] == 1) & (predictions["part"] == "test")]
    np.testing.assert_allclose(
        test["score"], expected.decision_function(prepared[task.split.test]), rtol=1e-4
    )


def test_a_nested_study_gives_the_same_bytes_for_any_number_of_workers(
    quick_study, small_grid, tmp_path
):
    study = quick_study(models=["LR-tuned"], split=NESTED, grid={"search": "fig7"})
    one, two = run(study, tmp_path / "one", 1), run(study, tmp_path / "two", 2)
    for name in ("predictions.parquet", "grid.csv"):
        assert (one.path / name).read_bytes() == (two.path / name).read_bytes()


def test_a_nested_study_says_so(quick_study, small_grid, tmp_path):
    study = quick_study(models=[QUICK_NETWORK, "LR"], split=NESTED, grid={"search": "fig7"})
    page = write_report(run(study, tmp_path / "out")).read_text(encoding="utf-8")
    assert "averaged over 4 outer folds (1 x 4)" in page
    assert "Nested repeated cross-validation: 4 stratified folds by patient, drawn once" in page
    assert "Yes: tuned on the inner folds, judged on outer folds that had no say." in page
    text = (tmp_path / "out" / "report.md").read_text()
    assert "| DeepCME-tuned |" in text


def test_left_out_cohorts_are_judged_each_by_itself(quick_study, hospitals, tmp_path):
    folder = run(quick_study(models=[QUICK_NETWORK, "LR"], split=LEFT_OUT), tmp_path / "out")
    predictions = folder.read_table("predictions.parquet")
    hospital_of = dict(zip(hospitals.samples, hospitals.obs["hospital"], strict=True))
    in_test = predictions["sample"].map(hospital_of) == predictions["left_out"]
    assert (in_test == (predictions["part"] == "test")).all()
    page = write_report(folder).read_text(encoding="utf-8")
    table = pd.read_csv(folder.path / "tables" / "discrimination.csv")
    assert table["left_out"].tolist() == ["east", "east", "north", "north", "south", "south"]
    assert table["n"].tolist() == [20] * 6
    assert table["n_splits"].tolist() == [2] * 6
    assert "of the other cohorts' patients (mean of 2 draws" in page.replace("&#39;", "'")
    assert "Leave one cohort out: each cohort (column hospital) is the test part" in page
    assert "The corrected t-test takes test parts of one population" in page
    assert not (folder.path / "tables" / "comparison.csv").exists()
    header = pd.read_csv(folder.path / "tables" / "auc_by_split.csv").columns.tolist()
    assert header[:5] == ["model", "east (1)", "north (1)", "south (1)", "east (2)"]


def test_another_count_of_the_cohorts_is_another_study(
    quick_study, hospitals, cohort_file, tmp_path
):
    study = quick_study(models=["KNN"], split=LEFT_OUT)
    keys = {task.key for task in make_plan(study, hospitals).tasks}
    run(study, tmp_path / "out")
    hospitals.obs["hospital"] = np.roll(hospitals.obs["hospital"], 1)
    hospitals.save(cohort_file)
    assert not keys & {task.key for task in make_plan(study, hospitals).tasks}
    with pytest.raises(DeepCMEError, match="another cohort"):
        run(study, tmp_path / "out")


def test_the_column_of_cohorts_must_be_there_and_whole(quick_study, hospitals, cohort_file):
    study = quick_study(split={**LEFT_OUT, "cohort_column": "cohort"})
    with pytest.raises(DeepCMEError, match=r"no column 'cohort'.*deepcme prepare merge"):
        make_plan(study, hospitals)
    hospitals.obs.loc["S3", "hospital"] = None
    with pytest.raises(DeepCMEError, match="sample S3 has no value in the column 'hospital'"):
        make_plan(quick_study(split=LEFT_OUT), hospitals)


def test_tissue_that_is_left_out_need_not_be_of_a_cohort(quick_study, cohort_file, tmp_path):
    """Normals without a hospital: the honest protocol has left them out before the split."""
    base = invented_cohort(tissue=["primary"] * 55 + ["normal"] * 5)
    hospital = np.resize(["north", "south"], 60).astype(object)
    hospital[-5:] = None
    base.adata.obs["hospital"] = hospital
    base.save(cohort_file)
    folder = run(quick_study(models=["LR"], split=LEFT_OUT), tmp_path / "out")
    left_out = folder.read_table("predictions.parquet")["left_out"]
    assert set(left_out) == {"north", "south"}


def test_a_study_that_cannot_be_audited_claims_no_folder(quick_study, tmp_path, monkeypatch):
    def refuse(*_):
        raise DeepCMEError("cannot be audited")

    monkeypatch.setattr("deepcme.study.run.audit_cohort", refuse)
    with pytest.raises(DeepCMEError, match="cannot be audited"):
        run(quick_study(models=["LR"]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_report_judges_each_cohort_by_itself_and_pools_none(
    quick_study, hospitals, tmp_path
):
    study = quick_study(models=["LR", "KNN"], split={**LEFT_OUT, "repeats": 1})
    folder = run(study, tmp_path / "out")
    write_report(folder)
    page, text = (
        (folder.path / f"report.{form}").read_text(encoding="utf-8") for form in ("html", "md")
    )
    for said in (page, text):
        assert "calibration and net benefit are those of each cohort by itself" in said
        assert "ooled over the cohorts" not in said
        assert "Acting on the recalibrated risks of LR" in said
        assert "north: 7 events and 13 non-events are too few to tell" in said
        assert "north: with 7 events and 13 non-events no calibration curve" in said
        assert "their sd is that of no population and is not given" in said
        assert "these intervals are those of frozen models on new patients" in said
        assert "how its genes were chosen, and whether with the outcomes" in said
        assert "net benefit; 95% intervals by patient bootstrap" not in said
    for name in (
        *("calibration", "calibration_verdicts", "sensitivity", "classification"),
        *("decision_curve", "net_benefit"),
    ):
        table = pd.read_csv(folder.path / "tables" / f"{name}.csv")
        assert table["left_out"].unique().tolist() == ["east", "north", "south"], name


@pytest.fixture
def batches(cohort_file):
    """60 patients of two batches that hold a sixth and half of the events; genes tell them."""
    random = np.random.default_rng(8)
    batch = np.repeat(["A", "B"], 30)
    label = np.r_[np.repeat([1, 0], [5, 25]), np.repeat([1, 0], [15, 15])]
    cohort = Cohort.from_arrays(
        random.normal(size=(60, 12)) + 3 * (batch == "B")[:, np.newaxis],
        label,
        samples=[f"S{i}" for i in range(60)],
        batch=batch.tolist(),
        genes=[f"gene{i}" for i in range(12)],
        endpoint="invented = 1 against 0",
        scale="log2",
        name="invented",
    )
    cohort.save(cohort_file)
    return cohort


@pytest.mark.parametrize(
    "design",
    [
        "folds",
        pytest.param("repeated", marks=pytest.mark.slow),
        pytest.param("nested", marks=pytest.mark.slow),
        "leave-one-cohort-out",
    ],
)
def test_every_design_stratifies_by_the_batch_and_ranks_within_it(
    quick_study, batches, design, tmp_path, capsys
):
    split = {"design": design, "repeats": 2}
    if design == "leave-one-cohort-out":
        split["cohort_column"] = "batch"
    study = quick_study(models=["LR", "KNN"], split=split, nulls={"permutations": 2})
    plan = make_plan(study, batches)
    batch = batches.obs["batch"].to_numpy()
    for task in plan.tasks:
        if task.view.outcome is not None:
            for level in "AB":
                permuted = task.view.outcome.labels[batch == level]
                assert permuted.sum() == batches.labels[batch == level].sum()
        for _, rows in task.split.parts():
            labels = (task.view.outcome or batches.outcome).labels
            assert design == "leave-one-cohort-out" or all(
                {0, 1} == set(labels[rows][batch[rows] == level]) for level in "AB"
            )
    folder = run_study(study, tmp_path / "out", jobs=1)
    announced = "stratified by batch" in capsys.readouterr().err
    assert announced == (design != "leave-one-cohort-out")
    predictions = folder.read_table("predictions.parquet")
    page = write_report(folder).read_text(encoding="utf-8")
    if design == "leave-one-cohort-out":
        assert plan.study.split.strata == "none"
        assert "stratum" not in predictions
        return
    assert plan.study.split.strata == "batch"
    assert (predictions["stratum"] == predictions["sample"].map(dict(zip(
        batches.samples, batch, strict=True)))).all()  # fmt: skip
    table = pd.read_csv(tmp_path / "out" / "tables" / "discrimination.csv").set_index("model")
    assert table.loc["LR", "pooled_auc"] > table.loc["LR", "auc"] + 0.03
    assert "Splits and permutations are stratified by batch" in page
    assert ", within levels of batch," in page
    assert f"Ranked across levels it is {table.loc['LR', 'pooled_auc']:.3f} (95%" in page
    test = predictions.query("part == 'test' and model == 'LR'")
    aucs = [
        compute_auc_within(rows["label"], rows["score"], rows["stratum"])
        for _, rows in test.groupby("split")
    ]
    assert table.loc["LR", "auc"] == pytest.approx(np.mean(aucs))
    permutation = pd.read_csv(tmp_path / "out" / "tables" / "permutation.csv")
    assert permutation["observed"].item() == pytest.approx(np.mean(aucs))


def test_the_permuted_runs_are_judged_within_strata(quick_study, batches, tmp_path):
    study = quick_study(models=["LR"], split={"repeats": 1}, nulls={"permutations": 1})
    plan = make_plan(study, batches)
    folder = run(study, tmp_path / "out")
    nulls = NULLS.of(plan)
    batch = batches.obs["batch"].to_numpy()
    aucs = [
        compute_auc_within(
            task.null.outcome.labels[rows], result.score[-len(rows) :], batch[rows]
        )
        for task, result in results_of(folder, nulls)
        for rows in [task.split.test]
    ]
    assert folder.read_table("nulls.csv")["auc"].item() == pytest.approx(np.mean(aucs))


def test_strata_can_be_named_or_left_out_and_must_hold_both_classes(quick_study, batches):
    def splits(**settings):
        return make_plan(quick_study(models=["LR"], split=settings), batches).study.split

    assert splits(strata="none").strata == "none"
    assert splits(strata="tissue").strata == "tissue"
    with pytest.raises(DeepCMEError, match="no level of 'sample' has samples of both"):
        splits(strata="sample")
    with pytest.raises(DeepCMEError, match="no column 'site' to stratify by"):
        splits(strata="site")
    assert make_study({**BINARY_EXAMPLE, "protocol": "paper"}).split.strata == "none"


def test_which_batch_a_sample_is_of_is_part_of_the_study(quick_study, batches, tmp_path):
    study = quick_study(models=["KNN"], split={"repeats": 1})
    run(study, tmp_path / "out")
    batches.obs["batch"] = np.roll(batches.obs["batch"].to_numpy(), 1)
    batches.save(study.cohort.path)
    with pytest.raises(DeepCMEError, match="holds another study's results"):
        run(study, tmp_path / "out")
