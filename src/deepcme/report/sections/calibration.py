"""How far predicted risks agree with what was observed."""

from __future__ import annotations

import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.probabilities.calibration import (
    compute_calibration,
    describe_calibration_evidence,
)
from deepcme.evaluation.probabilities.calibration_curves import compute_study_calibration_curves
from deepcme.report.blocks import Blocks, Figure, Heading, Text
from deepcme.report.figures.risk import plot_calibration
from deepcme.report.formatting import SideBySideLayout
from deepcme.report.section import Contents, Section

_CALIBRATION = SideBySideLayout(
    "Scores and calibration line of the test probabilities, pooled over splits; in "
    "brackets 95% intervals, of the scores by patient bootstrap, of the line (intercept, "
    "slope, in the large) Wald's with errors by patient. They take the fitted models as "
    "they are: in simulated studies those of slope and intercept held the truth in 84 to "
    "90 of 100, those of the scaled Brier score in 86 to 90."
)


def _compute(contents: Contents) -> None:
    predictions, random = contents.results.predictions, contents.random("calibration")
    contents.add("calibration", lambda: compute_calibration(predictions, random), _CALIBRATION)
    contents.add("calibration_curves", lambda: compute_study_calibration_curves(predictions))
    if "calibration_curves" in contents.tables:
        curves = contents.tables["calibration_curves"]
        first = curves["model"] == contents.headline
        ordered = pd.concat([curves[first], curves[~first]], ignore_index=True)
        contents.charts["calibration"] = plot_calibration(ordered, contents.results.models)
    table = contents.tables["discrimination"]
    of_headline = table[table["model"] == contents.headline]
    contents.notes["calibration_evidence"] = _describe_evidence(of_headline)


def _describe_evidence(discrimination: pd.DataFrame) -> str:
    """What the counts allow to say, of each cohort left out by itself."""
    sentences = []
    for row in discrimination.to_dict("records"):
        evidence = describe_calibration_evidence(row["events"], row["n"] - row["events"])
        sentences.append(f"{row[LEFT_OUT]}: {evidence}" if LEFT_OUT in row else evidence)
    return " ".join(sentences)


def _write(contents: Contents) -> Blocks:
    return [
        Heading("Calibration and usefulness", "calibration"),
        Text(contents.notes["calibration_evidence"]),
        Text(contents.notes.get("calibration", "")),
        Figure(
            "calibration",
            "Calibration curves by model",
            "Observed share against predicted probability of the model picked in the legend, "
            "at first the first one, with its 95% band; the dashed line is perfect. Click "
            "another name for that model, shift and click for several.",
        ),
        contents.show("calibration"),
    ]


SECTION = Section(_write, _compute)
