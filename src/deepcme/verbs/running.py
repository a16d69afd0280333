"""Run a study from Python: of a cohort in memory, a file, or a study file."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.locks import only_one_in
from deepcme.base.names import printable
from deepcme.base.processes.stopping import GOES_ON, if_halted
from deepcme.base.shown import Shown, Shows, names_in_line
from deepcme.base.words import counted
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.report.contents import compute_contents
from deepcme.report.notebook import Report
from deepcme.report.page import FORMATS, require_formats, write_report
from deepcme.study.resolved import Protocol, Study
from deepcme.study.run import run_study
from deepcme.study.spec import load_study, make_study
from deepcme.study.store import StudyFolder
from deepcme.study.times import with_times
from deepcme.verbs.asked import (
    ClinicalMissing,
    Design,
    Files,
    GridSearch,
    Names,
    settings_asked,
)
from deepcme.verbs.reading import as_path
from deepcme.verbs.try_out import quick_settings_asked

__all__ = ["StudyResult", "report", "run"]

COHORT_FILE = "cohort.h5ad"
"""What the cohort of a study that was given one in memory is called in its folder."""


class StudyResult(Shows):
    """A finished study: where it is, what was asked, and what its report says.

    Attributes
    ----------
    folder : Path
        Holds all results; `deepcme.read_report` and `deepcme report` take it too.
    report : Report
        Verdict, tables and charts.
    """

    def __init__(self, folder: Path, report: Report) -> None:
        self.folder = folder.absolute()  # a notebook may go to another folder
        self.report = report

    @cached_property
    def study(self) -> Study:
        """Every setting."""
        return StudyFolder(self.folder).read_study()

    @property
    def page(self) -> Path:
        """The report as a page that opens offline."""
        return self.folder / "report.html"

    def _shown(self) -> Shown:
        cohort = StudyFolder(self.folder).read_cohort()
        study = self.study
        facts = [
            ("Endpoint", cohort["endpoint"]),
            ("Models", names_in_line(model.name for model in study.models)),
            ("Design", f"{study.split.design}, protocol {study.protocol}, seed {study.seed}"),
            ("Folder", str(self.folder)),
            ("Page", str(self.page)),
        ]
        title = (
            f"Study of {cohort['name']}: {counted(cohort['samples'], 'sample')} of "
            f"{counted(cohort['patients'], 'patient')}, {counted(cohort['genes'], 'gene')}"
        )
        return Shown(
            title,
            [*filter(None, [study.try_out]), self.report.verdict.sentence],
            facts,
            end="More: .report (verdict, tables, charts), .study; deepcme.plots draws them.",
        )


def run(
    cohort: Cohort | str | Path | None = None,
    *,
    clinical: Names | None = None,
    models: Names | None = None,
    out: str | Path | None = None,
    jobs: int | None = 1,
    seed: int | None = None,
    protocol: Protocol | None = None,
    design: Design | None = None,
    repeats: int | None = None,
    quick: bool = False,
    selection: bool = False,
    permutations: int | None = None,
    nulls: int | None = None,
    signature: Files | None = None,
    comparator_signature: str | Path | None = None,
    instability: int | None = None,
    clinical_missing: ClinicalMissing | None = None,
    clinical_permutations: int | None = None,
    subgroups: Names | None = None,
    also: Files | None = None,
    grid: GridSearch | None = None,
    gene_sets: Files | None = None,
    scheduler: str | None = None,
    quiet: bool = False,
) -> StudyResult:
    """Fit every model on every split and write a report, as `deepcme run` does.

    What was run before in the same folder is not run again: a study that was interrupted goes
    on where it stopped.

    Parameters
    ----------
    cohort : Cohort or path, optional
        A cohort, the file of one (``.h5ad``) or a study file (``.toml``). Without it, the
        TRANSBIG example.
    clinical : str or sequence of str, optional
        Clinical columns of the cohort: what do the genes add to them?
    models : str or sequence of str, optional
        Models by their names; by default those of the protocol.
    out : path, optional
        Folder for the results. By default ``results/NAME-PROTOCOL`` in the working
        directory, as of the command, so that nothing that took hours is lost with a session.
        A cohort in memory is kept there as ``cohort.h5ad``.
    jobs : int or None, default 1
        Processes to use, None for one per core. The results do not depend on it.
    seed : int, optional
        Root of all randomness; 1, or what the study file says.
    protocol : {"honest", "paper"}, optional
    design : {"folds", "repeated", "nested", "leave-one-cohort-out"}, optional
        How patients are split.
    repeats : int, optional
        How often they are.
    quick : bool
        A try-out: few models and splits, which is not a result.
    selection : bool
        Select genes as well: panels, decoys, stability.
    permutations, nulls : int, optional
        Reruns on permuted outcomes, and on random gene sets.
    signature : path or paths, optional
        Files of gene signatures, one gene a line.
    comparator_signature : str or path, optional
        Published signature, file of one, or ``none``.
    instability : int, optional
        Bootstrap samples of the patients on which a model is developed again.
    clinical_missing : {"fill", "indicator"}, optional
        What stands for missing values of clinical columns.
    clinical_permutations : int, optional
        Reruns with the patients' expression permuted.
    subgroups : str or sequence of str, optional
        Columns by which the report looks at groups of patients.
    also : path or paths, optional
        Other cohorts whose patients models learn from as well.
    grid : {"none", "fig7", "full"}, optional
        Search over the paper's hyper-parameters.
    gene_sets : path or paths, optional
        Files of gene sets (GMT).
    scheduler : str, optional
        Address of a Dask scheduler to fit on.
    quiet : bool
        Show no progress.

    Returns
    -------
    StudyResult
        With ``report``, ``study``, ``folder`` and ``page``.

    Raises
    ------
    DeepCMEError
        If a setting or the cohort cannot be used, or the folder holds another study.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=60, genes=30, events=24, signal_genes=5, module_size=5
    ... )
    >>> result = deepcme.run(
    ...     cohort, models=["LR", "DT"], repeats=1, out="first-study", quiet=True
    ... )
    >>> sorted(result.report.tables["discrimination"]["model"])
    ['DT', 'LR']
    """
    asked = settings_asked(
        protocol=protocol,
        seed=seed,
        models=models,
        grid=grid,
        permutations=permutations,
        nulls=nulls,
        signature=signature,
        comparator_signature=comparator_signature,
        instability=instability,
        clinical=clinical,
        clinical_missing=clinical_missing,
        clinical_permutations=clinical_permutations,
        subgroups=subgroups,
        also=also,
        design=design,
        repeats=repeats,
        selection=selection,
        gene_sets=gene_sets,
    )
    given = cohort if isinstance(cohort, Cohort) else None
    if given is not None:
        study, folder = _study_of_memory(given, asked, out, quick)
    else:
        source = None if cohort is None else as_path(cohort)
        study, name = study_asked(source, asked, quick=quick)
        folder = default_folder(name, study) if out is None else Path(out)
    with only_one_in(folder), if_halted(lambda: "before its report", GOES_ON):
        finished = run_study(
            study,
            folder,
            jobs=jobs,
            scheduler=scheduler,
            quiet=quiet,
            so_far=write_report,
            cohort=given,
        )
        contents = compute_contents(finished)
        write_report(finished, contents=contents)
    return StudyResult(folder, Report.of(contents))


def report(
    study: StudyResult | str | Path,
    *,
    formats: Names = FORMATS,
    figures: Literal["journal"] | None = None,
) -> Path:
    """Write a study's report again, as `deepcme report` does; nothing is fitted.

    `read_report` gives the report's tables and charts as objects instead.

    Parameters
    ----------
    study : StudyResult or path
        What `run` returned, or the study's folder.
    formats : sequence of {"html", "md", "csv"}
    figures : {"journal"}, optional
        Figures as journals print them as well, in ``figures/journal``.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    DeepCMEError
        If it is no finished study's folder, or a format is unknown.

    Examples
    --------
    >>> import deepcme
    >>> result = deepcme.run(deepcme.datasets.transbig(), quick=True, quiet=True)
    >>> deepcme.report(result, formats="html").name
    'report.html'
    """
    folder = study.folder if isinstance(study, StudyResult) else Path(study)
    asked = require_formats([formats] if isinstance(formats, str) else formats)
    if figures not in (None, "journal"):
        raise DeepCMEError(f"Unknown figures {figures!r}: there are those for a journal.")
    return write_report(StudyFolder(folder), asked, for_journal=figures == "journal")


def study_asked(
    source: Path | None, asked: dict[str, Any], *, quick: bool = False
) -> tuple[Study, str]:
    """The study of a file, or of the example, and a short name for it.

    Parameters
    ----------
    source : Path or None
    asked : dict
        Of `settings_asked`.
    quick : bool
        Whether a try-out of it is asked for.
    """
    study, name = _study_of_file(source, asked)
    return (
        _study_of_file(source, quick_settings_asked(study, asked)) if quick else (study, name)
    )


def _study_of_file(source: Path | None, asked: dict[str, Any]) -> tuple[Study, str]:
    if source is None:
        return make_study({"cohort": {"example": "transbig"}, **asked}), "transbig"
    if source.suffix.lower() == ".toml":
        return load_study(source, asked), source.stem
    if source.suffix.lower() == ".h5ad":
        return make_study({"cohort": {"path": source}, **asked}), source.stem
    raise DeepCMEError(
        f"{source}: `deepcme run` takes a study (.toml) or a cohort (.h5ad); "
        "make a cohort with `deepcme prepare`."
    )


def default_folder(name: str, study: Study) -> Path:
    """Where a study's results go unless told otherwise."""
    return Path("results") / f"{name}-{'quick' if study.try_out else study.protocol}"


def _study_of_memory(
    cohort: Cohort, asked: dict[str, Any], out: str | Path | None, quick: bool
) -> tuple[Study, Path]:
    """The study of a cohort that is no file yet, and its folder."""
    outcome = cohort.outcome
    endpoint = outcome.endpoint if isinstance(outcome, SurvivalOutcome) else None

    def of(path: Path, asked: dict[str, Any]) -> Study:
        values = {"cohort": {"path": path}, **asked}
        return make_study(with_times(values, endpoint), folder=None)

    def made(path: Path) -> Study:
        study = of(path, asked)
        return of(path, quick_settings_asked(study, asked)) if quick else study

    folder = Path(out) if out is not None else None
    if folder is None:
        name = printable(cohort.name).replace("/", "-").replace("\\", "-").strip(". ")
        folder = default_folder(name or "cohort", made(Path(COHORT_FILE)))
    return made((folder / COHORT_FILE).absolute()), folder
