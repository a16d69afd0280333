"""Models fitted with others' patients: the same splits, nothing leaks, and only they change."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from deepcme import DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.baselines import make_logistic_regression
from deepcme.models.fitting import prepare_others
from deepcme.models.registry import KINDS
from deepcme.models.targets import make_targets
from deepcme.study.executors.attempt import try_task
from deepcme.study.fit import TaskResult
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.others.also import ALSO, FitWithOthers
from deepcme.study.plan import make_plan
from deepcme.study.run import load_cohort, run_study
from tests.study.others.cohorts import COX, TUNED, labelled, study_with, timed, unread
from tests.study.times import QUICK_COX_ENSEMBLE, QUICK_ENSEMBLE, QUICK_NETWORK

ONE_STRENGTH = {"name": "LR-tuned", "parameters": {"inverse_strengths": [0.1]}}
NESTED = {"design": "nested", "folds": 3, "repeats": 1}
BY_TIMES = [COX, QUICK_COX_ENSEMBLE, "LR-tuned"]


__all__ = ["unread"]
pytestmark = pytest.mark.usefixtures("unread")


def cohorts():
    """The study's own cohort with genes that others lack, and two others."""
    own = labelled("own", n=60)
    return own, labelled("north", seed=2, genes=range(65)), labelled("south", seed=3, n=40)


def plan_of(folder, model=TUNED, **options):
    own, *others = cohorts()
    study = study_with(folder, own, *others, models=[model], **options)
    return make_plan(study, load_cohort(study))


def data_of(plan):
    return CohortArrays.of(plan.cohort, others=plan.others.arrays)


def result_of(task, data):
    return TaskResult.from_arrays(task.run(data))


def arms(plan):
    """The first fit with others' patients, and the one beside it without them."""
    return (
        next(task for task in ALSO.of(plan) if task.with_others),
        next((task for task in ALSO.of(plan) if not task.with_others), None),
    )


def with_other_rows(data, **changed):
    return replace(data, others=replace(data.others, **changed))


def test_each_model_is_fitted_twice_more_on_the_splits_and_seeds_of_its_own_fit(tmp_path):
    plan = plan_of(tmp_path)
    own = {task.split_number: task for task in MODELS.of(plan)}
    beside = ALSO.of(plan)
    assert [task.called for task in beside] == [
        *["LR-tuned, common genes"] * 3, *["LR-tuned + 2 cohorts"] * 3,
    ]  # fmt: skip
    for task in beside:
        alike = own[task.split_number]
        assert task.random_state == alike.random_state
        np.testing.assert_array_equal(task.split.test, alike.split.test)
        np.testing.assert_array_equal(task.split.train, alike.split.train)


def test_where_no_gene_is_lost_the_fit_at_common_genes_is_the_studys_own(tmp_path):
    own, other = labelled("own"), labelled("other", seed=2)
    study = study_with(tmp_path, own, other)
    plan = make_plan(study, own)
    assert {task.called for task in ALSO.of(plan)} == {"LR-tuned + 1 cohort"}
    alone = replace(arms(plan)[0], with_others=False)
    first = next(task for task in MODELS.of(plan) if task.split_number == 1)
    for name, values in alone.run(data_of(plan)).items():
        np.testing.assert_array_equal(values, first.run(data_of(plan))[name])


def test_a_fit_is_that_of_both_cohorts_prepared_by_hand(tmp_path):
    """Own rows by the own training part, others by themselves, one regression of all."""
    plan = plan_of(tmp_path, ONE_STRENGTH)
    data, (together, _) = data_of(plan), arms(plan)
    found = result_of(together, data)
    rows, test = together.split.fitting_rows, together.split.test
    own = data.others.own
    Z = (own - own[rows].mean(axis=0)) / own[rows].std(axis=0)
    labels = np.r_[*(of.labels for of in data.others.outcomes), data.labels[rows]]
    model = make_logistic_regression(0.1).fit(np.r_[data.others.X, Z[rows]], labels)
    logits = model.decision_function(np.r_[Z[rows], Z[test]])
    np.testing.assert_allclose(found.score, logits, atol=1e-3)
    np.testing.assert_allclose(found.probability, expit(logits), atol=1e-3)
    np.testing.assert_array_equal(found.rows, np.r_[rows, test])


