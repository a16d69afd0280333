"""What the genes add to clinical columns."""

from __future__ import annotations

from typing import Any

import pandas as pd

from deepcme.base.words import listed
from deepcme.evaluation.added_value import compute_added_value, compute_events_per_parameter
from deepcme.report.blocks import Blocks, Figure, Heading, Text
from deepcme.report.figures.study import plot_comparison
from deepcme.report.formatting import (
    COUNTS,
    DIFFERENCE,
    INTERVAL,
    LEFT_OUT_COLUMN,
    N_AND_EVENTS,
    PROBABILITIES,
    TableLayout,
)
from deepcme.report.section import Contents, Section
from deepcme.study.parts.added_value import CLINICAL, CLINICAL_AND_GENES
from deepcme.study.settings import ClinicalSettings

_FEW_EVENTS_PER_PARAMETER = 10

_ADDED_VALUE = TableLayout(
    "AUC of both minus AUC of each alone, over the splits; corrected resampled t-test "
    "(Nadeau and Bengio 2003), p after Holm. Probabilities: posterior under a flat prior, "
    "equivalent meaning within 0.02 (Benavoli et al. 2017).",
    ("added", "What is added", ""), *DIFFERENCE, ("p_holm", "p (Holm)", ".3f"),
    *PROBABILITIES, *N_AND_EVENTS,
)  # fmt: skip
_AUC = TableLayout(
    "Mean test AUC of the clinical columns alone, the genes alone, and both, on the same "
    "patients. Intervals: bootstrap of patients, stratified by label, 2,000 draws.",
    LEFT_OUT_COLUMN, ("model", "Model", ""), ("auc", "AUC", ".3f"), *INTERVAL,
    ("sd", "sd", ".3f"), *COUNTS,
)  # fmt: skip
_CLINICAL_COLUMNS = TableLayout(
    "The clinical columns in the cohort, and how they enter.",
    ("column", "Column", ""), ("value", "Value", ""), ("coding", "Coding", ""),
    *N_AND_EVENTS, ("missing", "Missing", ",.0f"),
    ("separated_splits", "Separated in splits", ",.0f"),
)  # fmt: skip


def _compute(contents: Contents) -> None:
    clinical, predictions = contents.results.study.clinical, contents.results.predictions
    if clinical is None:
        return
    models = (CLINICAL, clinical.genes, CLINICAL_AND_GENES)
    by_model = contents.tables["discrimination"].set_index("model", drop=False)
    columns = contents.results.folder.read_table("clinical.csv")
    contents.add(
        "added_value_auc", lambda: by_model.loc[[*models]].reset_index(drop=True), _AUC
    )
    contents.add(
        "added_value",
        lambda: compute_added_value(predictions, *models),
        _ADDED_VALUE,
        plot_comparison,
    )
    contents.add("clinical_columns", lambda: columns, _CLINICAL_COLUMNS)
    contents.notes |= describe_added_value(
        clinical, predictions, columns, contents.tables.get("added_value")
    )


def describe_added_value(
    clinical: ClinicalSettings,
    predictions: pd.DataFrame,
    columns: pd.DataFrame,
    added_value: pd.DataFrame | None,
) -> dict[str, str]:
    """The section's sentences by rule, by name."""
    sentences = {
        "clinical_coding": _coding(clinical, columns),
        "clinical_events": _events_per_parameter(predictions, columns),
        "clinical_separation": _separation(columns),
    }
    if added_value is not None:
        names = listed(clinical.columns)
        sentences["added_value_verdict"] = _verdict(names, added_value.iloc[0])
    return sentences


def _verdict(names: str, row: pd.Series[Any]) -> str:
    numbers = (
        f"AUC of clinical + genes minus AUC of clinical {row['difference']:+.3f}, 95% interval "
        f"{row['ci_low']:+.3f} to {row['ci_high']:+.3f}; {int(row['n'])} samples, "
        f"{int(row['events'])} events"
    )
    if row["ci_low"] > 0:
        return f"Gene expression adds to {names} ({numbers})."
    if row["ci_high"] < 0:
        return f"Gene expression made the prediction by {names} worse ({numbers})."
    return f"No demonstrated added value of gene expression over {names}: {numbers}."


