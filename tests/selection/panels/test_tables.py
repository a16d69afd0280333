"""The panel curve: every step learns from the training part, and the tables say what was found."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.selection.panels.curve import ALL_GENES
from deepcme.selection.panels.tables import (
    choose_panels,
    compute_panel_curve,
    compute_panel_genes,
    describe_choice,
)
from deepcme.study.executors.processes import run_on_processes
from deepcme.study.fit import fit_task
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.selection import PANELS
from deepcme.study.parts.selection_tables import collect_panels
from deepcme.study.plan import make_plan
from deepcme.study.spec import make_study
from deepcme.study.tables import compute_predictions
from tests.conftest import invented_cohort
from tests.study.times import HORIZON, survival_cohort

RANKERS = ("soft-path", "l1-logistic")
OF_TIMES = {
    "models": ["Cox-ridge"],
    "survival": {"horizon": HORIZON},
}


def study_of(outcome=None, **selection):
    return make_study(
        {
            "cohort": {"path": "unused.h5ad"},
            "split": {"repeats": 1},
            "models": ["LR-tuned"],
            "selection": {"run": True, "rankers": RANKERS, "random_panels": 2, **selection},
            **(outcome or {}),
        }
    )


def plan_of(cohort, outcome=None, **selection):
    """Panels of 1 and of 3 genes."""
    plan = make_plan(study_of(outcome, **selection), cohort, [PANELS])
    return replace(plan, tasks=tuple(replace(step, sizes=(1, 3)) for step in plan.tasks))


def results_of(plan, jobs=1):
    done = run_on_processes(CohortArrays.of(plan.cohort), plan.tasks, jobs)
    arrays = {outcome.task.key: outcome.result for outcome in done}
    return collect_panels(plan, [(step, arrays[step.key]) for step in plan.tasks])


@pytest.fixture(scope="module")
def cohort():
    return invented_cohort(n_patients=90, positives=40)


@pytest.fixture(scope="module")
def times():
    return survival_cohort(n=90)


@pytest.fixture(scope="module")
def results_of_times(times):
    return results_of(plan_of(times, OF_TIMES, rankers=["cox-score"]))


@pytest.fixture(scope="module")
def results(cohort):
    return results_of(plan_of(cohort))


@pytest.fixture(scope="module")
def curve(results):
    return compute_panel_curve(results, np.random.default_rng(0), draws=200)


def poisoned(data, rows):
    X = data.X.copy()
    X[rows] *= 1000
    return replace(data, X=X)


def require_that_nothing_is_learned_from_held_out(plan, order):
    data = CohortArrays.of(plan.cohort)
    task = next(t for t in plan.tasks if (t.order.name, t.split_number) == (order, 1))
    test = task.split.test
    clean, dirty = task.run(data), task.run(poisoned(data, test))
    np.testing.assert_array_equal(clean["genes"], dirty["genes"])
    np.testing.assert_array_equal(clean["sizes"], dirty["sizes"])
    for clean_score, dirty_score in zip(clean["scores"], dirty["scores"], strict=True):
        assert not np.array_equal(clean_score, dirty_score)
    # One held-out row left as it was has the score it had: the refit is the same too.
    spared = task.run(poisoned(data, test[1:]))
    np.testing.assert_array_equal(clean["scores"][:, 0], spared["scores"][:, 0])


@pytest.mark.parametrize("order", [*RANKERS, "mean-rank", ALL_GENES.name])
def test_nothing_is_learned_from_held_out_patients(cohort, order):
    plan = plan_of(cohort, rankers=[*RANKERS, "mean-rank"])
    require_that_nothing_is_learned_from_held_out(plan, order)


RANKERS_OF_TIMES = ("cox-score", "soft-path", "cox-lasso", "mean-rank")


@pytest.mark.parametrize(
    "order",
    [
        *("cox-score", "soft-path"),
        *(pytest.param(order, marks=pytest.mark.slow) for order in ("cox-lasso", "mean-rank")),
        ALL_GENES.name,
    ],
)
def test_nothing_is_learned_from_held_out_patients_of_times(times, order):
    plan = plan_of(times, OF_TIMES, rankers=RANKERS_OF_TIMES)
    require_that_nothing_is_learned_from_held_out(plan, order)


def test_this_test_would_notice_a_leak(cohort):
    data = CohortArrays.of(cohort)
    task = plan_of(cohort).tasks[2]
    clean, dirty = task.run(data), task.run(poisoned(data, task.rows[:20]))
    assert not np.array_equal(clean["scores"], dirty["scores"])


def test_every_split_ranker_and_size_is_predicted(cohort, results):
    predictions = results.predictions
    sizes = predictions.groupby("order")["n_genes"].unique().map(sorted)
    assert sizes.map(list).to_dict() == {
        "soft-path": [1, 3],
        "l1-logistic": [1, 3],
        "all genes": [0],
        "random 1": [1, 3],
        "random 2": [1, 3],
    }
    assert (predictions.groupby(["order", "n_genes"])["split"].nunique() == 5).all()
    assert set(results.rankings["split"]) == {0, 1, 2, 3, 4, 5}
    assert results.test_to_train_ratio == pytest.approx(0.25, abs=0.02)


def test_patients_are_on_one_side(cohort):
    for task in plan_of(cohort).tasks:
        assert not set(cohort.patients[task.rows]) & set(cohort.patients[task.split.test])


def test_processes_change_nothing(cohort, results):
    again = results_of(plan_of(cohort), jobs=2)
    pd.testing.assert_frame_equal(results.predictions, again.predictions)
    pd.testing.assert_frame_equal(results.rankings, again.rankings)


def test_a_ranker_named_like_chance_is_none(results):
    """What tells random panels is not how the name of an order begins."""
    renamed = {"soft-path": "random forest"}
    forest = replace(
        results,
        predictions=results.predictions.replace({"order": renamed}),
        rankings=results.rankings.replace({"ranker": renamed}),
    )
    ours, theirs = (
        compute_panel_curve(of, np.random.default_rng(0), draws=50) for of in (forest, results)
    )
    np.testing.assert_array_equal(ours["random_auc"], theirs["random_auc"])


def test_the_curve_has_a_row_for_each_size_and_all_genes_last(curve):
    assert curve["ranker"].tolist() == ["soft-path"] * 3 + ["l1-logistic"] * 3
    assert curve["panel"].tolist() == ["1", "3", "all"] * 2
    assert curve["n_genes"].tolist() == [1, 3, 12] * 2
    assert ((curve["ci_low"] < curve["auc"]) & (curve["auc"] < curve["ci_high"])).all()
    at_random = curve[curve["panel"] != "all"]
    assert (at_random["random_low"] <= at_random["random_auc"]).all()
    assert curve.loc[curve["panel"] == "all", "random_auc"].isna().all()


def test_the_curve_for_times_is_of_unos_c(times, results_of_times):
    predictions = results_of_times.predictions
    assert not {"label"} & set(predictions.columns)
    curve = compute_panel_curve(results_of_times, interval_generator(1, "survival"), draws=200)
    assert curve["panel"].tolist() == ["1", "3", "all"]
    assert curve["n_splits"].tolist() == [5, 5, 5]
    assert (curve["ci_low"] < curve["uno_c"]).all()
    assert (curve["uno_c"] < curve["ci_high"]).all()
    assert (curve["events"] == times.outcome.cases_at(HORIZON).sum()).all()
    chosen = choose_panels(curve)
    assert chosen["n_genes"].tolist() == [1]
    assert chosen["uno_c"][0] > chosen["random_uno_c"][0] + 0.1
    genes = compute_panel_genes(times, results_of_times, chosen)
    assert (genes["gene"][0], genes["frequency"][0]) == ("gene0", 1.0)
    sentence = describe_choice(chosen.to_dict("records")[0])
    assert sentence.startswith("Cox's score test: 1 gene, Uno's C 0.")


def test_unos_c_of_all_genes_is_that_of_the_studys_model(times, results_of_times):
    """The last point of the curve is the model that a study compares, in the same draws."""
    plan = make_plan(study_of(OF_TIMES, rankers=["cox-score"]), times, [MODELS])
    done = [(task, fit_task(CohortArrays.of(times), task)) for task in plan.tasks]
    evaluation = Evaluation.draw(
        compute_predictions(times, done), HORIZON, interval_generator(1, "survival"), draws=200
    )
    table = compute_survival_discrimination(evaluation)
    expected = table.set_index("measure").loc["uno_c", "value"]
    curve = compute_panel_curve(results_of_times, interval_generator(1, "survival"), draws=200)
    assert curve["uno_c"].iloc[-1] == pytest.approx(expected, abs=0.02)


def test_where_no_concordance_can_be_had_there_is_no_curve(results_of_times, random):
    later = results_of_times.predictions.assign(event=0)
    curve = compute_panel_curve(replace(results_of_times, predictions=later), random, draws=9)
    assert curve.empty
    assert choose_panels(curve).empty


def test_a_size_that_only_some_splits_have_is_not_compared(results, random):
    rows = results.predictions
    only_in_one = replace(
        results, predictions=rows[(rows["n_genes"] != 3) | (rows["split"] == 1)]
    )
    curve = compute_panel_curve(only_in_one, random, draws=50)
    assert curve["panel"].tolist() == ["1", "all"] * 2
    assert choose_panels(curve)["panel"].notna().all()


def test_the_gene_behind_the_label_is_the_panel(cohort, results, curve):
    chosen = choose_panels(curve)
    assert chosen["n_genes"].tolist() == [1, 1]
    assert (chosen["auc"] > chosen["random_auc"] + 0.2).all()
    genes = compute_panel_genes(cohort, results, chosen)
    assert genes["gene"].tolist() == ["gene0", "gene0"]
    assert genes["frequency"].tolist() == [1.0, 1.0]
    assert not genes["few_driving_samples"].any()


def test_without_an_interval_nothing_can_be_claimed():
    choice = {
        "ranker": "soft-path", "panel": "5", "n_genes": 5, "auc": 1.0, "ci_low": np.nan,
        "ci_high": np.nan, "random_auc": 0.6, "random_low": 0.5, "random_high": 0.7,
        "best_auc": 1.0, "best_n_genes": 5,
    }  # fmt: skip
    text = describe_choice(choice)
    assert "5 genes, AUC 1.00 (no interval can be given) on held-out patients" in text
    assert text.endswith("Nothing can be claimed for this panel: chance is not excluded.")


def test_the_choice_by_hand():
    """Of AUCs .60, .70, .74, .75 with standard error .05 at the best, .70 is the first close."""
    curve = pd.DataFrame(
        {
            "ranker": "soft-path",
            "n_genes": [1, 5, 20, 100],
            "panel": ["1", "5", "20", "all"],
            "auc": [0.60, 0.70, 0.74, 0.75],
            "standard_error": [0.3, 0.3, 0.3, 0.05],
        }
    )
    chosen = choose_panels(curve).iloc[0]
    assert (chosen["n_genes"], chosen["best_n_genes"], chosen["best_auc"]) == (5, 100, 0.75)


def test_a_panel_of_all_genes_has_no_list(cohort, results, curve):
    whole = choose_panels(curve[curve["panel"] == "all"])
    assert compute_panel_genes(cohort, results, whole).empty


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"rankers": ("magic",)}, "selection.rankers.0: .* not 'magic'"),
        ({"rankers": ()}, "selection.rankers: "),
        ({"random_panels": 0}, "selection.random_panels: "),
    ],
)
def test_settings_out_of_range_are_refused(options, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        study_of(**options)


def test_rankers_are_of_the_studys_kind():
    assert study_of(OF_TIMES, rankers=["cox-lasso"]).selection.rankers == ("cox-lasso",)
    unnamed = make_study(
        {"cohort": {"path": "unused.h5ad"}, "selection": {"run": True}, **OF_TIMES}
    )
    assert unnamed.selection.rankers == ("soft-path", "cox-lasso")
    with pytest.raises(DeepCMEError, match="no ranker 'l1-logistic' for times to an event"):
        study_of(OF_TIMES)
    with pytest.raises(DeepCMEError, match="no ranker 'cox-score' for two classes"):
        study_of(rankers=["cox-score"])


def test_too_few_patients_are_refused():
    with pytest.raises(DeepCMEError, match="there are 2 positive and 58 negative"):
        plan_of(invented_cohort(positives=2))
