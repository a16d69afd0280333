"""Gene selection: its tables, and sentences built of them by rule."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from markupsafe import Markup

from deepcme.report.blocks import Blocks, Bullets, Figure, Form, Heading, Subheading, Text
from deepcme.report.chance import exceeds_chance
from deepcme.report.figures.study import plot_panel_curve
from deepcme.report.formatting import INTERVAL, N_AND_EVENTS, PATIENTS_AND_EVENTS, TableLayout
from deepcme.report.section import Contents, Section
from deepcme.selection.panel_tables import describe_choice
from deepcme.selection.scores import FEW_DRIVING_SAMPLES
from deepcme.study.parts.selection import SELECTION

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

_EFFECTIVE_SAMPLES = (
    ("driving_samples", "Effective samples", ".1f"), ("few_driving_samples", "Few", ""),
)  # fmt: skip
_PANEL_CURVE = TableLayout(
    "AUC on held-out patients by number of genes, ranked inside every training part, "
    "beside random panels of the same size (mean, lowest and highest). 95% intervals: "
    "bootstrap of patients, as for the AUC of a model.",
    ("ranker", "Ranked by", ""), ("panel", "Genes", ""), ("auc", "AUC", ".3f"),
    *INTERVAL, ("random_auc", "Random", ".3f"), ("random_low", "lowest", ".3f"),
    ("random_high", "highest", ".3f"), *N_AND_EVENTS, ("n_splits", "Splits", ",.0f"),
)  # fmt: skip
_PANEL_CURVE_OF_TIMES = TableLayout(
    "Uno's C on held-out patients by number of genes, ranked inside every training part, "
    "beside random panels of the same size (mean, lowest and highest). A panel is a Cox "
    "regression of its genes. 95% intervals: bootstrap of patients and of their censoring, as "
    "for the C of a model.",
    ("ranker", "Ranked by", ""), ("panel", "Genes", ""), ("uno_c", "Uno's C", ".3f"),
    *INTERVAL, ("random_uno_c", "Random", ".3f"), ("random_low", "lowest", ".3f"),
    ("random_high", "highest", ".3f"), *PATIENTS_AND_EVENTS, ("n_splits", "Splits", ",.0f"),
)  # fmt: skip
_GENE_SCORES = (
    "Three scores of each gene, means over the splits, highest equation 4 first; the first 20."
)
_LAYOUTS = {
    "panel_genes": TableLayout(
        "Genes of the chosen panels, ranked on all patients, and the share of the splits in "
        "which each was in a panel of this size. At most 20 of each are shown.",
        ("ranker", "Ranked by", ""), ("rank", "Rank", ",.0f"), ("name", "Gene", ""),
        ("frequency", "In splits", ".0%"), ("prevalence", "Prevalence", ".0%"),
        ("largest_z", "Largest |z|", ".1f"), *_EFFECTIVE_SAMPLES,
    ),
    "selection_genes": TableLayout(
        "Genes that were selected anywhere, the best founded first, at most 30: against decoys "
        "on all patients and in what share of the splits; among the first on halves of the "
        "patients and over the splits, and their cluster on the halves.",
        ("name", "Gene", ""), ("beats_decoys", "Beats decoys", ""),
        ("decoy_frequency", "Beats decoys in splits", ".0%"), ("stable", "Stable", ""),
        ("half_frequency", "First on halves", ".0%"),
        ("split_frequency", "First in splits", ".0%"),
        ("cluster_frequency", "Cluster on halves", ".0%"), *_EFFECTIVE_SAMPLES,
    ),
    "selection_clusters": TableLayout(
        "Clusters of genes with a mean |r| of 0.7 or more, by how often one of their genes is "
        "among the first on halves of the patients; the first 15.",
        ("n_genes", "Genes", ",.0f"), ("frequency", "On halves", ".0%"),
        ("stable", "Stable", ""), ("names", "Names", ""),
    ),
    "selection_blocks": TableLayout(
        "The genes that beat their decoys, by block of correlated genes (mean |r| of 0.15 or "
        "more): that one of a block matters is better founded than which.",
        ("n_genes", "Genes", ",.0f"), ("n_selected", "Selected", ",.0f"),
        ("genes", "Names of those selected", ""),
    ),
    "selection_stability": TableLayout(
        "Nogueira's stability index of the first genes: 1 for the same every time, 0 as by "
        "chance, with a normal interval. Splits share most of their patients, halves of a pair "
        "none.",
        ("ranker", "Ranked by", ""), ("over", "Over", ""), ("level", "Of", ""),
        ("value", "Index", ".3f"), *INTERVAL, ("n_selected", "Of the first", ",.0f"),
        ("n_selections", "Selections", ",.0f"),
    ),
    "score_agreement": TableLayout(
        "How far three scores of a network order the genes alike on held-out patients: rank "
        "correlation, mean, lowest and highest of the splits, and the share of the first genes "
        "in common.",
        ("score", "Score", ""), ("other", "Other", ""), ("spearman", "Spearman", ".2f"),
        ("spearman_low", "lowest", ".2f"), ("spearman_high", "highest", ".2f"),
        ("overlap", "In common", ".0%"), ("expected_overlap", "by chance", ".1%"),
        ("k", "Of the first", ",.0f"), ("splits", "Splits", ",.0f"),
    ),
}  # fmt: skip


def _choose_layouts(*, is_survival: bool) -> dict[str, TableLayout]:
    """The layouts of a study's tables, by name."""
    scores = TableLayout(
        _GENE_SCORES,
        ("name", "Gene", ""), ("first_layer", "Equation 4", ".3f"),
        ("integrated_gradients", "Integrated gradients", ".4f"),
        ("permutation", f"Permutation ({'C' if is_survival else 'AUC'})", "+.4f"),
        ("splits", "Splits", ",.0f"), *_EFFECTIVE_SAMPLES,
    )  # fmt: skip
    curve = _PANEL_CURVE_OF_TIMES if is_survival else _PANEL_CURVE
    return {"panel_curve": curve, **_LAYOUTS, "held_out_gene_scores": scores}


