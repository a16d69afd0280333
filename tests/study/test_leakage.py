"""Nothing learned leaks: poisoned held-out rows move nothing that training learned."""

from dataclasses import replace

import numpy as np
import pytest

from deepcme import Cohort
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.models.preprocessing import make_preprocessor
from deepcme.study.fit import fit_task
from deepcme.study.parts import grid as grid_module
from deepcme.study.parts.added_value import ADDED_VALUE, fit_clinical_models
from deepcme.study.parts.grid import GRID, choose_points, compute_grid
from deepcme.study.parts.instability import INSTABILITY
from deepcme.study.parts.nulls import NULLS
from deepcme.study.parts.selection import SELECTION
from deepcme.study.plan import make_plan
from deepcme.study.settings import ModelSettings
from deepcme.study.spec import TABLE_1_MODELS
from tests.conftest import invented_cohort
from tests.study.conftest import QUICK_NETWORK
from tests.study.parts.test_added_value import CLINICAL, clinical_cohort, results_of, scores

NAMES = [name for name in TABLE_1_MODELS if name != "DeepCME"]
QUICK_ENSEMBLE = {
    "name": "DeepCME-ensemble",
    "parameters": {"hidden_layers": [6], "max_epochs": 6, "learning_rate": 1e-2},
}


QUICK_COMMITTEE = {"name": "Committee", "parameters": {"members": ["LR", "DT"]}}


def plan_of(quick_study, model, **options):
    options = {"models": [model], **options}
    study = quick_study(**options)
    return make_plan(study, invented_cohort())


def poisoned(data, rows):
    X = data.X.copy()
    X[rows] *= 1000
    return replace(data, X=X)


@pytest.mark.parametrize("name", NAMES)
def test_baselines_learn_from_the_training_part_alone(quick_study, name):
    plan = plan_of(quick_study, name)
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    held_out = np.r_[task.split.validation, task.split.test]
    clean, dirty = fit_task(data, task), fit_task(poisoned(data, held_out), task)
    n = len(task.split.train)
    np.testing.assert_array_equal(clean.score[:n], dirty.score[:n])
    assert not np.array_equal(clean.score[n:], dirty.score[n:])


def test_the_network_never_sees_the_test_part(quick_study):
    plan = make_plan(quick_study(), invented_cohort())
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    assert task.model.name == "DeepCME"
    clean, dirty = fit_task(data, task), fit_task(poisoned(data, task.split.test), task)
    n = len(task.split.train) + len(task.split.validation)
    np.testing.assert_array_equal(clean.score[:n], dirty.score[:n])
    np.testing.assert_array_equal(clean.gene_scores, dirty.gene_scores)
    assert clean.history.equals(dirty.history)


def test_the_validation_part_only_chooses_the_epoch(quick_study):
    plan = make_plan(quick_study(), invented_cohort())
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    clean = fit_task(data, task)
    dirty = fit_task(poisoned(data, task.split.validation), task)
    np.testing.assert_array_equal(clean.history["train_loss"], dirty.history["train_loss"])
    assert not np.array_equal(clean.history["valid_loss"], dirty.history["valid_loss"])


@pytest.mark.parametrize("model", [QUICK_ENSEMBLE, "LR-tuned", QUICK_COMMITTEE])
def test_models_of_both_parts_never_see_the_test_part(quick_study, model):
    plan = plan_of(quick_study, model)
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    clean, dirty = fit_task(data, task), fit_task(poisoned(data, task.split.test), task)
    n = len(task.split.train) + len(task.split.validation)
    np.testing.assert_array_equal(clean.score[:n], dirty.score[:n])
    np.testing.assert_array_equal(clean.oof_score, dirty.oof_score)


@pytest.mark.parametrize("model", [QUICK_ENSEMBLE, "LR-tuned"])
def test_their_out_of_fold_scores_come_from_fits_without_the_patient(quick_study, model):
    """A poisoned row moves scores of other folds, never those of its own beside it."""
    plan = plan_of(quick_study, model)
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    row = task.split.validation[0]
    clean, dirty = fit_task(data, task), fit_task(poisoned(data, [row]), task)
    n = len(task.split.train) + len(task.split.validation)
    assert clean.oof_score.shape == (n,)
    assert not np.array_equal(clean.score[n:], dirty.score[n:])
    moved = clean.oof_score != dirty.oof_score
    assert moved[len(task.split.train)]
    folds = 3 if model == QUICK_ENSEMBLE else 5
    assert moved.sum() == pytest.approx(n * (folds - 1) / folds + 1, abs=2)


