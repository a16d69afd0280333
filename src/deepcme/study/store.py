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
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from deepcme.base.errors import DamagedError, DeepCMEError
from deepcme.base.files.files import contents_of, make_folder, whole_file, write_csv, write_text
from deepcme.base.files.leftovers import remove_leftovers
from deepcme.cohort.characteristics import count_missing
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.strata import batch_columns
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study.identity import (
    PLANNED,
    SHOWN,
    changed_beside,
    describe_identity,
    looks_of,
    models_changed,
    parts_made_anew,
    planned_subgroups,
    read_identity,
    refuse_other_comparator,
    refuse_other_results,
    with_look,
    with_shown,
)
from deepcme.study.older import with_older_columns
from deepcme.study.parts import listed
from deepcme.study.resolved import Study
from deepcme.study.result_files import ResultFiles
from deepcme.study.spec import load_study
from deepcme.study.tasks import Plan

_IDENTITY = "identity.json"
_AGAIN = "the file is damaged: run the study again, which writes it anew."

# What a report needs to know of the cohort.
_OF_COHORT = {
    **dict.fromkeys(("name", "endpoint", "source"), str),
    **dict.fromkeys(("samples", "patients", "genes", "positives", "positive_patients"), int),
    "tissue": dict,
    "notes": list,
}


