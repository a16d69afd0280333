"""The paper's hyper-parameter grid: its points, its results, and the choice made of them.

The choice uses validation data alone: in each split the combination whose kept
epoch has the lowest validation loss, as the paper chose its epochs; in a nested
design the lowest mean over the inner folds. Test AUCs are shown beside it, never used.

Tables
------
grid.csv              split, width, batch_size, penalty_strength, losses and AUCs;
                      inner_fold too in a nested design
grid_summary.csv      the same, averaged over the splits
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.log_odds import log_odds
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.honest import fit_seed
from deepcme.cohort.splits import PARTS, Split
from deepcme.evaluation.metrics import compute_auc
from deepcme.study.fit import Fit, Results, results_of
from deepcme.study.part import PREDICTIONS, Kept, TextColumns
from deepcme.study.parts.fits import FitsPart
from deepcme.study.parts.models import MODELS
from deepcme.study.resolved import Study
from deepcme.study.settings import GridSettings, ModelSettings
from deepcme.study.tables import concatenate, predictions_of
from deepcme.study.tasks import Plan, common_content, content_key

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


@dataclass(frozen=True, kw_only=True)
class GridFit(Fit):
    """The fit of a point; in a nested design the inner fold that validates it, from 1."""

    grid_point: GridPoint
    inner_fold: int | None

    @property
    def title(self) -> str:
        inner = "" if self.inner_fold is None else f", inner fold {self.inner_fold}"
        return f"{super().title}{inner}"


class Grid(FitsPart[GridFit]):
    """Every point on every split; in a nested design on every inner fold."""

    name = "grid"
    settings = GridSettings
    stands_beside = False
    tables: ClassVar[TextColumns] = {"grid.csv": (), "grid_summary.csv": ()}

    def is_asked_for(self, study: Study) -> bool:
        return study.grid.search != "none"

    def tasks(self, plan: Plan) -> Iterator[GridFit]:
        study, common = plan.study, common_content(plan, MODELS.results_version)
        points = grid_points(study.grid.search)
        for point, (number, split) in product(points, enumerate(plan.splits, start=1)):
            model = point.model()
            for inner_fold, fitted in _inner_splits(split):
                path = [number] if inner_fold is None else [number, inner_fold]
                content = {**common, "model": model.model_dump(), "number": path}
                yield GridFit(
                    key=content_key(content),
                    part=self.name,
                    split_number=number,
                    split=fitted,
                    model=model,
                    preprocessing=study.preprocessing,
                    random_state=fit_seed(study.seed, model.name, *path),
                    grid_point=point,
                    inner_fold=inner_fold,
                )

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        """The grid, its summary, and predictions of the points that were chosen."""
        fits = self.of(plan)
        if not fits:
            return {}
        grid = compute_grid(plan.cohort, results_of(kept, fits))
        return {
            "grid.csv": grid,
            "grid_summary.csv": summarise_grid(grid),
            PREDICTIONS: compute_tuned_predictions(plan, results_of(kept, fits), grid),
        }


GRID = Grid()


def _inner_splits(split: Split) -> list[tuple[int | None, Split]]:
    return [*enumerate(split.inner, start=1)] if split.inner else [(None, split)]


def compute_grid(cohort: Cohort, results: Results[GridFit]) -> pd.DataFrame:
    """One row per split (and inner fold) and point: the kept epoch's losses and AUCs."""
    rows = []
    for task, result in results:
        assert result.history is not None
        kept = result.history.iloc[int(result.history["valid_loss"].argmin())]
        n_test = len(task.split.test)
        test = cohort.labels[result.rows[-n_test:]]
        inner = {} if task.inner_fold is None else {"inner_fold": task.inner_fold}
        rows.append(
            {
                "split": task.split_number,
                **inner,
                **vars(task.grid_point),
                "epoch": int(kept["epoch"]),
                "valid_loss": kept["valid_loss"],
                "valid_auc": kept["valid_auc"],
                "test_auc": compute_auc(test, result.score[-n_test:]),
                "n": n_test,
                "events": int(test.sum()),
            }
        )
    return pd.DataFrame(rows)


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


def compute_tuned_predictions(
    plan: Plan, results: Results[GridFit], grid: pd.DataFrame
) -> pd.DataFrame:
    """Predictions, in each split, of the network that validation data chose from the grid.

    In a nested design they are the mean of the chosen point's networks, one for each
    inner fold; nothing is refitted.
    """
    chosen = choose_points(grid)
    fits: dict[int, list[pd.DataFrame]] = {number: [] for number in sorted(chosen)}
    for task, result in results:
        if chosen[task.split_number] == task.grid_point:
            fits[task.split_number].append(predictions_of(plan.cohort, task, result, TUNED))
    return concatenate(
        [
            of_split[0] if len(of_split) == 1 else _average(of_split)
            for of_split in fits.values()
        ]
    )


def _average(fits: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean probability of each part's rows over the fits that have the row in that part."""
    rows = pd.concat(fits)
    keys = ["split", "model", "sample", "patient", "part", "label"]
    mean = rows.groupby(keys, sort=False, as_index=False)["probability"].mean()
    mean = mean.assign(score=log_odds(mean["probability"].to_numpy()))[[*rows.columns]]
    averaged: pd.DataFrame = mean.sort_values(
        "part", key=lambda part: part.map(PARTS.index), kind="stable"
    )
    return averaged