def test_test_labels_and_rows_leave_out_of_fold_scores_as_they_are(quick_study):
    plan = plan_of(quick_study, QUICK_ENSEMBLE)
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    labels = data.labels.copy()
    labels[task.split.test] = 1 - labels[task.split.test]
    dirty_data = replace(poisoned(data, task.split.test), outcome=BinaryOutcome(labels))
    clean, dirty = fit_task(data, task), fit_task(dirty_data, task)
    np.testing.assert_array_equal(clean.oof_score, dirty.oof_score)


@pytest.fixture
def selection_plan(quick_study):
    study = quick_study(selection={"run": True, "random_panels": 1, "pairs": 1})
    return make_plan(study, invented_cohort())


def learned(data, task):
    """What a step of gene selection learned, without what it says of held-out rows."""
    arrays = task.run(data)
    arrays.pop("scores", None)
    return arrays


@pytest.mark.parametrize("kind", ["panel", "decoys", "half"])
def test_gene_selection_learns_from_its_training_rows_alone(selection_plan, kind):
    data = CohortArrays.of(selection_plan.cohort)
    everybody = np.arange(len(data.X))
    for task in SELECTION.of(selection_plan):
        held_out = np.setdiff1d(everybody, task.rows)
        if task.kind != kind or not len(held_out):
            continue
        dirty = replace(poisoned(data, held_out), outcome=BinaryOutcome(data.labels.copy()))
        dirty.labels[held_out] = 1 - dirty.labels[held_out]
        clean, moved = learned(data, task), learned(dirty, task)
        for name, values in clean.items():
            np.testing.assert_array_equal(values, moved[name])


def test_clusters_never_see_a_label(selection_plan):
    """Clusters are drawn of everybody, so no label may reach them."""
    data = CohortArrays.of(selection_plan.cohort)
    whole = {t.kind for t in SELECTION.of(selection_plan) if not t.split_number}
    assert whole == {"clusters", "decoys", "panel"}
    task = next(t for t in SELECTION.of(selection_plan) if t.kind == "clusters")
    flipped = replace(data, outcome=BinaryOutcome(1 - data.labels))
    for name, values in learned(data, task).items():
        np.testing.assert_array_equal(values, learned(flipped, task)[name])


def test_a_panels_refit_learns_from_its_training_rows_alone(selection_plan):
    """A held-out row left as it was has the score it had, whatever befell the others."""
    data = CohortArrays.of(selection_plan.cohort)
    for task in SELECTION.of(selection_plan):
        if task.kind != "panel" or not len(task.split.test):
            continue
        clean = task.run(data)["scores"]
        moved = task.run(poisoned(data, task.split.test[1:]))["scores"]
        np.testing.assert_array_equal(clean[:, 0], moved[:, 0])
        assert not np.array_equal(clean[:, 1:], moved[:, 1:])


@pytest.mark.parametrize("model", [QUICK_NETWORK, QUICK_ENSEMBLE])
def test_held_out_gene_scores_leave_the_network_alone(quick_study, model):
    plan = plan_of(quick_study, model, selection={"run": True})
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    assert task.score_genes
    clean, dirty = fit_task(data, task), fit_task(poisoned(data, task.split.test), task)
    for column, moves in (("first_layer", False), ("integrated_gradients", True)):
        same = np.array_equal(clean.held_out_scores[column], dirty.held_out_scores[column])
        assert same != moves
    unscored = fit_task(data, replace(task, score_genes=False))
    np.testing.assert_array_equal(clean.score, unscored.score)


@pytest.mark.parametrize("kind", ["permuted labels", "random genes"])
@pytest.mark.parametrize("model", ["LR", QUICK_ENSEMBLE])
def test_null_runs_learn_from_no_test_row(quick_study, model, kind):
    plan = plan_of(quick_study, model, nulls={"permutations": 1, "gene_sets": 1, "sizes": [5]})
    task = next(task for task in NULLS.of(plan) if task.null.kind == kind)
    data = CohortArrays.of(plan.cohort)
    clean, dirty = fit_task(data, task), fit_task(poisoned(data, task.split.test), task)
    n = len(task.split.train) + len(task.split.validation)
    np.testing.assert_array_equal(clean.score[:n], dirty.score[:n])
    assert not np.array_equal(clean.score[n:], dirty.score[n:])


