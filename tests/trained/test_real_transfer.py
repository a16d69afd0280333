"""Slow proofs on real cohorts: what is learned in one carries over to the other."""

import pytest

from deepcme.evaluation.intervals import compute_delong_interval
from deepcme.trained.new_samples import expression_of
from deepcme.trained.prediction import predict
from deepcme.trained.training import TrainingSettings, train_model
from deepcme.trained.transfer import compute_transfer
from tests.real_cohorts import load_real_cohort

pytestmark = [pytest.mark.slow, pytest.mark.shared]


def test_transfer_both_ways_keeps_up_with_tuned_regression(shared_data, say):
    cohorts = {
        name: load_real_cohort(shared_data, name) for name in ("veer2002_symbols", "GSE25055")
    }
    table = compute_transfer(cohorts)
    table = table[table["tested"] == "other cohort"]
    below = []
    for (train, test), rows in table.groupby(["train", "test"], sort=False):
        auc = rows.set_index("model")["auc"]
        below.append(auc["LR-tuned"] - auc["DeepCME-ensemble"])
        say(
            f"{train} to {test} ({rows['n_genes'].iloc[0]} genes, n {rows['n'].iloc[0]}, events "
            f"{rows['events'].iloc[0]}): {', '.join(f'{m} {a:.3f}' for m, a in auc.items())}"
        )
    assert len(below) == 2
    assert max(below) <= 0.03


def test_a_frozen_model_predicts_another_platform(shared_data, say):
    """Trained on van 't Veer's log ratios, without the genes that GSE25055 lacks."""
    model = train_model(
        load_real_cohort(shared_data, "veer2002_symbols"), TrainingSettings(repeats=1)
    )
    cohort = load_real_cohort(shared_data, "GSE25055")
    found = predict(model, expression_of(cohort), allow_missing=True, normalise="cohort")
    auc = compute_delong_interval(cohort.labels, found.table["probability"].to_numpy())
    say(f"van 't Veer to GSE25055: AUC {auc.value:.3f} ({auc.ci_low:.3f} to {auc.ci_high:.3f})")
    assert auc.value >= 0.62
