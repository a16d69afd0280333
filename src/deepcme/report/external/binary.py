"""What a frozen model of yes or no did on new patients: sections and charts."""

from __future__ import annotations

import pandas as pd

from deepcme.evaluation.measures import AUC, OBSERVED_EXPECTED
from deepcme.report.blocks import Blocks, Figure, Heading, Table
from deepcme.report.external.opening import (
    calibration_tile,
    patients_tile,
    performance_tile,
    show_calls,
)
from deepcme.report.figures.calibration import plot_calibration
from deepcme.report.figures.ranking import plot_roc
from deepcme.report.figures.risk import plot_decision_curve
from deepcme.report.figures.roles import Roles
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import N_AND_EVENTS, SideBySideLayout, TableLayout
from deepcme.report.layouts.columns import Estimate
from deepcme.report.layouts.numbers import as_percent
from deepcme.report.opening.opening import Tile
from deepcme.report.sections.discrimination import compute_mean_roc
from deepcme.report.sections.usefulness import CAPTION, NOTE, show_differences
from deepcme.trained.binary.model import BinaryModel
from deepcme.trained.validation import FROZEN, RECALIBRATED, Validation

_AUC = TableLayout(
    "How the model as it came ranks these patients, beside chance.",
    ("metric", "Measure", ""), Estimate("value", "Value"), ("chance", "By chance", ".2f"),
    ("method", "Interval", ""), *N_AND_EVENTS,
    note="DeLong's interval takes samples as independent; the bootstrap draws patients, and "
    "its interval of the AUC is in the file too. They are of this one model on patients like "
    "these. PR-AUC by chance: Bestgen (2015).",
)  # fmt: skip
_CLASSIFICATION = SideBySideLayout(
    "Calling positive who has at least the named risk. PPV: of those called positive the share "
    "with the event; NPV: of the others the share without it.",
    alike=True,
    note="The model's own threshold was chosen on the patients that it learned from, the "
    "others are fixed. 95% intervals: Wilson's, samples taken as independent.",
)
_CALIBRATION = SideBySideLayout(
    "The model as it came, and recalibrated on these patients. O/E: events over the sum of the "
    "risks.",
    note="Recalibrated: Platt's line, for each tenth of the patients fitted on the others. 95% "
    "intervals: Wald's with errors by patient of O/E (on the log scale) and slope, of the "
    "scores by bootstrap of patients. Those of the recalibrated model take its lines as they "
    "are.",
)


def write_blocks(validation: Validation) -> Blocks:
    """The sections after the opening."""
    tables = validation.tables
    yield Heading("Discrimination", "discrimination")
    ranked = tables["external_auc"]
    yield Table("external_auc", _AUC.show(ranked.drop_duplicates("metric")), data=ranked)
    if "external_classification" in tables:
        calls = tables["external_classification"]
        shown = show_calls(_CLASSIFICATION, _name_thresholds(calls, _read(validation)))
        yield Table("external_classification", shown, data=calls)
    yield Heading("Calibration", "calibration")
    calibration = tables["external_calibration"]
    without_intercept = calibration[calibration["metric"] != "intercept"]
    shown = _CALIBRATION.show(without_intercept)
    yield Table("external_calibration", shown, data=calibration)
    yield Figure(
        "calibration",
        "Observed against predicted risk of the model as it came",
        "The model as it came. The line is a logistic regression on a restricted cubic spline "
        "of the log-odds with three knots (two degrees of freedom), with its pointwise 95% "
        "band (Wald); points are groups of equal size with Wilson's 95% intervals; bars below: "
        "how often which risk was given to patients with and without the event. The dashed "
        "line is perfect calibration.",
    )
    yield Figure(
        "recalibrated",
        "Observed against predicted risk after recalibration",
        "Recalibrated on these patients: what a new line would give, not what the model gave.",
    )
    yield Heading("Decision curve", "utility")
    yield Figure(
        "decision_curve",
        "Net benefit by threshold probability",
        "Net benefit of treating by the model's risk, against treating all and none.",
    )
    benefit = tables["net_benefit"]
    yield Table("net_benefit", show_differences(benefit, CAPTION, NOTE), data=benefit)


def make_tiles(validation: Validation) -> list[Tile]:
    """AUC, samples, and observed over expected events."""
    model, tables = _read(validation), validation.tables
    auc, expected = tables["external_auc"].to_dict("records")[0], model.manifest.performance
    n, events = int(auc["n"]), int(auc["events"])
    calibration = tables["external_calibration"]
    measured = calibration[calibration["model"] == FROZEN].set_index("metric").to_dict("index")
    is_patients = n == tables["predictions"].dropna(subset=model.told)["patient"].nunique()
    return [
        performance_tile(validation, AUC.heading, auc, expected.auc),
        patients_tile(
            validation,
            n,
            "patient" if is_patients else "sample",
            f"{events:,} with the event ({events / n:.0%})",
            f"{expected.prevalence:.0%} of the samples with it",
        ),
        calibration_tile(
            measured[OBSERVED_EXPECTED.name], measured["slope"] if model.rises else None
        ),
    ]


def find_headline(validation: Validation) -> Figure:
    """The ROC curve."""
    return Figure(
        "roc",
        "ROC curve of the model on these patients",
        "ROC curve of the model as it came; the dashed line is chance.",
    )


def _read(validation: Validation) -> BinaryModel:
    assert isinstance(validation.model, BinaryModel)
    return validation.model


def _name_thresholds(calls: pd.DataFrame, model: BinaryModel) -> pd.DataFrame:
    """The rows named by the risk from which a sample is called, as a layout takes them."""
    own = model.manifest.threshold.probability
    names = {
        threshold: f"From {as_percent(round(threshold, 3))}"
        + (" (the model's own)" if threshold == own else "")
        for threshold in calls["threshold"].unique()
    }
    return calls.assign(model=calls["threshold"].map(names))


def _draw_roc(validation: Validation) -> Chart:
    name = validation.manifest.model.name
    rows = validation.tables["predictions"].dropna(subset="probability")
    rows = rows.assign(model=name, split=1, part="test", score=rows["probability"])
    estimate = validation.tables["external_auc"].head(1).assign(model=name)
    return plot_roc(compute_mean_roc(rows), Roles(name), estimate)


def draw_charts(validation: Validation) -> dict[str, Chart]:
    """ROC, calibration and decision curves."""
    tables = validation.tables
    charts: dict[str, Chart] = {"roc": _draw_roc(validation)}
    if "calibration_curves" in tables:
        for name, model in (("calibration", FROZEN), ("recalibrated", RECALIBRATED)):
            curves, groups, histogram = (
                tables[of][tables[of]["model"] == model]
                for of in ("calibration_curves", "calibration_groups", "risk_histogram")
            )
            charts[name] = plot_calibration(curves, groups, histogram)
    charts["decision_curve"] = plot_decision_curve(tables["decision_curve"])
    return charts
