"""What acting on the predicted risks is worth: net benefit by threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.evaluation.probabilities.utility import compute_decision_curve
from deepcme.report.blocks import Blocks, Figure, Text
from deepcme.report.design import describe_pooling
from deepcme.report.figures.risk import plot_decision_curve
from deepcme.report.formatting import SideBySideLayout
from deepcme.report.section import Contents, Section

_THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.5)
_NET_BENEFIT = SideBySideLayout(
    "Net benefit, for each patient, of acting at a threshold of risk: true positives less "
    "false ones weighted by the odds of the threshold; in brackets 95% intervals by "
    "patient bootstrap, too narrow where few patients reach the threshold. A model is "
    "useful where it is above treating all and none (0).",
    {f"at {at:.2f}": (f"At {at:.0%}", ".3f") for at in _THRESHOLDS},
)


def compute_net_benefit_table(curve: pd.DataFrame) -> pd.DataFrame:
    """Net benefit at a few thresholds of risk, as rows of a table side by side.

    Parameters
    ----------
    curve : DataFrame
        As `compute_decision_curve` gives it.

    Returns
    -------
    DataFrame
        Columns model, metric (such as ``at 0.20``), threshold, value, ci_low, ci_high,
        n, events, n_patients, n_splits; `model` is also treating all or none.
    """
    nearest = np.isclose(curve["threshold"].to_numpy()[:, None], _THRESHOLDS)
    rows = curve[nearest.any(axis=1)].rename(
        columns={"strategy": "model", "net_benefit": "value"}
    )
    rows.insert(1, "metric", "at " + rows["threshold"].map("{:.2f}".format))
    table: pd.DataFrame = rows.reset_index(drop=True)
    return table


def _compute(contents: Contents) -> None:
    results, random = contents.results, contents.random("utility")
    contents.add(
        "decision_curve",
        lambda: compute_decision_curve(results.predictions, random),
        draw=lambda curve: plot_decision_curve(curve, results.models),
    )
    contents.add(
        "net_benefit",
        lambda: compute_net_benefit_table(contents.require("decision_curve")),
        _NET_BENEFIT,
    )
    contents.notes["pooling"] = describe_pooling(results.study.split)


def _write(contents: Contents) -> Blocks:
    pooling = contents.notes["pooling"] if "net_benefit" in contents.tables else ""
    return [
        Figure(
            "decision_curve",
            "Decision curves by model",
            "Net benefit of acting on each model's risk, beside treating all (grey) and "
            "treating none (black). Click a name in the legend to single it out, double click "
            "to show all.",
        ),
        contents.show("net_benefit"),
        Text(f"Net benefit: {pooling}" if pooling else "", muted=True),
    ]


SECTION = Section(_write, _compute)
