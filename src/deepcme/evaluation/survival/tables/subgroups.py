"""How well a model of times does in patients of one kind: age, receptors, grade, centre."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import logit

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import CENSORED, EVENT, FollowUp
from deepcme.evaluation.bootstrap import divide
from deepcme.evaluation.groups.between_levels import (
    OBSERVED_EXPECTED,
    UNKNOWN_LEVEL,
    estimate_columns,
    in_order,
    lay_out,
    nothing_of_level,
    with_differences,
)
from deepcme.evaluation.groups.subgroups import (
    FEWEST_EVENTS,
    TOO_FEW,
    describe_benefit,
    describe_share,
)
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL
from deepcme.evaluation.predictions import STRATUM, BooleanArray, FloatArray
from deepcme.evaluation.refitting import compute_refit_inflation
from deepcme.evaluation.survival import measured
from deepcme.evaluation.survival.at_horizon import (
    AtHorizon,
    compute_net_benefit_at_horizon,
    compute_observed_risk,
)
from deepcme.evaluation.survival.censoring import estimate_censoring
from deepcme.evaluation.survival.concordance import sum_uno_pairs
from deepcme.evaluation.survival.tables.decisions import compare_at_horizon
from deepcme.evaluation.survival.tables.evaluated import (
    POSITION,
    Evaluation,
    Tested,
    find_risks,
)

RANK = measured.UNO.name
SCALES = {RANK: logit, OBSERVED_EXPECTED: np.log}
"""What is tested among levels, each on the scale of its standard errors."""
FOLLOWED_TOO_SHORT = "followed too short"


def compute_survival_subgroups(
    evaluation: Evaluation,
    levels: pd.DataFrame,
    *,
    recalibrated: Evaluation | None = None,
    threshold: float | None = None,
) -> pd.DataFrame:
    """Uno's C, O/E and net benefit of every model in each level of each column.

    The same as `compute_subgroups` of times: C up to the horizon, or the tau of the study,
    is the share of comparable pairs of one level, test part and stratum in order, pairs of
    all test parts counting alike. Each level is weighted by its own censoring, estimated in
    every draw, so that the risk observed in it is that of Kaplan-Meier, or of Aalen and
    Johansen where there is a competing event; where censoring depends on columns it is that
    of all patients. O/E and net benefit are of each patient's mean out-of-fold risk.

    Parameters
    ----------
    evaluation : Evaluation
        Patients of all cohorts left out are taken together.
    levels : DataFrame
        Indexed by sample: a column of words, None where unknown, for each that patients are
        looked at by (`divide_by_columns`).
    recalibrated : Evaluation, optional
        The same patients and draws by the risks that O/E and net benefit are of; a model that
        it lacks has none.
    threshold : float, optional
        The risk that net benefit is at.

    Returns
    -------
    DataFrame
        As `compute_subgroups`, with `uno_c` in place of `auc`; `n` and `n_patients` count
        patients, `events` those by the horizon or tau. Below ten of these, or ten patients
        known to be without the event then, there are counts alone.

    Raises
    ------
    AbsentError
        If the patients cannot be weighted at the horizon, or there is no tau.
    """
    everybody = _Everybody(evaluation)
    probable = None if recalibrated is None else _Everybody(recalibrated)
    tables = []
    for model, rows in everybody.rows.groupby("model", sort=False, observed=True):
        risks = None if probable is None else probable.risks_of(str(model))
        of_model = _Model(everybody, rows, risks, everybody.training_of(str(model)), threshold)
        found = [of_model.of_column(levels[column]) for column in levels.columns]
        tables.append(pd.concat(found, ignore_index=True).assign(model=model))
    return lay_out(pd.concat(tables, ignore_index=True), RANK)


def compute_risk_of_all(evaluation: Evaluation) -> float:
    """Observed risk by the horizon of all tested patients.

    Raises
    ------
    AbsentError
        If there is no horizon, or nobody can be weighted at it.
    """
    evaluation.require_horizon()
    at = [patients.require() for patients in evaluation.patients]
    risks = [compute_observed_risk(each)[0] for each in at]
    return float(np.average(risks, weights=[each.follow_up.n for each in at]))


class _Everybody:
    """The tested patients of all cohorts left out, below each other, in their draws."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.tested: tuple[Tested, ...] = evaluation.tested
        at = [tested.patients.require() for tested in self.tested]
        sizes = [each.follow_up.n for each in at]
        self._starts = np.cumsum([0, *sizes[:-1]])
        self._at = at
        self.samples = pd.Index(np.concatenate([t.patients.samples for t in self.tested]))
        self._of_level: dict[bytes, AtHorizon] = {}

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Test rows with the patient's place among all."""
        return pd.concat(
            [
                tested.rows.assign(**{POSITION: tested.rows[POSITION] + start})
                for tested, start in zip(self.tested, self._starts, strict=True)
            ],
            ignore_index=True,
        )

    @cached_property
    def follow_up(self) -> FollowUp:
        return FollowUp(
            np.concatenate([at.follow_up.times for at in self._at]),
            np.concatenate([at.follow_up.events for at in self._at]),
        )

    @property
    def tau(self) -> float:
        return self._at[0].horizon

    def training_of(self, model: str) -> pd.DataFrame:
        rows = pd.concat([tested.training for tested in self.tested])
        return rows[rows["model"] == model]

    def risks_of(self, model: str) -> FloatArray | None:
        """Mean out-of-fold risk of each patient; None where one has none."""
        rows = self.rows[self.rows["model"] == model]
        try:
            positions, risks = find_risks(rows)
        except AbsentError:
            return None
        found = np.full(len(self.samples), np.nan)
        found[positions] = risks
        return found

    def at_level(self, inside: BooleanArray) -> AtHorizon:
        """Patients of one level in the draws, weighted by the censoring of their own."""
        key = inside.tobytes()
        if key not in self._of_level:
            self._of_level[key] = self._weigh(inside)
        return self._of_level[key]

    def _weigh(self, inside: BooleanArray) -> AtHorizon:
        if len(self._at) == 1 and self._at[0].columns is not None:
            return self._at[0].rows(inside)
        follow_up = self.follow_up.rows(inside)
        counts = np.hstack([at.counts for at in self._at])[:, inside]
        return AtHorizon(
            follow_up, self.tau, counts, estimate_censoring(follow_up, weights=counts)
        )


