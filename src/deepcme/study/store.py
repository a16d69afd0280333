"""A study's folder: one file per finished task, tables made of them, nothing half-written.

Layout, all readable with pandas and a text editor::

    study.toml            the study with every setting resolved
    identity.json         what the results belong to: settings, data, method and packages
    cohort.json           the cohort in numbers and words
    tasks/KEY.npz         one finished fit (NumPy arrays, no pickle)
    audit.json            what the audit found in the cohort, before samples were left out
    failures.json         tasks that failed in the last run, with their errors
    predictions.parquet   split, model, sample, patient, part, label, score, probability,
                          left_out where cohorts are left out, and stratum where
                          patients are ranked within batches or cohorts
    metrics.csv           split (none for the PR-AUC), model, part, metric, value, chance,
                          n, events, and left_out where cohorts are left out
    gene_scores.csv       model, rank, gene, symbol, score, sd, splits, top_share,
                          prevalence, largest_z, driving_samples,
                          few_driving_samples
    history.parquet       split, model, epoch, train_loss, valid_loss, valid_auc
    clinical.csv          column, value, coding, n, events, missing, separated_splits
    grid.csv              split, width, batch_size, penalty_strength, losses and AUCs;
                          inner_fold too in a nested design
    grid_summary.csv      the same, averaged over the splits
    nulls.csv             one row per null run: kind, number, size, auc, n_splits, n, events,
                          signature, listed, missing; absent where none was asked for

With gene selection also (see docs/selection.md)::

    panel_predictions.parquet   order, n_genes, split, sample, patient, label, score
    panel_curve.csv, panel_choice.csv, panel_genes.csv
    selection_claims.csv        what may be claimed of genes, and of clusters
    selection_genes.csv, selection_clusters.csv, selection_blocks.csv
    selection_stability.csv     Nogueira's index over splits and over halves
    held_out_gene_scores.csv, score_agreement.csv
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from deepcme.cohort import Cohort
from deepcme.errors import DeepCMEError
from deepcme.files import remove_leftovers, whole_file, write_csv, write_text
from deepcme.study.fit import TaskResult
from deepcme.study.identity import (
    changed_beside,
    describe_identity,
    models_changed,
    parts_made_anew,
    refuse_other_results,
)
from deepcme.study.older import with_older_columns
from deepcme.study.plan import Plan, Task
from deepcme.study.selection import SELECTION_TABLES, Arrays, SelectionTask

_NULL_RUNS = "nulls.csv"
_MODEL_TABLES = (
    "predictions.parquet", "metrics.csv", "gene_scores.csv", "history.parquet", "clinical.csv",
    "grid.csv", "grid_summary.csv",
)  # fmt: skip
# Text as it stands: Entrez ids are genes, a signature may be called 007 and a model 1.
_TEXT_COLUMNS = (
    "model", "gene", "symbol", "genes", "panel", "signature", "column", "sample", "patient",
    "left_out", "stratum",
)  # fmt: skip
# Text there, numbers elsewhere.
_MORE_TEXT_COLUMNS = {_NULL_RUNS: ("missing",), "clinical.csv": ("value",)}
_HISTORY_COLUMNS = ("epoch", "train_loss", "valid_loss", "valid_auc")
_SCORE_COLUMNS = ("first_layer", "integrated_gradients", "permutation")


class StudyFolder:
    """Where one study keeps its results."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @property
    def _identity_path(self) -> Path:
        return self.path / "identity.json"

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
        if self._identity_path.exists():
            found = json.loads(self._identity_path.read_text(encoding="utf-8"))
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
        write_text(self._identity_path, _as_json(identity))
        return [] if found is None else parts_made_anew(found, identity)

    def _remove_outdated(
        self, plan: Plan, found: dict[str, Any], identity: dict[str, Any]
    ) -> None:
        """Remove tables of other settings, or of another signature; fits stay, by their keys.

        Until the tables are made again there is nothing to report, rather than a mixture.
        """
        if models_changed(found, identity, self.path):
            self.remove_tables([*_MODEL_TABLES, _NULL_RUNS, *SELECTION_TABLES])
        nulls = [task for task in plan.tasks if task.null is not None]
        others = changed_beside(found, identity, "nulls", self.path)
        if others or not all(map(self.has, nulls)):
            self.remove_tables([_NULL_RUNS])
        if changed_beside(found, identity, "selection", self.path):
            self.remove_tables(SELECTION_TABLES)

    def _task_path(self, task: Task | SelectionTask) -> Path:
        return self.path / "tasks" / f"{task.key}.npz"

    def has(self, task: Task | SelectionTask) -> bool:
        """Whether the task's result is there."""
        return self._task_path(task).exists()

    def save(self, task: Task | SelectionTask, result: TaskResult | Arrays) -> None:
        """Write a task's result under its key."""
        arrays: dict[str, Any] = (
            _arrays_of(result) if isinstance(result, TaskResult) else result
        )
        with whole_file(self._task_path(task)) as temporary:
            np.savez_compressed(temporary, **arrays)

    def load(self, task: Task) -> TaskResult:
        """Read a task's result."""
        found = self.load_arrays(task)
        history = _columns(found, "history", _HISTORY_COLUMNS)
        return TaskResult(
            found["rows"],
            found["score"],
            found.get("probability"),
            found.get("genes"),
            found.get("gene_scores"),
            history,
            found.get("oof_score"),
            _columns(found, "held_out", _SCORE_COLUMNS),
        )

    def load_arrays(self, task: Task | SelectionTask) -> Arrays:
        """Read the arrays under a task's key.

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

    def results(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, TaskResult]]:
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

    def write_null_runs(self, runs: pd.DataFrame) -> None:
        """Write the table of null runs; without any there is none."""
        if runs.empty:
            self.remove_tables([_NULL_RUNS])
        else:
            self.write_table(runs, _NULL_RUNS)

    def read_null_runs(self) -> pd.DataFrame:
        """Read the table of null runs; empty where none was asked for."""
        if not (self.path / _NULL_RUNS).is_file():
            return pd.DataFrame()
        return self.read_table(_NULL_RUNS)

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
            If the folder holds no such table.
        """
        path = self.path / name
        if not path.is_file():
            raise DeepCMEError(
                f"{path}: there is no such file; is {self.path} the folder of a finished study?"
            )
        if name.endswith(".parquet"):
            return with_older_columns(name, pd.read_parquet(path))
        text = dict.fromkeys((*_TEXT_COLUMNS, *_MORE_TEXT_COLUMNS.get(name, ())), str)
        table = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
        return with_older_columns(name, table)

    def write_findings(self, findings: list[dict[str, Any]]) -> None:
        """Keep what the audit found in the cohort, before any sample was left out."""
        write_text(self.path / "audit.json", json.dumps(findings, indent=2) + "\n")

    def read_findings(self) -> list[dict[str, Any]]:
        """What the audit found; nothing for a folder that was never audited."""
        path = self.path / "audit.json"
        if not path.is_file():
            return []
        findings: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return findings

    def read_settings(self, section: str) -> dict[str, Any]:
        """A section of the last run's settings, such as one that it added; empty without."""
        path = self.path / "study.toml"
        if not path.is_file():
            return {}
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
        found: dict[str, Any] = settings.get(section, {})
        return found

    def remove_tables(self, names: Iterable[str]) -> None:
        """Remove tables that the study no longer has."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def read_json(self, name: str) -> dict[str, Any]:
        """Read one of the study's JSON files."""
        path = self.path / name
        if not path.is_file():
            raise DeepCMEError(
                f"{path}: there is no such file; is {self.path} the folder of a study?"
            )
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return values


def _arrays_of(result: TaskResult) -> Arrays:
    arrays: Arrays = {"rows": result.rows, "score": result.score}
    if result.probability is not None:
        arrays["probability"] = result.probability
    if result.genes is not None and result.gene_scores is not None:
        arrays["genes"] = result.genes
        arrays["gene_scores"] = result.gene_scores
    if result.oof_score is not None:
        arrays["oof_score"] = result.oof_score
    tables = {"history": result.history, "held_out": result.held_out_scores}
    for name, columns in (("history", _HISTORY_COLUMNS), ("held_out", _SCORE_COLUMNS)):
        table = tables[name]
        if table is not None:
            arrays |= {f"{name}_{column}": table[column].to_numpy() for column in columns}
    return arrays


def _columns(arrays: Arrays, name: str, columns: tuple[str, ...]) -> pd.DataFrame | None:
    """A table that was saved column by column; None if it was not."""
    found = {
        column: arrays[f"{name}_{column}"] for column in columns if f"{name}_{column}" in arrays
    }
    return pd.DataFrame(found) if found else None


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
    }


def _as_json(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"
