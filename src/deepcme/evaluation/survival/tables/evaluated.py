"""The patients that a study of times tested, one row each, and draws that all tables share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import CENSORED, FollowUp
from deepcme.evaluation.bootstrap import DEFAULT_DRAWS
from deepcme.evaluation.predictions import LEFT_OUT, FloatArray, IntegerArray
from deepcme.evaluation.refitting import Refits, select_training_rows
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.concordance import choose_tau

COLUMNS = ("split", "model", "sample", "patient", "part", "time", "event", "score")
"""Columns of every predictions table of times; `probability` is the risk by the horizon."""

POSITION = "position"
"""Column of the tested rows: the patient's place among all of them."""


@dataclass(frozen=True, eq=False)
class EvaluatedPatients:
    """Patients that are judged together: all tested ones, or those of a cohort left out.

    Attributes
    ----------
    cohort : str, optional
        The one that was left out.
    names, samples : Index
        Each patient, and its first sample, whose predictions count.
    follow_up : FollowUp
        Where samples of a patient disagree, the earliest event that any of them has, or else
        the longest follow-up.
    tau : float
        The horizon; without one, that of `choose_tau`. One of a study.
    at : AtHorizon, optional
        They at tau, in the draws; None where that cannot be.
    absent : str
        Why not.
    """

    cohort: str | None
    names: pd.Index
    samples: pd.Index
    follow_up: FollowUp
    tau: float
    at: AtHorizon | None
    absent: str

    @classmethod
    def draw(
        cls,
        cohort: str | None,
        tested: pd.DataFrame,
        tau: float,
        random: np.random.Generator,
        draws: int,
        columns: pd.DataFrame | None,
    ) -> EvaluatedPatients:
        """Those of some rows; `tau` is NaN where there is none."""
        samples = tested.drop_duplicates("patient")[["patient", "sample"]]
        names, chosen = pd.Index(samples["patient"]), pd.Index(samples["sample"])
        follow_up = follow_patients(tested, names)
        at, absent = None, ""
        known = None if columns is None else columns.reindex(chosen).to_numpy(np.float64)
        try:
            if np.isnan(tau):
                choose_tau(follow_up)
            at = AtHorizon.draw(follow_up, tau, random, draws, columns=known)
        except DeepCMEError as error:
            absent = str(error)
        return cls(cohort, names, chosen, follow_up, tau, at, absent)

    def require(self) -> AtHorizon:
        """They at tau.

        Raises
        ------
        AbsentError
            If that cannot be, and why.
        """
        if self.at is None:
            raise AbsentError(self.absent)
        return self.at


def follow_patients(rows: pd.DataFrame, names: pd.Index) -> FollowUp:
    """Follow-up of each of these patients: the earliest event, or else the longest."""
    samples = rows.drop_duplicates("sample")
    is_censored = samples["event"] == CENSORED
    first = np.where(is_censored, -samples["time"], samples["time"])
    ordered = samples.assign(censored=is_censored, first=first).sort_values(
        ["censored", "first"], kind="stable"
    )
    one_each = ordered.drop_duplicates("patient").set_index("patient").loc[names]
    return FollowUp(one_each["time"].to_numpy(), one_each["event"].to_numpy())


