"""How the losses of a network went over its epochs."""

from __future__ import annotations

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.report.blocks import Blocks, Figure, Heading
from deepcme.report.figures.study import plot_training_curves, plot_training_of_times
from deepcme.report.section import Contents, Section


def compute_training_curves(history: pd.DataFrame) -> pd.DataFrame:
    """Mean losses and how validation patients were ranked, over the splits, by model and epoch.

    Columns: model, epoch, train_loss, valid_loss, valid_auc, splits; valid_c where a network
    learns times. An epoch that early stopping left to some splits averages those.

    Raises
    ------
    AbsentError
        If no network was trained.
    """
    if history.empty:
        raise AbsentError("No model of this study is trained in epochs.")
    measures = ["train_loss", "valid_loss", "valid_auc", "valid_c"]
    means = {name: (name, "mean") for name in measures if name in history}
    return history.groupby(["model", "epoch"], as_index=False, sort=False).agg(
        **means, splits=("split", "size")
    )


def _compute(contents: Contents) -> None:
    study = contents.results.study
    of_labels = study.survival is None and study.protocol != "paper"
    if (
        of_labels
        and study.grid.search == "none"
        and any(of.kind.is_network for of in study.models)
    ):
        contents.miss("search of the network's settings", "--grid fig7", asked=False)
    history = contents.results.folder.read_table("history.parquet")
    contents.add("history", lambda: compute_training_curves(history))
    if "history" in contents.tables:
        curves = contents.tables["history"]
        first = curves[curves["model"] == curves["model"].iloc[0]]
        draw = plot_training_of_times if learns_times(first) else plot_training_curves
        contents.charts["training_curves"] = draw(first)


def learns_times(curves: pd.DataFrame) -> bool:
    """Whether these are the curves of a network of times."""
    return "valid_c" in curves and bool(curves["valid_c"].notna().any())


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
    curves = contents.tables.get("history")
    if curves is not None and learns_times(curves[curves["model"] == curves["model"].iloc[0]]):
        yield Figure(
            "training_curves",
            "Validation loss and Harrell's C of validation patients by epoch",
            f"{curves['model'].iloc[0]}, mean over the splits. Above, the loss that chooses "
            "the epoch: minus the log partial likelihood that the validation patients add to "
            "that of the training patients, for each of their events (Verweij and van "
            "Houwelingen 1993). Below, Harrell's C of the validation patients.",
        )
        return
    yield Figure(
        "training_curves",
        "Training and validation loss by epoch",
        f"Cross-entropy without the penalty{describe_weights(contents)}, mean over the splits. "
        "Training loss is taken with dropout on.",
        hint="Click a part in the legend to single it out.",
    )


SECTION = Section(_write, _compute)
