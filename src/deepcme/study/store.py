"""A study's folder: one file per finished task, tables made of them, nothing half-written.

Layout, all readable with pandas and a text editor::

    study.toml            the study with every setting resolved
    identity.json         what the results belong to: settings, data, method and packages
    cohort.json           the cohort in numbers and words
    tasks/KEY.npz         one finished fit (NumPy arrays, no pickle)
    audit.json            what the audit found in the cohort, before samples were left out
    failures.json         tasks that failed in the last run, with their errors

The tables of a study are its parts', in whose modules (`deepcme.study.parts`) they are told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.files import whole_file, write_csv, write_text
from deepcme.base.leftovers import remove_leftovers
from deepcme.cohort.characteristics import count_missing
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.strata import batch_columns
from deepcme.study.identity import (
    changed_beside,
    describe_identity,
    looks_of,
    models_changed,
    parts_made_anew,
    refuse_other_results,
)
from deepcme.study.older import with_older_columns
from deepcme.study.parts import listed
from deepcme.study.tasks import Arrays, Plan, Task

T = TypeVar("T", bound=Task)
_IDENTITY = "identity.json"


class StudyFolder:
    """Where one study keeps its results."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def claim(self, plan: Plan) -> list[str]:
        """Make the folder this study's, or refuse one that holds something else.

        Returns
        -------
        list of str
            Parts that another method made there, and that are made anew.

        Raises
        ------
        DeepCMEError
            If the folder holds another study's results or other files; says
            what differs.
        """
        identity, found = describe_identity(plan), None
        if self.has_table(_IDENTITY):
            found = self.read_json(_IDENTITY)
            refuse_other_results(found, identity, self.path)
        elif self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise DeepCMEError(
                f"{self.path}: neither empty nor a study's folder: choose another --out."
            )
        (self.path / "tasks").mkdir(parents=True, exist_ok=True)
        if found is not None:
            self._remove_outdated(plan, found, identity)
        write_text(self.path / "study.toml", plan.study.to_toml())
        write_text(self.path / "cohort.json", _as_json(describe_cohort(plan.cohort)))
        self._write_identity({**identity, "looks": looks_of(found)})
        return [] if found is None else parts_made_anew(found, identity)

    def _remove_outdated(
        self, plan: Plan, found: dict[str, Any], identity: dict[str, Any]
    ) -> None:
        """Remove tables of other settings, or of what was not fitted; fits stay, by their keys.

        Until the tables are made again there is nothing to report, rather than a mixture.
        """
        others = models_changed(found, identity, self.path)
        for part in listed.PARTS:
            is_whole = all(map(self.has, part.of(plan)))
            if others or (
                part.stands_beside
                and (not is_whole or changed_beside(found, identity, part.name, self.path))
            ):
                self.remove_tables(part.tables)

    def _write_identity(self, identity: dict[str, Any]) -> None:
        write_text(self.path / _IDENTITY, _as_json(identity))

    def record_look(self, n_permutations: int) -> None:
        """Keep that the permutation test is made of so many; again is no other look."""
        identity = self.read_json(_IDENTITY)
        looks = looks_of(identity)
        if n_permutations and n_permutations not in looks:
            self._write_identity({**identity, "looks": [*looks, n_permutations]})

    def read_looks(self) -> list[int | None]:
        """After how many permutations the test was made so far; None for unknown numbers."""
        return looks_of(self.read_json(_IDENTITY))

    def _task_path(self, task: Task) -> Path:
        return self.path / "tasks" / f"{task.key}.npz"

    def has(self, task: Task) -> bool:
        """Whether the task's result is there."""
        return self._task_path(task).exists()

    def save(self, task: Task, arrays: Arrays) -> None:
        """Write a task's result under its key."""
        with whole_file(self._task_path(task)) as temporary:
            np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]

    def load(self, task: Task) -> Arrays:
        """Read a task's result.

        Raises
        ------
        DeepCMEError
            If the file is damaged.
        """
        path = self._task_path(task)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)
        except (OSError, ValueError, BadZipFile) as error:
            raise DeepCMEError(
                f"{path}: the result is damaged: delete it and run again."
            ) from error

    def results(self, tasks: Iterable[T]) -> Iterator[tuple[T, Arrays]]:
        """Each finished one of the tasks, in order, with its result; read one at a time."""
        for task in tasks:
            if self.has(task):
                yield task, self.load(task)

    def remove_leftovers(self) -> None:
        """Remove unfinished files that a killed run left behind."""
        for folder in [self.path, *self.path.glob("**/")]:
            remove_leftovers(folder)

    def write_failures(self, failures: dict[str, str]) -> None:
        """Record which tasks failed and why; an empty record removes the file."""
        path = self.path / "failures.json"
        if failures:
            write_text(path, _as_json(failures))
        else:
            path.unlink(missing_ok=True)

    def has_table(self, name: str) -> bool:
        """Whether a table is there."""
        return (self.path / name).is_file()

    def write_table(self, table: pd.DataFrame, name: str) -> None:
        """Write a table as CSV or Parquet, as its name says."""
        if name.endswith(".csv"):
            write_csv(self.path / name, table)
            return
        with whole_file(self.path / name) as temporary:
            table.to_parquet(temporary, index=False)

    def read_table(self, name: str) -> pd.DataFrame:
        """Read one of the study's tables; ids and names are text, whatever they look like.

        Raises
        ------
        DeepCMEError
            If the folder holds no such table, or a damaged one.
        """
        path = self.path / name
        if not path.is_file():
            raise DeepCMEError(
                f"{path}: there is no such file; is {self.path} the folder of a finished study?"
            )
        text = dict.fromkeys(listed.text_columns(name), str)
        try:
            if name.endswith(".parquet"):
                table = pd.read_parquet(path)
            else:
                table = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
        except (OSError, ValueError) as error:
            raise DeepCMEError(
                f"{path}: the table is damaged: delete it and run the study again."
            ) from error
        return with_older_columns(name, table)

    def write_findings(self, findings: list[dict[str, Any]]) -> None:
        """Keep what the audit found in the cohort, before any sample was left out."""
        write_text(self.path / "audit.json", json.dumps(findings, indent=2) + "\n")

    def read_findings(self) -> list[dict[str, Any]]:
        """What the audit found; nothing for a folder that was never audited."""
        if not (self.path / "audit.json").is_file():
            return []
        findings: list[dict[str, Any]] = self._read_json("audit.json", list)
        return findings

    def remove_tables(self, names: Iterable[str]) -> None:
        """Remove tables that the study no longer has."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def read_json(self, name: str) -> dict[str, Any]:
        """Read one of the study's JSON files.

        Raises
        ------
        DeepCMEError
            If the folder holds no such file, or a damaged one.
        """
        values: dict[str, Any] = self._read_json(name, dict)
        return values

    def _read_json(self, name: str, kind: type) -> Any:
        path = self.path / name
        if not path.is_file():
            raise DeepCMEError(
                f"{path}: there is no such file; is {self.path} the folder of a study?"
            )
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            values = None
        if isinstance(values, kind):
            return values
        ways = "choose another --out" if name == _IDENTITY else "delete it"
        raise DeepCMEError(f"{path}: the file is damaged: {ways} and run the study again.")


def describe_cohort(cohort: Cohort) -> dict[str, Any]:
    """The cohort in numbers and words."""
    tissue = cohort.obs["tissue"].astype(str).value_counts()
    return {
        "name": cohort.name,
        "samples": cohort.n_samples,
        "patients": cohort.n_patients,
        "genes": cohort.n_genes,
        "positives": cohort.n_positives,
        "positive_patients": cohort.n_positive_patients,
        "tissue": {str(kind): int(count) for kind, count in tissue.items()},
        "endpoint": cohort.endpoint,
        "scale": cohort.scale,
        "source": cohort.provenance.get("source", ""),
        "notes": cohort.notes,
        "flow": [step.as_json() for step in cohort.flow],
        "endpoint_name": cohort.outcome.endpoint.name,
        "left_out": cohort.provenance.get("left_out", []),
        "batches": {name: int(of.nunique()) for name, of in batch_columns(cohort).items()},
        "missing_values": count_missing(cohort.X),
    }


def _as_json(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"
