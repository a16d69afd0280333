"""What a panel keeps beside its refit: ranges, training risks, and resampled refits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from deepcme.evaluation.survival.baseline import Baseline
from deepcme.trained.learned.arrays import Arrays, UnfitArraysError, require_numbers
from deepcme.trained.learned.networks import LearnedHazardNetworks, LearnedNetworks

PREFIX = "panel."
RANGE_QUANTILES = np.linspace(0, 1, 21)
RISK_QUANTILES = np.linspace(0, 1, 101)
MOST_HAZARD_TIMES = 50
INTERVAL = (0.025, 0.975)
INTERVAL_IN_WORDS = (
    "how much the risk moves when the patients that the model learned from are drawn again; "
    "the choice of genes is taken as given, so it holds the true risk less often than 95 in "
    "100 times"
)

FloatArray = NDArray[np.float64]
ResampledNetworks = LearnedNetworks | LearnedHazardNetworks
_FORMS: Mapping[str, type[ResampledNetworks]] = {
    "networks": LearnedNetworks,
    "hazard networks": LearnedHazardNetworks,
}
_OPTIONAL = ("resampled", "lines", "hazard_times", "resampled_hazards")


@dataclass(frozen=True, eq=False)
class Panel:
    """What a panel keeps beside its refit, in double precision.

    Attributes
    ----------
    ranges : ndarray of float64, shape (genes, 21)
        Training quantiles of each gene at `RANGE_QUANTILES`, on the scale that is standardised.
    risks : ndarray of float64, shape (101,)
        Quantiles of the training patients' calibrated out-of-fold risks at `RISK_QUANTILES`.
    resampled : ndarray of float64, shape (resamples, 1 + genes), optional
        Of a linear panel: intercept and coefficients of the standardised genes of the refit on
        each bootstrap of the patients, calibrated: log-odds, or a log hazard.
    networks : tuple of networks
        Of a panel of networks: the refit on each bootstrap.
    lines : ndarray of float64, shape (resamples, 2), optional
        Intercept and slope that calibrate the scores of `networks`.
    hazard_times : ndarray of float64, shape (times,), optional
        Of a panel of times, the horizon among them.
    resampled_hazards : ndarray of float64, shape (resamples, times), optional
        Cumulative baseline hazard by each of these times of each bootstrap.
    """

    ranges: FloatArray
    risks: FloatArray
    resampled: FloatArray | None = None
    networks: tuple[ResampledNetworks, ...] = ()
    lines: FloatArray | None = None
    hazard_times: FloatArray | None = None
    resampled_hazards: FloatArray | None = None

    @property
    def n_resamples(self) -> int:
        """Number of the bootstraps."""
        return len(self.networks) if self.resampled is None else len(self.resampled)

    def predictors(self, Z: FloatArray) -> FloatArray:
        """Calibrated log-odds or log hazards by each resampled refit, (samples, resamples)."""
        if self.resampled is not None:
            return self.resampled[:, 0] + Z @ self.resampled[:, 1:].T
        assert self.lines is not None
        scores = np.column_stack([learned.evaluate(Z).score for learned in self.networks])
        return self.lines[:, 0] + self.lines[:, 1] * scores

    def hazards_at(self, time: float) -> FloatArray:
        """Cumulative baseline hazard by one of `hazard_times`, (resamples,)."""
        assert self.hazard_times is not None and self.resampled_hazards is not None
        return self.resampled_hazards[:, self.hazard_times.searchsorted(time)]

    def hazards_by(self, times: FloatArray, baseline: Baseline) -> FloatArray:
        """Cumulative baseline hazard by each time of each resample, (resamples, times).

        Between `hazard_times` it follows the model's own baseline: it is that times a ratio,
        which is interpolated, and stays what it is beyond the first and the last of them.
        """
        grid, hazards = self.hazard_times, self.resampled_hazards
        assert grid is not None and hazards is not None
        above = np.searchsorted(grid, times).clip(1, max(len(grid) - 1, 1))
        ends = np.minimum([above - 1, above], len(grid) - 1)
        low, high = grid[ends]
        weight = np.divide(
            times - low, high - low, out=np.zeros(len(times)), where=high > low
        ).clip(0, 1)
        ratio = hazards[:, ends[0]] / baseline.hazards(low) * (1 - weight)
        ratio += hazards[:, ends[1]] / baseline.hazards(high) * weight
        return np.asarray(ratio * baseline.hazards(times))

    def arrays(self) -> Arrays:
        """All that it has, under the names of its attributes."""
        arrays: dict[str, Any] = {f"{PREFIX}ranges": self.ranges, f"{PREFIX}risks": self.risks}
        for name in _OPTIONAL:
            if (array := getattr(self, name)) is not None:
                arrays[f"{PREFIX}{name}"] = array
        for number, learned in enumerate(self.networks):
            for name, array in learned.arrays():
                arrays[f"{PREFIX}resampled.{number}.{name}"] = array
        return arrays

    @classmethod
    def from_arrays(
        cls,
        arrays: Arrays,
        n_genes: int,
        form: str,
        baseline: Baseline | None = None,
        horizon: float | None = None,
    ) -> Self:
        """Rebuild it from its arrays, without their prefix.

        Parameters
        ----------
        arrays : dict of str to ndarray
        n_genes : int
        form : str
            That of the refit, as the manifest names it.
        baseline : Baseline, optional
            Of a panel of times.
        horizon : float, optional
            The same.

        Raises
        ------
        UnfitArraysError
            If they do not make up the panel that the manifest describes.
        """
        of_networks = {
            name: arrays.pop(name) for name in list(arrays) if name.startswith("resampled.")
        }
        names = {"ranges", "risks"}
        names |= {"lines"} if form in _FORMS else {"resampled"}
        names |= set() if baseline is None else {"hazard_times", "resampled_hazards"}
        if set(arrays) != names:
            odd = sorted(set(arrays) ^ names)[0]
            word = "is missing" if odd in names else "belongs to no panel of this kind"
            raise UnfitArraysError(f"the array {PREFIX}{odd} {word}.")
        require_numbers(
            {f"{PREFIX}{name}": array for name, array in arrays.items()},
            {f"{PREFIX}{name}": np.float64 for name in arrays},
        )
        networks = _take_networks(of_networks, n_genes, form)
        panel = cls(**arrays, networks=networks)
        panel._require_shapes(n_genes)
        panel._require_order()
        if baseline is not None:
            panel._require_hazards(baseline, horizon)
        return panel

    def _require_shapes(self, n_genes: int) -> None:
        if self.resampled is not None and self.resampled.ndim != 2:
            raise UnfitArraysError(f"the array {PREFIX}resampled is no matrix.")
        shapes = {
            "ranges": (n_genes, len(RANGE_QUANTILES)),
            "risks": RISK_QUANTILES.shape,
            "resampled": (self.n_resamples, 1 + n_genes),
            "lines": (self.n_resamples, 2),
            "hazard_times": (0 if self.hazard_times is None else self.hazard_times.size,),
        }
        shapes["resampled_hazards"] = (self.n_resamples, *shapes["hazard_times"])
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise UnfitArraysError(
                    f"the array {PREFIX}{name} is not that of {n_genes} genes and "
                    f"{self.n_resamples} resampled refits."
                )
        if not self.n_resamples:
            raise UnfitArraysError("there is no resampled refit of the panel.")

    def _require_order(self) -> None:
        if (np.diff(self.ranges) < 0).any():
            raise UnfitArraysError("the ranges of the panel's genes do not ascend.")
        risks = self.risks
        if (np.diff(risks) < 0).any() or risks[0] < 0 or risks[-1] > 1:
            raise UnfitArraysError("the training risks of the panel are no ascending risks.")

    def _require_hazards(self, baseline: Baseline, horizon: float | None) -> None:
        asked, hazards = self.hazard_times, self.resampled_hazards
        assert asked is not None and hazards is not None
        if (
            not 0 < asked.size <= MOST_HAZARD_TIMES
            or (np.diff(asked) <= 0).any()
            or horizon not in asked
            # Between these times they follow the model's own baseline.
            or asked[-1] > baseline.last_time
            or not baseline.hazards(asked[:1]) > 0
            or (np.diff(hazards, prepend=0.0) < 0).any()
        ):
            raise UnfitArraysError(
                "the resampled hazards are not rising ones at ascending times, the horizon "
                "among them and none before the baseline rises."
            )


def take_interval(risks: FloatArray) -> FloatArray:
    """The quantiles over the second axis, between two risks in proportion (type 7)."""
    ordered = np.sort(risks, axis=1)
    last = ordered.shape[1] - 1
    ends = []
    for share in INTERVAL:
        below = int(share * last)
        weight = share * last - below
        above = min(below + 1, last)
        ends.append(ordered[:, below] * (1 - weight) + ordered[:, above] * weight)
    return np.array(ends)


def _take_networks(arrays: Arrays, n_genes: int, form: str) -> tuple[ResampledNetworks, ...]:
    by_number: dict[int, Arrays] = {}
    for name, array in arrays.items():
        _, number, rest = name.split(".", 2) if name.count(".") > 1 else ("", "", "")
        if form not in _FORMS or not (number.isascii() and number.isdecimal()):
            raise UnfitArraysError(f"the array {PREFIX}{name} belongs to no resampled refit.")
        by_number.setdefault(int(number), {})[rest] = array
    if sorted(by_number) != list(range(len(by_number))):
        raise UnfitArraysError("a resampled refit of the panel is missing.")
    networks = []
    for place, of_refit in sorted(by_number.items()):
        try:
            networks.append(_FORMS[form].from_arrays(of_refit, n_genes))
        except UnfitArraysError as error:
            raise UnfitArraysError(f"of resampled refit {place}, {error}") from error
    return tuple(networks)
