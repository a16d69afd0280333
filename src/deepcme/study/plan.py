"""A study and a cohort to tasks: one model on one split, with a key made of its content."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from deepcme import __version__
from deepcme.baselines import TUNED_REGRESSION
from deepcme.classifier import DEEPCME
from deepcme.cohort import Cohort
from deepcme.errors import DeepCMEError
from deepcme.network.engines import make_engine
from deepcme.seeds import integer_seed, seed_for
from deepcme.splits import Split
from deepcme.study.designs import LeaveOneCohortOutDesign
from deepcme.study.grid import GridPoint, grid_points
from deepcme.study.nulls import NullRun, make_null_runs
from deepcme.study.sections import ModelSettings, PreprocessingSettings
from deepcme.study.spec import Study

# Packages whose version may change a result.
_NUMERICAL_PACKAGES = ("numpy", "scipy", "scikit-learn")

CLINICAL_VALUES = "values of clinical columns"


@dataclass(frozen=True)
class Task:
    """One fit: a model, its split, its preprocessing and its seed.

    `grid_point` is set for the fits of a hyper-parameter search, `null` for
    those of a null run, whose labels and genes then stand for the cohort's. In a
    nested design `inner_fold` says which of the inner folds the validation part
    of a search's fit is, from 1. `score_genes` asks a network for gene scores on
    held-out rows.
    """

    key: str
    split_number: int
    split: Split
    model: ModelSettings
    preprocessing: PreprocessingSettings
    random_state: int
    grid_point: GridPoint | None = None
    inner_fold: int | None = None
    null: NullRun | None = None
    score_genes: bool = False

    @property
    def title(self) -> str:
        """A name that no other task of the study has."""
        run = "" if self.null is None else f", {self.null.title}"
        inner = "" if self.inner_fold is None else f", inner fold {self.inner_fold}"
        return f"{self.model.name}{run}, split {self.split_number}{inner}"


@dataclass(frozen=True)
class Plan:
    """All tasks of a study on a cohort."""

    study: Study
    cohort: Cohort
    splits: tuple[Split, ...]
    tasks: tuple[Task, ...]

    @property
    def n_splits(self) -> int:
        """Number of test parts."""
        return len(self.splits)

    def identity(self) -> dict[str, Any]:
        """What makes two runs the same study: settings, data and package versions.

        Nulls and gene selection stand beside a study's results and can be added to
        them. Values of clinical columns are named here, as no task depends on them.
        """
        settings = self.study.model_dump(mode="json", exclude={"cohort", "nulls", "selection"})
        identity = {
            "study": settings,
            "cohort": _fingerprint(self.study, self.cohort),
            "versions": package_versions(),
        }
        if self.study.clinical is not None:
            columns = {name: [*self.cohort.obs[name]] for name in self.study.clinical.columns}
            identity[CLINICAL_VALUES] = content_key(columns)
        return identity


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute, and the engine chosen here."""
    found = {"deepcme": __version__, "python": platform.python_version()}
    engine = make_engine().name
    used = (*_NUMERICAL_PACKAGES, "torch") if engine == "torch" else _NUMERICAL_PACKAGES
    return {**found, "engine": engine, **{package: version(package) for package in used}}


def make_plan(study: Study, cohort: Cohort) -> Plan:
    """Choose the samples, draw the splits and lay out the tasks.

    In a nested design every point of the grid is a task for each inner fold, and
    the tuned regression is one over all of them.

    Raises
    ------
    DeepCMEError
        If a part of a split would lack a class, or every tested patient has a positive
        sample.
    """
    if study.preprocessing.tissue == "primary":
        cohort = cohort.keep_primary_tumours()
    splits = study.split.draw(cohort, seed_for(study.seed, "splits"))
    _require_patients_of_both_classes(cohort, splits)
    common = common_content(study, cohort)
    tasks = _model_tasks(study, splits, common)
    nulls = _null_tasks(study, cohort, splits, common)
    return Plan(study, cohort, tuple(splits), (*tasks, *nulls))


