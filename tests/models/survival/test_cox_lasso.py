"""The estimator of a Cox lasso: what it chooses, beside clinical columns, and what it refuses."""

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.models.survival.cox_lasso import CoxElasticNet
from deepcme.models.survival.elastic_net_path import fit_cox_path
from deepcme.models.survival.target import make_target
from tests.models.survival.patients import (
    FOLLOW_UP,
    PENALTIES,
    SIGNAL,
    SIGNAL_X,
    X,
    Y,
    make_patients,
)

SIGNAL_Y = make_target(SIGNAL)


@pytest.fixture(scope="module")
def fitted():
    return CoxElasticNet(penalties=PENALTIES, random_state=0).fit(SIGNAL_X, SIGNAL_Y)


def test_it_chooses_the_genes_of_the_signal_and_few_others(fitted):
    assert {0, 1, 2} <= set(fitted.chosen_genes_)
    assert len(fitted.chosen_genes_) < 15
    assert not fitted.selects_nothing_
    chosen = fitted.path_[fitted.path_["chosen"]].iloc[0]
    assert chosen["penalty"] == fitted.penalty_
    assert chosen["n_genes"] == len(fitted.chosen_genes_)
    assert fitted.path_["n_genes"][0] == 0


def test_it_predicts_against_the_training_mean(fitted):
    log_hazards = fitted.predict(SIGNAL_X)
    assert log_hazards.mean() == pytest.approx(0, abs=1e-9)
    moved = fitted.predict(SIGNAL_X + fitted.coef_) - log_hazards
    np.testing.assert_allclose(moved, fitted.coef_ @ fitted.coef_)


def test_a_held_out_row_is_scored_by_a_fit_of_the_penalty_chosen(fitted):
    rest, held_out = SIGNAL_X[:120], SIGNAL_X[120:]
    scored = fitted.score_held_out(rest, SIGNAL_Y[:120], np.arange(120), held_out)
    alone = CoxElasticNet(penalties=(fitted.penalty_,)).fit(rest, SIGNAL_Y[:120])
    np.testing.assert_array_equal(scored, alone.predict(held_out))
    assert alone.path_.columns.tolist() == ["penalty", "n_genes", "explained", "chosen"]


def test_clinical_columns_enter_without_penalty_whatever_their_scale():
    clinical = np.column_stack([X[:, 0] * 5 + 40, X[:, 1], np.ones(90)])
    model = CoxElasticNet(0.5, penalties=(0.1,)).fit(X[:, 2:], Y, clinical=clinical)
    log_hazards = model.predict(X[:, 2:], clinical=clinical)
    residuals = PartialLikelihood.of(FOLLOW_UP).gradient(log_hazards)
    np.testing.assert_allclose(clinical.T @ residuals, 0, atol=1e-6)
    assert model.clinical_coef_[2] == 0
    columns = (clinical[:, :2] - clinical[:, :2].mean(axis=0)) / clinical[:, :2].std(axis=0)
    (fit,) = fit_cox_path(X[:, 2:], FOLLOW_UP, [0.1], 0.5, columns)
    np.testing.assert_allclose(model.coef_, fit.coefficients, atol=1e-9)
    with pytest.raises(DeepCMEError, match="beside 3 clinical columns, not 0"):
        model.predict(X[:, 2:])


def test_where_no_gene_foretells_the_clinical_columns_are_left():
    noise, follow_up = make_patients(60, 40, [0.0], seed=4)
    clinical = noise[:, :1]
    model = CoxElasticNet(penalties=PENALTIES, random_state=0).fit(
        noise[:, 1:], make_target(follow_up), clinical=clinical
    )
    assert model.selects_nothing_ and np.isinf(model.penalty_)
    assert not model.coef_.any()
    expected = fit_cox_regression(clinical, follow_up).coefficients
    np.testing.assert_allclose(model.clinical_coef_, expected, atol=1e-8)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"l1_ratio": 0}, "l1_ratio must be above 0 and at most 1, not 0"),
        ({"penalties": ()}, "penalties must list the penalties"),
        ({"n_folds": 1}, "n_folds must be at least 2"),
        ({"rule": "best"}, "rule must be one of 'one-standard-error', 'minimum'"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_refused(parameters, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        CoxElasticNet(**parameters).fit(X, Y)
