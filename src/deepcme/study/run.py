"""Running a study: what is missing is fitted, in parallel; then the tables are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from joblib import cpu_count

from deepcme.arrays import CohortArrays
from deepcme.audit import StudyDesign, audit_cohort
from deepcme.cohort import Cohort
from deepcme.errors import DeepCMEError
from deepcme.evaluation.predictions import with_strata
from deepcme.progress import show_progress
from deepcme.strata import NO_STRATA
from deepcme.study import tables
from deepcme.study.clinical import fit_clinical_models, take_clinical
from deepcme.study.estimate import describe_expected_time, is_extra
from deepcme.study.executors import AnyTask, Outcome, run_on_dask, run_on_processes
from deepcme.study.grid import summarise_grid
from deepcme.study.nulls import describe_null_runs
from deepcme.study.plan import Plan, make_plan
from deepcme.study.selection import SELECTION_TABLES, SelectionTask, make_selection_tasks
from deepcme.study.selection_tables import write_selection_tables
from deepcme.study.spec import Study
from deepcme.study.store import StudyFolder
from deepcme.study.trial import try_models
from deepcme.terminal import say


class TasksFailedError(DeepCMEError):
    """Some fits of a study failed; the others are kept."""


def load_cohort(study: Study) -> Cohort:
    """The cohort that a study names."""
    if study.cohort.path is not None:
        return Cohort.load(study.cohort.path)
    from deepcme.sources.examples import load_transbig

    return load_transbig()


def run_study(
    study: Study,
    out: str | Path,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    quiet: bool = False,
) -> StudyFolder:
    """Run a study, or what is missing of it, and write its tables.

    Parameters
    ----------
    study : Study
    out : path
        The study's folder; made if it is not there.
    jobs : int, optional
        Processes; by default one per core. The results do not depend on it.
    scheduler : str, optional
        Address of a Dask scheduler to run the fits on instead.
    quiet : bool
        Show no progress.

    Raises
    ------
    DeepCMEError
        If the cohort cannot be read or split, a model's parameters do not work on it, or
        the folder is another study's.
    TasksFailedError
        If fits failed; the rest is done and kept.
    """
    cohort = load_cohort(study)
    plan = make_plan(study, cohort)
    if study.clinical is not None:
        take_clinical(plan.cohort, study.clinical.columns)  # refuses before anything is fitted
    try_models(plan)
    selection = make_selection_tasks(plan)
    tasks: list[AnyTask] = [*plan.tasks, *selection]
    findings = _audit(cohort, plan)
    folder = StudyFolder(out)
    asked = {"nulls": any(task.null for task in plan.tasks), "selection": bool(selection)}
    anew = [part for part in folder.claim(plan) if asked[part]]
    folder.write_findings(findings)
    missing = [task for task in tasks if not folder.has(task)]
    jobs = min(jobs or cpu_count(), max(len(missing), 1))
    if not quiet:
        say(_announcement(plan, tasks, missing), error=True)
        if anew:
            say(f"Made anew, as an older method made them: {' and '.join(anew)}.", error=True)
        if any(map(is_extra, missing)):
            say(describe_expected_time(plan, missing, jobs), error=True)
    outcomes = _outcomes(CohortArrays.of(plan.cohort), missing, jobs, scheduler)
    failures: dict[str, str] = {}
    with show_progress("Fitting", len(missing), quiet=quiet) as advance:
        for task, result in outcomes:
            if isinstance(result, str):
                failures[task.title] = result
            else:
                folder.save(task, result)
            advance()
    folder.write_failures(failures)
    if failures:
        raise TasksFailedError(_failure_sentence(failures, len(tasks), folder))
    write_tables(plan, selection, folder)
    return folder


def _outcomes(
    data: CohortArrays, tasks: Sequence[AnyTask], jobs: int, scheduler: str | None
) -> Iterator[Outcome]:
    # The long ones first, so that no worker is left alone with one at the end.
    ordered = sorted(tasks, key=_brevity)
    if not ordered:
        return iter(())
    if scheduler is not None:
        return run_on_dask(data, ordered, scheduler)
    return run_on_processes(data, ordered, jobs)


def _brevity(task: AnyTask) -> int:
    """0 for the tasks that take longest."""
    if isinstance(task, SelectionTask):
        return 0 if task.kind == "decoys" else 2
    return task.model.kind.brevity


def _audit(cohort: Cohort, plan: Plan) -> list[dict[str, str]]:
    """What the audit says of the cohort as given, normals and repeated patients included."""
    study = plan.study
    model = study.headline
    parameters = model.parameters if model.kind.is_network else {}
    width = parameters.get("hidden_layers", [64])[0]
    design = StudyDesign(*study.split.train_and_test_share(plan.cohort), width)
    return [finding.as_dict() for finding in audit_cohort(cohort, design)]


def _announcement(plan: Plan, tasks: Sequence[AnyTask], missing: Sequence[AnyTask]) -> str:
    cohort, study = plan.cohort, plan.study
    n_done, n_selection = len(tasks) - len(missing), len(tasks) - len(plan.tasks)
    done = f"; {n_done} of {len(tasks)} fits are there already" if n_done else ""
    column = study.split.strata
    strata = "" if column == NO_STRATA else f" stratified by {column}"
    selection = f", {n_selection} steps of gene selection" if n_selection else ""
    nulls = list({task.null.title: task.null for task in plan.tasks if task.null}.values())
    reruns = f" {describe_null_runs(nulls, study.headline.name)}" if nulls else ""
    return (
        f"{cohort.name}: {cohort.n_samples} samples of {cohort.n_patients} patients, "
        f"{cohort.n_positives} positive, {cohort.n_genes:,} genes. "
        f"{len(study.models)} models on {plan.n_splits} splits{strata}{selection}, "
        f"protocol {study.protocol}{done}.{reruns}"
    )


def _failure_sentence(failures: dict[str, str], n_tasks: int, folder: StudyFolder) -> str:
    name, error = next(iter(failures.items()))
    return (
        f"{len(failures)} of {n_tasks} fits failed, the first being {name}: "
        f"{error.strip().splitlines()[-1]} See {folder.path / 'failures.json'}; the "
        "others are kept: the same command, its models corrected or not, fits what is missing."
    )


def write_tables(plan: Plan, selection: Sequence[SelectionTask], folder: StudyFolder) -> None:
    """Make the study's tables of its finished tasks, those of gene selection included."""
    fits = [task for task in plan.tasks if task.grid_point is None and task.null is None]
    nulls = [task for task in plan.tasks if task.null is not None]
    searched = [task for task in plan.tasks if task.grid_point is not None]
    results = list(folder.results(fits))
    predictions = [tables.compute_predictions(plan.cohort, results)]
    if searched:
        grid = tables.compute_grid(plan.cohort, folder.results(searched))
        folder.write_table(grid, "grid.csv")
        folder.write_table(summarise_grid(grid), "grid_summary.csv")
        tuned = tables.compute_tuned_predictions(plan, folder.results(searched), grid)
        predictions.append(tuned)
    if plan.study.clinical is not None:
        clinical = fit_clinical_models(plan, results)
        folder.write_table(clinical.columns, "clinical.csv")
        predictions.append(clinical.predictions)
    levels = plan.study.split.levels_of(plan.cohort)
    whole = with_strata(tables.concatenate(predictions), plan.cohort.samples, levels)
    metrics = tables.compute_metrics_table(whole)
    folder.write_table(whole, "predictions.parquet")
    folder.write_table(metrics, "metrics.csv")
    folder.write_table(tables.compute_gene_scores(plan.cohort, results), "gene_scores.csv")
    folder.write_table(tables.compute_history(results), "history.parquet")
    folder.write_null_runs(tables.compute_null_runs(plan, folder.results(nulls)))
    if selection:
        write_selection_tables(plan, selection, folder, results)
    else:
        folder.remove_tables(SELECTION_TABLES)
    folder.remove_leftovers()
