"""What a model keeps of what to expect in detail: honest risks, kept and verified."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from deepcme import DeepCMEError
from deepcme.evaluation.probabilities.calibration import compute_calibration_line
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration
from deepcme.trained.expected.binary import cross_fit_risks
from deepcme.trained.expected.expected import FEWEST_OF_A_LEVEL, Expected
from deepcme.trained.files import EXPECTED_FILE, load_model, save_model
from tests.trained.expected.models import model_of_labels, model_of_times
from tests.trained.test_files import STORED

N, FOLDS = 120, 5


def held_out(score, label):
    """Test rows of one repeat of five folds, a patient each."""
    return pd.DataFrame(
        {
            "split": np.arange(len(score)) % FOLDS + 1,
            "model": "invented",
            "sample": [f"S{i}" for i in range(len(score))],
            "patient": [f"P{i}" for i in range(len(score))],
            "part": "test",
            "label": label,
            "score": score,
            "probability": expit(score),
        }
    )


def cross_fitted(rows, *, is_panel=False):
    finished = SimpleNamespace(folds=(FOLDS, 1), settings=SimpleNamespace(is_panel=is_panel))
    return cross_fit_risks(finished, rows, np.random.default_rng(0))


def risks_of(rows):
    return cross_fitted(rows)[0]["probability"]


def drawn(seed, signal):
    """Scores twice as far apart as log-odds should be, or that know nothing."""
    random = np.random.default_rng(seed)
    log_odds = random.normal(size=N)
    label = random.uniform(size=N) < expit(log_odds if signal else np.zeros(N))
    return held_out(2 * log_odds, label.astype(int))


def test_nobodys_own_outcome_is_in_his_risk():
    rows = drawn(1, signal=True)
    here = rows["split"] == 3
    turned = rows.assign(label=rows["label"].where(~here, 1 - rows["label"]))
    assert (risks_of(rows)[here] == risks_of(turned)[here]).all()
    assert (risks_of(rows)[~here] != risks_of(turned)[~here]).all()


def test_of_a_panel_it_is_said_that_all_patients_gave_its_size_strength_and_refit():
    """The held-out were among these: their own outcomes are not quite out of their risks."""
    _, method = cross_fitted(drawn(1, signal=True), is_panel=True)
    assert "size, strength and refit" in method and "all patients" in method
    assert "nobody" not in method


def scaled_brier(rows, probability):
    """By how much better than giving everybody the share of events."""
    label = rows["label"]
    return 1 - ((label - probability) ** 2).mean() / label.var(ddof=0)


def test_scores_that_know_nothing_get_no_good_risks_though_their_own_line_says_so():
    crossed, own = [], []
    for seed in range(12):
        rows = drawn(seed, signal=False)
        line = PlattRecalibration.fit(rows["label"], rows["score"])
        own.append(scaled_brier(rows, line.apply(rows["score"])))
        crossed.append(scaled_brier(rows, risks_of(rows)))
    assert np.mean(crossed) < 0 < np.mean(own)


def test_of_scores_that_know_something_the_slope_is_near_the_true_one_and_not_above():
    """Scores are twice the log-odds, so that a line's true slope is half of 1 over its own."""
    found, true, own = [], [], []
    for seed in range(12):
        rows = drawn(seed, signal=True)
        line = PlattRecalibration.fit(rows["label"], rows["score"])
        for slopes, risks in ((found, risks_of(rows)), (own, line.apply(rows["score"]))):
            slopes.append(compute_calibration_line(rows["label"], risks).slope.value)
        true.append(1 / (2 * line.slope))
    assert np.std(own) < 0.1  # by its own line every cohort looks the same
    assert np.mean(true) - 0.35 < np.mean(found) < np.mean(true)


def test_a_model_with_scores_by_folds_of_its_own_gets_lines_of_tenths():
    random = np.random.default_rng(3)
    label = random.integers(0, 2, N)
    score = random.normal(size=N) + label
    cohort = SimpleNamespace(
        labels=label,
        samples=np.array([f"S{i}" for i in range(N)], dtype=object),
        patients=np.array([f"P{i // 2}" for i in range(N)], dtype=object),
        n_samples=N,
        n_patients=N // 2,
        n_positive_patients=N // 3,
    )
    finished = SimpleNamespace(
        folds=(FOLDS, 1), cohort=cohort, settings=SimpleNamespace(name="invented")
    )
    rows = pd.DataFrame({"label": label, "score": score, "probability": expit(score)})
    risks, method = cross_fit_risks(finished, rows, np.random.default_rng(0))
    assert risks["split"].nunique() == 10 and "tenth" in method
    assert (risks.groupby("patient")["split"].nunique() == 1).all()
    own = PlattRecalibration.fit(label, score).apply(score)
    assert (risks["probability"].to_numpy() != own).all()


@pytest.fixture(scope="module")
def model():
    return model_of_labels()


def test_groups_are_those_of_the_start_and_none_tells_of_single_patients(model):
    groups = model.expected.subgroups
    assert {level.column for level in groups.levels} == {"age", "site"}
    assert groups.small == 1 and min(of.n for of in groups.levels) >= FEWEST_OF_A_LEVEL
    assert "rare" not in model.expected.to_json()


def test_what_is_kept_comes_back_and_its_digest_is_in_the_manifest(model, tmp_path):
    save_model(model, tmp_path / "model")
    assert load_model(tmp_path / "model").expected == model.expected
    files = json.loads((tmp_path / "model" / "manifest.json").read_text())["files"]
    assert set(files) == {"model.safetensors", EXPECTED_FILE}


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_file_that_is_not_the_manifests_is_refused(model, tmp_path, change):
    save_model(model, tmp_path / "model")
    path = tmp_path / "model" / EXPECTED_FILE
    text = path.read_text().replace('"n": 90', '"n": 900', 1)
    path.unlink() if change == "gone" else path.write_text(text)
    with pytest.raises(DeepCMEError, match=r"expected\.json"):
        load_model(tmp_path / "model")


def test_models_of_older_versions_have_none():
    assert load_model(STORED / "schema_6" / "model").expected is None


def test_of_times_the_measures_are_those_that_the_manifest_promises():
    model = model_of_times()
    promised = model.manifest.performance
    for name in ("observed_expected", "brier", "scaled_brier"):
        assert model.expected.measure(name) == getattr(promised, name)
    assert (model.expected.n, model.expected.events) == (promised.n, promised.events)
    assert Expected.from_json(model.expected.to_json()) == model.expected
    assert {level.column for level in model.expected.subgroups.levels} >= {"age", "site"}
