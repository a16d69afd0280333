"""What R makes of invented patients, and of frozen predictions of real ones."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.at_horizon import AtHorizon

REFERENCES = Path(__file__).parent / "references"
FROZEN = ("GSE25055", "GSE16446", "GSE1992")
Frozen = tuple[AtHorizon, np.ndarray, np.ndarray, dict[str, Any]]


def load(name: str) -> dict[str, Any]:
    return json.loads((REFERENCES / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def curves() -> dict[str, Any]:
    """What R's survival makes of `invented`."""
    return load("curves")


@pytest.fixture(scope="session")
def invented() -> pd.DataFrame:
    """Patients in three groups and two strata, with ties and competing events."""
    return pd.read_csv(REFERENCES / "curves.csv")


@pytest.fixture
def follow_up(invented: pd.DataFrame) -> FollowUp:
    return FollowUp(invented["time"], invented["event"])


@pytest.fixture(scope="session")
def frozen() -> dict[str, Frozen]:
    """For each cohort: patients at the horizon in few draws, scores, risks, values of R."""
    return {
        name: freeze(FollowUp(case["times"], case["events"]), case, case)
        for name, case in load("ipcw")["cohorts"].items()
    }


@pytest.fixture(scope="session")
def competing() -> dict[str, Frozen]:
    """The same of invented patients with tied times and a competing event, and without it."""
    case = load("competing")
    follow_up = FollowUp(case["times"], case["events"])
    return {
        "competing": freeze(follow_up, case, case["competing"]),
        "alone": freeze(follow_up.of_cause(1), case, case["alone"]),
    }


def freeze(follow_up: FollowUp, case: dict[str, Any], values: dict[str, Any]) -> Frozen:
    at = AtHorizon.draw(follow_up, case["horizon"], np.random.default_rng(0), 100)
    return at, np.array(case["scores"]), np.array(case["risks"]), values
