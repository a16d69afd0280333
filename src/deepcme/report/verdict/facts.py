"""The numbers of a study that its verdict is made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from deepcme.evaluation.nulls import LEVEL
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.sample_size import ASSUMED_AUC
from deepcme.report.chance import can_reject
from deepcme.report.design import strata_column
from deepcme.report.verdict.asked import Asked
from deepcme.study.designs import SplitSettings


@dataclass(frozen=True)
class RankingFacts:
    """What was found of how one model ranks patients, whatever the outcome.

    Attributes
    ----------
    model : str
        The headline.
    rows : DataFrame
        Its own measure of ranks, one row or one of each cohort left out: `ci_low, ci_high`.
    split : SplitSettings
    above_chance : collection of str
        Models that are shown to exceed chance.
    training_share : float
        Share of the patients that one fit learns from.
    cohort : mapping
        `samples, patients, positives`: numbers in the cohort, tested or not.
    leaks : sequence of str
        As `find_leaks` gives them.
    comparison : DataFrame or None
        Differences to baselines: `baseline, comparator, difference, ci_low, ci_high`; None
        where there is none.
    notes : mapping
        Sentences of the sections, by name.
    permutation : DataFrame or None
        As `compute_permutation_table` gives it, or `compute_survival_permutation_table`; None
        where it was not run.
    looks : sequence of int or None
        After how many permutations the test was made, None for unknown numbers.
    signature : DataFrame or None
        As `find_signature` gives the signature that was named beforehand.
    asked : Asked
    """

    measure: ClassVar[str]
    """What its measure of ranks is called; `value` is its column among the rows."""
    value: ClassVar[str]
    good: ClassVar[float]
    """What a good model reaches by that measure: what sample sizes are computed for."""

    model: str
    rows: pd.DataFrame
    split: SplitSettings
    above_chance: Collection[str]
    training_share: float
    cohort: Mapping[str, Any]
    leaks: Sequence[str] = ()
    comparison: pd.DataFrame | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    permutation: pd.DataFrame | None = None
    looks: Sequence[int | None] = ()
    signature: pd.DataFrame | None = None
    asked: Asked = field(default_factory=Asked)

    @property
    def asked_for(self) -> str:
        """The endpoint in a few words."""
        return self.asked.endpoint

    @property
    def permutation_decides(self) -> bool:
        """Whether the permutation test says what chance is, and no interval does."""
        return self.permutation is not None and can_reject(self.permutation)

    @property
    def by_cohort(self) -> bool:
        """Whether cohorts were left out, each with a row of its own."""
        return LEFT_OUT in self.rows.columns

    @property
    def is_above_chance(self) -> bool:
        """Whether anything may be claimed of the model."""
        return self.model in self.above_chance

    @property
    def of_one(self) -> pd.Series[Any]:
        """The row of a study that leaves no cohort out."""
        row: pd.Series[Any] = self.rows.iloc[0]
        return row

    @property
    def cohorts_at_chance(self) -> list[str]:
        """Cohorts left out whose interval does not lie above 0.5."""
        rows = self.rows[~(self.rows["ci_low"] > 0.5)]
        return rows[LEFT_OUT].astype(str).tolist()

    @property
    def has_comparator(self) -> bool:
        """Whether a comparator was named beforehand."""
        return self.comparison is not None and bool(self.comparison["comparator"].any())

    @property
    def planned(self) -> pd.Series[Any]:
        """The one comparison that was planned: with the comparator named beforehand."""
        assert self.comparison is not None
        row: pd.Series[Any] = self.comparison[self.comparison["comparator"]].iloc[0]
        return row

    @property
    def favours(self) -> str:
        """Whom the planned comparison favours by its interval: a model, or none."""
        if self.has_comparator and self.planned["ci_low"] > 0:
            return self.model
        if self.has_comparator and self.planned["ci_high"] < 0:
            return str(self.planned["baseline"])
        return ""


@dataclass(frozen=True)
class Facts(RankingFacts):
    """What was found of a model that predicts a binary outcome.

    Its rows are those of `compute_discrimination`, its comparison that of `compute_comparison`.
    """

    measure, value, good = "AUC", "auc", ASSUMED_AUC

    @property
    def is_stratified(self) -> bool:
        """Whether patients are ranked within levels, and across them beside."""
        return bool(strata_column(self.split)) and not self.by_cohort

    @property
    def fewest(self) -> pd.Series[Any]:
        """The row with the fewest of the rarer class, of a cohort if any is left out."""
        row: pd.Series[Any] = self.rows.iloc[int(np.argmin(self._rarer))]
        return row

    @property
    def n_rarer(self) -> int:
        """Samples of the rarer class, where they are fewest."""
        return int(np.min(self._rarer))

    @property
    def _rarer(self) -> Any:
        return np.minimum(self.rows["events"], self.rows["n"] - self.rows["events"])

    @property
    def n_compared(self) -> int:
        """Baselines that are corrected for together; 0 where only one was planned."""
        n = 0 if self.comparison is None else len(self.comparison)
        return 0 if n == 1 and self.has_comparator else n

    @property
    def beaten(self) -> list[str]:
        """Baselines that the model did better than, after Holm, if it exceeds chance."""
        return self._told_apart(1) if self.is_above_chance else []

    @property
    def unbeaten(self) -> list[str]:
        """Baselines that exceed chance and did better than the model, after Holm."""
        return [name for name in self._told_apart(-1) if name in self.above_chance]

    def _told_apart(self, sign: int) -> list[str]:
        if self.comparison is None or not self.n_compared:
            return []
        told = self.comparison[self.comparison["p_holm"] <= LEVEL]
        names: list[str] = told.loc[np.sign(told["difference"]) == sign, "baseline"].tolist()
        return names