@pytest.mark.parametrize("model", ["LR", "LR-tuned", QUICK_ENSEMBLE])
def test_a_refit_learns_from_no_patient_that_was_not_drawn(quick_study, model):
    task = INSTABILITY.of(plan_of(quick_study, model, instability={"refits": 1}))[1]
    data = CohortArrays.of(invented_cohort())
    drawn = np.unique(task.split.train)
    others = np.setdiff1d(task.split.test, drawn)
    clean, dirty = (task.run(arrays)["risk"] for arrays in (data, poisoned(data, others)))
    np.testing.assert_array_equal(clean[drawn], dirty[drawn])
    assert not np.array_equal(clean[others], dirty[others])


def test_permuted_expression_of_the_test_part_is_not_learned_from(quick_study):
    study = quick_study(
        models=["LR-tuned"], clinical={**CLINICAL, "genes": "LR-tuned", "permutations": 1}
    )
    plan = make_plan(study, clinical_cohort())
    data, task = CohortArrays.of(plan.cohort), ADDED_VALUE.of(plan)[0]
    given = np.asarray(task.view.expression)[task.split.test]
    clean, dirty = fit_task(data, task), fit_task(poisoned(data, given), task)
    n = len(task.split.train) + len(task.split.validation)
    np.testing.assert_array_equal(clean.score[:n], dirty.score[:n])
    assert not np.array_equal(clean.score[n:], dirty.score[n:])


def test_a_permutation_never_sees_the_true_labels(quick_study):
    plan = plan_of(quick_study, "LR", nulls={"permutations": 1})
    task = NULLS.of(plan)[0]
    data = CohortArrays.of(plan.cohort)
    flipped = replace(data, outcome=BinaryOutcome(1 - data.labels))
    np.testing.assert_array_equal(fit_task(data, task).score, fit_task(flipped, task).score)


def test_a_gene_set_never_sees_another_gene(quick_study):
    plan = plan_of(quick_study, "LR", nulls={"gene_sets": 1, "sizes": [5], "permutations": 0})
    task = NULLS.of(plan)[0]
    data = CohortArrays.of(plan.cohort)
    others = np.setdiff1d(np.arange(plan.cohort.n_genes), task.null.genes)
    X = data.X.copy()
    X[:, others] *= 1000
    clean, dirty = fit_task(data, task), fit_task(replace(data, X=X), task)
    np.testing.assert_array_equal(clean.score, dirty.score)


@pytest.mark.parametrize("genes", [QUICK_ENSEMBLE, "LR-tuned"])
def test_clinical_columns_learn_nothing_from_the_test_part(quick_study, genes):
    """Expression, clinical values, words and gaps of the test part are poisoned."""
    name = genes if isinstance(genes, str) else genes["name"]
    study = quick_study(models=[genes], clinical={**CLINICAL, "genes": name})
    plan = make_plan(study, clinical_cohort())
    test = plan.tasks[0].split.test
    data = CohortArrays.of(plan.cohort)
    X = data.X.copy()
    X[test] *= 1000
    poisoned = plan.cohort.adata.copy()
    age, grade = (poisoned.obs.columns.get_loc(name) for name in ("age", "grade"))
    poisoned.obs.iloc[test, age] = 1e6
    poisoned.obs.iloc[test[::3], age] = np.nan
    poisoned.obs.iloc[test, grade] = "never seen"
    dirty_cohort = Cohort(poisoned, endpoint="invented", scale="fpkm")
    clean = fit_clinical_models(plan, results_of(plan)[:1])
    dirty_plan = replace(plan, cohort=dirty_cohort)
    dirty = fit_clinical_models(dirty_plan, results_of(plan, replace(data, X=X))[:1])
    clean_scores, dirty_scores = scores(clean, 1), scores(dirty, 1)
    for (model, part), values in clean_scores.items():
        same = np.array_equal(values, dirty_scores[model, part])
        assert same == (part != "test"), (model, part)


NESTED = {"design": "nested", "folds": 4, "repeats": 1}


