"""The paper's hyper-parameter grid: its points, its results, and the choice made of them.

The choice uses validation data alone: in each split the combination whose kept
epoch has the lowest validation loss, as the paper chose its epochs; in a nested
design the lowest mean over the inner folds. Test AUCs are shown beside it, never used. Of
times to an event the networks are those of times: their loss is minus the cross-validated log
partial likelihood of each validation event, and Harrell's C of validation and Uno's C of test
data stand beside it.

Tables
------
grid.csv              split, width, batch_size, penalty_strength, epoch, valid_loss, valid_auc,
                      test_auc, n, events; inner_fold too in a nested design. Of times
                      valid_c and test_uno_c in place of the AUCs
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
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.splits import PARTS, Split
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.metrics import compute_auc
from deepcme.evaluation.predictions import outcome_columns, with_strata
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.metrics import compute_survival_metrics
from deepcme.study.fit import Fit, Results, TaskResult, results_of
from deepcme.study.part import PREDICTIONS, Kept, TextColumns
from deepcme.study.parts.fits import FitsPart
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.survival_tables import compute_censoring_table
from deepcme.study.settings import GridSettings, ModelSettings
from deepcme.study.tables import concatenate, predictions_of
from deepcme.study.tasks import Plan, common_content, content_key

TUNED, TUNED_OF_TIMES = "DeepCME-tuned", "DeepCME-Cox-tuned"
NETWORK, NETWORK_OF_TIMES = "DeepCME", "DeepCME-Cox"

_PENALTIES = tuple(10.0**power for power in range(-4, 4))
_BATCH_SIZES = (32, 64)
# A partial likelihood compares the rows of a batch: few, or as many as there mostly are.
_BATCH_SIZES_OF_TIMES = (32, 128)
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

    def model(self, estimator: str = NETWORK) -> ModelSettings:
        """The network with these hyper-parameters, three layers deep."""
        return ModelSettings(
            name=f"{estimator} {self.width}/{self.batch_size}/{self.penalty_strength:g}",
            estimator=estimator,
            parameters={
                "hidden_layers": [self.width] * _LAYERS,
                "batch_size": self.batch_size,
                "penalty_strength": self.penalty_strength,
            },
        )


def grid_points(search: str, *, of_times: bool = False) -> list[GridPoint]:
    """Points of the paper's grid: all (``full``), those of figure 7 (width 64), or none."""
    if search == "none":
        return []
    widths = _WIDTHS if search == "full" else (_FIGURE_7_WIDTH,)
    batch_sizes = _BATCH_SIZES_OF_TIMES if of_times else _BATCH_SIZES
    return [
        GridPoint(width, batch_size, penalty)
        for width, batch_size, penalty in product(widths, batch_sizes, _PENALTIES)
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
    outcomes = (BinaryOutcome.kind, SurvivalOutcome.kind)
    settings = GridSettings
    stands_beside = False
    tables: ClassVar[TextColumns] = {"grid.csv": (), "grid_summary.csv": ()}

    def tasks(self, plan: Plan) -> Iterator[GridFit]:
        study, common = plan.study, common_content(plan, MODELS.results_version)
        of_times = study.survival is not None
        points = grid_points(study.grid.search, of_times=of_times)
        for point, (number, split) in product(points, enumerate(plan.splits, start=1)):
            model = point.model(NETWORK_OF_TIMES if of_times else NETWORK)
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
                    horizon=study.horizon,
                    grid_point=point,
                    inner_fold=inner_fold,
                )

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        """The grid, its summary, and predictions of the points that were chosen."""
        fits = self.of(plan)
        if not fits:
            return {}
        grid = compute_grid(plan, results_of(kept, fits))
        return {
            "grid.csv": grid,
            "grid_summary.csv": summarise_grid(grid),
            PREDICTIONS: compute_tuned_predictions(plan, results_of(kept, fits), grid),
        }


GRID = Grid()


def _inner_splits(split: Split) -> list[tuple[int | None, Split]]:
    return [*enumerate(split.inner, start=1)] if split.inner else [(None, split)]


def compute_grid(plan: Plan, results: Results[GridFit]) -> pd.DataFrame:
    """One row per split (and inner fold) and point: the kept epoch, and how it ranks."""
    rows, tests = [], []
    for task, result in results:
        assert result.history is not None
        kept = result.history.iloc[int(result.history["valid_loss"].argmin())]
        validated = {name: kept[name] for name in kept.index if name.startswith("valid_")}
        inner = {} if task.inner_fold is None else {"inner_fold": task.inner_fold}
        rows.append(
            {
                "split": task.split_number,
                **inner,
                **vars(task.grid_point),
                "epoch": int(kept["epoch"]),
                **validated,
            }
        )
        tests.append(_predict_test(plan.cohort, task, result))
    if plan.study.survival is None:
        return pd.DataFrame(rows).assign(**_measure_labels(tests))
    return pd.DataFrame(rows).assign(**_measure_times(plan, tests))


