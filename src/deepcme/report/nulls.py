"""What the report says of null runs: tables, and a sentence on each kind, run or not."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from deepcme.evaluation.nulls import compute_null_comparison, compute_permutation_table
from deepcme.study.parts.nulls import NULL_RUNS
from deepcme.study.store import StudyFolder
from deepcme.words import few

LEVEL = 0.05
_SETTINGS = {
    "permutation": "permutations",
    "random_genes": "gene_sets",
    "signatures": "signatures",
}
_UNFINISHED = "{}: not finished; run the study again."


def compute_null_tables(
    folder: StudyFolder, model: str, auc: float
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Tables and sentences on the null runs of a study.

    Parameters
    ----------
    folder : StudyFolder
    model : str
        The study's headline, which was rerun.
    auc : float
        Its mean test AUC.

    Returns
    -------
    tables : dict of DataFrame
        ``null_runs``, ``nulls`` and ``permutation``; what was not run is absent.
    notes : dict of str
        ``permutation``, ``random_genes`` and ``signatures``.
    """
    notes = {
        "permutation": "Permutation test: not run (--permutations N).",
        "random_genes": "Random gene sets: not run (--nulls N).",
        "signatures": "Signatures: not run (--signature FILE).",
    }
    runs = read_null_runs(folder)
    if runs.empty:
        asked = folder.read_settings("nulls")
        return {}, {
            note: _UNFINISHED.format(text.split(":")[0]) if asked.get(_SETTINGS[note]) else text
            for note, text in notes.items()
        }
    comparison = compute_null_comparison(runs, model, auc)
    tables = {"null_runs": runs, "nulls": comparison}
    if (runs["kind"] == "permuted labels").any():
        tables["permutation"] = compute_permutation_table(runs, auc)
        notes["permutation"] = describe_permutation(tables["permutation"])
    random = comparison[comparison["kind"] == "random genes"].drop_duplicates("size")
    if len(random):
        notes["random_genes"] = " ".join(map(_random_genes, random.to_dict("records")))
    signatures = runs[runs["kind"] == "signature"].to_dict("records")
    if signatures:
        notes["signatures"] = " ".join(_signature(run, comparison) for run in signatures)
    return tables, notes


def read_null_runs(folder: StudyFolder) -> pd.DataFrame:
    """A study's table of null runs; empty where none was asked for."""
    return folder.read_table(NULL_RUNS) if folder.has_table(NULL_RUNS) else pd.DataFrame()


def describe_permutation(permutation: pd.DataFrame) -> str:
    """The outcome of the permutation test in a sentence, at the 5% level."""
    row = permutation.iloc[0]
    outcome = "above chance" if row["p_value"] <= LEVEL else "not shown to be above chance"
    unsettled = row["ci_low"] <= LEVEL <= row["ci_high"]
    return (
        f"With permuted labels the whole pipeline did at least as well in "
        f"{row['n_as_good']:,.0f} of {row['n_permutations']:,.0f} reruns: p = "
        f"{row['p_value']:.3f} (95% Monte-Carlo interval {row['ci_low']:.3f} to "
        f"{row['ci_high']:.3f}), {outcome}"
        f"{', which more permutations could change' if unsettled else ''}."
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
