"""Frozen predictions of real follow-up, with the values of others."""

import json
from pathlib import Path

import numpy as np
import pytest

from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.follow_up import FollowUp

REFERENCES = Path(__file__).parent / "references"
FROZEN = ("GSE25055", "GSE16446", "GSE1992")


@pytest.fixture(scope="session")
def frozen():
    """For each cohort: patients at the horizon in few draws, scores, risks, values of R."""
    cases = {}
    cohorts = json.loads((REFERENCES / "ipcw.json").read_text())["cohorts"]
    for name, case in cohorts.items():
        follow_up = FollowUp(case["times"], case["events"])
        at = AtHorizon.draw(follow_up, case["horizon"], np.random.default_rng(0), 100)
        cases[name] = at, np.array(case["scores"]), np.array(case["risks"]), case
    return cases
