"""The path of a Cox lasso: held against glmnet, and its optimality conditions everywhere."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme.base.errors import AbsentError
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.models.survival.elastic_net_path import fit_cox_path
from tests.models.survival.patients import (
    FOLLOW_UP,
    X,
    make_patients,
    make_tied_patients,
    read_gse25055,
    read_reference,
)

GLMNET = read_reference("lasso")
TIED_X, TIED = make_tied_patients()


@pytest.mark.shared
def test_lasso_coefficients_are_those_of_glmnet(shared_data):
    reference = GLMNET["gse25055"]
    genes, follow_up = read_gse25055(shared_data)
    (fit,) = fit_cox_path(genes, follow_up, [reference["penalty"]])
    np.testing.assert_allclose(fit.coefficients, reference["coefficients"], atol=1e-7)
    assert fit.n_chosen == 8


def test_an_elastic_net_with_ties_is_that_of_glmnet():
    (fit,) = fit_cox_path(TIED_X, TIED, [0.1], 0.5, ties="breslow")
    np.testing.assert_allclose(fit.coefficients, GLMNET["elastic_net"], atol=1e-9)


@pytest.mark.parametrize(("name", "l1_ratio"), [("lasso", 1.0), ("elastic_net", 0.5)])
def test_columns_without_penalty_are_those_of_glmnet(name, l1_ratio):
    genes, columns = TIED_X[:, :10], TIED_X[:, 10:]
    (fit,) = fit_cox_path(genes, TIED, [0.1], l1_ratio, columns, ties="breslow")
    coefficients = [*fit.coefficients, *fit.column_coefficients]
    np.testing.assert_allclose(coefficients, GLMNET[f"{name}_beside_columns"], atol=1e-9)


def test_the_default_penalties_and_where_they_end_are_those_of_glmnet():
    fits = fit_cox_path(TIED_X, TIED, ties="breslow")
    penalties = [fit.penalty for fit in fits]
    np.testing.assert_allclose(penalties, GLMNET["default_penalties"], atol=1e-9)
    explained = [fit.explained for fit in fits]
    np.testing.assert_allclose(explained, GLMNET["default_explained"], atol=1e-7)
    assert [fit.n_chosen for fit in fits[:2]] == [0, 1]


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    l1_ratio=st.sampled_from([1.0, 0.7, 0.2]),
    ties=st.sampled_from(["efron", "breslow"]),
    dtype=st.sampled_from([np.float32, np.float64]),
    share=st.floats(0.05, 0.9),
)
def test_every_gene_keeps_the_optimality_conditions(seed, l1_ratio, ties, dtype, share):
    genes, follow_up = make_patients(40, 80, [1.0, -1.0], seed)
    genes = genes.astype(dtype)
    columns = genes[:, :1].astype(np.float64) * 2
    strongest = fit_cox_path(genes, follow_up, [np.inf], l1_ratio, columns, ties=ties)[0]
    penalty = share * float(np.abs(strongest.gradient).max()) / l1_ratio
    (fit,) = fit_cox_path(genes, follow_up, [penalty], l1_ratio, columns, ties=ties)
    residuals = PartialLikelihood.of(follow_up, ties=ties).gradient(fit.predict(genes, columns))
    slopes = genes.astype(np.float64).T @ residuals / 40
    np.testing.assert_allclose(columns.T @ residuals, 0, atol=1e-6)
    of_penalty = penalty * (1 - l1_ratio) * fit.log_hazard_ratios
    of_penalty += penalty * l1_ratio * np.sign(fit.log_hazard_ratios)
    np.testing.assert_allclose(slopes[fit.genes], of_penalty, atol=1e-8)
    assert (np.abs(slopes) <= np.abs(penalty * l1_ratio) + 1e-7)[fit.coefficients == 0].all()
    np.testing.assert_allclose(fit.gradient, slopes, atol=1e-5)


def test_the_way_to_a_penalty_does_not_matter():
    (alone,) = fit_cox_path(X, FOLLOW_UP, [0.03])
    along = fit_cox_path(X, FOLLOW_UP, [0.2, 0.1, 0.05, 0.03])[-1]
    np.testing.assert_allclose(alone.coefficients, along.coefficients, atol=1e-9)
    single = fit_cox_path(X.astype(np.float32), FOLLOW_UP, [0.03])[0]
    np.testing.assert_allclose(alone.coefficients, single.coefficients, atol=1e-6)
    np.testing.assert_array_equal(single.order()[: single.n_chosen] < 150, True)
    assert set(single.order()[:2]) <= set(alone.genes)


def test_a_patient_of_weight_0_is_as_if_not_there():
    rows, weights = np.arange(70), np.repeat([1.0, 0.0], [70, 20])
    (without,) = fit_cox_path(X[rows], FOLLOW_UP.rows(rows), [0.08])
    (weighted,) = fit_cox_path(X, FOLLOW_UP, [0.08], weights=weights)
    np.testing.assert_allclose(without.coefficients, weighted.coefficients, atol=1e-9)


def test_the_matrix_is_never_copied_as_a_whole():
    genes, follow_up = make_patients(40, 20_000, [1.0, -1.0], seed=0)
    genes = genes.astype(np.float32)
    strongest = fit_cox_path(genes, follow_up, [np.inf])[0].gradient
    tracemalloc.start()
    (fit,) = fit_cox_path(genes, follow_up, [0.7 * float(np.abs(strongest).max())])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fit.n_chosen
    assert peak < genes.nbytes / 2


def test_an_infinite_penalty_leaves_the_columns_alone():
    columns = X[:, :2]
    (fit,) = fit_cox_path(X[:, 2:], FOLLOW_UP, [np.inf], columns=columns)
    expected = fit_cox_regression(columns, FOLLOW_UP).coefficients
    np.testing.assert_allclose(fit.column_coefficients, expected, atol=1e-8)
    assert fit.n_chosen == 0


def test_of_a_gene_told_twice_one_enters_and_a_constant_one_never():
    genes = np.column_stack([X[:, 0], X[:, 0], np.ones(90)])
    fit = fit_cox_path(genes, FOLLOW_UP)[-1]
    (alone,) = fit_cox_path(X[:, :1], FOLLOW_UP, [fit.penalty])
    np.testing.assert_allclose(fit.coefficients[:2].sum(), alone.coefficients[0], atol=1e-8)
    assert fit.coefficients[2] == 0


def test_constant_genes_alone_end_the_path_at_once():
    fits = fit_cox_path(np.ones((90, 3)), FOLLOW_UP)
    assert [fit.n_chosen for fit in fits] == [0]


def test_without_an_event_there_is_no_path():
    with pytest.raises(AbsentError, match="No patient had the event"):
        fit_cox_path(X, FOLLOW_UP.of_cause(2))
