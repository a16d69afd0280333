from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from deepcme.evaluation.stability.optimism import combine_632, compute_optimism
from deepcme.evaluation.stability.performance import compute_refit_performance
from tests.evaluation.stability.conftest import table_of_refits


def optimism_of(refits, draws=50):
    performance = compute_refit_performance(refits)
    table = compute_optimism(refits, performance, np.random.default_rng(0), draws=draws)
    return table.set_index(["metric", "estimate"])


def test_optimism_by_hand(four_patients):
    """On all patients 0.5, 1 and 1 by the refits; on their own 0 (of 0.2, 0.2, 0.2, 0.1), 1, 1.

    The mean optimism is that of -0.5, 0 and 0. Out of bag, only the third refit has not seen
    patients of both classes, whom it ranks rightly.
    """
    refits = pd.concat([four_patients, four_patients.query("refit == 2").assign(refit=3)])
    refits.loc[refits["refit"] == 3, "drawn"] = [0, 0, 3, 1]
    table = optimism_of(refits)
    assert table.loc[("auc", "apparent"), "value"] == 1
    assert table.loc[("auc", "Harrell"), "value"] == pytest.approx(1 + 0.5 / 3)
    assert table.loc[("auc", "out of bag"), "value"] == 1
    assert table["n"].eq(4).all()
    assert table["events"].eq(2).all()


@pytest.mark.parametrize(
    ("apparent", "out_of_bag", "expected"),
    [
        (0.9, 0.7, 0.7450980392),  # rate 0.5, weight 0.632 / 0.816
        (1.0, 0.5, 0.5),  # nothing but overfitting
        (1.0, 0.3, 0.5),  # no worse than chance
        (0.7, 0.7, 0.7),
        (0.6, 0.7, 0.6632),  # no overfitting: weight 0.632
    ],
)
def test_the_632_estimate_by_hand(apparent, out_of_bag, expected):
    assert combine_632(np.array([apparent]), np.array([out_of_bag])) == pytest.approx(expected)


def test_without_overfitting_there_is_no_optimism(random_refits):
    """The refits are of one number, whose AUC no coefficient changes."""
    table = optimism_of(random_refits, draws=200)
    apparent = table.loc[("auc", "apparent"), "value"]
    assert table.loc[("auc", "Harrell"), "value"] == pytest.approx(apparent, abs=0.02)
    for estimate in ("Harrell", "out of bag", ".632+"):
        row = table.loc[("auc", estimate)]
        assert row["ci_low"] < row["value"] < row["ci_high"]
        assert row["interval"]
    assert np.isnan(table.loc[("auc", "apparent"), "ci_low"])


def test_a_slope_of_risks_that_hardly_differ_is_not_corrected(random_refits):
    assert np.isfinite(optimism_of(random_refits).loc[("slope", "Harrell"), "value"])
    flat = random_refits["refit"] == 5
    random_refits.loc[flat, "risk"] = 0.3 + random_refits.loc[flat, "risk"] / 1000
    row = optimism_of(random_refits).loc[("slope", "Harrell")]
    assert row[["value", "ci_low", "ci_high"]].isna().all()


def test_a_model_that_remembers_has_no_interval_of_harrells():
    """Each refit tells its own patients apart, and others by chance."""
    random = np.random.default_rng(1)
    labels = np.arange(60) % 2
    drawn = [np.ones(60, dtype=int)]
    drawn += [np.bincount(random.integers(60, size=60), minlength=60) for _ in range(20)]
    risks = [np.where(d > 0, 0.1 + 0.8 * labels, random.uniform(0.2, 0.8, 60)) for d in drawn]
    table = optimism_of(table_of_refits(labels, risks, drawn))
    assert np.isnan(table.loc[("auc", "Harrell"), "ci_low"])
    assert table.loc[("auc", "Harrell"), "value"] > 0.8
    assert table.loc[("auc", ".632+"), "value"] < 0.62


def study_of(random, n_patients, coefficients, n_refits):
    """A logistic regression of a study of normal predictors, its refits, and its true AUC."""
    coefficients = np.array(coefficients)
    X = random.normal(size=(n_patients, len(coefficients)))
    new_X = random.normal(size=(4000, len(coefficients)))
    y, new_y = (
        (random.random(len(of)) < expit(of @ coefficients)).astype(int) for of in (X, new_X)
    )
    model = LogisticRegression(C=np.inf, max_iter=500)
    risks, drawn, true_auc = [], [], 0.0
    for number in range(n_refits + 1):
        rows = random.integers(n_patients, size=n_patients) if number else np.arange(n_patients)
        model.fit(X[rows], y[rows])
        if number == 0:
            true_auc = roc_auc_score(new_y, model.decision_function(new_X))
        risks.append(model.predict_proba(X)[:, 1])
        drawn.append(np.bincount(rows, minlength=n_patients))
    return table_of_refits(y, risks, drawn), true_auc


@pytest.mark.slow
@pytest.mark.parametrize(
    "coefficients", [[1.0, 0.5, 0.0, 0.0, 0.0], [0.0] * 5], ids=["signal", "noise"]
)
def test_corrected_aucs_are_near_the_truth_of_a_simple_model(coefficients):
    """100 studies of 100 patients: five predictors, 50 refits each.

    Among noise both estimates are 0.02 too high, and 87 of 100 intervals held the truth.
    """
    random = np.random.default_rng(2)
    rows = []
    for _ in range(100):
        refits, true_auc = study_of(random, 100, coefficients, 50)
        table = optimism_of(refits, draws=200).loc["auc"]
        covered = table.loc[".632+", "ci_low"] <= true_auc <= table.loc[".632+", "ci_high"]
        rows.append([true_auc, *table["value"], covered])
    columns = ["true", "apparent", "Harrell", "out of bag", ".632+", "covered"]
    mean = pd.DataFrame(rows, columns=columns).mean()
    assert mean["apparent"] > mean["true"] + 0.02
    assert mean["Harrell"] == pytest.approx(mean["true"], abs=0.03)
    assert mean[".632+"] == pytest.approx(mean["true"], abs=0.03)
    assert mean["covered"] >= 0.83
