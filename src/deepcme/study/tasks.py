"""A study on its cohort and the tasks of its parts, with keys made of their content."""

from __future__ import annotations

import hashlib
import json
import platform
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from numpy.typing import NDArray

from deepcme.base.version import __version__
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.splits import Split
from deepcme.models.signatures.matching import MatchedSignature
from deepcme.network.engines.choice import make_engine
from deepcme.study.others.others import Others
from deepcme.study.resolved import Study

Arrays = dict[str, NDArray[Any]]

# Packages whose version may change a result.
_NUMERICAL_PACKAGES = ("numpy", "scipy", "scikit-learn")


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """One piece of a part's work, on the rows of one split.

    Attributes
    ----------
    key : str
        Made of all that its result depends on; the result is kept under it.
    part : str
        Name of the part that laid it out.
    split_number : int
        From 1; 0 is all patients.
    split : Split
    """

    key: str
    part: str
    split_number: int
    split: Split

    @property
    @abstractmethod
    def title(self) -> str:
        """A name that no other task of the study has."""

    @abstractmethod
    def run(self, data: CohortArrays) -> Arrays:
        """Do the work; arrays by name are what it leaves behind."""

    def is_result(self, arrays: Arrays) -> bool:
        """Whether arrays are such as `run` gives, by their names, kinds and shapes."""
        return bool(arrays)


@dataclass(frozen=True)
class Plan:
    """A study on its cohort: its samples and splits, and the tasks of its parts.

    `signatures` are those that stand beside the models, as the cohort has them; `others` are
    other cohorts whose patients some tasks learn from as well.
    """

    study: Study
    cohort: Cohort
    splits: tuple[Split, ...]
    tasks: tuple[Task, ...] = ()
    signatures: tuple[MatchedSignature, ...] = ()
    others: Others | None = None


def are_rows(arrays: Arrays, kind: str, *names: str, length: int | None = None) -> bool:
    """Whether there are one-dimensional arrays of these names, of a kind and of one length.

    Parameters
    ----------
    arrays : dict of arrays
    kind : str
        ``i``, ``f`` or ``b`` as NumPy has them, or several.
    names : str
    length : int, optional
        By default that of the first.
    """
    found = [arrays[name] for name in names if name in arrays]
    if len(found) < len(names) or any(array.ndim != 1 for array in found):
        return False
    expected = len(found[0]) if length is None else length
    return all(len(array) == expected and array.dtype.kind in kind for array in found)


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute, and the engine chosen here."""
    found = {"deepcme": __version__, "python": platform.python_version()}
    engine = make_engine().name
    used = (*_NUMERICAL_PACKAGES, "torch") if engine == "torch" else _NUMERICAL_PACKAGES
    return {**found, "engine": engine, **{package: version(package) for package in used}}


def computing_versions(versions: Mapping[str, str]) -> dict[str, str]:
    """What of the versions a fit's bytes depend on.

    Not deepcme's, for which the results version of a part stands; of Python's the first two
    numbers, as its fixes change no arithmetic, whereas its sums of floats have changed (3.12).
    """
    python = ".".join(versions["python"].split(".")[:2])
    return {name: v for name, v in versions.items() if name != "deepcme"} | {"python": python}


def fingerprint(plan: Plan) -> str:
    """That of the cohort, and of which cohort or batch each sample is of where it matters."""
    strata = plan.study.split.strata_of(plan.cohort)
    if strata is None:
        return plan.cohort.fingerprint
    return content_key({"data": plan.cohort.fingerprint, "cohorts": strata})


def common_content(plan: Plan, results_version: int | None) -> dict[str, Any]:
    """What the key of every task of a part of the study is made of, whatever the task."""
    of_times = {}
    if plan.study.survival is not None:
        columns = plan.study.survival.censoring
        values = {name: [*map(str, plan.cohort.obs.get(name, ()))] for name in columns}
        of_times = {"survival": plan.study.survival.model_dump(), "censoring": values}
    return {
        **of_times,
        "results_version": results_version,
        "cohort": fingerprint(plan),
        "split": plan.study.split.model_dump(),
        "preprocessing": plan.study.preprocessing.model_dump(),
        "seed": plan.study.seed,
        "versions": computing_versions(package_versions()),
    }


def content_key(content: dict[str, Any]) -> str:
    """Key of a task: the same for the same content, on any machine."""
    canonical = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
