"""The comparison of the headline with the baselines."""

from __future__ import annotations

from deepcme.evaluation.comparison import DEFAULT_MARGIN, compute_comparison
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.blocks import Blocks, Figure, Heading, Text
from deepcme.report.figures.forest import plot_comparison
from deepcme.report.formatting import N_AND_EVENTS, PROBABILITIES, TableLayout
from deepcme.report.layouts.columns import Estimate, PValue
from deepcme.report.models import find_refitted_models
from deepcme.report.section import Contents, Section
from deepcme.study.headline import find_baselines

DESCRIBED_PROBABILITIES = (
    f"Probabilities of better, equivalent (within {DEFAULT_MARGIN:g}) and worse: posterior "
    f"under a flat prior (Benavoli et al. 2017). A margin of {DEFAULT_MARGIN:g} is a "
    "convention: two more of a hundred pairs of patients ranked rightly, too little to prefer "
    "a model for; another margin gives other probabilities."
)
_CAPTION = (
    "AUC of {headline} minus that of each baseline, on the same test samples. The comparator "
    "was named before anything was fitted: its p counts as it is, that of the others after "
    "Holm."
)
_NOTE = (
    "Mean over the splits of the difference in test AUC, with 95% interval (Student's t) and p "
    "of the corrected resampled t-test (Nadeau and Bengio 2003): approximate, as splits share "
    f"patients. {DESCRIBED_PROBABILITIES}"
)


def _lay_out(headline: str) -> TableLayout:
    return TableLayout(
        _CAPTION.format(headline=headline),
        ("baseline", "Baseline", ""), ("comparator", "Comparator", ""),
        Estimate("difference", "Difference", signed=True), PValue("p_value", "p"),
        PValue("p_holm", "p (Holm)"), *PROBABILITIES, *N_AND_EVENTS, note=_NOTE,
    )  # fmt: skip


def _compute(contents: Contents) -> None:
    study, headline = contents.results.study, contents.headline
    named = [(model.name, model.estimator) for model in study.models]
    contents.add(
        "comparison",
        lambda: compute_comparison(
            contents.results.predictions,
            headline,
            find_baselines(named, headline, study.comparator.model),
            comparator=study.comparator.model,
            refitted=find_refitted_models(study),
        ),
        _lay_out(headline),
        lambda table: plot_comparison(table, contents.roles),
    )


def _write(contents: Contents) -> Blocks:
    by_cohort = LEFT_OUT in contents.results.predictions.columns
    if "comparison" not in contents.tables:
        yield Text(contents.notes.get("comparison", "") if by_cohort else "")
        return
    yield Heading("Comparison with the baselines", "comparison")
    yield Figure(
        "comparison",
        "AUC differences to each baseline with intervals; the numbers are in the next table",
        "Difference in AUC with its 95% interval (corrected t). The grey band is practical "
        "equivalence.",
    )
    yield contents.show("comparison")


SECTION = Section(_write, _compute)
