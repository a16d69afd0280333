"""What a frozen model of times did on new patients: sections and charts."""

from __future__ import annotations

import pandas as pd

from deepcme.base.time_scale import TimeScale
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.measured import (
    BRIER,
    OBSERVED_EXPECTED,
    SCALED_BRIER,
    SLOPE,
    UNO,
)
from deepcme.evaluation.survival.tables.evaluated import follow_patients
from deepcme.evaluation.survival.tables.risk_groups import (
    SURVIVAL,
    compute_numbers_at_risk_by_group,
)
from deepcme.report.blocks import Blocks, Figure, Heading, Table, Text
from deepcme.report.external.opening import (
    calibration_tile,
    patients_tile,
    performance_tile,
    show_calls,
)
from deepcme.report.figures.over_time import (
    AS_GIVEN,
    plot_auc_over_time,
    plot_calibration_at_horizon,
)
from deepcme.report.figures.over_time import RECALIBRATED as MENDED
from deepcme.report.figures.risk import plot_decision_curve
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import (
    EVENTS,
    PATIENTS,
    PATIENTS_AND_EVENTS,
    SideBySideLayout,
    TableLayout,
)
from deepcme.report.layouts.columns import Estimate
from deepcme.report.layouts.numbers import as_percent, show_p_value
from deepcme.report.opening.opening import Tile
from deepcme.report.sections.usefulness import show_differences
from deepcme.report.survival.assumptions import describe_censoring
from deepcme.report.survival.discrimination import NAMES
from deepcme.report.survival.follow_up import FOLLOW_UP, compute_follow_up, show_follow_up
from deepcme.report.survival.risk_groups import draw_risk_curves, find_end
from deepcme.report.survival.usefulness import CAPTION, NOTE
from deepcme.trained.survival.model import SurvivalModel
from deepcme.trained.tested import FROZEN
from deepcme.trained.validation import Validation

_DISCRIMINATION = TableLayout(
    "How the model as it came ranks these patients: of two of whom it is known who had the "
    "event first, how often that one had the higher risk (C). 0.5 is chance.",
    ("measure", "Measure", ""), Estimate("value", "Value"), *PATIENTS_AND_EVENTS,
    ("absent", "Why none", ""), optional=("absent",),
    note="Uno's C looks at events up to the horizon and does not depend on who was censored, "
    "Harrell's does. AUC(t): of a patient with the event by the horizon and one without it "
    "then. 95% intervals: bootstrap of patients and of their censoring, on the logit scale "
    "with Student's t; of this one model on patients like these.",
)  # fmt: skip
_GROUPS = TableLayout(
    "Risk of the event by the horizon that was observed here, in the thirds of risk that the "
    "model brought.",
    ("group", "Group", ""), Estimate("risk", "Observed risk", percent=True), PATIENTS, EVENTS,
    ("followed", "Followed", ",.0f"),
    note="The cut-offs are thirds of the risks of the training patients. 95% intervals: Wald's "
    "on the log scale (Greenwood's variance). Followed: known to be without the event then.",
)  # fmt: skip
_PERFORMANCE = SideBySideLayout(
    "The model as it came, and recalibrated on these patients. O/E: observed risk by the "
    "horizon over the mean predicted one, below 1 the risks are too high. Slope below 1: too "
    "extreme; above 1: too cautious.",
    {of.name: of.heading for of in (OBSERVED_EXPECTED, SLOPE, BRIER, SCALED_BRIER)},
    PATIENTS,
    note="Recalibrated: a line on the log-odds of the risk, for each tenth of the patients "
    "fitted on the others, weighted for the censored. Scaled Brier: by how much better than "
    "giving everybody the observed risk. 95% intervals: bootstrap of patients and of their "
    "censoring; those of the recalibrated model take its lines as they are.",
)
_CLASSIFICATION = SideBySideLayout(
    "Calling who has at least the named risk by the horizon. Sensitivity: of those with the "
    "event by then the share called; specificity: of those without it the share not called.",
    {name: name.capitalize() for name in ("sensitivity", "specificity")},
    PATIENTS,
    alike=True,
    note="At the cut-offs that the model brought, and at fixed risks; weighted for censoring. "
    "95% intervals: Wilson's, with the number of patients that the variance of the bootstrap "
    "stands for.",
)


