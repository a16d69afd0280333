"""What a study's models learn recalibration from is what is tested."""

import numpy as np
import pytest

from deepcme import Cohort
from deepcme.cohort.arrays import CohortArrays
from deepcme.evaluation.probabilities.calibration import compute_calibration
from deepcme.evaluation.probabilities.recalibration import (
    fit_recalibrations,
    recalibrate_predictions,
)
from deepcme.study.fit import fit_task
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from deepcme.study.tables import compute_predictions
from tests.real_cohorts import load_real_cohort


def predictions_of(study, cohort):
    plan = make_plan(study, cohort)
    data = CohortArrays.of(plan.cohort)
    return compute_predictions(cohort, [(task, fit_task(data, task)) for task in plan.tasks])


def test_nearly_constant_logits_do_not_end_in_a_risk_of_one(quick_study):
    """So strong a penalty leaves logits that an intercept a little off would push anywhere."""
    random = np.random.default_rng(2)
    labels = np.repeat([1, 0], [43, 99])
    cohort = Cohort.from_arrays(
        random.normal(size=(142, 30)) + 0.2 * labels[:, np.newaxis],
        labels,
        samples=[f"S{i}" for i in range(142)],
        genes=[f"gene{i}" for i in range(30)],
        endpoint="invented",
        scale="log2",
    )
    model = {"name": "LR-tuned", "parameters": {"inverse_strengths": [1e-6]}}
    study = quick_study(models=[model], split={"repeats": 10})
    before = predictions_of(study, cohort)
    after = recalibrate_predictions(before)
    test = after[after["part"] == "test"]
    risks = test.groupby("split")["probability"].mean()
    assert risks.between(0.2, 0.5).all()
    briers = [
        np.mean((table["probability"] - table["label"]) ** 2)
        for table in (before[before["part"] == "test"], test)
    ]
    assert briers[1] <= briers[0] + 0.001


def test_only_models_of_both_parts_have_out_of_fold_scores_of_both(quick_study, cohort):
    ensemble = {
        "name": "DeepCME-ensemble",
        "parameters": {"hidden_layers": [4], "max_epochs": 5, "n_networks": 2},
    }
    predictions = predictions_of(quick_study(models=["LR", "LR-tuned", ensemble]), cohort)
    lines = fit_recalibrations(predictions).groupby("model")["n"].unique()
    sizes = predictions.groupby(["model", "split", "part"]).size().unstack().loc["LR"]
    fitted = sizes["train"] + sizes["validation"]
    assert set(lines["LR"]) == set(sizes["validation"])
    assert set(lines["LR-tuned"]) == set(lines["DeepCME-ensemble"]) == set(fitted)


def test_three_events_are_enough_for_a_study_to_end(quick_study):
    random = np.random.default_rng(2)
    labels = np.repeat([1, 0], [3, 30])
    cohort = Cohort.from_arrays(
        random.normal(size=(33, 5)),
        labels,
        samples=[f"S{i}" for i in range(33)],
        genes=[f"gene{i}" for i in range(5)],
        endpoint="invented",
        scale="log2",
    )
    ensemble = {
        "name": "DeepCME-ensemble",
        "parameters": {"hidden_layers": [4], "max_epochs": 3, "n_networks": 2},
    }
    predictions = predictions_of(quick_study(models=[ensemble, "LR-tuned"]), cohort)
    recalibrated = recalibrate_predictions(predictions)["probability"]
    assert recalibrated.between(0, 1).all()


@pytest.mark.slow
@pytest.mark.shared
def test_recalibration_does_not_make_the_tuned_regression_worse_on_vdx(shared_data, tmp_path):
    cohort = load_real_cohort(shared_data, "vdx_gse2034_gse5327_150_symbols")
    cohort.save(tmp_path / "vdx.h5ad")
    study = make_study(
        {"cohort": {"path": tmp_path / "vdx.h5ad"}, "models": ["LR-tuned", "RF"]}
    )
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    predictions = folder.read_table("predictions.parquet")
    before, after = (
        compute_calibration(table, np.random.default_rng(0), 10).set_index(["model", "metric"])
        for table in (predictions, recalibrate_predictions(predictions))
    )
    for metric in ("brier", "log_loss"):
        values = [table.loc[("LR-tuned", metric), "value"] for table in (before, after)]
        assert values[1] <= values[0]
    assert 0.9 < after.loc[("LR-tuned", "observed_expected"), "value"] < 1.1