def _predict_test(cohort: Cohort, task: GridFit, result: TaskResult) -> pd.DataFrame:
    """Predictions of the test part alone, under the title of the fit."""
    rows = predictions_of(cohort, task, result, task.title)
    return rows[rows["part"] == "test"]


def _measure_labels(tests: Sequence[pd.DataFrame]) -> dict[str, list[Any]]:
    return {
        "test_auc": [compute_auc(test["label"], test["score"]) for test in tests],
        "n": [len(test) for test in tests],
        "events": [int(test["label"].sum()) for test in tests],
    }


def _measure_times(plan: Plan, tests: Sequence[pd.DataFrame]) -> dict[str, pd.Series[Any]]:
    """Uno's C of each fit, as in the study's metrics; n and events are of patients."""
    censoring = compute_censoring_table(plan)
    columns = None if censoring is None else censoring.set_index("sample")
    levels = plan.study.split.levels_of(plan.cohort)
    whole = with_strata(concatenate(tests), plan.cohort.samples, levels)
    metrics = compute_survival_metrics(whole, plan.study.horizon, columns)
    of_fit = metrics[metrics["metric"] == UNO.name].set_index("model")
    in_order = of_fit.loc[[test["model"].iloc[0] for test in tests]].reset_index()
    return {
        f"test_{UNO.name}": in_order["value"],
        "n": in_order["n"],
        "events": in_order["events"],
    }


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
    measures = _measures(grid)
    means = grid.groupby(["split", *_COLUMNS], as_index=False)[measures].mean()
    # A fit that diverged has no loss, and its point no mean that could be the lowest.
    lost = grid.assign(lost=grid["valid_loss"].isna()).groupby(["split", *_COLUMNS])["lost"]
    means["valid_loss"] = means["valid_loss"].mask(lost.any().to_numpy())
    return means


def _measures(grid: pd.DataFrame) -> list[str]:
    """Columns of losses and of how the points rank, the test part's last."""
    return [name for name in map(str, grid) if name.startswith(("valid_", "test_"))]


def _point(row: dict[Hashable, Any]) -> GridPoint:
    return GridPoint(int(row["width"]), int(row["batch_size"]), float(row["penalty_strength"]))


def summarise_grid(grid: pd.DataFrame) -> pd.DataFrame:
    """Mean validation and test measures of each point over the splits (paper, figure 7)."""
    by_point = _mean_over_inner_folds(grid).groupby(_COLUMNS)
    measures = _measures(grid)
    table = by_point[measures].mean()
    table.insert(0, "splits", by_point.size())
    table[f"{measures[-1]}_sd"] = by_point[measures[-1]].std()
    table = table.reset_index()
    chosen = Counter(choose_points(grid).values())
    table["chosen_in_splits"] = [chosen[_point(row)] for row in table.to_dict("records")]
    return table


def compute_tuned_predictions(
    plan: Plan, results: Results[GridFit], grid: pd.DataFrame
) -> pd.DataFrame:
    """Predictions, in each split, of the network that validation data chose from the grid.

    In a nested design they are the mean of the chosen point's networks, one for each
    inner fold; nothing is refitted.
    """
    chosen = choose_points(grid)
    name = TUNED if plan.study.survival is None else TUNED_OF_TIMES
    fits: dict[int, list[pd.DataFrame]] = {number: [] for number in sorted(chosen)}
    for task, result in results:
        if chosen[task.split_number] == task.grid_point:
            fits[task.split_number].append(predictions_of(plan.cohort, task, result, name))
    return concatenate(
        [
            of_split[0] if len(of_split) == 1 else _average(of_split)
            for of_split in fits.values()
        ]
    )


def _average(fits: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean prediction of each part's rows over the fits that have the row in that part.

    Of labels the score is the logit of the mean probability, of times the mean log hazard.
    """
    rows = pd.concat(fits)
    keys = ["split", "model", "sample", "patient", "part", *outcome_columns(rows)]
    means = rows.groupby(keys, sort=False, as_index=False)[["score", "probability"]].mean()
    if "label" in rows:
        means = means.assign(score=log_odds(means["probability"].to_numpy()))
    averaged: pd.DataFrame = means[[*rows.columns]].sort_values(
        "part", key=lambda part: part.map(PARTS.index), kind="stable"
    )
    return averaged