def _require_patients_of_both_classes(cohort: Cohort, splits: Sequence[Split]) -> None:
    """Refuse what the bootstrap over patients would refuse after everything is fitted."""
    tested = np.unique(np.concatenate([split.test for split in splits]))
    positive = pd.Series(cohort.labels[tested]).groupby(cohort.patients[tested]).max() == 1
    if positive.all():
        raise DeepCMEError(
            f"{cohort.name}: each of the {len(positive):,} patients whose samples are tested "
            "has a positive sample, and a study compares patients: it needs some without one. "
            "To tell the samples of one patient apart, as a metastasis from its primary "
            "tumour, predicts nothing."
        )


def _model_tasks(
    study: Study, splits: Sequence[Split], common: dict[str, Any]
) -> Iterator[Task]:
    """Fits of every model, and of every point of the grid, on every split."""
    models: list[tuple[ModelSettings, GridPoint | None]] = [(m, None) for m in study.models]
    models += [(point.model(), point) for point in grid_points(study.grid.search)]
    for (model, point), (number, split) in product(models, enumerate(splits, start=1)):
        asked = _asked_of(study, model)
        for inner_fold, fitted in _fitted_splits(split, model, point):
            path = [number] if inner_fold is None else [number, inner_fold]
            content = {**common, "model": model.model_dump(), "number": path}
            content |= {name: True for name, wanted in asked.items() if wanted}
            yield Task(
                content_key(content),
                number,
                fitted,
                model,
                study.preprocessing,
                integer_seed(seed_for(study.seed, "fit", model.name, *path)),
                grid_point=point,
                inner_fold=inner_fold,
                score_genes=asked["score_genes"],
            )


def _asked_of(study: Study, model: ModelSettings) -> dict[str, bool]:
    """What is asked of a model's fits besides its scores."""
    scored = next((m.name for m in study.models if m.estimator == DEEPCME), None)
    return {"score_genes": study.selection.run and model.name == scored}


def _null_tasks(
    study: Study, cohort: Cohort, splits: Sequence[Split], common: dict[str, Any]
) -> Iterator[Task]:
    """Fits of the study's first model for every null run; permuted labels draw new splits."""
    model = study.models[0]
    for run in make_null_runs(study, cohort, splits):
        of_run = splits
        if run.labels is not None:
            seed = seed_for(study.seed, "splits", run.title)
            of_run = study.split.draw(cohort, seed, run.labels)
        for number, split in enumerate(of_run, start=1):
            content = {**common, "model": model.model_dump(), "number": number}
            key = content_key({**content, "null": run.content()})
            fit_seed = integer_seed(seed_for(study.seed, "fit", model.name, run.title, number))
            ((_, fitted),) = _fitted_splits(split, model)
            yield Task(key, number, fitted, model, study.preprocessing, fit_seed, null=run)


def _fitted_splits(
    split: Split,
    model: ModelSettings,
    point: GridPoint | None = None,
) -> list[tuple[int | None, Split]]:
    """The splits that a model is fitted on for one test part, with their inner folds."""
    if point is not None and split.inner:
        return list(enumerate(split.inner, start=1))
    if model.estimator == TUNED_REGRESSION and split.inner:
        return [(None, split.over_inner_folds())]
    return [(None, split)]


def _fingerprint(study: Study, cohort: Cohort) -> str:
    """That of the cohort, and of which cohort each sample is of where one is left out."""
    if not isinstance(study.split, LeaveOneCohortOutDesign):
        return cohort.fingerprint
    return content_key({"data": cohort.fingerprint, "cohorts": study.split.cohorts_of(cohort)})


def common_content(study: Study, cohort: Cohort) -> dict[str, Any]:
    """What the key of every task of a study is made of, whatever the task."""
    return {
        "cohort": _fingerprint(study, cohort),
        "split": study.split.model_dump(),
        "preprocessing": study.preprocessing.model_dump(),
        "seed": study.seed,
        "versions": package_versions(),
    }


def content_key(content: dict[str, Any]) -> str:
    """Key of a task: the same for the same content, on any machine."""
    canonical = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
