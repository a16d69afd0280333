"""Gene selection: its tables, and sentences built of them by rule."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from markupsafe import Markup

from deepcme.base.words import counted
from deepcme.report.blocks import Block, Blocks, Bullets, Figure, Folded, Heading, Text
from deepcme.report.chance import exceeds_chance
from deepcme.report.figures.study import plot_panel_curve
from deepcme.report.formatting import (
    N_AND_EVENTS,
    PATIENTS_AND_EVENTS,
    TEST_PARTS,
    TableLayout,
)
from deepcme.report.layouts.columns import Count, Estimate, Plain
from deepcme.report.section import Contents, Section
from deepcme.selection.panels.tables import describe_choice, is_claimed
from deepcme.selection.rankers import describe_ranker
from deepcme.selection.scores import FEW_DRIVING_SAMPLES
from deepcme.study.parts.selection import SELECTION

_GENES_OF_A_PANEL = 20
_GENES = 30
_SCORED_GENES = 20
_CLUSTERS = 15
_NAMES = 6
_SCORES = {
    "first_layer": "first-layer weights",
    "integrated_gradients": "integrated gradients",
    "permutation": "permutation importance",
}

_EFFECTIVE_SAMPLES = (
    ("driving_samples", "Effective samples", ".1f"), ("few_driving_samples", "Few", ""),
)  # fmt: skip
_RANKER = ("ranker", "Ranked by", "")
_CURVE = (
    "{measure} on held-out patients by number of genes, ranked inside every training part, "
    "beside random panels of the same size."
)
_HOW_CURVE = (
    "Random panels: mean, lowest and highest. 95% intervals: bootstrap of patients, as for the "
    "AUC of a model."
)
_HOW_CURVE_OF_TIMES = (
    "A panel is a Cox regression of its genes. Random panels: mean, lowest and highest. 95% "
    "intervals: bootstrap of patients and of their censoring, as for the C of a model."
)
_GENE_SCORES = (
    "Three scores of each gene, means over the splits; the first 20 by first-layer weights "
    "(the sum of their absolute values)."
)
_LAYOUTS = {
    "panel_genes": TableLayout(
        "Genes of the chosen panels, ranked on all patients, and the share of the splits in "
        "which each was in a panel of this size. At most 20 of each are shown.",
        _RANKER, ("rank", "Rank", ",.0f"), ("name", "Gene", ""),
        ("frequency", "In splits", ".0%"), ("prevalence", "Prevalence", ".0%"),
        ("largest_z", "Largest |z|", ".1f"), *_EFFECTIVE_SAMPLES,
    ),
    "selection_genes": TableLayout(
        "Genes that were selected anywhere, the best founded first, at most 30.",
        ("name", "Gene", ""), ("beats_decoys", "Beats decoys", ""),
        Plain(
            "decoy_frequency", "Beats decoys in splits", ".0%",
            constant="beats decoys in {} of the splits",
        ),
        ("stable", "Stable", ""),
        ("half_frequency", "First on halves", ".0%"),
        ("split_frequency", "First in splits", ".0%"),
        ("cluster_frequency", "Cluster on halves", ".0%"), *_EFFECTIVE_SAMPLES,
        note="Against decoys on all patients and in what share of the splits; among the first "
        "on halves of the patients and over the splits, and their cluster on the halves.",
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
        "chance.",
        _RANKER, ("over", "Over", ""), ("level", "Of", ""), Estimate("value", "Index"),
        ("n_selected", "Of the first", ",.0f"), ("n_selections", "Selections", ",.0f"),
        note="95% normal intervals. Splits share most patients, halves of a pair none.",
    ),
    "score_agreement": TableLayout(
        "How far three scores of a network order the genes alike on held-out patients: rank "
        "correlation, and the share of the first genes in common.",
        ("score", "Score", ""), ("other", "Other", ""),
        Estimate(
            "spearman", "Spearman", "spearman_low", "spearman_high",
            ends="lowest to highest split",
        ),
        ("overlap", "In common", ".0%"),
        ("expected_overlap", "By chance", ".1%"),
        Plain("k", "Of the first", ",.0f", constant="of the first {} genes"),
        Count("splits", "Splits", "split"),
    ),
}  # fmt: skip


def _choose_layouts(*, is_survival: bool) -> dict[str, TableLayout]:
    """The layouts of a study's tables, by name."""
    scores = TableLayout(
        _GENE_SCORES,
        ("name", "Gene", ""), ("first_layer", "First-layer weights", ".3f"),
        ("integrated_gradients", "Integrated gradients", ".4f"),
        ("permutation", f"Permutation ({'C' if is_survival else 'AUC'})", "+.4f"),
        Count("splits", "Splits", "split"), *_EFFECTIVE_SAMPLES,
    )  # fmt: skip
    measure, heading = ("uno_c", "Uno's C") if is_survival else ("auc", "AUC")
    curve = TableLayout(
        _CURVE.format(measure=heading),
        _RANKER, ("panel", "Genes", ""), Estimate(measure, heading),
        Estimate(
            f"random_{measure}", "Random panels", "random_low", "random_high",
            ends="lowest to highest",
        ),
        *(PATIENTS_AND_EVENTS if is_survival else N_AND_EVENTS), TEST_PARTS,
        note=_HOW_CURVE_OF_TIMES if is_survival else _HOW_CURVE,
    )  # fmt: skip
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
    if not (is_asked and all(map(folder.has_table, SELECTION.tables))):
        contents.miss("gene selection", "--selection", asked=is_asked)
        return
    layouts = _choose_layouts(is_survival=contents.results.is_survival)
    for file in SELECTION.tables:
        name, kind = file.split(".")
        if kind == "csv":
            contents.add(name, partial(folder.read_table, file), layouts.get(name))
    contents.charts["panel_curve"] = plot_panel_curve(_in_words(contents.tables["panel_curve"]))


