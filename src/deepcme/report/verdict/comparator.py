"""Whom a study's first sentence sets the model beside, where there are no clinical columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.nulls import LEVEL
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.verdict.estimate import Estimate
from deepcme.report.verdict.facts import RankingFacts
from deepcme.study.parts.comparators.clinical_index import PARTIAL


@dataclass(frozen=True)
class Comparator:
    """What the model is set beside, on the same patients.

    Attributes
    ----------
    model : str
        Its name among the predictions.
    name : str
        In words.
    short : str
        What it is called when it is named again.
    value : float
        How it ranks the patients; pooled where cohorts were left out, NaN where they are not.
    difference : Estimate
        The model less it; NaN where they are not compared.
    p_value : float
        Of the difference, after Holm where it is one of many; NaN where its interval alone
        decides, as it was named beforehand.
    """

    model: str
    name: str
    short: str
    value: float
    difference: Estimate = field(default_factory=lambda: Estimate(np.nan))
    p_value: float = np.nan

    @property
    def what(self) -> str:
        """What it ranks patients by, in words."""
        return f"genes ({self.model})" if self.name == self.model else self.name

    @property
    def is_compared(self) -> bool:
        """Whether there is a difference to it."""
        return bool(np.isfinite(self.difference.value))

    @property
    def is_better(self) -> bool:
        """Whether it is shown to rank patients better, if it exceeds chance."""
        return self.difference.high < 0 and not self.p_value > LEVEL

    @property
    def is_worse(self) -> bool:
        """Whether the model is shown to rank patients better, if that exceeds chance."""
        return self.difference.low > 0 and not self.p_value > LEVEL


def find_comparator(facts: RankingFacts) -> Comparator | None:
    """The signature that was named beforehand, the clinical index, or the trained model.

    A signature that was made on patients of the cohort is not one, as its number is too good.
    A clinical index is compared after Holm, as it stands among others.

    Parameters
    ----------
    facts : RankingFacts

    Returns
    -------
    Comparator or None
        None where the study has no other model.
    """
    signature = facts.signature
    if signature is not None and not signature["trained_here"].any():
        return _beside_clinic(facts, signature, "the signature")
    if facts.asked.index is not None:
        return _beside_clinic(facts, facts.asked.index, "the index", corrected=True)
    if facts.has_comparator:
        row = facts.planned
        return _trained(facts, str(row["baseline"]), row)
    return _trained(facts, facts.asked.comparator) if facts.asked.comparator else None


def _beside_clinic(
    facts: RankingFacts, rows: pd.DataFrame, short: str, *, corrected: bool = False
) -> Comparator:
    row = rows.iloc[0]
    model, is_one = str(row["model"]), LEFT_OUT not in rows.columns
    partial = " (partial)" if row["standing"] == PARTIAL else ""
    name = f"the {str(row['title']).partition(' (')[0]}{partial}"
    if not is_one:
        return Comparator(model, name, short, facts.asked.values.get(model, np.nan))
    ends = (float(row[of]) for of in ("difference", "difference_low", "difference_high"))
    p_value = float(row["p_holm"]) if corrected else np.nan
    return Comparator(model, name, short, float(row["value"]), Estimate(*ends), p_value)


def _trained(facts: RankingFacts, model: str, row: pd.Series[Any] | None = None) -> Comparator:
    value = facts.asked.values.get(model, np.nan)
    if row is None:
        return Comparator(model, model, model, value)
    ends = (float(row[of]) for of in ("difference", "ci_low", "ci_high"))
    return Comparator(model, model, model, value, Estimate(*ends))
