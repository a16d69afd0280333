"""Whether hazards are proportional: whether what a column says wanes with time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.evaluation.survival.follow_up import EVENT, FollowUp
from deepcme.evaluation.survival.partial_likelihood import EFRON, PartialLikelihood

ALL_COLUMNS = "all columns"
FEWEST_EVENTS_TO_TELL = 30
"""With fewer, a change of effect with time is hardly ever found [Grambsch 1994, table 1]."""


@dataclass(frozen=True, eq=False)
class ProportionalHazards:
    """The check of a Cox regression's columns.

    Attributes
    ----------
    tests : DataFrame
        `column, chi2, degrees_of_freedom, p_value, trend, n, events`: the score test that
        the log hazard ratio does not change with time, of each column and of all together;
        `trend` is the slope of the log hazard ratio over the share of events that have
        happened (0 to 1), NaN for all together.
    residuals : DataFrame
        `time, column, log_hazard_ratio`: the scaled Schoenfeld residual of each event, whose
        smooth over time is the log hazard ratio then.
    """

    tests: pd.DataFrame
    residuals: pd.DataFrame
