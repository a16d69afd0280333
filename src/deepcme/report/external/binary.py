"""What a frozen model of yes or no did on new patients: sections and charts."""

from __future__ import annotations

from deepcme.report.blocks import Blocks, Figure, Heading, Table
from deepcme.report.figures.calibration import plot_calibration
from deepcme.report.figures.risk import plot_decision_curve
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import N_AND_EVENTS, SideBySideLayout, TableLayout
from deepcme.report.layouts.columns import Estimate
from deepcme.report.sections.usefulness import CAPTION, NOTE, show_differences
from deepcme.trained.validation import FROZEN, RECALIBRATED, Validation

_AUC = TableLayout(
    "AUC and PR-AUC of the model as it came, beside those of chance (Bestgen 2015), with 95% "
    "intervals. DeLong's takes samples as independent; the bootstrap draws patients. They are "
    "of this one model on patients like these.",
    ("metric", "Measure", ""), ("method", "Interval", ""), Estimate("value", "Value"),
    ("chance", "By chance", ".2f"), *N_AND_EVENTS,
)  # fmt: skip
_CLASSIFICATION = TableLayout(
    "At the risk that the model brought, chosen on the patients that it learned from, and at "
    "fixed ones; Wilson's 95% intervals, samples taken as independent.",
    ("threshold", "From a risk of", ".3f"), ("metric", "Measure", ""),
    Estimate("value", "Value"),
    ("numerator", "Right", ",.0f"), ("denominator", "Of", ",.0f"),
)  # fmt: skip
_CALIBRATION = SideBySideLayout(
    "The model as it came, and recalibrated on these patients: Platt's line, for each "
    "tenth of the patients fitted on the others. O/E is the number of events over the sum of "
    "the risks. In brackets 95% intervals: Wald's with errors by patient of O/E (on the log "
    "scale) and slope, of the scores by bootstrap of patients. Those of the recalibrated model "
    "take its lines as they are."
)


def write_blocks(validation: Validation) -> Blocks:
    """The sections after the opening."""
    tables = validation.tables
    yield Heading("Discrimination", "discrimination")
    yield Table("auc", _AUC.show(tables["external_auc"]))
    if "external_classification" in tables:
        shown = _CLASSIFICATION.show(tables["external_classification"])
        yield Table("classification", shown)
    yield Heading("Calibration", "calibration")
    calibration = tables["external_calibration"]
    without_intercept = calibration[calibration["metric"] != "intercept"]
    yield Table("calibration", _CALIBRATION.show(without_intercept))
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
    yield Table("net_benefit", show_differences(tables["net_benefit"], CAPTION, NOTE))


def draw_charts(validation: Validation) -> dict[str, Chart]:
    """Calibration and decision curves."""
    tables = validation.tables
    charts: dict[str, Chart] = {}
    if "calibration_curves" in tables:
        for name, model in (("calibration", FROZEN), ("recalibrated", RECALIBRATED)):
            curves, groups, histogram = (
                tables[of][tables[of]["model"] == model]
                for of in ("calibration_curves", "calibration_groups", "risk_histogram")
            )
            charts[name] = plot_calibration(curves, groups, histogram)
    charts["decision_curve"] = plot_decision_curve(tables["decision_curve"])
    return charts
