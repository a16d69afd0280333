"""Invented patients with tied events, and what R says of them."""

import json
from pathlib import Path

import pandas as pd

from deepcme.cohort.follow_up import FollowUp

REFERENCES = Path(__file__).parent / "references"
R = json.loads((REFERENCES / "cox.json").read_text(encoding="utf-8"))
PATIENTS = pd.read_csv(REFERENCES / "cox.csv")
FOLLOW_UP = FollowUp(PATIENTS["time"], PATIENTS["event"])
DESIGN = PATIENTS[["age", "marker"]].to_numpy()
