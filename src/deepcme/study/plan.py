"""A study and a cohort to tasks: one model on one split, with a key made of its content."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme import __version__
from deepcme.cohort import Cohort
from deepcme.network.engines import make_engine
from deepcme.scales import Scale
from deepcme.seeds import integer_seed, seed_for
from deepcme.splits import RepeatedSplits, Split
from deepcme.study.grid import GridPoint, grid_points
from deepcme.study.models import DEEPCME
from deepcme.study.nulls import NullRun, make_null_runs
from deepcme.study.spec import ModelSettings, PreprocessingSettings, Study

# Packages whose version may change a result.
_NUMERICAL_PACKAGES = ("numpy", "scipy", "scikit-learn")


@dataclass(frozen=True)
class TaskData:
    """What a task needs of a cohort: plain arrays that travel to a worker.

    `patients` numbers the patients.
    """

    X: NDArray[np.float32]
    labels: NDArray[np.int8]
    patients: NDArray[np.int64]
    scale: Scale
    zero_means_absent: bool

    @classmethod
    def of(cls, cohort: Cohort) -> TaskData:
        """Take the arrays out of a cohort."""
        return cls(
            X=cohort.X,
            labels=cohort.labels,
            patients=np.unique(cohort.patients.astype(str), return_inverse=True)[1],
            scale=cohort.scale,
            zero_means_absent=cohort.zero_means_absent,
        )


@dataclass(frozen=True)
class Task:
    """One fit: a model, its split, its preprocessing and its seed.

    `grid_point` is set for the fits of a hyper-parameter search, `null` for
    those of a null run, whose labels and genes then stand for the cohort's;
    `score_genes` asks a network for gene scores on held-out rows.
    """

    key: str
    split_number: int
    split: Split
    model: ModelSettings
    preprocessing: PreprocessingSettings
    random_state: int
    grid_point: GridPoint | None = None
    null: NullRun | None = None
    score_genes: bool = False

    @property
    def title(self) -> str:
        """A name that no other task of the study has."""
        run = "" if self.null is None else f", {self.null.title}"
        return f"{self.model.name}{run}, split {self.split_number}"


@dataclass(frozen=True)
class Plan:
    """All tasks of a study on a cohort."""

    study: Study
    cohort: Cohort
    splits: tuple[Split, ...]
    tasks: tuple[Task, ...]

    def identity(self) -> dict[str, Any]:
        """What makes two runs the same study: settings, data and package versions.

        Nulls and gene selection stand beside a study's results and can be added to
        them.
        """
        settings = self.study.model_dump(mode="json", exclude={"cohort", "nulls", "selection"})
        return {
            "study": settings,
            "cohort": self.cohort.fingerprint,
            "versions": package_versions(),
        }


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute, and the engine chosen here."""
    found = {"deepcme": __version__, "python": platform.python_version()}
    engine = make_engine().name
    used = (*_NUMERICAL_PACKAGES, "torch") if engine == "torch" else _NUMERICAL_PACKAGES
    return {**found, "engine": engine, **{package: version(package) for package in used}}


def make_plan(study: Study, cohort: Cohort) -> Plan:
    """Choose the samples, draw the splits and lay out the tasks.

    Raises
    ------
    DeepCMEError
        If a part of a split would lack a class.
    """
    if study.preprocessing.tissue == "primary":
        cohort = cohort.keep_primary_tumours()
    splits = _draw_splits(study, cohort.labels, cohort, "splits")
    common = common_content(study, cohort)
    scored = next((m.name for m in study.models if m.estimator == DEEPCME), None)
    tasks = []
    fits: list[tuple[ModelSettings, GridPoint | None]] = [(m, None) for m in study.models]
    fits += [(point.model(), point) for point in grid_points(study.grid.search)]
    for model, point in fits:
        for number, split in enumerate(splits, start=1):
            content = {**common, "model": model.model_dump(), "number": number}
            score_genes = study.selection.run and model.name == scored
            if score_genes:
                content["score_genes"] = True
            seed = integer_seed(seed_for(study.seed, "fit", model.name, number))
            task = Task(
                content_key(content), number, split, model, study.preprocessing, seed, point
            )
            tasks.append(replace(task, score_genes=score_genes))
    nulls = _null_tasks(study, cohort, splits, common)
    return Plan(study, cohort, tuple(splits), (*tasks, *nulls))


def _draw_splits(
    study: Study, labels: ArrayLike, cohort: Cohort, *branch: str | int
) -> list[Split]:
    """The study's splits of a cohort with these labels, by a named branch of the seeds."""
    splitter = RepeatedSplits(study.split.repeats, study.split.fractions, study.split.by)
    return list(splitter.split(labels, cohort.patients, seed_for(study.seed, *branch)))


def _null_tasks(
    study: Study, cohort: Cohort, splits: Sequence[Split], common: dict[str, Any]
) -> Iterator[Task]:
    """Fits of the study's first model for every null run; permuted labels draw new splits."""
    model = study.models[0]
    for run in make_null_runs(study, cohort, splits):
        of_run = splits
        if run.labels is not None:
            of_run = _draw_splits(study, run.labels, cohort, "splits", run.title)
        for number, split in enumerate(of_run, start=1):
            content = {**common, "model": model.model_dump(), "number": number}
            key = content_key({**content, "null": run.content()})
            seed = integer_seed(seed_for(study.seed, "fit", model.name, run.title, number))
            yield Task(key, number, split, model, study.preprocessing, seed, null=run)


def common_content(study: Study, cohort: Cohort) -> dict[str, Any]:
    """What the key of every task of a study is made of, whatever the task."""
    return {
        "cohort": cohort.fingerprint,
        "split": study.split.model_dump(),
        "preprocessing": study.preprocessing.model_dump(),
        "seed": study.seed,
        "versions": package_versions(),
    }


def content_key(content: dict[str, Any]) -> str:
    """Key of a task: the same for the same content, on any machine."""
    canonical = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
