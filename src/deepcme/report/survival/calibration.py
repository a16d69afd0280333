"""How far predicted risks by the horizon agree with what was observed."""

from __future__ import annotations

from functools import partial

import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import BRIER, OBSERVED_EXPECTED, SCALED_BRIER, SLOPE
from deepcme.evaluation.survival.tables.calibration import compute_survival_calibration_groups
from deepcme.evaluation.survival.tables.calibration_words import describe_survival_calibration
from deepcme.evaluation.survival.tables.performance import compute_survival_performance
from deepcme.report.blocks import Blocks, Figure, Heading, Table, Text
from deepcme.report.figures.over_time import (
    AS_GIVEN,
    RECALIBRATED,
    plot_calibration_at_horizon,
)
from deepcme.report.figures.styles import Chart, beside
from deepcme.report.formatting import (
    EVENTS,
    LEFT_OUT_COLUMN,
    PATIENTS,
    SideBySideLayout,
    TableLayout,
)
from deepcme.report.layouts.columns import Estimate
from deepcme.report.section import Contents, Section
from deepcme.report.sections.usefulness import show_decision_curve

_HEADINGS = {
    measure.name: measure.heading for measure in (OBSERVED_EXPECTED, SLOPE, BRIER, SCALED_BRIER)
}
_PERFORMANCE = SideBySideLayout(
    "Calibration of each patient's mean out-of-fold risk of the event by the horizon. O/E "
    "below 1: the risks are too high. Slope below 1: too extreme; above 1: too cautious.",
    _HEADINGS,
    PATIENTS,
    note="O/E is the observed risk (Kaplan-Meier, or Aalen and Johansen's where there is a "
    "competing event) over the mean predicted one. Too extreme: high risks too high, low ones "
    "too low. Scaled Brier: by how much better than giving everybody the observed risk. "
    "Censored patients count through those like them who were followed. 95% intervals by "
    "bootstrap of patients and of their censoring; they take the fitted models as they are.",
)
_RECALIBRATED = SideBySideLayout(
    "After recalibration: the same risks, in each split by a line that test rows had no part "
    "in.",
    _HEADINGS,
    PATIENTS,
)


def _compute(contents: Contents) -> None:
    results = contents.results
    contents.add(
        "survival_performance",
        lambda: results.survival_performance,
        _PERFORMANCE,
    )
    if "survival_performance" in contents.tables and results.horizon is not None:
        describe = partial(
            describe_survival_calibration,
            contents.tables["survival_performance"],
            contents.headline,
            results.time_scale.describe(results.horizon),
            refitted=LEFT_OUT not in results.predictions.columns,
        )
        contents.notes["calibration"] = describe()
        contents.notes["calibration_verdict"] = describe(brief=True)
    contents.add(
        "survival_performance_recalibrated",
        lambda: compute_survival_performance(results.recalibrated_evaluation),
        _RECALIBRATED,
    )

    def groups() -> pd.DataFrame:
        as_given = compute_survival_calibration_groups(results.trained_evaluation)
        tables = [as_given.assign(risks=AS_GIVEN)]
        if "survival_performance_recalibrated" in contents.tables:
            mended = compute_survival_calibration_groups(results.recalibrated_evaluation)
            tables.append(mended.assign(risks=RECALIBRATED))
        return pd.concat(tables, ignore_index=True)

    contents.add("calibration_groups", groups, _lay_out_groups(contents.headline))
    table = contents.tables.get("calibration_groups")
    if table is not None and table["observed"].notna().any():
        contents.charts["calibration"] = _draw(contents)


def _lay_out_groups(headline: str) -> TableLayout:
    return TableLayout(
        f"Predicted and observed risk of {headline} by the horizon, in groups of equal size by "
        "predicted risk.",
        LEFT_OUT_COLUMN, ("risks", "Risks", ""), ("predicted", "Predicted", ".2f"),
        Estimate("observed", "Observed"), PATIENTS, EVENTS, ("followed", "Followed", ",.0f"),
        note="95% intervals of the observed risk: Greenwood's variance. Followed: known to be "
        "without the event by the horizon.",
    )  # fmt: skip


def _draw(contents: Contents) -> Chart:
    """The chart, or one for each cohort left out."""
    table, roles = contents.tables["calibration_groups"], contents.roles
    if LEFT_OUT not in table:
        return plot_calibration_at_horizon(table, roles)
    return beside(
        [
            plot_calibration_at_horizon(rows, roles).properties(title=str(cohort))
            for cohort, rows in table.groupby(LEFT_OUT, sort=False)
        ]
    )


def _write(contents: Contents) -> Blocks:
    notes, tables = contents.notes, contents.tables
    yield Heading("Calibration and usefulness", "calibration")
    yield Text(notes.get("calibration", ""))
    yield Text(notes.get("survival_performance", ""))
    yield _by_measure(contents, "survival_performance")
    yield _by_measure(contents, "survival_performance_recalibrated")
    yield Text(describe_absent(tables))
    yield from contents.pair(
        Figure(
            "calibration",
            "Observed against predicted risk by the horizon in groups, before and after "
            "recalibration; the numbers are in the next table",
            f"Observed against mean predicted risk of {contents.headline} in groups of equal "
            "size, with the 95% intervals of the observed risk, as given (circles) and "
            "recalibrated (diamonds). The dashed line is perfect.",
            hint="Click another name in the legend for that model.",
        ),
        show_decision_curve(contents),
    )
    if "calibration_groups" in tables:
        groups = tables["calibration_groups"]
        yield contents.show("calibration_groups", groups[groups["model"] == contents.headline])


def _by_measure(contents: Contents, name: str) -> Table | None:
    """A table of performance with a column for each measure."""
    if name not in contents.tables:
        return None
    table = contents.in_order(contents.tables[name])
    return contents.show(name, table.rename(columns={"measure": "metric"}))


def describe_absent(tables: dict[str, pd.DataFrame]) -> str:
    """Which measures of risks could not be estimated, and why."""
    said: dict[str, list[str]] = {}
    for name in ("survival_performance", "survival_performance_recalibrated"):
        table = tables.get(name)
        if table is None:
            continue
        for row in table[table["absent"] != ""].to_dict("records"):
            said.setdefault(row["absent"], []).append(row["model"])
    return " ".join(
        f"Not estimable for {', '.join(dict.fromkeys(models))}: {why.rstrip('.')}."
        for why, models in said.items()
    )


SECTION = Section(_write, _compute)
