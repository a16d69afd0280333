"""Running a study: what is missing is fitted, in parallel; then the tables are made."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
from joblib import cpu_count

from deepcme.audit.audit import audit_cohort
from deepcme.audit.findings import PlannedStudy
from deepcme.base.errors import DeepCMEError
from deepcme.base.files.locks import only_one_in
from deepcme.base.processes.stopping import GOES_ON, if_halted
from deepcme.base.progress import show_progress, show_step
from deepcme.base.terminal import in_notebook, say
from deepcme.base.workload import Workload
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.strata import NO_STRATA
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.predictions import with_strata
from deepcme.study.estimate import describe_expected_time, expect_pieces
from deepcme.study.executors.attempt import Outcome
from deepcme.study.executors.cluster import run_on_dask
from deepcme.study.executors.processes import run_on_processes
from deepcme.study.part import PREDICTIONS, Part
from deepcme.study.parts import listed, survival_tables
from deepcme.study.plan import make_plan
from deepcme.study.resolved import Study
from deepcme.study.store import StudyFolder
from deepcme.study.tables import METRICS, compute_metrics_of, concatenate
from deepcme.study.tasks import Plan, Task

__all__ = ["run_study"]

WORTH_SHOWING_SECONDS = 120.0
"""Where reruns go on for so long, what is finished is shown before."""

_WITH_EVENT = {BinaryOutcome.kind: "positive", SurvivalOutcome.kind: "with the event"}


class TasksFailedError(DeepCMEError):
    """Some fits of a study failed; the others are kept."""


def load_cohort(study: Study, given: Cohort | None = None) -> Cohort:
    """The cohort that a study names, or is given, as it asks for it."""
    if given is not None:
        cohort = given
    elif study.cohort.path is not None:
        cohort = Cohort.load(study.cohort.path)
    else:
        from deepcme.sources.examples import load_transbig

        cohort = load_transbig()
    return leave_out_censored(cohort) if study.cohort.leave_out_censored else cohort


def run_study(
    study: Study,
    out: str | Path,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    quiet: bool = False,
    so_far: Callable[[StudyFolder], object] | None = None,
    cohort: Cohort | None = None,
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
    so_far : callable, optional
        Takes the folder when its tables are written, reruns of the null hypothesis go on for a
        while, and again when more of these are finished: such as to write a report.
    cohort : Cohort, optional
        In place of the file that the study names, which is then written in its folder.

    Raises
    ------
    DeepCMEError
        If the cohort cannot be read or split, a model's parameters do not work on it, the
        folder is another study's, or another run is at work there.
    TasksFailedError
        If fits failed; the rest is done and kept.
    """
    with only_one_in(Path(out)):
        return _run_whole(study, StudyFolder(out), jobs, scheduler, quiet, so_far, cohort)


def _run_whole(
    study: Study,
    folder: StudyFolder,
    jobs: int | None,
    scheduler: str | None,
    quiet: bool,
    so_far: Callable[[StudyFolder], object] | None,
    given: Cohort | None,
) -> StudyFolder:
    cohort = load_cohort(study, given)
    plan = make_plan(study, cohort)
    parts = listed.parts_for(plan.study.outcome)
    for part in parts:
        part.check(plan)
    findings = _audit(cohort, plan)
    lost = folder.recover(plan)
    anew = [name for name in folder.claim(plan) if listed.part_named(name).of(plan)]
    if given is not None and study.cohort.path is not None:
        given.save(study.cohort.path)
    folder.write_findings(findings)
    missing = _missing(plan, folder, lost)
    jobs = _n_processes(jobs, missing)
    tells = not quiet and not in_notebook()  # where the bar says enough
    if tells:
        say(_announcement(plan, len(missing)), error=True)
        if anew:
            say(f"Made anew, as an older method made them: {' and '.join(anew)}.", error=True)
    work = Workload(expect_pieces(plan, missing), None if scheduler else jobs)
    expected = describe_expected_time(missing, work, None if scheduler else jobs)
    if expected and tells:
        say(expected, error=True)
    with show_progress("Fitting", work, then="tables and report", quiet=quiet):
        early = EarlyTables(plan, folder, work, so_far)
        _run_missing(plan, missing, folder, work, jobs, scheduler, early)
    folder.record_look(max(part.count_permutations(plan) for part in listed.PARTS))
    with show_step("Making tables", quiet=quiet):
        write_tables(plan, folder, parts)
    return folder