_WHERE_RANKED = Markup(
    "Genes are ranked, and panels refitted, on the training and validation part of each "
    "split; the test part says how good a panel is. A panel's size is chosen on the same "
    "patients as its {}, which is thereby a little optimistic. What decoys and stability "
    "selection say holds for all patients and has no performance of its own."
)
_NO_PANEL = "No smaller panel is within one standard error of all genes: there is no list."


def _compute(contents: Contents) -> None:
    folder = contents.results.folder
    is_asked = contents.results.study.selection.run
    contents.notes["selection"] = (
        "Not finished: run the study again with gene selection."
        if is_asked
        else "Not run (--selection)."
    )
    if not (is_asked and all(map(folder.has_table, SELECTION.tables))):
        return
    layouts = _choose_layouts(is_survival=contents.results.is_survival)
    for file in SELECTION.tables:
        name, kind = file.split(".")
        if kind == "csv":
            contents.add(name, partial(folder.read_table, file), layouts.get(name))
    contents.charts["panel_curve"] = plot_panel_curve(contents.tables["panel_curve"])


def _shorten(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The section's tables as the page shows them: the first rows, genes by name."""
    genes = _named(tables["panel_genes"])
    clusters = tables["selection_clusters"].head(_CLUSTERS)
    return {
        "panel_genes": genes[genes["rank"] <= _GENES_OF_A_PANEL],
        "selection_genes": _named(tables["selection_genes"]).head(_GENES),
        "held_out_gene_scores": _named(tables["held_out_gene_scores"]).head(_SCORED_GENES),
        "selection_clusters": clusters.assign(names=clusters["genes"].map(_first_names)),
        "score_agreement": tables["score_agreement"].replace(
            {"score": _SCORES, "other": _SCORES}
        ),
    }


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
        The section's.
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
        f"normal interval): {', '.join(parts)}; 1 would be the same genes every time, 0 is "
        "chance."
    )


def _describe_agreement(agreement: pd.DataFrame) -> str:
    parts = [
        f"{_SCORES[row['score']]} and {_SCORES[row['other']]} have {row['overlap']:.0%} of "
        f"their first {row['k']:.0f} genes in common ({row['expected_overlap']:.1%} by chance)"
        for row in agreement.to_dict("records")
    ]
    return f"On held-out patients, {'; '.join(parts)}."


def _describe_gate(contents: Contents) -> str:
    """Why no gene is claimed, where the study has shown no signal."""
    if exceeds_chance(contents):
        return ""
    return (
        f"{contents.headline} is not shown to be above chance: the genes below are to be "
        "looked at again in other patients, and none of them is claimed."
    )


def _write(contents: Contents) -> Blocks:
    tables, note = contents.tables, contents.notes["selection"]
    where: Form | None = None if contents.results.study.selection.run else "html"
    heading = Heading("Gene selection", "selection", only=where)
    if "panel_choice" not in tables:
        return [heading, Text(note, only=where)]
    short = _shorten(tables)
    has = {name: len(short.get(name, tables[name])) > 0 for name in _LAYOUTS}
    measure = contents.results.ranked_by.heading
    return [
        heading,
        Text(_describe_gate(contents)),
        Bullets(describe_selection(tables)),
        Text(_WHERE_RANKED.format(measure), muted=True, only="html"),
        Figure(
            "panel_curve",
            f"{measure} against the number of genes; the numbers are in the next table",
            f"{measure} on held-out patients against the number of genes, with 95% intervals "
            "(bootstrap of patients). The grey band spans the random panels of the same size, "
            "the dashed line is their mean. Click a ranking in the legend to single it out.",
        ),
        contents.show("panel_curve"),
        Subheading("Genes of the chosen panels"),
        contents.show("panel_genes", short["panel_genes"])
        if has["panel_genes"]
        else Text(_NO_PANEL, only="html"),
        Subheading("Error control and stability"),
        contents.show("selection_genes", short["selection_genes"]),
        contents.show("selection_clusters", short["selection_clusters"], only="html"),
        contents.show("selection_blocks", only="html") if has["selection_blocks"] else None,
        contents.show("selection_stability"),
        *(_write_scores(contents, short) if has["score_agreement"] else ()),
    ]


def _write_scores(contents: Contents, short: dict[str, pd.DataFrame]) -> Blocks:
    yield Subheading("Gene scores beside each other")
    for name in ("score_agreement", "held_out_gene_scores"):
        yield contents.show(name, short[name], only="html")


SECTION = Section(_write, _compute)