@dataclass(frozen=True)
class _Model:
    """Test rows of a model, its recalibrated risks, and the rows that its fits trained on."""

    everybody: _Everybody
    rows: pd.DataFrame
    risks: FloatArray | None
    training: pd.DataFrame
    threshold: float | None

    def of_column(self, level_of: pd.Series) -> pd.DataFrame:
        """The levels of one column: what each shows, and the largest that is compared with."""
        tested = np.zeros(len(self.everybody.samples), dtype=bool)
        tested[self.rows[POSITION]] = True
        level = pd.Series(self.everybody.samples).map(level_of).to_numpy()
        names = in_order(pd.Series(level[tested]).dropna().unique())
        found = []
        for name in (*names, None):
            inside = tested & (pd.isna(level) if name is None else level == name)
            if inside.any():
                names_of = {"column": level_of.name, "level": name or UNKNOWN_LEVEL}
                found.append({**names_of, **self._of_level(inside, name)})
        return with_differences(pd.DataFrame(found), RANK)

    def _of_level(self, inside: BooleanArray, name: str | None) -> dict[str, Any]:
        follow_up, tau = self.everybody.follow_up.rows(inside), self.everybody.tau
        in_time = follow_up.times <= tau
        cases = int((in_time & (follow_up.events == EVENT)).sum())
        unknown = int((in_time & (follow_up.events == CENSORED)).sum())
        counts = {"n": follow_up.n, "events": cases, "n_patients": follow_up.n}
        found = {**nothing_of_level(RANK), **counts, "absent": ""}
        if name is None:
            return found
        if min(cases, follow_up.n - unknown - cases) < FEWEST_EVENTS:
            return {**found, "absent": TOO_FEW}
        at = self.everybody.at_level(inside)
        try:
            return found | dict(self._measure(at, inside))
        except AbsentError:
            return {**found, "absent": FOLLOWED_TOO_SHORT}

    def _measure(self, at: AtHorizon, inside: BooleanArray) -> Iterator[tuple[str, Any]]:
        place = np.cumsum(inside) - 1
        rows = self.rows[inside[self.rows[POSITION]]]
        rows = rows.assign(**{POSITION: place[rows[POSITION]]})
        yield from _concordance_of_level(at, rows, self.training).items()
        if self.risks is None:
            return
        risks = self.risks[inside]
        yield from _ratio_of_level(at, risks).items()
        if self.threshold is not None:
            yield from _benefit_of_level(at, risks, self.threshold).items()


def _concordance_of_level(
    at: AtHorizon, rows: pd.DataFrame, training: pd.DataFrame
) -> dict[str, Any]:
    """Share of pairs in order, its interval, and the standard error of its logit."""
    parts = ["split", STRATUM] if STRATUM in rows.columns else ["split"]
    sums = [
        np.nan_to_num(
            sum_uno_pairs(
                at.rows(part[POSITION].to_numpy(np.int64)), part["score"].to_numpy(np.float64)
            )
        )
        for _, part in rows.groupby(parts, observed=True)
        if np.isfinite(part["score"]).all()
    ]
    if not sums:
        raise AbsentError("Scores are missing or infinite.")
    value, *drawn = divide(*np.sum(sums, axis=0))
    labelled = rows.assign(label=at.is_case[rows[POSITION]].astype(np.int64))
    rarer = min(at.n_cases, at.n_controls)
    inflation = compute_refit_inflation(labelled, training, value)
    return describe_share(RANK, float(value), np.array(drawn), rarer, inflation)


def _ratio_of_level(at: AtHorizon, risks: FloatArray) -> dict[str, Any]:
    """O/E, its interval, and the standard error of its logarithm."""
    ratio = measured.OBSERVED_EXPECTED.of(at, risks).interval()
    freedom = max(min(at.n_cases, at.n_controls) - 1, 1)
    quantile = stats.t.ppf((1 + CONFIDENCE_LEVEL) / 2, freedom)
    error = float(np.log(ratio.ci_high / ratio.ci_low)) / 2 / quantile
    values = (ratio.value, ratio.ci_low, ratio.ci_high, error, freedom)
    return dict(zip(estimate_columns(OBSERVED_EXPECTED), values, strict=True))


def _benefit_of_level(at: AtHorizon, risks: FloatArray, threshold: float) -> dict[str, Any]:
    """Net benefit at a threshold, beside that of treating all."""
    found = compare_at_horizon(at, risks, np.array([threshold])).iloc[0]
    all_treated = compute_net_benefit_at_horizon(at, np.ones_like(risks), threshold)
    return describe_benefit(found, float(all_treated[0]))
