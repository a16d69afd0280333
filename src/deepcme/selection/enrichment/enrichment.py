"""Which sets of genes go with the outcome of a cohort, and where a model ranks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.seeds import integer_seed, seed_for
from deepcme.cohort.cohort import Cohort
from deepcme.selection.enrichment.association import (
    FloatArray,
    PatientPermutations,
    compute_residuals,
    compute_statistics,
)
from deepcme.selection.enrichment.measured import (
    TESTED,
    GeneIndex,
    MeasuredGenes,
    MeasuredSet,
)
from deepcme.selection.enrichment.running_sums import compute_running_sums
from deepcme.selection.enrichment.shifts import compute_shifts, count_permutations

MODEL = "model_"
"""What the columns of a model's ranking start with."""


@dataclass(frozen=True, eq=False)
class Enrichment:
    """Sets, their genes and the ranking, as `compute_enrichment` finds them.

    Attributes
    ----------
    sets : DataFrame
        One row a set: set, file, n_listed, n_found, n_genes, standing; of those tested what
        `compute_shifts` and `compute_running_sums` give, the latter once more of the model's
        scores; n, events, n_patients, n_background (genes) and n_permutations. Best first.
    members : DataFrame
        One row for each measured gene of each set: set, gene, symbol, leading_edge.
    ranking : DataFrame
        One row a gene: gene, symbol, statistic, rank, model_score, model_rank.
    """

    sets: pd.DataFrame
    members: pd.DataFrame
    ranking: pd.DataFrame


def compute_enrichment(
    cohort: Cohort,
    measured: MeasuredGenes,
    sets: Sequence[MeasuredSet],
    strata: Sequence[str],
    seed: int,
    scores: NDArray[np.floating] | None = None,
) -> Enrichment:
    """Test sets by the score statistics of their genes, and find them in a model's ranking.

    Parameters
    ----------
    cohort : Cohort
        All of whose samples are taken: this describes them, and holds nothing out.
    measured : MeasuredGenes
        Of that cohort.
    sets : sequence of MeasuredSet
    strata : sequence of str
        Of each sample: outcomes are exchangeable within a stratum alone.
    seed : int
        Of the study.
    scores : array, optional
        A model's score of each measured gene, NaN where it has none. Sets are found in their
        ranking, and nothing is tested.
    """
    patients = PatientPermutations.of(cohort.patients, strata)
    residuals = compute_residuals(cohort.outcome, strata)
    statistics = compute_statistics(residuals, measured.expression, patients.n_strata)
    tested = [one for one in sets if one.standing == TESTED]
    genes = [one.genes for one in tested]
    random = np.random.default_rng(seed_for(seed, "gene sets", "patients permuted"))
    found = compute_shifts(measured.expression, residuals, genes, patients, random)
    by_set = [found, _find(statistics, genes, integer_seed(seed_for(seed, "gene sets")))]
    if scores is not None:
        of_model = _find(scores, genes, integer_seed(seed_for(seed, "gene sets", "model")))
        by_set.append(of_model.add_prefix(MODEL))
    of_tested = pd.concat(by_set, axis=1)
    table = _describe(sets).join(of_tested.set_index(_positions_of(sets, tested)))
    table = table.assign(
        n=cohort.n_samples,
        events=cohort.n_positives,
        n_patients=cohort.n_patients,
        n_background=measured.n,
        n_permutations=count_permutations(len(tested)),
    )
    members = _list_members(cohort, measured, sets, table["leading_edge"])
    return Enrichment(
        _ordered(_with_names(table, measured.names)),
        members,
        _rank(cohort, measured, statistics, scores),
    )


def _positions_of(sets: Sequence[MeasuredSet], tested: Sequence[MeasuredSet]) -> pd.Index:
    ids = {id(one) for one in tested}
    return pd.Index([number for number, one in enumerate(sets) if id(one) in ids])


def _find(
    statistics: NDArray[np.floating], sets: Sequence[GeneIndex], seed: int
) -> pd.DataFrame:
    """Running sums of sets over the genes that have a statistic, at their positions."""
    ranked = np.flatnonzero(np.isfinite(statistics))
    place = np.full(len(statistics), -1)
    place[ranked] = np.arange(len(ranked))
    inside = [place[genes] for genes in sets]
    inside = [genes[genes >= 0] for genes in inside]
    usable = [number for number, genes in enumerate(inside) if 0 < len(genes) < len(ranked)]
    columns = ["es", "nes", "p_gene_permutation", "leading_edge"]
    if not usable:
        return pd.DataFrame(index=range(len(sets)), columns=columns)
    found = compute_running_sums(
        statistics[ranked].astype(np.float64), [inside[number] for number in usable], seed
    )
    found["leading_edge"] = [ranked[genes] for genes in found["leading_edge"]]
    return found.set_axis(usable).reindex(range(len(sets)))


def _describe(sets: Sequence[MeasuredSet]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "set": [one.gene_set.name for one in sets],
            "file": [one.gene_set.file for one in sets],
            "n_listed": [len(one.gene_set.genes) for one in sets],
            "n_found": [one.n_found for one in sets],
            "n_genes": [len(one.genes) for one in sets],
            "standing": [one.standing for one in sets],
        }
    )


def _with_names(table: pd.DataFrame, names: NDArray[np.object_]) -> pd.DataFrame:
    """The table with leading edges as names of genes, and how many these are."""
    for column in [name for name in table.columns if name.endswith("leading_edge")]:
        n_leading, listed = [], []
        for genes in table[column]:
            found = names[genes].tolist() if isinstance(genes, np.ndarray) else []
            n_leading.append(len(found))
            listed.append(" ".join(found))
        table[column] = listed
        table[column.replace("leading_edge", "n_leading")] = n_leading
    return table


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """The smallest p first, and of equal ones the statistic farthest from 0."""
    table["claimed"] = table["claimed"].eq(True)
    distance = -table["statistic"].abs()
    order = table.assign(distance=distance).sort_values(["p", "distance"], kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _list_members(
    cohort: Cohort,
    measured: MeasuredGenes,
    sets: Sequence[MeasuredSet],
    leading_edges: pd.Series,
) -> pd.DataFrame:
    genes = np.concatenate([one.genes for one in sets]) if sets else np.empty(0, dtype=np.int64)
    columns = measured.columns[genes]
    edges = [
        np.isin(one.genes, edge) if isinstance(edge, np.ndarray) else np.zeros(len(one.genes))
        for one, edge in zip(sets, leading_edges, strict=True)
    ]
    return pd.DataFrame(
        {
            "set": np.repeat(
                [one.gene_set.name for one in sets], [len(one.genes) for one in sets]
            ),
            "gene": cohort.gene_ids[columns],
            "symbol": cohort.symbols[columns],
            "leading_edge": np.concatenate(edges).astype(bool) if sets else [],
        }
    )


def _rank(
    cohort: Cohort,
    measured: MeasuredGenes,
    statistics: FloatArray,
    scores: NDArray[np.floating] | None,
) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "gene": cohort.gene_ids[measured.columns],
            "symbol": cohort.symbols[measured.columns],
            "statistic": statistics,
        }
    )
    table["rank"] = table["statistic"].rank(ascending=False, method="first").astype(int)
    if scores is not None:
        table["model_score"] = scores
        rank = table["model_score"].rank(ascending=False, method="first")
        table["model_rank"] = rank.astype("Int64")
    return table.sort_values("rank", ignore_index=True)