class StudyFolder(ResultFiles):
    """Where one study keeps its results."""

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
        identity, found, has_results = describe_identity(plan), None, False
        written = {
            "study.toml": plan.study.to_toml(),
            "cohort.json": _as_json(describe_cohort(plan.cohort)),
        }
        if self.has_table(_IDENTITY):
            found = self.read_identity()
            has_results = self._has_results()
            if has_results:
                refuse_other_results(found, identity, self.path)
            self._remove_outdated(plan, found, identity)
        elif self.path.exists() and not self._is_free(written):
            raise DeepCMEError(
                f"{self.path}: neither empty nor a study's folder: choose another --out."
            )
        # First of all, so that whatever else is there is known to be the study's.
        planned = planned_subgroups(found, identity, has_results=has_results)
        shown = {} if found is None else found.get(SHOWN, {})
        self._write_identity(
            {**identity, "looks": looks_of(found), PLANNED: planned, SHOWN: shown}
        )
        make_folder(self.path / "tasks")
        for name, text in written.items():
            write_text(self.path / name, text)
        self.remove_leftovers()
        return [] if found is None else parts_made_anew(found, identity)

    def _has_results(self) -> bool:
        """Whether anything was fitted; a study that was stopped before may become another."""
        names = (name for part in listed.PARTS for name in part.tables)
        return any(self.path.glob("tasks/*.npz")) or any(map(self.has_table, names))

    def _is_free(self, written: Mapping[str, str]) -> bool:
        """Whether a folder holds nothing, or just what is about to be written there.

        Such is left by an older deepcme that was killed before it wrote whose folder it is.
        """
        if not self.path.is_dir():
            return False
        for path in contents_of(self.path):
            is_empty = path.name == "tasks" and path.is_dir() and not contents_of(path)
            if not is_empty and not _says(path, written.get(path.name)):
                return False
        return True

    def recover(self, plan: Plan) -> str:
        """Make the identity again where it is lost and the results are this study's.

        They are known by their keys, which are made of all that they depend on. What the
        identity alone kept is lost: how often the permutation test was looked at, which is
        unknown from then on. The comparator that was named is kept by ``study.toml`` too.

        Returns
        -------
        str
            What was lost, in a sentence; empty if nothing was.
        """
        if not any(map(self.has, plan.tasks)):
            return ""
        try:
            self.read_identity()
        except DamagedError:
            identity = describe_identity(plan)
            named = self._recorded_comparator()
            if named is not None:
                refuse_other_comparator(identity["study"], named, self.path)
            self._write_identity({**identity, "looks": [None]})
            for part in listed.PARTS:
                self.remove_tables(part.tables)
            unnamed = ", nor which comparator was named" if named is None else ""
            return (
                f"{self.path / _IDENTITY} was lost or damaged and is made again, as the "
                "results there are this study's; how often its permutation test was looked at "
                f"before is not known any more{unnamed}."
            )
        return ""

    def _recorded_comparator(self) -> dict[str, Any] | None:
        try:
            return self.read_study().comparator.model_dump(mode="json")
        except DeepCMEError:
            return None

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

    def read_identity(self) -> dict[str, Any]:
        """What the results there belong to.

        Raises
        ------
        DamagedError
            If the folder's ``identity.json`` is not there, or says nothing that makes sense.
        DeepCMEError
            If a later deepcme wrote it.
        """
        path = self.path / _IDENTITY
        if not path.exists():
            raise DamagedError(str(_absent(path)))
        try:
            return read_identity(self.read_json(_IDENTITY), str(path))
        except DamagedError as error:
            raise DamagedError(
                f"{path}: the file is damaged: the command that made the folder's results "
                "makes it again while they are there; else choose another --out."
            ) from error

    def read_study(self) -> Study:
        """The study as ``study.toml`` records it.

        Raises
        ------
        DeepCMEError
            If there is no such file, or a damaged one, or one of settings that this version
            lacks.
        """
        path = self.path / "study.toml"
        if not path.is_file():
            raise _absent(path)
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError):
            values = {}
        if not isinstance(values.get("cohort"), dict):
            raise DamagedError(f"{path}: {_AGAIN}")
        return load_study(path, recorded=True)

    def read_cohort(self) -> dict[str, Any]:
        """The cohort in numbers and words, as `describe_cohort` gave it.

        Raises
        ------
        DeepCMEError
            If there is no such file, or a damaged one.
        """
        cohort = self.read_json("cohort.json")
        if any(not isinstance(cohort.get(name), kind) for name, kind in _OF_COHORT.items()):
            raise DamagedError(f"{self.path / 'cohort.json'}: {_AGAIN}")
        return cohort

    def _write_identity(self, identity: dict[str, Any]) -> None:
        write_text(self.path / _IDENTITY, _as_json(identity))

    def record_look(self, n_permutations: int) -> None:
        """Keep that the permutation test is made of so many; again is no other look."""
        self._note(with_look(self.read_identity(), n_permutations))

    def record_shown(self, n_asked: int, n_shown: int) -> None:
        """Keep that so many of the permutations asked for were shown, as others go on."""
        self._note(with_shown(self.read_identity(), n_asked, n_shown))

    def _note(self, identity: dict[str, Any]) -> None:
        if identity != self.read_identity():
            self._write_identity(identity)

    def read_looks(self) -> list[int | None]:
        """After how many permutations the test was made so far; None for unknown numbers."""
        return looks_of(self.read_identity())

    def read_planned_subgroups(self) -> list[str]:
        """Columns for groups of patients that were named before there were results."""
        planned: list[str] = self.read_identity().get(PLANNED, [])
        return planned

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
            raise _absent(path)
        text = dict.fromkeys(listed.text_columns(name), str)
        try:
            if name.endswith(".parquet"):
                table = pd.read_parquet(path)
            else:
                table = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
        except (OSError, ValueError) as error:
            raise DeepCMEError(f"{path}: {_AGAIN}") from error
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
            If the folder holds no such file, or (`DamagedError`) a damaged one.
        """
        values: dict[str, Any] = self._read_json(name, dict)
        return values

    def _read_json(self, name: str, kind: type) -> Any:
        path = self.path / name
        if not path.is_file():
            raise _absent(path)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            values = None
        if isinstance(values, kind):
            return values
        raise DamagedError(f"{path}: {_AGAIN}")


def _absent(path: Path) -> DeepCMEError:
    return DeepCMEError(
        f"{path}: there is no such file; is {path.parent} the folder of a finished study?"
    )


def _says(path: Path, text: str | None) -> bool:
    return text is not None and path.is_file() and path.read_bytes() == text.encode()


def describe_cohort(cohort: Cohort) -> dict[str, Any]:
    """The cohort in numbers and words."""
    tissue = cohort.obs["tissue"].astype(str).value_counts()
    outcome = cohort.outcome
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
        "endpoint_name": outcome.endpoint.name,
        "left_out": cohort.provenance.get("left_out", []),
        "batches": {name: int(of.nunique()) for name, of in batch_columns(cohort).items()},
        "missing_values": count_missing(cohort.X),
        **(_describe_times(outcome) if isinstance(outcome, SurvivalOutcome) else {}),
    }


def _describe_times(outcome: SurvivalOutcome) -> dict[str, Any]:
    """What a report of times has to know beside what it asks of every cohort."""
    endpoint = outcome.endpoint
    return {"outcome": outcome.kind, "unit": endpoint.unit, "horizon": endpoint.horizon}


def _as_json(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"
