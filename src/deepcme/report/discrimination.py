"""The AUCs of a study with their intervals: one computation for whatever shows them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.models.registry import KINDS
from deepcme.study.parts.added_value import CLINICAL, CLINICAL_AND_GENES


def compute_study_discrimination(
    settings: dict[str, Any], predictions: pd.DataFrame
) -> pd.DataFrame:
    """`compute_discrimination` of a study, its draws from the study's seed alone.

    Parameters
    ----------
    settings : dict
        The resolved study.
    predictions : DataFrame
        The study's.
    """
    random = interval_generator(settings["seed"], "auc")
    return compute_discrimination(predictions, random, refitted=find_refitted_models(settings))


def compute_training_shares(
    settings: dict[str, Any], predictions: pd.DataFrame
) -> dict[str, float]:
    """Share of the patients that one fit of each model learns from, mean over splits.

    Where cohorts are left out, it is that of the patients who are not tested.
    """
    refitted = find_refitted_models(settings)
    shares = {}
    for model, rows in predictions.groupby("model", sort=False, observed=True):
        parts = ["train", "validation"] if model in refitted else ["train"]
        fitted = _count_patients(rows[rows["part"].isin(parts)])
        everyone = _count_patients(
            rows[rows["part"] != "test"] if LEFT_OUT in rows.columns else rows
        )
        shares[str(model)] = float((fitted / everyone).mean())
    return shares


def _count_patients(rows: pd.DataFrame) -> pd.Series[int]:
    counts: pd.Series[int] = rows.groupby("split", observed=True)["patient"].nunique()
    return counts


def describe_estimand(settings: dict[str, Any], predictions: pd.DataFrame) -> str:
    """What the mean test AUC is an AUC of, in a sentence."""
    models: dict[str, list[str]] = {}
    for model, share in compute_training_shares(settings, predictions).items():
        models.setdefault(f"{share:.0%}", []).append(model)
    by_size = sorted(models, key=lambda share: -len(models[share]))
    others = "; ".join(f"{share} for {', '.join(models[share])}" for share in by_size[1:])
    more = f" ({others})" if others else ""
    which = "the patients not tested" if LEFT_OUT in predictions.columns else "these patients"
    return (
        f"Each AUC is that of one fit on {by_size[0]} of {which}{more}, averaged over "
        "the splits; a model of all patients may do better."
    )


def find_refitted_models(settings: dict[str, Any]) -> list[str]:
    """Names of the models that are fitted on the training and validation part of a split."""
    models = [m["name"] for m in settings["models"] if KINDS[m["estimator"]].refitted]
    return [*models, CLINICAL, CLINICAL_AND_GENES]
