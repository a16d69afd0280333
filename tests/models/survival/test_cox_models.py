"""Cox models as estimators: what they learn, choose, refuse, and predict."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.evaluation.survival.follow_up import FollowUp
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.models.survival.cox_regression import CoxRegression
from deepcme.models.survival.cox_ridge import CoxRidge, CoxTopGenes
from deepcme.models.survival.dual import DualGenes
from deepcme.models.survival.penalty import cross_validate
from deepcme.models.survival.screening import compute_score_statistics
from deepcme.models.survival.target import make_target

REFERENCES = Path(__file__).parent / "references"
EVALUATION_REFERENCES = Path(__file__).parents[2] / "evaluation" / "survival" / "references"


def make_patients(n, n_genes, effects, seed):
    """Expression, and follow-up of which the first genes tell the hazard."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, n_genes))
    times = random.exponential(np.exp(-X[:, : len(effects)] @ np.array(effects)))
    ends = random.exponential(2, n)
    return X, FollowUp(np.minimum(times, ends), times <= ends)


X, FOLLOW_UP = make_patients(90, 150, [0.8, -0.8, 0.6], seed=1)
Y = make_target(FOLLOW_UP)
CHOICE = (np.inf, 3.0, 1.0, 0.3)


class _Checked:
    """Takes the targets of scikit-learn's checks, which know no survival, as times."""

    def fit(self, X, y=None, **given):
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        y = np.asarray(y)
        if y.dtype.kind in "fiu" and y.ndim == 1 and np.isfinite(y).all():
            times = y - y.min(initial=0)
            y = make_target(FollowUp(times, np.ones(len(times))))
        return super().fit(X, y, **given)


class CheckedRegression(_Checked, CoxRegression):
    pass


class CheckedRidge(_Checked, CoxRidge):
    pass


class CheckedTopGenes(_Checked, CoxTopGenes):
    pass


def expected_failed_checks(estimator):
    return {"check_dtype_object": "a survival target is an array of records, not of labels"}


