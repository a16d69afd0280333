"""A frozen model of times on new patients: what is found, converted and refused."""

import numpy as np
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.outcome import BinaryOutcome, Endpoint
from deepcme.cohort.survival import DAYS, SurvivalOutcome
from deepcme.evaluation.survival.measured import OBSERVED_EXPECTED, UNO
from deepcme.evaluation.survival.tables.risk_groups import GROUPS
from deepcme.report.external.validation import write_validation
from deepcme.trained.training import TrainingSettings, train_model
from deepcme.trained.validation import FROZEN, RECALIBRATED, validate_model
from tests.trained.survival.conftest import QUICK, patients

TABLES = {
    "predictions", "external_discrimination", "external_performance",
    "external_classification", "auc_over_time", "calibration_groups", "decision_curve",
    "net_benefit", "censoring", "risk_groups", "risk_curves", "group_risks", "group_test",
}  # fmt: skip


def same_patients(cohort, outcome, name=None):
    return Cohort.from_arrays(
        cohort.X,
        outcome,
        samples=cohort.samples.tolist(),
        patients=cohort.patients.tolist(),
        genes=cohort.gene_ids.tolist(),
        endpoint=outcome.endpoint,
        scale=cohort.scale,
        name=name or cohort.name,
    )


@pytest.fixture(scope="module")
def validation(timed_model, new_patients):
    return validate_model(timed_model, new_patients)


def read(validation, table="external_performance", model=FROZEN):
    rows = validation.tables[table]
    return rows[rows["model"] == model].set_index("measure")


def test_every_measure_is_there_with_n_events_and_an_interval(validation):
    assert set(validation.tables) == TABLES
    for table in ("external_discrimination", "external_performance"):
        rows = validation.tables[table]
        assert rows[["value", "ci_low", "ci_high"]].notna().all(axis=None)
        assert (rows["n"] == 250).all()
        assert (rows["events"] > 0).all()
    assert set(validation.tables["external_discrimination"]["model"]) == {FROZEN}
    assert set(validation.tables["external_performance"]["model"]) == {FROZEN, RECALIBRATED}


def test_risks_of_new_patients_of_known_truth_are_calibrated(validation):
    rows = read(validation)
    for measure in ("observed_expected", "slope"):
        assert rows.loc[measure, "ci_low"] < 1 < rows.loc[measure, "ci_high"]
    assert rows.loc["observed_expected", "value"] == pytest.approx(1, abs=0.15)
    assert rows.loc["slope", "value"] == pytest.approx(1, abs=0.35)
    assert rows.loc["scaled_brier", "value"] > 0
    expected = validation.manifest.performance.uno_c
    found = read(validation, "external_discrimination").loc[UNO.name, "value"]
    assert found == pytest.approx(expected.value, abs=0.08)
    assert validation.describe() == (
        f"new: Uno's C {found:.2f} (95% interval "
        f"{read(validation, 'external_discrimination').loc[UNO.name, 'ci_low']:.2f} to "
        f"{read(validation, 'external_discrimination').loc[UNO.name, 'ci_high']:.2f}) on 250 new "
        f"samples with {rows.loc['slope', 'events']} events by 5 years; cross-validation on "
        f"invented expected {expected.in_brackets()}. What was expected lies within the "
        "interval found."
    )


def test_groups_are_those_of_the_models_own_cut_offs(validation):
    groups = validation.tables["risk_groups"]
    low, high = validation.manifest.risk_groups.cut_offs
    expected = np.array(GROUPS)[np.digitize(groups["risk"], [low, high], right=True)]
    assert groups["group"].astype(str).tolist() == expected.tolist()
    risks = validation.tables["group_risks"].set_index("group")["risk"]
    assert risks["lowest"] < risks["middle"] < risks["highest"]
    assert validation.tables["group_test"].loc[0, "p_value"] < 1e-6
    thresholds = validation.tables["external_classification"]["threshold"]
    assert {low, high, 0.05, 0.1, 0.2, 0.3} == set(thresholds)


def test_risks_that_are_off_are_seen_and_mended_beside_them(timed_model):
    """The same log hazards at a third of the hazard: risks are too high until recalibrated."""
    cohort, _ = patients(300, 11, name="milder")
    slower = SurvivalOutcome(
        cohort.outcome.times * 3, cohort.outcome.ends, cohort.outcome.endpoint
    )
    found = validate_model(timed_model, same_patients(cohort, slower))
    as_it_came, mended = (
        read(found, model=model).loc[OBSERVED_EXPECTED.name] for model in (FROZEN, RECALIBRATED)
    )
    assert as_it_came["ci_high"] < 0.8
    assert mended["value"] == pytest.approx(1, abs=0.05)
    assert any("too high" in note for note in found.notes)


