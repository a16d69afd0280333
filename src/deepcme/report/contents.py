"""Everything a report says, as tables and sentences, computed from a study's folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from deepcme.errors import DeepCMEError
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.calibration import (
    compute_calibration,
    describe_calibration_evidence,
)
from deepcme.evaluation.calibration_curves import compute_study_calibration_curves
from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.discrimination import compute_study_classification
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.stability import compute_instability, compute_prediction_stability
from deepcme.evaluation.utility import compute_decision_curve
from deepcme.report import publication, tables
from deepcme.report.added_value import added_value_makers, describe_added_value
from deepcme.report.design import describe_mean_of_cohorts, describe_pooling, read_settings
from deepcme.report.discrimination import (
    compute_study_discrimination,
    describe_estimand,
    find_refitted_models,
)
from deepcme.report.methods import Paragraph, compute_model_settings, describe_methods
from deepcme.report.nulls import compute_null_tables
from deepcme.report.recalibration import describe_recalibration, recalibration_makers
from deepcme.report.selection import (
    describe_selection,
    describe_want_of_selection,
    selection_makers,
)
from deepcme.report.tripod import compute_probast, compute_tripod
from deepcme.report.verdict import Verdict, make_verdict
from deepcme.study.headline import Named, find_baselines, find_headline
from deepcme.study.store import StudyFolder

GENES_SHOWN = 500

Maker = Callable[[], pd.DataFrame]


@dataclass(frozen=True)
class Contents:
    """A report before it has a form.

    Attributes
    ----------
    cohort, identity : dict
        As the study's folder holds them.
    headline : str
        The model that the verdict is about (`find_headline`).
    findings : list of dict
        What the audit found: code, severity, title, evidence, advice.
    verdict : Verdict
    tables : dict of DataFrame
        Every table by name; one that cannot be made of this study is absent.
    notes : dict of str
        A sentence by table name, such as why a table is absent.
    selection : list of str
        What gene selection found, in sentences; none if it was not run.
    methods : list of Paragraph
        What was done, written from the settings.
    """

    cohort: dict[str, Any]
    identity: dict[str, Any]
    headline: str
    findings: list[dict[str, Any]]
    verdict: Verdict
    tables: dict[str, pd.DataFrame]
    notes: dict[str, str]
    selection: list[str]
    methods: list[Paragraph]


def compute_contents(folder: StudyFolder) -> Contents:
    """Compute a report's tables from the study's predictions, gene scores and history.

    Raises
    ------
    DeepCMEError
        If the folder is not that of a finished study.
    """
    predictions = folder.read_table("predictions.parquet")
    identity = folder.read_json("identity.json")
    selection_settings = {"run": False, **folder.read_settings("selection")}
    settings = read_settings(folder) | {"selection": selection_settings}
    identity["study"] = settings
    cohort = folder.read_json("cohort.json")
    headline = _headline(settings)
    notes: dict[str, str] = {}
    made: dict[str, pd.DataFrame] = {}
    for name, make in _makers(folder, settings, cohort, predictions).items():
        try:
            made[name] = make()
        except DeepCMEError as error:
            notes[name] = str(error)
    if "discrimination" not in made:
        raise DeepCMEError(f"{folder.path}: {notes['discrimination']}")
    discrimination = made["discrimination"]
    of_headline = discrimination[discrimination["model"] == headline]
    notes["calibration_evidence"] = _calibration_evidence(of_headline)
    notes["estimand"] = describe_estimand(settings, predictions)
    notes |= describe_recalibration(made)
    notes["pooling"] = describe_pooling(settings["split"])
    notes["mean_of_cohorts"] = describe_mean_of_cohorts(settings["split"])
    null_tables, null_notes = compute_null_tables(
        folder, headline, float(of_headline["auc"].mean())
    )
    made, notes = made | null_tables, notes | null_notes
    notes |= describe_added_value(settings, predictions, made)
    findings = folder.read_findings()
    verdict = make_verdict(
        headline,
        findings,
        discrimination,
        made.get("comparison"),
        settings["split"],
        made.get("permutation"),
        notes.get("added_value_verdict", ""),
    )
    selection = describe_selection(made) if "panel_choice" in made else []
    notes["selection"] = describe_want_of_selection(settings)
    methods = describe_methods(settings, cohort, made, notes)
    return Contents(
        cohort, identity, headline, findings, verdict, made, notes, selection, methods
    )


def _makers(
    folder: StudyFolder,
    settings: dict[str, Any],
    cohort: dict[str, Any],
    predictions: pd.DataFrame,
) -> dict[str, Maker]:
    """What makes each table that a study of these settings can have."""
    models = settings["models"]
    named, comparator = _named(settings), settings.get("comparator")
    headline = _headline(settings)

    def random(name: str) -> np.random.Generator:
        return interval_generator(settings["seed"], name)

    # Other tables are made of these.
    @cache
    def discrimination() -> pd.DataFrame:
        return compute_study_discrimination(settings, predictions)

    @cache
    def decision_curve() -> pd.DataFrame:
        return compute_decision_curve(predictions, random("utility"))

    @cache
    def genes() -> pd.DataFrame:
        return _genes(folder, headline)

    return {
        "patient_flow": lambda: tables.compute_patient_flow(cohort),
        "discrimination": discrimination,
        "auc_by_split": lambda: tables.compute_auc_by_split(predictions),
        "roc": lambda: tables.compute_mean_roc(predictions),
        "comparison": lambda: compute_comparison(
            predictions,
            headline,
            find_baselines(named, headline, comparator),
            comparator=comparator,
            refitted=find_refitted_models(settings),
        ),
        "classification": lambda: compute_study_classification(
            predictions, random("classification")
        ),
        "calibration": lambda: compute_calibration(predictions, random("calibration")),
        **recalibration_makers(predictions, lambda: random("calibration")),
        "calibration_curves": lambda: compute_study_calibration_curves(predictions),
        "decision_curve": decision_curve,
        "net_benefit": lambda: tables.compute_net_benefit_table(decision_curve()),
        "prediction_stability": lambda: compute_prediction_stability(predictions).sort_values(
            ["model", "mean"], kind="stable", ignore_index=True
        ),
        "instability": lambda: compute_instability(predictions, random("stability")),
        "genes": genes,
        "history": lambda: tables.compute_training_curves(folder.read_table("history.parquet")),
        **added_value_makers(folder, settings, predictions, discrimination),
        **_publication_makers(folder, settings, predictions, genes),
        **selection_makers(folder, settings),
        "model_settings": lambda: compute_model_settings(models),
        "tripod": lambda: compute_tripod(cohort, settings),
        "probast": lambda: compute_probast(cohort, settings),
    }


def _calibration_evidence(discrimination: pd.DataFrame) -> str:
    """What the counts allow to say, of each cohort left out by itself."""
    sentences = []
    for row in discrimination.to_dict("records"):
        evidence = describe_calibration_evidence(row["events"], row["n"] - row["events"])
        sentences.append(f"{row[LEFT_OUT]}: {evidence}" if LEFT_OUT in row else evidence)
    return " ".join(sentences)


def _named(settings: dict[str, Any]) -> list[Named]:
    return [(str(model["name"]), str(model["estimator"])) for model in settings["models"]]


def _headline(settings: dict[str, Any]) -> str:
    return find_headline(settings["protocol"], _named(settings), settings.get("comparator"))


def _genes(folder: StudyFolder, headline: str) -> pd.DataFrame:
    """Gene scores of the headline, or of the first network where it has none."""
    scores = folder.read_table("gene_scores.csv")
    if scores.empty:
        raise DeepCMEError("No model of this study gives gene scores.")
    models = scores["model"].tolist()
    return tables.name_genes(
        scores[scores["model"] == (headline if headline in models else models[0])]
    )


def _publication_makers(
    folder: StudyFolder,
    settings: dict[str, Any],
    predictions: pd.DataFrame,
    genes: Maker,
) -> dict[str, Maker]:
    """The publication's tables, for a study that follows its protocol."""
    if settings["protocol"] != "paper":
        return {}
    metrics = compute_metrics(predictions)

    def grid() -> pd.DataFrame:
        if not (folder.path / "grid_summary.csv").exists():
            raise DeepCMEError("The grid was not searched: --grid fig7 does.")
        return folder.read_table("grid_summary.csv")

    def claims() -> pd.DataFrame:
        has_grid = (folder.path / "grid_summary.csv").exists()
        return publication.compute_claims(predictions, genes(), grid() if has_grid else None)

    return {
        "table_1": lambda: publication.compute_table_1(metrics),
        "table_2": lambda: publication.compute_table_2(metrics),
        "table_3": lambda: publication.compute_table_3(metrics),
        "figure_5": lambda: publication.compute_figure_5(metrics),
        "figure_6": lambda: publication.compute_figure_6(predictions),
        "figure_7": grid,
        "figure_8": lambda: genes().head(publication.TOP_GENES),
        "claims": claims,
    }
