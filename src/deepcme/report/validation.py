"""What a frozen model did on new patients: tables, charts and one page."""

from __future__ import annotations

from pathlib import Path

from deepcme import __version__
from deepcme.bundle.prediction import round_predictions
from deepcme.bundle.validation import FROZEN, RECALIBRATED, Validation
from deepcme.files import write_csv, write_text
from deepcme.report.formatting import show
from deepcme.report.inline import make_inline
from deepcme.report.page import embedded_json, make_environment
from deepcme.report.risk_figures import plot_calibration, plot_decision_curve
from deepcme.report.styles import Chart, write_chart


def write_validation(validation: Validation, folder: Path) -> Path:
    """Write tables as CSV, charts as SVG and PDF, and ``report.html``, which is returned."""
    for name, table in validation.tables.items():
        shown = round_predictions(table) if name == "predictions" else table
        write_csv(folder / f"{name}.csv", shown)
    charts = _charts(validation)
    for name, chart in charts.items():
        write_chart(chart, folder / "figures", name)
    environment = make_environment()
    page = environment.get_template("validation.html").render(
        validation=validation,
        manifest=validation.manifest,
        tables={name: show(name, table) for name, table in validation.tables.items()},
        charts={name: embedded_json(chart.to_dict()) for name, chart in charts.items()},
        inline=make_inline(environment),
        version=__version__,
    )
    path = folder / "report.html"
    write_text(path, page)
    return path


def _charts(validation: Validation) -> dict[str, Chart]:
    curves = validation.tables["calibration_curves"]
    charts = {
        name: plot_calibration(curves[curves["model"] == model])
        for name, model in (("calibration", FROZEN), ("recalibrated", RECALIBRATED))
    }
    charts["decision_curve"] = plot_decision_curve(validation.tables["decision_curve"])
    if validation.brand:
        charts = {
            name: chart.properties(title=validation.brand) for name, chart in charts.items()
        }
    return charts
