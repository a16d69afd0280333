"""The section on how published signatures and a clinical index rank the same patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from deepcme.models.signatures.matching import FULL_SHARE, PARTIAL_SHARE
from deepcme.report.blocks import Blocks, Bullets, Figure, Heading, Table, Text
from deepcme.report.chance import exceeds_chance
from deepcme.report.formatting import (
    LEFT_OUT_COLUMN,
    N_AND_EVENTS,
    PATIENTS_AND_EVENTS,
    TableLayout,
    rank_rows,
)
from deepcme.report.layouts.columns import Count, Estimate, Plain
from deepcme.report.layouts.numbers import show_p_value
from deepcme.report.section import Contents, Section
from deepcme.report.sections.comparators.chart import plot_beside_clinic
from deepcme.report.sections.comparators.compared import (
    TRAINED,
    compute_beside_clinic,
    compute_scalings,
    read_signatures,
)
from deepcme.report.sections.comparators.words import (
    describe_found,
    describe_kinds,
    describe_signatures,
    list_refused,
    list_warnings,
    list_without_single_scores,
    name_standing,
    shorten_citation,
)

_BESIDE = (
    "{headline}, signatures and clinical index on the same test patients; difference: "
    "{headline} less the row. {headline} first, the others by {measure}."
)
_HOW_BESIDE = (
    "{measure} and 95% interval as in the table of discrimination. Difference: {differences}; "
    "p as it is of what was named in advance, of the others after Holm over all rows not "
    "trained here. Genes: found of those listed, and their share of the absolute weight; full "
    f"with {FULL_SHARE:.0%} of both, partial with {PARTIAL_SHARE:.0%}."
)
_DIFFERENCES = (
    "a mean over the splits, with Student's t interval of the corrected resampled t-test "
    "(Nadeau and Bengio 2003)"
)
_DIFFERENCES_OF_TIMES = "on the same patients in the same draws"
_SCALINGS = (
    "{measure} by a score that is scaled within the cohort and by one that needs this sample "
    "alone, and how far both agree."
)
_HOW_SCALINGS = (
    "Scaled within the cohort: by the training part. On the same test patients in the same "
    "draws. Spearman: correlation of both scores. Same class: share of samples, where "
    "published cut-offs hold for both. Compared: samples that have both."
)
_SIGNATURES = TableLayout(
    "The signatures that were looked at. beside_clinic_signatures.csv has whole sources, "
    "missing genes and those found by another symbol.",
    ("signature", "Name", ""), ("title", "What", ""), ("made_for", "Made for", ""),
    ("source", "Source", ""), ("standing", "Standing", ""), ("found", "Genes", ""),
)  # fmt: skip
_GENES = TableLayout(
    "Where each comes from, and which of its genes the cohort lacks or has by another symbol.",
    ("signature", "Name", ""), ("aliases", "Found by another symbol", ""),
    ("missing", "Missing", ""), ("source", "Source", ""),
)  # fmt: skip
_CAPTION = (
    "{measure} of models, signatures and clinical index on the same test patients (square; "
    "line: 95% interval), beside it {counted} / events; the dashed line is chance. Hollow: "
    "partial, with some of its genes missing or components filled in. That one interval "
    "excludes chance and another does not is no difference between them: the table has these."
    "{warned}"
)


_WARNED = " A star: see the warning on it above."


def _compute(contents: Contents) -> None:
    results = contents.results
    measure = results.ranked_by.heading
    contents.add(
        "beside_clinic_signatures", lambda: read_signatures(results.folder), _SIGNATURES
    )
    if "beside_clinic_signatures" not in contents.tables:
        return
    signatures = contents.tables["beside_clinic_signatures"]
    contents.notes["beside_clinic_methods"] = describe_signatures(signatures)
    contents.add(
        "beside_clinic",
        lambda: compute_beside_clinic(contents, signatures),
        _lay_out(contents, measure),
    )
    if "beside_clinic" not in contents.tables:
        return
    table = contents.tables["beside_clinic"]
    if table["value"].notna().any():
        contents.charts["beside_clinic"] = plot_beside_clinic(table, measure, contents.roles)
    contents.notes["beside_clinic_found"] = describe_found(
        table, measure, partial(exceeds_chance, contents)
    )
    contents.add(
        "beside_clinic_scalings",
        lambda: compute_scalings(contents, signatures),
        _lay_out_scalings(contents, measure),
    )


def _counts(contents: Contents) -> tuple[Count, ...]:
    return PATIENTS_AND_EVENTS if contents.results.is_survival else N_AND_EVENTS


def _lay_out(contents: Contents, measure: str) -> TableLayout:
    differences = _DIFFERENCES_OF_TIMES if contents.results.is_survival else _DIFFERENCES
    return TableLayout(
        _BESIDE.format(measure=measure, headline=contents.headline),
        LEFT_OUT_COLUMN, ("model", "Name", ""), Estimate("value", measure),
        Estimate(
            "difference", "Difference", "difference_low", "difference_high", signed=True
        ),
        ("p", "p", ""), ("what", "What", ""), ("found", "Genes", ""), *_counts(contents),
        ("absent", "Why none", ""), best="value",
        note=_HOW_BESIDE.format(measure=measure, differences=differences),
    )  # fmt: skip


def _lay_out_scalings(contents: Contents, measure: str) -> TableLayout:
    return TableLayout(
        _SCALINGS.format(measure=measure),
        LEFT_OUT_COLUMN, ("model", "Name", ""),
        Estimate("within", "Within", "within_low", "within_high"),
        Estimate("single", "Single sample", "single_low", "single_high"),
        Estimate("spearman", "Spearman", "spearman_low", "spearman_high"),
        Estimate(
            "same_class", "Same class", "same_class_low", "same_class_high", percent=True
        ),
        Plain("n_agreement", "Compared", ",.0f", constant="{} samples compared"),
        *_counts(contents), note=_HOW_SCALINGS,
    )  # fmt: skip


def _found(row: Mapping[Any, Any]) -> str:
    """Genes found and their weight; of an index, how many samples have its components."""
    if pd.notna(row["n_found"]):
        found = f"{row['n_found']:.0f} of {row['n_listed']:.0f}"
        return found if pd.isna(row["weight_share"]) else f"{found} ({row['weight_share']:.0%})"
    known = row.get("n_known", np.nan)
    return "" if pd.isna(known) else f"known of {known:,.0f} of {row['n']:,.0f} samples"


def _p_value(row: Mapping[Any, Any]) -> str:
    """That of those named in advance as it is, of the others after Holm."""
    was_named = row["named"] or row["kind"] == TRAINED
    return show_p_value(row["p_value"] if was_named else row["p_holm"])


def _show_beside(table: pd.DataFrame, headline: str) -> pd.DataFrame:
    ranked = rank_rows(table, table["value"], headline)
    rows = ranked.to_dict("records")
    return ranked.assign(
        what=[name_standing(row) for row in rows],
        p=[_p_value(row) for row in rows],
        found=[_found(row) for row in rows],
    )


def _show_signatures(table: pd.DataFrame) -> pd.DataFrame:
    rows = table.to_dict("records")
    return table.assign(
        made_for=[", ".join(filter(None, [row["cancer"], row["platform"]])) for row in rows],
        found=[_found(row) for row in rows],
        source=table["source"].map(shorten_citation),
    )


def _write(contents: Contents) -> Blocks:
    tables, notes = contents.tables, contents.notes
    if "beside_clinic_signatures" not in tables:
        return
    signatures = tables["beside_clinic_signatures"]
    measure = contents.results.ranked_by.heading
    yield Heading("Beside what the clinic has", "beside-clinic")
    yield Text(notes.get("beside_clinic_found", notes.get("beside_clinic", "")))
    why_none = notes.get("beside_clinic_differences", "")
    yield Text("" if why_none == notes.get("comparison") else why_none)
    yield Text(describe_kinds(signatures))
    yield Bullets(list_warnings(signatures))
    yield Figure(
        "beside_clinic",
        f"Forest plot of {measure} of models, published signatures and clinical index; the "
        "numbers are in the next table",
        _CAPTION.format(
            measure=measure,
            counted="patients" if contents.results.is_survival else "samples",
            warned=_WARNED if "beside_clinic" in tables and _warns(tables) else "",
        ),
    )
    if "beside_clinic" in tables:
        shown = _show_beside(tables["beside_clinic"], contents.headline)
        yield contents.show("beside_clinic", shown, unfolded=True)
    if _has_single_scores(tables):
        table = tables["beside_clinic_scalings"]
        yield contents.show("beside_clinic_scalings", table[table["single"].notna()])
    without = list_without_single_scores(tables.get("beside_clinic_scalings"))
    yield Bullets([*without, *list_refused(signatures)])
    yield contents.show(
        "beside_clinic_signatures",
        _show_signatures(signatures),
        wrap=True,
        folded="What each is, what it was made for, and how much of it is in this cohort",
    )
    yield _fold_genes(signatures)


def _warns(tables: Mapping[str, pd.DataFrame]) -> bool:
    return bool(tables["beside_clinic"]["warned"].any())


def _has_single_scores(tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether a signature has any; without one the reasons say all."""
    table = tables.get("beside_clinic_scalings")
    return table is not None and bool(table["single"].notna().any())


def _fold_genes(signatures: pd.DataFrame) -> Table:
    """Sources, and which genes are missing or bear another symbol, folded on the page."""
    table = Table("beside-clinic-genes", _GENES.show(signatures), wrap=True, only="html")
    return replace(table, folded="Sources, missing genes, and genes found by another symbol")


SECTION = Section(_write, _compute)
