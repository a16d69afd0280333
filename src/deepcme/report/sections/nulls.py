"""Null runs: tables, and a sentence on each kind, run or not."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from deepcme.base.words import few
from deepcme.evaluation.nulls import (
    FEWEST_PERMUTATIONS,
    LEVEL,
    compute_null_comparison,
    describe_power_to_reject,
)
from deepcme.report.blocks import Blocks, Figure, Heading, Text
from deepcme.report.chance import can_reject, compute_permutation
from deepcme.report.figures.nulls import plot_nulls
from deepcme.report.formatting import INTERVAL, N_AND_EVENTS, TableLayout
from deepcme.report.section import Contents, Section
from deepcme.study.parts.nulls import NULL_RUNS
from deepcme.study.settings import NullSettings

_NOT_RUN = {
    "permutation": ("Permutation test", "--permutations N"),
    "random_genes": ("Random gene sets", "--nulls N"),
    "signatures": ("Signatures", "--signature FILE"),
}

_PERMUTATION = TableLayout(
    "Permutation test: patient labels permuted, splits redrawn, everything refitted. p "
    "counts the labels as they are as one permutation (Phipson and Smyth 2010); its 95% "
    "interval is Wilson's, of the Monte-Carlo error: of the p of unlimited permutations.",
    ("observed", "AUC", ".3f"), ("p_value", "p", ".3f"), *INTERVAL,
    ("n_permutations", "Permutations", ",.0f"), ("n_as_good", "As good", ",.0f"),
    ("null_mean", "Null mean", ".3f"), ("null_sd", "Null sd", ".3f"), *N_AND_EVENTS,
)  # fmt: skip
_NULLS = TableLayout(
    "Mean test AUC of the null runs, low and high (quantiles 2.5% and 97.5%; the extremes "
    "of fewer than 40 runs), beside the AUC of what they are compared with. Share as good: "
    "of null runs with at least this AUC, with Wilson's 95% interval.",
    ("kind", "Null", ""), ("size", "Genes", ",.0f"), ("n_runs", "Runs", ",.0f"),
    ("null_mean", "Mean AUC", ".3f"), ("null_low", "Low", ".3f"),
    ("null_high", "High", ".3f"), ("compared", "Compared", ""), ("auc", "Its AUC", ".3f"),
    ("share_as_good", "Share as good", ".3f"), *INTERVAL, *N_AND_EVENTS,
)  # fmt: skip
_WHY = Markup(
    "The model again where there is nothing special to find: on permuted labels, and on random "
    'genes of this cohort. Most random gene sets "predict" the outcome of breast cancer '
    "(Venet, Dumont and Detours, PLoS Comput Biol 2011;7:e1002240): a list of genes says "
    "something only where it does better than random ones of its size."
)


def _compute(contents: Contents) -> None:
    folder = contents.results.folder
    runs = folder.read_table(NULL_RUNS) if folder.has_table(NULL_RUNS) else pd.DataFrame()
    contents.notes |= _describe_want_of_runs(
        contents.results.study.nulls, unfinished=runs.empty
    )
    if runs.empty:
        return
    table = contents.tables["discrimination"]
    auc = float(table.loc[table["model"] == contents.headline, "auc"].mean())
    comparison = compute_null_comparison(runs, contents.headline, auc)
    contents.add("null_runs", lambda: runs)
    contents.add("nulls", lambda: comparison, _NULLS)
    if len(comparison):
        contents.charts["nulls"] = plot_nulls(runs, comparison)
    if (permutation := compute_permutation(contents)) is not None:
        contents.add("permutation", lambda: permutation, _PERMUTATION)
        contents.notes["permutation"] = describe_permutation(permutation, folder.read_looks())
    random = comparison[comparison["kind"] == "random genes"].drop_duplicates("size")
    if len(random):
        sentences = map(_random_genes, random.to_dict("records"))
        contents.notes["random_genes"] = " ".join(sentences)
    signatures = runs[runs["kind"] == "signature"].to_dict("records")
    if signatures:
        contents.notes["signatures"] = " ".join(
            _signature(run, comparison) for run in signatures
        )


def _describe_want_of_runs(asked: NullSettings, *, unfinished: bool) -> dict[str, str]:
    """What there is to say of each kind of null of which there is no run."""
    is_asked = {
        "permutation": asked.permutations,
        "random_genes": asked.gene_sets,
        "signatures": asked.signatures,
    }
    return {
        kind: f"{name}: not finished; run the study again."
        if unfinished and is_asked[kind]
        else f"{name}: not run ({option})."
        for kind, (name, option) in _NOT_RUN.items()
    }


def describe_permutation(permutation: pd.DataFrame, looks: Sequence[int | None] = ()) -> str:
    """The outcome of the permutation test, at the 5% level, where it can have one.

    Parameters
    ----------
    permutation : DataFrame
        As `compute_permutation_table` gives it.
    looks : sequence of int or None
        After how many permutations the test was made, None for unknown numbers.
    """
    row = permutation.iloc[0]
    found = (
        f"With permuted labels the whole pipeline did at least as well in "
        f"{row['n_as_good']:,.0f} of {row['n_permutations']:,.0f} reruns"
    )
    if not can_reject(permutation):
        return f"{found}. {describe_power_to_reject(int(row['n_permutations']))}"
    outcome = "above chance" if row["p_value"] <= LEVEL else "not shown to be above chance"
    unsettled = row["ci_low"] <= LEVEL <= row["ci_high"]
    test = (
        f"{found}: p = {row['p_value']:.3f} (95% Monte-Carlo interval {row['ci_low']:.3f} to "
        f"{row['ci_high']:.3f}), {outcome}"
        f"{', which more permutations could change' if unsettled else ''}."
    )
    return " ".join(filter(None, [test, describe_looks(looks)]))


def describe_looks(looks: Sequence[int | None]) -> str:
    """What several looks at a growing number of permutations mean; nothing for one look.

    By simulation p is at most 0.05 by chance in 5.0, 6.1, 6.9 and 7.3 of 100 studies after
    one to four looks (19, 39, 99, 199 permutations). Looks that cannot reject do not count.
    """
    able = [look for look in looks if look is None or look >= FEWEST_PERMUTATIONS]
    known = [f"{look:,}" for look in able if look is not None]
    if len(able) < 2:
        return ""
    if len(known) < len(able):
        return (
            "Earlier looks at fewer permutations are possible, but were not kept: with "
            "several, p <= 0.05 comes by chance in more than 5 of 100."
        )
    return (
        f"Looked at after {', '.join(known)} permutations: with several looks p <= 0.05 comes "
        "by chance in more than 5 of 100 (about 7 after four)."
    )


def _random_genes(row: dict[Hashable, Any]) -> str:
    return (
        f"Of {row['n_runs']:,} random sets of {row['size']:,} genes, {_as_good(row)} did at "
        f"least as well as {row['compared']} (AUC {row['auc']:.3f})."
    )


def _signature(run: dict[Hashable, Any], comparison: pd.DataFrame) -> str:
    name = f"signature {run['signature']}"
    missing = str(run["missing"]).split(", ") if pd.notna(run["missing"]) else []
    lost = f" (missing: {few(missing, 5)})" if missing else ""
    sentence = (
        f"Signature {run['signature']}: {run['listed'] - len(missing):,.0f} of its "
        f"{run['listed']:,.0f} genes found{lost}, mean test AUC {run['auc']:.3f}"
    )
    beside = comparison[(comparison["compared"] == name) & (comparison["size"] == run["size"])]
    if beside.empty:
        return f"{sentence}; no random sets were run."
    row = beside.to_dict("records")[0]
    return (
        f"{sentence}; of {row['n_runs']:,} random sets of {row['size']:,} genes, "
        f"{_as_good(row)} did at least as well."
    )


def _as_good(row: dict[Hashable, Any]) -> str:
    return (
        f"{row['n_as_good']:,} ({row['share_as_good']:.0%}, 95% interval {row['ci_low']:.0%} "
        f"to {row['ci_high']:.0%})"
    )


def _write(contents: Contents) -> Blocks:
    return [
        Heading("Nulls", "nulls"),
        Text(_WHY if "nulls" in contents.tables else "", only="html"),
        Figure(
            "nulls",
            "AUCs of the null runs beside the real ones; the numbers are in the next table",
            "One bar per null run; the shapes are what the runs are compared with, the dashed "
            "line is chance. Click a name in the legend to single it out.",
        ),
        *(Text(contents.notes[kind]) for kind in _NOT_RUN),
        contents.show("permutation"),
        contents.show("nulls"),
    ]


SECTION = Section(_write, _compute)
