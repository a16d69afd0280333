"""How well a model does in patients of one kind: age, receptors, grade, centre.

Differences between levels of a column are looked at, not tested one by one: no p-value
belongs to a level.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import logit

from deepcme.evaluation.bootstrap import (
    DEFAULT_DRAWS,
    PatientDraws,
    compute_logit_interval,
    compute_weighted_auc,
    divide,
    draw_patients,
)
from deepcme.evaluation.comparison import compute_holm_correction
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL, NORMAL_QUANTILE
from deepcme.evaluation.predictions import STRATUM, FloatArray, count_samples, select_part
from deepcme.evaluation.probabilities.calibration import (
    compute_observed_expected,
    dependent_patients,
)
from deepcme.evaluation.refitting import compute_refit_inflation, select_training_rows

FEWEST_EVENTS = 10
"""A level with fewer events, or fewer samples without one, gets its counts only."""
UNKNOWN_LEVEL = "not known"
SIGNIFICANT = 0.05

_LEVEL = ("model", "column", "level")
_AUC = ("auc", "auc_low", "auc_high")
_RATIO = ("observed_expected", "observed_expected_low", "observed_expected_high")
_AUC_DIFFERENCE = ("auc_difference", "auc_difference_low", "auc_difference_high")
_RATIO_OF_RATIOS = ("ratio_of_ratios", "ratio_of_ratios_low", "ratio_of_ratios_high")


def compute_subgroups(
    predictions: pd.DataFrame,
    levels: pd.DataFrame,
    random: np.random.Generator,
    *,
    recalibrated: pd.DataFrame | None = None,
    refitted: Collection[str] = (),
    draws: int = DEFAULT_DRAWS,
) -> pd.DataFrame:
    """AUC and O/E of every model in each level of each column, and how levels differ.

    The AUC is the share of pairs, of a sample with the event and one without it in the same
    level, test part and stratum, in which the first has the higher score: pairs of all
    test parts count alike, as a level has few samples in any one of them. Its interval is
    that of `compute_logit_interval`, by a bootstrap that draws patients once for all
    levels, widened by `compute_refit_inflation`. O/E is of all test rows of the level
    (`compute_observed_expected`). A level is compared with the largest level of its
    column: by the difference in AUC and the ratio of O/Es, with intervals made of those of the
    two levels, which share no sample [1]_ [2]_.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`.
    levels : DataFrame
        Indexed by sample: a column of words, None where unknown, for each that patients are
        looked at by (`divide_by_columns`).
    random : numpy.random.Generator
    recalibrated : DataFrame, optional
        The same with the probabilities that O/E is of; a model that it lacks has no O/E.
    refitted : collection of str
        Models that are fitted on the validation part as well.
    draws : int

    Returns
    -------
    DataFrame
        A row for each model, column and level: `model, column, level, is_reference, auc,
        auc_low, auc_high, auc_difference, auc_difference_low, auc_difference_high,
        observed_expected, observed_expected_low, observed_expected_high, ratio_of_ratios,
        ratio_of_ratios_low, ratio_of_ratios_high, auc_differs, observed_expected_differs, n,
        events, n_patients`. Below ten events or ten samples without, and of unknown level,
        there are counts alone. `auc_differs` and `observed_expected_differs` are true where
        a difference is told from none after Holm's correction for all of a model.

    References
    ----------
    .. [1] Newcombe RG (1998). Interval estimation for the difference between independent
       proportions: comparison of eleven methods. Statistics in Medicine 17:873-890.
    .. [2] Zou GY, Donner A (2008). Construction of confidence limits about effect measures: a
       general approach. Statistics in Medicine 27:1693-1702.
    """
    test = select_part(predictions, "test")
    training = select_training_rows(predictions, refitted)[["model", "split", "patient"]]
    probable = None if recalibrated is None else select_part(recalibrated, "test")
    patient_draws = draw_patients(test, draws, random, stratified=True)
    tables = []
    for model, rows in test.groupby("model", sort=False, observed=True):
        trained = training[training["model"] == model]
        risks = None if probable is None else probable[probable["model"] == model]
        found = [
            _of_column(rows, risks, trained, levels[column], patient_draws)
            for column in levels.columns
        ]
        tables.append(_with_claims(pd.concat(found, ignore_index=True).assign(model=model)))
    columns = [
        *_LEVEL, "is_reference", *_AUC, *_AUC_DIFFERENCE, *_RATIO, *_RATIO_OF_RATIOS,
        "auc_differs", "observed_expected_differs", "n", "events", "n_patients",
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)[columns]


def _of_column(
    test: pd.DataFrame,
    risks: pd.DataFrame | None,
    training: pd.DataFrame,
    level_of: pd.Series,
    draws: PatientDraws,
) -> pd.DataFrame:
    """The levels of one column: what each shows, and the largest one that is compared with."""
    level = test["sample"].map(level_of).to_numpy()
    names = sorted(pd.Series(level).dropna().unique(), key=_in_order)
    found = []
    for name in (*names, None):
        rows = test[pd.isna(level) if name is None else level == name]
        if rows.empty:
            continue
        counts = count_samples(rows)
        row = {
            "column": level_of.name,
            "level": UNKNOWN_LEVEL if name is None else name,
            **counts,
            **dict.fromkeys((*_AUC, *_RATIO, "auc_error", "ratio_error"), np.nan),
        }
        if (
            name is not None
            and min(counts["events"], counts["n"] - counts["events"]) >= FEWEST_EVENTS
        ):
            row |= _auc_of_level(rows, training, draws)
            if risks is not None and not risks.empty:
                row |= _ratio_of_level(risks[risks["sample"].isin(rows["sample"])])
        found.append(row)
    return _with_differences(pd.DataFrame(found))


def _in_order(level: str) -> tuple[bool, float, str]:
    """Levels by their number if they are one, ``below 50`` before ``50 or more``."""
    first = level.removeprefix("below ").split(" ")[0]
    is_number = first.replace(".", "", 1).replace("-", "", 1).isdigit()
    number = float(first) if is_number else 0.0
    return not is_number, number - 0.1 * level.startswith("below "), level


def _auc_of_level(
    rows: pd.DataFrame, training: pd.DataFrame, draws: PatientDraws
) -> dict[str, float]:
    """Share of pairs in order, its interval, and the standard error of its logit."""
    once = np.ones((1, len(draws.patients)))
    auc = float(_share_in_order(rows, PatientDraws(draws.patients, once, 0))[0])
    is_positive = rows.groupby("patient", observed=True)["label"].max() == 1
    rarer = min(int(is_positive.sum()), int((~is_positive).sum()))
    inflation = compute_refit_inflation(rows, training, auc)
    low, high = compute_logit_interval(
        auc, _share_in_order(rows, draws), rarer, inflation=inflation
    )
    quantile = stats.t.ppf((1 + CONFIDENCE_LEVEL) / 2, max(rarer - 1, 1))
    error = (logit(high) - logit(low)) / 2 / quantile
    return dict(zip((*_AUC, "auc_error"), (auc, low, high, error), strict=True))


def _share_in_order(rows: pd.DataFrame, draws: PatientDraws) -> FloatArray:
    """In each draw; pairs are of one test part and stratum."""
    parts = ["split", STRATUM] if STRATUM in rows.columns else ["split"]
    in_order, pairs = np.zeros(len(draws.counts)), np.zeros(len(draws.counts))
    for _, part in rows.groupby(parts, observed=True):
        label, score = part["label"].to_numpy(np.int64), part["score"].to_numpy(np.float64)
        weights = draws.weights(part["patient"])
        of_part = weights[:, label == 1].sum(axis=1) * weights[:, label == 0].sum(axis=1)
        in_order += np.nan_to_num(compute_weighted_auc(label, score, weights)) * of_part
        pairs += of_part
    return divide(in_order, pairs)


def _ratio_of_level(risks: pd.DataFrame) -> dict[str, float]:
    """O/E, its interval, and the standard error of its logarithm."""
    ratio = compute_observed_expected(
        risks["label"], risks["probability"], dependent_patients(risks)
    )
    error = np.log(ratio.ci_high / ratio.ci_low) / 2 / NORMAL_QUANTILE
    values = (ratio.value, ratio.ci_low, ratio.ci_high, float(error))
    return dict(zip((*_RATIO, "ratio_error"), values, strict=True))


def _with_differences(table: pd.DataFrame) -> pd.DataFrame:
    """Each level against the largest one that has an AUC."""
    nothing = dict.fromkeys((*_AUC_DIFFERENCE, *_RATIO_OF_RATIOS, "auc_p", "ratio_p"), np.nan)
    known = table["auc"].notna()
    largest = int(np.argmax(table["n"].where(known, 0)))
    is_reference = known & (table.index == largest)
    levels = table.to_dict("records")
    reference = levels[largest]
    differences = [
        nothing | (_compare(level, reference) if is_known and not is_first else {})
        for level, is_known, is_first in zip(levels, known, is_reference, strict=True)
    ]
    return table.assign(is_reference=is_reference).join(pd.DataFrame(differences))


def _compare(row: Mapping[Any, Any], other: Mapping[Any, Any]) -> dict[str, float]:
    """Difference in AUC and ratio of O/Es of two levels, with what tells them from none."""
    aucs = [tuple(of[name] for name in _AUC) for of in (row, other)]
    ratios = [tuple(np.log(of[name]) for name in _RATIO) for of in (row, other)]
    rarer = [min(of["events"], of["n"] - of["events"]) for of in (row, other)]
    found = dict(zip(_AUC_DIFFERENCE, _square_and_add(*aucs), strict=True))
    found |= dict(zip(_RATIO_OF_RATIOS, map(np.exp, _square_and_add(*ratios)), strict=True))
    t = (logit(aucs[0][0]) - logit(aucs[1][0])) / np.hypot(row["auc_error"], other["auc_error"])
    z = (ratios[0][0] - ratios[1][0]) / np.hypot(row["ratio_error"], other["ratio_error"])
    found["auc_p"] = 2 * stats.t.sf(abs(t), min(rarer) - 1)
    found["ratio_p"] = 2 * stats.norm.sf(abs(z))
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


def _with_claims(table: pd.DataFrame) -> pd.DataFrame:
    """Which differences are told from none, corrected for all of the model."""
    p_values = table[["auc_p", "ratio_p"]].to_numpy(np.float64)
    known = np.isfinite(p_values)
    corrected = np.full(p_values.shape, np.nan)
    if known.any():
        corrected[known] = compute_holm_correction(p_values[known])
    differs = corrected <= SIGNIFICANT
    return table.assign(auc_differs=differs[:, 0], observed_expected_differs=differs[:, 1])
