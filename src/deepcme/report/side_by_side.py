"""Several studies of one cohort beside each other: what each choice does to the AUC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepcme.errors import DeepCMEError
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.design import read_settings
from deepcme.seeds import seed_for
from deepcme.study.store import StudyFolder


def compute_side_by_side(folders: Sequence[StudyFolder]) -> pd.DataFrame:
    """One row per study and model: how the study was done, and the AUC that came out.

    Returns
    -------
    DataFrame
        Columns study, protocol, design, split_by, tissue, fit_on, left_out, model,
        auc, ci_low, ci_high, sd, n, events, n_patients, n_splits. `left_out` is there
        if a study left cohorts out.

    Raises
    ------
    DeepCMEError
        If fewer than two folders are given, or one holds no finished study.
    """
    if len(folders) < 2:
        raise DeepCMEError("Name at least two studies' folders to compare.")
    tables = []
    for folder in folders:
        settings = read_settings(folder)
        predictions = folder.read_table("predictions.parquet")
        random = np.random.default_rng(seed_for(settings["seed"], "bootstrap"))
        table = compute_discrimination(predictions, random)
        for position, (name, value) in enumerate(_described(folder, settings).items()):
            table.insert(position, name, value)
        tables.append(table)
    columns = [
        "study", "protocol", "design", "split_by", "tissue", "fit_on", LEFT_OUT, "model", "auc",
        "ci_low", "ci_high", "sd", "n", "events", "n_patients", "n_splits",
    ]  # fmt: skip
    table = pd.concat(tables, ignore_index=True)
    return table[[column for column in columns if column in table.columns]]


def _described(folder: StudyFolder, settings: dict[str, Any]) -> dict[str, str]:
    return {
        "study": folder.path.name,
        "protocol": settings["protocol"],
        "design": settings["split"]["design"],
        "split_by": settings["split"]["by"],
        "tissue": settings["preprocessing"]["tissue"],
        "fit_on": settings["preprocessing"]["fit_on"],
    }
