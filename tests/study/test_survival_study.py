"""A study of times to an event: what it fits, leaves behind, refuses, and does not leak."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.predictions import check_predictions, count_samples
from deepcme.models.fitting import prepare_and_fit
from deepcme.models.registry import KINDS
from deepcme.models.targets import make_targets
from deepcme.study.fit import fit_task
from deepcme.study.plan import make_plan
from deepcme.study.run import load_cohort, run_study
from deepcme.study.trial import try_models
from tests.study.times import (
    EVERY_KIND,
    HORIZON,
    QUICK_COX,
    QUICK_COX_ENSEMBLE,
    QUICK_COX_NETWORK,
    QUICK_ENSEMBLE,
    QUICK_NETWORK,
    QUICK_TUNED,
    study_of_times,
    survival_cohort,
)

NAMES = [model if isinstance(model, str) else model["name"] for model in EVERY_KIND]
WITHOUT_PROBABILITY = {"SVC"}


@pytest.fixture(scope="module")
def times_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("times") / "cohort.h5ad"
    survival_cohort().save(path)
    return path


@pytest.fixture(scope="module")
def study(times_file):
    return study_of_times(times_file, survival={"censoring": ["place"]})


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    return run_study(study, tmp_path_factory.mktemp("out") / "study", jobs=1, quiet=True)


def files_of(folder):
    return {
        path.relative_to(folder.path): path.read_bytes()
        for path in folder.path.rglob("*")
        if path.is_file()
    }


def test_every_patient_is_tested_the_censored_too(folder):
    predictions = folder.read_table("predictions.parquet")
    cohort = survival_cohort()
    check_predictions(predictions)
    assert [*predictions.columns] == [
        *("split", "model", "sample", "patient", "part", "time", "event", "score"),
        "probability",
    ]
    for name in NAMES:
        test = predictions[(predictions["model"] == name) & (predictions["part"] == "test")]
        test = test.set_index("sample").loc[cohort.samples]
        np.testing.assert_array_equal(test["time"], cohort.outcome.times)
        np.testing.assert_array_equal(test["event"], cohort.outcome.ends)
        assert test["score"].notna().all()
        missing = test["probability"].isna()
        assert missing.all() if name in WITHOUT_PROBABILITY else not missing.any()
    n_events = int(cohort.outcome.events.sum())
    assert count_samples(predictions) == {"n": 80, "events": n_events, "n_patients": 80}


def test_metrics_and_fits_of_cox_models_are_told(folder):
    metrics = folder.read_table("metrics.csv")
    assert {*metrics["metric"]} == {"uno_c", "harrell_c", "auc"}
    assert {*metrics["part"]} == {"train", "validation", "test"}
    fits = folder.read_table("cox_fits.csv")
    assert [*fits.columns] == ["split", "model", "penalty", "n", "events", "selects_nothing"]
    assert fits["model"].tolist() == [*np.repeat(["Cox-ridge", "Cox-top-200", "Cox-lasso"], 3)]
    assert {*fits["penalty"]} <= {3.0, 0.3, 0.2, 0.05}
    assert not fits["selects_nothing"].any()
    assert (fits["n"] + 80 / 3).between(79, 81).all()
    censoring = folder.read_table("censoring.parquet")
    assert censoring["sample"].tolist() == [*survival_cohort().samples]
    assert len(censoring.columns) == 2
    networks = {name for name in NAMES if KINDS[name].is_network}
    assert {*folder.read_table("gene_scores.csv")["model"]} == networks
    history = folder.read_table("history.parquet").groupby("model")
    known = history[["valid_auc", "valid_c"]].count() > 0
    assert known.T.to_dict("list") == {"DeepCME": [True, False], "DeepCME-Cox": [False, True]}


def test_a_cox_model_predicts_log_hazards_and_risks_by_its_baseline(study, folder):
    plan = make_plan(study, load_cohort(study))
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    kind, rows = KINDS["Cox-ridge"], task.split.fitting_rows
    model, prepared, _ = prepare_and_fit(
        data,
        rows,
        study.preprocessing,
        kind,
        task.model.parameters,
        task.random_state,
        targets=make_targets(data, kind, rows),
    )
    predictions = folder.read_table("predictions.parquet")
    rows_of_task = predictions[(predictions["split"] == 1) & (predictions["model"] == NAMES[0])]
    train = rows_of_task[rows_of_task["part"] == "train"]
    np.testing.assert_allclose(train["score"], model.predict(prepared.X))
    free = model.predict_survival(prepared.X, [HORIZON])[:, 0]
    np.testing.assert_allclose(train["probability"], 1 - free)
    held_out = rows_of_task[rows_of_task["part"] == "validation"]
    assert held_out["sample"].tolist() == train["sample"].tolist()
    expected = model.baseline_.risk(held_out["score"], HORIZON)
    np.testing.assert_allclose(held_out["probability"], expected)
    assert not np.allclose(held_out["score"], train["score"])


def test_a_cox_model_that_selects_nothing_is_counted(times_file, tmp_path):
    nothing = {"name": "Cox-ridge", "parameters": {"penalties": [float("inf")]}}
    study = study_of_times(times_file, models=[nothing])
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    fits = folder.read_table("cox_fits.csv")
    assert fits["selects_nothing"].all()
    assert np.isinf(fits["penalty"]).all()
    predictions = folder.read_table("predictions.parquet")
    assert (predictions["score"] == 0).all()
    metrics = folder.read_table("metrics.csv")
    assert metrics["value"].dropna().to_numpy() == pytest.approx(0.5)


def test_without_a_horizon_there_are_no_risks(tmp_path):
    survival_cohort(horizon=None).save(tmp_path / "cohort.h5ad")
    study = study_of_times(tmp_path / "cohort.h5ad", models=[QUICK_COX])
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    assert folder.read_table("predictions.parquet")["probability"].isna().all()
    assert run_study(study, folder.path, jobs=1, quiet=True)
    classifier = study_of_times(tmp_path / "cohort.h5ad", models=["LR"])
    with pytest.raises(DeepCMEError, match=r"model LR, split 1: LR learns .* horizon under"):
        run_study(classifier, tmp_path / "other", jobs=1, quiet=True)


def test_the_number_of_workers_changes_no_byte(study, folder, tmp_path):
    again = run_study(study, tmp_path / "study", jobs=2, quiet=True)
    assert files_of(again) == files_of(folder)


def test_a_stopped_or_damaged_study_goes_on(study, folder, tmp_path, capsys):
    again = run_study(study, tmp_path / "study", jobs=1, quiet=True)
    first, second, *_ = sorted((again.path / "tasks").glob("*.npz"))
    first.unlink()
    with np.load(second) as kept:
        np.savez_compressed(second, **{**kept, "score": kept["score"][:-1]})
    (again.path / "predictions.parquet").unlink()
    again = run_study(study, again.path, jobs=1, quiet=True)
    assert "1 result was damaged and is made again" in capsys.readouterr().err
    assert files_of(again) == files_of(folder)


def test_another_horizon_or_other_censoring_is_another_study(times_file, folder, tmp_path):
    plain = study_of_times(times_file)
    keys = {task.key for task in make_plan(plain, load_cohort(plain)).tasks}
    for survival in ({"horizon": 1.5}, {"censoring": ["place"]}):
        study = study_of_times(times_file, survival=survival)
        plan = make_plan(study, load_cohort(study))
        assert not keys & {task.key for task in plan.tasks}
    with pytest.raises(DeepCMEError, match=r"another study's results \(survival.censoring is"):
        run_study(plain, folder.path, jobs=1, quiet=True)


def poisoned(data, rows):
    """Other expression, times and events of some rows."""
    X, times, ends = data.X.copy(), data.outcome.times.copy(), data.outcome.ends.copy()
    X[rows] *= 1000
    times[rows] = 5.9 - 0.8 * times[rows]
    ends[rows] = 1 - ends[rows]
    return replace(data, X=X, outcome=SurvivalOutcome(times, ends, data.outcome.endpoint))


def place_of(plan):
    return pd.DataFrame({"place": plan.cohort.obs["place"].astype(str).to_numpy()})


@pytest.mark.parametrize("depends", [False, True], ids=["Kaplan-Meier", "Cox"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_learned_of_patients_held_out(times_file, name, depends):
    model = EVERY_KIND[NAMES.index(name)]
    survival = {"censoring": ["place"]} if depends else {}
    study = study_of_times(times_file, models=[model], survival=survival)
    plan = make_plan(study, load_cohort(study))
    task = plan.tasks[0]
    data = CohortArrays.of(plan.cohort, place_of(plan) if depends else None)
    kind = KINDS[name]
    held_out = task.split.test
    if not (kind.refitted or kind.takes_validation):
        held_out = np.r_[task.split.validation, held_out]
    n = len(data.X) - len(held_out)
    clean, dirty = fit_task(data, task), fit_task(poisoned(data, held_out), task)
    np.testing.assert_array_equal(clean.score[:n], dirty.score[:n])
    assert not np.array_equal(clean.score[n:], dirty.score[n:])
    if kind.refitted:
        np.testing.assert_array_equal(clean.oof_score, dirty.oof_score)
    if kind.refitted and "survival" in kind.outcomes:
        np.testing.assert_array_equal(clean.probability[:n], dirty.probability[:n])
        np.testing.assert_array_equal(clean.oof_probability, dirty.oof_probability)
    if kind.has_history:
        assert clean.history.equals(dirty.history)


@pytest.mark.parametrize("network", [QUICK_NETWORK, QUICK_COX_NETWORK])
def test_the_validation_part_of_a_network_weighs_no_training_sample(times_file, network):
    study = study_of_times(times_file, models=[network])
    plan = make_plan(study, load_cohort(study))
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    clean, dirty = (fit_task(of, task) for of in (data, poisoned(data, task.split.validation)))
    np.testing.assert_array_equal(clean.history["train_loss"], dirty.history["train_loss"])
    assert not np.array_equal(clean.history["valid_loss"], dirty.history["valid_loss"])


ONE_STRENGTH = {"name": "LR-tuned", "parameters": {"inverse_strengths": [0.1]}}
ONE_PENALTY = {"name": "Cox-ridge", "parameters": {"penalties": [0.3]}}
ONE_LASSO = {"name": "Cox-lasso", "parameters": {"penalties": [0.05]}}


@pytest.mark.parametrize(
    "model", [ONE_PENALTY, ONE_LASSO, QUICK_ENSEMBLE, QUICK_COX_ENSEMBLE, ONE_STRENGTH]
)
def test_out_of_fold_scores_come_from_fits_without_the_patient(times_file, model):
    """Poisoned expression moves scores of other folds, never those of its own beside it."""
    study = study_of_times(times_file, models=[model])
    plan = make_plan(study, load_cohort(study))
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    targets = make_targets(data, task.model.kind, task.split.fitting_rows, HORIZON)
    known = targets.known(task.split.validation)
    place = int(np.flatnonzero(task.split.fitting_rows == known[0])[0])
    X = data.X.copy()
    X[known[0]] *= 1000
    clean, dirty = fit_task(data, task), fit_task(replace(data, X=X), task)
    moved = clean.oof_score != dirty.oof_score
    folds = task.model.kind.out_of_fold.n_folds
    assert moved[place]
    expected = len(moved) * (folds - 1) / folds + 1
    assert moved.sum() == pytest.approx(expected, abs=4)


@pytest.mark.parametrize(
    "split",
    [
        {"design": "repeated", "repeats": 2},
        {"design": "nested", "folds": 3, "repeats": 1},
        {"design": "leave-one-cohort-out", "cohort_column": "place", "repeats": 1},
        {"design": "folds", "folds": 3, "repeats": 1, "strata": "place"},
    ],
)
def test_every_design_splits_events_and_times(times_file, tmp_path, split):
    study = study_of_times(times_file, split=split, models=[QUICK_COX, QUICK_TUNED])
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    predictions = folder.read_table("predictions.parquet")
    test = predictions[predictions["part"] == "test"]
    assert (test.groupby("split")["event"].sum() > 0).all()
    assert predictions["score"].notna().all()
    assert ("left_out" in predictions) == (split["design"] == "leave-one-cohort-out")
    assert not folder.read_table("metrics.csv").empty


@pytest.mark.parametrize("n_events", [20, 8])
def test_a_cohort_of_few_events_is_studied(tmp_path, n_events):
    cohort = survival_cohort(n=60)
    ends = cohort.obs["event"].to_numpy().copy()
    ends[np.flatnonzero(ends)[n_events:]] = 0
    cohort.obs["event"] = ends
    cohort.save(tmp_path / "cohort.h5ad")
    study = study_of_times(
        tmp_path / "cohort.h5ad", models=[QUICK_COX, "LR"], split={"repeats": 1}
    )
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    assert folder.read_table("cox_fits.csv")["events"].between(1, n_events).all()


def refusal(study, cohort):
    with pytest.raises(DeepCMEError) as caught:
        try_models(make_plan(study, cohort))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_cannot_be_learned_is_refused_before_anything_is_fitted(times_file):
    cohort = survival_cohort()

    def with_horizon(horizon, *models):
        return study_of_times(times_file, survival={"horizon": horizon}, models=[*models])

    late = refusal(with_horizon(5.0, "LR"), cohort)
    assert late.startswith("model LR, split 1, of those it learns from: Only ")
    assert late.endswith("take an earlier horizon, or leave the model out.")
    beyond = refusal(with_horizon(99.0, QUICK_COX), cohort)
    assert "followed to the horizon 99: take one up to" in beyond
    early = float(np.sort(cohort.outcome.times[cohort.outcome.events == 1])[0])
    few = refusal(with_horizon(early, QUICK_TUNED), cohort)
    assert "needs 2 or more patients with the event, by the horizon, and as many" in few


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (["palce"], "'palce', on which censoring is to depend, is not there"),
        (["time"], "'time', on which censoring is to depend, is what the outcome is made of"),
        (["tissue"], "'tissue', on which censoring is to depend, has 0 different values"),
    ],
)
def test_columns_that_censoring_cannot_depend_on_are_named(times_file, columns, sentence):
    study = study_of_times(times_file, survival={"censoring": columns}, models=["LR"])
    assert sentence in refusal(study, survival_cohort())


def test_a_model_of_times_is_refused_in_a_study_of_labels(quick_study):
    study = quick_study(models=["Cox-ridge"])
    with pytest.raises(DeepCMEError, match="predicts a survival outcome, and that of"):
        try_models(make_plan(study, load_cohort(study)))
