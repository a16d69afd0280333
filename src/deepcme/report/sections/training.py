"""How the losses of a network went over its epochs."""

from __future__ import annotations

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.report.blocks import Blocks, Figure, Heading
from deepcme.report.figures.study import plot_training_curves
from deepcme.report.section import Contents, Section


def compute_training_curves(history: pd.DataFrame) -> pd.DataFrame:
    """Mean losses and validation AUC over the splits, by model and epoch.

    Columns: model, epoch, train_loss, valid_loss, valid_auc, splits; an epoch
    that early stopping left to some splits averages those.

    Raises
    ------
    AbsentError
        If no network was trained.
    """
    if history.empty:
        raise AbsentError("No model of this study is trained in epochs.")
    return history.groupby(["model", "epoch"], as_index=False, sort=False).agg(
        train_loss=("train_loss", "mean"),
        valid_loss=("valid_loss", "mean"),
        valid_auc=("valid_auc", "mean"),
        splits=("split", "size"),
    )


def _compute(contents: Contents) -> None:
    history = contents.results.folder.read_table("history.parquet")
    contents.add("history", lambda: compute_training_curves(history))
    if "history" in contents.tables:
        curves = contents.tables["history"]
        first = curves[curves["model"] == curves["model"].iloc[0]]
        contents.charts["training_curves"] = plot_training_curves(first)


def describe_weights(contents: Contents) -> str:
    """What the cross-entropy is of where times are learned; nothing of labels."""
    if contents.results.study.survival is None:
        return ""
    return (
        " of whether the event comes by the horizon, by patients of whom that is known, "
        "weighted for those censored before"
    )


def _write(contents: Contents) -> Blocks:
    if "training_curves" in contents.charts:
        yield Heading("Training", "training", only="html")
    yield Figure(
        "training_curves",
        "Training and validation loss by epoch",
        f"Cross-entropy without the penalty{describe_weights(contents)}, mean over the splits. "
        "Training loss is taken with dropout on. Click a part in the legend to single it out.",
    )


SECTION = Section(_write, _compute)