@dataclass(frozen=True, eq=False)
class Tested:
    """Evaluated patients and what the models of a study predicted of them.

    Attributes
    ----------
    patients : EvaluatedPatients
    rows : DataFrame
        Test rows, one a split, model and patient, with the patient's `position`.
    predictions : DataFrame
        All rows of the same splits.
    refitted : collection of str
        Models that are fitted on the validation part as well.
    """

    patients: EvaluatedPatients
    rows: pd.DataFrame
    predictions: pd.DataFrame
    refitted: Collection[str]

    @cached_property
    def training(self) -> pd.DataFrame:
        """The rows that the models were fitted on: `model, split, patient`."""
        rows = select_training_rows(self.predictions, self.refitted)
        return rows[["model", "split", "patient"]]

    def by_model(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Each model and its test rows."""
        for model, rows in self.rows.groupby("model", sort=False, observed=True):
            yield str(model), rows

    @cached_property
    def measured(self) -> dict[tuple[str, str], Any]:
        """What was measured within test parts already, by model and measure."""
        return {}

    @cached_property
    def labelled(self) -> dict[tuple[str, float], tuple[float, float]]:
        """What was found already of cases and others, by model and time.

        The share of the training part in their ranks, and how many of the rarer class a test
        part has.
        """
        return {}

    def refits_of(self, model: str) -> Refits:
        """How the training parts of a model lie to each other, computed once."""
        if model not in self._refits:
            test = self.rows[self.rows["model"] == model]
            training = self.training[self.training["model"] == model]
            self._refits[model] = Refits.of(test, training)
        return self._refits[model]

    @cached_property
    def _refits(self) -> dict[str, Refits]:
        return {}

    @cached_property
    def _parts(self) -> dict[tuple[object, ...], AtHorizon]:
        return {}

    def at_part(
        self, place: object, positions: IntegerArray, time: float | None = None
    ) -> AtHorizon:
        """Patients of a test part, or of a stratum of it, in the draws, at tau or another time.

        They are made once for all models that were tested on the same.

        Raises
        ------
        AbsentError
            If no weights can be had at that time.
        """
        key = place, positions.tobytes(), time
        if key not in self._parts:
            self._parts[key] = self.at_time(time).rows(positions)
        return self._parts[key]

    def at_time(self, time: float | None) -> AtHorizon:
        """All evaluated patients, in the draws, at tau (None) or another time.

        Raises
        ------
        AbsentError
            If no weights can be had at that time.
        """
        at = self.patients.require()
        if time is None:
            return at
        key = ("everybody", time)
        if key not in self._parts:
            self._parts[key] = at.move_to(time)
        return self._parts[key]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a study of times is judged by: its predictions, its patients and draws of them.

    Attributes
    ----------
    predictions : DataFrame
    patients : tuple of EvaluatedPatients
        One, or one for each cohort left out.
    horizon : float, optional
    refitted : collection of str
    """

    predictions: pd.DataFrame
    patients: tuple[EvaluatedPatients, ...]
    horizon: float | None
    refitted: Collection[str]

    @classmethod
    def draw(
        cls,
        predictions: pd.DataFrame,
        horizon: float | None,
        random: np.random.Generator,
        *,
        refitted: Collection[str] = (),
        draws: int = DEFAULT_DRAWS,
        columns: pd.DataFrame | None = None,
    ) -> Evaluation:
        """Take the tested patients, and draw them anew; each draw estimates its censoring.

        Parameters
        ----------
        predictions : DataFrame
            Columns `split, model, sample, patient, part, time, event, score`, perhaps
            `probability` (the risk by the horizon), `stratum`, within which patients are
            ranked, and `left_out`: each cohort that it names is judged by itself.
        horizon : float, optional
            In the unit of the times.
        random : numpy.random.Generator
        refitted : collection of str
            Models that are fitted on the validation part as well.
        draws : int
        columns : DataFrame, optional
            Numbers that censoring depends on, by sample.

        Raises
        ------
        DeepCMEError
            If a column is missing or there is no test row.
        """
        check_survival_predictions(predictions)
        tested = predictions[predictions["part"] == "test"]
        if tested.empty:
            raise DeepCMEError("The predictions table has no row of the test part.")
        groups: list[tuple[str | None, pd.DataFrame]] = [(None, tested)]
        if LEFT_OUT in tested.columns:
            by_cohort = tested.groupby(LEFT_OUT, sort=False, observed=True)
            groups = [(str(cohort), rows) for cohort, rows in by_cohort]
        tau = find_tau(tested, horizon)
        patients = tuple(
            EvaluatedPatients.draw(cohort, rows, tau, random, draws, columns)
            for cohort, rows in groups
        )
        return cls(predictions, patients, horizon, refitted)

    @property
    def tau(self) -> float:
        """Up to when measures that rank look: the horizon, or where few are uncensored."""
        return self.patients[0].tau

    def with_predictions(self, predictions: pd.DataFrame) -> Evaluation:
        """The same patients in the same draws, by other predictions of the same rows."""
        return replace(self, predictions=predictions)

    @cached_property
    def tested(self) -> tuple[Tested, ...]:
        """What was predicted of the patients, or of those of each cohort left out."""
        return tuple(map(self._select, self.patients))

    def _select(self, patients: EvaluatedPatients) -> Tested:
        rows = self.predictions
        if patients.cohort is not None:
            rows = rows[rows[LEFT_OUT] == patients.cohort]
        test = rows[(rows["part"] == "test") & rows["sample"].isin(patients.samples)]
        position = patients.samples.get_indexer(pd.Index(test["sample"]))
        return Tested(patients, test.assign(**{POSITION: position}), rows, self.refitted)

    def tabulate(self, compute: Callable[[Tested], pd.DataFrame]) -> pd.DataFrame:
        """A table of the patients, or of those of each cohort left out, which it then names.

        Raises
        ------
        AbsentError
            If there is nothing of any of them.
        """
        tables, absent = [], []
        for tested in self.tested:
            try:
                table = compute(tested)
            except AbsentError as error:
                absent.append(str(error))
                continue
            if tested.patients.cohort is not None:
                table.insert(0, LEFT_OUT, tested.patients.cohort)
            tables.append(table)
        if not tables:
            raise AbsentError(absent[0])
        return pd.concat(tables, ignore_index=True)

    def require_horizon(self) -> float:
        """The horizon.

        Raises
        ------
        AbsentError
            If there is none.
        """
        if self.horizon is None:
            raise AbsentError("The study has no horizon, by which there would be a risk.")
        return self.horizon


def check_survival_predictions(predictions: pd.DataFrame) -> None:
    """Raise `DeepCMEError` if a column of predictions of times is missing."""
    missing = [column for column in COLUMNS if column not in predictions.columns]
    if missing:
        raise DeepCMEError(f"The predictions table lacks the columns: {', '.join(missing)}.")


def find_tau(tested: pd.DataFrame, horizon: float | None) -> float:
    """NaN where there is none."""
    if horizon is not None:
        return float(horizon)
    try:
        return choose_tau(follow_patients(tested, pd.Index(tested["patient"].unique())))
    except AbsentError:
        return float("nan")


def find_risks(rows: pd.DataFrame) -> tuple[IntegerArray, FloatArray]:
    """Positions of a model's patients, and the mean out-of-fold risk of each.

    Over the splits that give one.

    Raises
    ------
    AbsentError
        If a patient has none.
    """
    if "probability" not in rows.columns or rows["probability"].isna().all():
        raise AbsentError("The model gives no risk by the horizon.")
    mean = rows.groupby(POSITION)["probability"].mean()
    if mean.isna().any():
        raise AbsentError(
            f"The model gives no risk by the horizon of {int(mean.isna().sum())} of "
            f"{len(mean)} patients."
        )
    return mean.index.to_numpy(np.int64), mean.clip(0, 1).to_numpy(np.float64)
