"""What a page says of one sample's risk by a panel: its interval, range and place."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from deepcme.base.words import few
from deepcme.report.formatting import Shown, TableLayout
from deepcme.trained.panels.panel import INTERVAL_IN_WORDS

_INDEX = TableLayout(
    "Every sample of this page.",
    ("sample", "Sample", ""), ("probability", "Probability", ".1%"), ("risk", "Risk", ".1%"),
    ("ci_low", "95% interval, from", ".1%"), ("ci_high", "to", ".1%"),
    ("lowest", "Range, from", ".1%"), ("highest", "to", ".1%"),
    ("place", "Training patients with less", ".0%"), ("positive", "Positive", ""),
    ("group", "Third of risk", ""), ("far", "Far from training", ""),
    ("training_patient", "Learned from", ""), ("outside", "Out of range", ""),
    ("remark", "Remark", ""),
    optional=("probability", "risk", "positive", "group"),
    note=f"The 95% interval says {INTERVAL_IN_WORDS}. A sample that lacks a gene has a range "
    "in place of a risk: whatever that gene is within its training range. Learned from: "
    "whether the model learned from the sample's patient.",
)  # fmt: skip


def show_panel_index(table: pd.DataFrame) -> Shown:
    """The samples, a row each, with a range where there is no risk."""
    has_risk = table["ci_low"].notna()
    outside = [few(said.split("; ")) if said else "" for said in table["outside"]]
    ends = table[["lowest", "highest"]].mask(has_risk)
    return _INDEX.show(table.assign(outside=outside, **ends))


def describe_uncertainty(row: Mapping[Hashable, Any]) -> str:
    """What is known of it: the interval of a panel, else the spread over members."""
    if not pd.isna(row.get("ci_low")):
        return f"95% interval {row['ci_low']:.0%} to {row['ci_high']:.0%}"
    spread = row["spread"]
    if pd.isna(spread):
        return ""
    return f"spread over the model's members {100 * spread:.0f} points"


def describe_range(row: Mapping[Hashable, Any]) -> str:
    """The range that stands in place of a risk; empty where there is none."""
    if pd.isna(row.get("lowest")):
        return ""
    return f"between {row['lowest']:.0%} and {row['highest']:.0%}"


def describe_place(row: Mapping[Hashable, Any]) -> str:
    """Where the risk stands among those of the training patients; empty where unknown."""
    if pd.isna(row.get("place")):
        return ""
    return f"Of the training patients {row['place']:.0%} had a lower risk."
