"""The score test of each gene alone."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.cohort.follow_up import FollowUp
from deepcme.models.survival.screening import compute_score_statistics
from tests.models.survival.patients import make_patients

EVALUATION_REFERENCES = Path(__file__).parents[2] / "evaluation" / "survival" / "references"


def test_score_statistics_are_those_of_coxph():
    reference = json.loads((EVALUATION_REFERENCES / "cox.json").read_text(encoding="utf-8"))
    patients = pd.read_csv(EVALUATION_REFERENCES / "cox.csv")
    statistics = compute_score_statistics(
        patients[["age", "marker"]].to_numpy(),
        FollowUp(patients["time"], patients["event"]),
    )
    np.testing.assert_allclose(statistics**2, reference["score_tests"], atol=1e-8)


def test_score_statistics_of_noise_are_standard_normal_and_of_a_constant_0():
    noise, follow_up = make_patients(200, 3000, [0.0], seed=5)
    noise[:, 7] = 4.0
    statistics = compute_score_statistics(noise, follow_up)
    assert statistics[7] == 0
    assert abs(statistics.mean()) < 0.06
    assert 0.95 < statistics.std() < 1.05
    assert 0.035 < np.mean(np.abs(statistics) > 1.96) < 0.065
