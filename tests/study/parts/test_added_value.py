"""What clinical columns say alone and beside the genes, and which columns may not be used."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.outcome import Endpoint
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.models.clinical import ClinicalRegression
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from deepcme.study.fit import fit_task
from deepcme.study.parts.added_value import ADDED_VALUE, fit_clinical_models, take_clinical
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.spec import load_study
from tests.conftest import invented_cohort

MODELS = ["LR-tuned"]
CLINICAL = {"columns": ["age", "grade"], "genes": "LR-tuned"}


def clinical_cohort(**more):
    """Age tells something of the label, grade nothing; both have gaps."""
    base = invented_cohort()
    random = np.random.default_rng(4)
    n = base.n_samples
    columns = {
        "age": np.where(random.random(n) < 0.1, np.nan, random.normal(50 + 8 * base.labels, 8)),
        "grade": random.choice(["low", "high", "unknown"], n, p=[0.7, 0.2, 0.1]),
        **more,
    }
    return Cohort.from_arrays(
        base.X,
        base.labels,
        samples=base.samples.tolist(),
        patients=base.patients.tolist(),
        genes=base.gene_ids.tolist(),
        clinical=pd.DataFrame(columns),
        endpoint=Endpoint(base.endpoint, columns=("relapse",)),
        scale="fpkm",
        name="invented",
    )


def plan_of(quick_study, cohort=None, **options):
    study = quick_study(**{"models": MODELS, "clinical": CLINICAL, **options})
    return make_plan(study, clinical_cohort() if cohort is None else cohort)


def results_of(plan, data=None):
    data = CohortArrays.of(plan.cohort) if data is None else data
    return [(task, fit_task(data, task)) for task in plan.tasks]


def scores(fits, split):
    """Scores of both models, by part."""
    rows = fits.predictions[fits.predictions["split"] == split]
    return {key: part["score"].to_numpy() for key, part in rows.groupby(["model", "part"])}


def test_a_study_with_clinical_columns_has_two_more_models(quick_study, cohort_file, tmp_path):
    clinical_cohort().save(cohort_file)
    study = quick_study(models=["KNN"], clinical=CLINICAL)
    assert [model.name for model in study.models] == ["KNN", "LR-tuned"]
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    predictions = folder.read_table("predictions.parquet")
    assert predictions["model"].unique().tolist() == [
        "KNN", "LR-tuned", "clinical", "clinical + genes",
    ]  # fmt: skip
    sizes = predictions.groupby(["model", "split", "part"]).size().unstack()
    assert (sizes.loc["KNN"] == [12, 36, 12]).all(axis=None)  # test, train, validation
    assert (sizes.drop("KNN") == [12, 48, 48]).all(axis=None)
    both = predictions[predictions["model"] == "clinical + genes"]
    np.testing.assert_allclose(both["probability"], 1 / (1 + np.exp(-both["score"])))
    assert load_study(folder.path / "study.toml") == make_plan(study, clinical_cohort()).study
    columns = folder.read_table("clinical.csv")
    assert columns[["column", "value", "coding"]].to_numpy().tolist() == [
        ["age", "number", "per standard deviation"],
        ["grade", "low", "reference"],
        ["grade", "high", "against low"],
        ["gene score", "number", "per standard deviation"],
    ]
    grade = clinical_cohort().obs["grade"]
    labels = clinical_cohort().labels
    assert columns["missing"].iloc[1] == (grade == "unknown").sum() > 0
    assert columns["n"].tolist()[1:3] == [(grade == "low").sum(), (grade == "high").sum()]
    assert columns["events"].iloc[2] == labels[grade == "high"].sum()


def test_the_gene_model_itself_is_the_same_with_and_without_clinical_columns(quick_study):
    with_columns, without = plan_of(quick_study), plan_of(quick_study, clinical=None)
    beside, alone = (
        fit_task(CohortArrays.of(plan.cohort), plan.tasks[0])
        for plan in (with_columns, without)
    )
    np.testing.assert_array_equal(beside.score, alone.score)
    np.testing.assert_array_equal(beside.oof_score, alone.oof_score)
    assert np.isfinite(beside.oof_score).all()
    assert with_columns.tasks[0].key == without.tasks[0].key


NESTED = {"design": "nested", "folds": 4, "repeats": 1}


def test_in_a_nested_design_too_and_its_nulls_are_of_the_same_procedure(quick_study):
    options = {"split": NESTED, "nulls": {"permutations": 1}}
    beside = plan_of(quick_study, **options)
    alone = plan_of(quick_study, clinical=None, **options)
    real, null = beside.tasks[0], beside.tasks[4]
    assert (real.part, null.null.kind) == ("models", "permuted labels")
    assert len(real.split.inner) == len(null.split.inner) == 3
    assert len(real.split.train) == len(null.split.train) == 45
    data = CohortArrays.of(beside.cohort)
    with_columns, without = fit_task(data, real), fit_task(data, alone.tasks[0])
    np.testing.assert_array_equal(with_columns.rows, without.rows)
    np.testing.assert_array_equal(with_columns.score, without.score)
    assert with_columns.oof_score.shape == (45,)
    assert np.isfinite(with_columns.oof_score).all()


def test_in_a_nested_design_each_patient_is_fitted_on_once(quick_study):
    plan = plan_of(quick_study, split=NESTED)
    results = results_of(plan)
    predictions = fit_clinical_models(plan, results).predictions
    sizes = predictions.groupby(["model", "split", "part"]).size().unstack()
    assert (sizes == [15, 45, 45]).all(axis=None)  # test, train, validation
    task = plan.tasks[0]
    rows = np.sort(np.concatenate([task.split.inner[0].train, task.split.inner[0].validation]))
    clinical = take_clinical(plan.cohort, ["age", "grade"])
    model = ClinicalRegression(random_state=0).fit(
        clinical.iloc[rows], plan.cohort.labels[rows], groups=plan.cohort.patients[rows]
    )
    first = scores(fit_clinical_models(plan, results[:1]), 1)
    for part, of_part in (("train", rows), ("test", task.split.test)):
        expected = model.decision_function(clinical.iloc[of_part])
        np.testing.assert_allclose(first["clinical", part], expected)
    assert not np.allclose(first["clinical", "validation"], first["clinical", "train"])


def test_both_parts_of_the_signal_are_found(quick_study):
    plan = plan_of(quick_study, split={"design": "repeated", "repeats": 10})
    predictions = fit_clinical_models(plan, results_of(plan)).predictions
    test = predictions[predictions["part"] == "test"]
    auc = compute_metrics(test).query("metric == 'auc'").groupby("model")["value"].mean()
    assert auc["clinical"] > 0.6
    assert auc["clinical + genes"] > auc["clinical"] + 0.05


def test_validation_scores_come_from_fits_without_the_patient(quick_study):
    """A poisoned validation patient moves others' scores, and of its fold only its own."""
    plan = plan_of(quick_study)
    results = results_of(plan)[:1]
    task, result = results[0]
    rows = np.concatenate([task.split.train, task.split.validation])
    poisoned = result.oof_score.copy()
    row = int(np.flatnonzero(rows == task.split.validation[0])[0])
    poisoned[row] = 40.0
    clean = fit_clinical_models(plan, results)
    dirty = fit_clinical_models(plan, [(task, replace(result, oof_score=poisoned))])
    validation = ("clinical + genes", "validation")
    same = scores(clean, 1)[validation] == scores(dirty, 1)[validation]
    assert same.any()
    assert not same.all()
    assert (scores(clean, 1)["clinical", "test"] == scores(dirty, 1)["clinical", "test"]).all()


