"""A study and a cohort to tasks: one model on one split, with a key made of its content."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepcme import __version__
from deepcme.cohort import Cohort
from deepcme.network.engines import make_engine
from deepcme.scales import Scale
from deepcme.seeds import integer_seed, seed_for
from deepcme.splits import RepeatedSplits, Split
from deepcme.study.grid import GridPoint, grid_points
from deepcme.study.models import DEEPCME
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

    `grid_point` is set for the fits of a hyper-parameter search; `score_genes` asks a
    network for gene scores on held-out rows.
    """

    key: str
    split_number: int
    split: Split
    model: ModelSettings
    preprocessing: PreprocessingSettings
    random_state: int
    grid_point: GridPoint | None = None
    score_genes: bool = False

    @property
    def title(self) -> str:
        """The task in words."""
        return f"{self.model.name}, split {self.split_number}"


@dataclass(frozen=True)
class Plan:
    """All tasks of a study on a cohort."""

    study: Study
    cohort: Cohort
    splits: tuple[Split, ...]
    tasks: tuple[Task, ...]

    def identity(self) -> dict[str, Any]:
        """What makes two runs the same study: settings, data and package versions."""
        settings = self.study.model_dump(mode="json", exclude={"cohort"})
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
    splitter = RepeatedSplits(study.split.repeats, study.split.fractions, study.split.by)
    splits = list(
        splitter.split(cohort.labels, cohort.patients, seed_for(study.seed, "splits"))
    )
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
    return Plan(study, cohort, tuple(splits), tuple(tasks))


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
