"""Cox regression of all genes along a path of lasso or elastic-net penalties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.newton import maximise
from deepcme.evaluation.survival.partial_likelihood import EFRON, PartialLikelihood
from deepcme.models.survival.dual import UNPENALISED, FloatArray, GeneIndex
from deepcme.models.survival.quadratic import minimise_quadratic

N_PENALTIES = 100
# The last penalty as a share of the first, by whether there are more genes than patients.
_SHARE_OF_MANY, _SHARE_OF_FEW = 1e-2, 1e-4
# A path ends where it explains nearly all, or where its last fits add nothing.
_NEARLY_ALL, _NOTHING, _LAST_FITS = 0.999, 1e-3, 4
# A penalty is at least this share of the one before it; where not, there are some between.
_LONGEST_STEP = 0.9
# Slopes in single precision are computed again in double where they are this close to the
# penalty; one that exceeds it by less is rounding.
_CLOSE, _EXCEEDS = 1e-3, 1e-9


@dataclass(frozen=True, eq=False)
class CoxPathFit:
    """A Cox regression at one penalty.

    Attributes
    ----------
    penalty : float
    genes : array of int
        Positions of the genes with a coefficient, ascending.
    log_hazard_ratios : array
        Their coefficients.
    column_coefficients : array
        Of the columns without penalty.
    gradient : array of shape (all genes,)
        Derivative of the mean log partial likelihood; of a gene without a coefficient at
        most the penalty (times `l1_ratio`) in absolute value.
    explained : float
        Share of the deviance, between 0 and 1.
    """

    penalty: float
    genes: GeneIndex
    log_hazard_ratios: FloatArray
    column_coefficients: FloatArray
    gradient: NDArray[np.floating]
    explained: float

    @property
    def coefficients(self) -> FloatArray:
        """Coefficient of each gene, most of them 0."""
        coefficients = np.zeros(len(self.gradient))
        coefficients[self.genes] = self.log_hazard_ratios
        return coefficients

    @property
    def n_chosen(self) -> int:
        """Number of genes with a coefficient."""
        return len(self.genes)

    def order(self) -> GeneIndex:
        """Genes by size of coefficient, those without one by size of gradient."""
        return np.lexsort((-np.abs(self.gradient), -np.abs(self.coefficients)))

    def predict(self, X: NDArray[np.floating], columns: FloatArray | None = None) -> FloatArray:
        """Log hazard of each row, up to a constant."""
        log_hazards: FloatArray = X[:, self.genes] @ self.log_hazard_ratios
        if columns is not None:
            log_hazards += columns @ self.column_coefficients
        return log_hazards


def fit_cox_path(
    X: NDArray[np.floating],
    follow_up: FollowUp,
    penalties: Sequence[float] | FloatArray | None = None,
    l1_ratio: float = 1.0,
    columns: FloatArray | None = None,
    *,
    ties: str = EFRON,
    weights: ArrayLike | None = None,
) -> list[CoxPathFit]:
    """Fit at each penalty, from the strongest on.

    A fit maximises the mean log partial likelihood less the penalty times (`l1_ratio` times
    the sum of absolute coefficients plus half of (1 - `l1_ratio`) times that of squares):
    glmnet's scale [1]_. The sequential strong rule [2]_ leaves nearly all genes out of each
    fit, and the optimality conditions of all genes bring back those it should not have:
    the result is that of a fit to all genes.

    Parameters
    ----------
    X : array, patients x genes
        Standardised expression; it is never copied as a whole.
    follow_up : FollowUp
        The competing event counts as censored.
    penalties : sequence of float, optional
        Falling. As default 100 from where the first gene enters, until next to all of the
        deviance is explained or nothing is added, as in glmnet.
    l1_ratio : float
        Above 0; 1 is the lasso.
    columns : array, patients x columns, optional
        Standardised, and none of the others' sum: these enter without a penalty.
    ties : {"efron", "breslow"}
    weights : array, optional
        How often each patient counts; one of weight 0 is as if not there.

    Raises
    ------
    AbsentError
        If there is no event, or no maximum is found.

    References
    ----------
    .. [1] Simon N, Friedman J, Hastie T, Tibshirani R (2011). Regularization paths for
       Cox's proportional hazards model via coordinate descent. J Stat Softw 39(5):1-13.
    .. [2] Tibshirani R et al. (2012). Strong rules for discarding predictors in
       lasso-type problems. J R Stat Soc B 74:245-266.
    """
    path = _Path.of(X, follow_up, l1_ratio, columns, ties=ties, weights=weights)
    if penalties is not None:
        return list(path.follow(penalties))
    fits: list[CoxPathFit] = []
    for fit in path.follow(path.make_penalties()):
        fits.append(fit)
        earlier = fits[-_LAST_FITS - 1].explained if len(fits) > _LAST_FITS else -np.inf
        if fit.explained - earlier < _NOTHING * fit.explained or fit.explained > _NEARLY_ALL:
            break
    return fits


@dataclass(eq=False)
class _Path:
    """Where a path is: coefficients of candidates and of columns, and slopes of all genes.

    The design holds the candidates in double precision, then the columns.
    """

    X: NDArray[np.floating]
    likelihood: PartialLikelihood
    n: float
    l1_ratio: float
    n_columns: int
    null: float
    candidates: GeneIndex
    design: FloatArray
    coefficients: FloatArray
    gradient: NDArray[np.floating]

    @classmethod
    def of(
        cls,
        X: NDArray[np.floating],
        follow_up: FollowUp,
        l1_ratio: float,
        columns: FloatArray | None,
        **counted: Any,
    ) -> _Path:
        likelihood = PartialLikelihood.of(follow_up, **counted)
        weights = counted.get("weights")
        design = np.empty((len(X), 0)) if columns is None else np.asarray(columns)
        path = cls(
            X=X,
            likelihood=likelihood,
            n=float(follow_up.n if weights is None else np.sum(weights)),
            l1_ratio=l1_ratio,
            n_columns=design.shape[1],
            null=likelihood.log_likelihood(np.zeros(len(X))),
            candidates=np.empty(0, dtype=np.int64),
            design=design,
            coefficients=np.zeros(design.shape[1]),
            gradient=np.empty(0),
        )
        path._climb(np.inf, np.zeros(0, dtype=np.bool_))
        path.gradient = path._slopes(path._residuals(), path.X)
        return path

    def make_penalties(self) -> FloatArray:
        """Penalties from where the first gene enters, falling in equal shares.

        It is infinite, and alone, where no gene varies or nothing can be explained.
        """
        if not self._explicable:
            return np.array([np.inf])
        genes = np.flatnonzero(
            np.abs(self.gradient) >= self._strongest() * self.l1_ratio * (1 - _CLOSE)
        )
        slopes = self._slopes(self._residuals(), self._in_double(genes))
        first = float(np.max(np.abs(slopes), initial=0.0)) / self.l1_ratio
        if first == 0:
            return np.array([np.inf])
        share = _SHARE_OF_MANY if self.n < self.X.shape[1] else _SHARE_OF_FEW
        return np.geomspace(first, share * first, N_PENALTIES)

    @property
    def _explicable(self) -> float:
        """What fits can gain; 0 where all who are at risk have the event at once."""
        most = self.likelihood.saturated - self.null
        return most if most > _EXCEEDS * self.n else 0.0

    def follow(self, penalties: Iterable[float]) -> Iterator[CoxPathFit]:
        """Fit at each penalty."""
        stronger = self._strongest()
        for penalty in map(float, penalties):
            for between in _divide(stronger, penalty):
                self._keep(np.abs(self.gradient) >= self.l1_ratio * (2 * between - stronger))
                self._fit(between)
                stronger = min(stronger, between)
            yield self._told(penalty)

    def _strongest(self) -> float:
        return float(np.max(np.abs(self.gradient), initial=0.0)) / self.l1_ratio

    def _fit(self, penalty: float) -> None:
        """Add genes that break the optimality conditions until none does."""
        threshold = self.l1_ratio * penalty
        entering = (self.coefficients[: len(self.candidates)] != 0) | (
            np.abs(self.gradient[self.candidates]) > threshold
        )
        while True:
            self._climb(penalty, entering)
            residuals = self._residuals()
            slopes = self._slopes(residuals, self.design[:, : len(self.candidates)])
            missed = (np.abs(slopes) > threshold * (1 + _EXCEEDS)) & ~entering
            if missed.any():
                entering |= missed
                continue
            self.gradient = self._slopes(residuals, self.X)
            added = self._find_missed(residuals, threshold)
            if not len(added):
                return
            self._add(added)
            entering = np.concatenate([entering, np.ones(len(added), dtype=np.bool_)])

    def _climb(self, penalty: float, entering: NDArray[np.bool_]) -> None:
        """Maximise the penalised likelihood over the candidates that enter, and columns."""
        chosen = np.concatenate([entering, np.ones(self.n_columns, dtype=bool)])
        design = self.design[:, chosen]
        kinds = np.repeat([True, False], [int(entering.sum()), self.n_columns])
        thresholds = np.where(kinds, self.n * self.l1_ratio * penalty, 0.0)
        ridge = np.where(kinds, self.n * (1 - self.l1_ratio) * penalty, UNPENALISED)
        likelihood = self.likelihood

        def objective(place: FloatArray) -> float:
            lost = thresholds @ np.abs(place) + ridge @ place**2 / 2
            return likelihood.log_likelihood(design @ place) - float(lost)

        def step(place: FloatArray) -> tuple[FloatArray, FloatArray]:
            slope, curvature = likelihood.derivatives(design @ place, design)
            slope += curvature @ place
            curvature[np.diag_indices_from(curvature)] += ridge
            direction = minimise_quadratic(curvature, slope, thresholds, place) - place
            return curvature @ direction, direction

        place, converged = maximise(objective, step, self.coefficients[chosen])
        if not converged:
            raise AbsentError(
                f"A Cox regression of penalty {penalty:g} found no maximum of its likelihood."
            )
        self.coefficients[:] = 0.0
        self.coefficients[chosen] = place

    def _residuals(self) -> FloatArray:
        return self.likelihood.gradient(self.design @ self.coefficients)

    def _slopes(
        self, residuals: FloatArray, of_genes: NDArray[np.floating]
    ) -> NDArray[np.floating]:
        """Derivative of the mean log partial likelihood, in the precision of the matrix."""
        slopes = (residuals / self.n).astype(of_genes.dtype) @ of_genes
        return np.asarray(slopes, dtype=of_genes.dtype)

    def _find_missed(self, residuals: FloatArray, threshold: float) -> GeneIndex:
        """Genes beyond the candidates whose slope exceeds the threshold."""
        close = np.abs(self.gradient) > threshold * (1 - _CLOSE)
        close[self.candidates] = False
        genes = np.flatnonzero(close)
        slopes = self._slopes(residuals, self._in_double(genes))
        missed: GeneIndex = genes[np.abs(slopes) > threshold * (1 + _EXCEEDS)]
        return missed

    def _keep(self, strong: NDArray[np.bool_]) -> None:
        """Leave candidates that are neither strong nor have a coefficient, and add the rest."""
        n_before = len(self.candidates)
        kept = strong[self.candidates] | (self.coefficients[:n_before] != 0)
        everything = np.concatenate([kept, np.ones(self.n_columns, dtype=bool)])
        self.candidates = self.candidates[kept]
        self.design = self.design[:, everything]
        self.coefficients = self.coefficients[everything]
        strong[self.candidates] = False
        self._add(np.flatnonzero(strong))

    def _in_double(self, genes: GeneIndex) -> FloatArray:
        of_genes: FloatArray = self.X[:, genes].astype(np.float64)
        of_genes -= of_genes.mean(axis=0)
        return of_genes

    def _add(self, genes: GeneIndex) -> None:
        place = len(self.candidates)
        self.candidates = np.concatenate([self.candidates, genes])
        self.design = np.hstack(
            [self.design[:, :place], self._in_double(genes), self.design[:, place:]]
        )
        self.coefficients = np.insert(self.coefficients, place, np.zeros(len(genes)))

    def _told(self, penalty: float) -> CoxPathFit:
        of_genes, of_columns = np.split(self.coefficients, [len(self.candidates)])
        order = np.argsort(self.candidates)
        order = order[of_genes[order] != 0]
        gained = self.likelihood.log_likelihood(self.design @ self.coefficients) - self.null
        return CoxPathFit(
            penalty=penalty,
            genes=self.candidates[order],
            log_hazard_ratios=of_genes[order],
            column_coefficients=of_columns,
            gradient=self.gradient,
            explained=gained / self._explicable if self._explicable else 0.0,
        )


def _divide(stronger: float, penalty: float) -> list[float]:
    """Penalties down to the next one, close enough for the strong rule to leave genes out."""
    if penalty >= stronger:
        return [penalty]
    n_steps = int(np.ceil(np.log(penalty / stronger) / np.log(_LONGEST_STEP)))
    between = np.geomspace(stronger, penalty, n_steps + 1)[1:-1]
    return [*map(float, between), penalty]
