"""From the predictions of many panels to the curve, the choice and its genes."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.words import counted
from deepcme.cohort.cohort import Cohort
from deepcme.evaluation.bootstrap import DEFAULT_DRAWS
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.selection.panels.curve import ALL_GENES
from deepcme.selection.rankers import describe_ranker
from deepcme.selection.scores import describe_genes


@dataclass(frozen=True)
class PanelResults:
    """The tables of a panel curve.

    Attributes
    ----------
    predictions : DataFrame
        `order, n_genes, split, sample, patient, label, score`: one row for each
        panel and held-out sample; `n_genes` is 0 for all genes. Of times `time, event` in
        place of the label.
    rankings : DataFrame
        `ranker, split, gene, rank`: the first genes of each split; split 0 is
        the ranking on all patients.
    n_genes : int
        Genes of the cohort.
    test_to_train_ratio : float
        Mean over splits of the number of held-out over that of training samples.
    horizon : float, optional
        Of times, up to when they are ranked.
    censoring : DataFrame, optional
        Of times, the numbers that censoring depends on, by sample.
    """

    predictions: pd.DataFrame
    rankings: pd.DataFrame
    n_genes: int
    test_to_train_ratio: float
    horizon: float | None = None
    censoring: pd.DataFrame | None = None

    @property
    def measure(self) -> PanelMeasure:
        """What says how good a panel is."""
        return UNO_C if "time" in self.predictions.columns else AUC


@dataclass(frozen=True)
class PanelMeasure:
    """A measure of panels: what it is called in tables and in sentences, and how it is taken.

    Of predictions of orders and sizes, `compute` gives a row for each: `order, n_genes`, the
    measure by its name, `ci_low, ci_high, sd, n, events, n_patients, n_splits`.
    """

    name: str
    words: str
    compute: Callable[[PanelResults, np.random.Generator, int], pd.DataFrame]


def _compute_auc(
    results: PanelResults, random: np.random.Generator, draws: int
) -> pd.DataFrame:
    predictions = results.predictions
    return pd.concat(
        [
            compute_discrimination(
                rows.assign(model=rows["order"], part="test"), deepcopy(random), draws
            ).assign(n_genes=n_genes)
            for n_genes, rows in predictions.groupby("n_genes")
        ]
    ).rename(columns={"model": "order"})


def _compute_uno_c(
    results: PanelResults, random: np.random.Generator, draws: int
) -> pd.DataFrame:
    predictions = results.predictions
    panels = predictions["n_genes"].astype(str) + " " + predictions["order"]
    table = compute_survival_discrimination(
        Evaluation.draw(
            predictions.assign(model=panels, part="test"),
            results.horizon,
            random,
            draws=draws,
            columns=results.censoring,
        ),
        [UNO],
    )
    size_and_order = table["model"].str.split(" ", n=1, expand=True)
    table = table.assign(n_genes=size_and_order[0].astype(int), order=size_and_order[1])
    table = table.dropna(subset="value").rename(columns={"value": UNO.name})
    return table.assign(n_patients=table["n"])


AUC = PanelMeasure("auc", "AUC", _compute_auc)
UNO_C = PanelMeasure(UNO.name, UNO.heading, _compute_uno_c)


def compute_panel_curve(
    results: PanelResults, random: np.random.Generator, draws: int = DEFAULT_DRAWS
) -> pd.DataFrame:
    """AUC, or Uno's C of times, on held-out patients against the number of genes.

    Parameters
    ----------
    results : PanelResults
    random : numpy.random.Generator
        For the bootstrap over patients; every size has the same draws.
    draws : int

    Returns
    -------
    DataFrame
        One row for each ranker and number of genes, ``all`` last: `ranker,
        n_genes, panel, auc, ci_low, ci_high, standard_error, random_auc,
        random_low, random_high, n, events, n_patients, n_splits`, of times `uno_c` and
        `random_uno_c`. The AUC is the mean within splits, its interval that of
        `compute_discrimination`, or `compute_survival_discrimination`; the standard error
        is that of the mean over splits, corrected for their overlap [1]_. Beside it stand
        the mean and the extremes, over random panels of the same size, of the same AUC. A
        size that some split has too few genes for is left out.

    References
    ----------
    .. [1] Nadeau C, Bengio Y (2003). Inference for the generalization error.
       Machine Learning 52:239-281.
    """
    measure = results.measure
    curve = measure.compute(results, random, draws)
    # A size beyond the genes that some split's prevalence filter leaves is not in every split,
    # and means over different splits do not compare.
    curve = curve[curve["n_splits"] == curve["n_splits"].max()].copy()
    curve["standard_error"] = curve["sd"] * np.sqrt(
        1 / curve["n_splits"] + results.test_to_train_ratio
    )
    rankers = list(dict.fromkeys(results.rankings["ranker"]))
    at_random = curve[~curve["order"].isin([*rankers, ALL_GENES.name])]
    at_random_name = f"random_{measure.name}"
    beside = at_random.groupby("n_genes")[measure.name].agg(
        **{at_random_name: "mean", "random_low": "min", "random_high": "max"}
    )
    table = pd.concat(
        [
            curve[curve["order"].isin([ranker, ALL_GENES.name])].assign(ranker=ranker)
            for ranker in rankers
        ]
    ).join(beside, on="n_genes")
    table["panel"] = np.where(table["n_genes"] == 0, "all", table["n_genes"].astype(str))
    table["n_genes"] = table["n_genes"].replace(0, results.n_genes)
    columns = [
        *("ranker", "n_genes", "panel", measure.name, "ci_low", "ci_high", "standard_error"),
        *(at_random_name, "random_low", "random_high"),
        *("n", "events", "n_patients", "n_splits"),
    ]
    ordered: pd.DataFrame = table.sort_values(
        ["ranker", "n_genes"],
        key=lambda column: column.map(rankers.index) if column.name == "ranker" else column,
        ignore_index=True,
    )[columns]
    return ordered


def choose_panels(curve: pd.DataFrame) -> pd.DataFrame:
    """The smallest panel of each ranker within one standard error of its best AUC or C.

    Parameters
    ----------
    curve : DataFrame
        As `compute_panel_curve` gives it.

    Returns
    -------
    DataFrame
        One row for each ranker: its row of the curve, and `best_auc` (`best_uno_c`),
        `best_n_genes`. The choice is made on the same patients as the AUC, which
        is thereby a little optimistic.
    """
    name = measure_in(curve.columns).name
    chosen = []
    for _, rows in curve.groupby("ranker", sort=False):
        best = rows.iloc[int(rows[name].argmax())]
        close = rows[rows[name] >= best[name] - best["standard_error"]]
        smallest = close.iloc[int(close["n_genes"].argmin())]
        chosen.append(
            {**smallest, f"best_{name}": best[name], "best_n_genes": int(best["n_genes"])}
        )
    columns = [*curve.columns, f"best_{name}", "best_n_genes"]
    return pd.DataFrame(chosen, columns=columns)


def measure_in(columns: Container[Hashable]) -> PanelMeasure:
    """The measure of a curve, or of a choice, by its columns."""
    return UNO_C if UNO_C.name in columns else AUC


def is_claimed(choice: Mapping[Hashable, Any]) -> bool:
    """Whether a panel excludes chance and does better than every random one of its size."""
    if choice["panel"] == "all" or not choice["ci_low"] > 0.5:
        return False
    return bool(choice[measure_in(choice).name] > choice["random_high"])


def describe_choice(choice: Mapping[Hashable, Any]) -> str:
    """What was found with one ranker, in one or two sentences, from its row of the choice."""
    measure, whole = measure_in(choice), choice["panel"] == "all"
    genes = "all genes" if whole else f"{choice['n_genes']} gene{'s' * (choice['n_genes'] > 1)}"
    found = (
        f"{describe_ranker(choice['ranker'])}: {genes}, {measure.words} "
        f"{choice[measure.name]:.2f} ({_interval(choice)}) on held-out patients"
    )
    if whole:
        return f"{found}; no smaller panel is within one standard error."
    beside = (
        f"random panels of that size {choice[f'random_{measure.name}']:.2f} "
        f"({choice['random_low']:.2f} to {choice['random_high']:.2f})"
    )
    best = (
        f"the highest {measure.words} is {choice[f'best_{measure.name}']:.2f}, of "
        f"{counted(choice['best_n_genes'], 'gene')}"
    )
    sentence = f"{found}; {beside}; {best}."
    if not choice["ci_low"] > 0.5:
        return f"{sentence} Nothing can be claimed for this panel: chance is not excluded."
    if choice[measure.name] <= choice["random_high"]:
        return f"{sentence} Nothing can be claimed for these genes: random ones reach as much."
    return sentence


def _interval(choice: Mapping[Hashable, Any]) -> str:
    if not np.isfinite(choice["ci_low"]):
        return "no interval can be given"
    return f"{choice['ci_low']:.2f} to {choice['ci_high']:.2f}"


def compute_panel_genes(
    cohort: Cohort, results: PanelResults, chosen: pd.DataFrame
) -> pd.DataFrame:
    """The genes of each chosen panel, ranked on all patients.

    Returns
    -------
    DataFrame
        One row for each ranker and gene: `ranker, rank, gene, symbol,
        frequency` (share of the splits in which the gene was in a panel of this
        size), and the columns of `describe_genes`. A panel of all genes has no
        list.
    """
    described = describe_genes(cohort).assign(gene=cohort.gene_ids, symbol=cohort.symbols)
    tables = []
    for _, panel in chosen[chosen["panel"] != "all"].iterrows():
        ranks = results.rankings
        ranks = ranks[
            (ranks["ranker"] == panel["ranker"]) & (ranks["rank"] <= panel["n_genes"])
        ]
        in_splits = ranks[ranks["split"] > 0].groupby("gene").size() / panel["n_splits"]
        genes = ranks[ranks["split"] == 0].drop(columns="split")
        genes["frequency"] = genes["gene"].map(in_splits).fillna(0.0)
        tables.append(genes.merge(described, on="gene", validate="one_to_one"))
    first = ["ranker", "rank", "gene", "symbol", "frequency"]
    rest = [column for column in described.columns if column not in first]
    if not tables:
        return pd.DataFrame(columns=[*first, *rest])
    ordered: pd.DataFrame = pd.concat(tables, ignore_index=True)[[*first, *rest]]
    return ordered
