from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from sklearn.metrics import roc_auc_score

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.logistic import fit_logistic_regression
from deepcme.evaluation.stability.performance import (
    compute_calibration_instability,
    compute_refit_performance,
    fit_lines,
)


def test_aucs_of_a_refit_are_those_of_its_patients(random_refits):
    table = compute_refit_performance(random_refits).set_index("refit")
    of_refit = random_refits.query("refit == 7")
    on_sample = of_refit.loc[of_refit.index.repeat(of_refit["drawn"])]
    for column, rows in (
        ("auc", of_refit),
        ("boot_auc", on_sample),
        ("out_of_bag_auc", of_refit.query("drawn == 0")),
    ):
        expected = roc_auc_score(rows["label"], rows["risk"])
        assert table.loc[7, column] == pytest.approx(expected)
    assert np.isnan(table.loc[0, "out_of_bag_auc"])


def test_lines_are_those_of_logistic_regressions(random_refits):
    table = compute_refit_performance(random_refits).set_index("refit")
    for number in (0, 3, 9):
        of_refit = random_refits.query("refit == @number")
        for column, times in (("slope", 1), ("boot_slope", of_refit["drawn"])):
            rows = of_refit.loc[of_refit.index.repeat(times)]
            design = np.column_stack([np.ones(len(rows)), logit(rows["risk"])])
            line = fit_logistic_regression(design, rows["label"]).coefficients
            assert table.loc[number, column] == pytest.approx(line[1], rel=1e-5)
            if column == "slope":
                assert table.loc[number, "intercept"] == pytest.approx(line[0], rel=1e-5)


@pytest.mark.parametrize(
    "log_odds",
    [[0.0, 0.0, 0.0, 0.0], [-1.0, 1.0, 2.0, 3.0], [3.0, 1.0, 1.0, 0.5]],
    ids=["all the same", "separated", "separated but for a tie"],
)
def test_there_is_no_line_without_a_finite_maximum(log_odds):
    labels, weights = np.array([0, 0, 1, 1]), np.ones((1, 4))
    assert np.isnan(fit_lines(labels, np.array([log_odds]), weights)).all()


def test_a_line_is_found_where_the_classes_hardly_overlap():
    labels = np.repeat([0, 1], 50)
    log_odds = np.r_[np.linspace(-9, 0, 50), np.linspace(-0.1, 9, 50)]
    line = fit_lines(labels, log_odds[np.newaxis], np.ones((1, 100)))
    design = np.column_stack([np.ones(100), log_odds])
    expected = fit_logistic_regression(design, labels).coefficients
    assert line[0] == pytest.approx(expected, rel=1e-4)


def test_calibration_lines_run_over_the_risks_of_their_refit(random_refits):
    performance = compute_refit_performance(random_refits)
    lines = compute_calibration_instability(random_refits, performance, points=5)
    assert len(lines) == 31 * 5
    line, refit = (table.query("refit == 4") for table in (lines, random_refits))
    assert line["predicted"].agg(["min", "max"]).tolist() == pytest.approx(
        refit["risk"].agg(["min", "max"]).tolist()
    )
    of_refit = performance.query("refit == 4").iloc[0]
    expected = of_refit["intercept"] + of_refit["slope"] * logit(line["predicted"])
    assert logit(line["observed"]).tolist() == pytest.approx(expected.tolist())


def test_refits_without_any_line_have_no_chart(random_refits):
    refits = random_refits.assign(risk=0.3)
    with pytest.raises(DeepCMEError, match="No refit has a calibration line"):
        compute_calibration_instability(refits, compute_refit_performance(refits))
