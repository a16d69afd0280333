"""The penalty of a Cox path, chosen by the cross-validated partial likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.cohort.splits import RowIndex, draw_folds
from deepcme.evaluation.survival.partial_likelihood import EFRON, PartialLikelihood
from deepcme.models.survival.dual import FloatArray
from deepcme.models.survival.elastic_net_path import CoxPathFit, fit_cox_path

ONE_STANDARD_ERROR, MINIMUM = "one-standard-error", "minimum"
RULES = (ONE_STANDARD_ERROR, MINIMUM)


@dataclass(frozen=True, eq=False)
class CoxChoice:
    """The fits of a path, how they did on patients held out, and which is taken.

    Attributes
    ----------
    fits : list of CoxPathFit
        Of all patients.
    losses, standard_errors : array, one a fit
        Partial-likelihood deviance that a patient held out adds, per event.
    chosen : int
    """

    fits: list[CoxPathFit]
    losses: FloatArray
    standard_errors: FloatArray
    chosen: int

    @property
    def fit(self) -> CoxPathFit:
        """The fit that is taken."""
        return self.fits[self.chosen]

    def table(self) -> pd.DataFrame:
        """The path as a table.

        Returns
        -------
        DataFrame
            `penalty, n_genes, explained, loss, standard_error, chosen`, a row a penalty.
        """
        path = tabulate_path(self.fits, self.chosen)
        path.insert(3, "loss", self.losses)
        path.insert(4, "standard_error", self.standard_errors)
        return path


def tabulate_path(fits: Sequence[CoxPathFit], chosen: int) -> pd.DataFrame:
    """A path as a table.

    Returns
    -------
    DataFrame
        `penalty, n_genes, explained, chosen`, a row a penalty.
    """
    return pd.DataFrame(
        {
            "penalty": [fit.penalty for fit in fits],
            "n_genes": [fit.n_chosen for fit in fits],
            "explained": [fit.explained for fit in fits],
            "chosen": np.arange(len(fits)) == chosen,
        }
    )


def choose_cox_fit(
    X: NDArray[np.floating],
    follow_up: FollowUp,
    folds: Sequence[RowIndex],
    penalties: Sequence[float] | None = None,
    l1_ratio: float = 1.0,
    columns: FloatArray | None = None,
    rule: str = ONE_STANDARD_ERROR,
    *,
    ties: str = EFRON,
) -> CoxChoice:
    """Fit a path, and choose its penalty by folds of the patients [1]_.

    Of each fold it is the partial-likelihood deviance of all patients less that of the
    patients fitted on, both at the coefficients fitted: what the held-out patients add, each
    compared with everyone at risk. The rule of one standard error [2]_ takes the strongest
    penalty of which the mean over the folds, each counted by its events, is within one
    standard error of the lowest.

    Parameters
    ----------
    X : array, patients x genes
    follow_up : FollowUp
    folds : sequence of array of int
        Rows held out.
    penalties, l1_ratio, columns, ties
        As `fit_cox_path` takes them.
    rule : {"one-standard-error", "minimum"}

    Raises
    ------
    AbsentError
        If all events are in one fold.

    References
    ----------
    .. [1] Verweij PJM, van Houwelingen HC (1993). Cross-validation in survival analysis.
       Statistics in Medicine 12:2305-2314.
    .. [2] Breiman L, Friedman JH, Olshen RA, Stone CJ (1984). Classification and
       regression trees, section 3.4.3. Wadsworth.
    """
    fits = fit_cox_path(X, follow_up, penalties, l1_ratio, columns, ties=ties)
    strengths = [fit.penalty for fit in fits]
    everyone = PartialLikelihood.of(follow_up, ties=ties)
    held_out_events, added = [], []
    for held_out in folds:
        n_events = int(np.sum(follow_up.events[held_out] == EVENT))
        if not n_events:
            continue
        if n_events == follow_up.n_events:
            raise AbsentError(
                "A fold holds all events, so that no penalty can be chosen without them."
            )
        fitted_on = np.ones(follow_up.n)
        fitted_on[held_out] = 0
        rest = PartialLikelihood.of(follow_up, ties=ties, weights=fitted_on)
        path = fit_cox_path(
            X, follow_up, strengths, l1_ratio, columns, ties=ties, weights=fitted_on
        )
        added.append(
            [
                everyone.deviance(log_hazards) - rest.deviance(log_hazards)
                for log_hazards in (fit.predict(X, columns) for fit in path)
            ]
        )
        held_out_events.append(n_events)
    weights = np.array(held_out_events, dtype=np.float64)
    of_folds = np.array(added) / weights[:, np.newaxis]
    losses = np.average(of_folds, axis=0, weights=weights)
    variances = np.average((of_folds - losses) ** 2, axis=0, weights=weights)
    standard_errors = np.sqrt(variances / max(len(weights) - 1, 1))
    best = chosen = int(np.argmin(losses))
    if rule == ONE_STANDARD_ERROR:
        chosen = int(np.argmax(losses <= losses[best] + standard_errors[best]))
    return CoxChoice(fits, losses, standard_errors, chosen)


def draw_event_folds(
    follow_up: FollowUp, groups: ArrayLike, n_folds: int, random: np.random.Generator
) -> list[RowIndex]:
    """Rows of each fold, stratified by event, no patient in two folds.

    There are as many folds as patients with the event where that is fewer.

    Raises
    ------
    AbsentError
        If fewer than two patients had the event.
    """
    patients = np.asarray(groups, dtype=str)
    n_with_event = len(np.unique(patients[follow_up.events == EVENT]))
    if n_with_event < 2:
        raise AbsentError(
            "Cross-validation takes two patients with the event or more, not "
            f"{n_with_event} (n_samples = {follow_up.n})."
        )
    return draw_folds(follow_up.events, patients, min(n_folds, n_with_event), random)


def cross_validate_cox_lasso(
    X: NDArray[np.floating],
    follow_up: FollowUp,
    groups: ArrayLike,
    random: np.random.Generator,
    n_folds: int = 5,
    l1_ratio: float = 1.0,
    columns: FloatArray | None = None,
    rule: str = ONE_STANDARD_ERROR,
) -> CoxPathFit:
    """Fit to all rows at the penalty that cross-validation chooses, see `choose_cox_fit`.

    Parameters
    ----------
    X : array, patients x genes
        Standardised expression.
    follow_up : FollowUp
    groups : array
        Patient of each row; no patient is in two folds.
    random : numpy.random.Generator
        Draws the folds.
    n_folds, l1_ratio, columns, rule
        As `choose_cox_fit` takes them.
    """
    folds = draw_event_folds(follow_up, groups, n_folds, random)
    choice = choose_cox_fit(X, follow_up, folds, None, l1_ratio, columns, rule)
    return choice.fit
