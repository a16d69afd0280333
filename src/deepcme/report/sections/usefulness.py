"""What acting on the predicted risks is worth: net benefit by threshold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from deepcme.evaluation.utility import compute_decision_curve
from deepcme.report.design import describe_pooling
from deepcme.report.figures.risk import plot_decision_curve
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import NET_BENEFIT_THRESHOLDS, SideBySideLayout
from deepcme.report.section import Block, Contents, Figure, Section, Table, Text

_NET_BENEFIT = SideBySideLayout(
    "Net benefit, for each patient, of acting at a threshold of risk: true positives less "
    "false ones weighted by the odds of the threshold; in brackets 95% intervals by "
    "patient bootstrap, too narrow where few patients reach the threshold. A model is "
    "useful where it is above treating all and none (0)."
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
    nearest = np.isclose(curve["threshold"].to_numpy()[:, None], NET_BENEFIT_THRESHOLDS)
    rows = curve[nearest.any(axis=1)].rename(
        columns={"strategy": "model", "net_benefit": "value"}
    )
    rows.insert(1, "metric", "at " + rows["threshold"].map("{:.2f}".format))
    table: pd.DataFrame = rows.reset_index(drop=True)
    return table


def _compute(contents: Contents) -> None:
    contents.add(
        "decision_curve",
        lambda: compute_decision_curve(
            contents.results.predictions, contents.random("utility")
        ),
    )
    contents.add(
        "net_benefit", lambda: compute_net_benefit_table(contents.table("decision_curve"))
    )
    contents.notes["pooling"] = describe_pooling(contents.results.study.split)


def _draw(contents: Contents) -> dict[str, Chart]:
    if "decision_curve" not in contents.tables:
        return {}
    curve = contents.tables["decision_curve"]
    return {"decision_curve": plot_decision_curve(curve, contents.results.models)}


def _write(contents: Contents) -> Iterator[Block]:
    if "net_benefit" not in contents.tables:
        return
    yield Figure(
        "decision_curve",
        "Decision curves by model",
        "Net benefit of acting on each model's risk, beside treating all (grey) and treating "
        "none (black). Click a name in the legend to single it out, double click to show all.",
    )
    yield Table("net_benefit", _NET_BENEFIT.show(contents.tables["net_benefit"]))
    if contents.notes["pooling"]:
        yield Text(f"Net benefit: {contents.notes['pooling']}", muted=True)


USEFULNESS = Section(_compute, _write, _draw)
