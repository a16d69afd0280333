"""The pre-validated gene score beside the clinical columns, and permuted expression."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.splits import Split
from deepcme.evaluation.added_value import compute_score_test
from deepcme.evaluation.odds_ratios import compute_odds_ratios
from deepcme.models.clinical import make_design
from deepcme.study.fit import View
from deepcme.study.parts.added_value import GENE_SCORE, take_clinical
from deepcme.study.parts.prevalidated import ScoreRegression, compute_prevalidated_score
from deepcme.study.run import run_study
from tests.evaluation.simulations import simulate_score_test
from tests.study.parts.test_added_value import CLINICAL, clinical_cohort, plan_of, results_of

NAMES = ("clinical", "clinical + genes")


def permuted_fits(plan):
    return [task for task in plan.tasks if task.part == "clinical"]


def permuted_plan(quick_study, permutations, **options):
    return plan_of(quick_study, clinical={**CLINICAL, "permutations": permutations}, **options)


def regression_of(cohort, columns=("age", "grade")):
    return ScoreRegression(cohort, take_clinical(cohort, columns), "fill", GENE_SCORE)


def test_permuted_fits_are_the_gene_model_on_the_studys_own_splits(quick_study):
    plan = permuted_plan(quick_study, 2)
    models = [task for task in plan.tasks if task.part == "models"]
    fits = permuted_fits(plan)
    assert [(task.number, task.split_number) for task in fits] == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
    ]
    for task, real in zip(fits, models * 2, strict=True):
        np.testing.assert_array_equal(task.split.test, real.split.test)
        assert task.view.outcome is None
    assert (
        len({task.key for task in plan.tasks}) == len({task.title for task in plan.tasks}) == 6
    )
    assert [task.key for task in plan.tasks][:2] == [t.key for t in plan_of(quick_study).tasks]


def test_a_permutation_does_not_depend_on_how_many_there_are(quick_study):
    one, three = (permuted_fits(permuted_plan(quick_study, n)) for n in (1, 3))
    assert [task.key for task in one] == [task.key for task in three[:2]]
    assert one[0].view == three[0].view


def test_the_whole_expression_of_a_patient_moves_and_nothing_else(quick_study):
    plan = permuted_plan(quick_study, 1)
    data, fit = CohortArrays.of(plan.cohort), permuted_fits(plan)[0]
    seen = fit.view.of(data)
    rows = list(fit.view.expression)
    assert sorted(rows) == list(range(60))
    assert rows != sorted(rows)
    np.testing.assert_array_equal(seen.X, data.X[rows])
    np.testing.assert_array_equal(seen.labels, data.labels)
    assert np.shares_memory(View().of(data).X, data.X)


def test_the_score_of_a_patient_is_the_mean_of_its_test_logits(quick_study):
    plan = plan_of(quick_study, split={"design": "folds", "folds": 3, "repeats": 2})
    results = results_of(plan)
    score = compute_prevalidated_score(plan.cohort, results)
    logits = [
        result.score[-len(task.split.test) :][task.split.test == 7]
        for task, result in results
        if 7 in task.split.test
    ]
    assert len(logits) == 2
    assert score[7] == pytest.approx(np.mean(logits))
    some = compute_prevalidated_score(plan.cohort, results[:1])
    untested = np.setdiff1d(np.arange(60), plan.splits[0].test)
    assert np.isnan(some[untested]).all()
    assert isinstance(plan.splits[0], Split)


def test_odds_ratios_are_those_of_one_fit_on_all_tested_samples():
    cohort = clinical_cohort()
    score = np.random.default_rng(0).normal(size=60)
    score[:5] = np.nan
    table = regression_of(cohort).odds_ratios(NAMES, score)
    clinical = take_clinical(cohort, ["age", "grade"]).iloc[5:].reset_index(drop=True)
    design, _ = make_design(clinical)
    expected = compute_odds_ratios(design, cohort.labels[5:], np.arange(55))
    alone, both = (table[table["model"] == name] for name in NAMES)
    columns = ["odds_ratio", "ci_low", "ci_high"]
    np.testing.assert_allclose(alone[columns], expected[columns])
    assert both["column"].tolist() == ["age", "grade", "gene score"]
    assert (table["n_fitted"] == 55).all()
    high = alone.iloc[1]
    assert high["value"] == "high"
    assert high["n"] == (clinical["grade"] == "high").sum()
    assert high["events"] == cohort.labels[5:][clinical["grade"] == "high"].sum()
    assert alone["n"].iloc[0] == clinical["age"].notna().sum()


def test_the_gene_score_has_no_interval_as_the_outcomes_made_it():
    cohort = clinical_cohort()
    table = regression_of(cohort).odds_ratios(NAMES, np.random.default_rng(0).normal(size=60))
    score = table[table["column"] == "gene score"].iloc[0]
    assert score["odds_ratio"] > 0
    assert np.isnan([score["ci_low"], score["ci_high"]]).all()


def test_a_column_that_separates_has_firths_interval():
    base = clinical_cohort()
    hospice = np.where((base.labels == 1) & (np.arange(60) % 2 == 0), "yes", "no")
    cohort = clinical_cohort(hospice=hospice)
    table = regression_of(cohort, ["hospice"]).odds_ratios(NAMES, np.arange(60) % 7.0)
    assert table["interval"].iloc[0] == "Firth, profile likelihood"
    assert np.isfinite(table["ci_high"].iloc[0])


def test_a_score_that_says_nothing_more_adds_nothing():
    test = regression_of(clinical_cohort()).test(0, np.ones(60))
    assert (test["statistic"], test["signed_root"], test["n"]) == (0.0, 0.0, 60)


def test_strata_are_no_evidence():
    """A score that tells two cohorts of different prevalence apart, and nothing else."""
    cohort = clinical_cohort()
    stratum = np.where(cohort.labels == 1, "a", np.where(np.arange(60) % 2, "a", "b"))
    score = (stratum == "a") + 0.1 * np.random.default_rng(3).normal(size=60)
    within = regression_of(cohort)
    within = ScoreRegression(
        cohort, within.clinical.assign(**{"(stratum)": stratum}), "fill", GENE_SCORE
    )
    assert regression_of(cohort).test(0, score)["statistic"] > 10
    assert within.test(0, score)["statistic"] < 5
    assert "(stratum)" not in within.odds_ratios(NAMES, score)["column"].tolist()


def table_of(*null, observed=2.0):
    roots = [observed, *null]
    return pd.DataFrame(
        {
            "number": range(len(roots)),
            "statistic": np.square(roots),
            "coefficient": np.sign(roots),
            "signed_root": roots,
            "n": 60,
            "events": 20,
        }
    )


def test_the_p_value_counts_the_expression_as_it_is_as_a_permutation():
    row = compute_score_test(table_of(*[0.0] * 18, 2.5)).iloc[0]
    assert row["p_value"] == pytest.approx(2 / 20)
    assert row["n_as_good"] == 1
    assert row["statistic"] == pytest.approx(4)
    assert 0 < row["ci_low"] < row["p_value"] < row["ci_high"]


def test_a_score_that_points_the_wrong_way_is_not_as_good():
    row = compute_score_test(table_of(*[-3.0] * 19)).iloc[0]
    assert row["p_value"] == pytest.approx(1 / 20)


@pytest.mark.parametrize("n_permutations", [0, 18])
def test_fewer_permutations_than_can_reject_give_no_p_value(n_permutations):
    row = compute_score_test(table_of(*[0.0] * n_permutations)).iloc[0]
    assert np.isnan([row["p_value"], row["ci_low"], row["ci_high"]]).all()
    assert row["n_permutations"] == n_permutations


def test_a_study_goes_on_where_it_was_and_has_a_row_for_each_permutation(
    quick_study, cohort_file, tmp_path
):
    clinical_cohort().save(cohort_file)

    def run(permutations):
        study = quick_study(
            models=["LR-tuned"], clinical={**CLINICAL, "permutations": permutations}
        )
        return run_study(study, tmp_path / "out", jobs=1, quiet=True)

    tests = run(1).read_table("score_tests.csv")
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out/tasks").iterdir()}
    more = run(2).read_table("score_tests.csv")
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out/tasks").iterdir()}
    assert before.items() <= after.items()
    assert len(after) == len(before) + 2
    assert more["number"].tolist() == [0, 1, 2]
    pd.testing.assert_frame_equal(more.iloc[:2], tests)


@pytest.mark.slow
@pytest.mark.parametrize("follows", [False, True], ids=["noise", "genes follow the column"])
def test_the_p_value_is_uniform_where_genes_add_nothing(follows):
    p_values = simulate_score_test(studies=200, permutations=19, follows=follows, seed=4)
    assert np.mean(p_values <= 0.05) <= 0.09
    if not follows:
        steps = np.arange(1, 21) / 20
        counts = np.histogram(p_values, bins=np.r_[0, steps + 0.01])[0]
        assert stats.chisquare(counts).pvalue > 0.01


def test_few_studies_of_noise_have_small_p_values():
    assert np.median(simulate_score_test(studies=9, permutations=19, seed=1)) > 0.1
