"""Cox regression on a few columns."""

import numpy as np
import pandas as pd

from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.models.survival.cox_regression import CoxRegression
from tests.models.survival.patients import FOLLOW_UP, X, Y


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
