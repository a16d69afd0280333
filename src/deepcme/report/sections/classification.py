"""Sensitivity at fixed specificities, and what calling by fixed thresholds of risk gives."""

from __future__ import annotations

import pandas as pd

from deepcme.evaluation.classification import compute_study_classification
from deepcme.evaluation.sensitivity import compute_sensitivities
from deepcme.report.blocks import Blocks, Subheading, Text
from deepcme.report.formatting import SideBySideLayout
from deepcme.report.layouts.numbers import as_percent
from deepcme.report.models import find_refitted_models
from deepcme.report.section import Contents, Section

_SENSITIVITY = (
    "Sensitivity where the specificity is as named: how patients are ranked, and no rule to "
    "use."
)
_HOW_SENSITIVITY = (
    "A point of the ROC curve of each test part, averaged; by chance it is one minus the "
    "specificity. The validation parts have too few patients to fix a threshold. 95% "
    "intervals made as those of the AUC, the point found anew in every draw."
)
_CLASSIFICATION = SideBySideLayout(
    "Calling positive who has at least the named risk, as recalibrated.",
    alike=True,
    note="The thresholds are the study's; no result chose them. Counts pooled over splits; 95% "
    "intervals, Wilson's, with the number of patients that the variance of a patient bootstrap "
    "stands for. classification.csv has every model.",
)


def _compute(contents: Contents) -> None:
    results = contents.results
    decisions, refitted = results.study.decisions, find_refitted_models(results.study)
    contents.add(
        "sensitivity",
        lambda: compute_sensitivities(
            results.trained,
            contents.random("sensitivity"),
            decisions.specificities,
            refitted=refitted,
        ),
        SideBySideLayout(
            _SENSITIVITY,
            {
                f"at {of:g}": f"At specificity {as_percent(of)}"
                for of in decisions.specificities
            },
            alike=True,
            note=_HOW_SENSITIVITY,
        ),
    )
    contents.add(
        "classification",
        lambda: compute_study_classification(
            results.recalibrated, contents.random("classification"), decisions.thresholds
        ),
        _CLASSIFICATION,
    )


def select_shown(classification: pd.DataFrame, models: list[str | None]) -> pd.DataFrame:
    """The rows of some models, each named with its threshold."""
    shown = classification[classification["model"].isin(models)]
    at = shown["threshold"].map(as_percent)
    return shown.assign(model=shown["model"].astype(str) + " at " + at)


def _write(contents: Contents) -> Blocks:
    shown = [contents.headline, contents.results.study.comparator.model]
    sensitivity, calls = (
        contents.in_order(contents.tables[name]) if name in contents.tables else None
        for name in ("sensitivity", "classification")
    )
    return [
        Subheading("At fixed specificities and risks"),
        contents.show("sensitivity", sensitivity),
        None if calls is None else contents.show("classification", select_shown(calls, shown)),
        Text(contents.notes.get("classification", "")),
    ]


SECTION = Section(_write, _compute)
