"""Checks of what could give the outcome away: duplicates, single columns and genes."""

from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from deepcme.audit.batches import compute_auc_of_groups, count_positives
from deepcme.audit.findings import Finding, PlannedStudy, called_in
from deepcme.audit.follow_up import find_follow_up_columns
from deepcme.base.words import counted, few
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.making.checks import own_columns
from deepcme.cohort.scales.scales import logged

_SAME_PROFILE = 0.97
_GENES_COMPARED = 5000
_ENOUGH_GENES_TO_COMPARE = 200
_SIGNIFICANT = 0.01
_GIVES_AWAY = 0.99
_MOST_LEVELS = 20
_GENES_AT_ONCE = 500


def check_near_duplicates(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM003: samples with nearly the same profile."""
    if cohort.n_genes < _ENOUGH_GENES_TO_COMPARE:
        return None  # profiles of a few genes agree by chance
    correlation = _profile_correlation(cohort)
    rows, columns = np.nonzero(np.triu(correlation > _SAME_PROFILE, k=1))
    if len(rows) == 0:
        return None
    apart = cohort.patients[rows] != cohort.patients[columns]
    opposed = cohort.outcome.events[rows] != cohort.outcome.events[columns]
    order = np.argsort(-correlation[rows, columns])[:3]
    closest = ", ".join(
        f"{cohort.samples[rows[i]]} and {cohort.samples[columns[i]]} "
        f"(r = {correlation[rows[i], columns[i]]:.3f})"
        for i in order
    )
    return Finding(
        code="DCM003",
        severity="severe" if apart.any() else "warning",
        title="Samples are nearly the same",
        evidence=(
            f"{counted(len(rows), 'pair')} of samples correlate above {_SAME_PROFILE} after "
            f"every gene is centred, {int(apart.sum()):,} of them between different patients "
            f"and {int(opposed.sum()):,} with opposite {called_in(cohort).label}s; the closest "
            f"are {closest}."
        ),
        advice=(
            "Find out whether they are one sample twice: keep one of each, or give both the "
            "same patient, so that no split puts them on two sides."
        ),
    )


def _profile_correlation(cohort: Cohort) -> NDArray[np.float32]:
    """Correlation of samples over the most variable genes, each gene centred.

    Without centring all samples correlate above 0.9, as genes differ more than samples do.
    """
    variance = np.zeros(cohort.n_genes)
    for start in range(0, cohort.n_genes, _GENES_AT_ONCE):
        block = slice(start, start + _GENES_AT_ONCE)
        variance[block] = _centred(cohort, block).var(axis=0)
    chosen = np.sort(np.argsort(-variance)[:_GENES_COMPARED])
    profiles = np.empty((cohort.n_samples, len(chosen)), dtype=np.float32)
    for start in range(0, len(chosen), _GENES_AT_ONCE):
        block = slice(start, start + _GENES_AT_ONCE)
        profiles[:, block] = _centred(cohort, chosen[block])
    profiles -= profiles.mean(axis=1, keepdims=True)
    length = np.linalg.norm(profiles, axis=1, keepdims=True)
    np.divide(profiles, length, out=profiles, where=length > 0)
    correlation: NDArray[np.float32] = profiles @ profiles.T
    return correlation


def _centred(cohort: Cohort, genes: slice | NDArray[np.int64]) -> NDArray[np.float32]:
    values = logged(cohort.X[:, genes], cohort.scale)
    n_known = np.maximum(np.sum(~np.isnan(values), axis=0), 1)
    mean = np.nansum(values, axis=0) / n_known
    centred: NDArray[np.float32] = np.nan_to_num(values - mean).astype(np.float32)
    return centred


def check_label_given_away(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM008: a gene or column that ranks the samples by itself, and is no follow-up."""
    genes = _telling_genes(cohort)
    follow_up = find_follow_up_columns(cohort)
    columns = [pair for pair in find_telling_columns(cohort) if pair[0] not in follow_up]
    if not genes and not columns:
        return None
    label, parts = called_in(cohort).label, []
    if genes:
        parts.append(f"{counted(len(genes), 'gene')} ({_listed(genes)})")
    if columns:
        parts.append(f"{counted(len(columns), 'column')} ({_listed(columns)})")
    return Finding(
        code="DCM008",
        severity="severe" if genes else "warning",
        title=f"A gene or column gives the {label} away by itself",
        evidence=f"An AUC above {_GIVES_AWAY} is reached alone by {' and by '.join(parts)}.",
        advice=(
            "Ask whether it was known before the outcome: a gene may mark a tissue or a batch, "
            f"a column may be what the {label} was made of. Never learn from such a column."
        ),
    )


def _listed(aucs: list[tuple[str, float]]) -> str:
    strongest = sorted(aucs, key=lambda pair: -pair[1])
    return few((f"{name} {auc:.3f}" for name, auc in strongest), 5)


def _telling_genes(cohort: Cohort) -> list[tuple[str, float]]:
    if _separated_by_chance(cohort, cohort.n_genes):
        return []
    is_positive = cohort.outcome.events == 1
    telling = []
    for start in range(0, cohort.n_genes, _GENES_AT_ONCE):
        values = cohort.X[:, start : start + _GENES_AT_ONCE]
        candidates = _may_separate(values[is_positive], values[~is_positive])
        for column in start + np.flatnonzero(candidates):
            auc = _two_sided_auc(cohort.X[:, column], cohort.outcome.events)
            if auc > _GIVES_AWAY:
                telling.append((str(cohort.gene_names[column]), auc))
    return telling


def _separated_by_chance(cohort: Cohort, n_tests: int) -> bool:
    """Whether one of so many unrelated variables would separate the classes by chance."""
    n_orders = comb(cohort.n_samples, cohort.n_positives)
    return bool(2 * n_tests / n_orders > _SIGNIFICANT)


def _may_separate(
    positive: NDArray[np.float32], negative: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Genes whose AUC may be above 0.99 or below 0.01: a quick, necessary condition.

    Half the positives lie on either side of their median, so that more than 2%
    of the negatives beyond it already cost more than 0.01 of the AUC; ties cost half.
    """
    ordered = np.sort(positive, axis=0)  # missing values go last
    n_known = np.maximum(np.sum(~np.isnan(positive), axis=0), 1)
    genes = np.arange(positive.shape[1])
    lower = ordered[(n_known - 1) // 2, genes]
    upper = ordered[n_known // 2, genes]
    allowed = 2 * (1 - _GIVES_AWAY) * len(negative) + 1
    above = np.count_nonzero(negative > upper, axis=0)
    below = np.count_nonzero(negative < lower, axis=0)
    level_with_upper = np.count_nonzero(negative == upper, axis=0) / 2
    level_with_lower = np.count_nonzero(negative == lower, axis=0) / 2
    may_separate: NDArray[np.bool_] = (above + level_with_upper <= allowed) | (
        below + level_with_lower <= allowed
    )
    return may_separate


def _two_sided_auc(values: NDArray[np.float32], labels: NDArray[np.int8]) -> float:
    """AUC of the finite values, in the direction that separates; 0.5 without two classes."""
    known = np.isfinite(values)
    if len(np.unique(labels[known])) < 2:
        return 0.5
    auc = float(roc_auc_score(labels[known], values[known]))
    return max(auc, 1 - auc)


def find_telling_columns(cohort: Cohort) -> list[tuple[str, float]]:
    """Further columns of `obs` that rank the samples nearly by themselves, with their AUC.

    Or by their gaps. None in a cohort so small that one of so many would do so by chance.
    """
    own = own_columns(type(cohort.outcome))
    others = [str(column) for column in cohort.obs.columns if column not in own]
    if _separated_by_chance(cohort, max(len(others), 1)):
        return []
    telling = []
    for name in others:
        column, labels = cohort.obs[name], cohort.outcome.events
        auc = max(_value_auc(column, labels), compute_auc_of_known(column, labels))
        if auc > _GIVES_AWAY:
            telling.append((name, auc))
    return telling


def _value_auc(column: pd.Series, labels: NDArray[np.int8]) -> float:
    """AUC of a column of numbers, or of the share of positives at each of its few values."""
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > _MOST_LEVELS:
        return _two_sided_auc(column.to_numpy(dtype=np.float32), labels)
    codes, levels = pd.factorize(column.astype(str))
    if not 1 < len(levels) <= _MOST_LEVELS:
        return 0.5
    return compute_auc_of_groups(count_positives(codes, labels), np.bincount(codes))


def compute_auc_of_known(column: pd.Series, labels: NDArray[np.int8]) -> float:
    """AUC, in the direction that separates, of whether the value is known at all."""
    return _two_sided_auc(column.notna().to_numpy().astype(np.float32), labels)
