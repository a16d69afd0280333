"""What a panel keeps beside its refit: ranges, risks of its patients, resampled refits.

How far the resampled refits agree about a sample says how much its risk moves when the patients
that the model learned from are drawn again [1]_; the choice of genes is taken as given.

References
----------
.. [1] Riley RD, Collins GS (2023). Stability of clinical prediction models developed using
   statistical or machine learning methods. Biometrical Journal 65:2200302.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.seeds import seed_for
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.follow_up import EVENT
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration
from deepcme.models.targets import make_targets
from deepcme.network.architecture import FloatArray
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.selection.panels.refits import OF_LABELS, OF_TIMES, Refit
from deepcme.trained.binary.model import BinaryModel
from deepcme.trained.binary.training import hold_out_scores
from deepcme.trained.learned.networks import LearnedHazardNetworks, LearnedNetworks
from deepcme.trained.learning import Finished
from deepcme.trained.model import Model
from deepcme.trained.panels.panel import (
    MOST_HAZARD_TIMES,
    RANGE_QUANTILES,
    RISK_QUANTILES,
    Panel,
)
from deepcme.trained.survival.model import SurvivalModel

RESAMPLES = 200
RESAMPLES_OF_NETWORKS = 40

DoubleArray = NDArray[np.float64]


def make_panel(
    finished: Finished, model: Model, values: DoubleArray, standardised: FloatArray
) -> Panel:
    """What is kept of the training patients beside the refit of a panel.

    Parameters
    ----------
    finished : Finished
    model : Model
        The panel, calibrated.
    values : ndarray of float64, shape (samples, genes)
        Of the panel's genes on the scale that is standardised; NaN where missing.
    standardised : ndarray of float32, shape (samples, genes)
    """
    calibration = _calibration_of(finished, model)
    rows = calibration.rows
    risks = pd.Series(model.risks(rows["score"].to_numpy(np.float64)))
    of_patients = risks.groupby(rows["patient"].to_numpy()).median()
    random = np.random.default_rng(seed_for(finished.settings.seed, "model", "resamples"))
    make = _refit_regressions if finished.model.refit_ == "linear" else _refit_networks
    with one_thread_a_task():
        resampled = make(finished, calibration, standardised, random)
    return Panel(
        ranges=np.nanquantile(values, RANGE_QUANTILES, axis=0).T,
        risks=np.quantile(of_patients, RISK_QUANTILES),
        hazard_times=calibration.times,
        **resampled,
    )


class _Line(NamedTuple):
    """Of a bootstrap: what makes its scores log-odds or log hazards, and its hazards."""

    intercept: float
    slope: float
    hazards: DoubleArray | None


class _OfLabels:
    """The line of a panel of labels, which is fitted again to patients who were drawn."""

    refit: Refit = OF_LABELS
    times: DoubleArray | None = None

    def __init__(self, finished: Finished, model: BinaryModel) -> None:
        self.rows = hold_out_scores(finished)
        line = model.manifest.calibration
        self._line = PlattRecalibration(line.intercept, line.slope, len(self.rows), 0)

    def fit(self, counts: DoubleArray) -> _Line:
        """The line of rows that count so often."""
        drawn, rows = counts > 0, self.rows
        line = self._line.refit(rows["label"][drawn], rows["score"][drawn], counts[drawn])
        return _Line(line.intercept, line.slope, None)


class _OfTimes:
    """Slope and baseline of a panel of times, fitted again to patients who were drawn."""

    refit: Refit = OF_TIMES

    def __init__(self, finished: Finished, model: SurvivalModel) -> None:
        test = finished.predictions[finished.predictions["part"] == "test"]
        self.rows = test.assign(score=test["of_final_penalty"])
        self._model = model
        at = np.linspace(0, len(model.baseline.times) - 1, MOST_HAZARD_TIMES - 1).round()
        rises = model.baseline.times[np.unique(at.astype(np.int64))]
        self.times: DoubleArray | None = np.union1d(rises, [model.horizon])

    def fit(self, counts: DoubleArray) -> _Line:
        """Slope and cumulative hazards of rows that count so often."""
        found = self._model.calibration.refit(self.rows, counts)
        steps = np.concatenate([[0.0], found.baseline.cumulative_hazards])
        assert self.times is not None
        # Whoever was followed longest may not have been drawn: the hazard stays as it was.
        at = np.searchsorted(found.baseline.times, self.times, side="right")
        return _Line(0.0, found.slope, steps[at])


def _calibration_of(finished: Finished, model: Model) -> _OfLabels | _OfTimes:
    if isinstance(model, SurvivalModel):
        return _OfTimes(finished, model)
    assert isinstance(model, BinaryModel)
    return _OfLabels(finished, model)


class _Drawn(NamedTuple):
    """Rows of the matrix, each as often as its patient was drawn, and the line of these."""

    rows: NDArray[np.int64]
    line: _Line


def _draw(
    finished: Finished,
    calibration: _OfLabels | _OfTimes,
    n_resamples: int,
    random: np.random.Generator,
) -> Iterator[_Drawn]:
    """Draw patients with replacement, those with and without the event apart."""
    cohort = finished.cohort
    patients = cohort.patients.astype(str)
    names, patient_of_row = np.unique(patients, return_inverse=True)
    has_event = np.zeros(len(names), dtype=np.bool_)
    np.logical_or.at(has_event, patient_of_row, cohort.outcome.events == EVENT)
    out_of_fold = np.searchsorted(names, calibration.rows["patient"].astype(str))
    for _ in range(n_resamples):
        counts = np.zeros(len(names), dtype=np.int64)
        for stratum in (np.flatnonzero(has_event), np.flatnonzero(~has_event)):
            size = len(stratum)
            counts[stratum] = random.multinomial(size, np.full(size, 1 / size))
        rows = np.repeat(np.arange(len(patients)), counts[patient_of_row])
        yield _Drawn(rows, calibration.fit(counts[out_of_fold].astype(np.float64)))


def _target_of(finished: Finished) -> NDArray[Any]:
    arrays = CohortArrays.of(finished.cohort)
    everyone = np.arange(len(arrays.X))
    return make_targets(arrays, finished.settings.kind, everyone).values


def _refit_regressions(
    finished: Finished,
    calibration: _OfLabels | _OfTimes,
    X: FloatArray,
    random: np.random.Generator,
) -> dict[str, Any]:
    """Intercept and coefficients on the calibrated scale, of each bootstrap."""
    target, strength = _target_of(finished), finished.model.strength_
    resampled, lines = np.empty((RESAMPLES, 1 + X.shape[1])), []
    for number, (rows, line) in enumerate(_draw(finished, calibration, RESAMPLES, random)):
        found = calibration.refit.fit_coefficients(X[rows], target[rows], strength)
        resampled[number] = line.slope * found
        resampled[number, 0] += line.intercept
        lines.append(line)
    return {"resampled": resampled, "resampled_hazards": _hazards_of(lines)}


def _refit_networks(
    finished: Finished,
    calibration: _OfLabels | _OfTimes,
    X: FloatArray,
    random: np.random.Generator,
) -> dict[str, Any]:
    """Networks of each bootstrap, and the line that calibrates them."""
    target, n_resamples = _target_of(finished), RESAMPLES_OF_NETWORKS
    form = LearnedNetworks if calibration.times is None else LearnedHazardNetworks
    networks, lines = [], []
    seeds = random.integers(2**31, size=n_resamples)
    drawn = _draw(finished, calibration, n_resamples, random)
    for seed, (rows, line) in zip(seeds, drawn, strict=True):
        fitted = calibration.refit.fit_networks(X[rows], target[rows], int(seed))
        networks.append(form.of(fitted, X[rows]))
        lines.append(line)
    return {
        "networks": tuple(networks),
        "lines": np.array([line[:2] for line in lines]),
        "resampled_hazards": _hazards_of(lines),
    }


def _hazards_of(lines: list[_Line]) -> DoubleArray | None:
    hazards = [line.hazards for line in lines if line.hazards is not None]
    return np.stack(hazards) if hazards else None
