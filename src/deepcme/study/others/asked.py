"""Another cohort as a study asks for it: its tissue, its outcome, its unit of times."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import listed
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.outcome import Outcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study.resolved import Study

FEWEST_SAMPLES = 20
"""Of fewer, means and deviations of genes within a cohort are too rough."""


def load_as_asked(study: Study, own: Cohort, path: Path) -> tuple[Cohort, Outcome]:
    """A cohort with its outcome in the words of the study's own.

    Raises
    ------
    DeepCMEError
        If it cannot be read, is the study's own, has another kind of outcome or times of an
        unknown unit, or holds too few samples.
    """
    if study.cohort.path is not None and _is_same_file(path, study.cohort.path):
        raise DeepCMEError(
            f"{path}: this is the cohort of the study itself: give cohorts of other patients."
        )
    cohort = Cohort.load(path)
    if study.preprocessing.tissue == "primary":
        cohort = cohort.keep_primary_tumours()
    _require_kind(own, cohort, path)
    if cohort.n_samples < FEWEST_SAMPLES:
        raise DeepCMEError(
            f"{path}: genes are standardised within each cohort, which takes {FEWEST_SAMPLES} "
            f"samples or more, and it has {cohort.n_samples}: leave it out."
        )
    outcome = cohort.outcome
    if isinstance(outcome, SurvivalOutcome):
        outcome = outcome.in_unit(own.outcome.endpoint.unit, path.name, own.name)
    return cohort, outcome


def _is_same_file(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _require_kind(own: Cohort, cohort: Cohort, path: Path) -> None:
    if isinstance(cohort.outcome, type(own.outcome)):
        return
    raise DeepCMEError(
        f"{path}: it has a {cohort.outcome.kind} outcome and {own.name} a {own.outcome.kind} "
        "one: give cohorts of one kind; `deepcme prepare ... --horizon T --drop-censored` "
        "makes times a question of yes or no."
    )


def describe_other_questions(own: Cohort, cohorts: Mapping[str, Cohort]) -> list[str]:
    """A warning that endpoints of cohorts are others by their words; none if they are not."""
    rule = own.endpoint.casefold()
    names = [name for name, of in cohorts.items() if of.endpoint.casefold() != rule]
    if not names:
        return []
    have = "has" if len(names) == 1 else "have"
    return [
        f"{listed(names)} {have} an endpoint in other words than {own.name} "
        f"({cohorts[names[0]].endpoint.removesuffix('.')!r}, and "
        f"{own.endpoint.removesuffix('.')!r}): make sure that the events are the same."
    ]