def draw_charts(validation: Validation) -> dict[str, Chart]:
    """Curves by group, AUC over time, calibration, decision curves, as far as there are any."""
    tables = validation.tables
    charts: dict[str, Chart] = {}
    model, scale, patients = _read(validation)
    if "risk_curves" in tables:
        groups = tables["risk_groups"]
        end = find_end(groups["time"], model.horizon)
        times = [tick * scale.per_unit for tick in scale.ticks(end)]
        at_risk = compute_numbers_at_risk_by_group(groups, times)
        charts["risk_curves"] = draw_risk_curves(
            groups, tables["risk_curves"], at_risk, scale, model.horizon, end
        )
    if "auc_over_time" in tables:
        table = tables["auc_over_time"]
        ticks = scale.ticks(float(table["time"].max()))
        numbers = [int((patients.times >= tick * scale.per_unit).sum()) for tick in ticks]
        charts["auc_over_time"] = plot_auc_over_time(
            table.assign(time=table["time"] / scale.per_unit),
            pd.DataFrame({"time": ticks, "at_risk": numbers}),
            unit=scale.unit,
            horizon=scale.show(model.horizon),
        )
    groups_of_risk = tables.get("calibration_groups")
    if groups_of_risk is not None and groups_of_risk["observed"].notna().any():
        is_frozen = groups_of_risk["model"] == FROZEN
        named = groups_of_risk.assign(
            risks=is_frozen.map({True: AS_GIVEN, False: MENDED}),
            model=model.manifest.model.name,
        )
        charts["calibration"] = plot_calibration_at_horizon(named)
    if "decision_curve" in tables:
        charts["decision_curve"] = plot_decision_curve(tables["decision_curve"])
    return charts


def _read(validation: Validation) -> tuple[SurvivalModel, TimeScale, FollowUp]:
    """The model, the unit in which times are shown, and the follow-up of those predicted."""
    model = validation.model
    assert isinstance(model, SurvivalModel)
    scale = TimeScale.of(model.manifest.follow_up.unit, model.horizon)
    predicted = validation.tables["predictions"].dropna(subset=model.told)
    return model, scale, follow_patients(predicted, pd.Index(predicted["patient"].unique()))


def write_blocks(validation: Validation) -> Blocks:
    """The sections after the opening."""
    model, scale, patients = _read(validation)
    tables, until = validation.tables, model.until
    yield from _write_groups(validation)
    followed = compute_follow_up(patients, model.horizon)
    shown = FOLLOW_UP.show(show_follow_up(followed, scale, model.horizon))
    yield Heading("Follow-up", "follow-up")
    yield Table("follow_up", shown, data=followed)
    yield Heading("Discrimination", "discrimination")
    found = tables["external_discrimination"]
    named = found.assign(measure=found["measure"].map(NAMES))
    yield Table("external_discrimination", _DISCRIMINATION.show(named), data=found)
    yield Figure(
        "auc_over_time",
        "AUC over time, with the number of patients at risk",
        "AUC(t) by each time, with its 95% band, which holds for each time by itself; the "
        "dashed line across is chance. The line begins at the fifth event. Below: patients at "
        "risk just before each time.",
    )
    yield Heading("Calibration", "calibration")
    performance = tables["external_performance"]
    shown = _PERFORMANCE.show(performance.rename(columns={"measure": "metric"}))
    yield Table("external_performance", shown, data=performance)
    if "censoring" in tables:
        yield Text(" ".join(describe_censoring(tables["censoring"])))
    yield Figure(
        "calibration",
        "Observed against predicted risk by the horizon in groups, as given and recalibrated",
        f"Observed against mean predicted risk by {until} in groups of equal size, with 95% "
        "intervals of the observed risk: of the model as it came (circles), and recalibrated "
        "on these patients (diamonds), which shows what a new line would give. The dashed line "
        "is perfect.",
    )
    yield Heading("Decisions", "utility")
    if "external_classification" in tables:
        calls = tables["external_classification"]
        named = calls.assign(
            model="From " + calls["threshold"].round(3).map(as_percent), metric=calls["measure"]
        )
        yield Table("external_classification", show_calls(_CLASSIFICATION, named), data=calls)
    yield Figure(
        "decision_curve",
        "Net benefit by threshold probability",
        f"Net benefit of treating by the risk by {until}, against treating all and none.",
    )
    if "net_benefit" in tables:
        benefit = tables["net_benefit"]
        shown = show_differences(benefit, CAPTION, NOTE, PATIENTS)
        yield Table("net_benefit", shown, data=benefit)


