"""Invented patients, what R makes of them, and patients drawn from a known truth."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from deepcme.evaluation.survival.follow_up import FollowUp

REFERENCES = Path(__file__).parent / "references"


@pytest.fixture(scope="session")
def curves() -> dict[str, Any]:
    """What R's survival makes of `invented`."""
    return json.loads((REFERENCES / "curves.json").read_text())


@pytest.fixture(scope="session")
def invented() -> pd.DataFrame:
    """Patients in three groups and two strata, with ties and competing events."""
    return pd.read_csv(REFERENCES / "curves.csv")


@pytest.fixture
def follow_up(invented: pd.DataFrame) -> FollowUp:
    return FollowUp(invented["time"], invented["event"])