@pytest.mark.parametrize("model", [TUNED, QUICK_NETWORK, QUICK_ENSEMBLE, "KNN"])
def test_poisoned_test_rows_move_nothing_that_training_learned(tmp_path, model):
    plan = plan_of(tmp_path, model)
    data, test = data_of(plan), ALSO.of(plan)[0].split.test
    X = data.others.own.copy()
    X[test] *= 1000
    labels = data.labels.copy()
    labels[test] = 1 - labels[test]
    dirty_data = replace(with_other_rows(data, own=X), outcome=BinaryOutcome(labels))
    for task in arms(plan):
        clean, dirty = result_of(task, data), result_of(task, dirty_data)
        n = len(clean.score) - len(test)
        np.testing.assert_array_equal(clean.score[:n], dirty.score[:n])
        assert not np.array_equal(clean.score[n:], dirty.score[n:])
        if clean.oof_score is not None:
            np.testing.assert_array_equal(clean.oof_score, dirty.oof_score)


def test_others_teach_the_preprocessing_nothing(tmp_path):
    """Were own rows standardised with them, shifting one of their genes would move a score."""
    plan = plan_of(tmp_path, "KNN")
    data, (together, _) = data_of(plan), arms(plan)
    far = with_other_rows(data, X=data.others.X + np.float32(1e6))
    alone = replace(together, with_others=False)
    n_neighbours = result_of(alone, data).score
    np.testing.assert_array_equal(result_of(together, far).score, n_neighbours)


@pytest.mark.parametrize("model", [TUNED, QUICK_ENSEMBLE])
def test_others_are_in_no_fold_that_is_scored_and_teach_every_fit(tmp_path, model):
    plan = plan_of(tmp_path, model)
    data, (together, alone) = data_of(plan), arms(plan)
    found = result_of(together, data)
    assert found.oof_score.shape == (len(together.split.fitting_rows),)
    flipped = [BinaryOutcome(1 - of.labels) for of in data.others.outcomes]
    moved = result_of(together, with_other_rows(data, outcomes=tuple(flipped)))
    assert (found.oof_score != moved.oof_score).all()
    same = [result_of(alone, of).oof_score for of in (data, with_other_rows(data, X=None))]
    np.testing.assert_array_equal(*same)


def test_a_validation_part_is_of_the_studys_own_patients(tmp_path):
    """Of a network that trains on nobody else, the loss there is that of its own rows."""
    plan = plan_of(tmp_path, QUICK_NETWORK)
    data, (together, _) = data_of(plan), arms(plan)
    X = data.others.own.copy()
    X[together.split.validation] += 3
    clean = result_of(together, data).history
    dirty = result_of(together, with_other_rows(data, own=X)).history
    np.testing.assert_array_equal(clean["train_loss"], dirty["train_loss"])
    assert not np.array_equal(clean["valid_loss"], dirty["valid_loss"])


def test_inner_folds_of_a_nested_design_are_of_own_patients_and_learn_from_others(tmp_path):
    plan = plan_of(tmp_path, ONE_STRENGTH, split=NESTED)
    data, (together, _) = data_of(plan), arms(plan)
    found = result_of(together, data)
    assert together.is_result(together.run(data))
    row = together.split.inner[0].validation[0]
    X = data.others.own.copy()
    X[row] *= 1000
    dirty = result_of(together, with_other_rows(data, own=X))
    place = {row: place for place, row in enumerate(together.split.train)}
    fold = [place[other] for other in together.split.inner[0].validation[1:]]
    np.testing.assert_array_equal(found.oof_score[fold], dirty.oof_score[fold])
    flipped = [BinaryOutcome(1 - of.labels) for of in data.others.outcomes]
    moved = result_of(together, with_other_rows(data, outcomes=tuple(flipped)))
    assert (found.oof_score != moved.oof_score).all()


