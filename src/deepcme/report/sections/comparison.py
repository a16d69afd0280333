"""The comparison of the headline with the baselines."""

from __future__ import annotations

from collections.abc import Iterator

from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.figures.study import plot_comparison
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import DIFFERENCE, N_AND_EVENTS, PROBABILITIES, TableLayout
from deepcme.report.section import Block, Contents, Figure, Heading, Section, Table, Text
from deepcme.report.sections.discrimination import find_refitted_models
from deepcme.study.headline import find_baselines

_COMPARISON = TableLayout(
    "Difference in test AUC, with 95% interval and p of the corrected resampled t-test "
    "(Nadeau and Bengio 2003). The comparator was named before anything was fitted: its p "
    "counts as it is, that of the others after Holm. Probabilities: posterior under a flat "
    "prior, equivalent meaning within 0.02 (Benavoli et al. 2017).",
    (
        ("baseline", "Baseline", ""),
        ("comparator", "Comparator", ""),
        *DIFFERENCE,
        ("p_value", "p", ".3f"),
        ("p_holm", "p (Holm)", ".3f"),
        *PROBABILITIES,
        *N_AND_EVENTS,
    ),
)


def _compute(contents: Contents) -> None:
    study = contents.results.study
    named = [(model.name, model.estimator) for model in study.models]
    contents.add(
        "comparison",
        lambda: compute_comparison(
            contents.results.predictions,
            contents.headline,
            find_baselines(named, contents.headline, study.comparator),
            comparator=study.comparator,
            refitted=find_refitted_models(study),
        ),
    )


def _draw(contents: Contents) -> dict[str, Chart]:
    if "comparison" not in contents.tables:
        return {}
    return {"comparison": plot_comparison(contents.tables["comparison"])}


def _write(contents: Contents) -> Iterator[Block]:
    heading = Heading("Comparison with the baselines", "comparison")
    if "comparison" in contents.tables:
        yield heading
        yield Figure(
            "comparison",
            "AUC differences to each baseline with intervals; the numbers are in the next "
            "table",
            "Difference in AUC with its 95% interval. The grey band is practical equivalence.",
        )
        yield Table("comparison", _COMPARISON.show(contents.tables["comparison"]))
    elif LEFT_OUT in contents.results.predictions.columns:
        yield heading
        yield Text(contents.notes["comparison"])


COMPARISON = Section(_compute, _write, _draw)
