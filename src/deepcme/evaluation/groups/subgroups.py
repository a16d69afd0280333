"""How well a model does in patients of one kind: age, receptors, grade, centre.

Whether it does better in some is asked once for a column, of all its levels
(`compute_interactions`): no p-value belongs to a level.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
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
from deepcme.evaluation.groups.between_levels import (
    OBSERVED_EXPECTED,
    UNKNOWN_LEVEL,
    estimate_columns,
    in_order,
    lay_out,
    nothing_of_level,
    with_differences,
)
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL, NORMAL_QUANTILE
from deepcme.evaluation.predictions import STRATUM, FloatArray, count_samples, select_part
from deepcme.evaluation.probabilities.calibration import (
    compute_observed_expected,
    dependent_patients,
)
from deepcme.evaluation.probabilities.utility import compare_strategies, treat_all
from deepcme.evaluation.refitting import compute_refit_inflation, select_training_rows

FEWEST_EVENTS = 10
"""A level with fewer events, or fewer samples without one, gets its counts only."""
TOO_FEW = "too few"
RANK = "auc"
SCALES = {RANK: logit, OBSERVED_EXPECTED: np.log}
"""What is tested among levels, each on the scale of its standard errors."""


def compute_subgroups(
    predictions: pd.DataFrame,
    levels: pd.DataFrame,
    random: np.random.Generator,
    *,
    recalibrated: pd.DataFrame | None = None,
    threshold: float | None = None,
    refitted: Collection[str] = (),
    draws: int = DEFAULT_DRAWS,
) -> pd.DataFrame:
    """AUC, O/E and net benefit of every model in each level of each column.

    The AUC is the share of pairs, of a sample with the event and one without it in the same
    level, test part and stratum, in which the first has the higher score: pairs of all
    test parts count alike, as a level has few samples in any one of them. Its interval is
    that of `compute_logit_interval`, by a bootstrap that draws patients once for all
    levels, widened by `compute_refit_inflation`. O/E is of all test rows of the level
    (`compute_observed_expected`), net benefit too, with the interval of its difference to the
    better of treating all and none (`compute_net_benefit_differences`). A level is compared
    with the largest one of its column by `with_differences`.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`.
    levels : DataFrame
        Indexed by sample: a column of words, None where unknown, for each that patients are
        looked at by (`divide_by_columns`).
    random : numpy.random.Generator
    recalibrated : DataFrame, optional
        The same with the probabilities that O/E and net benefit are of; a model that it lacks
        has none.
    threshold : float, optional
        The risk that net benefit is at.
    refitted : collection of str
        Models that are fitted on the validation part as well.
    draws : int

    Returns
    -------
    DataFrame
        A row for each model, column and level: `model, column, level, is_reference, auc,
        auc_low, auc_high, auc_error` (standard error of its logit, `describe_share`),
        `auc_freedom, auc_difference, auc_difference_low, auc_difference_high,
        observed_expected, observed_expected_low, observed_expected_high,
        observed_expected_error` (of its logarithm), `observed_expected_freedom,
        ratio_of_ratios, ratio_of_ratios_low, ratio_of_ratios_high, threshold,
        net_benefit, treat_all` (the net benefit of treating all), `better` (of treating all
        and none), `gain, gain_low, gain_high` (difference to that), `n, events, n_patients,
        absent`. Below ten events or ten samples without, and of unknown level, there are
        counts alone, and `absent` says why.
    """
    test = select_part(predictions, "test")
    training = select_training_rows(predictions, refitted)[["model", "split", "patient"]]
    probable = None if recalibrated is None else select_part(recalibrated, "test")
    ranked = draw_patients(test, draws, random, stratified=True)
    decided = draw_patients(test, draws, random, stratified=False)
    tables = []
    for model, rows in test.groupby("model", sort=False, observed=True):
        trained = training[training["model"] == model]
        risks = None if probable is None else probable[probable["model"] == model]
        of_model = _Model(rows, risks, trained, ranked, decided, threshold)
        found = [of_model.of_column(levels[column]) for column in levels.columns]
        tables.append(pd.concat(found, ignore_index=True).assign(model=model))
    return lay_out(pd.concat(tables, ignore_index=True), RANK)


@dataclass(frozen=True)
class _Model:
    """Test rows of a model, those with its risks, and draws for ranks and for decisions."""

    test: pd.DataFrame
    risks: pd.DataFrame | None
    training: pd.DataFrame
    ranked: PatientDraws
    decided: PatientDraws
    threshold: float | None

    def of_column(self, level_of: pd.Series) -> pd.DataFrame:
        """The levels of one column: what each shows, and the largest that is compared with."""
        level = self.test["sample"].map(level_of).to_numpy()
        names = in_order(pd.Series(level).dropna().unique())
        found = []
        for name in (*names, None):
            rows = self.test[pd.isna(level) if name is None else level == name]
            if rows.empty:
                continue
            shown = UNKNOWN_LEVEL if name is None else name
            found.append(
                {"column": level_of.name, "level": shown, **self._of_level(rows, name)}
            )
        return with_differences(pd.DataFrame(found), RANK)

    def _of_level(self, rows: pd.DataFrame, name: str | None) -> dict[str, Any]:
        counts = count_samples(rows)
        found = {**nothing_of_level(RANK), **counts, "absent": ""}
        if name is None:
            return found
        if min(counts["events"], counts["n"] - counts["events"]) < FEWEST_EVENTS:
            return {**found, "absent": TOO_FEW}
        found |= _auc_of_level(rows, self.training, self.ranked)
        if self.risks is not None and not self.risks.empty:
            risks = self.risks[self.risks["sample"].isin(rows["sample"])]
            found |= _ratio_of_level(risks)
            if self.threshold is not None:
                found |= _benefit_of_level(risks, self.threshold, self.decided)
        return found


def _auc_of_level(
    rows: pd.DataFrame, training: pd.DataFrame, draws: PatientDraws
) -> dict[str, float]:
    """Share of pairs in order, its interval, and the standard error of its logit."""
    once = np.ones((1, len(draws.patients)))
    auc = float(_share_in_order(rows, PatientDraws(draws.patients, once, 0))[0])
    is_positive = rows.groupby("patient", observed=True)["label"].max() == 1
    rarer = min(int(is_positive.sum()), int((~is_positive).sum()))
    inflation = compute_refit_inflation(rows, training, auc)
    return describe_share(RANK, auc, _share_in_order(rows, draws), rarer, inflation)


def describe_share(
    name: str, value: float, drawn: FloatArray, n_rarer_class: int, inflation: float
) -> dict[str, float]:
    """A share with its interval, and the standard error that it is set beside others with.

    The interval is widened by `inflation`, for what patients have in common who test and
    train each other's models. Two levels have as much in common with each other as patients
    of one level have, to first order, so that in their difference it cancels: the standard
    error, of the logit, is that of the draws alone.
    """
    freedom = max(n_rarer_class - 1, 1)
    quantile = stats.t.ppf((1 + CONFIDENCE_LEVEL) / 2, freedom)
    ends = compute_logit_interval(value, drawn, n_rarer_class, inflation=inflation)
    low, high = compute_logit_interval(value, drawn, n_rarer_class)
    error = float(logit(high) - logit(low)) / 2 / quantile
    return dict(zip(estimate_columns(name), (value, *ends, error, freedom), strict=True))


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
    values = (ratio.value, ratio.ci_low, ratio.ci_high, float(error), np.inf)
    return dict(zip(estimate_columns(OBSERVED_EXPECTED), values, strict=True))


def _benefit_of_level(
    risks: pd.DataFrame, threshold: float, draws: PatientDraws
) -> dict[str, Any]:
    """Net benefit at a threshold, beside that of treating all."""
    at = np.array([threshold])
    found = compare_strategies(risks, at, draws).iloc[0]
    return describe_benefit(found, float(treat_all(risks["label"], at)[0]))


def describe_benefit(found: pd.Series, treating_all: float) -> dict[str, Any]:
    """Net benefit of a level, as a row of `compare_with_defaults` tells it."""
    ends = {"gain": "difference", "gain_low": "ci_low", "gain_high": "ci_high"}
    return {
        **{name: found[name] for name in ("threshold", "net_benefit", "better")},
        **{name: found[of] for name, of in ends.items()},
        "treat_all": treating_all,
    }
