"""What the genes add to clinical columns in ranking patients by when the event comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.words import listed
from deepcme.evaluation.added_value import compute_score_test
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.differences import compute_survival_differences
from deepcme.models.clinical import INDICATOR
from deepcme.report.blocks import Blocks, Figure, Heading, Text
from deepcme.report.chance import exceeds_chance
from deepcme.report.formatting import LEFT_OUT_COLUMN, PATIENTS_AND_EVENTS, TableLayout
from deepcme.report.layouts.columns import Count, Estimate, Plain, PValue
from deepcme.report.section import Contents, Section
from deepcme.report.sections.added_value import (
    SCORE_TEST,
    describe_score_test,
    miss_clinical_columns,
    show_score_test,
)
from deepcme.report.survival.discrimination import (
    draw_differences,
    estimates_by_measure,
    show_by_measure,
)
from deepcme.study.parts.added_value import CLINICAL, CLINICAL_AND_GENES, SCORE_TESTS
from deepcme.study.parts.cox_clinical import HAZARD_RATIOS
from deepcme.study.parts.survival_tables import COX_FITS
from deepcme.study.settings import ClinicalSettings

_ADDED_VALUE = TableLayout(
    f"{CLINICAL_AND_GENES} minus the clinical columns alone, and minus the genes alone.",
    LEFT_OUT_COLUMN, ("baseline", "Minus", ""), *estimates_by_measure(signed=True),
    PValue("p_value", "p"), PValue("p_holm", "p (Holm)"), *PATIENTS_AND_EVENTS,
    ("absent", "Why none", ""), optional=(LEFT_OUT, "absent"),
    note="On the same patients in the same draws. p, of Uno's C: as it is of the clinical "
    "columns, which the question is about, and after Holm of both.",
)  # fmt: skip
_HAZARD_RATIOS = TableLayout(
    "Hazard ratios of the clinical columns alone, of one Cox regression on all patients.",
    ("column", "Column", ""), ("value", "Value", ""), Estimate("hazard_ratio", "Hazard ratio"),
    Plain("interval", "Interval", constant="intervals by {}"), *PATIENTS_AND_EVENTS,
    Count("missing", "Missing", "missing value"),
    Plain("monotone_splits", "No end", ",.0f", constant="no end in {} splits"),
    Plain("left_out_splits", "Left out", ",.0f", constant="left out in {} splits"),
    note="One row a patient, Efron's ties; missing values filled. 95% intervals: Wald's, those "
    "of Firth's fit where a hazard ratio would have no end (Heinze and Schemper 2001). "
    "Patients and events: with the word, or with a known number. No end, left out: in how many "
    "splits a value of the column had no finite hazard ratio, or repeated other columns.",
)  # fmt: skip


def _compute(contents: Contents) -> None:
    results = contents.results
    clinical = results.study.clinical
    if clinical is None:
        miss_clinical_columns(contents)
        return
    contents.add(
        "added_value",
        lambda: compute_survival_differences(
            results.evaluation,
            CLINICAL_AND_GENES,
            [CLINICAL, clinical.genes],
            comparator=CLINICAL,
        ),
        _ADDED_VALUE,
    )
    if "added_value" in contents.tables:
        table = contents.tables["added_value"]
        contents.notes["added_value_verdict"] = describe_added_value(table, clinical.columns)
        if table["difference"].notna().any():
            contents.charts["added_value"] = draw_differences(table, contents.roles)
    _add_score_test(contents)
    contents.notes["clinical_coding"] = describe_coding(clinical)
    folder = results.folder
    ratios = folder.read_table(HAZARD_RATIOS)
    contents.add("clinical_hazard_ratios", lambda: ratios, _HAZARD_RATIOS)
    failures = [describe_failures(ratios), describe_fits(folder.read_table(COX_FITS))]
    contents.notes["clinical_failures"] = " ".join(filter(None, failures))


def _add_score_test(contents: Contents) -> None:
    """What the pre-validated gene score adds, by permutation where it was permuted."""
    folder = contents.results.folder
    if not folder.has_table(SCORE_TESTS):
        return
    test = compute_score_test(folder.read_table(SCORE_TESTS))
    contents.add("gene_score_test", lambda: test, SCORE_TEST)
    contents.notes["gene_score_test"] = describe_score_test(test, exceeds_chance(contents))


def describe_added_value(table: pd.DataFrame, columns: tuple[str, ...]) -> str:
    """Whether the genes rank patients better than the columns alone, by Uno's C."""
    asked = table[(table["measure"] == UNO.name) & (table["baseline"] == CLINICAL)]
    return " ".join(_describe(row, listed(columns)) for row in asked.to_dict("records"))


