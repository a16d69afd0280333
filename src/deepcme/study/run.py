"""Running a study: what is missing is fitted, in parallel; then the tables are made."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from joblib import Parallel, cpu_count, delayed

from deepcme.cohort import Cohort
from deepcme.errors import DeepCMEError
from deepcme.evaluation.metrics import compute_metrics
from deepcme.progress import show_progress
from deepcme.study.fit import fit_task
from deepcme.study.models import DEEPCME
from deepcme.study.plan import Plan, Task, TaskData, make_plan
from deepcme.study.spec import Study
from deepcme.study.store import StudyFolder
from deepcme.study.tables import compute_gene_scores, compute_history, compute_predictions


class TasksFailedError(DeepCMEError):
    """Some fits of a study failed; the others are kept."""


def load_cohort(study: Study) -> Cohort:
    """The cohort that a study names."""
    if study.cohort.path is not None:
        return Cohort.load(study.cohort.path)
    from deepcme.sources.examples import load_transbig

    return load_transbig()


def run_study(
    study: Study, out: str | Path, *, jobs: int | None = None, quiet: bool = False
) -> StudyFolder:
    """Run a study, or what is missing of it, and write its tables.

    Parameters
    ----------
    study : Study
    out : path
        The study's folder; made if it is not there.
    jobs : int, optional
        Processes; by default one per core. The results do not depend on it.
    quiet : bool
        Show no progress.

    Raises
    ------
    DeepCMEError
        If the cohort cannot be read or split, or the folder is another study's.
    TasksFailedError
        If fits failed; the rest is done and kept.
    """
    plan = make_plan(study, load_cohort(study))
    folder = StudyFolder(out)
    folder.claim(plan)
    if not quiet:
        print(_announcement(plan, folder), file=sys.stderr)
    failures = _run_tasks(plan, folder, jobs or cpu_count(), quiet)
    folder.write_failures(failures)
    if failures:
        first = next(iter(failures.items()))
        raise TasksFailedError(
            f"{len(failures)} of {len(plan.tasks)} fits failed, the first being {first[0]}: "
            f"{first[1].strip().splitlines()[-1]} See {folder.path / 'failures.json'}; the "
            "others are kept, and the same command tries the failed ones again."
        )
    write_tables(plan, folder)
    return folder


def _announcement(plan: Plan, folder: StudyFolder) -> str:
    cohort, study = plan.cohort, plan.study
    n_done = sum(folder.has(task) for task in plan.tasks)
    done = f"; {n_done} of {len(plan.tasks)} fits are there already" if n_done else ""
    return (
        f"{cohort.name}: {cohort.n_samples} samples of {cohort.n_patients} patients, "
        f"{cohort.n_positives} positive, {cohort.n_genes:,} genes. "
        f"{len(study.models)} models on {study.split.repeats} splits, "
        f"protocol {study.protocol}{done}."
    )


def _run_tasks(plan: Plan, folder: StudyFolder, jobs: int, quiet: bool) -> dict[str, str]:
    """Fit what is missing; return the error of each task that failed, by its name."""
    missing = [task for task in plan.tasks if not folder.has(task)]
    # The long fits first, so that no worker is left alone with one at the end.
    missing.sort(key=lambda task: task.model.estimator != DEEPCME)
    data = TaskData.of(plan.cohort)
    failures: dict[str, str] = {}
    parallel = Parallel(n_jobs=min(jobs, max(len(missing), 1)), return_as="generator_unordered")
    with show_progress("Fitting", len(missing), quiet=quiet) as advance:
        for task, error in parallel(delayed(_run_task)(data, task, folder) for task in missing):
            if error is not None:
                failures[f"{task.model.name}, split {task.split_number}"] = error
            advance()
    return failures


def _run_task(data: TaskData, task: Task, folder: StudyFolder) -> tuple[Task, str | None]:
    """Fit and store one task; an error comes back as text, so that the rest goes on."""
    try:
        folder.save(task, fit_task(data, task))
    except Exception:
        return task, traceback.format_exc()
    return task, None


def write_tables(plan: Plan, folder: StudyFolder) -> None:
    """Make the study's tables of its finished tasks."""
    results = list(folder.results(plan))
    predictions = compute_predictions(plan, results)
    metrics = compute_metrics(predictions)
    metrics = metrics[metrics["metric"].isin(plan.study.evaluation.metrics)]
    folder.write_table(predictions, "predictions.parquet")
    folder.write_table(metrics, "metrics.csv")
    folder.write_table(compute_gene_scores(plan.cohort, results), "gene_scores.csv")
    folder.write_table(compute_history(results), "history.parquet")
