"""What a frozen model did on new patients: tables, charts and one page."""

from __future__ import annotations

from pathlib import Path

from deepcme.base.files.files import whole_folder, write_csv, write_text
from deepcme.report.blocks import Blocks, Heading, Terms
from deepcme.report.card.card import Card
from deepcme.report.card.checked import FILE, Checked
from deepcme.report.card.writing import write_cards
from deepcme.report.external import binary, survival
from deepcme.report.external.opening import write_opening
from deepcme.report.figures.drawing import write_charts
from deepcme.report.render import render_page
from deepcme.trained.prediction import round_predictions
from deepcme.trained.survival.model import SurvivalModel
from deepcme.trained.validation import Validation


def write_validation(validation: Validation, folder: Path, name: str = "model") -> Path:
    """Write tables as CSV, charts as SVG and PDF, and ``report.html``, which is returned.

    Beside them ``validation.json``, which says of which model they are, and the model's card
    with them. All or none.

    Parameters
    ----------
    validation : Validation
    folder : Path
    name : str
        Of the model: of its folder.
    """
    manifest = validation.manifest
    of_kind = survival if isinstance(validation.model, SurvivalModel) else binary
    charts = of_kind.draw_charts(validation)
    if validation.brand:
        charts = {
            name: chart.properties(title=validation.brand) for name, chart in charts.items()
        }
    patients = "patients that it learned from" if validation.brand else "new patients"
    page = render_page(
        f"{validation.cohort}: a model on {patients}",
        f"{validation.cohort}: how well does a model trained on {manifest.cohort.name} "
        f"predict {patients}?",
        [
            write_opening(
                validation, of_kind.make_tiles(validation), of_kind.find_headline(validation)
            ),
            *of_kind.write_blocks(validation),
            *_write_model(validation),
        ],
        charts,
        f"The model is by deepcme {manifest.package_version}.",
        study=validation.cohort,
    )
    with whole_folder(folder) as written:
        for name, table in validation.tables.items():
            shown = round_predictions(table) if name == "predictions" else table
            write_csv(written / f"{name}.csv", shown)
        write_charts(charts, written / "figures")
        write_text(written / "report.html", page)
        checked = Checked.of(validation)
        write_text(written / FILE, checked.to_json())
        write_cards(Card(name, validation.model, checked=[checked]), written)
    return folder / "report.html"


def _write_model(validation: Validation) -> Blocks:
    manifest = validation.manifest
    cohort = manifest.cohort
    n_genes = f"{len(manifest.genes.id):,} genes"
    yield Heading("Model and patients", "model")
    yield Terms(
        [
            ("Model", manifest.model.name),
            (
                "Trained on",
                f"{cohort.name}: {cohort.samples} samples of {cohort.patients} patients, "
                f"{cohort.positives} {validation.model.having}, {n_genes}",
            ),
            ("Its endpoint", manifest.endpoint),
            ("Endpoint here", validation.endpoint),
            ("Normalised", validation.normalise),
        ]
    )
