"""How far predicted risks agree with what was observed."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from deepcme.evaluation.calibration import compute_calibration, describe_calibration_evidence
from deepcme.evaluation.calibration_curves import compute_study_calibration_curves
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.figures.risk import plot_calibration
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import SideBySideLayout
from deepcme.report.section import Block, Contents, Figure, Heading, Section, Table, Text

_CALIBRATION = SideBySideLayout(
    "Scores and calibration line of the test probabilities, pooled over splits; in "
    "brackets 95% intervals, of the scores by patient bootstrap, of the line (intercept, "
    "slope, in the large) Wald's with errors by patient. They take the fitted models as "
    "they are: in simulated studies those of slope and intercept held the truth in 84 to "
    "90 of 100, those of the scaled Brier score in 86 to 90."
)


def _compute(contents: Contents) -> None:
    predictions = contents.results.predictions
    contents.add(
        "calibration", lambda: compute_calibration(predictions, contents.random("calibration"))
    )
    contents.add("calibration_curves", lambda: compute_study_calibration_curves(predictions))
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


def _draw(contents: Contents) -> dict[str, Chart]:
    if "calibration_curves" not in contents.tables:
        return {}
    curves = contents.tables["calibration_curves"]
    first = curves["model"] == contents.headline
    ordered = pd.concat([curves[first], curves[~first]], ignore_index=True)
    return {"calibration": plot_calibration(ordered, contents.results.models)}


def _write(contents: Contents) -> Iterator[Block]:
    yield Heading("Calibration and usefulness", "calibration")
    yield Text(contents.notes["calibration_evidence"])
    if "calibration" in contents.tables:
        yield Figure(
            "calibration",
            "Calibration curves by model",
            "Observed share against predicted probability of the model picked in the legend, "
            "at first the first one, with its 95% band; the dashed line is perfect. Click "
            "another name for that model, shift and click for several.",
        )
        yield Table("calibration", _CALIBRATION.show(contents.tables["calibration"]))
    else:
        yield Text(contents.notes["calibration"])


CALIBRATION = Section(_compute, _write, _draw)
