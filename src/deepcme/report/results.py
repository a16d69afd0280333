"""What a finished study left in its folder, and whether the AUCs of two of them compare."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.base.time_scale import TimeScale
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.measures import AUC, Measure
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.probabilities.recalibration import (
    fit_recalibrations,
    recalibrate_predictions,
)
from deepcme.evaluation.survival.measured import UNO, TimeMeasure
from deepcme.evaluation.survival.recalibration import (
    fit_survival_recalibrations,
    recalibrate_survival_predictions,
)
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.evaluation.survival.tables.performance import compute_survival_performance
from deepcme.report.figures.roles import Roles
from deepcme.report.models import (
    find_clinical_index,
    find_comparators,
    find_refitted_models,
)
from deepcme.study.part import MEMBERS
from deepcme.study.parts.added_value import CLINICAL, CLINICAL_AND_GENES
from deepcme.study.parts.survival_tables import CENSORING
from deepcme.study.resolved import Study
from deepcme.study.store import StudyFolder


@dataclass(frozen=True)
class StudyResults:
    """A finished study: its settings, its cohort in numbers and words, its predictions.

    `comparators` are names in the predictions that the study did not train.
    """

    folder: StudyFolder
    study: Study
    cohort: dict[str, Any]
    predictions: pd.DataFrame
    comparators: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: StudyFolder) -> StudyResults:
        """Read a study's folder; what an older one leaves out meant what it did then.

        Raises
        ------
        DeepCMEError
            If it is not that of a finished study, or of settings that this version lacks.
        """
        predictions = folder.read_table("predictions.parquet")
        known = (folder.read_study(), folder.read_cohort(), predictions)
        return cls(folder, *known, find_comparators(folder))

    @property
    def models(self) -> list[str]:
        """Every model in one order, so that each keeps its colour."""
        names: list[str] = self.predictions["model"].drop_duplicates().tolist()
        return names

    @cached_property
    def roles(self) -> Roles:
        """Whom the charts highlight; an index is the clinic where no columns take part."""
        study, index = self.study, find_clinical_index(self.folder)
        has_columns = study.clinical is not None
        return Roles(
            study.headline.name,
            study.comparator.model or "",
            CLINICAL if has_columns else index,
            CLINICAL_AND_GENES if has_columns else "",
            self.models,
        )

    @cached_property
    def trained(self) -> pd.DataFrame:
        """The predictions of the models that the study trained."""
        if not self.comparators:
            return self.predictions
        return self.predictions[~self.predictions["model"].isin(self.comparators)]

    @cached_property
    def members(self) -> pd.DataFrame | None:
        """What the members of committees predicted; None where there is none."""
        if not self.folder.has_table(MEMBERS):
            return None
        table = self.folder.read_table(MEMBERS)
        return None if table.empty else table

    @property
    def is_survival(self) -> bool:
        """Whether the study is of times to an event."""
        return self.study.survival is not None

    @property
    def ranked_by(self) -> Measure | TimeMeasure:
        """The measure of ranks that comes first: of it chance and comparisons are judged."""
        return UNO if self.is_survival else AUC

    @property
    def samples(self) -> pd.DataFrame:
        """Patient and outcome of each sample that a model was fitted or tested on."""
        rows = self.predictions.drop_duplicates("sample")
        outcome = ["time", "event"] if self.is_survival else ["label"]
        return rows.set_index("sample")[["patient", *outcome]]

    @property
    def horizon(self) -> float | None:
        """That of a study of times, if it has one."""
        return None if self.study.survival is None else self.study.survival.horizon

    @cached_property
    def time_scale(self) -> TimeScale:
        """The unit that times are shown in."""
        return TimeScale.of(str(self.cohort["unit"]), float(self.predictions["time"].max()))

    @cached_property
    def censoring_columns(self) -> pd.DataFrame | None:
        """Numbers that censoring depends on, by sample; None where it depends on nothing."""
        if not self.folder.has_table(CENSORING):
            return None
        return self.folder.read_table(CENSORING).set_index("sample")

    @cached_property
    def evaluation(self) -> Evaluation:
        """The tested patients of a study of times, in draws that all its tables share."""
        return Evaluation.draw(
            self.predictions,
            self.horizon,
            interval_generator(self.study.seed, "survival"),
            refitted=find_refitted_models(self.study),
            columns=self.censoring_columns,
        )

    @cached_property
    def trained_evaluation(self) -> Evaluation:
        """The same patients and draws, by the models that the study trained."""
        if not self.comparators:
            return self.evaluation
        return self.evaluation.with_predictions(self.trained)

    @cached_property
    def survival_performance(self) -> pd.DataFrame:
        """What the risks of a study of times are worth, for the sections that need it.

        Raises
        ------
        AbsentError
            If there is no horizon.
        """
        return compute_survival_performance(self.trained_evaluation)

    @cached_property
    def recalibrated_evaluation(self) -> Evaluation:
        """The same patients and draws, by recalibrated risks; models without any are left out.

        Raises
        ------
        AbsentError
            If no model is left.
        """
        horizon = self.evaluation.require_horizon()
        fits = fit_survival_recalibrations(
            self.trained, horizon, columns=self.censoring_columns
        )
        return self.evaluation.with_predictions(
            recalibrate_survival_predictions(self.trained, fits)
        )

    @cached_property
    def recalibrations(self) -> pd.DataFrame:
        """The line that recalibrates each model in each split, learned without test rows."""
        return fit_recalibrations(self.trained)

    @cached_property
    def recalibrated(self) -> pd.DataFrame:
        """Predictions with recalibrated probabilities, but for `not_recalibrated` models.

        Raises
        ------
        AbsentError
            If no model is left.
        """
        known = ~self.trained["model"].isin(self.not_recalibrated)
        if not known.any():
            raise AbsentError(
                "The scores of no model rise with the risk on the rows that recalibrate them."
            )
        return recalibrate_predictions(self.trained[known], self.recalibrations)

    @property
    def not_recalibrated(self) -> list[str]:
        """Models whose line was refused in every split: everyone gets the prevalence."""
        rises = self.recalibrations["slope"].gt(0).groupby(self.recalibrations["model"]).any()
        return [model for model in self.trained["model"].unique() if not rises[model]]


def require_alike(first: StudyResults, name: str, other: StudyResults, other_name: str) -> None:
    """Refuse two studies whose AUCs do not compare.

    They must be of one endpoint and the same samples; only where one study takes all
    tissues and the other primary tumours may one have more. Studies that leave
    cohorts out compare with each other alone, and if they left out the same.

    Raises
    ------
    DeepCMEError
        Saying what differs.
    """
    difference = (
        _other_question(first, name, other, other_name)
        or _other_samples(first, name, other, other_name)
        or _other_endpoint(first, name, other, other_name)
        or _other_test_parts(first, name, other, other_name)
    )
    if difference:
        raise DeepCMEError(f"{other_name} and {name} do not compare: {difference}.")


def _other_question(
    first: StudyResults, name: str, other: StudyResults, other_name: str
) -> str:
    """Whether one asks yes or no and the other when, or by another time."""
    if first.is_survival != other.is_survival:
        of_times, of_labels = (name, other_name) if first.is_survival else (other_name, name)
        return f"{of_times} is of times to an event, and {of_labels} of a yes or no"
    if first.horizon != other.horizon:
        asked, other_asked = (
            "without a horizon"
            if of.horizon is None
            else f"by {of.time_scale.describe(of.horizon)}"
            for of in (first, other)
        )
        return f"{other_name} asks for the event {other_asked}, and {name} {asked}"
    return ""


def _other_samples(first: StudyResults, name: str, other: StudyResults, other_name: str) -> str:
    samples, others = first.samples, other.samples
    only, only_other = (
        table.index.difference(rest.index)
        for table, rest in ((samples, others), (others, samples))
    )
    tissues = {results.study.preprocessing.tissue for results in (first, other)}
    if not len(only) and not len(only_other):
        return ""
    if len(tissues) > 1 and not (len(only) and len(only_other)):
        return ""
    patients, other_patients = set(samples["patient"]), set(others["patient"])
    return (
        f"they are of other patients, {len(patients & other_patients):,} in common of "
        f"{len(other_patients):,} in {other_name} and {len(patients):,} in {name} "
        f"({len(samples.index.intersection(others.index)):,} samples in common of "
        f"{len(others):,} and {len(samples):,})"
    )


def _other_endpoint(
    first: StudyResults, name: str, other: StudyResults, other_name: str
) -> str:
    pairs = first.samples.join(other.samples, how="inner", rsuffix="_other")
    outcome = ["time", "event"] if first.is_survival else ["label"]
    is_other = np.any([pairs[name] != pairs[f"{name}_other"] for name in outcome], axis=0)
    differing = pairs.index[is_other]
    if not len(differing):
        return ""
    rule, other_rule = (str(study.cohort["endpoint"]) for study in (first, other))
    return (
        f"they are of other endpoints, as {len(differing):,} of {len(pairs):,} samples have "
        f"another {' or '.join(outcome)}, {differing[0]} for one ({other_name}: "
        f"{other_rule}; {name}: {rule})"
    )


def _other_test_parts(
    first: StudyResults, name: str, other: StudyResults, other_name: str
) -> str:
    cohorts, others = (
        sorted(set(study.predictions.get(LEFT_OUT, pd.Series(dtype=str))))
        for study in (first, other)
    )
    if cohorts == others:
        return ""
    described, other_described = (
        f"leaves out {', '.join(left_out)} one at a time"
        if left_out
        else "tests on patients drawn from the whole cohort"
        for left_out in (cohorts, others)
    )
    return f"{other_name} {other_described}, and {name} {described}"
