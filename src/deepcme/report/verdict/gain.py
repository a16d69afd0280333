"""What genes add to clinical columns: the numbers, and what may be said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import UNO
from deepcme.report.added_value_verdict import AboveChance, Effect, find_effect
from deepcme.report.chance import exceeds_chance
from deepcme.report.section import Contents
from deepcme.report.verdict.estimate import Estimate
from deepcme.study.parts.added_value import CLINICAL, CLINICAL_AND_GENES


@dataclass(frozen=True)
class Gain:
    """What genes add to clinical columns, on the same patients.

    Attributes
    ----------
    columns : sequence of str
    genes : str
        The model that stands for the genes beside the columns.
    clinical, both : float
        How the columns alone and both together rank patients.
    difference : Estimate
        Both less the columns alone.
    effect : Effect
        By the rule of the section on added value.
    columns_beat_genes : bool
        Whether the columns alone are shown to do better than these genes alone.
    loss : Estimate or None
        Fall in log loss, by which the effect was judged; None where ranks decide.
    """

    columns: Sequence[str]
    genes: str
    clinical: float
    both: float
    difference: Estimate
    effect: Effect = Effect.NOT_SHOWN
    columns_beat_genes: bool = False
    loss: Estimate | None = None


def find_gain(contents: Contents) -> Gain | None:
    """What the genes add, by rule; None where it was not asked, or is not known of all.

    Nothing is said to be added in a study whose model is not shown to be above chance, nor of
    times where columns and genes together are not.

    Parameters
    ----------
    contents : Contents
        With the tables of added value.
    """
    clinical, table = contents.results.study.clinical, contents.tables.get("added_value")
    if clinical is None or table is None or LEFT_OUT in table.columns:
        return None
    of_outcome = _of_times if contents.results.is_survival else _of_labels
    gain = of_outcome(contents, table, clinical.columns, clinical.genes)
    return gain if np.isfinite([gain.clinical, gain.both]).all() else None


def _of_labels(
    contents: Contents, table: pd.DataFrame, columns: Sequence[str], genes: str
) -> Gain:
    rows = {str(row["measure"]): row for _, row in table.iterrows()}
    auc, log_loss = rows["auc"], rows["log_loss"]
    of_genes = contents.tables["added_value_auc_differences"].iloc[2]  # genes minus clinical
    above = AboveChance(
        headline=exceeds_chance(contents),
        clinical=exceeds_chance(contents, CLINICAL),
        genes=exceeds_chance(contents, genes),
    )
    return Gain(
        columns,
        genes,
        float(auc["clinical"]),
        float(auc["both"]),
        _difference(auc),
        find_effect(log_loss, above),
        bool(of_genes["ci_high"] < 0 and above.clinical),
        _difference(log_loss),
    )


def _of_times(
    contents: Contents, table: pd.DataFrame, columns: Sequence[str], genes: str
) -> Gain:
    row = table[(table["measure"] == UNO.name) & (table["baseline"] == CLINICAL)].iloc[0]
    ranks = contents.tables["survival_discrimination"]
    values = ranks[ranks["measure"] == UNO.name].set_index("model")["value"]
    may_be_told = exceeds_chance(contents, CLINICAL_AND_GENES)
    if not exceeds_chance(contents):
        effect = Effect.NOT_ABOVE_CHANCE
    elif may_be_told and row["ci_low"] > 0:
        effect = Effect.ADDS
    elif may_be_told and row["ci_high"] < 0:
        effect = Effect.HARMS
    else:
        effect = Effect.NOT_SHOWN
    both, alone = float(values[CLINICAL_AND_GENES]), float(values[CLINICAL])
    return Gain(columns, genes, alone, both, _difference(row), effect)


def _difference(row: pd.Series[Any]) -> Estimate:
    return Estimate(float(row["difference"]), float(row["ci_low"]), float(row["ci_high"]))
