"""Expression of the genes of highest score, patient by patient, for a heat map.

Table
-----
gene_heat_map.parquet   rank, gene, symbol, column, outcome, n_patients, risk, value
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.follow_up import COMPETING, EVENT
from deepcme.cohort.outcome import Outcome
from deepcme.cohort.scales.scales import logged
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.selection.univariate.patients import find_units, merge_samples
from deepcme.selection.univariate.ranks import Rows, compute_midranks
from deepcme.selection.univariate.with_risk import ScoredPart

HEAT_MAP = "gene_heat_map.parquet"
COLUMNS = (
    "rank", "gene", "symbol", "column", "outcome", "n_patients", "risk", "value",
)  # fmt: skip
MOST_COLUMNS = 200
"""Where there are more patients, neighbours of one outcome share a column."""
LARGEST_Z = 2.5
NO_EVENT, CENSORED, RULED_OUT, HAD_EVENT = (
    *("no event", "censored before", "competing event"),
    "event",
)
GROUPS = (NO_EVENT, CENSORED, RULED_OUT, HAD_EVENT)
"""Outcomes, in the order of the columns; of times, by the horizon if there is one."""


def compute_heat_map(
    cohort: Cohort,
    genes: pd.DataFrame,
    tests: Sequence[ScoredPart],
    strata: Sequence[str],
    horizon: float | None,
) -> pd.DataFrame:
    """Expression of genes by outcome, and within it by predicted risk.

    Parameters
    ----------
    cohort : Cohort
    genes : DataFrame
        `rank, gene, symbol` of those to show.
    tests : sequence of ScoredPart
        What the model that scores them said of the patients that each split tests.
    strata : sequence of str
        Of each sample; expression is centred within them.
    horizon : float or None
        Of times, by which the event is asked for.

    Returns
    -------
    DataFrame
        A row a gene and column: `outcome`, one of `GROUPS`; `n_patients` that share the
        column, numbered from 1 on and named nowhere; `risk`, the mean over the splits of
        their rank among those tested, 0 to 1; `value`, their mean standardised expression
        (on the log scale, up to `LARGEST_Z` on either side).
    """
    units = find_units(cohort.outcome, cohort.patients, strata)
    first = np.unique(units, return_index=True)[1]
    risk = _mean_of_units(_mean_rank(cohort.n_samples, tests), units)
    place = pd.Index(cohort.gene_ids).get_indexer(pd.Index(genes["gene"]))
    values = merge_samples(logged(cohort.X[:, place], cohort.scale), units)
    stratum = np.asarray(strata, dtype=object)[first]
    group = group_outcomes(cohort.outcome.take(first), horizon)
    tested = np.flatnonzero(~np.isnan(risk))
    z = _standardise(values[tested], stratum[tested])
    patients = pd.DataFrame({"outcome": group[tested], "risk": risk[tested]})
    patients["outcome"] = pd.Categorical(patients["outcome"], GROUPS, ordered=True)
    order = patients.sort_values(["outcome", "risk"], kind="stable").index.to_numpy()
    columns = _share_columns(patients.loc[order], z[order])
    tables = [
        columns[["column", "outcome", "n_patients", "risk"]].assign(
            rank=int(rank), gene=gene, symbol=symbol, value=columns[number]
        )
        for number, (rank, gene, symbol) in enumerate(
            zip(genes["rank"], genes["gene"], genes["symbol"], strict=True)
        )
    ]
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def group_outcomes(outcome: Outcome, horizon: float | None) -> NDArray[np.object_]:
    """What became of each patient, in one of `GROUPS`."""
    if not isinstance(outcome, SurvivalOutcome):
        return np.where(outcome.events == 1, HAD_EVENT, NO_EVENT).astype(object)
    by_then = outcome.times <= (np.inf if horizon is None else horizon)
    group = np.full(len(outcome.ends), NO_EVENT, dtype=object)
    group[by_then & (outcome.ends == EVENT)] = HAD_EVENT
    group[by_then & (outcome.ends == COMPETING)] = RULED_OUT
    if horizon is not None:
        group[(outcome.times < horizon) & (outcome.ends == 0)] = CENSORED
    return group


def _mean_rank(n_samples: int, tests: Sequence[ScoredPart]) -> NDArray[np.float64]:
    """Mean over the splits of each sample's rank among those tested; NaN without any."""
    total, count = np.zeros(n_samples), np.zeros(n_samples)
    for tested in tests:
        ranks = compute_midranks(tested.score[np.newaxis])[0]
        total[tested.rows] += (ranks - 0.5) / len(tested.rows)
        count[tested.rows] += 1
    mean: NDArray[np.float64] = np.full(n_samples, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def _mean_of_units(values: NDArray[np.float64], units: Rows) -> NDArray[np.float64]:
    return np.asarray(pd.Series(values).groupby(units).mean(), dtype=np.float64)


def _standardise(
    values: NDArray[np.float32], stratum: NDArray[np.object_]
) -> NDArray[np.float64]:
    """Centred within strata, in standard deviations, cut at `LARGEST_Z`."""
    table = pd.DataFrame(values.astype(np.float64))
    centred = table - table.groupby(stratum).transform("mean")
    deviation = centred.std(ddof=0)
    z = (centred / deviation.where(deviation > 0)).clip(-LARGEST_Z, LARGEST_Z)
    return np.asarray(z, dtype=np.float64)


def _share_columns(patients: pd.DataFrame, z: NDArray[np.float64]) -> pd.DataFrame:
    """A row a column: outcome, mean risk, patients, and the mean of each gene by its number."""
    size = int(np.ceil(len(patients) / MOST_COLUMNS))
    outcome = patients["outcome"].cat.codes.to_numpy()
    place = patients.groupby("outcome", observed=True).cumcount().to_numpy() // size
    values = pd.concat(
        [patients[["risk"]].reset_index(drop=True), pd.DataFrame(z)], axis=1
    ).groupby([outcome, place])
    columns = values.mean().rename_axis(["outcome", "place"])
    columns.insert(0, "n_patients", values.size())
    columns = columns.reset_index("outcome").reset_index(drop=True)
    columns["outcome"] = np.array(GROUPS, dtype=object)[columns["outcome"]]
    columns.insert(0, "column", np.arange(1, len(columns) + 1))
    return columns
