"""What networks of the time to an event share, one or several: their inputs and their verbs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import AbsentError
from deepcme.base.parameters import RANDOM_STATE, Rule
from deepcme.cohort.follow_up import FollowUp
from deepcme.cohort.splits import RowIndex
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.estimator_inputs import read_data
from deepcme.models.networks import NetworkEstimator
from deepcme.models.survival.cox_model import CoxModelOfGenes, FloatArray
from deepcme.models.survival.cox_regression import CoxRegression
from deepcme.models.survival.target import make_target, read_clinical, read_target
from deepcme.network.attribution import Networks
from deepcme.network.times import encode_times


class ColumnsBeside:
    """Clinical columns beside the genes, whose log hazard is an offset of the network's.

    Their Cox regression is without penalty and comes first, on the rows that the network
    trains on: the network learns what it leaves unsaid.
    """

    def __init__(self, values: FloatArray, follow_up: FollowUp) -> None:
        self.means = values.mean(axis=0)
        self._centred = values - self.means
        self._follow_up = follow_up

    def fit(self, rows: RowIndex) -> FloatArray:
        """Log hazard ratios by some of the rows."""
        if not self._centred.shape[1]:
            return np.zeros(0)
        target = make_target(self._follow_up.rows(rows))
        return CoxRegression().fit(self._centred[rows], target).coef_

    def offset(self, coefficients: FloatArray) -> FloatArray:
        """Log hazard of each row, against the mean of all."""
        log_hazards: FloatArray = self._centred @ coefficients
        return log_hazards


class SurvivalData:
    """What a fit is given, as networks take it."""

    def __init__(
        self, matrix: NDArray[np.float32], follow_up: FollowUp, clinical: FloatArray
    ) -> None:
        self.matrix = matrix
        self.follow_up = follow_up
        self.columns = ColumnsBeside(clinical, follow_up)
        self.encoded = encode_times(follow_up.times, follow_up.events)
        self.strata = SurvivalOutcome(follow_up.times, follow_up.events).strata


class SurvivalNetwork(NetworkEstimator, CoxModelOfGenes):
    """A log hazard by networks, and by clinical columns beside them."""

    _loss = "cox"
    _types: ClassVar = [np.float32]
    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {"random_state": RANDOM_STATE}

    centre_: float
    history_: pd.DataFrame

    def _read(self, X: ArrayLike, y: ArrayLike, clinical: ArrayLike | None) -> SurvivalData:
        matrix = read_data(self, X, dtype=np.float32, order="C")
        follow_up = read_target(y, len(matrix))
        if not follow_up.n_events:
            raise AbsentError("No patient had the event: there is nothing to learn from.")
        columns = read_clinical(clinical, len(matrix))
        data = SurvivalData(matrix, follow_up, columns)
        self._clinical_means = data.columns.means
        return data


def compute_log_hazards(networks: Networks, X: NDArray[np.floating]) -> FloatArray:
    """Log hazard of each row: the mean over a network's snapshots, then over the networks.

    Parameters
    ----------
    networks : sequence of sequences of NetworkWeights
        The snapshots of each network.
    X : ndarray of shape (samples, genes)
        Or scores, of networks that take these.
    """
    mean: FloatArray = compute_log_hazards_by_network(networks, X).mean(axis=1)
    return mean


def compute_log_hazards_by_network(networks: Networks, X: NDArray[np.floating]) -> FloatArray:
    """Log hazard of each row by each network, the mean over its snapshots: rows x networks."""
    by_network = [
        np.mean([weights.decision_function(X) for weights in snapshots], axis=0)
        for snapshots in networks
    ]
    return np.stack(by_network, axis=1)
