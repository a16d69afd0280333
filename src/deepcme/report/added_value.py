"""The report's section on what the genes add to clinical columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from deepcme.evaluation.added_value import compute_added_value, compute_events_per_parameter
from deepcme.study.parts.added_value import CLINICAL, CLINICAL_AND_GENES
from deepcme.study.store import StudyFolder
from deepcme.words import listed

_FEW_EVENTS_PER_PARAMETER = 10


def added_value_makers(
    folder: StudyFolder,
    settings: Mapping[str, Any],
    predictions: pd.DataFrame,
    discrimination: Callable[[], pd.DataFrame],
) -> dict[str, Callable[[], pd.DataFrame]]:
    """Makers of the section's tables, for a study with clinical columns.

    `discrimination` makes that table, of all models.
    """
    clinical = settings.get("clinical")
    if clinical is None:
        return {}
    genes = clinical["genes"]
    models = [CLINICAL, genes, CLINICAL_AND_GENES]

    def auc() -> pd.DataFrame:
        by_model = discrimination().set_index("model", drop=False)
        return by_model.loc[models].reset_index(drop=True)

    return {
        "added_value_auc": auc,
        "added_value": lambda: compute_added_value(
            predictions, CLINICAL, genes, CLINICAL_AND_GENES
        ),
        "clinical_columns": lambda: folder.read_table("clinical.csv"),
    }


def describe_added_value(
    settings: Mapping[str, Any], predictions: pd.DataFrame, made: Mapping[str, pd.DataFrame]
) -> dict[str, str]:
    """The section's sentences by rule; none for a study without clinical columns."""
    if "clinical_columns" not in made:
        return {}
    columns = made["clinical_columns"]
    sentences = {
        "clinical_coding": _coding(settings, columns),
        "clinical_events": _events_per_parameter(predictions, columns),
        "clinical_separation": _separation(columns),
    }
    if "added_value" in made:
        names = listed(settings["clinical"]["columns"])
        sentences["added_value_verdict"] = _verdict(names, made["added_value"].iloc[0])
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


def _coding(settings: Mapping[str, Any], columns: pd.DataFrame) -> str:
    coded = ", ".join(
        _coding_of_column(str(name), rows)
        for name, rows in columns.groupby("column", sort=False)
        if name in settings["clinical"]["columns"]
    )
    return (
        f"Clinical columns: {coded}. Logistic regression without penalty; it is fitted, and "
        "coding, medians and scales are learned, on the training and validation part, on which "
        "the gene model is fitted too. In "
        f"{CLINICAL_AND_GENES} the logit of {settings['clinical']['genes']} is one more "
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
