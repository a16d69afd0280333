"""The sentence on what genes add to clinical columns, by rule from the intervals.

One measure, the log loss, decides whether the genes add or harm, so that there is one way for
chance to make them. Whether the columns do better than the genes, or harm them, is told by AUC,
as a gene model's own probabilities may be uncalibrated. Nothing is called better that is not
itself shown to be above chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd

ADDS = "Gene expression{by} adds to {names} ({numbers})"
HARMS = "Gene expression{by} made the prediction by {names} worse ({numbers})"
NOT_SHOWN = "No demonstrated added value of gene expression{by} over {names} ({numbers})"
NOT_ABOVE_CHANCE = (
    "No demonstrated added value of gene expression{by} over {names}, as {headline} itself is "
    "not shown to be above chance ({numbers})"
)
CLINICAL_BEATS_GENES = (
    "these columns alone did better than the genes alone (AUC {better:.3f} against "
    "{worse:.3f}, {interval})"
)
CLINICAL_MAY_BEAT_GENES = (
    "these columns alone had a higher AUC than the genes alone, which may be chance "
    "({better:.3f} against {worse:.3f}, {interval})"
)
CLINICAL_HARMS = (
    "adding them to the genes made the prediction worse (AUC {worse:.3f}, genes alone "
    "{better:.3f}, {interval})"
)
CLINICAL_MAY_HARM = (
    "the genes alone had the higher AUC, which may be chance ({better:.3f}, both {worse:.3f}, "
    "{interval})"
)


class Effect(Enum):
    """What may be said of genes beside clinical columns."""

    ADDS = "adds"
    HARMS = "harms"
    NOT_SHOWN = "not shown"
    NOT_ABOVE_CHANCE = "not above chance"


_MAIN = {
    Effect.ADDS: ADDS,
    Effect.HARMS: HARMS,
    Effect.NOT_SHOWN: NOT_SHOWN,
    Effect.NOT_ABOVE_CHANCE: NOT_ABOVE_CHANCE,
}


@dataclass(frozen=True)
class AboveChance:
    """Which models are shown to be above chance."""

    headline: bool
    clinical: bool
    genes: bool


def find_effect(loss: pd.Series[Any], above_chance: AboveChance) -> Effect:
    """Whether the genes add or harm, by the interval of the fall in log loss.

    Parameters
    ----------
    loss : Series
        Row of the log loss, as `compute_added_value` gives it.
    above_chance : AboveChance
    """
    if loss["ci_low"] > 0:
        return Effect.ADDS if above_chance.headline else Effect.NOT_ABOVE_CHANCE
    if loss["ci_high"] < 0 and above_chance.clinical:
        return Effect.HARMS
    return Effect.NOT_SHOWN


def make_added_value_verdict(
    names: str,
    headline: str,
    added: pd.DataFrame,
    auc_differences: pd.DataFrame,
    auc: pd.Series[float],
    above_chance: AboveChance,
    limits: Sequence[str] = (),
) -> str:
    """What the genes add to the columns, and whether either is better without the other.

    Parameters
    ----------
    names : str
        The clinical columns, listed.
    headline : str
        The model that the study is about.
    added : DataFrame
        As `compute_added_value` gives it.
    auc_differences : DataFrame
        As `compute_auc_differences` gives it.
    auc : Series
        Mean test AUC by model.
    above_chance : AboveChance
    limits : sequence of str
        What weakens the comparison, such as few events for each coefficient; told where the
        genes add, or the columns beat or harm them.

    Returns
    -------
    str
        One sentence.
    """
    loss = added[added["measure"] == "log_loss"].iloc[0]
    effect = find_effect(loss, above_chance)
    numbers = f"fall in log loss {loss['difference']:+.3f}, {_interval(loss)}"
    _, both_to_genes, genes_to_clinical = (row for _, row in auc_differences.iterrows())
    others = [
        _against_genes(genes_to_clinical, auc, above_chance.clinical),
        _beside_genes(both_to_genes, auc, above_chance.genes),
    ]
    told = limits if effect is Effect.ADDS or any(others) else ()
    genes = both_to_genes["baseline"]
    by = "" if genes == headline else f" by {genes}"
    first = _MAIN[effect].format(by=by, names=names, numbers=numbers, headline=headline)
    return f"{'; '.join(clause for clause in (first, *others, *told) if clause)}."


def _against_genes(row: pd.Series[Any], auc: pd.Series[float], above_chance: bool) -> str:
    if row["ci_high"] < 0 and above_chance:
        return CLINICAL_BEATS_GENES.format(**_numbers(row, auc))
    if row["difference"] < -row["margin"]:
        return CLINICAL_MAY_BEAT_GENES.format(**_numbers(row, auc))
    return ""


def _beside_genes(row: pd.Series[Any], auc: pd.Series[float], above_chance: bool) -> str:
    if row["ci_high"] < 0 and above_chance:
        return CLINICAL_HARMS.format(**_numbers(row, auc))
    if row["difference"] < -row["margin"]:
        return CLINICAL_MAY_HARM.format(**_numbers(row, auc))
    return ""


def _numbers(row: pd.Series[Any], auc: pd.Series[float]) -> dict[str, Any]:
    interval = f"difference {row['difference']:+.3f}, {_interval(row)}"
    return {
        "better": auc[row["baseline"]],
        "worse": auc[row["model"]],
        "interval": interval,
    }


def _interval(row: pd.Series[Any]) -> str:
    if np.isnan(row["ci_low"]):
        return "no interval can be given"
    return f"95% t interval {row['ci_low']:+.3f} to {row['ci_high']:+.3f}"
