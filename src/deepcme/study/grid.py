"""The paper's hyper-parameter grid: its points, its results, and the choice made of them.

The choice uses validation data alone: in each split the combination whose kept
epoch has the lowest validation loss, as the paper chose its epochs; in a nested
design the lowest mean over the inner folds. Test AUCs are shown beside it, never used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import product
from typing import Any

import pandas as pd

from deepcme.errors import DeepCMEError
from deepcme.study.sections import ModelSettings

TUNED = "DeepCME-tuned"

_PENALTIES = tuple(10.0**power for power in range(-4, 4))
_BATCH_SIZES = (32, 64)
_WIDTHS = (32, 64, 128, 256)
_FIGURE_7_WIDTH = 64
_LAYERS = 3
_COLUMNS = ["width", "batch_size", "penalty_strength"]


@dataclass(frozen=True)
class GridPoint:
    """One combination of the hyper-parameters that the paper searched."""

    width: int
    batch_size: int
    penalty_strength: float

    def model(self) -> ModelSettings:
        """The network with these hyper-parameters, three layers deep."""
        return ModelSettings(
            name=f"DeepCME {self.width}/{self.batch_size}/{self.penalty_strength:g}",
            estimator="DeepCME",
            parameters={
                "hidden_layers": [self.width] * _LAYERS,
                "batch_size": self.batch_size,
                "penalty_strength": self.penalty_strength,
            },
        )


def grid_points(search: str) -> list[GridPoint]:
    """Points of the paper's grid: all (``full``), those of figure 7 (width 64), or none."""
    if search == "none":
        return []
    widths = _WIDTHS if search == "full" else (_FIGURE_7_WIDTH,)
    return [
        GridPoint(width, batch_size, penalty)
        for width, batch_size, penalty in product(widths, _BATCH_SIZES, _PENALTIES)
    ]


def choose_points(grid: pd.DataFrame) -> dict[int, GridPoint]:
    """The point of lowest validation loss in each split, on average over its inner folds.

    Raises
    ------
    DeepCMEError
        If every point has a fit without a loss.
    """
    means = _mean_over_inner_folds(grid)
    diverged = means.groupby("split")["valid_loss"].apply(lambda losses: losses.isna().all())
    if diverged.any():
        raise DeepCMEError(
            f"No point of the grid can be chosen in split {diverged.index[diverged][0]}: a fit "
            "of each diverged; look for extreme values in the cohort with `deepcme audit`."
        )
    best = means.loc[means.groupby("split")["valid_loss"].idxmin()]
    return {int(row["split"]): _point(row) for row in best.to_dict("records")}


def _mean_over_inner_folds(grid: pd.DataFrame) -> pd.DataFrame:
    measures = ["valid_loss", "valid_auc", "test_auc"]
    means = grid.groupby(["split", *_COLUMNS], as_index=False)[measures].mean()
    # A fit that diverged has no loss, and its point no mean that could be the lowest.
    lost = grid.assign(lost=grid["valid_loss"].isna()).groupby(["split", *_COLUMNS])["lost"]
    means["valid_loss"] = means["valid_loss"].mask(lost.any().to_numpy())
    return means


def _point(row: dict[Hashable, Any]) -> GridPoint:
    return GridPoint(int(row["width"]), int(row["batch_size"]), float(row["penalty_strength"]))


def summarise_grid(grid: pd.DataFrame) -> pd.DataFrame:
    """Mean validation and test AUC of each point over the splits (paper, figure 7)."""
    means = (
        _mean_over_inner_folds(grid)
        .groupby(_COLUMNS, as_index=False)
        .agg(
            splits=("split", "size"),
            valid_loss=("valid_loss", "mean"),
            valid_auc=("valid_auc", "mean"),
            test_auc=("test_auc", "mean"),
            test_auc_sd=("test_auc", "std"),
        )
    )
    chosen = Counter(choose_points(grid).values())
    means["chosen_in_splits"] = [chosen[_point(row)] for row in means.to_dict("records")]
    return means
