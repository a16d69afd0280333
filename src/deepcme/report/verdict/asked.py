"""What a study asked, for the sentence that answers it: of what, and beside whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.section import Contents
from deepcme.report.sections.comparators.compared import INDEX
from deepcme.report.verdict.gain import Gain, find_gain

_LONGEST = 60
_WITHOUT_NAME = ("", "event-within-horizon")
"""Names of endpoints that do not say of what they are: their rule does."""
_ANY_EVENT = "time-to-event"


@dataclass(frozen=True)
class Asked:
    """What is asked of a model, and what stands beside it.

    Attributes
    ----------
    endpoint : str
        In a few words, such as ``metastasis``.
    comparator : str
        The trained model that was named beforehand; empty where there is none.
    values : mapping
        How each model ranks patients, pooled where cohorts were left out.
    pooled : Series or None
        Row of the model in the table of the cohorts pooled; None where there is none.
    gain : Gain or None
        What the genes add to clinical columns; None where that was not asked, or is not known.
    index : DataFrame or None
        Rows of the clinical index, as `compute_beside_clinic` gives them.
    """

    endpoint: str = "the endpoint"
    comparator: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    pooled: pd.Series[Any] | None = None
    gain: Gain | None = None
    index: pd.DataFrame | None = None


def gather_asked(contents: Contents) -> Asked:
    """What was asked of a study's headline, of what the sections found."""
    results = contents.results
    pooled = _select_pooled(contents)
    of_headline = pooled[pooled["model"] == contents.headline]
    return Asked(
        endpoint=name_endpoint(results.cohort),
        comparator=results.study.comparator.model or "",
        values=_select_values(contents, pooled),
        pooled=None if of_headline.empty else of_headline.iloc[0],
        gain=find_gain(contents),
        index=_find_index(contents),
    )


def name_endpoint(cohort: Mapping[str, Any]) -> str:
    """The endpoint in a few words: by its name, or by the rule that it is made by.

    Parameters
    ----------
    cohort : mapping
        The cohort in numbers and words, as a study's folder holds it.
    """
    name = str(cohort.get("endpoint_name", ""))
    if name == _ANY_EVENT:
        return "the event"
    if name in _WITHOUT_NAME:
        name = str(cohort["endpoint"]).partition(" = ")[0].rstrip(".")
    else:
        name = name.removeprefix("time-to-").replace("-", " ")
    return shorten(name.replace("_", " "), _LONGEST, placeholder=" ...") or "the endpoint"


def _select_pooled(contents: Contents) -> pd.DataFrame:
    """Rows of the measure that ranks, pooled over the cohorts left out; none without them."""
    table = contents.tables.get("meta_analysis")
    if table is None:
        return pd.DataFrame({"model": [], "value": []})
    return table[table["measure"] == contents.results.ranked_by.name]


def _select_values(contents: Contents, pooled: pd.DataFrame) -> dict[str, float]:
    tables, results = contents.tables, contents.results
    if results.is_survival:
        ranks = tables["survival_discrimination"]
        ranks = ranks[ranks["measure"] == results.ranked_by.name]
    else:
        ranks = tables["discrimination"].rename(columns={"auc": "value"})
    table = pooled if LEFT_OUT in ranks.columns else ranks
    return dict(zip(table["model"].astype(str), table["value"].astype(float), strict=True))


def _find_index(contents: Contents) -> pd.DataFrame | None:
    table = contents.tables.get("beside_clinic")
    if table is None:
        return None
    rows = table[(table["kind"] == INDEX) & table["value"].notna()]
    return None if rows.empty else rows
