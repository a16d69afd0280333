"""What is said of a committee beside its members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT

_CHOSEN = (
    "Which member is best was seen on the same test parts, which flatters it: nobody knew it "
    "beforehand, and the difference is rather too small than too large."
)


def describe_gain(
    table: pd.DataFrame,
    correlations: pd.DataFrame,
    measure: str,
    exceeds_chance: Callable[[str], bool],
) -> str:
    """What one committee is above its best member, and how alike the members rank.

    Parameters
    ----------
    table : DataFrame
        As `compute_committee_gain` gives it.
    correlations : DataFrame
        As `compute_member_correlations` gives them.
    measure : str
        Heading of the measure that it is of.
    exceeds_chance : callable
        Whether a model of a name is shown to exceed chance: no other is called better.
    """
    committee = str(table["committee"].iloc[0])
    best = table[table["best"]].to_dict("records")
    may_claim = exceeds_chance(committee)
    said = [_describe_best(row, committee, measure, may_claim) for row in best]
    return " ".join(filter(None, [*said, _CHOSEN, _describe_likeness(correlations)]))


def _describe_best(
    row: Mapping[Any, Any], committee: str, measure: str, may_claim: bool
) -> str:
    where = f"In {row[LEFT_OUT]}: " if LEFT_OUT in row else ""
    low, high = row["difference_low"], row["difference_high"]
    known = np.isfinite([low, high]).all()
    numbers = f"difference in {measure} {row['difference']:+.3f}, " + (
        f"95% interval {low:+.3f} to {high:+.3f}" if known else "without an interval"
    )
    counts = f"{row['n']:,.0f} {{}}, {row['events']:,.0f} events"
    ranks = "ranks patients" if low > 0 and may_claim else "is not shown to rank patients"
    counted = counts.format("patients" if measure.startswith("Uno") else "samples")
    return (
        f"{where}{committee} {ranks} better than its best member, {row['model']} ({numbers}; "
        f"{counted})."
    )


def _describe_likeness(correlations: pd.DataFrame) -> str:
    """The pair of members that rank most alike, and that which rank least alike."""
    if correlations.empty:
        return ""
    groups = correlations.groupby(["model", "other"], as_index=False, sort=False)
    pairs = groups["correlation"].mean()
    most, least = (
        pairs.loc[place]
        for place in (pairs["correlation"].idxmax(), pairs["correlation"].idxmin())
    )
    if len(pairs) <= 2:
        return f"Its members rank patients with a correlation of {most['correlation']:.2f}."
    return (
        f"{most['model']} and {most['other']} rank patients most alike (rank correlation "
        f"{most['correlation']:.2f}), {least['model']} and {least['other']} least "
        f"({least['correlation']:.2f}); members that are good and unlike gain most by an "
        "average."
    )
