"""Forest plots of groups of patients: how they are ranked, and O/E beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.groups.between_levels import OBSERVED_EXPECTED, with_ends
from deepcme.report.figures.forest import Axis, forest_heading, forest_row, plot_forests
from deepcme.report.figures.styles import Chart

_WIDTHS = (185, 140)
_WIDEST_RATIO = 8.0
_CHANCE, _HIGHEST_START = 0.5, 0.4


def plot_subgroups(
    levels: pd.DataFrame,
    interactions: pd.DataFrame,
    headings: Mapping[str, str],
    overall: Mapping[str, float],
) -> Chart:
    """Two panels of one model: AUC, or C, and O/E, levels below the names of their columns.

    Parameters
    ----------
    levels, interactions : DataFrame
        One model's, as `compute_subgroups` and `compute_interactions` give them; p-values
        stand beside the names of the columns.
    headings : mapping
        Of each measure, its name for readers; the first is that of ranks.
    overall : mapping
        Of the measures, what they are in all patients, if that is known.
    """
    rank = next(iter(headings))
    lowest = np.nanmin([_HIGHEST_START, levels[f"{rank}_low"].min()])
    domain = (float(np.floor(10 * lowest)) / 10, 1.0)
    panels = [
        (
            _rows(levels, interactions, rank, headings[rank]),
            Axis(headings[rank], domain, _CHANCE, overall.get(rank)),
        )
    ]
    if levels[OBSERVED_EXPECTED].notna().any():
        rows = _rows(levels, interactions, OBSERVED_EXPECTED, "O/E").assign(counts="")
        domain = _domain_of_ratios(levels)
        of_all = overall.get(OBSERVED_EXPECTED)
        panels.append((rows, Axis("O/E (log scale)", domain, 1.0, of_all, is_ratio=True)))
    described = (
        f"Forest plot: {' and '.join(axis.title for _, axis in panels)} in "
        f"{len(levels)} groups of patients, with 95% intervals."
    )
    return plot_forests(panels, _WIDTHS, described)


def _rows(
    levels: pd.DataFrame, interactions: pd.DataFrame, measure: str, heading: str
) -> pd.DataFrame:
    """A heading for each column, with the p-value of its interaction, then its levels."""
    of_measure = interactions[interactions["measure"] == measure]
    p_values = dict(zip(of_measure["column"], of_measure["p_value"], strict=True))
    rows = [forest_heading("", f"{heading} (95%)")]
    for column, of_column in levels.groupby("column", sort=False):
        p_value = f"interaction p {p_values[column]:.2g}" if column in p_values else ""
        rows.append(forest_heading(str(column), p_value, counts=""))
        rows += [_row(row, measure) for row in of_column.to_dict("records")]
    return pd.DataFrame(rows)


def _row(row: Mapping[Any, Any], measure: str) -> dict[str, Any]:
    columns = with_ends(measure)
    value, low, high = (row[column] for column in columns)
    numbers = row["absent"] if np.isnan(value) else f"{value:.2f}"
    if np.isfinite([low, high]).all():
        numbers += f" ({low:.2f} to {high:.2f})"
    counts = f"{row['n']:,} / {row['events']:,}"
    return forest_row(row["level"], (value, low, high), numbers, counts=counts)


def _domain_of_ratios(levels: pd.DataFrame) -> tuple[float, float]:
    """As far to either side of 1, at least to 1/2 and 2."""
    ends = levels[list(with_ends(OBSERVED_EXPECTED))].to_numpy(np.float64)
    farthest = float(np.exp(np.nanmax(np.abs(np.log(ends)))))
    widest = min(max(farthest, 2.0), _WIDEST_RATIO)
    return 1 / widest, widest
