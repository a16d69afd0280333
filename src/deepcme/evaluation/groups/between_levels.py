"""Whether levels of a column differ: each from the largest, and all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.comparison import compute_holm_correction

UNKNOWN_LEVEL = "not known"
OBSERVED_EXPECTED = "observed_expected"
NOT_NORMAL = "error", "freedom"

_GRADES = {
    "low": 1, "well": 1, "intermediate": 2, "medium": 2, "moderate": 2, "moderately": 2,
    "high": 3, "poor": 3, "poorly": 3, "undifferentiated": 4,
}  # fmt: skip

_LEVEL = ("model", "column", "level", "is_reference")
_DECISION = (
    "threshold", "net_benefit", "treat_all", "better", "gain", "gain_low", "gain_high",
)  # fmt: skip
_COUNTS = ("n", "events", "n_patients", "absent")


def with_ends(name: str) -> tuple[str, str, str]:
    """Columns of a value and its interval."""
    return name, f"{name}_low", f"{name}_high"


def estimate_columns(name: str) -> tuple[str, ...]:
    """Those, the standard error on the scale of the interval, and its degrees of freedom."""
    return *with_ends(name), *(f"{name}_{kind}" for kind in NOT_NORMAL)


def difference_columns(name: str) -> tuple[str, str, str]:
    """Columns of how a level differs from the largest one."""
    return with_ends("ratio_of_ratios" if name == OBSERVED_EXPECTED else f"{name}_difference")


@dataclass(frozen=True)
class Heterogeneity:
    """How far estimates differ by more than chance.

    Attributes
    ----------
    statistic : float
        Welch's F.
    freedom, freedom_within : float
        Its degrees of freedom; the latter is infinite where the standard errors are known.
    p_value : float
    """

    statistic: float
    freedom: int
    freedom_within: float
    p_value: float


def compute_heterogeneity(
    values: Sequence[float], errors: Sequence[float], freedoms: Sequence[float]
) -> Heterogeneity:
    """Whether independent estimates are of one value, by Welch's test [1]_.

    With standard errors that are known it is Cochran's Q [2]_ over its degrees of freedom; of
    two estimates it is Welch's t, squared.

    Parameters
    ----------
    values, errors : sequence of float
        Two estimates or more, and their standard errors.
    freedoms : sequence of float
        Degrees of freedom that each standard error is known by; may be infinite.

    Raises
    ------
    DeepCMEError
        If there are fewer than two, or one is not finite.

    References
    ----------
    .. [1] Welch BL (1951). On the comparison of several mean values: an alternative
       approach. Biometrika 38:330-336.
    .. [2] Cochran WG (1954). The combination of estimates from different experiments.
       Biometrics 10:101-129.
    """
    value, error = np.asarray(values, np.float64), np.asarray(errors, np.float64)
    if value.size < 2 or not np.isfinite([*value, *error]).all():
        raise DeepCMEError("Heterogeneity needs two estimates or more, all of them finite.")
    weight = error**-2.0
    share = weight / weight.sum()
    freedom = value.size - 1
    q = float((weight * (value - share @ value) ** 2).sum())
    unknown = float(((1 - share) ** 2 / np.asarray(freedoms, np.float64)).sum())
    among = value.size**2 - 1
    statistic = q / freedom / (1 + 2 * (value.size - 2) / among * unknown)
    within = among / (3 * unknown) if unknown else np.inf
    p_value = (
        stats.chi2.sf(q, freedom)
        if np.isinf(within)
        else stats.f.sf(statistic, freedom, within)
    )
    return Heterogeneity(statistic, freedom, within, float(p_value))


def with_differences(table: pd.DataFrame, rank: str) -> pd.DataFrame:
    """The levels of a column with what sets each apart from the largest that has an estimate.

    The difference in how patients are ranked and the ratio of O/Es have intervals made of
    those of the two levels, which share no patient (square and add) [1]_ [2]_.

    Parameters
    ----------
    table : DataFrame
        A row for each level of one column.
    rank : str
        The measure of ranks, such as ``auc``.

    References
    ----------
    .. [1] Newcombe RG (1998). Interval estimation for the difference between independent
       proportions: comparison of eleven methods. Statistics in Medicine 17:873-890.
    .. [2] Zou GY, Donner A (2008). Construction of confidence limits about effect measures: a
       general approach. Statistics in Medicine 27:1693-1702.
    """
    columns = *difference_columns(rank), *difference_columns(OBSERVED_EXPECTED)
    nothing = dict.fromkeys(columns, np.nan)
    known = table[rank].notna()
    largest = int(np.argmax(table["n"].where(known, 0)))
    is_reference = known & (table.index == largest)
    levels = table.to_dict("records")
    differences = [
        nothing | (_compare(level, levels[largest], rank) if is_known and not is_first else {})
        for level, is_known, is_first in zip(levels, known, is_reference, strict=True)
    ]
    return table.assign(is_reference=is_reference).join(pd.DataFrame(differences))


def _compare(row: Mapping[Any, Any], other: Mapping[Any, Any], rank: str) -> dict[str, float]:
    """Difference in ranks and ratio of O/Es of two levels."""
    ranks = [tuple(of[name] for name in with_ends(rank)) for of in (row, other)]
    ratios = [
        tuple(np.log(of[name]) for name in with_ends(OBSERVED_EXPECTED)) for of in (row, other)
    ]
    found = dict(zip(difference_columns(rank), _square_and_add(*ranks), strict=True))
    ratio = map(np.exp, _square_and_add(*ratios))
    found |= dict(zip(difference_columns(OBSERVED_EXPECTED), ratio, strict=True))
    return {name: float(value) for name, value in found.items()}


def _square_and_add(
    first: tuple[float, ...], second: tuple[float, ...]
) -> tuple[float, float, float]:
    """Difference of two independent estimates (value, low, high), by their intervals."""
    (a, a_low, a_high), (b, b_low, b_high) = first, second
    return (
        a - b,
        a - b - float(np.hypot(a - a_low, b_high - b)),
        a - b + float(np.hypot(a_high - a, b - b_low)),
    )


def compute_interactions(table: pd.DataFrame, scales: Mapping[str, Any]) -> pd.DataFrame:
    """Whether measures differ among the levels of each column: one p-value for each of both.

    All levels of a column that have an estimate are tested at once (`compute_heterogeneity`), a
    measure of ranks on the logit scale and O/E on the log scale, with standard errors that
    take the fitted models as they are: what patients of two levels have in common as they
    test and train each other's models cancels in a difference. Holm's correction is for all
    p-values of a model.

    Parameters
    ----------
    table : DataFrame
        As `compute_subgroups` or `compute_survival_subgroups` gives it.
    scales : mapping
        Of each measure that is tested, the function that takes its values to the scale that
        its standard errors are on.

    Returns
    -------
    DataFrame
        A row for each model, column and measure with two levels or more: `model, column,
        measure, levels` (how many are compared), `statistic, freedom, freedom_within, p_value,
        p_holm`.
    """
    found = []
    for (model, column), levels in table.groupby(["model", "column"], sort=False):
        for measure, scale in scales.items():
            known = levels.dropna(subset=[f"{measure}_error"])
            if len(known) < 2:
                continue
            test = compute_heterogeneity(
                scale(known[measure].to_numpy(np.float64)),
                known[f"{measure}_error"].tolist(),
                known[f"{measure}_freedom"].tolist(),
            )
            names = {"model": model, "column": column, "measure": measure}
            found.append({**names, "levels": len(known), **vars(test)})
    columns = ["model", "column", "measure", "levels", *Heterogeneity.__annotations__]
    tested = pd.DataFrame(found, columns=columns)
    corrected = [
        pd.Series(compute_holm_correction(of_model), index=of_model.index)
        for _, of_model in tested.groupby("model", sort=False)["p_value"]
    ]
    return tested.assign(p_holm=pd.concat(corrected) if corrected else np.nan)


def in_order(levels: Iterable[str]) -> list[str]:
    """Levels by their number if they are one, ``below 50`` before ``50 or more``.

    Grades in words are in their order too, and come before other words.
    """
    return sorted(levels, key=_place)


def _place(level: str) -> tuple[bool, float, str]:
    first = level.removeprefix("below ").split(" ")[0]
    if first.replace(".", "", 1).replace("-", "", 1).isdigit():
        return False, float(first) - 0.1 * level.startswith("below "), level
    grade = _GRADES.get(first.lower())
    return grade is None, float(grade or 0), level


def lay_out(table: pd.DataFrame, rank: str) -> pd.DataFrame:
    """The columns of a table of levels, in their order."""
    columns = [
        *_LEVEL, *estimate_columns(rank), *difference_columns(rank),
        *estimate_columns(OBSERVED_EXPECTED), *difference_columns(OBSERVED_EXPECTED),
        *_DECISION, *_COUNTS,
    ]  # fmt: skip
    return table[columns]


def nothing_of_level(rank: str) -> dict[str, Any]:
    """What a level has that has counts alone."""
    numbers = (*estimate_columns(rank), *estimate_columns(OBSERVED_EXPECTED), *_DECISION)
    return {**dict.fromkeys(numbers, np.nan), "better": ""}
