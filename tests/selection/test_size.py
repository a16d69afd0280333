"""The size of a panel: log loss out of fold, its standard error, the rule."""

import numpy as np
import pandas as pd
import pytest

from deepcme.selection.size import (
    choose_size,
    compute_clustered_standard_error,
    compute_stages,
    draw_fold_numbers,
    recalibrate_across_folds,
)


def table(sizes, losses, errors):
    return pd.DataFrame({"n_genes": sizes, "log_loss": losses, "log_loss_se": errors})


def test_the_fewest_genes_within_one_standard_error():
    stages = table([100, 50, 10, 5, 1], [0.60, 0.50, 0.52, 0.54, 0.70], [0.1, 0.03] + [0.2] * 3)
    assert choose_size(stages) == 10


def test_a_worse_stage_in_between_does_not_stop_the_rule():
    assert choose_size(table([9, 7, 5, 3], [0.50, 0.60, 0.51, 0.60], [0.02] * 4)) == 5


def test_standard_error_of_independent_rows_is_the_usual_one(random):
    values = random.normal(size=50)
    usual = values.std(ddof=1) / np.sqrt(50)
    assert compute_clustered_standard_error(values, np.arange(50)) == pytest.approx(usual)


def test_copies_of_a_patient_bring_no_precision(random):
    values = random.normal(size=50)
    copies = np.repeat(np.arange(50), 4)
    once = compute_clustered_standard_error(values, np.arange(50))
    assert compute_clustered_standard_error(values[copies], copies) == pytest.approx(once)


def test_overconfidence_costs_nothing_after_recalibration(random):
    score = random.normal(size=4000)
    y = (random.random(4000) < 1 / (1 + np.exp(-score))).astype(int)
    folds = np.arange(4000) % 5
    probability = recalibrate_across_folds(y, 10 * score, folds)
    np.testing.assert_allclose(probability, 1 / (1 + np.exp(-score)), atol=0.06)


def test_a_fold_is_recalibrated_on_the_others_alone(random):
    score, y, folds = random.normal(size=60), np.arange(60) % 2, np.arange(60) // 12
    changed = y.copy()
    changed[folds == 0] = 1 - changed[folds == 0]
    before = recalibrate_across_folds(y, score, folds)
    after = recalibrate_across_folds(changed, score, folds)
    np.testing.assert_array_equal(before[folds == 0], after[folds == 0])


def test_stages_of_useless_and_of_useful_scores(random):
    y = np.arange(200) % 2
    scores = np.vstack([np.zeros(200), y + random.normal(0, 0.5, 200)])
    stages = compute_stages(np.array([9, 3]), scores, y, np.arange(200), np.arange(200) // 40)
    assert stages["n_genes"].tolist() == [9, 3]
    assert stages["auc"][0] == 0.5
    assert stages["log_loss"][0] == pytest.approx(np.log(2), abs=1e-3)
    assert stages["auc"][1] > 0.8


def test_every_fold_holds_both_classes(random):
    y = np.r_[np.ones(3), np.zeros(50)].astype(int)
    folds = draw_fold_numbers(y, np.arange(53), 5, random)
    assert set(folds) == {0, 1, 2}
    assert all(0 < y[folds == fold].mean() < 1 for fold in range(3))