def _shorten(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The section's tables as the page shows them: the first rows, genes by name."""
    genes = _named(tables["panel_genes"])
    clusters = tables["selection_clusters"].head(_CLUSTERS)
    return {
        "panel_curve": _in_words(tables["panel_curve"]),
        "panel_genes": _in_words(genes[genes["rank"] <= _GENES_OF_A_PANEL]),
        "selection_stability": _in_words(tables["selection_stability"]),
        "selection_genes": _named(tables["selection_genes"]).head(_GENES),
        "held_out_gene_scores": _named(tables["held_out_gene_scores"]).head(_SCORED_GENES),
        "selection_clusters": clusters.assign(names=clusters["genes"].map(_first_names)),
        "score_agreement": tables["score_agreement"].replace(
            {"score": _SCORES, "other": _SCORES}
        ),
    }


def _in_words(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(ranker=table["ranker"].map(describe_ranker))


def _named(table: pd.DataFrame) -> pd.DataFrame:
    symbol = table["symbol"].fillna("").astype(str)
    return table.assign(name=np.where(symbol == "", table["gene"].astype(str), symbol))


def _first_names(genes: str) -> str:
    names = genes.split(" ")
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more


def describe_claims(tables: dict[str, pd.DataFrame]) -> str:
    """What is claimed of panels, genes and clusters, or that nothing is, in one sentence.

    Rules: a panel is claimed where chance is excluded and it does better than
    every random panel of its size; genes where decoys or stability selection
    bound the false ones.

    Parameters
    ----------
    tables : dict of DataFrame
        The section's.
    """
    panels = [
        f"a panel of {counted(choice['n_genes'], 'gene')} by "
        f"{describe_ranker(choice['ranker'])}"
        for choice in tables["panel_choice"].to_dict("records")
        if is_claimed(choice)
    ]
    genes = [
        f"{counted(claim['n_claimed'], claim['level'])} by {claim['method']}"
        for claim in tables["selection_claims"].to_dict("records")
        if claim["n_claimed"] > 0
    ]
    if panels or genes:
        return f"Claimed: {'; '.join([*panels, *genes])}."
    return (
        "No panel and no gene can be claimed: no panel is above chance and above every random "
        "one of its size, no list of genes is mostly free of false ones, and none is stable."
    )


def describe_selection(tables: dict[str, pd.DataFrame]) -> list[str]:
    """What was found, one sentence or two for each question; also what cannot be claimed.

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
    tables = contents.tables
    if "panel_choice" not in tables:
        return []
    measure = contents.results.ranked_by.heading
    return [
        Heading("Gene selection", "selection"),
        Text(_describe_gate(contents) or describe_claims(tables)),
        Figure(
            "panel_curve",
            f"{measure} against the number of genes; the numbers are in the next table",
            f"{measure} on held-out patients against the number of genes, with 95% intervals "
            "(bootstrap of patients). The grey band spans the random panels of the same size, "
            "the dashed line is their mean.",
            hint="Click a ranking in the legend to single it out.",
        ),
        Folded("What each way of selecting says", _write_details(contents)),
    ]


def _write_details(contents: Contents) -> list[Block | None]:
    """All sentences and tables; those without a row are left out."""
    short = _shorten(contents.tables)
    shown = {**{name: contents.tables[name] for name in _LAYOUTS}, **short}
    order = ("panel_curve", *_LAYOUTS, "held_out_gene_scores")
    return [
        Bullets(describe_selection(contents.tables)),
        Text(_WHERE_RANKED.format(contents.results.ranked_by.heading), muted=True, only="html"),
        Text("" if len(shown["panel_genes"]) else _NO_PANEL),
        *(contents.show(name, shown[name]) for name in order if len(shown[name])),
    ]


SECTION = Section(_write, _compute)
