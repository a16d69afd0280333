"""The report's section on gene selection: its tables, and sentences built of them by rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from deepcme.selection.panel_tables import describe_choice
from deepcme.selection.scores import FEW_DRIVING_SAMPLES
from deepcme.study.parts.selection import SELECTION
from deepcme.study.store import StudyFolder

_GENES_OF_A_PANEL = 20
_GENES = 30
_SCORED_GENES = 20
_CLUSTERS = 15
_NAMES = 6
_SCORES = {
    "first_layer": "equation 4",
    "integrated_gradients": "integrated gradients",
    "permutation": "permutation importance",
}


def selection_makers(
    folder: StudyFolder, settings: dict[str, Any]
) -> dict[str, Callable[[], pd.DataFrame]]:
    """Makers of the section's tables, by name; none if genes were not selected, or not yet."""
    is_finished = all(map(folder.has_table, SELECTION.tables))
    if not (settings["selection"]["run"] and is_finished):
        return {}

    def read(name: str) -> Callable[[], pd.DataFrame]:
        return lambda: folder.read_table(f"{name}.csv")

    return {
        "panel_curve": read("panel_curve"),
        "panel_choice": read("panel_choice"),
        "panel_genes": read("panel_genes"),
        "selection_claims": read("selection_claims"),
        "selection_genes": read("selection_genes"),
        "selection_clusters": read("selection_clusters"),
        "selection_blocks": read("selection_blocks"),
        "selection_stability": read("selection_stability"),
        "score_agreement": read("score_agreement"),
        "held_out_gene_scores": read("held_out_gene_scores"),
    }


def shorten_selection(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The section's tables as the page shows them: the first rows, genes by name."""
    short = dict(tables)
    if "panel_genes" not in tables:
        return short
    genes = _named(tables["panel_genes"])
    short["panel_genes"] = genes[genes["rank"] <= _GENES_OF_A_PANEL]
    short["selection_genes"] = _named(tables["selection_genes"]).head(_GENES)
    short["held_out_gene_scores"] = _named(tables["held_out_gene_scores"]).head(_SCORED_GENES)
    clusters = tables["selection_clusters"].head(_CLUSTERS)
    short["selection_clusters"] = clusters.assign(names=clusters["genes"].map(_first_names))
    short["score_agreement"] = tables["score_agreement"].replace(
        {"score": _SCORES, "other": _SCORES}
    )
    return short


def _named(table: pd.DataFrame) -> pd.DataFrame:
    symbol = table["symbol"].fillna("").astype(str)
    return table.assign(name=np.where(symbol == "", table["gene"].astype(str), symbol))


def _first_names(genes: str) -> str:
    names = genes.split(" ")
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more


def describe_selection(tables: dict[str, pd.DataFrame]) -> list[str]:
    """What was found, one sentence or two for each question; also what cannot be claimed.

    Rules: a panel is claimed where chance is excluded and it does better than
    every random panel of its size; genes where decoys or stability selection
    bound the false ones; flags follow.

    Parameters
    ----------
    tables : dict of DataFrame
        As `selection_makers` makes them.
    """
    choices = tables["panel_choice"].to_dict("records")
    sentences = [f"Smallest panel by {describe_choice(choice)}" for choice in choices]
    for claim in tables["selection_claims"].to_dict("records"):
        counts = f"{claim['n']:,} samples, {claim['events']:,} events"
        method = str(claim["method"]).capitalize()
        sentences.append(f"{method}, {claim['level']}s ({counts}): {claim['claim']}")
    sentences.append(_describe_index(tables["selection_stability"]))
    if len(tables["score_agreement"]):
        sentences.append(_describe_agreement(tables["score_agreement"]))
    else:
        sentences.append("Gene scores beside each other take a network: there is none.")
    flagged = int(tables["panel_genes"]["few_driving_samples"].sum())
    if flagged:
        sentences.append(
            f"{flagged} of the panels' genes rest on fewer than {FEW_DRIVING_SAMPLES} samples "
            "(flagged): they tell of those samples."
        )
    return sentences


def describe_want_of_selection(settings: dict[str, Any]) -> str:
    """Why a report has no gene selection, where it has none."""
    if settings["selection"]["run"]:
        return "Not finished: run the study again with gene selection."
    return "Not run (--selection)."


def _describe_index(indices: pd.DataFrame) -> str:
    of_halves = indices[indices["over"] == "halves"].set_index("level")
    parts = [
        f"{row['value']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f}) by {level}"
        for level, row in of_halves.iterrows()
        if np.isfinite(row["value"])
    ]
    if not parts:
        return "Nothing can be said about stability: all genes are selected each time."
    return (
        f"Stability of the first genes over halves of the patients (Nogueira's index, 95% "
        f"interval): {', '.join(parts)}; 1 would be the same genes every time, 0 is chance."
    )


def _describe_agreement(agreement: pd.DataFrame) -> str:
    parts = [
        f"{_SCORES[row['score']]} and {_SCORES[row['other']]} have {row['overlap']:.0%} of "
        f"their first {row['k']:.0f} genes in common ({row['expected_overlap']:.1%} by chance)"
        for row in agreement.to_dict("records")
    ]
    return f"On held-out patients, {'; '.join(parts)}."
