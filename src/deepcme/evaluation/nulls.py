"""A result beside what the same model finds with permuted labels or random genes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted
from deepcme.evaluation.intervals import compute_wilson_interval

LEVEL = 0.05
"""At or below it a p-value rejects."""

FEWEST_PERMUTATIONS = 19
"""From so many permutations on, the smallest p-value, 1 / (number + 1), is at the level."""

PERMUTED_LABELS: Final = "permuted labels"
"""Kind of a null run whose labels were permuted."""

RUNS_FOR_QUANTILES = 40
"""From so many runs on, one of them is beyond a quantile of 2.5%."""

_BESIDE_COLUMNS = (
    "n_runs", "null_mean", "null_low", "null_high", "n_as_good", "share_as_good", "ci_low",
    "ci_high", "n", "events",
)  # fmt: skip


@dataclass(frozen=True)
class PermutationTest:
    """An observed statistic against those under permuted labels.

    Attributes
    ----------
    observed : float
    p_value : float
        One-sided, larger statistics being more extreme.
    ci_low, ci_high : float
        95% interval of the p-value that unlimited permutations would give.
    null_mean, null_sd : float
    n_permutations : int
    """

    observed: float
    p_value: float
    ci_low: float
    ci_high: float
    null_mean: float
    null_sd: float
    n_permutations: int


def compute_permutation_test(observed: float, null_statistics: ArrayLike) -> PermutationTest:
    """Permutation p-value, counting the observed labelling as one of the permutations [1]_.

    p = (1 + number of null statistics at least as large) / (1 + number of permutations),
    so that it is never 0 and never rejects too often.

    Parameters
    ----------
    observed : float
        Statistic with the labels as they are, such as the mean test AUC.
    null_statistics : array
        The same statistic from whole reruns with permuted labels.

    Returns
    -------
    PermutationTest

    Raises
    ------
    DeepCMEError
        If there is no null statistic or a statistic is not finite.

    References
    ----------
    .. [1] Phipson B, Smyth GK (2010). Permutation p-values should never be zero.
       Statistical Applications in Genetics and Molecular Biology 9:39.
    """
    null = np.asarray(null_statistics, dtype=np.float64)
    if null.size == 0 or not np.isfinite([observed, *null]).all():
        raise DeepCMEError("A permutation test needs at least one permutation, all finite.")
    extreme = int((null >= observed).sum())
    monte_carlo = compute_wilson_interval(extreme, null.size)
    return PermutationTest(
        observed=float(observed),
        p_value=(1 + extreme) / (1 + null.size),
        ci_low=monte_carlo.ci_low,
        ci_high=monte_carlo.ci_high,
        null_mean=float(null.mean()),
        null_sd=float(null.std()),
        n_permutations=null.size,
    )


def compute_permutation_table(runs: pd.DataFrame, auc: float) -> pd.DataFrame:
    """The permutation test of a study's AUC, in a table of one row.

    Parameters
    ----------
    runs : DataFrame
        The study's null runs: kind, auc, n, events.
    auc : float
        Mean test AUC with the labels as they are.

    Returns
    -------
    DataFrame
        The attributes of `PermutationTest`; `n_as_good`, the permutations with at
        least this AUC; and `n, events`.

    Raises
    ------
    DeepCMEError
        If no run has permuted labels.
    """
    permuted = runs[runs["kind"] == PERMUTED_LABELS]
    test = compute_permutation_test(auc, permuted["auc"])
    n_as_good = int((permuted["auc"] >= auc).sum())
    return pd.DataFrame([{**asdict(test), "n_as_good": n_as_good, **_counts(permuted)}])


def describe_power_to_reject(n_permutations: int) -> str:
    """That so few permutations cannot reject, in a sentence; nothing where they can."""
    if not 0 < n_permutations < FEWEST_PERMUTATIONS:
        return ""
    return (
        f"{counted(n_permutations, 'permutation')} cannot reject, as the smallest p is "
        f"1/{n_permutations + 1} = {1 / (n_permutations + 1):.3f}: {FEWEST_PERMUTATIONS} or "
        "more can."
    )


def compute_null_comparison(
    runs: pd.DataFrame, model: str, value: float, measure: str = "auc"
) -> pd.DataFrame:
    """The distribution of each kind of null run beside the values that it belongs to.

    Permuted outcomes and random gene sets stand beside the study's model on all
    genes; random sets of a signature's size also beside the signature [1]_.

    Parameters
    ----------
    runs : DataFrame
        One row per null run: kind, size, signature, n, events, and the measure.
    model : str
        The study's model.
    value : float
        Its mean over the test parts.
    measure : str, default "auc"

    Returns
    -------
    DataFrame
        `kind, size, compared`, the measure (of what is compared), `n_runs, null_mean`,
        `null_low, null_high` (quantiles 2.5% and 97.5% of the null runs; the extremes
        of fewer than 40, which have no such quantiles),
        `n_as_good` and `share_as_good` (null runs with at least this value), Wilson's
        interval of the share (`ci_low, ci_high`), and `n, events`.

    References
    ----------
    .. [1] Venet D, Dumont JE, Detours V (2011). Most random gene expression
       signatures are significantly associated with breast cancer outcome. PLoS
       Computational Biology 7:e1002240.
    """
    rows = [
        {
            **described,
            "compared": name,
            measure: compared,
            **_beside(null[measure].to_numpy(), compared),
            **_counts(null),
        }
        for described, null in _distributions(runs)
        for name, compared in _compared(runs, described, model, value, measure)
    ]
    columns = ["kind", "size", "compared", measure, *_BESIDE_COLUMNS]
    return pd.DataFrame(rows, columns=columns)


def _distributions(runs: pd.DataFrame) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    null = runs[runs["kind"] != "signature"]
    for (kind, size), group in null.groupby(["kind", "size"], sort=False):
        yield {"kind": kind, "size": size}, group


def _compared(
    runs: pd.DataFrame, null: dict[str, Any], model: str, value: float, measure: str
) -> Iterator[tuple[str, float]]:
    """What a kind of null run stands beside: a name and a value."""
    yield f"{model} on all genes", value
    if null["kind"] == "random genes":
        of_size = runs[(runs["kind"] == "signature") & (runs["size"] == null["size"])]
        for name, of_signature in zip(of_size["signature"], of_size[measure], strict=True):
            yield f"signature {name}", float(of_signature)


def _beside(null: np.ndarray, compared: float) -> dict[str, Any]:
    share = compute_wilson_interval(int((null >= compared).sum()), len(null))
    tail = 0.025 if len(null) >= RUNS_FOR_QUANTILES else 0.0
    low, high = np.quantile(null, [tail, 1 - tail])
    return {
        "n_runs": len(null),
        "null_mean": null.mean(),
        "null_low": low,
        "null_high": high,
        "n_as_good": share.events,
        "share_as_good": share.value,
        "ci_low": share.ci_low,
        "ci_high": share.ci_high,
    }


def _counts(runs: pd.DataFrame) -> dict[str, int]:
    """Those tested by a run, and how many of them were events, rounded over the runs."""
    return {column: round(runs[column].mean()) for column in ("n", "events")}