def make_tiles(validation: Validation) -> list[Tile]:
    """Uno's C, patients, and observed over expected events."""
    model, tables = _read(validation)[0], validation.tables
    ranked = tables["external_discrimination"].set_index("measure").to_dict("index")[UNO.name]
    expected = model.manifest.performance
    performance = tables["external_performance"]
    measured = performance[performance["model"] == FROZEN].set_index("measure").to_dict("index")
    by = f" by {model.until}"
    return [
        performance_tile(validation, UNO.heading, ranked, expected.uno_c),
        patients_tile(
            validation,
            int(ranked["n"]),
            "patient",
            f"{ranked['events']:,.0f} with the event{by}",
            f"{expected.events:,} with it by then",
        ),
        calibration_tile(
            measured[OBSERVED_EXPECTED.name],
            measured[SLOPE.name] if model.rises else None,
            by,
        ),
    ]


def find_headline(validation: Validation) -> Figure:
    """The curves of the model's thirds, where it makes some."""
    tables, until = validation.tables, _read(validation)[0].until
    curves = tables.get("risk_curves")
    is_free = curves is None or (curves["curve"] == SURVIVAL).all()
    kind = "Kaplan-Meier estimates" if is_free else "Cumulative incidence (Aalen and Johansen)"
    return Figure(
        "risk_curves",
        "Curves of patients by group of predicted risk, with numbers at risk",
        f"{kind} of the groups that the model's own cut-offs make of these patients. Bands: "
        "95%, for each time by itself. Below: patients at risk just before each time. The "
        f"dashed line is the horizon, {until}.",
    )


def _write_groups(validation: Validation) -> Blocks:
    tables = validation.tables
    if "risk_groups" not in tables:
        return
    yield Heading("What became of patients, by predicted risk", "risk-groups")
    groups = tables["group_risks"]
    yield Table("group_risks", _GROUPS.show(groups), data=groups)
    if "group_test" in tables:
        yield Text(describe_test(tables["group_test"].iloc[0], validation.brand != ""))


def describe_test(test: pd.Series[float], of_training_patients: bool) -> str:
    """The log-rank test of the groups in a sentence; of training patients it has no p."""
    of = f"{test['n']:.0f} patients, {test['events']:.0f} events"
    if of_training_patients:
        return (
            f"No test of the groups is told ({of}): the model learned from patients among "
            "them, so that a small p would say nothing."
        )
    degrees = "1 degree" if (n := int(test["degrees_of_freedom"])) == 1 else f"{n} degrees"
    shown = show_p_value(test["p_value"])
    p = f"p {shown}" if shown.startswith("<") else f"p = {shown}"
    return (
        f"Log-rank test of the groups: chi-square {test['statistic']:.2f} with "
        f"{degrees} of freedom, {p} ({of}). The model and its "
        "cut-offs were fixed before these patients were looked at, so that the test holds; it "
        "says nothing of how large the difference is, nor of whether the risks are right."
    )