def test_nested_tuning_never_sees_the_outer_test_part(quick_study, monkeypatch):
    """Poisoned or relabelled test rows leave every inner fit, and so the choice, as it was."""
    monkeypatch.setattr(grid_module, "_PENALTIES", (0.1, 10.0))
    monkeypatch.setattr(grid_module, "_BATCH_SIZES", (32,))
    monkeypatch.setattr(grid_module, "_FIGURE_7_WIDTH", 4)
    monkeypatch.setattr(grid_module.GridPoint, "model", quick_model)
    plan = plan_of(quick_study, "LR-tuned", split=NESTED, grid={"search": "fig7"})
    data = CohortArrays.of(plan.cohort)
    tasks = [task for task in GRID.of(plan) if task.split_number == 1]
    test = tasks[0].split.test
    labels = data.labels.copy()
    labels[test] = 1 - labels[test]
    dirty = replace(poisoned(data, test), outcome=BinaryOutcome(labels))
    assert len(tasks) == 2 * 3
    fits = [[(task, fit_task(of, task)) for task in tasks] for of in (data, dirty)]
    for (task, clean), (_, moved) in zip(*fits, strict=True):
        assert set(task.split.test) == set(test)
        assert clean.history.equals(moved.history)
        n = len(clean.score) - len(test)
        np.testing.assert_array_equal(clean.score[:n], moved.score[:n])
        assert not np.array_equal(clean.score[n:], moved.score[n:])
    grids = [compute_grid(plan, of) for of in fits]
    assert choose_points(grids[0]) == choose_points(grids[1])


def quick_model(point, estimator):
    return ModelSettings(
        name=f"{estimator} {point.penalty_strength}",
        estimator=estimator,
        parameters={
            "hidden_layers": [4],
            "max_epochs": 5,
            "penalty_strength": point.penalty_strength,
        },
    )


def test_nested_regression_never_sees_the_outer_test_part(quick_study):
    plan = plan_of(quick_study, "LR-tuned", split=NESTED)
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    test = task.split.test
    labels = data.labels.copy()
    labels[test] = 1 - labels[test]
    dirty_data = replace(poisoned(data, test), outcome=BinaryOutcome(labels))
    clean, dirty = fit_task(data, task), fit_task(dirty_data, task)
    n = len(clean.score) - len(test)
    np.testing.assert_array_equal(clean.score[:n], dirty.score[:n])
    assert not np.array_equal(clean.score[n:], dirty.score[n:])


def test_an_inner_fold_teaches_nothing_to_the_fit_that_it_judges(quick_study):
    """A poisoned row moves no held-out score of its fold; those of other folds it does."""
    model = {"name": "LR-tuned", "parameters": {"inverse_strengths": [0.1]}}
    plan = plan_of(quick_study, model, split=NESTED)
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    fold = task.split.inner[0].validation
    row, others = fold[0], fold[1:]
    position = {row: i for i, row in enumerate(task.split.train)}
    clean, dirty = fit_task(data, task), fit_task(poisoned(data, [row]), task)
    at = [position[other] for other in others]
    np.testing.assert_array_equal(clean.oof_score[at], dirty.oof_score[at])
    elsewhere = [position[other] for other in task.split.inner[1].validation]
    assert not np.array_equal(clean.oof_score[elsewhere], dirty.oof_score[elsewhere])


def test_a_left_out_cohort_teaches_nothing(quick_study):
    cohort = invented_cohort()
    cohort.obs["hospital"] = np.resize(["north", "south"], 60)
    split = {"design": "leave-one-cohort-out", "cohort_column": "hospital"}
    plan = make_plan(quick_study(models=["LR-tuned"], split=split), cohort)
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    test = task.split.test
    clean, dirty = fit_task(data, task), fit_task(poisoned(data, test), task)
    np.testing.assert_array_equal(clean.score[: -len(test)], dirty.score[: -len(test)])
    assert not np.array_equal(clean.score[-len(test) :], dirty.score[-len(test) :])


@pytest.mark.parametrize("step", ["impute", "prevalence", "standardise"])
def test_every_transformer_learns_from_the_training_part_alone(quick_study, step):
    cohort = invented_cohort()
    cohort.X[::7, 3] = np.nan
    plan = make_plan(quick_study(), cohort)
    train, test = plan.tasks[0].split.train, plan.tasks[0].split.test

    def learned(X):
        preprocessor = make_preprocessor(
            "fpkm", absent_up_to=0.0, min_prevalence=0.1, clip=5.0
        ).fit(X[train])
        attributes = vars(preprocessor.named_steps[step])
        return {key: value for key, value in attributes.items() if key.endswith("_")}

    dirty_X = cohort.X.copy()
    dirty_X[test] *= 1000
    clean, dirty = learned(cohort.X), learned(dirty_X)
    assert len(clean) > 1
    for key, value in clean.items():
        np.testing.assert_array_equal(value, dirty[key])


def test_this_test_would_notice_the_papers_leak(quick_study):
    plan = plan_of(quick_study, "LR", protocol="paper")
    data, task = CohortArrays.of(plan.cohort), plan.tasks[0]
    clean, dirty = fit_task(data, task), fit_task(poisoned(data, task.split.test), task)
    n = len(task.split.train)
    assert not np.array_equal(clean.score[:n], dirty.score[:n])
