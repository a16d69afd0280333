"""Whether a model is shown to rank patients by their times better than chance does.

As in `deepcme.report.chance` this is the gate before every claim of a gain: Uno's C comes
first, and only a model whose 95% interval of it lies above 0.5 is called better or useful.
"""

from __future__ import annotations

import pandas as pd

from deepcme.evaluation.survival.measured import UNO, TimeMeasure
from deepcme.report.section import Contents


def exceeds_chance(contents: Contents, model: str | None = None) -> bool:
    """Whether a model is shown to be above chance; where cohorts are left out, in each.

    Parameters
    ----------
    contents : Contents
        With the table `survival_discrimination`.
    model : str, optional
        By default the headline.
    """
    rows = select_measure(contents, model or contents.headline, UNO)
    return len(rows) > 0 and bool((rows["ci_low"] > 0.5).all())


def select_measure(contents: Contents, model: str, measure: TimeMeasure) -> pd.DataFrame:
    """Rows of a model's measure of ranks, one or one for each cohort left out."""
    table = contents.tables["survival_discrimination"]
    return table[(table["model"] == model) & (table["measure"] == measure.name)]
