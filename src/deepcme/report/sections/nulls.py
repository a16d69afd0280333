"""Null runs: tables, and a sentence on each kind, run or not."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from deepcme.base.words import few
from deepcme.evaluation.measures import Measure
from deepcme.evaluation.nulls import (
    FEWEST_PERMUTATIONS,
    LEVEL,
    PERMUTED_LABELS,
    compute_null_comparison,
    describe_power_to_reject,
)
from deepcme.evaluation.survival.measured import UNO, TimeMeasure
from deepcme.evaluation.survival.tables.nulls import LOG_RANK, PERMUTED_OUTCOMES
from deepcme.report.blocks import Blocks, Figure, Heading, Text
from deepcme.report.chance import (
    can_reject,
    describe_unfinished,
    is_unfinished,
    require_permutation,
    select_ranks,
)
from deepcme.report.figures.nulls import plot_nulls
from deepcme.report.formatting import N_AND_EVENTS, PATIENTS_AND_EVENTS, TableLayout
from deepcme.report.layouts.columns import Estimate, PValue
from deepcme.report.section import Contents, Section
from deepcme.study.parts.nulls import NULL_RUNS

_KINDS = {
    "permutation": ("permutation test", "--permutations 50"),
    "random_genes": ("random gene sets", "--nulls 50"),
    "signatures": ("own gene signatures, refitted", "--signature FILE"),
}
"""Kinds of null runs: what they are called, and the option that asks for them."""

_PERMUTATION = TableLayout(
    "Permutation test: patient labels permuted, everything refitted.",
    ("observed", "AUC", ".3f"), PValue("p_value", "p", "ci_low", "ci_high"),
    ("n_permutations", "Permutations", ",.0f"), ("n_as_good", "As good", ",.0f"),
    ("null_mean", "Null mean", ".3f"), ("null_sd", "Null sd", ".3f"), *N_AND_EVENTS,
    note="p counts the labels as they are as one permutation (Phipson and Smyth 2010); its 95% "
    "interval is Wilson's, of the Monte-Carlo error: of the p of unlimited permutations.",
)  # fmt: skip
_PERMUTATION_OF_TIMES = TableLayout(
    "Permutation tests: outcomes, time and event together, permuted between patients, "
    "everything refitted.",
    ("statistic", "Of", ""), ("observed", "Found", ".3f"),
    PValue("p_value", "p", "ci_low", "ci_high"),
    ("n_permutations", "Permutations", ",.0f"), ("n_as_good", "As good", ",.0f"),
    ("null_mean", "Null mean", ".3f"), ("null_sd", "Null sd", ".3f"), *PATIENTS_AND_EVENTS,
    note="Of Uno's C, and of the log-rank chi-square between the thirds of predicted risk, "
    "with a minus where events come sooner the lower the predicted risk. p counts the outcomes "
    "as they are as one permutation (Phipson and Smyth 2010); its 95% interval is Wilson's, of "
    "the Monte-Carlo error: of the p of unlimited permutations.",
)  # fmt: skip
_STATISTICS = {UNO.name: UNO.heading, LOG_RANK: "Thirds of predicted risk (log-rank)"}
_WHY = Markup(
    "The model again where there is nothing special to find: on permuted {}, and on random "
    'genes of this cohort. Most random gene sets "predict" the outcome of breast cancer '
    "(Venet, Dumont and Detours, PLoS Comput Biol 2011;7:e1002240): a list of genes says "
    "something only where it does better than random ones of its size."
)


def _layout(measure: Measure | TimeMeasure, *, is_survival: bool) -> TableLayout:
    name, short = measure.heading, "C" if is_survival else measure.heading
    counts = PATIENTS_AND_EVENTS if is_survival else N_AND_EVENTS
    return TableLayout(
        f"Mean test {name} of the null runs, beside the {short} of what they are set against.",
        ("kind", "Null", ""), ("size", "Genes", ",.0f"), ("n_runs", "Runs", ",.0f"),
        Estimate("null_mean", f"Mean {short}", "null_low", "null_high", ends="low to high"),
        ("compared", "Compared", ""), (measure.name, f"Its {short}", ".3f"),
        Estimate("share_as_good", "Share as good", percent=True), *counts,
        note="Low and high: quantiles 2.5% and 97.5%, the extremes of fewer than 40 runs. "
        f"Share as good: of null runs with at least this {short}, with Wilson's 95% interval.",
    )  # fmt: skip


def _compute(contents: Contents) -> None:
    folder, results = contents.results.folder, contents.results
    runs = folder.read_table(NULL_RUNS) if folder.has_table(NULL_RUNS) else pd.DataFrame()
    if runs.empty:
        _note_missing(contents)
        return
    contents.add("null_runs", lambda: runs)
    if (runs["kind"].isin((PERMUTED_LABELS, PERMUTED_OUTCOMES))).any():
        layout = _PERMUTATION_OF_TIMES if results.is_survival else _PERMUTATION
        contents.add("permutation", lambda: require_permutation(contents), layout)
    if "permutation" in contents.tables:
        permutation = contents.tables["permutation"]
        contents.notes["permutation"] = describe_permutation(permutation, folder.read_looks())
    _compare(contents, runs)
    _note_missing(contents)


def _compare(contents: Contents, runs: pd.DataFrame) -> None:
    """The runs beside the model and the signatures, in a table, a chart and sentences."""
    is_survival, measure = contents.results.is_survival, contents.results.ranked_by
    ranks = select_ranks(contents, contents.headline)
    value = float(ranks["value" if is_survival else measure.name].mean())
    comparison = compute_null_comparison(runs, contents.headline, value, measure.name)
    contents.add("nulls", lambda: comparison, _layout(measure, is_survival=is_survival))
    if len(comparison):
        contents.charts["nulls"] = plot_nulls(runs, comparison, measure.name, measure.heading)
    random = comparison[comparison["kind"] == "random genes"].drop_duplicates("size")
    if len(random):
        sentences = [_random_genes(row, measure) for row in random.to_dict("records")]
        n_asked = contents.results.study.nulls.gene_sets
        if random["n_runs"].min() < n_asked:
            sentences.append(f"So far: {n_asked:,} of a size are asked for.")
        contents.notes["random_genes"] = " ".join(sentences)
    signatures = runs[runs["kind"] == "signature"].to_dict("records")
    if signatures:
        contents.notes["signatures"] = " ".join(
            _signature(run, comparison, measure) for run in signatures
        )


def _note_missing(contents: Contents) -> None:
    """Note the kinds of null of which there is no run."""
    settings = contents.results.study.nulls
    is_asked = {
        "permutation": settings.permutations,
        "random_genes": settings.gene_sets,
        "signatures": settings.signatures,
    }
    for kind, (name, option) in _KINDS.items():
        if kind not in contents.notes:
            contents.miss(name, option, asked=bool(is_asked[kind]))


def describe_permutation(permutation: pd.DataFrame, looks: Sequence[int | None] = ()) -> str:
    """The outcome of the permutation test, at the 5% level, where it can have one.

    Parameters
    ----------
    permutation : DataFrame
        As `compute_permutation_table` gives it, or `compute_survival_permutation_table`.
    looks : sequence of int or None
        After how many permutations the test was made, None for unknown numbers.
    """
    row = permutation.iloc[0]
    outcomes = "outcomes" if "statistic" in permutation else "labels"
    found = (
        f"With permuted {outcomes} the whole pipeline did at least as well in "
        f"{row['n_as_good']:,.0f} of {row['n_permutations']:,.0f} reruns"
    )
    if is_unfinished(permutation):
        left = row["n_asked"] - row["n_permutations"]
        error = (
            f" (95% Monte-Carlo interval {row['ci_low']:.3f} to {row['ci_high']:.3f})"
            if row["n_permutations"] >= FEWEST_PERMUTATIONS
            else ""
        )
        return (
            f"{describe_unfinished(permutation)}{error}. {found}. Nothing is concluded "
            f"before all are done: the same command does the other {left:,.0f}."
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


def _random_genes(row: dict[Hashable, Any], measure: Measure | TimeMeasure) -> str:
    return (
        f"Of {row['n_runs']:,} random sets of {row['size']:,} genes, {_as_good(row)} did at "
        f"least as well as {row['compared']} ({measure.heading} "
        f"{row[measure.name]:.3f})."
    )


def _signature(
    run: dict[Hashable, Any], comparison: pd.DataFrame, measure: Measure | TimeMeasure
) -> str:
    name = f"signature {run['signature']}"
    missing = str(run["missing"]).split(", ") if pd.notna(run["missing"]) else []
    lost = f" (missing: {few(missing, 5)})" if missing else ""
    sentence = (
        f"Signature {run['signature']}: {run['listed'] - len(missing):,.0f} of its "
        f"{run['listed']:,.0f} genes found{lost}, mean test {measure.heading} "
        f"{run[measure.name]:.3f}"
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
    results, permutation = contents.results, contents.tables.get("permutation")
    if permutation is None and "nulls" not in contents.tables:
        return []
    if permutation is not None and "statistic" in permutation:
        permutation = permutation.replace({"statistic": _STATISTICS})
    few = permutation is not None and permutation["n_permutations"].iloc[0]
    if permutation is not None and few < FEWEST_PERMUTATIONS:
        permutation = permutation.assign(p_value=np.nan)
    name = results.ranked_by.heading
    outcomes, name = ("outcomes", name) if results.is_survival else ("labels", f"{name}s")
    return [
        Heading("What is found where there is nothing to find", "nulls"),
        Text(_WHY.format(outcomes) if "nulls" in contents.tables else "", only="html"),
        Figure(
            "nulls",
            f"{name} of the null runs beside the real ones; the numbers are in the next table",
            "One bar per null run; the shapes are what the runs are compared with, the dashed "
            "line is chance.",
            hint="Click a name in the legend to single it out.",
        ),
        *(Text(contents.notes.get(kind, "")) for kind in _KINDS),
        None if permutation is None else contents.show("permutation", permutation),
        contents.show("nulls"),
    ]


SECTION = Section(_write, _compute)