def run_part(
    part: Part[Any],
    study: Study,
    out: str | Path,
    *,
    label: str,
    jobs: int | None = None,
    quiet: bool = False,
) -> dict[str, pd.DataFrame]:
    """Run one part of a study by itself, or what is missing of it, and write its tables.

    `label` names the tasks while they run; the rest is as in `run_study`. The tables come
    by the names of their files.
    """
    with only_one_in(Path(out)):
        plan = make_plan(study, load_cohort(study), [part])
        folder = StudyFolder(out)
        if folder.has_table(PREDICTIONS):
            raise DeepCMEError(f"{out}: the folder of a whole study: choose another --out.")
        lost = folder.recover(plan)
        folder.claim(plan)
        missing = _missing(plan, folder, lost)
        jobs = _n_processes(jobs, missing)
        work = Workload(expect_pieces(plan, missing), jobs)
        with show_progress(label, work, quiet=quiet):
            _run_missing(plan, missing, folder, work, jobs)
        with show_step("Making tables", quiet=quiet):
            return write_tables(plan, folder, [part])


def _missing(plan: Plan, folder: StudyFolder, lost: str) -> list[Task]:
    """Tasks that are to be run; what was damaged since it was written is told and goes."""
    if lost:
        say(lost, error=True)
    if n_damaged := folder.remove_damaged(plan.tasks):
        results = "result was" if n_damaged == 1 else "results were"
        again = "is made again" if n_damaged == 1 else "are made again"
        say(f"{n_damaged:,} {results} damaged and {again}.", error=True)
    return [task for task in plan.tasks if not folder.has(task)]


def _n_processes(jobs: int | None, tasks: Sequence[Task]) -> int:
    return min(jobs or cpu_count(), max(len(tasks), 1))


def _run_missing(
    plan: Plan,
    tasks: Sequence[Task],
    folder: StudyFolder,
    work: Workload[str],
    jobs: int,
    scheduler: str | None = None,
    early: EarlyTables | None = None,
) -> None:
    """Run tasks and keep their results; those that fail are told when the others are done."""
    failures: dict[str, str] = {}
    by_key = {task.key: task for task in tasks}
    ordered = [by_key[key] for key in work.names]

    def where() -> str:
        shown = " and a report so far" if early is not None and early.is_shown else ""
        return f"after {sum(map(folder.has, plan.tasks))} of {len(plan.tasks)} fits{shown}"

    data = CohortArrays.of(
        plan.cohort,
        survival_tables.find_censoring_columns(plan),
        None if plan.others is None else plan.others.arrays,
    )
    outcomes = _outcomes(data, ordered, jobs, scheduler)
    with if_halted(where, GOES_ON), closing(outcomes), folder.saving() as save:
        if early is not None:
            early.look()
        for task, result, seconds in outcomes:
            if isinstance(result, str):
                failures[task.title] = result
            else:
                save(task, result)
            work.finish(task.key, seconds)
            if early is not None and not failures and early.is_due():
                save.wait()
                early.look()
    folder.write_failures(failures)
    if failures:
        raise TasksFailedError(_failure_sentence(failures, len(plan.tasks), folder))


def _outcomes(
    data: CohortArrays, tasks: Sequence[Task], jobs: int, scheduler: str | None
) -> Generator[Outcome, None, None]:
    if tasks and scheduler is not None:
        yield from run_on_dask(data, tasks, scheduler)
    elif tasks:
        yield from run_on_processes(data, tasks, jobs)


def _audit(cohort: Cohort, plan: Plan) -> list[dict[str, str]]:
    """What the audit says of the cohort as given, normals and repeated patients included."""
    study = plan.study
    model = study.headline
    parameters = model.parameters if model.kind.is_network else {}
    width = parameters.get("hidden_layers", [64])[0]
    planned = PlannedStudy(*study.split.train_and_test_share(plan.cohort), width)
    return [finding.as_dict() for finding in audit_cohort(cohort, planned)]


