"""A committee of times is kept member by member, and tells the risk."""

import json

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.models.committee.survival import DeepCMESurvivalCommittee
from deepcme.models.survival.target import make_target
from deepcme.trained import files
from deepcme.trained.files import load_model, save_model
from deepcme.trained.learned.committee import LearnedCommittee
from deepcme.trained.new_samples import expression_of
from deepcme.trained.prediction import predict
from deepcme.trained.training import TrainingSettings, train_model
from deepcme.trained.validation import validate_model
from tests.trained.learned.profiles import require_no_profile
from tests.trained.survival.conftest import patients

MEMBERS = ("Cox-ridge", "Cox-top-200")


@pytest.fixture(scope="module")
def cohort():
    return patients(70, 0)[0]


@pytest.fixture(scope="module")
def in_use(cohort):
    settings = TrainingSettings(
        repeats=1, model="Cox-committee", parameters={"members": MEMBERS}
    )
    return train_model(cohort, settings)


def test_what_is_kept_scores_as_what_was_fitted(cohort):
    rows = np.asarray((cohort.X - cohort.X.mean(axis=0)) / cohort.X.std(axis=0))
    fitted = DeepCMESurvivalCommittee(MEMBERS, random_state=0)
    fitted.fit(rows, make_target(cohort.outcome.follow_up))
    kept = LearnedCommittee.of(fitted, rows, ["coefficients"] * 2)
    scores = kept.evaluate(rows)
    np.testing.assert_allclose(scores.score, fitted.predict(rows), atol=1e-5)
    of_members = fitted.slope_ * fitted.score_members(rows)
    np.testing.assert_allclose(scores.by_member, of_members, atol=1e-5)
    require_no_profile(kept.arrays(), rows)


def test_its_file_round_trips_and_older_versions_refuse_it(in_use, tmp_path, monkeypatch):
    save_model(in_use, tmp_path / "model")
    content = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert content["schema_version"] == 8
    assert [member["name"] for member in content["model"]["members"]] == list(MEMBERS)
    read = load_model(tmp_path / "model")
    assert read.manifest == in_use.manifest
    new = expression_of(patients(20, 3, name="new")[0])
    tables = [predict(model, new).table for model in (read, in_use)]
    pd.testing.assert_frame_equal(*tables)
    assert tables[0]["members"].str.fullmatch(r"Cox-ridge [\d.]+; Cox-top-200 [\d.]+").all()
    monkeypatch.setattr(files, "SCHEMA_VERSION", 6)
    with pytest.raises(DeepCMEError, match="newer deepcme wrote this model"):
        load_model(tmp_path / "model")


@pytest.mark.slow
def test_what_was_promised_holds_on_new_patients(in_use):
    tables = validate_model(in_use, patients(150, 1, name="new")[0]).tables
    found = tables["external_discrimination"].set_index("measure")["value"]
    promised = in_use.manifest.performance.uno_c.value
    assert found["uno_c"] == pytest.approx(promised, abs=0.15)
