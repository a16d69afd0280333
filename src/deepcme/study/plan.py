"""A study and a cohort to tasks: one model on one split, with a key made of its content."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from deepcme import __version__
from deepcme.cohort import Cohort
from deepcme.errors import DeepCMEError
from deepcme.honest import fit_seed, split_seed
from deepcme.network.engines import make_engine
from deepcme.seeds import seed_for
from deepcme.splits import Split
from deepcme.strata import NO_STRATA
from deepcme.study.grid import GridPoint, grid_points
from deepcme.study.nulls import NullRun, make_null_runs
from deepcme.study.results_version import RESULTS_VERSION, Part
from deepcme.study.sections import ModelSettings, PreprocessingSettings
from deepcme.study.spec import Study

# Packages whose version may change a result.
_NUMERICAL_PACKAGES = ("numpy", "scipy", "scikit-learn")


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


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute, and the engine chosen here."""
    found = {"deepcme": __version__, "python": platform.python_version()}
    engine = make_engine().name
    used = (*_NUMERICAL_PACKAGES, "torch") if engine == "torch" else _NUMERICAL_PACKAGES
    return {**found, "engine": engine, **{package: version(package) for package in used}}


def computing_versions(versions: Mapping[str, str]) -> dict[str, str]:
    """What of the versions a fit's bytes depend on.

    Not deepcme's, for which `RESULTS_VERSION` stands; of Python's the first two numbers,
    as its fixes change no arithmetic, whereas its sums of floats have changed (3.12).
    """
    python = ".".join(versions["python"].split(".")[:2])
    return {name: v for name, v in versions.items() if name != "deepcme"} | {"python": python}


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
    study = study.model_copy(update={"split": study.split.resolve(cohort)})
    splits = study.split.draw(cohort, split_seed(study.seed))
    _require_patients_of_both_classes(cohort, splits)
    _require_levels_of_both_classes(study, cohort, splits)
    tasks = _model_tasks(study, splits, common_content(study, cohort, "models"))
    nulls = _null_tasks(study, cohort, splits, common_content(study, cohort, "nulls"))
    return Plan(study, cohort, tuple(splits), (*tasks, *nulls))


def _require_patients_of_both_classes(cohort: Cohort, splits: Sequence[Split]) -> None:
    """Refuse what the bootstrap over patients would refuse after everything is fitted."""
    tested = np.unique(np.concatenate([split.test for split in splits]))
    n_patients = len(set(cohort.patients[tested]))
    if cohort.outcome.take(tested).count_patients(cohort.patients[tested]) == n_patients:
        raise DeepCMEError(
            f"{cohort.name}: each of the {n_patients:,} patients whose samples are tested "
            "has a positive sample, and a study compares patients: it needs some without one. "
            "To tell the samples of one patient apart, as a metastasis from its primary "
            "tumour, predicts nothing."
        )


def _require_levels_of_both_classes(
    study: Study, cohort: Cohort, splits: Sequence[Split]
) -> None:
    """Refuse strata of which no test part has one to rank patients within."""
    levels = study.split.levels_of(cohort)
    if levels is None:
        return
    level = np.array(levels)
    classes = [
        pd.Series(cohort.outcome.events[split.test]).groupby(level[split.test]).nunique().max()
        for split in splits
    ]
    if max(classes) < 2:
        raise DeepCMEError(
            f"{cohort.name}: no level of {study.split.strata!r} has samples of both classes in "
            "a test part, so nobody can be ranked within one: name a column of larger levels "
            f'with strata under [split], or "{NO_STRATA}".'
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
                fit_seed(study.seed, model.name, *path),
                grid_point=point,
                inner_fold=inner_fold,
                score_genes=asked["score_genes"],
            )


def _asked_of(study: Study, model: ModelSettings) -> dict[str, bool]:
    """What is asked of a model's fits besides its scores."""
    scored = model == study.headline and model.kind.has_gene_scores
    return {"score_genes": study.selection.run and scored}


def _null_tasks(
    study: Study, cohort: Cohort, splits: Sequence[Split], common: dict[str, Any]
) -> Iterator[Task]:
    """Fits of the study's headline for every null run; permuted labels draw new splits."""
    model = study.headline
    for run in make_null_runs(study, cohort, splits):
        of_run = splits
        if run.outcome is not None:
            seed = seed_for(study.seed, "splits", run.title)
            of_run = study.split.draw(cohort, seed, run.outcome)
        for number, split in enumerate(of_run, start=1):
            content = {**common, "model": model.model_dump(), "number": number}
            key = content_key({**content, "null": run.content()})
            seed_of_fit = fit_seed(study.seed, model.name, run.title, number)
            ((_, fitted),) = _fitted_splits(split, model)
            yield Task(key, number, fitted, model, study.preprocessing, seed_of_fit, null=run)


def _fitted_splits(
    split: Split,
    model: ModelSettings,
    point: GridPoint | None = None,
) -> list[tuple[int | None, Split]]:
    """The splits that a model is fitted on for one test part, with their inner folds."""
    if point is not None and split.inner:
        return list(enumerate(split.inner, start=1))
    if model.kind.tuned_over_folds and split.inner:
        return [(None, split.over_inner_folds())]
    return [(None, split)]


def fingerprint(study: Study, cohort: Cohort) -> str:
    """That of the cohort, and of which cohort or batch each sample is of where it matters."""
    strata = study.split.strata_of(cohort)
    if strata is None:
        return cohort.fingerprint
    return content_key({"data": cohort.fingerprint, "cohorts": strata})


def common_content(study: Study, cohort: Cohort, part: Part) -> dict[str, Any]:
    """What the key of every task of a part of the study is made of, whatever the task."""
    return {
        "results_version": RESULTS_VERSION[part],
        "cohort": fingerprint(study, cohort),
        "split": study.split.model_dump(),
        "preprocessing": study.preprocessing.model_dump(),
        "seed": study.seed,
        "versions": computing_versions(package_versions()),
    }


def content_key(content: dict[str, Any]) -> str:
    """Key of a task: the same for the same content, on any machine."""
    canonical = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