def _describe(row: Mapping[Any, Any], columns: str) -> str:
    if pd.isna(row["difference"]):
        said = f"what genes add to {columns} cannot be estimated: {row['absent']}."
    else:
        low, high = row["ci_low"], row["ci_high"]
        if low > 0:
            finding = f"genes beside {columns} rank patients better than these alone"
        elif high < 0:
            finding = f"genes beside {columns} rank patients worse than these alone"
        else:
            finding = f"genes are not shown to add to {columns} in ranking patients"
        known = np.isfinite([low, high]).all()
        interval = f"95% interval {low:+.3f} to {high:+.3f}" if known else "without an interval"
        said = (
            f"{finding}: Uno's C {row['difference']:+.3f} ({interval}; {row['n']:,} patients, "
            f"{row['events']:,} with the event)."
        )
    if LEFT_OUT in row:
        return f"In {row[LEFT_OUT]}: {said}"
    return said[0].upper() + said[1:]


def describe_coding(clinical: ClinicalSettings) -> str:
    """How the columns enter both models, for the methods."""
    beside = ", with an indicator beside them" if clinical.missing == INDICATOR else ""
    return (
        f"Clinical columns: {listed(clinical.columns)}. Numbers are standardised, words "
        "indicators against the most frequent; missing numbers take the median, missing words "
        f"the most frequent one{beside}. Coding, medians and scales are learned on the "
        "training and validation part, on which both models are fitted: Cox regression of the "
        "columns alone with Efron's treatment of ties, and the Cox ridge regression of "
        f"{clinical.genes} with the columns beside the genes, without a penalty."
    )


def describe_failures(ratios: pd.DataFrame) -> str:
    """Which columns had no finite hazard ratio, or repeated others, and in how many splits."""
    sentences = []
    for column, sentence in (
        ("monotone_splits", "had no finite hazard ratio: Firth's regression was fitted of the "
         "columns alone, and beside the genes the column was shrunk"),
        ("left_out_splits", "said nothing that other columns do not, and was left out there"),
    ):  # fmt: skip
        found = ratios[ratios[column] > 0].drop_duplicates("column")
        if len(found):
            pairs = zip(found["column"], found[column], strict=True)
            named = listed([f"{name} (in {count:.0f} splits)" for name, count in pairs])
            sentences.append(f"{named} {sentence}.")
    return " ".join(sentences)


def describe_fits(fits: pd.DataFrame) -> str:
    """In how many splits no gene entered beside the clinical columns."""
    beside = fits[fits["model"] == CLINICAL_AND_GENES]
    n_nothing = int(beside["selects_nothing"].sum())
    if not n_nothing:
        return ""
    return (
        f"In {n_nothing:,} of {len(beside):,} splits cross-validation left all genes out, so "
        f"that {CLINICAL_AND_GENES} is the clinical columns alone there."
    )


def _write(contents: Contents) -> Blocks:
    if contents.results.study.clinical is None:
        return
    notes = contents.notes
    yield Heading("Added value of genes over clinical columns", "added-value")
    yield Text(notes.get("added_value_verdict", notes.get("added_value", "")))
    yield Text(
        "Beside the columns, which have no penalty, the genes enter a Cox ridge regression; "
        "both models are fitted on training and validation part. A difference in C looks at "
        "ranks alone: what the risks of both models are worth is in calibration and clinical "
        "usefulness."
    )
    yield Figure(
        "added_value",
        "Differences in C and AUC(t) of genes and clinical columns together to each alone; the "
        "numbers are in the next table",
        f"To the right of the dashed line {CLINICAL_AND_GENES} ranks better.",
    )
    yield show_by_measure(contents, "added_value", "difference", "baseline")
    yield Text(notes.get("gene_score_test", ""))
    yield show_score_test(contents)
    yield Text(notes["clinical_failures"])
    yield contents.show("clinical_hazard_ratios")


SECTION = Section(_write, _compute)
