"""Frozen predictions of real follow-up, with the values of others."""

import json
from pathlib import Path

import numpy as np
import pytest

from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.follow_up import FollowUp

REFERENCES = Path(__file__).parent / "references"
FROZEN = ("GSE25055", "GSE16446", "GSE1992")


def load(name):
    return json.loads((REFERENCES / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def frozen():
    """For each cohort: patients at the horizon in few draws, scores, risks, values of R."""
    cases = {}
    for name, case in load("ipcw")["cohorts"].items():
        follow_up = FollowUp(case["times"], case["events"])
        at = AtHorizon.draw(follow_up, case["horizon"], np.random.default_rng(0), 100)
        cases[name] = at, np.array(case["scores"]), np.array(case["risks"]), case
    return cases


@pytest.fixture(scope="session")
def competing():
    """The same of invented patients with tied times and a competing event, and without it."""
    case = load("competing")
    follow_up = FollowUp(case["times"], case["events"])
    scores, risks = np.array(case["scores"]), np.array(case["risks"])
    return {
        kind: (at_time, scores, risks, case[kind])
        for kind, of_kind in (("competing", follow_up), ("alone", follow_up.of_cause(1)))
        for at_time in [AtHorizon.draw(of_kind, case["horizon"], np.random.default_rng(0), 50)]
    }
