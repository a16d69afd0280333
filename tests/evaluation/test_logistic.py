from __future__ import annotations

import numpy as np
import pytest

from deepcme.evaluation.logistic import (
    find_separating_columns,
    fit_firth_regression,
    fit_logistic_regression,
)


@pytest.fixture
def cars(reference):
    case = reference("logistic")
    design = np.column_stack([np.ones(32), case["wt"]])
    return design, np.array(case["am"]), case


def test_coefficients_and_standard_errors_agree_with_glm(cars):
    design, outcomes, case = cars
    fit = fit_logistic_regression(design, outcomes)
    assert fit.coefficients == pytest.approx(case["coefficients"], abs=5e-4)
    assert fit.standard_errors == pytest.approx(case["standard_errors"], abs=1e-3)


def test_an_offset_takes_the_place_of_a_known_coefficient(cars):
    design, outcomes, _ = cars
    whole = fit_logistic_regression(design, outcomes)
    held = fit_logistic_regression(
        design[:, :1], outcomes, offset=design[:, 1] * whole.coefficients[1]
    )
    assert held.coefficients[0] == pytest.approx(whole.coefficients[0], abs=1e-6)


def test_copies_of_a_cluster_add_no_evidence(cars):
    design, outcomes, _ = cars
    clusters = np.arange(32)
    once = fit_logistic_regression(design, outcomes, clusters=clusters)
    thrice = fit_logistic_regression(
        np.tile(design, (3, 1)), np.tile(outcomes, 3), clusters=np.tile(clusters, 3)
    )
    assert thrice.standard_errors == pytest.approx(once.standard_errors, rel=1e-6)


def test_error_of_a_predicted_value_at_zero_is_that_of_the_intercept(cars):
    design, outcomes, _ = cars
    fit = fit_logistic_regression(design, outcomes)
    log_odds, error = fit.predict_with_error(np.array([[1.0, 0.0]]))
    assert log_odds[0] == pytest.approx(fit.coefficients[0])
    assert error[0] == pytest.approx(fit.standard_errors[0])


@pytest.mark.parametrize(
    ("values", "outcomes"),
    [
        ([1.0, 2, 3, 4], [0, 0, 1, 1]),
        ([1.0, 2, 2, 3], [0, 0, 1, 1]),
        ([5.0, 5, 5, 5], [0, 1, 0, 1]),
    ],
    ids=["separated", "separated but for a tie", "constant"],
)
def test_no_fit_without_a_finite_maximum(values, outcomes):
    fit = fit_logistic_regression(np.column_stack([np.ones(4), values]), outcomes)
    assert np.isnan(fit.coefficients).all()
    assert np.isnan(fit.standard_errors).all()


def test_firths_fit_of_a_table_adds_a_half_to_each_cell(reference):
    for table in reference("firth")["tables"]:
        groups = [table["without"], table["with"]]
        marker = np.concatenate([[i] * sum(group.values()) for i, group in enumerate(groups)])
        outcomes = np.concatenate(
            [[1] * group["events"] + [0] * group["non_events"] for group in groups]
        )
        design = np.column_stack([np.ones(len(marker)), marker])
        coefficients = fit_firth_regression(design, outcomes)
        assert coefficients == pytest.approx(table["coefficients"], abs=1e-4), table["name"]


def test_firths_fit_does_not_depend_on_the_scale_of_a_column(cars):
    design, outcomes, _ = cars
    in_grams = design * [1, 1000]
    assert fit_firth_regression(in_grams, outcomes)[1] * 1000 == pytest.approx(
        fit_firth_regression(design, outcomes)[1], rel=1e-4
    )


def test_firths_fit_is_nearer_to_zero_and_near_to_the_likelihoods_in_much_data(cars):
    design, outcomes, case = cars
    assert 0 < -fit_firth_regression(design, outcomes)[1] < -case["coefficients"][1]
    many = np.tile(design, (200, 1)), np.tile(outcomes, 200)
    assert fit_firth_regression(*many) == pytest.approx(case["coefficients"], abs=0.05)


def test_the_columns_that_separate_are_told_from_the_others(cars):
    design, outcomes, _ = cars
    assert not find_separating_columns(design, outcomes).any()
    seen = np.where(np.arange(32) % 2, outcomes, 0)
    columns = np.column_stack([design, seen])
    assert find_separating_columns(columns, outcomes).tolist() == [False, False, True]
