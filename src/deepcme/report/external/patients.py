"""A page of predictions: an index of the samples, and a part for each."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.files.files import write_text
from deepcme.base.notes import WARNING, is_warning
from deepcme.base.time_scale import TimeScale
from deepcme.base.words import counted
from deepcme.report.blocks import Block, Blocks, Bullets, Figure, Folded, Heading, Table, Text
from deepcme.report.external.panels import (
    describe_place,
    describe_range,
    describe_uncertainty,
    show_panel_index,
)
from deepcme.report.figures.patients import plot_patient_risk, plot_pushes
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import TableLayout
from deepcme.report.opening.opening import Opening, Tile, Warned
from deepcme.report.render import render_page
from deepcme.trained.binary.model import BinaryModel
from deepcme.trained.panels.panel import INTERVAL_IN_WORDS
from deepcme.trained.prediction import Predictions, round_predictions
from deepcme.trained.survival.model import SurvivalModel

MOST = 50
"""Samples on a page; of more the first are shown, and it is said."""
_NO_DEVICE = "For research: not a medical device, and no basis for treating anybody."
_INDEX = TableLayout(
    "Every sample of this page.",
    ("sample", "Sample", ""), ("probability", "Probability", ".2f"), ("risk", "Risk", ".1%"),
    ("spread", "Spread", ".2f"), ("positive", "Positive", ""), ("group", "Third of risk", ""),
    ("far", "Far from training", ""), ("training_patient", "Learned from", ""),
    ("coverage", "Genes with a value", ".0%"), ("remark", "Remark", ""),
    optional=("probability", "risk", "positive", "group"),
    note="Spread: standard deviation over the model's networks or members, empty where it is "
    "one. Learned from: whether the model learned from the sample's patient.",
)  # fmt: skip


def write_patients(predictions: Predictions, path: Path) -> None:
    """Write the page, whole or not at all."""
    shown = predictions.table.head(MOST).reset_index(drop=True)
    charts: dict[str, Chart] = {}
    parts = [
        _write_patient(predictions, row, number, charts)
        for number, row in enumerate(shown.to_dict("records"), start=1)
    ]
    model = predictions.model.manifest
    name = f"{model.model.name} of {model.cohort.name}"
    blocks = _write_blocks(predictions, shown, parts)
    page = render_page(
        f"Predictions by {name}",
        f"What {name} predicts of {counted(len(predictions.table), 'sample')}",
        blocks,
        charts,
        f"{_NO_DEVICE} The model is by deepcme {model.package_version}.",
        study="predictions",
    )
    write_text(path, page)


def _write_blocks(
    predictions: Predictions, shown: pd.DataFrame, parts: list[list[Block | None]]
) -> Blocks:
    only_one = len(predictions.table) == 1
    first = shown.iloc[0].to_dict()
    yield Opening(
        f"{first['sample']}: {_describe(predictions, first)}"
        if only_one
        else predictions.describe(),
        list(_make_tiles(predictions)),
        warnings=[
            Warned(note.removeprefix(WARNING).capitalize()[:1] + note.removeprefix(WARNING)[1:])
            for note in predictions.notes
            if is_warning(note)
        ],
        notes=[("", note) for note in predictions.notes if not is_warning(note)],
        counts=[_NO_DEVICE],
    )
    if only_one:
        yield Heading("This sample", "samples")
        yield from parts[0]
        return
    yield Heading("Index", "index")
    if len(shown) < len(predictions.table):
        yield Text(
            f"The page shows the first {MOST} of {len(predictions.table):,} samples; the table "
            "that was written beside it has all."
        )
    marked = round_predictions(shown).assign(
        far=shown["far"].map({True: "far"}).fillna(""),
        training_patient=shown["training_patient"].replace("no", ""),
    )
    is_panel = predictions.model.panel is not None
    yield Table("index", show_panel_index(marked) if is_panel else _INDEX.show(marked))
    yield Heading("Samples", "samples")
    for row, part in zip(shown.to_dict("records"), parts, strict=True):
        yield Folded(f"{row['sample']}: {_in_short(predictions, row)}", part)


def _make_tiles(predictions: Predictions) -> Iterator[Tile]:
    model, table = predictions.model, predictions.table
    predicted = table.dropna(subset=model.told)
    if len(table) == 1 and len(predicted):
        row = predicted.iloc[0].to_dict()
        label = "Probability" if model.told == "probability" else f"Risk by {row['horizon']}"
        yield Tile(
            label,
            f"{row[model.told]:.0%}",
            describe_uncertainty(row),
            _standing(predictions, row),
        )
    else:
        n_ranges = int(table["lowest"].notna().sum()) - len(predicted) if model.panel else 0
        left = len(table) - len(predicted) - n_ranges
        ranges = f"{counted(n_ranges, 'sample')} with a range of risks." if n_ranges else ""
        yield Tile(
            "Samples predicted", f"{len(predicted):,}", f"{left:,} without a prediction", ranges
        )
    far = int(table["far"].fillna(False).sum())
    yield Tile("Far from the training data", f"{far:,}", f"of {len(table):,}")
    cohort = model.manifest.cohort
    learned = f"Learned from {counted(cohort.patients, 'patient')} of {cohort.name}."
    yield Tile("Model", model.manifest.model.name, "", f"{learned} {model.expect()}")


def _in_short(predictions: Predictions, row: Mapping[Hashable, Any]) -> str:
    model = predictions.model
    if pd.isna(row[model.told]):
        return describe_range(row) or "no prediction"
    if isinstance(model, SurvivalModel):
        group = "" if pd.isna(row["group"]) else f", {row['group']} third"
        return f"risk {row['risk']:.0%}{group}"
    call = "" if pd.isna(row["positive"]) else ", positive" if row["positive"] else ", negative"
    return f"probability {row['probability']:.0%}{call}"


def _describe(predictions: Predictions, row: Mapping[Hashable, Any]) -> str:
    """What is predicted, how sure it is, and where it stands."""
    model = predictions.model
    if pd.isna(row[model.told]):
        found = describe_range(row)
        return f"{found or 'there is no prediction'}: {row['remark']}."
    what = (
        f"the risk of the event by {row['horizon']} is {row['risk']:.0%}"
        if isinstance(model, SurvivalModel)
        else f"the probability is {row['probability']:.0%}"
    )
    known = describe_uncertainty(row)
    standing = f"{describe_place(row)} {_standing(predictions, row)}".lstrip()
    return f"{what}{f' ({known})' if known else ''}. {standing}"


def _standing(predictions: Predictions, row: Mapping[Hashable, Any]) -> str:
    """Where it stands by what the model keeps: thirds, or its threshold and the prevalence."""
    model = predictions.model
    if isinstance(model, SurvivalModel):
        cut_offs = model.manifest.risk_groups.cut_offs
        if cut_offs is None or pd.isna(row["group"]):
            return "The model gives everybody the same risk."
        low, high = cut_offs
        return (
            f"It is in the {row['group']} third of the training patients' risks, which are "
            f"parted at {low:.0%} and {high:.0%}."
        )
    assert isinstance(model, BinaryModel)
    share = model.manifest.performance.prevalence
    if pd.isna(row["positive"]):
        return f"The model makes no calls; of its training samples {share:.0%} were positive."
    side = "At or above" if row["positive"] else "Below"
    return (
        f"{side} the model's threshold of {row['threshold']:.0%}; of its training samples "
        f"{share:.0%} were positive."
    )


def _write_patient(
    predictions: Predictions,
    row: Mapping[Hashable, Any],
    number: int,
    charts: dict[str, Chart],
) -> list[Block | None]:
    """What is told of a sample; its charts are added to the others."""
    model = predictions.model
    described = _describe(predictions, row)
    blocks: list[Block | None] = [Text(f"{described[:1].upper()}{described[1:]}")]
    blocks.append(Bullets(_cautions(row)))
    if predictions.model.panel is not None and len(predictions.table) == 1:
        blocks.append(Text(f"The 95% interval says {INTERVAL_IN_WORDS}."))
    of_sample = predictions.pushes[predictions.pushes["sample"] == row["sample"]]
    if len(of_sample):
        scale = "log hazard" if isinstance(model, SurvivalModel) else "log-odds"
        charts[f"genes_{number}"] = plot_pushes(of_sample, scale)
        blocks.append(
            Figure(
                f"genes_{number}",
                "The genes that push this prediction most, with their direction",
                f"The genes that push the prediction most, by their share in the {scale}: to "
                "the right they raise the risk, to the left they lower it. They say what the "
                "model does, not what causes anything.",
            )
        )
    if isinstance(model, SurvivalModel) and not pd.isna(row["risk"]):
        curve = model.curves(pd.DataFrame([row]), predictions.resampled_of(number - 1))
        scale_of_time = TimeScale.of(model.manifest.follow_up.unit, model.horizon)
        curve = curve[curve["time"] <= model.horizon]
        charts[f"risk_{number}"] = plot_patient_risk(
            curve.assign(time=curve["time"] / scale_of_time.per_unit),
            scale_of_time.unit,
            scale_of_time.show(model.horizon),
        )
        blocks.append(
            Figure(
                f"risk_{number}",
                "Predicted risk of the event by each time up to the horizon",
                f"Predicted risk of the event by each time, up to {model.until}"
                f"{'' if model.panel is None else ', with its 95% interval'}.",
            )
        )
    return blocks


def _cautions(row: Mapping[Hashable, Any]) -> list[str]:
    """Why not to rely on it, as far as the sample itself tells."""
    said = []
    if row["far"] is not pd.NA and row["far"]:
        said.append(
            "Far outside the training data: another platform, scale or tissue may be the "
            "reason; not to be relied on."
        )
    learned = {
        "yes": "The model learned from this patient: this says nothing of a new one.",
        "likely": "The model likely learned from this patient: the profile is nearly that of a "
        "training sample.",
    }
    said += filter(None, [learned.get(str(row["training_patient"]), "")])
    if row.get("outside"):
        said.append(f"Out of the training range of the gene: {row['outside']}.")
    if np.isfinite(row["coverage"]) and row["coverage"] < 1 and "outside" not in row:
        said.append(
            f"{row['coverage']:.1%} of the model's genes have a value; the others count as "
            "in training on average."
        )
    if row["remark"]:
        said.append(f"{str(row['remark'])[:1].upper()}{str(row['remark'])[1:]}.")
    return said
