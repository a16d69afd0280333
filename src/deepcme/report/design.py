"""A study's design in words: the methods paragraph, and what its test parts are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepcme.cohort.strata import NO_STRATA
from deepcme.evaluation.discrimination import MEASURED_COVERAGE
from deepcme.models.registry import KINDS
from deepcme.study.designs import (
    FoldsDesign,
    LeaveOneCohortOutDesign,
    NestedDesign,
    RepeatedDesign,
    SplitSettings,
)
from deepcme.study.parts.grid import TUNED, TUNED_OF_TIMES
from deepcme.study.resolved import Study


def find_leaks(cohort: Mapping[str, Any], study: Study) -> list[str]:
    """What of the test parts is known in training, each as a clause; none as a rule.

    Parameters
    ----------
    cohort : mapping
        The cohort in numbers and words.
    study : Study
    """
    leaks = []
    if study.split.by == "sample" and cohort["samples"] != cohort["patients"]:
        leaks.append("samples of one patient are on both sides")
    if study.preprocessing.fit_on == "all":
        leaks.append("preprocessing was fitted on all rows, test rows included")
    return leaks


def describe_design(split: SplitSettings, *, is_survival: bool = False) -> str:
    """How patients were split, as sentences for the methods."""
    splits = _describe_splits(split, is_survival=is_survival)
    if isinstance(split, LeaveOneCohortOutDesign):
        measures = "C and AUC(t) are each" if is_survival else "Each AUC is"
        splits = f"{splits} {measures} of one cohort, a mean over the draws."
    return f"{splits}{_describe_strata(split, is_survival=is_survival)}"


def _describe_splits(split: SplitSettings, *, is_survival: bool) -> str:
    match split:
        case FoldsDesign():
            return _describe_folds(split)
        case RepeatedDesign():
            return _describe_repeated(split)
        case NestedDesign():
            return _describe_nested(split, is_survival=is_survival)
        case LeaveOneCohortOutDesign():
            return _describe_leave_one_cohort_out(split)


def strata_column(split: SplitSettings) -> str:
    """The column that a study is stratified by; empty where it is not."""
    return "" if split.strata == NO_STRATA else split.strata


def _describe_strata(split: SplitSettings, *, is_survival: bool) -> str:
    column = strata_column(split)
    if not column:
        return ""
    if is_survival:
        return (
            f" Splits and permutations are stratified by {column}, and patients are ranked "
            "within its levels: C and AUC(t) are means of the levels' own in a test part, each "
            "weighted by its patients with the event; a level in which they cannot be "
            "estimated there does not count."
        )
    return (
        f" Splits and permutations are stratified by {column}, and patients are ranked within "
        "its levels: the AUC is the mean of the levels' AUCs in a test part, weighted by their "
        "positive samples (Janes and Pepe 2009); a level that lacks a class there does not "
        "count. Beside it stands the AUC of ranks across the levels."
    )


def _describe_folds(split: FoldsDesign) -> str:
    share = 1 - 1 / split.folds
    kind, each = (
        ("Cross-validation", "once")
        if split.repeats == 1
        else ("Repeated cross-validation", "once a repeat")
    )
    return (
        f"{kind}: {split.folds} stratified folds by {split.by}, drawn "
        f"{_times(split.repeats)}; each is the test part {each}, so that everyone is "
        f"tested, and the rest is divided, stratified, into training and validation part "
        f"({share * (1 - split.validation):.0%} and {share * split.validation:.0%} of "
        "all)."
    )


def _describe_repeated(split: RepeatedDesign) -> str:
    return (
        f"{split.repeats} repeated stratified splits by {split.by} into "
        f"{split.train:.0%} training, {split.validation:.0%} validation and "
        f"{split.test:.0%} test."
    )


def _describe_nested(split: NestedDesign, *, is_survival: bool) -> str:
    inner = split.folds - 1
    tuned = [name for name, kind in KINDS.items() if kind.tuned_over_folds]
    grid, on_both, test = (
        (TUNED_OF_TIMES, "Cox regressions, ensembles, committees", "")
        if is_survival
        else (
            TUNED,
            "ensembles, committees",
            " The corrected t-test takes the ratio of test to training samples of the smaller "
            "training part.",
        )
    )
    return (
        f"Nested repeated cross-validation: {split.folds} stratified folds by "
        f"{split.by}, drawn {_times(split.repeats)}; each is the test part once a "
        f"repeat, the other {inner} are the inner folds. What is tuned is fitted once for "
        "each inner fold, that fold being its validation part and the rest its training part, "
        "and the setting of lowest mean validation loss is taken; the test part has no say. "
        f"{grid} (where a grid was searched) predicts by the mean of its {inner} inner fits; "
        f"{' and '.join(tuned)} is fitted again on all inner folds. Models that are not tuned "
        f"train on the inner folds but one, their validation part, which rotates; {on_both} "
        f"and models with clinical columns are fitted on both.{test}"
    )


def _describe_leave_one_cohort_out(split: LeaveOneCohortOutDesign) -> str:
    shared = (
        "A patient of two cohorts neither trains nor validates where it is tested"
        if split.by == "patient"
        else "A patient of two cohorts may train where it is tested"
    )
    return (
        f"Leave one cohort out: each cohort (column {split.cohort_column}) is the test part "
        f"in turn; the others are split by {split.by}, stratified, into "
        f"{1 - split.validation:.0%} training and {split.validation:.0%} validation, "
        f"drawn {_times(split.repeats)}. {shared}."
    )


def _times(n: int | None) -> str:
    return "once" if n == 1 else f"{n} times"


def describe_test_parts(split: SplitSettings, n_splits: int) -> str:
    """What a mean over the test parts is a mean over, such as ``10 splits``."""
    if isinstance(split, FoldsDesign | NestedDesign):
        which = "outer folds" if isinstance(split, NestedDesign) else "folds"
        return f"{n_splits} {which} ({split.repeats} x {split.folds})"
    return f"{n_splits} split{'' if n_splits == 1 else 's'}"


def describe_coverage(split: SplitSettings, leaks: Sequence[str]) -> str:
    """How far the intervals of the AUC can be trusted, given what `find_leaks` found."""
    if leaks:
        return (
            f"No interval mends that {' and that '.join(leaks)}: these are intervals of an AUC "
            "that may be too high for new patients."
        )
    if isinstance(split, LeaveOneCohortOutDesign):
        return (
            "The patients of a cohort that was left out had no part in the models tested on "
            "them, so that these intervals are those of frozen models on new patients. They "
            "hold for patients like those of that cohort, not for a further cohort."
        )
    lowest, highest = (f"{100 * share:.0f}" for share in MEASURED_COVERAGE)
    return (
        "In simulated studies with a known truth, intervals of this kind covered the mean true "
        f"AUC of the fitted models in {lowest} to {highest} of 100 (a nominal 95): see "
        "docs/explanations/validation-of-the-statistics.md."
    )


def describe_guard(split: SplitSettings, leaks: Sequence[str]) -> str:
    """What keeps overfitting out of the numbers, given what `find_leaks` found."""
    if leaks:
        return f"Not wholly: {' and '.join(leaks)}."
    if isinstance(split, NestedDesign):
        return "Yes: tuned on the inner folds, judged on outer folds that had no say."
    if isinstance(split, LeaveOneCohortOutDesign):
        return "Yes: performance is that of cohorts that were left out of training."
    return "Yes: performance is that of held-out test parts."
