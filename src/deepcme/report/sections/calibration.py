"""How far predicted risks agree with what was observed."""

from __future__ import annotations

from functools import partial

import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.probabilities.calibration import compute_calibration
from deepcme.evaluation.probabilities.calibration_curves import (
    compute_risk_histogram,
    compute_study_calibration_curves,
    compute_study_calibration_groups,
    describe_missing_curves,
)
from deepcme.evaluation.probabilities.miscalibration import compute_calibration_verdicts
from deepcme.report.blocks import Blocks, Figure, Heading, Table, Text
from deepcme.report.figures.calibration import plot_calibration
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import (
    LEFT_OUT_COLUMN,
    N_AND_EVENTS,
    SideBySideLayout,
    TableLayout,
)
from deepcme.report.section import Contents, Section
from deepcme.report.sections.usefulness import show_decision_curve

_CALIBRATION = SideBySideLayout(
    "Calibration of the test probabilities as the models give them. O/E below 1: the risks "
    "are too high. Slope below 1: too extreme; above 1: too cautious.",
    note="Test probabilities, pooled over splits: of a fit taken at random. O/E is the number "
    "of events over the sum of the risks. Too extreme: high risks too high, low ones too low; "
    "too cautious: all too near to the mean. 95% intervals: Wald's with errors by patient of "
    "O/E (on the log scale) and slope, by patient bootstrap of the others. They take the "
    "fitted models as they are: in simulated studies those of the slope held the truth in 84 "
    "to 90 of 100, those of the scaled Brier score in 86 to 90.",
)
_VERDICTS = TableLayout(
    "What O/E and slope show of the risks of each model by itself.",
    LEFT_OUT_COLUMN, ("model", "Model", ""), ("risks", "What is shown", ""), *N_AND_EVENTS,
    note="A fault is claimed where an interval still excludes 1 when it is widened, for the "
    "two of them and for what cross-validation adds, so that at most 5 of 100 calibrated "
    'models are accused; "perhaps" where only that of 95% excludes 1.',
)  # fmt: skip

_CURVES = {
    "calibration_curves": compute_study_calibration_curves,
    "calibration_groups": compute_study_calibration_groups,
    "risk_histogram": compute_risk_histogram,
}


def _compute(contents: Contents) -> None:
    predictions, random = contents.results.trained, contents.random("calibration")
    contents.add("calibration", lambda: compute_calibration(predictions, random), _CALIBRATION)
    contents.add(
        "calibration_verdicts",
        lambda: compute_calibration_verdicts(contents.require("calibration")),
        _VERDICTS,
    )
    if "calibration" in contents.tables:
        verdict = describe_verdict(contents.tables["calibration_verdicts"], contents.headline)
        contents.notes["calibration_verdict"] = verdict
        contents.notes["missing_curves"] = describe_missing_curves(predictions)
    for name, compute in _CURVES.items():
        contents.add(name, partial(compute, predictions))
    if _CURVES.keys() <= contents.tables.keys():
        contents.charts["calibration"] = _draw(contents)


def _draw(contents: Contents) -> Chart:
    curves, groups, histogram = map(contents.require, _CURVES)
    return plot_calibration(curves, groups, histogram, contents.roles)


def describe_verdict(verdicts: pd.DataFrame, model: str) -> str:
    """What is said of a model, of each cohort left out by itself; empty without its risks."""
    rows = verdicts[verdicts["model"] == model].to_dict("records")
    return " ".join(
        f"{row[LEFT_OUT]}: {row['verdict']}" if LEFT_OUT in row else row["verdict"]
        for row in rows
    )


def without_intercept(contents: Contents, name: str) -> Table | None:
    """A table of calibration without the intercept, which means nothing beside a slope."""
    if name not in contents.tables:
        return None
    table = contents.in_order(contents.tables[name])
    return contents.show(name, table[table["metric"] != "intercept"])


def _show_verdicts(contents: Contents) -> Table | None:
    if "calibration_verdicts" not in contents.tables:
        return None
    verdicts = contents.in_order(contents.tables["calibration_verdicts"])
    return contents.show("calibration_verdicts", verdicts)


def _write(contents: Contents) -> Blocks:
    return [
        Heading("Calibration and usefulness", "calibration"),
        Text(contents.notes.get("calibration_verdict", "")),
        Text(contents.notes.get("calibration", "")),
        _show_verdicts(contents),
        without_intercept(contents, "calibration"),
        Text(contents.notes.get("missing_curves", "")),
        *contents.pair(
            Figure(
                "calibration",
                "Calibration curves by model",
                "Observed share against predicted probability. The line is a logistic "
                "regression on a restricted cubic spline of the log-odds with three knots (two "
                "degrees of freedom), with its pointwise 95% band (Wald, errors by patient); "
                "its shape needs 200 events and non-events to be judged (Van Calster 2016). "
                "Points are groups of equal size with Wilson's 95% intervals, of as many "
                "patients as are in them. Bars below: how often which risk was given to "
                "patients with and without the event. The dashed line is perfect.",
                hint=f"Band, points and bars are those of {contents.headline}: click another "
                "name in the legend for that model, shift and click for several.",
            ),
            show_decision_curve(contents),
        ),
    ]


SECTION = Section(_write, _compute)
