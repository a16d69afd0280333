"""Phrases of a verdict on any outcome: the signature that was named beforehand."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.section import Contents
from deepcme.report.verdict.facts import RankingFacts
from deepcme.report.verdict.phrase import Phrase
from deepcme.study.parts.comparators.clinical_index import PARTIAL
from deepcme.study.parts.comparators.signatures import PUBLISHED

Facts = TypeVar("Facts", bound=RankingFacts)

_COHORTS_TOLD = 3


def find_signature(contents: Contents) -> pd.DataFrame | None:
    """Rows of the signature that was named beforehand; None where there is none, or no value.

    Parameters
    ----------
    contents : Contents
        With the tables of what stands beside the models.

    Returns
    -------
    DataFrame or None
        As `compute_beside_clinic` gives them, and `trained_here`, whether it was made on
        patients of the cohort.
    """
    table = contents.tables.get("beside_clinic")
    if table is None:
        return None
    named = table[table["named"] & table["value"].notna()]
    if named.empty:
        return None
    described = contents.tables["beside_clinic_signatures"].set_index("signature")
    was_made_here = described["trained_here"].ne("")
    return named.assign(trained_here=named["model"].map(was_made_here))


def phrases_of_signature(measure: str) -> tuple[Phrase[Facts], ...]:
    """How the named signature ranks the same patients, and whether the model does better.

    Parameters
    ----------
    measure : str
        What its value is called.
    """

    def told(facts: Facts, found: str = "") -> str:
        return f"{_name(facts)}: {_values(facts, measure)}{found}."

    return (
        Phrase(
            "signature",
            lambda facts: facts.signature is not None and not _is_compared(facts),
            told,
        ),
        Phrase(
            "signature win",
            lambda facts: _favours(facts) == facts.model and facts.is_above_chance,
            lambda facts: told(facts, f"; {facts.model} did better ({_difference(facts)})"),
            claims=True,
        ),
        Phrase(
            "signature loss",
            lambda facts: _claims_loss(facts),
            lambda facts: told(facts, f"; {facts.model} did worse ({_difference(facts)})"),
            claims=True,
        ),
        Phrase(
            "signature tie",
            lambda facts: _is_compared(facts) and not _favours(facts),
            lambda facts: told(
                facts, f"; no demonstrated advantage of {facts.model} ({_difference(facts)})"
            ),
        ),
        Phrase(
            "signature difference without signal",
            lambda facts: bool(_favours(facts)) and not _favours_one_above_chance(facts),
            lambda facts: told(
                facts,
                f"; no difference is claimed, as {_favours(facts)} is not shown to be above "
                f"chance ({_difference(facts)})",
            ),
        ),
        Phrase(
            "signature made here",
            lambda facts: facts.signature is not None and bool(_row(facts)["trained_here"]),
            lambda facts: "It was made on patients of this cohort: that number is too good.",
        ),
    )


def _row(facts: RankingFacts) -> pd.Series[Any]:
    assert facts.signature is not None
    row: pd.Series[Any] = facts.signature.iloc[0]
    return row


def _name(facts: RankingFacts) -> str:
    row = _row(facts)
    title = str(row["title"]).partition(" (")[0]
    found = f" with {row['n_found']:.0f} of {row['n_listed']:.0f} genes"
    found = found if row["standing"] == PARTIAL else ""
    if row["kind"] != PUBLISHED:
        return f"{title}, of one's own file{found}, untrained"
    return f"{title[:1].upper()}{title[1:]}, research version{found} as published, untrained"


def _values(facts: RankingFacts, measure: str) -> str:
    assert facts.signature is not None
    rows = facts.signature
    if LEFT_OUT not in rows.columns:
        return f"{measure} {_value(rows.iloc[0])}"
    rows = rows.sort_values("value") if len(rows) > _COHORTS_TOLD else rows
    values = [_value(row, f" in {row[LEFT_OUT]}") for _, row in rows.iterrows()]
    if len(values) > _COHORTS_TOLD:
        return f"{measure} {values[0]} to {values[-1]}, the ends of {len(values)} cohorts"
    return f"{measure} {'; '.join(values)}"


def _value(row: pd.Series[Any], where: str = "") -> str:
    return f"{row['value']:.3f}{where} ({_ends(row, 'ci_low', 'ci_high', '.3f')})"


def _difference(facts: RankingFacts) -> str:
    row = _row(facts)
    ends = _ends(row, "difference_low", "difference_high", "+.3f")
    return f"difference {row['difference']:+.3f}, {ends}"


def _ends(row: pd.Series[Any], low: str, high: str, form: str) -> str:
    if not np.isfinite([row[low], row[high]]).all():
        return "no interval can be given"
    return f"{row[low]:{form}} to {row[high]:{form}}"


def _is_compared(facts: RankingFacts) -> bool:
    """Whether there is one difference to it, over all patients."""
    if facts.signature is None or facts.by_cohort:
        return False
    return bool(pd.notna(_row(facts)["difference"]))


def _favours(facts: RankingFacts) -> str:
    """Whom the difference favours by its interval: the model, the signature, or none."""
    if not _is_compared(facts):
        return ""
    row = _row(facts)
    if row["difference_low"] > 0:
        return facts.model
    return str(row["model"]) if row["difference_high"] < 0 else ""


def _claims_loss(facts: RankingFacts) -> bool:
    """Whether the signature did better, and exceeds chance on patients that did not make it."""
    favoured = _favours(facts)
    return favoured not in ("", facts.model) and favoured in facts.above_chance


def _favours_one_above_chance(facts: RankingFacts) -> bool:
    return _favours(facts) in facts.above_chance
