"""How much a patient's predicted risk changes from split to split."""

from __future__ import annotations

from collections.abc import Iterator

from deepcme.evaluation.stability import compute_instability, compute_prediction_stability
from deepcme.report.figures.risk import plot_prediction_stability
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import INTERVAL, N_AND_EVENTS, TableLayout
from deepcme.report.section import Block, Contents, Figure, Section, Subheading, Table

_INSTABILITY = TableLayout(
    "How much one sample's predicted risk changes from split to split: the mean, over "
    "samples, of its standard deviation.",
    (
        ("model", "Model", ""),
        ("mean_sd", "Mean sd of risk", ".3f"),
        *INTERVAL,
        *N_AND_EVENTS,
    ),
)


def _compute(contents: Contents) -> None:
    predictions = contents.results.predictions
    contents.add(
        "prediction_stability",
        lambda: compute_prediction_stability(predictions).sort_values(
            ["model", "mean"], kind="stable", ignore_index=True
        ),
    )
    contents.add(
        "instability", lambda: compute_instability(predictions, contents.random("stability"))
    )


def _draw(contents: Contents) -> dict[str, Chart]:
    if "prediction_stability" not in contents.tables:
        return {}
    spread = contents.tables["prediction_stability"]
    of_headline = spread[spread["model"] == contents.headline]
    if of_headline["sd"].isna().all():
        return {}
    return {"prediction_stability": plot_prediction_stability(of_headline)}


def _write(contents: Contents) -> Iterator[Block]:
    is_told = "instability" in contents.tables
    if is_told or "prediction_stability" in contents.charts:
        yield Subheading("Stability of the predictions")
        yield Figure(
            "prediction_stability",
            "Predicted risk of each sample over the splits",
            f"Test risk of each sample by {contents.headline}: mean, lowest and highest over "
            "the splits that tested it, by mean risk. All models are in "
            "tables/prediction_stability.csv.",
        )
    if is_told:
        yield Table("instability", _INSTABILITY.show(contents.tables["instability"]))


STABILITY = Section(_compute, _write, _draw)
