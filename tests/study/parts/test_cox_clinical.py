"""Clinical columns in a study of times: Cox regression of them alone, and beside the genes."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.study.parts.cox_clinical import COX_CLINICAL, compute_hazard_ratios, take_columns
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.spec import make_study

HORIZON = 1.0
COLUMNS = ("age", "grade")
MODELS = [{"name": "Cox-ridge", "parameters": {"penalties": [0.3]}}]


def survival_cohort(**more):
    """Age and the first gene tell how soon the event comes; no patient of grade 1 has it."""
    random = np.random.default_rng(2)
    n = 90
    X = random.normal(5, 1, (n, 20))
    age, grade = random.normal(50, 9, n), random.choice(["1", "2", "3"], n, p=[0.2, 0.5, 0.3])
    times = random.exponential(np.exp(-(X[:, 0] - 5) - 0.08 * (age - 50)))
    censoring = random.exponential(2, n)
    ends = (times <= censoring) & (grade != "1")
    endpoint = Endpoint("", columns=("years",), unit="years", horizon=HORIZON)
    columns = {"age": age, "grade": [f"G{of}" for of in grade], "years": times, **more}
    columns["age"][:4] = np.nan
    return Cohort.from_arrays(
        X,
        SurvivalOutcome(np.minimum(times, censoring), ends, endpoint),
        samples=[f"S{i}" for i in range(n)],
        genes=[f"G{i}" for i in range(20)],
        clinical=pd.DataFrame(columns),
        endpoint=endpoint,
        scale="log2",
        name="times",
    )


@pytest.fixture(scope="module")
def cohort_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("times") / "cohort.h5ad"
    survival_cohort().save(path)
    return path


@pytest.fixture
def study_of(cohort_path):
    def make(columns=COLUMNS, path=cohort_path, **options):
        clinical = {"columns": columns, **options.pop("clinical", {})}
        values = {"split": {"repeats": 1, "folds": 3}, "models": MODELS, "clinical": clinical}
        return make_study({"cohort": {"path": path}, **values, **options})

    return make


@pytest.fixture(scope="module")
def cohort():
    return survival_cohort()


def tasks_of(study, cohort):
    plan = make_plan(study, cohort)
    return COX_CLINICAL.of(plan), CohortArrays.of(plan.cohort)


def test_two_models_stand_beside_the_others(study_of, tmp_path):
    study = study_of(models=["Cox-top-200", *MODELS])
    assert study.clinical.genes == "Cox-ridge"
    folder = run_study(study, tmp_path, jobs=1, quiet=True)
    predictions = folder.read_table("predictions.parquet")
    models = ["Cox-top-200", "Cox-ridge", "clinical", "clinical + genes"]
    assert predictions["model"].unique().tolist() == models
    sizes = predictions.groupby(["model", "part"]).size().unstack()
    assert (sizes == sizes.loc["Cox-ridge"]).all(axis=None)
    assert predictions["probability"].between(0, 1).all()
    # Higher scores are higher risks within a fit.
    test = predictions[(predictions["part"] == "test") & (predictions["split"] == 1)]
    for _, of_model in test.groupby("model"):
        assert of_model["score"].rank().corr(of_model["probability"].rank()) == 1
    ratios = folder.read_table("clinical_hazard_ratios.csv").set_index("value")
    assert ratios["column"].tolist() == ["age", "grade", "grade"]
    assert ratios.loc["G1", "monotone_splits"] == 3
    assert ratios.loc["G1", "interval"] == "Wald of Firth's fit"
    assert (ratios["left_out_splits"] == 0).all()
    assert ratios.loc["per standard deviation", ["n", "missing"]].tolist() == [86, 4]
    # A run that was stopped goes on where it was.
    path = next(folder.path.rglob("predictions.parquet"))
    before = path.read_bytes()
    path.unlink()
    first = COX_CLINICAL.of(make_plan(study, survival_cohort()))[0]
    next(folder.path.glob(f"tasks/{first.key}*")).unlink()
    run_study(study, tmp_path, jobs=1, quiet=True)
    assert path.read_bytes() == before


def test_a_fit_is_the_same_each_time(study_of, cohort):
    tasks, data = tasks_of(study_of(), cohort)
    here, there = tasks[0].run(data), deepcopy(tasks[0]).run(data)
    assert all(np.array_equal(here[name], there[name]) for name in here)


def test_what_is_learned_never_sees_the_test_part(study_of, cohort):
    tasks, data = tasks_of(study_of(), cohort)
    test = tasks[0].split.test
    X, clinical, outcome = data.X.copy(), tasks[0].clinical.copy(), data.outcome
    X[test] *= 1000
    clinical.loc[test, "age"] *= 1.5
    clinical.loc[test, "grade"] = "G9"
    times, ends = outcome.times.copy(), outcome.ends.copy()
    times[test], ends[test] = 1000, 0
    poisoned = replace(data, X=X, outcome=SurvivalOutcome(times, ends, outcome.endpoint))
    clean, dirty = tasks[0].run(data), replace(tasks[0], clinical=clinical).run(poisoned)
    n = len(tasks[0].split.fitting_rows)
    for name, values in clean.items():
        fitted = slice(n) if name.endswith(("_score", "_risk")) else slice(None)
        np.testing.assert_array_equal(values[fitted], dirty[name][fitted])
    assert not np.array_equal(clean["alone_score"][n:], dirty["alone_score"][n:])


def test_out_of_fold_scores_never_see_their_patient(study_of, cohort):
    tasks, data = tasks_of(study_of(models=MODELS), cohort)
    row = tasks[0].split.fitting_rows[0]
    clinical = tasks[0].clinical.copy()
    clinical.loc[row, "age"] = 95.0
    clean, dirty = tasks[0].run(data), replace(tasks[0], clinical=clinical).run(data)
    # Of the others in its fold, who are scored by the same fit, nothing changes.
    same = clean["alone_oof_score"] == dirty["alone_oof_score"]
    assert not same[0]
    assert same.sum() >= 5
    assert np.array_equal(same, clean["beside_oof_score"] == dirty["beside_oof_score"])


def test_columns_that_repeat_others_or_say_nothing_are_told(study_of, tmp_path):
    cohort = survival_cohort(decades=survival_cohort().obs["age"].to_numpy() / 10)
    cohort.save(tmp_path / "cohort.h5ad")
    study = study_of(("age", "decades"), tmp_path / "cohort.h5ad")
    tasks, data = tasks_of(study, cohort)
    arrays = tasks[0].run(data)
    assert tasks[0].is_result(arrays)
    assert arrays["left_out"].tolist() == [False, True]
    clinical = take_columns(cohort, ("age", "decades"))
    ratios = compute_hazard_ratios(cohort, clinical, "fill")
    assert ratios["hazard_ratio"].notna().tolist() == [True, False]
    assert ratios["interval"].tolist() == ["Wald", ""]


def test_hazard_ratios_are_those_of_one_fit_on_all_patients(cohort):
    table = compute_hazard_ratios(cohort, take_columns(cohort, ("age",)), "fill")
    age = cohort.obs["age"].fillna(cohort.obs["age"].median()).to_numpy()
    fit = fit_cox_regression(
        ((age - age.mean()) / age.std())[:, None], cohort.outcome.follow_up
    )
    expected = fit.hazard_ratios()[["hazard_ratio", "ci_low", "ci_high"]]
    np.testing.assert_allclose(table[list(expected)], expected)
    assert table[["n", "missing", "n_fitted"]].iloc[0].tolist() == [86, 4, 90]
    assert table["events_fitted"].item() == cohort.outcome.events.sum()


def test_times_of_the_outcome_are_no_clinical_columns():
    cohort = survival_cohort(half=survival_cohort().outcome.times / 2)
    for column, sentence in {
        "time": "has no clinical column 'time'",
        "years": "'years' was used to make the label",
        "half": "'half' gives the time of follow-up away",
    }.items():
        with pytest.raises(DeepCMEError, match=sentence):
            take_columns(cohort, (column,))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"clinical": {"genes": "LR-tuned"}},
            "'LR-tuned' cannot stand for the genes in a study",
        ),
        (
            {"models": [*MODELS, {"name": "clinical", "estimator": "Cox-top-200"}]},
            "a model must not be called 'clinical'",
        ),
    ],
)
def test_what_is_not_made_for_times_is_refused(study_of, options, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        study_of(**options)
