"""Checks of batches: where or when a sample was processed, and its outcome or follow-up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.audit.censored import follow_patients
from deepcme.audit.findings import Finding, PlannedStudy
from deepcme.base.errors import AbsentError
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.follow_up import CENSORED, EVENT, FollowUp
from deepcme.cohort.strata import batch_columns
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.survival.kaplan_meier import compute_median_follow_up
from deepcme.evaluation.survival.log_rank import LogRank, compute_log_rank

_PERMUTATIONS = 999
_PERMUTATIONS_OF_TIMES = 499
_SIGNIFICANT = 0.01
_FEWEST_OF_LEVEL = 10
"""Patients of a level of a batch, from which on its times are compared with others'."""
_LEVELS_TOLD = 4


def check_batch_predicts_label(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM004: a batch, plate or tissue-source site that predicts the label."""
    if isinstance(cohort.outcome, SurvivalOutcome):
        return _batch_predicts_times(cohort)
    by_patient = pd.Series(cohort.outcome.events).groupby(cohort.patients).max()
    if by_patient.nunique() < 2:
        return None  # every patient has a positive sample, so nothing ranks patients
    random = np.random.default_rng(0)
    telling, strongest = [], 0.0
    for name, values in find_distinct_batches(cohort):
        batch = values.groupby(cohort.patients).first().reindex(by_patient.index)
        auc, by_chance, p_value = _batch_auc(batch, by_patient.to_numpy(), random)
        if p_value <= _SIGNIFICANT:
            telling.append(
                f"{name} ({batch.nunique()} values) ranks patients with an AUC of {auc:.2f} "
                f"where chance gives {by_chance:.2f} (p = {p_value:.3f})"
            )
            strongest = max(strongest, auc)
    if not telling:
        return None
    return Finding(
        code="DCM004",
        severity="severe" if strongest >= 0.8 else "warning",
        title="Where or when a sample was processed predicts its label",
        evidence=f"By the share of positives alone, {'; '.join(telling)}; "
        f"{_PERMUTATIONS} permutations of the labels over {len(by_patient):,} patients.",
        advice=(
            "Read the AUC within batches, which `deepcme run` gives where two of them hold "
            "both classes; test on batches that were not trained on; look whether top genes "
            "differ between batches; standardise within each batch."
        ),
    )


def find_distinct_batches(cohort: Cohort) -> Iterator[tuple[str, pd.Series]]:
    """Columns that tell of processing, each partition of the samples once."""
    seen = set()
    for name, values in batch_columns(cohort).items():
        codes = tuple(pd.factorize(values)[0])
        if codes not in seen:
            seen.add(codes)
            yield name, values


def _batch_auc(
    batch: pd.Series, label: NDArray[np.int8], random: np.random.Generator
) -> tuple[float, float, float]:
    """AUC of the share of positives per batch, its median by chance, and the p-value."""
    codes, _ = pd.factorize(batch)
    size = np.bincount(codes)
    observed = compute_auc_of_groups(count_positives(codes, label), size)
    chance = np.array(
        [
            compute_auc_of_groups(count_positives(codes, random.permutation(label)), size)
            for _ in range(_PERMUTATIONS)
        ]
    )
    p_value = (1 + np.sum(chance >= observed - 1e-12)) / (1 + _PERMUTATIONS)
    return observed, float(np.median(chance)), float(p_value)


def count_positives(codes: NDArray[np.intp], label: NDArray[np.int8]) -> NDArray[np.float64]:
    """Positives of each group."""
    return np.bincount(codes, weights=label).astype(np.float64)


def compute_auc_of_groups(
    positives: NDArray[np.float64], size: NDArray[np.signedinteger]
) -> float:
    """AUC of members scored by their group's share of positives; ties count half."""
    order = np.argsort(positives / size, kind="stable")
    positive, negative = positives[order], (size - positives)[order]
    below = np.cumsum(negative) - negative
    return float(np.sum(positive * (below + negative / 2)) / (positive.sum() * negative.sum()))


def _batch_predicts_times(cohort: Cohort) -> Finding | None:
    """Of times to an event: batches of which the hazard differs, by a log-rank test.

    A share with the event differs already where one batch is followed for longer.
    """
    told = []
    for batch in _batches_over_time(cohort):
        test = batch.test(batch.follow_up.of_cause(EVENT))
        if test is None:
            continue
        ratios = test.groups.assign(ratio=test.groups["events"] / test.groups["expected"])
        ordered = ratios.sort_values("ratio").to_dict("records")
        least, most = (
            f"{row['events']:,} where {row['expected']:.1f} are expected in {row['group']}"
            for row in (ordered[0], ordered[-1])
        )
        told.append(
            f"{batch.describe()}: from {least} to {most} (log-rank test, "
            f"p = {test.p_value:.3f})"
        )
    if not told:
        return None
    return Finding(
        code="DCM004",
        severity="warning",
        title="Where or when a sample was processed predicts its outcome",
        evidence=(
            f"Patients with the event differ by {'; by '.join(told)}; {_PERMUTATIONS_OF_TIMES} "
            "permutations of the levels."
        ),
        advice=(
            "Test on batches that were not trained on; look whether top genes differ between "
            "batches; standardise within each batch; compare risks within batches alone."
        ),
    )


def check_follow_up_by_batch(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM013: batches that were followed for different times.

    A log-rank test in which the end of follow-up is the event, and reverse Kaplan-Meier
    medians [1]_.

    References
    ----------
    .. [1] Schemper M, Smith TL (1996). A note on quantifying follow-up in studies of failure
       time. Controlled Clinical Trials 17:343-346.
    """
    if not isinstance(cohort.outcome, SurvivalOutcome):
        return None
    told, columns, unit = [], [], cohort.outcome.endpoint.unit
    for batch in _batches_over_time(cohort):
        test = batch.test(_ends_of_follow_up(batch.follow_up))
        if test is not None:
            medians = _describe_medians(batch, unit)
            told.append(
                f"{batch.describe()}: {medians} (log-rank test of the ends of "
                f"follow-up, p = {test.p_value:.3f})"
            )
            columns += [batch.column] if batch.column in cohort.obs else []
    if not told:
        return None
    name = f': censoring = ["{columns[0]}"]' if columns else ""
    return Finding(
        code="DCM013",
        severity="warning",
        title="Follow-up differs between batches",
        evidence=(
            f"Median follow-up, by reverse Kaplan-Meier, differs by {'; by '.join(told)}; "
            f"{_PERMUTATIONS_OF_TIMES} permutations of the levels."
        ),
        advice=(
            "Who is censored is then no random choice of all patients: let the weights follow "
            f"the column, under [survival] of a study file{name}; compare risks at a time that "
            "all batches were followed to."
        ),
    )


@dataclass(frozen=True, eq=False)
class _Batch:
    """Patients of a column's levels that have enough of them, and their follow-up."""

    column: str
    levels: pd.Series
    follow_up: FollowUp

    def test(self, follow_up: FollowUp) -> LogRank | None:
        """Log-rank test between the levels; None where they do not differ.

        Of small levels the chi-squared distribution finds differences too often: what it
        finds must be rare among permutations of the levels too, which give the p-value.
        """
        try:
            test = compute_log_rank(follow_up, self.levels)
            if test.p_value > _SIGNIFICANT:
                return None
            random = np.random.default_rng(0)
            chance = [
                compute_log_rank(follow_up, random.permutation(self.levels)).statistic
                for _ in range(_PERMUTATIONS_OF_TIMES)
            ]
        except AbsentError:
            return None
        as_large = np.sum(np.array(chance) >= test.statistic - 1e-9)
        p_value = float((1 + as_large) / (1 + _PERMUTATIONS_OF_TIMES))
        return replace(test, p_value=p_value) if p_value <= _SIGNIFICANT else None

    def describe(self) -> str:
        return (
            f"{self.column} ({self.levels.nunique()} values of {_FEWEST_OF_LEVEL} patients or "
            f"more, {len(self.levels):,} patients)"
        )


def _batches_over_time(cohort: Cohort) -> Iterator[_Batch]:
    patients, follow_up = follow_patients(cohort)
    for name, values in find_distinct_batches(cohort):
        level = values.groupby(cohort.patients).first().loc[patients].reset_index(drop=True)
        enough = level.map(level.value_counts()) >= _FEWEST_OF_LEVEL
        level = level[enough]
        if level.nunique() > 1:
            kept = follow_up.rows(enough.to_numpy())
            yield _Batch(name, level.reset_index(drop=True), kept)


def _ends_of_follow_up(follow_up: FollowUp) -> FollowUp:
    """Being censored as the event; who had another event at the time no longer is at risk."""
    censored = follow_up.events == CENSORED
    after = np.where(censored, np.nextafter(follow_up.times, np.inf), follow_up.times)
    return FollowUp(after, np.where(censored, EVENT, CENSORED))


def _describe_medians(batch: _Batch, unit: str) -> str:
    """Median follow-up of each level, or of the shortest and the longest of many."""
    medians = []
    for level, rows in batch.levels.groupby(batch.levels).indices.items():
        follow_up = batch.follow_up.rows(rows)
        try:
            median = compute_median_follow_up(follow_up).value
            said = f"{median:.4g} {unit}".rstrip()
        except AbsentError:
            median, said = np.inf, "a median that is not reached"
        medians.append((median, f"{said} in {level} ({follow_up.n:,})"))
    medians.sort(key=lambda pair: pair[0])
    words = [said for _, said in medians]
    if len(words) <= _LEVELS_TOLD:
        return ", ".join(words)
    return f"from {words[0]} to {words[-1]}"