def test_patients_of_cohorts_alike_help_where_there_are_few(tmp_path):
    """Of one signal, a hundred other patients help thirty own ones on every gene."""
    own = labelled("own", n=30, seed=11)
    others = [labelled(f"other{seed}", n=50, seed=seed) for seed in (12, 13)]
    split = {"design": "folds", "folds": 3, "repeats": 2}
    study = study_with(tmp_path, own, *others, split=split)
    metrics = run_study(study, tmp_path / "out", jobs=1, quiet=True).read_table("metrics.csv")
    tested = metrics[(metrics["part"] == "test") & (metrics["metric"] == "auc")]
    auc = tested.groupby("model")["value"].mean()
    assert auc["LR-tuned + 2 cohorts"] > auc["LR-tuned"]


def test_censored_others_are_weighed_within_their_cohort(tmp_path):
    own, short, long = timed("own"), timed("short", seed=2, longest=4.0), timed("long", seed=3)
    plan = make_plan(study_with(tmp_path, own, short, long, models=BY_TIMES), own)
    rows = prepare_others(data_of(plan), KINDS["LR-tuned"], 2.0)
    expected = [
        make_targets(CohortArrays.of(of), KINDS["LR-tuned"], np.arange(60), 2.0).weights
        for of in (short, long)
    ]
    np.testing.assert_allclose(rows.weights, np.concatenate(expected))
    assert (rows.weights == 0).any()


@pytest.mark.parametrize("model", BY_TIMES)
def test_times_of_test_patients_teach_nothing(tmp_path, model):
    own, other = timed("own"), timed("other", seed=2, unit="months")
    study = study_with(tmp_path, own, other, models=[COX, model][model == COX :])
    study = study.model_copy(update={"also": study.also.model_copy(update={"models": (
        model if isinstance(model, str) else model["name"],
    )})})  # fmt: skip
    plan = make_plan(study, own)
    data, (together, _) = data_of(plan), arms(plan)
    test = together.split.test
    X = data.others.own.copy()
    X[test] *= 10
    times = data.outcome.times.copy()
    times[test] = times[test][::-1]
    outcome = SurvivalOutcome(times, data.outcome.ends, data.outcome.endpoint)
    dirty_data = replace(with_other_rows(data, own=X), outcome=outcome)
    clean, dirty = result_of(together, data), result_of(together, dirty_data)
    n = len(clean.score) - len(test)
    np.testing.assert_array_equal(clean.score[:n], dirty.score[:n])
    np.testing.assert_array_equal(clean.oof_score, dirty.oof_score)
    assert together.is_result(clean.to_arrays())


def test_a_cohort_not_followed_to_the_horizon_is_refused_before_anything_is_fitted(tmp_path):
    own, short = timed("own"), timed("short", seed=2, longest=2.1)
    study = study_with(tmp_path, own, short, models=[COX, "LR-tuned"])
    with pytest.raises(DeepCMEError, match="model LR-tuned cannot learn from the patients of"):
        run_study(study, tmp_path / "out", quiet=True)
    assert not (tmp_path / "out").exists()


def test_a_model_that_is_not_there_is_refused(tmp_path):
    own, *others = cohorts()
    also = {"cohorts": ["a.h5ad"], "models": ["SVC"]}
    with pytest.raises(DeepCMEError, match=r"also\.models: there is no 'SVC' among the models"):
        study_with(tmp_path, own, *others, also=also)


def test_a_model_must_not_take_a_name_that_is_added(tmp_path):
    own, *others = cohorts()
    taken = {**TUNED, "estimator": "LR-tuned", "name": "LR-tuned + 2 cohorts"}
    with pytest.raises(DeepCMEError, match=r"must not be called 'LR-tuned \+ 2 cohorts'"):
        study_with(tmp_path, own, *others, models=[TUNED, taken])