def test_the_coefficient_of_genes_without_signal_is_near_zero(quick_study):
    base = clinical_cohort()
    random = np.random.default_rng(1)
    noise = replace(
        CohortArrays.of(base), X=random.gamma(2.0, 3.0, base.X.shape).astype(np.float32)
    )
    plan = plan_of(quick_study, base, split={"design": "repeated", "repeats": 10})
    predictions = fit_clinical_models(plan, results_of(plan, noise)).predictions
    test = predictions[predictions["part"] == "test"]
    wide = test.pivot_table(index=["split", "sample"], columns="model", values="score")
    assert wide.corr().iloc[0, 1] > 0.8


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (["label"], "has no clinical column 'label': choose from age, grade"),
        (["patient"], "has no clinical column 'patient'"),
        (["weight"], "has no clinical column 'weight'"),
        (["relapse"], "column 'relapse' was used to make the label"),
        (["time"], r"column 'time' gives the label away \(its AUC alone is 1\.000, DCM008\)"),
        (
            ["os_months"],
            "column 'os_months' is follow-up, which is known only afterwards: leave",
        ),
        (["site"], "column 'site' has 1 different value"),
        (["blank"], "column 'blank' has 0 different values"),
        (
            ["form"],
            "column 'form' has 60 different words, such as 'F0': merge them to at most 20",
        ),
        (["bmi"], "sample S3: the clinical column 'bmi' is infinite"),
    ],
)
def test_columns_that_cannot_be_used_are_refused_before_anything_is_fitted(
    quick_study, cohort_file, tmp_path, columns, sentence
):
    labels = invented_cohort().labels
    bmi = 18.0 + np.arange(60) % 7
    bmi[3] = np.inf
    clinical_cohort(
        relapse=np.roll(labels, 7),
        time=np.where(labels == 1, 1.0, 5.0) + np.arange(60) / 100,
        os_months=np.arange(60) * 7 % 60,
        site="north",
        blank="unknown",
        form=[f"F{i}" for i in range(60)],
        bmi=bmi,
    ).save(cohort_file)
    study = quick_study(models=MODELS, clinical={**CLINICAL, "columns": columns})
    with pytest.raises(DeepCMEError, match=sentence) as caught:
        run_study(study, tmp_path / "out", jobs=1, quiet=True)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_words_that_are_numbers_are_numbers_and_unknown_is_missing():
    cohort = clinical_cohort(
        size=["2.5", "Unknown", "4"] * 20, er=pd.Categorical(["neg", "pos", None] * 20)
    )
    taken = take_clinical(cohort, ["size", "er"])
    np.testing.assert_array_equal(taken["size"][:3], [2.5, np.nan, 4.0])
    assert taken["er"][:3].tolist() == ["neg", "pos", None]


