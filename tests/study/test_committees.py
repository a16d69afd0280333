"""A committee in a study: what its members say is kept beside what it says itself."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.models.registry import KINDS
from deepcme.models.targets import make_targets
from deepcme.study.estimate import expect_pieces
from deepcme.study.fit import TaskResult, fit_task
from deepcme.study.parts.models import MODELS
from deepcme.study.plan import make_plan
from deepcme.study.run import load_cohort, run_study
from deepcme.study.tables import members_of, predictions_of
from tests.conftest import invented_cohort
from tests.study.times import HORIZON, study_of_times, survival_cohort

COMMITTEE = {"name": "Committee", "parameters": {"members": ["LR", "DT"]}}
OF_TIMES = {"name": "Cox-committee", "parameters": {"members": ["Cox-top-200", "Cox-ridge"]}}


@pytest.fixture(scope="module")
def times_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("times") / "cohort.h5ad"
    survival_cohort().save(path)
    return path


def test_members_are_kept_beside_the_committee(quick_study, tmp_path):
    study = quick_study(models=[COMMITTEE, "LR"])
    folder = run_study(study, tmp_path / "study", jobs=1, quiet=True)
    members = folder.read_table("members.parquet")
    assert [*members] == [
        *("split", "model", "member", "sample", "patient", "part", "label", "score")
    ]
    predictions = folder.read_table("predictions.parquet").query("model == 'Committee'")
    keys = ["split", "part", "sample"]
    assert len(members) == 2 * len(predictions.query("part != 'train'"))
    mean = members.groupby(keys)["score"].mean()
    own = predictions.set_index(keys)["score"].reindex(mean.index)
    for split in (1, 2):
        line = np.polyfit(mean[split], own[split], 1)
        np.testing.assert_allclose(np.polyval(line, mean[split]), own[split], atol=1e-6)


def test_gene_claims_are_of_the_ensemble_beside_it(quick_study):
    models = [COMMITTEE, {"name": "DeepCME"}, {"name": "DeepCME-ensemble"}, "LR"]
    study = quick_study(models=models, selection={"run": True})
    assert study.gene_model.name == "DeepCME-ensemble"
    plan = make_plan(study, invented_cohort())
    scored = {task.model.name for task in MODELS.of(plan) if task.score_genes}
    assert scored == {"DeepCME-ensemble"}
    assert quick_study(models=[COMMITTEE, "LR"]).gene_model is None


def test_without_a_committee_there_is_no_such_table(quick_study, tmp_path):
    folder = run_study(quick_study(models=["LR"]), tmp_path / "study", jobs=1, quiet=True)
    assert not folder.has_table("members.parquet")


def test_a_result_without_its_members_is_none(quick_study):
    plan = make_plan(quick_study(models=[COMMITTEE]), invented_cohort())
    task = plan.tasks[0]
    arrays = task.run(CohortArrays.of(plan.cohort))
    assert task.is_result(arrays)
    for wrong in (arrays["score"], arrays["member_scores"][:, :1], arrays["member_scores"][1:]):
        assert not task.is_result(arrays | {"member_scores": wrong})
    del arrays["member_scores"]
    assert not task.is_result(arrays)


def test_it_is_expected_to_take_as_long_as_its_members_in_all_folds(quick_study):
    folds = {"name": "more", "estimator": "Committee", "parameters": {"n_folds": 6}}
    plan = make_plan(quick_study(models=["Committee", folds, "RF"]), invented_cohort())
    pieces = expect_pieces(plan, plan.tasks)
    three, six, forest = (
        next(pieces[task.key].seconds for task in plan.tasks if task.model.name == name)
        for name in ("Committee", "more", "RF")
    )
    # Larger parts of the patients are fitted on where there are more folds.
    assert six == pytest.approx(2 * three, rel=0.1)
    assert three > 3 * forest
    networks = {task.model.name: MODELS.count_networks(task) for task in plan.tasks}
    assert networks == {"Committee": 5 * 4, "more": 5 * 7, "RF": 0}


def test_networks_that_a_fold_has_too_few_patients_for_are_named(quick_study, tmp_path):
    cohort = invented_cohort()
    few = cohort.select(np.arange(cohort.n_samples) % 8 == 0, "few: some of them")
    few.save(tmp_path / "few.h5ad")
    study = quick_study(cohort={"path": tmp_path / "few.h5ad"}, models=["Committee"])
    with pytest.raises(DeepCMEError, match="model Committee: n_networks = 5 is too many where"):
        run_study(study, tmp_path / "out", jobs=1, quiet=True)


def test_who_is_not_known_by_the_horizon_is_scored_all_the_same(times_file):
    study = study_of_times(times_file, models=[COMMITTEE])
    plan = make_plan(study, load_cohort(study))
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    rows = task.split.fitting_rows
    known = make_targets(data, KINDS["Committee"], rows, HORIZON).are_known(rows)
    result = fit_task(data, task)
    assert not known.all()
    np.testing.assert_array_equal(result.oof_score[~known], result.score[: len(rows)][~known])
    assert (result.oof_score[known] != result.score[: len(rows)][known]).mean() > 0.9
    assert result.member_scores.shape == (len(result.rows), 2)


def test_a_member_without_weights_is_refused_where_times_give_some(times_file, tmp_path):
    deaf = {"name": "Committee", "parameters": {"members": ["LR", "KNN"]}}
    study = study_of_times(times_file, models=[deaf])
    with pytest.raises(
        DeepCMEError, match="model Committee: KNN, one of its members, takes no"
    ):
        run_study(study, tmp_path / "out", jobs=1, quiet=True)


def test_a_committee_of_times_has_members_and_risks(times_file):
    study = study_of_times(times_file, models=[OF_TIMES, "Cox-top-200"])
    assert (study.headline.name, study.comparator.model) == ("Cox-committee", "Cox-top-200")
    plan = make_plan(study, load_cohort(study))
    task = plan.tasks[0]
    arrays = task.run(CohortArrays.of(plan.cohort))
    assert task.is_result(arrays)
    result = TaskResult.from_arrays(arrays)
    members = members_of(plan.cohort, task, result)
    assert {"time", "event"} < {*members}
    assert members["member"].unique().tolist() == ["Cox-top-200", "Cox-ridge"]
    own = predictions_of(plan.cohort, task, result, "Cox-committee")
    assert own["probability"].between(0, 1).all()
    assert own["part"].unique().tolist() == ["train", "validation", "test"]