def test_headline_and_comparator_are_fitted_unless_others_are_named(tmp_path):
    own, *others = cohorts()
    models = [QUICK_ENSEMBLE, TUNED, "KNN"]
    for named, expected in (((), {"DeepCME-ensemble", "LR-tuned"}), (("KNN",), {"KNN"})):
        study = study_with(tmp_path, own, *others, models=models)
        also = study.also.model_copy(update={"models": named})
        plan = make_plan(study.model_copy(update={"also": also}), own)
        assert {task.model.name for task in ALSO.of(plan)} == expected


def test_keys_of_the_studys_own_fits_do_not_know_of_others(tmp_path):
    own, *others = cohorts()
    plain, asked = (study_with(tmp_path, own, *of, models=[TUNED]) for of in ((), others))
    keys = [[task.key for task in MODELS.of(make_plan(of, own))] for of in (plain, asked)]
    assert keys[0] == keys[1]


@pytest.fixture
def study(tmp_path):
    own, *others = cohorts()
    return study_with(tmp_path, own, *others)


def counted(monkeypatch):
    """The titles of the fits that are run from now on."""
    done, run = [], FitWithOthers.run
    monkeypatch.setattr(
        FitWithOthers, "run", lambda task, data: done.append(task.title) or run(task, data)
    )
    return done


def test_a_finished_study_goes_on_with_others_with_another_file_and_back(
    study, tmp_path, monkeypatch, capsys
):
    alone = study.model_copy(update={"also": study.also.model_copy(update={"cohorts": ()})})
    folder = run_study(alone, tmp_path / "out", jobs=1, quiet=True)
    plain = (folder.path / "predictions.parquet").read_bytes()
    done = counted(monkeypatch)
    run_study(study, tmp_path / "out", jobs=1)
    assert (
        "LR-tuned also with the patients of north (50 samples, 20 with the event), south (40 "
        "samples, 16 with the event), at the 65 genes that all have." in capsys.readouterr().err
    )
    assert len(done) == 2 * 3
    first, table = (folder.read_table(name) for name in ("predictions.parquet", "also.csv"))
    assert table["own"].tolist() == [True, False, False]
    assert table["patients"].tolist() == [60, 50, 40]
    assert table["events"].tolist() == [24, 20, 16]
    assert table["common_genes"].tolist() == [70, 65, 70]
    assert set(table["genes_in_all"]) == {65}
    done.clear()
    labelled("north", seed=5, genes=range(65)).save(tmp_path / "north.h5ad")
    run_study(study, tmp_path / "out", jobs=1, quiet=True)
    assert done == [f"LR-tuned + 2 cohorts, split {number}" for number in (1, 2, 3)]
    again = folder.read_table("predictions.parquet")
    changed = (first["score"] != again["score"]).groupby(first["model"]).any()
    assert changed[changed].index.tolist() == ["LR-tuned + 2 cohorts"]
    run_study(alone, tmp_path / "out", jobs=1, quiet=True)
    assert (folder.path / "predictions.parquet").read_bytes() == plain
    assert not folder.has_table("also.csv")


def test_a_worker_of_a_cluster_needs_nothing_but_what_travels(study):
    """As Dask has it: cohort and task packed, and unpacked elsewhere."""
    plan = make_plan(study, load_cohort(study))
    task = arms(plan)[0]
    data, unpacked = pickle.loads(pickle.dumps((data_of(plan), task)))  # noqa: S301 (its own)
    outcome = try_task(data, unpacked)
    assert task.is_result(outcome.result)
    assert len(pickle.dumps(task)) < 10_000  # no matrix is in a task


def test_the_expected_time_counts_other_patients(tmp_path):
    plan = plan_of(tmp_path, QUICK_ENSEMBLE)
    together, alone = arms(plan)
    seconds = [ALSO.expect(plan, task).seconds for task in (together, alone)]
    n_own = len(together.split.fitting_rows)
    # Others' patients come prepared.
    assert seconds[0] / seconds[1] == pytest.approx((n_own + 90) / n_own, rel=0.1)