def test_none_is_a_word_and_what_portals_write_for_nothing_is_missing():
    cohort = clinical_cohort(
        therapy=["none", "chemo", "None"] * 20,
        stage=["II", "[Not Available]", "Not Reported", "'--", "n/a", "III"] * 10,
    )
    taken = take_clinical(cohort, ["therapy", "stage"])
    assert taken["therapy"][:3].tolist() == ["none", "chemo", "None"]
    assert taken["stage"][:6].tolist() == ["II", None, None, None, None, "III"]


def test_the_columns_of_the_endpoint_are_kept_with_the_cohort(tables):
    expression, samples = tables
    cohort = cohort_from_tables(expression, samples, TableColumns(label="relapse"))
    assert {"age", "site"} <= set(cohort.obs.columns)
    assert cohort.outcome.endpoint.columns == ("relapse",)


def test_a_column_that_separates_the_outcomes_is_counted(quick_study):
    labels = invented_cohort().labels
    hospice = np.where((labels == 1) & (np.arange(60) % 2 == 0), "yes", "no")
    cohort = clinical_cohort(hospice=hospice)
    plan = plan_of(quick_study, cohort, clinical={**CLINICAL, "columns": ["age", "hospice"]})
    fits = fit_clinical_models(plan, results_of(plan))
    columns = fits.columns.set_index(["column", "value"])
    assert columns.loc[("hospice", "yes"), "separated_splits"] == 2
    assert columns.loc[("age", "number"), "separated_splits"] == 0
    assert columns.loc[("gene score", "number"), "separated_splits"] == 0
    assert np.isfinite(fits.predictions["score"]).all()


def test_genes_that_separate_the_outcomes_by_themselves_are_counted(quick_study):
    plan = plan_of(quick_study)
    results = []
    for task, result in results_of(plan):
        fitted = plan.cohort.labels[result.rows[: len(result.oof_score)]]
        apart = np.where(fitted == 1, 3.0, -3.0) + 0.01 * np.arange(len(fitted))
        results.append((task, replace(result, oof_score=apart)))
    fits = fit_clinical_models(plan, results)
    separated = fits.columns.set_index("column")["separated_splits"]
    assert separated["gene score"] == 2
    assert np.isfinite(fits.predictions["score"]).all()


AGE = {**CLINICAL, "columns": ["age"]}


def lacking_cohort():
    """Age is missing in a third of the patients."""
    age = np.where(np.arange(60) % 3 == 1, np.nan, np.arange(60) % 11)
    return clinical_cohort(age=age)


def test_a_column_that_lacks_many_values_is_told_before_the_run(quick_study):
    told = [
        ADDED_VALUE.announce(plan_of(quick_study, lacking_cohort(), clinical=clinical))
        for clinical in (AGE, {**AGE, "missing": "indicator"})
    ]
    assert told[0].startswith("age lacks 20 of 60 values (33%): filled with the median or the")
    assert "(--clinical-missing indicator)" in told[0]
    assert told[1].endswith("with an indicator beside it that says where.")
    complete = clinical_cohort(age=np.arange(60) % 11)
    assert ADDED_VALUE.announce(plan_of(quick_study, complete, clinical=AGE)) == ""


def test_an_indicator_is_one_more_row_of_the_columns_and_one_more_coefficient(quick_study):
    plan = plan_of(quick_study, lacking_cohort(), clinical={**CLINICAL, "missing": "indicator"})
    filled = plan_of(quick_study, lacking_cohort())
    results = results_of(plan)
    fits, of_filled = (fit_clinical_models(one, results) for one in (plan, filled))
    columns = fits.columns[fits.columns["column"] == "age"]
    assert columns["value"].tolist() == ["number", "missing"]
    assert columns["coding"].tolist() == ["per standard deviation", "indicator"]
    assert columns["n"].tolist() == [40, 20]
    assert columns["events"].sum() == plan.cohort.n_positives
    assert "indicator" not in of_filled.columns["coding"].tolist()
    assert not np.allclose(fits.predictions["score"], of_filled.predictions["score"])
    assert [task.key for task in plan.tasks] == [task.key for task in filled.tasks]