def _announcement(plan: Plan, n_missing: int) -> str:
    cohort, study, n_tasks = plan.cohort, plan.study, len(plan.tasks)
    n_done = n_tasks - n_missing
    done = f"; {n_done} of {n_tasks} fits are there already" if n_done else ""
    column = study.split.strata
    strata = "" if column == NO_STRATA else f" stratified by {column}"
    others = [(len(part.of(plan)), part.noun) for part in listed.PARTS if part.noun]
    parts = listed.parts_for(study.outcome)
    sentences = filter(None, [part.announce(plan) for part in parts])
    return (
        f"{cohort.name}: {cohort.n_samples} samples of {cohort.n_patients} patients, "
        f"{cohort.n_positives} {_WITH_EVENT[cohort.outcome.kind]}, {cohort.n_genes:,} genes. "
        f"{len(study.models)} models on {len(plan.splits)} splits{strata}"
        f"{''.join(f', {n} {noun}' for n, noun in others if n)}, "
        f"{' '.join([f'protocol {study.protocol}{done}.', *sentences])}"
    )


def _failure_sentence(failures: dict[str, str], n_tasks: int, folder: StudyFolder) -> str:
    name, error = next(iter(failures.items()))
    return (
        f"{len(failures)} of {n_tasks} fits failed, the first being {name}: "
        f"{error.strip().splitlines()[-1]} See {folder.path / 'failures.json'}; the "
        "others are kept: the same command, its models corrected or not, fits what is missing."
    )


class EarlyTables:
    """The tables of a study whose last part, reruns of the null hypothesis, is still at work.

    They are written when all other parts are finished, and again with each stage of the
    reruns, if what is left takes long enough to be worth it.
    """

    def __init__(
        self,
        plan: Plan,
        folder: StudyFolder,
        work: Workload[str],
        then: Callable[[StudyFolder], object] | None,
    ) -> None:
        self._plan, self._folder, self._work, self._then = plan, folder, work, then
        self._shown_at = 0
        self.is_shown = False

    def is_due(self) -> bool:
        """Whether more is finished than there was when they were written last."""
        stage = min(self._work.count_stages(), default=0)
        return stage > self._shown_at and self._work.seconds_left() >= WORTH_SHOWING_SECONDS

    def look(self) -> None:
        """Write them if they are due; what comes last alone where the others are there."""
        if not self.is_due():
            return
        self._shown_at = min(self._work.count_stages())
        parts = listed.parts_for(self._plan.study.outcome)
        write_tables(
            self._plan,
            self._folder,
            [part for part in parts if part.comes_last or not self.is_shown],
        )
        for part in parts:
            n_finished = part.count_finished(self._plan, self._folder)
            if n_finished:
                self._folder.record_shown(part.count_permutations(self._plan), n_finished)
        if self._then is not None:
            self._then(self._folder)
        self.is_shown = True


def write_tables(
    plan: Plan, folder: StudyFolder, parts: Sequence[Part[Any]]
) -> dict[str, pd.DataFrame]:
    """Make the tables of parts of their finished tasks; what is not made any more goes.

    Tables of one name stand below each other; of the predictions metrics are made.
    """
    made: dict[str, list[pd.DataFrame]] = {}
    for part in parts:
        for name, table in part.make_tables(plan, folder).items():
            made.setdefault(name, []).append(table)
    tables = {name: concatenate(of_name) for name, of_name in made.items()}
    if PREDICTIONS in tables:
        levels = plan.study.split.levels_of(plan.cohort)
        whole = with_strata(tables[PREDICTIONS], plan.cohort.samples, levels)
        tables[PREDICTIONS] = whole
        tables[METRICS] = compute_metrics_of(
            plan.study, whole, tables.get(survival_tables.CENSORING)
        )
    folder.remove_tables(name for part in parts for name in part.tables if name not in tables)
    # The predictions come last: where they are, a study is finished and can be reported.
    for name in sorted(tables, key=lambda name: name == PREDICTIONS):
        folder.write_table(tables[name], name)
    folder.remove_leftovers()
    return tables
