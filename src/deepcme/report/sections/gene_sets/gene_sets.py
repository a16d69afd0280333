"""Sets of genes that go with the outcome, and where the model ranks them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from deepcme.base.words import counted, few
from deepcme.report.blocks import Blocks, Bullets, Figure, Folded, Heading, Text
from deepcme.report.figures.gene_sets import plot_gene_sets, plot_running_sums
from deepcme.report.formatting import N_AND_EVENTS, PATIENTS_AND_EVENTS, TableLayout
from deepcme.report.layouts.columns import Estimate, PValue
from deepcme.report.section import Contents, Section
from deepcme.report.sections.genes.names import name_genes
from deepcme.selection.enrichment.enrichment import MODEL
from deepcme.selection.enrichment.measured import TESTED, TOO_FEW, TOO_MANY
from deepcme.selection.enrichment.running_sums import compute_running_sum
from deepcme.selection.enrichment.shifts import FALSE_DISCOVERIES
from deepcme.study.parts.gene_sets.gene_sets import MEMBERS, RANKING, SETS

_SHOWN = 20
"""Sets in the chart, and in the table beside it."""
_SHOWN_EDGES = 10
_DRAWN = 3
"""Sets with a running sum."""
_NAMES = 6
_FEW_GENES = 2_000
"""Measured genes under which a set is compared with what one chose to measure."""

_TEST = (
    ("set", "Set", ""), ("genes", "Genes", ""), Estimate("shift", "Shift", signed=True),
    PValue("p", "p"), PValue("fdr", "FDR"), ("claimed", "Claimed", ""),
    ("correlation", "Mean correlation", ".2f"),
)  # fmt: skip
_CAPTION = (
    "Sets with the smallest p, at most 20. Shift above 0: higher expression of its genes goes "
    "with the event."
)
_NOTE = (
    "Genes: measured, of those listed. Shift: mean score statistic of its genes minus that of "
    "all others, with a 95% interval by Student's t. p, of two sides: permutations of the "
    "patients, which keep the correlation of genes. FDR: Benjamini and Hochberg, over all sets "
    "tested. Mean correlation: of pairs of its genes."
)
_SUMS = (
    ("set", "Set", ""), ("nes", "NES", "+.2f"),
    PValue("p_gene_permutation", "p, genes permuted"), ("edge", "Leading edge", ""),
)  # fmt: skip
_SUMS_OF_MODEL = (
    (f"{MODEL}nes", "NES in the model", "+.2f"),
    ("model_edge", "Leading edge in the model", ""),
)  # fmt: skip
_SUMS_CAPTION = (
    "The first 10 in gene-set enrichment analysis (Subramanian et al. 2005); nothing is "
    "claimed by its p."
)
_SUMS_NOTE = (
    "NES: normalised enrichment score in the ranking by the score statistic; leading edge: the "
    "genes that make it, from the end of the ranking on. The p beside it permutes genes, which "
    "takes them for independent: it is shown because it is often reported."
)


def _compute(contents: Contents) -> None:
    folder = contents.results.folder
    if not folder.has_table(SETS):
        asked = bool(contents.results.study.gene_sets.files)
        contents.miss("gene sets", "--gene-sets SETS.gmt", asked=asked)
        return
    counts = PATIENTS_AND_EVENTS if contents.results.is_survival else N_AND_EVENTS
    layout = TableLayout(_CAPTION, *_TEST, *counts, note=_NOTE)
    contents.add("gene_sets", lambda: folder.read_table(SETS), layout)
    table = contents.tables["gene_sets"]
    of_model = _SUMS_OF_MODEL if "model" in table else ()
    sums = TableLayout(_SUMS_CAPTION, *_SUMS, *of_model, note=_SUMS_NOTE)
    contents.add("gene_set_leading_edges", lambda: _take_edges(table), sums)
    tested = table[table["standing"] == TESTED].head(_SHOWN)
    contents.charts["gene_sets"] = plot_gene_sets(tested)
    ranking = folder.read_table(RANKING)
    drawn = tested["set"].head(_DRAWN).tolist()
    contents.charts["gene_set_running_sums"] = plot_running_sums(
        compute_curves(ranking, folder.read_table(MEMBERS), drawn), len(ranking)
    )


def _take_edges(table: pd.DataFrame) -> pd.DataFrame:
    """What gene-set enrichment analysis says of the sets that are tested."""
    columns = ["es", "nes", "p_gene_permutation", "n_leading", "leading_edge"]
    columns += [name for column in columns if (name := f"{MODEL}{column}") in table]
    return table.loc[table["standing"] == TESTED, ["set", *columns]].reset_index(drop=True)


def compute_curves(
    ranking: pd.DataFrame, members: pd.DataFrame, sets: list[str]
) -> pd.DataFrame:
    """Running sums of sets where they turn: before and after each of their genes.

    Returns
    -------
    DataFrame
        `set, rank, running_sum, gene_name`, the name empty before a gene and at both ends.
    """
    named = name_genes(ranking)
    curves = []
    for name in sets:
        is_member = named["gene"].isin(members.loc[members["set"] == name, "gene"]).to_numpy()
        sums = compute_running_sum(named["statistic"].to_numpy(), is_member)
        after = np.flatnonzero(is_member)
        turns = np.unique(np.concatenate([after[after > 0] - 1, after, [len(sums) - 1]]))
        curve = pd.DataFrame({"set": name, "rank": turns + 1, "running_sum": sums[turns]})
        curve["gene_name"] = np.where(
            is_member[turns], named["gene_name"].to_numpy()[turns], ""
        )
        start = pd.DataFrame({"set": [name], "rank": 0, "running_sum": 0.0, "gene_name": ""})
        curves += [start, curve]
    return pd.concat(curves, ignore_index=True)


def describe_gene_sets(table: pd.DataFrame) -> list[str]:
    """What is claimed of sets, what is not tested, and what the null is, in sentences."""
    tested = table[table["standing"] == TESTED]
    claimed = tested[tested["claimed"]]
    first = tested.iloc[0]
    by_genes = false_discovery_control(tested["p_gene_permutation"]) <= FALSE_DISCOVERIES
    up, down = (claimed.loc[sign * claimed["shift"] > 0, "set"].tolist() for sign in (1, -1))
    found = [
        f"{words} the event: {few(names, 10)}"
        for words, names in (("higher with", up), ("lower with", down))
        if names
    ]
    sentences = [
        f"{len(claimed):,} of {counted(len(tested), 'set')} {_are(len(claimed))} claimed at a "
        f"false-discovery rate of {FALSE_DISCOVERIES:g}"
        + (f"; genes {'; '.join(found)}." if found else "."),
        "Tested is whether the genes of a set, as one, go with the outcome more than all other "
        "measured genes do. Its null keeps the correlation of genes: outcomes are permuted "
        f"between patients {first['n_permutations']:,} times, and how much any genes differ "
        "in what they have to do with the outcome is added to the variance. A set whose genes "
        "go both ways is not found by this.",
        "Permuting genes instead takes them for independent: by that null "
        f"{counted(int(by_genes.sum()), 'set')} would be claimed at the same rate.",
        "All samples of the study are taken, those that test parts hold out too: this says "
        "what goes with the outcome in these patients, and is no evidence from patients that "
        "were held out.",
    ]
    if "model" in table:
        sentences.append(
            f"NES in the model: the same sets in the ranking by gene scores of "
            f"{table['model'].iloc[0]}. These have no sign, spread over correlated genes and "
            "were learned of the same outcomes: the ranking is described, and not tested."
        )
    if first["n_background"] < _FEW_GENES:
        sentences.append(
            f"Only {first['n_background']:,} genes are measured: a set is compared with these, "
            "which were chosen for some reason, and not with all genes."
        )
    for standing in (TOO_FEW, TOO_MANY):
        of = table[table["standing"] == standing]
        if len(of):
            names = [
                f"{one['set']}, {one['n_genes']:,} of {one['n_listed']:,}"
                for one in of.to_dict("records")
            ]
            sentences.append(
                f"Not tested, as {standing} of their genes are measured: {few(names, 5)}."
            )
    return sentences


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _show_tests(table: pd.DataFrame) -> pd.DataFrame:
    """The first of the sets tested, with what the page shows of them."""
    shown = table[table["standing"] == TESTED].head(_SHOWN)
    return shown.assign(
        genes=[
            f"{found:,} of {listed:,}"
            for found, listed in zip(shown["n_found"], shown["n_listed"], strict=True)
        ],
        correlation=shown["correlation"].round(2) + 0.0,  # no -0.00
    )


def _show_edges(table: pd.DataFrame) -> pd.DataFrame:
    """The first of the sets, with the first genes of their leading edges."""
    shown = table.head(_SHOWN_EDGES)
    edges = {"edge": "leading_edge", "model_edge": f"{MODEL}leading_edge"}
    return shown.assign(
        **{name: shown[of].map(_first_names) for name, of in edges.items() if of in shown}
    )


def _first_names(genes: str) -> str:
    names = genes.split()
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more


def _write(contents: Contents) -> Blocks:
    if "gene_sets" not in contents.tables:
        return
    tables = contents.tables
    yield Heading("Gene sets", "gene-sets")
    found, *how = describe_gene_sets(tables["gene_sets"])
    yield Text(found)
    yield Folded("How sets are tested, and what is not claimed", [Bullets(how)])
    yield Figure(
        "gene_sets",
        "Shift of each gene set with its interval; the numbers are in the next table",
        "Shift of each set, with its 95% interval (Student's t), the smallest p first.",
    )
    yield contents.show("gene_sets", _show_tests(tables["gene_sets"]))
    yield Figure(
        "gene_set_running_sums",
        "Running sums of the first sets over the ranking of genes",
        "Running sum of the first sets over the genes ranked by their score statistic, above "
        "a tick for each of their genes. It is farthest from 0 where the leading edge ends.",
    )
    edges = _show_edges(tables["gene_set_leading_edges"])
    yield contents.show("gene_set_leading_edges", edges, wrap=True)


SECTION = Section(_write, _compute)