@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API")
@parametrize_with_checks(
    [
        CheckedRegression(),
        CheckedRidge(penalties=(1.0,)),
        CheckedTopGenes(5, penalties=(1.0, 0.1), n_folds=2, random_state=0),
    ],
    expected_failed_checks=expected_failed_checks,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_a_regression_is_that_of_its_columns_centred():
    model = CoxRegression().fit(X[:, :2] + 100, Y)
    fit = fit_cox_regression(X[:, :2], FOLLOW_UP)
    np.testing.assert_allclose(model.coef_, fit.coefficients, atol=1e-9)
    np.testing.assert_allclose(
        model.predict(X[:, :2] + 100), (X[:, :2] - X[:, :2].mean(axis=0)) @ fit.coefficients
    )
    assert model.hazard_ratios_["column"].tolist() == ["x0", "x1"]


def test_a_regression_leaves_out_what_repeats_and_names_it():
    columns = pd.DataFrame({"age": X[:, 0], "constant": 1.0, "decades": X[:, 0] / 10})
    model = CoxRegression().fit(columns, Y)
    assert model.left_out_columns_ == ("constant", "decades")
    assert model.coef_[1] == model.coef_[2] == 0
    assert model.hazard_ratios_["column"].tolist() == ["age"]


def test_a_regression_names_a_hazard_ratio_without_end():
    last = (FOLLOW_UP.times >= np.median(FOLLOW_UP.times)).astype(float)
    rows = np.flatnonzero((last == 0) | (FOLLOW_UP.events == 0))
    columns = pd.DataFrame({"treated": last, "age": X[:, 0]}).iloc[rows]
    model = CoxRegression().fit(columns, Y[rows])
    assert model.monotone_columns_ == ("treated",)
    assert np.isfinite(model.predict(columns)).all()


def test_no_column_at_all_predicts_a_constant_and_says_so():
    model = CoxRegression().fit(np.ones((90, 2)), Y)
    assert model.selects_nothing_
    assert np.ptp(model.predict(np.ones((90, 2)))) == 0


def test_higher_is_worse_and_survival_falls():
    model = CoxTopGenes(10, penalties=(0.1,)).fit(X, Y)
    times = [0.1, 0.5, 1.0]
    survival = model.predict_survival(X, times)
    worst, best = np.argmax(model.predict(X)), np.argmin(model.predict(X))
    assert (survival[worst] < survival[best]).all()
    assert (np.diff(survival, axis=1) <= 0).all()
    with pytest.raises(AbsentError, match="ask for times up to"):
        model.predict_survival(X, [1e6])


@pytest.mark.shared
def test_ridge_coefficients_are_those_of_glmnet(shared_data):
    reference = json.loads((REFERENCES / "ridge.json").read_text(encoding="utf-8"))
    folder = shared_data / "breast_dmfs_gse25055_gse16446"
    samples = pd.read_csv(folder / "samples.csv", index_col="sample_id")
    samples = samples[(samples["cohort"] == "GSE25055") & samples["time_years"].notna()]
    table = pd.read_parquet(folder / "expression.parquet", columns=None)
    genes = table.loc[samples.index, reference["genes"]].to_numpy(np.float64)
    genes = (genes - genes.mean(axis=0)) / genes.std(axis=0)
    y = make_target(FollowUp(samples["time_years"], samples["event"]))
    model = CoxRidge(penalties=(reference["penalty"],)).fit(genes, y)
    np.testing.assert_allclose(model.coef_, reference["coefficients"], atol=1e-7)


@pytest.mark.parametrize("n_genes", [5, 150])
def test_a_ridge_fit_is_where_slope_and_penalty_meet(n_genes):
    genes = X[:, :n_genes]
    model = CoxRidge(penalties=(0.3,)).fit(genes, Y)
    residuals = PartialLikelihood.of(FOLLOW_UP).gradient(model.predict(genes))
    np.testing.assert_allclose(genes.T @ residuals / 90, 0.3 * model.coef_, atol=1e-9)


def test_clinical_columns_enter_a_ridge_without_penalty():
    clinical = np.column_stack([X[:, 0] * 5 + 40, X[:, 1]])
    model = CoxRidge(penalties=(0.3,)).fit(X[:, 2:], Y, clinical=clinical)
    log_hazards = model.predict(X[:, 2:], clinical=clinical)
    residuals = PartialLikelihood.of(FOLLOW_UP).gradient(log_hazards)
    np.testing.assert_allclose(clinical.T @ residuals, 0, atol=1e-6)
    alone = CoxRidge(penalties=(np.inf,)).fit(X[:, 2:], Y, clinical=clinical)
    expected = fit_cox_regression(clinical, FOLLOW_UP).coefficients
    np.testing.assert_allclose(alone.clinical_coef_, expected, atol=1e-8)
    assert alone.selects_nothing_
    with pytest.raises(DeepCMEError, match="beside 2 clinical columns, not 0"):
        model.predict(X[:, 2:])


def test_clinical_columns_without_a_finite_hazard_ratio_are_refused():
    last = (FOLLOW_UP.times >= np.median(FOLLOW_UP.times)).astype(float)
    rows = np.flatnonzero((last == 0) | (FOLLOW_UP.events == 0))
    with pytest.raises(AbsentError, match=r"without a finite hazard ratio \(number 1\)"):
        CoxRidge().fit(X[rows], Y[rows], clinical=last[rows, np.newaxis])


def test_cross_validation_is_what_held_out_patients_add():
    chosen = np.arange(5)
    genes = DualGenes.of(X, chosen)
    folds = [np.arange(0, 45), np.arange(45, 90)]
    totals = cross_validate(
        [(rows, genes) for rows in folds], np.empty((90, 0)), FOLLOW_UP, (np.inf, 0.2)
    )
    everyone, expected = PartialLikelihood.of(FOLLOW_UP), np.zeros(2)
    for held_out in folds:
        rest = np.setdiff1d(np.arange(90), held_out)
        fitted = PartialLikelihood.of(FOLLOW_UP.rows(rest))
        ridge = CoxRidge(penalties=(0.2,)).fit(X[rest, :5], Y[rest])
        for which, log_hazards in enumerate([np.zeros(90), ridge.predict(X[:, :5])]):
            expected[which] += everyone.log_likelihood(log_hazards)
            expected[which] -= fitted.log_likelihood(log_hazards[rest])
    np.testing.assert_allclose(totals, expected, atol=1e-8)


def test_a_ridge_finds_a_signal_and_its_folds_hold_no_patient_twice():
    patients = np.repeat(np.arange(45), 2)
    model = CoxRidge(random_state=0).fit(X[:, :20], Y, groups=patients)
    assert not model.selects_nothing_
    assert np.isfinite(model.penalty_)
    assert np.argmax(model.cross_validated_) == model.penalties_.index(model.penalty_)
    again = CoxRidge(random_state=0).fit(X[:, :20], Y, groups=patients)
    np.testing.assert_array_equal(model.coef_, again.coef_)


def test_without_a_signal_leaving_the_genes_out_mostly_wins():
    nothing = []
    for seed in range(6):
        noise, follow_up = make_patients(60, 40, [0.0], seed)
        model = CoxRidge(CHOICE, n_folds=3, random_state=0).fit(noise, make_target(follow_up))
        nothing.append(model.selects_nothing_)
        assert model.selects_nothing_ == (np.ptp(model.predict(noise)) == 0)
    assert np.mean(nothing) >= 0.5


def test_score_statistics_are_those_of_coxph():
    reference = json.loads((EVALUATION_REFERENCES / "cox.json").read_text(encoding="utf-8"))
    patients = pd.read_csv(EVALUATION_REFERENCES / "cox.csv")
    statistics = compute_score_statistics(
        patients[["age", "marker"]].to_numpy(),
        FollowUp(patients["time"], patients["event"]),
    )
    np.testing.assert_allclose(statistics**2, reference["score_tests"], atol=1e-8)


def test_score_statistics_of_noise_are_standard_normal_and_of_a_constant_0():
    noise, follow_up = make_patients(200, 3000, [0.0], seed=5)
    noise[:, 7] = 4.0
    statistics = compute_score_statistics(noise, follow_up)
    assert statistics[7] == 0
    assert abs(statistics.mean()) < 0.06
    assert 0.95 < statistics.std() < 1.05
    assert 0.035 < np.mean(np.abs(statistics) > 1.96) < 0.065


def test_the_strongest_genes_are_chosen_by_the_rows_fitted_on_alone():
    model = CoxTopGenes(5, penalties=(0.1,)).fit(X, Y)
    assert {0, 1} <= set(model.chosen_genes_)
    assert len(model.chosen_genes_) == 5
    held_out = np.arange(60, 90)
    poisoned = X.copy()
    poisoned[held_out] = 1e3 * np.random.default_rng(0).normal(size=(30, 150))
    clean, poison = (model._choose_genes(M, FOLLOW_UP, held_out) for M in (X, poisoned))
    np.testing.assert_array_equal(clean, poison)


def test_choosing_genes_without_a_signal_mostly_selects_nothing():
    nothing = []
    for seed in range(6):
        noise, follow_up = make_patients(60, 300, [0.0], seed)
        model = CoxTopGenes(10, CHOICE, n_folds=3, random_state=0).fit(
            noise, make_target(follow_up)
        )
        nothing.append(model.selects_nothing_)
    assert np.mean(nothing) >= 0.5


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        (FOLLOW_UP.times, "a structured array with the fields event"),
        (Y[:5], "holds 5 patients for 90 samples"),
        (make_target(FOLLOW_UP.of_cause(2)), "No patient had the event"),
    ],
)
def test_a_target_that_cannot_be_used_is_refused(y, sentence):
    for model in (CoxRegression(), CoxRidge(), CoxTopGenes()):
        with pytest.raises(DeepCMEError, match=sentence):
            model.fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"penalties": ()}, "penalties must list the penalties"),
        ({"penalties": (0.0,)}, "takes numbers above 0"),
        ({"n_folds": 1}, "n_folds must be at least 2"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_refused(parameters, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        CoxRidge(**parameters).fit(X, Y)


def test_all_events_in_one_fold_choose_no_penalty():
    events = np.zeros(90)
    events[3] = 1
    with pytest.raises(AbsentError, match="A fold holds all events"):
        CoxRidge(random_state=0).fit(X, make_target(FollowUp(FOLLOW_UP.times, events)))
