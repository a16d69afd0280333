"""Warnings where many samples had no label, as those whose follow-up ended early."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from deepcme.cohort.flow import count_unlabelled, read_flow

MOST_CENSORED = 0.05
"""Share of samples without a label above which a warning stands."""

_EVENT = re.compile(r"event|status|relapse|recur|metast|progress")


def describe_unlabelled(cohort: Mapping[str, Any]) -> str:
    """A warning where many had no label, as those whose follow-up ended early; else nothing.

    They can only be without an event that was seen, so that the share of events among those
    kept is above the risk (Uno et al. 2007, J Am Stat Assoc 102:527-537).
    """
    unlabelled = count_unlabelled(read_flow(cohort.get("flow", [])))
    censored, blank, n = unlabelled.censored, unlabelled.blank, unlabelled.samples
    share = f"{cohort['positives'] / cohort['samples']:.1%}"
    if n and censored > MOST_CENSORED * n:
        return (
            f"{censored:,} of {n:,} samples ({censored / n:.0%}) were followed for too short a "
            f"time and left out; none of them had the event by then. The share of events, "
            f"{share}, therefore overstates the risk, and so do predicted risks and net "
            "benefit, however well calibrated they look here. Ranks suffer less."
        )
    if n and blank > MOST_CENSORED * n:
        columns = _columns_without_event(cohort.get("left_out", []))
        are = "is" if len(columns) == 1 else "are"
        none = f" ({' and '.join(columns)} {are} 0 for all of them)" if columns else ""
        return (
            f"{blank:,} of {n:,} samples ({blank / n:.0%}) had no label and were left out"
            f"{none}. Where that is because their follow-up ended early, the share of events, "
            f"{share}, overstates the risk, and so do predicted risks and net benefit: the "
            "author must state why they have none."
        )
    return ""


def describe_labelled_alone(cohort: Mapping[str, Any]) -> str:
    """That risks hold for the labelled alone, for the verdict, where many were censored."""
    unlabelled = count_unlabelled(read_flow(cohort.get("flow", [])))
    censored, n = unlabelled.censored, unlabelled.samples
    if not n or censored <= MOST_CENSORED * n:
        return ""
    return (
        f"{censored:,} of {n:,} samples ({censored / n:.0%}) were left out as censored before "
        "the horizon: risks, calibration and net benefit hold for the labelled alone."
    )


def _columns_without_event(left_out: Sequence[Mapping[str, Any]]) -> list[str]:
    """Columns of 0 and 1 called like events, in which 1 is of none left out, yet of others."""
    by_step = [
        [
            column["column"]
            for column in described["columns"]
            if _EVENT.search(column["column"].lower())
            and set(column["left_out"].get("words", {})) == {"0", "1"}
            and not (column["left_out"]["words"]["1"] or column["left_out"]["missing"])
            and column["kept"].get("words", {}).get("1")
        ]
        for described in left_out
    ]
    return [name for name in by_step[0] if all(name in of for of in by_step)] if by_step else []
