"""How the losses of networks are shown: of labels, and of times."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import vl_convert

from deepcme.report.blocks import Figure
from deepcme.report.figures.styles import VEGA_LITE
from deepcme.report.section import Contents
from deepcme.report.sections import training


def figure_of(history):
    """The section's chart of a history, and its figure."""
    folder = SimpleNamespace(read_table=lambda _: history)
    study = SimpleNamespace(survival=SimpleNamespace(horizon=5.0))
    contents = Contents(SimpleNamespace(folder=folder, study=study))
    training.SECTION.compute(contents)
    (figure,) = [b for b in training.SECTION.write(contents) if isinstance(b, Figure)]
    return contents.charts["training_curves"].to_dict(), figure


def epochs(**measures):
    table = {"split": [1, 1, 2, 2], "model": "net", "epoch": [1, 2, 1, 2]}
    losses = {"train_loss": [0.7, 0.6, 0.7, 0.5], "valid_loss": [0.7, 0.6, 0.8, 0.7]}
    return pd.DataFrame({**table, **losses, **measures})


def test_of_times_validation_loss_and_c_stand_below_each_other():
    history = epochs(valid_auc=np.nan, valid_c=[0.5, 0.6, 0.6, 0.7])
    chart, figure = figure_of(history)
    shown = [part["encoding"]["y"]["field"] for part in chart["vconcat"]]
    assert shown == ["valid_loss", "valid_c"]
    assert "partial likelihood" in figure.caption and "Cross-entropy" not in figure.caption
    assert vl_convert.vegalite_to_svg(chart, vl_version=VEGA_LITE)
    means = training.compute_training_curves(history)
    np.testing.assert_allclose(means["valid_c"], [0.55, 0.65])


def test_of_a_yes_or_no_both_losses_stand_together():
    for more in ({}, {"valid_c": np.nan}):
        chart, figure = figure_of(epochs(valid_auc=[0.5, 0.6, 0.6, 0.7], **more))
        assert "vconcat" not in chart
        assert figure.caption.startswith(
            "Cross-entropy without the penalty of whether the event"
        )
