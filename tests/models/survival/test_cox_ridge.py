"""Cox ridge: held against glmnet, with clinical columns, and of the strongest genes."""

import numpy as np
import pytest

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.models.survival.cox_ridge import CoxRidge, CoxTopGenes
from deepcme.models.survival.target import make_target
from tests.models.survival.patients import (
    FOLLOW_UP,
    X,
    Y,
    make_patients,
    read_gse25055,
    read_reference,
)

CHOICE = (np.inf, 3.0, 1.0, 0.3)


@pytest.mark.shared
def test_ridge_coefficients_are_those_of_glmnet(shared_data):
    reference = read_reference("ridge")
    genes, follow_up = read_gse25055(shared_data)
    model = CoxRidge(penalties=(reference["penalty"],)).fit(genes, make_target(follow_up))
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


def test_a_clinical_column_without_a_finite_hazard_ratio_is_shrunk_and_named():
    last = (FOLLOW_UP.times >= np.median(FOLLOW_UP.times)).astype(float)
    rows = np.flatnonzero((last == 0) | (FOLLOW_UP.events == 0))
    clinical = np.column_stack([last, X[:, 5]])[rows]
    model = CoxRidge(penalties=(0.3,)).fit(X[rows], Y[rows], clinical=clinical)
    assert model.monotone_clinical_.tolist() == [0]
    spread = clinical[:, 0].std()
    residuals = PartialLikelihood.of(FOLLOW_UP.rows(rows)).gradient(
        model.predict(X[rows], clinical=clinical)
    )
    # Where the slope meets a penalty of 1 on the log hazard ratio of a standard deviation.
    slope = clinical.T @ residuals
    assert slope[0] / spread == pytest.approx(model.clinical_coef_[0] * spread, abs=1e-6)
    assert slope[1] == pytest.approx(0, abs=1e-6)
    assert -20 < model.clinical_coef_[0] < -1


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
