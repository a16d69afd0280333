"""How long the patients of a study of times were followed, and what ended it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import AbsentError
from deepcme.base.time_scale import TimeScale
from deepcme.cohort.follow_up import CENSORED, COMPETING, EVENT, FollowUp
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from deepcme.evaluation.survival.kaplan_meier import compute_median_follow_up
from deepcme.report.formatting import TableLayout

FOLLOW_UP = TableLayout(
    "How long the patients were followed, and what ended it.",
    ("quantity", "Follow-up", ""), ("shown", "Patients, or value with its 95% interval", ""),
    note="The median is that of reverse Kaplan-Meier (Schemper and Smith 1996): how long those "
    "with an event would have been followed too. The risk is 1 - Kaplan-Meier, or "
    "Aalen-Johansen's where there is a competing event; 95% intervals, Wald's on the log scale "
    "for the risk, Brookmeyer and Crowley's for the median.",
)  # fmt: skip


def compute_follow_up(follow_up: FollowUp, horizon: float | None) -> pd.DataFrame:
    """Patients by how their follow-up ended, its median, and the risk by the horizon.

    Parameters
    ----------
    follow_up : FollowUp
        One row a patient.
    horizon : float or None

    Returns
    -------
    DataFrame
        Columns `quantity, value, ci_low, ci_high, n, absent` (why there is no value). Times
        are in the unit of the follow-up.
    """
    ends, times = follow_up.events, follow_up.times
    counts = {
        "patients": follow_up.n,
        "event": int((ends == EVENT).sum()),
        "competing": int((ends == COMPETING).sum()),
        "censored": int((ends == CENSORED).sum()),
    }
    if horizon is not None:
        until = times <= horizon
        counts |= {
            "event_by_horizon": int((until & (ends == EVENT)).sum()),
            "competing_by_horizon": int((until & (ends == COMPETING)).sum()),
            "censored_before_horizon": int((until & (ends == CENSORED)).sum()),
            "followed_beyond_horizon": int((~until).sum()),
        }
    rows = [
        {"quantity": name, "value": float(count), "ci_low": np.nan, "ci_high": np.nan}
        for name, count in counts.items()
        if count or "competing" not in name
    ]
    table = pd.DataFrame(rows).assign(n=follow_up.n, absent="")
    estimates = [_estimate("median_follow_up", follow_up, None)]
    if horizon is not None:
        estimates.append(_estimate("risk", follow_up, horizon))
    return pd.concat([table, pd.DataFrame(estimates)], ignore_index=True)


def _estimate(name: str, follow_up: FollowUp, horizon: float | None) -> dict[str, object]:
    nothing = dict.fromkeys(("value", "ci_low", "ci_high"), np.nan)
    try:
        found = (
            compute_median_follow_up(follow_up)
            if horizon is None
            else compute_risk(follow_up, horizon)
        )
    except AbsentError as absent:
        return {"quantity": name, **nothing, "n": follow_up.n, "absent": str(absent)}
    ends = {"value": found.value, "ci_low": found.ci_low, "ci_high": found.ci_high}
    return {"quantity": name, **ends, "n": follow_up.n, "absent": ""}


def show_follow_up(
    table: pd.DataFrame, scale: TimeScale, horizon: float | None
) -> pd.DataFrame:
    """The table in words: columns quantity and shown."""
    words = _name_quantities("" if horizon is None else scale.describe(horizon))
    rows = [(words[row["quantity"]], _show(row, scale)) for _, row in table.iterrows()]
    return pd.DataFrame(rows, columns=["quantity", "shown"])


def _name_quantities(until: str) -> dict[str, str]:
    return {
        "patients": "Patients",
        "event": "With the event",
        "competing": "With the competing event first",
        "censored": "Censored",
        "event_by_horizon": f"With the event by {until}",
        "competing_by_horizon": f"With the competing event by {until}",
        "censored_before_horizon": f"Censored before {until}",
        "followed_beyond_horizon": f"Followed beyond {until} without it",
        "median_follow_up": "Median follow-up",
        "risk": f"Risk of the event by {until}",
    }


def _show(row: pd.Series[Any], scale: TimeScale) -> str:
    value, low, high = row["value"], row["ci_low"], row["ci_high"]
    if row["absent"]:
        return str(row["absent"])
    if row["quantity"] == "risk":
        ends = "" if np.isnan(low) else f" ({low:.1%} to {high:.1%})"
        return f"{value:.1%}{ends}"
    if row["quantity"] == "median_follow_up":
        told = [f"{scale.show(time):.3g}" for time in (value, low, high) if not np.isnan(time)]
        ends = f" ({told[1]} to {told[2]})" if len(told) == 3 else ""
        return f"{told[0]} {scale.unit}{ends}"
    return f"{value:,.0f} ({value / row['n']:.1%})"


def group_by_end(samples: pd.DataFrame, horizon: float | None) -> dict[str, NDArray[np.bool_]]:
    """Samples by what is known of them at the horizon; without one, when follow-up ended.

    Groups of events alone would hide who was censored, and take a short follow-up for none
    of the event: those censored before the horizon are a group of their own.

    Parameters
    ----------
    samples : DataFrame
        `time` and `event`.
    horizon : float or None
    """
    time, end = samples["time"].to_numpy(), samples["event"].to_numpy()
    until = np.ones_like(end, dtype=bool) if horizon is None else time <= horizon
    event, censored = until & (end == EVENT), until & (end == CENSORED)
    return {"event": event, "no_event": ~event & ~censored, "censored": censored}