def test_times_in_another_unit_are_converted(timed_model, new_patients, validation):
    endpoint = Endpoint("Time to relapse.", unit="days", horizon=3 * DAYS["years"])
    days = SurvivalOutcome(
        new_patients.outcome.times * DAYS["years"], new_patients.outcome.ends, endpoint
    )
    found = validate_model(timed_model, same_patients(new_patients, days))
    for table in ("external_discrimination", "external_performance", "group_risks"):
        numbers = ["value", "ci_low", "ci_high"] if table != "group_risks" else ["risk"]
        np.testing.assert_allclose(
            found.tables[table][numbers], validation.tables[table][numbers], rtol=1e-9
        )
    assert "Times in days were taken in years, the model's unit." in found.notes
    assert (
        "The horizon is the model's, 5 years; that of new, 3 years, counts for nothing here."
        in found.notes
    )


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (
            lambda of: SurvivalOutcome(of.times, of.ends, Endpoint("Time.", horizon=5.0)),
            r"The times of the model are in years and those of new in an unknown unit: make both "
            r"cohorts with --time-unit\.$",
        ),
        (
            lambda of: SurvivalOutcome(of.times / 3, of.ends, of.endpoint),
            r"new: the model tells risks by 5 years, which cannot be judged here: only 0 of 250 "
            r"patients are followed beyond the horizon, fewer than 10; train one with an earlier "
            r"--horizon\.$",
        ),
        (
            lambda of: of.events,
            r"new has a binary outcome, and this model tells times to an event: make the cohort "
            r"anew with --time and --event of `deepcme prepare`\.$",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_in_a_sentence(
    timed_model, new_patients, outcome, sentence
):
    changed = outcome(new_patients.outcome)
    if not isinstance(changed, SurvivalOutcome):
        changed = BinaryOutcome(changed, Endpoint("yes or no"))
    with pytest.raises(DeepCMEError, match=sentence) as caught:
        validate_model(timed_model, same_patients(new_patients, changed))
    assert "\n" not in str(caught.value)


def test_nobody_is_tested_whom_the_model_learned_from(timed_model, timed_cohort, tmp_path):
    with pytest.raises(DeepCMEError, match="invented: this is"):
        validate_model(timed_model, timed_cohort)
    found = validate_model(timed_model, timed_cohort, allow_training_samples=True)
    assert found.describe().startswith("These are patients that the model learned from")
    assert (found.tables["external_performance"]["training_patients"] == 240).all()
    page = write_validation(found, tmp_path / "found").read_text(encoding="utf-8")
    assert "No test of the groups is told (240 patients, " in page
    assert "so that the test holds" not in page


def test_a_model_of_nothing_is_found_to_be_one(new_patients):
    null = train_model(patients(150, 13, effect=0.0)[0], QUICK)
    found = validate_model(null, new_patients)
    np.testing.assert_allclose(found.tables["external_discrimination"]["value"], 0.5)
    assert "risk_groups" not in found.tables
    assert any(
        note.startswith("Warning: every sample gets the same risk") for note in found.notes
    )


def test_the_page_shows_the_curves_of_the_groups(validation, tmp_path):
    page = write_validation(validation, tmp_path / "found").read_text(encoding="utf-8")
    for words in (
        "What became of patients, by predicted risk",
        "Log-rank test of the groups: chi-square",
        "recalibrated on these patients",
        "With the event by 5 years",
        "were censored before the horizon",
    ):
        assert words in page
    assert {path.stem for path in (tmp_path / "found").glob("*.csv")} == TABLES
    charts = {path.stem for path in (tmp_path / "found" / "figures").glob("*.svg")}
    assert charts == {"risk_curves", "auc_over_time", "calibration", "decision_curve"}


@pytest.mark.slow
def test_risks_are_calibrated_over_many_cohorts_and_null_models_promise_chance():
    """Thirty training cohorts with a signal, thirty without; each on 400 new patients.

    A model that left every gene out has no slope.
    """
    choice = {"penalties": (0.02, 0.1, 0.5, 2.0, np.inf)}
    settings = TrainingSettings(repeats=1, model="Cox-ridge", parameters=choice)
    slopes, ratios, promised, null = [], [], [], []
    for seed in range(30):
        model = train_model(patients(150, 100 + seed, name="a")[0], settings)
        rows = read(validate_model(model, patients(400, 200 + seed, name="b")[0]))
        slopes.append(rows.loc["slope", "value"])
        ratios.append(rows.loc["observed_expected", "value"])
        nothing = train_model(patients(150, 300 + seed, effect=0.0, name="a")[0], settings)
        expected = nothing.manifest.performance
        null.append(expected.uno_c.value)
        promised.append(expected.observed_expected.value)
    assert np.mean(ratios) == pytest.approx(1, abs=0.08)
    assert np.nanmedian(slopes) == pytest.approx(1, abs=0.15)
    assert np.mean(null) == pytest.approx(0.5, abs=0.03)
    assert np.mean(promised) == pytest.approx(1, abs=0.02)