def _coding(clinical: ClinicalSettings, columns: pd.DataFrame) -> str:
    coded = ", ".join(
        _coding_of_column(str(name), rows)
        for name, rows in columns.groupby("column", sort=False)
        if name in clinical.columns
    )
    return (
        f"Clinical columns: {coded}. Logistic regression without penalty; it is fitted, and "
        "coding, medians and scales are learned, on the training and validation part, on which "
        "the gene model is fitted too. In "
        f"{CLINICAL_AND_GENES} the logit of {clinical.genes} is one more "
        "column: for the fitted patients by models fitted on the others, in five folds "
        "(pre-validation: Tibshirani and Efron 2002). Scores of the validation part come from "
        "such fits too."
    )


def _coding_of_column(name: str, rows: pd.DataFrame) -> str:
    missing = int(rows["missing"].iloc[0])
    if rows["value"].iloc[0] == "number":
        filled = f"; {missing} missing take the median" if missing else ""
        return f"{name} (a number, standardised{filled})"
    reference, *levels = rows["value"].astype(str)
    filled = f"; {missing} missing take the most frequent word" if missing else ""
    return f"{name} ({', '.join(levels)} against {reference}{filled})"


def _events_per_parameter(predictions: pd.DataFrame, columns: pd.DataFrame) -> str:
    n_parameters = int((columns["coding"] != "reference").sum())
    ratio = compute_events_per_parameter(predictions, CLINICAL_AND_GENES, n_parameters)
    sentence = (
        f"{CLINICAL_AND_GENES} has {n_parameters} coefficients, {ratio:.1f} events of the "
        "fitted patients for each."
    )
    if ratio < _FEW_EVENTS_PER_PARAMETER:
        sentence += (
            f" Fewer than {_FEW_EVENTS_PER_PARAMETER} make them imprecise (Peduzzi 1996), and "
            "the clinical columns may look weaker than they are: name fewer columns, or merge "
            "words."
        )
    return sentence


def _separation(columns: pd.DataFrame) -> str:
    """Columns that no maximum-likelihood fit takes, and words that hold one outcome only."""
    parts = []
    separated = columns[columns["separated_splits"] > 0].drop_duplicates("column")
    if len(separated):
        named = ", ".join(
            f"{name} ({count} splits)"
            for name, count in zip(
                separated["column"], separated["separated_splits"], strict=True
            )
        )
        parts.append(
            f"Some values of {named} occurred with one outcome only in the fitted patients, "
            "where no maximum-likelihood estimate exists; Firth's regression was fitted there "
            "(Heinze and Schemper 2002)."
        )
    words = columns[columns["value"] != "number"]
    decided = words[(words["events"] == 0) | (words["events"] == words["n"])]
    if len(decided):
        named = ", ".join(
            f"{row['column']} = {row['value']} ({row['events']} events among {row['n']})"
            for row in decided.to_dict("records")
        )
        parts.append(
            f"One outcome only in the whole cohort: {named}. Was that known before the outcome?"
        )
    return " ".join(parts)


def _write(contents: Contents) -> Blocks:
    notes = contents.notes
    if "clinical_columns" not in contents.tables:
        return []
    return [
        Heading("Added value of genes over clinical columns", "added-value"),
        Text(notes["added_value" if "added_value" in notes else "added_value_verdict"]),
        Figure(
            "added_value",
            "AUC of both minus AUC of the clinical columns and of the genes alone; the "
            "numbers are in the next table",
            "What both together add to each alone: difference in AUC with its 95% interval. "
            "The grey band is practical equivalence.",
        ),
        contents.show("added_value"),
        contents.show("added_value_auc"),
        contents.show("clinical_columns"),
        Text(f"{notes['clinical_events']} {notes['clinical_separation']}"),
    ]


SECTION = Section(_write, _compute)
