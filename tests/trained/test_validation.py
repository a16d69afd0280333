"""A frozen model on new patients, and what recalibration would add."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.evaluation.intervals import compute_delong_interval
from deepcme.evaluation.metrics import compute_chance_pr_auc
from deepcme.report.external.validation import write_validation
from deepcme.trained.new_samples import expression_of
from deepcme.trained.prediction import predict
from deepcme.trained.validation import FROZEN, RECALIBRATED, validate_model
from tests.trained.conftest import bundle_cohort, ensembl_ids
from tests.trained.test_prediction import of_slope_0


@pytest.fixture(scope="module")
def one_each():
    """One sample for each of 90 patients."""
    cohort = bundle_cohort(ensembl_ids(), seed=4, name="<b>new</b>")
    return cohort.select(np.arange(cohort.n_samples) < 90, "one sample each")


@pytest.fixture(scope="module")
def validation(model, one_each):
    return validate_model(model, one_each)


def test_auc_is_that_of_the_frozen_predictions(model, one_each, validation):
    table = predict(model, expression_of(one_each)).table
    expected = compute_delong_interval(one_each.labels, table["probability"])
    delong = validation.tables["external_auc"].set_index("method").loc["DeLong"]
    assert delong["value"] == pytest.approx(expected.value)
    assert delong["ci_low"] == pytest.approx(expected.ci_low, abs=1e-6)
    assert validation.tables["external_auc"]["metric"].tolist() == ["AUC", "AUC", "PR-AUC"]
    chance = compute_chance_pr_auc(one_each.labels, table["probability"])
    assert validation.tables["external_auc"]["chance"].tolist() == [0.5, 0.5, chance]


def test_recalibration_stands_beside_the_frozen_model(validation):
    calibration = validation.tables["external_calibration"]
    assert set(calibration["model"]) == {FROZEN, RECALIBRATED}
    assert set(validation.tables["decision_curve"]["strategy"]) == {
        *(FROZEN, RECALIBRATED, "treat all", "treat none")
    }


def test_recalibration_mends_risks_that_are_too_low(model, one_each):
    from dataclasses import replace

    line = model.manifest.calibration.model_copy(update={"intercept": -4.0})
    low = replace(model, manifest=model.manifest.model_copy(update={"calibration": line}))
    table = validate_model(low, one_each).tables["external_calibration"]
    values = table.set_index(["model", "metric"])["value"]
    assert values[FROZEN, "observed_expected"] > 2
    assert 0.8 < values[RECALIBRATED, "observed_expected"] < 1.25


def test_several_samples_of_a_patient_leave_out_delong(model, other_cohort):
    validation = validate_model(model, other_cohort)
    assert "DeLong" not in set(validation.tables["external_auc"]["method"])
    assert any("DeLong's interval" in note for note in validation.notes)


def test_samples_without_a_prediction_are_left_out_and_counted(model, tmp_path):
    cohort = bundle_cohort(ensembl_ids(), seed=4)
    cohort = cohort.select(np.arange(cohort.n_samples) < 90, "one sample each")
    keep = np.arange(90) >= 5
    expected = validate_model(model, cohort.select(keep, "those with values"))
    cohort.X[:5, :10] = np.nan
    validation = validate_model(model, cohort)
    for name in ("external_auc", "external_classification", "external_calibration"):
        found, alone = validation.tables[name], expected.tables[name]
        assert (found["n"] == 85).all()
        if name == "external_classification":
            assert found.equals(alone)
    table = validation.tables["predictions"]
    assert table["probability"].isna().tolist() == (~keep).tolist()
    assert (
        "Warning: 5 samples without a prediction, 2 of them positive, left out of all that "
        "follows." in validation.notes
    )
    write_validation(validation, tmp_path / "out")
    assert "5 samples without a prediction" in (tmp_path / "out" / "report.html").read_text()


def test_a_model_that_calls_nobody_has_no_sensitivity(model, one_each, tmp_path):
    validation = validate_model(of_slope_0(model), one_each)
    assert "external_classification" not in validation.tables
    assert any("no sample is called positive" in note for note in validation.notes)
    page = write_validation(validation, tmp_path / "out").read_text(encoding="utf-8")
    assert "No sample is called positive" in page


def test_one_event_is_too_few(model, other_cohort):
    keep = (other_cohort.labels == 0) | (other_cohort.patients == "P3")
    with pytest.raises(DeepCMEError, match="at least two patients with and two without"):
        validate_model(model, other_cohort.select(keep, "one event"))


def test_tables_charts_and_an_escaped_page_are_written(validation, tmp_path):
    page = write_validation(validation, tmp_path / "out")
    text = page.read_text()
    assert "<b>new</b>" not in text
    assert "&lt;b&gt;new&lt;/b&gt;" in text
    assert "recalibrated on these patients" in text
    assert "http://" not in text.split("<script", 1)[0]
    for name in validation.tables:
        assert (tmp_path / "out" / f"{name}.csv").exists()
    assert (tmp_path / "out" / "figures" / "decision_curve.svg").exists()
