"""Reruns in a study of times: permuted outcomes, gene sets, refits, and permuted expression."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.added_value import compute_score_test
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.concordance import compute_uno_concordance
from deepcme.evaluation.survival.likelihood_ratio import compute_cox_likelihood_ratio
from deepcme.study.fit import TaskResult
from deepcme.study.parts.cox_score import COX_SCORE
from deepcme.study.parts.instability import INSTABILITY, Patients, draw_bootstrap_rows
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.nulls import NULLS
from deepcme.study.parts.survival_tables import find_censoring_columns
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from tests.study.times import HORIZON, QUICK_COX, QUICK_TUNED, study_of_times, survival_cohort

NULL_SETTINGS = {"permutations": 2, "gene_sets": 1, "sizes": [3]}
ASKED = {
    "models": [QUICK_COX],
    "nulls": NULL_SETTINGS,
    "instability": {"refits": 2},
    "clinical": {"columns": ["age"], "permutations": 2},
}


def cohort_of_pairs():
    """Ten patients have two samples, of one time and event; the age tells a little."""
    base = survival_cohort()
    patients = np.where(np.arange(80) < 20, np.arange(80) % 10, np.arange(80))
    outcome = base.outcome
    first = np.unique(patients, return_index=True)[1]
    of_patient = first[np.unique(patients, return_inverse=True)[1]]
    age = 50 - 3 * outcome.times + np.random.default_rng(1).normal(0, 6, 80)
    return Cohort.from_arrays(
        base.X,
        outcome.take(of_patient),
        samples=[*base.samples],
        patients=[f"P{i}" for i in patients],
        genes=[*base.gene_ids],
        clinical=pd.DataFrame({"place": base.obs["place"].to_numpy(), "age": age}),
        endpoint=outcome.endpoint,
        scale="log2",
        name="pairs",
    )


@pytest.fixture(scope="module")
def pairs_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("pairs") / "cohort.h5ad"
    cohort_of_pairs().save(path)
    return path


@pytest.fixture(scope="module")
def study(pairs_file):
    return study_of_times(pairs_file, **ASKED)


@pytest.fixture(scope="module")
def plan(study):
    return make_plan(study, cohort_of_pairs())


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    return run_study(study, tmp_path_factory.mktemp("out") / "study", jobs=1, quiet=True)


def results_of(plan, folder, part):
    return [(task, TaskResult.from_arrays(folder.load(task))) for task in part.of(plan)]


def test_a_row_for_each_null_run(folder):
    table = folder.read_table("nulls.csv")
    assert [*table.columns] == [
        *("kind", "number", "size", "uno_c", "log_rank", "n_splits", "n", "events"),
        *("signature", "listed", "missing"),
    ]
    runs = ["permuted outcomes"] * 2 + ["random genes"]
    assert table["kind"].tolist() == runs
    assert table["uno_c"].between(0, 1).all()
    assert (table["n_splits"] == 3).all()
    assert (table["n"] == 70).all(), "patients, not samples"
    first = cohort_of_pairs().obs.drop_duplicates("patient")
    assert (table["events"] == first["event"].sum()).all()


def test_the_c_of_a_run_is_that_of_its_own_outcomes(plan, folder):
    first = [
        (task, result)
        for task, result in results_of(plan, folder, NULLS)
        if task.null.title == "permuted outcomes 1"
    ]
    patients = plan.cohort.patients
    one_each = np.sort(np.unique(patients, return_index=True)[1])
    of_patient = dict(zip(patients[one_each], range(70), strict=True))
    outcome = first[0][0].null.outcome
    at = AtHorizon.draw(outcome.follow_up.rows(one_each), HORIZON, np.random.default_rng(0), 0)
    values = []
    for task, result in first:
        scores = dict(zip(result.rows, result.score, strict=True))
        rows = [row for row in task.split.test if row in one_each]
        positions = np.array([of_patient[patients[row]] for row in rows])
        tested = np.array([scores[row] for row in rows])
        values.append(compute_uno_concordance(at.rows(positions), tested)[0])
    assert folder.read_table("nulls.csv")["uno_c"][0] == pytest.approx(np.mean(values))


def test_scores_out_of_fold_are_kept_for_the_thirds(plan, folder):
    for task, result in results_of(plan, folder, NULLS):
        assert len(result.oof_score) == len(task.split.fitting_rows)
        assert result.probability is None
        arrays = result.to_arrays()
        assert task.is_result(arrays)
        del arrays["oof_score"]
        assert not task.is_result(arrays)


def ends_of(outcome, rows=slice(None)):
    return [*zip(outcome.times[rows], outcome.ends[rows], strict=True)]


def test_time_and_event_go_together_and_so_do_a_patients_samples(plan):
    outcome, patients = plan.cohort.outcome, plan.cohort.patients
    for run in {task.null.title: task.null for task in NULLS.of(plan)}.values():
        if run.outcome is None:
            continue
        assert sorted(ends_of(run.outcome)) == sorted(ends_of(outcome))
        assert ends_of(run.outcome) != ends_of(outcome)
        for patient in np.unique(patients[:20]):
            assert len(set(ends_of(run.outcome, patients == patient))) == 1


def test_outcomes_stay_within_strata_and_take_the_columns_of_censoring_along(pairs_file):
    split = {"design": "folds", "folds": 3, "repeats": 1, "strata": "place"}
    asked = {**ASKED, "split": split, "clinical": None, "instability": {}}
    asked["survival"] = {"censoring": ["age"]}
    plan = make_plan(study_of_times(pairs_file, **asked), cohort_of_pairs())
    data = CohortArrays.of(plan.cohort, find_censoring_columns(plan))
    task = NULLS.of(plan)[0]
    seen, place = task.view.of(data), plan.cohort.obs["place"].to_numpy()
    for level in np.unique(place):
        here = place == level
        assert sorted(ends_of(seen.outcome, here)) == sorted(ends_of(data.outcome, here))
    pairs = [
        sorted(zip(of.outcome.times, of.censoring["age"], strict=True)) for of in (seen, data)
    ]
    assert pairs[0] == pairs[1]
    assert not seen.censoring["age"].equals(data.censoring["age"])
    assert np.shares_memory(seen.X, data.X)


def test_a_classifier_by_the_horizon_is_rerun_with_its_weights(pairs_file, tmp_path):
    study = study_of_times(
        pairs_file,
        models=[QUICK_TUNED],
        nulls={"permutations": 1},
        survival={"horizon": HORIZON, "censoring": ["age"]},
    )
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    assert folder.read_table("nulls.csv")["uno_c"].notna().all()


def test_what_is_rerun_is_told(plan):
    assert NULLS.announce(plan) == (
        "Reruns of Cox-ridge: 2 with permuted times and events, 1 with 3 random genes. 2 "
        "permutations cannot reject, as the smallest p is 1/3 = 0.333: 19 or more can."
    )
    assert COX_SCORE.announce(plan) == "Reruns of Cox-ridge: 2 with permuted expression."


def test_refits_give_every_sample_a_risk_by_the_horizon(folder):
    table = folder.read_table("instability.parquet")
    columns = ["refit", "sample", "patient", "time", "event", "drawn", "risk"]
    assert [*table.columns] == columns
    assert table.groupby("refit").size().to_dict() == dict.fromkeys(range(3), 80)
    assert table["risk"].between(0, 1).all()
    assert table.query("refit == 1")["drawn"].sum() > 0


def test_bootstrap_samples_hold_events_and_patients_beyond_the_horizon():
    outcome = survival_cohort().outcome
    # Eleven are followed beyond the horizon: about half of all draws have fewer than ten.
    beyond = np.flatnonzero(outcome.times > HORIZON)[11:]
    times, ends = outcome.times.copy(), outcome.ends.copy()
    times[beyond], ends[beyond] = HORIZON / 2, 0
    cohort = survival_cohort()
    cohort.obs["time"], cohort.obs["event"] = times, ends
    patients = Patients.of(cohort, HORIZON)
    assert patients.is_control.sum() == 11
    for number in range(1, 8):
        rows = draw_bootstrap_rows(patients, 1, number)
        assert (times[rows] > HORIZON).sum() >= 10
        assert len(set(rows[(times[rows] <= HORIZON) & (ends[rows] == 1)])) >= 3


def test_refits_need_a_horizon_and_patients_beyond_it(tmp_path):
    survival_cohort(horizon=None).save(tmp_path / "open.h5ad")
    asked = {"models": [QUICK_COX], "instability": {"refits": 1}}
    with pytest.raises(DeepCMEError, match="there is none: name one with horizon under"):
        make_plan(
            study_of_times(tmp_path / "open.h5ad", **asked), survival_cohort(horizon=None)
        )
    late = study_of_times(tmp_path / "open.h5ad", survival={"horizon": 5.5}, **asked)
    with pytest.raises(DeepCMEError, match="by the horizon and 10 followed beyond it without"):
        make_plan(late, survival_cohort(horizon=None))


def test_the_score_is_that_of_test_patients_beside_the_columns(plan, folder):
    tests = folder.read_table("score_tests.csv")
    assert [*tests.columns] == [
        *("number", "statistic", "coefficient", "signed_root", "n", "events")
    ]
    assert tests["number"].tolist() == [0, 1, 2]
    assert (tests["n"] == 70).all()
    score = np.empty(80)
    for task, result in results_of(plan, folder, MODELS):
        score[task.split.test] = result.score[-len(task.split.test) :]
    cohort = plan.cohort
    rows = np.sort(np.unique(cohort.patients, return_index=True)[1])
    age = cohort.obs["age"].to_numpy(np.float64)[rows]
    score = score[rows]
    design = np.column_stack(
        [(age - age.mean()) / age.std(), (score - score.mean()) / score.std()]
    )
    expected = compute_cox_likelihood_ratio(design, cohort.outcome.follow_up.rows(rows))
    assert tests["statistic"][0] == pytest.approx(expected.statistic)
    assert tests["coefficient"][0] == pytest.approx(expected.coefficient)
    row = compute_score_test(tests).iloc[0]
    assert np.isnan(row["p_value"]), "two permutations cannot reject"
    assert row["n_permutations"] == 2


def test_permuted_expression_leaves_outcome_and_splits_as_they_are(plan):
    real = MODELS.of(plan)
    tasks = COX_SCORE.of(plan)
    assert len(tasks) == 2 * len(real)
    for task in tasks:
        assert task.view.outcome is None
        assert task.split.test.tolist() == real[task.split_number - 1].split.test.tolist()
        assert sorted(task.view.expression) == [*range(80)]
        assert [*task.view.expression] != [*range(80)]


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_same_bytes_when_more_is_asked_for_by_any_number_of_workers(
    pairs_file, folder, tmp_path, jobs
):
    fewer = {
        **ASKED,
        "nulls": {**NULL_SETTINGS, "permutations": 1},
        "instability": {"refits": 1},
        "clinical": {"columns": ["age"], "permutations": 1},
    }
    run_study(study_of_times(pairs_file, **fewer), tmp_path / "study", jobs=jobs, quiet=True)
    kept = {path.name for path in (tmp_path / "study" / "tasks").glob("*.npz")}
    again = run_study(
        study_of_times(pairs_file, **ASKED), tmp_path / "study", jobs=jobs, quiet=True
    )
    assert kept < {path.name for path in (again.path / "tasks").glob("*.npz")}
    for name in ("nulls.csv", "instability.parquet", "score_tests.csv"):
        assert (again.path / name).read_bytes() == (folder.path / name).read_bytes()


def poisoned(data, rows):
    """Other expression, times and events of some rows."""
    X, times, ends = data.X.copy(), data.outcome.times.copy(), data.outcome.ends.copy()
    X[rows] *= 1000
    times[rows] = 5.9 - 0.8 * times[rows]
    ends[rows] = 1 - ends[rows]
    return replace(data, X=X, outcome=SurvivalOutcome(times, ends, data.outcome.endpoint))


@pytest.mark.parametrize("part", [NULLS, COX_SCORE], ids=["nulls", "permuted expression"])
def test_reruns_learn_nothing_from_the_test_part(plan, part):
    data = CohortArrays.of(plan.cohort)
    for task in part.of(plan)[:: len(plan.splits)]:
        test = task.split.test
        given = test if task.view.expression is None else np.array(task.view.expression)[test]
        X = data.X.copy()
        X[given] *= 1000
        outcome = poisoned(data, test).outcome if task.view.outcome is None else data.outcome
        dirty = replace(data, X=X, outcome=outcome)
        clean, moved = (TaskResult.from_arrays(task.run(of)) for of in (data, dirty))
        n = len(task.split.fitting_rows)
        np.testing.assert_array_equal(clean.score[:n], moved.score[:n])
        assert not np.array_equal(clean.score[n:], moved.score[n:])
        if part is NULLS:
            np.testing.assert_array_equal(clean.oof_score, moved.oof_score)


def test_a_permutation_never_sees_the_true_outcomes(plan):
    data, task = CohortArrays.of(plan.cohort), NULLS.of(plan)[0]
    dirty = replace(data, outcome=poisoned(data, np.arange(80)).outcome)
    clean, moved = (TaskResult.from_arrays(task.run(of)) for of in (data, dirty))
    np.testing.assert_array_equal(clean.score, moved.score)
    np.testing.assert_array_equal(clean.oof_score, moved.oof_score)


@pytest.mark.parametrize("model", [QUICK_COX, QUICK_TUNED])
def test_a_refit_learns_from_no_patient_that_was_not_drawn(pairs_file, model):
    asked = {"models": [model], "instability": {"refits": 1}}
    plan = make_plan(study_of_times(pairs_file, **asked), cohort_of_pairs())
    data, task = CohortArrays.of(plan.cohort), INSTABILITY.of(plan)[1]
    others = np.setdiff1d(task.split.test, task.split.train)
    clean, moved = (task.run(of)["risk"] for of in (data, poisoned(data, others)))
    drawn = np.unique(task.split.train)
    np.testing.assert_array_equal(clean[drawn], moved[drawn])
    assert not np.array_equal(clean[others], moved[others])
