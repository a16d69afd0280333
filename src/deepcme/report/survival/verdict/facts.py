"""The numbers of a study of times that its verdict is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.time_scale import TimeScale
from deepcme.cohort.follow_up import CENSORED, COMPETING, EVENT, FollowUp
from deepcme.evaluation.survival.planning.sample_size import ASSUMED_CONCORDANCE
from deepcme.report.verdict.facts import RankingFacts


@dataclass(frozen=True)
class SurvivalFacts(RankingFacts):
    """What was found of one model.

    Its rows are those of Uno's C that `compute_survival_discrimination` gives, its comparison
    the differences of Uno's C that `compute_survival_differences` gives.

    Attributes
    ----------
    follow_up : FollowUp
        Of the tested patients.
    unit : str
        Of the times.
    horizon : float or None
    groups : DataFrame or None
        The model's, as `compute_group_risks` gives them; None where there are none.
    censoring : sequence of str
        Columns that censoring may depend on.
    n_fits, n_nothing : int
        Fits of the model, and how many of them selected nothing.
    """

    measure, value, good = "C-index", "value", ASSUMED_CONCORDANCE

    _: KW_ONLY
    follow_up: FollowUp
    unit: str
    horizon: float | None
    groups: pd.DataFrame | None = None
    censoring: Sequence[str] = ()
    n_fits: int = 0
    n_nothing: int = 0

    def describe_time(self, time: float) -> str:
        """A time in words, such as ``5 years``."""
        return self._scale.describe(time)

    def describe_about(self, time: float) -> str:
        """A time that was estimated, with no more digits than it has."""
        scale = self._scale
        return scale.describe(float(f"{scale.show(time):.3g}") * scale.per_unit)

    @property
    def _scale(self) -> TimeScale:
        return TimeScale.of(self.unit, float(self.follow_up.times.max()))

    @property
    def asked_for(self) -> str:
        """The event, by the horizon where there is one."""
        by = "" if self.horizon is None else f" within {self.until}"
        return f"{self.asked.endpoint}{by}"

    @property
    def until(self) -> str:
        """The horizon in words."""
        assert self.horizon is not None
        return self.describe_time(self.horizon)

    @property
    def n_events(self) -> int:
        """Events by the horizon; without one, all."""
        return self._count(EVENT)

    @property
    def n_competing(self) -> int:
        """Patients with the competing event by then."""
        return self._count(COMPETING)

    @property
    def n_censored(self) -> int:
        """Patients of whom it is not known whether they had the event by the horizon."""
        return self._count(CENSORED)

    def _count(self, end: int) -> int:
        ended = self.follow_up.events == end
        if self.horizon is not None:
            ended = ended & (self.follow_up.times <= self.horizon)
        return int(ended.sum())

    @property
    def is_estimable(self) -> bool:
        """Whether there is a C, of any cohort: what refuses that refuses all measures."""
        return bool(self.rows["value"].notna().any())

    @property
    def kind_of_others(self) -> str:
        """What other intervals are called: nothing, once that of C has been named."""
        return "" if np.isfinite(self.rows["ci_low"]).any() else "bootstrap"

    def group(self, name: str) -> pd.Series[Any] | None:
        """The third of this name, if there is such a one with a risk."""
        if self.groups is None:
            return None
        rows = self.groups[(self.groups["group"] == name) & self.groups["risk"].notna()]
        return None if rows.empty else rows.iloc[0]
