"""How far risks move when the model is developed again on bootstrap samples of the patients."""

from __future__ import annotations

import pandas as pd

from deepcme.evaluation.stability.optimism import (
    HARRELL,
    OUT_OF_BAG,
    PLUS_632,
    STEEPEST,
    compute_optimism,
)
from deepcme.evaluation.stability.performance import (
    compute_calibration_instability,
    compute_refit_performance,
)
from deepcme.evaluation.stability.refits import (
    ORIGINAL,
    compute_classification_instability,
    compute_classification_summary,
    compute_instability_summary,
    compute_prediction_instability,
)
from deepcme.report.blocks import Blocks, Figure, Subheading, Text
from deepcme.report.figures.instability import (
    plot_calibration_instability,
    plot_classification_instability,
    plot_mape,
    plot_prediction_instability,
)
from deepcme.report.formatting import N_AND_EVENTS, TableLayout
from deepcme.report.layouts.columns import Count, Estimate, Plain
from deepcme.report.section import Contents, Section
from deepcme.study.parts.instability import REFITS, refitted_name

USUAL_REFITS = 200
_WRONG_BY = 0.02
"""So much more than the .632+ estimate, and Harrell's is called too good."""

_NAMES = {
    "mape": "Mean absolute prediction error (MAPE)",
    "median_width": "Half of the patients have a wider range than",
    "tenth_width": "One patient in ten has a wider range than",
    "auc": "AUC",
    "slope": "Calibration slope",
}
_REFITS = Count("n_refits", "Refits", "refit")
_SUMMARY = TableLayout(
    "How far a patient's risk moves when the model is developed again.",
    ("measure", "Measure", ""), Estimate("value", "Value"), *N_AND_EVENTS, _REFITS,
    note="Range: from the 2.5th to the 97.5th percentile of the refits' risks. 95% intervals: "
    "bootstrap of patients, percentile, for these refits.",
)  # fmt: skip
_CLASSIFICATION = TableLayout(
    "Classification instability: how often a refit puts a patient on the other side of the "
    "threshold than the original model does.",
    ("threshold", "Threshold", "g"), ("n_high", "At or above", ",.0f"),
    Estimate("changed", "Change sides", percent=True),
    Estimate("often", "Patients who often do", "often_low", "often_high", percent=True),
    *N_AND_EVENTS, _REFITS,
    note="Change sides: share of refits, mean over patients. Patients who often do: share of "
    "them for whom it is more than one refit in ten. 95% intervals: bootstrap of patients, "
    "percentile.",
)  # fmt: skip
_PERFORMANCE = TableLayout(
    "Performance of the original model by the bootstrap; what is apparent is no performance.",
    ("metric", "Measure", ""), ("estimate", "Estimate", ""), Estimate("value", "Value"),
    Plain("interval", "Interval", constant="intervals: {}"), *N_AND_EVENTS, _REFITS,
    note="Apparent: on the patients it was developed on. Harrell: apparent less mean optimism; "
    "interval of the refits on their bootstrap samples, moved by the optimism (Noma et al. "
    "2021), none where they reach an AUC of 1. Out of bag: on patients that a refit has not "
    "seen. .632+: the apparent and that out of bag, weighed (Efron and Tibshirani 1997); "
    "intervals of both by bootstrap of patients, the refits as they are.",
)  # fmt: skip
_MEANING = (
    "This is how much the risks depend on which patients the model happened to be developed "
    "on, in this way, among patients like these. It does not say how good the risks are, nor "
    "what the model does elsewhere: one that gives everybody the same risk is stable, and of "
    "no use. The patients in the charts helped to develop the model; "
)
_ABOUT_PERFORMANCE = (
    "of the numbers here only those called out of bag and .632+ are about performance."
)
_NOT_ABOUT_PERFORMANCE = "no number here is about performance. Risks are those by the horizon."


def _compute(contents: Contents) -> None:
    folder, study = contents.results.folder, contents.results.study
    if not folder.has_table(REFITS):
        option = f"--instability {USUAL_REFITS}"
        contents.miss("refits on bootstrap samples", option, asked=study.instability.refits > 0)
        return
    refits = folder.read_table(REFITS)
    instability = compute_prediction_instability(refits)
    classification = compute_classification_instability(refits, study.decisions.thresholds)
    random = contents.random
    # Of times, how well the refits do is not asked.
    of_labels = not contents.results.is_survival
    contents.add("prediction_instability", lambda: instability)
    contents.add(
        "instability_summary",
        lambda: compute_instability_summary(instability, random("prediction instability")),
        _SUMMARY,
    )
    if of_labels:
        performance = compute_refit_performance(refits)
        contents.add(
            "calibration_instability",
            lambda: compute_calibration_instability(refits, performance),
            draw=plot_calibration_instability,
        )
    contents.add(
        "classification_instability",
        lambda: classification,
        draw=plot_classification_instability,
    )
    contents.add(
        "classification_summary",
        lambda: compute_classification_summary(
            classification, random("classification instability")
        ),
        _CLASSIFICATION,
    )
    if of_labels:
        contents.add("refit_performance", lambda: performance)
        contents.add(
            "bootstrap_performance",
            lambda: compute_optimism(refits, performance, random("optimism")),
            _PERFORMANCE,
        )
        contents.notes |= describe_refit_performance(
            performance, contents.tables["bootstrap_performance"]
        )
    contents.charts["prediction_instability"] = plot_prediction_instability(instability, refits)
    contents.charts["mape"] = plot_mape(instability)
    contents.notes |= describe_instability(
        refitted_name(study),
        contents.tables["instability_summary"],
        contents.tables["classification_summary"],
    )


def describe_instability(
    model: str, summary: pd.DataFrame, classification: pd.DataFrame
) -> dict[str, str]:
    """The section's sentences by rule, by name."""
    return {
        "refits": _describe_risks(model, summary),
        "classification_instability": _describe_classification(classification),
    }


def describe_refit_performance(
    performance: pd.DataFrame, optimism: pd.DataFrame
) -> dict[str, str]:
    """Those of performance."""
    return {
        "calibration_instability": _describe_calibration(performance),
        "bootstrap_performance": _describe_performance(optimism),
    }


def _describe_risks(model: str, summary: pd.DataFrame) -> str:
    by_measure = summary.set_index("measure")
    n_refits = int(summary["n_refits"].iloc[0])
    mape, tenth = by_measure.loc["mape"], by_measure.loc["tenth_width"]
    sentence = (
        f"{model} was developed again on {n_refits:,} bootstrap samples of the patients (Riley "
        f"and Collins 2023). The refits' risks differ from the original one by "
        f"{mape['value']:.3f} on average (95% interval {mape['ci_low']:.3f} to "
        f"{mape['ci_high']:.3f}). For one patient in ten they spread over more than "
        f"{tenth['value']:.2f} ({tenth['ci_low']:.2f} to {tenth['ci_high']:.2f}), from the "
        "2.5th to the 97.5th percentile."
    )
    if n_refits < USUAL_REFITS:
        sentence += (
            f" {USUAL_REFITS} refits are usual; with fewer these percentiles are too close."
        )
    return sentence


def _describe_classification(classification: pd.DataFrame) -> str:
    row = classification.nlargest(1, "changed").iloc[0]
    which = "At a threshold" if len(classification) == 1 else "Most change at a threshold"
    return (
        f"{which} of {row['threshold']:g}: a refit puts a patient on the other side of it in "
        f"{row['changed']:.0%} of cases on average (95% interval {row['ci_low']:.0%} to "
        f"{row['ci_high']:.0%}), and {row['often']:.0%} of the patients change sides in more "
        "than one refit of ten."
    )


def _describe_calibration(performance: pd.DataFrame) -> str:
    refits = performance[performance["refit"] != ORIGINAL]
    slopes = refits["slope"].dropna()
    if slopes.empty:
        return "No refit has a calibration slope on these patients."
    low, middle, high = slopes.quantile([0.025, 0.5, 0.975])
    without = len(refits) - len(slopes)
    lost = f"; {without:,} have none, as all their risks are the same" if without else ""
    if high > STEEPEST:
        lost += "; the largest are of refits whose risks hardly differ"
    return (
        f"On all patients the refits' calibration slopes are {middle:.2f} in the middle, and "
        f"from {low:.2f} to {high:.2f} from the 2.5th to the 97.5th percentile{lost}. That "
        "is their spread, no confidence interval: most of these patients were in each "
        "bootstrap sample."
    )


def _describe_performance(optimism: pd.DataFrame) -> str:
    found = {(row["metric"], row["estimate"]): row for row in optimism.to_dict("records")}
    better, harrell = found["auc", PLUS_632], found["auc", HARRELL]["value"]
    sentence = (
        f"The .632+ estimate of its AUC is {better['value']:.3f} (95% interval "
        f"{better['ci_low']:.3f} to {better['ci_high']:.3f}; {better['n']:,} samples, "
        f"{better['events']:,} events), that of patients whom the refits have not seen "
        f"{found['auc', OUT_OF_BAG]['value']:.3f}."
    )
    if harrell > better["value"] + _WRONG_BY:
        sentence += (
            f" Harrell's {harrell:.3f} is too good to be quoted: such a model remembers "
            "patients it has seen, and most of those it is judged on were in its bootstrap "
            "sample."
        )
    if pd.isna(found["slope", HARRELL]["value"]):
        sentence += (
            " There is no corrected calibration slope, as some refits give nearly the same "
            "risk to all or separate the classes."
        )
    return sentence


def _write(contents: Contents) -> Blocks:
    notes = contents.notes
    if "instability_summary" not in contents.tables:
        return []
    summary = contents.tables["instability_summary"]
    is_survival = contents.results.is_survival
    return [
        Subheading("Instability of the model"),
        Text(notes["refits"]),
        Text(_MEANING + (_NOT_ABOUT_PERFORMANCE if is_survival else _ABOUT_PERFORMANCE)),
        *contents.pair(
            Figure(
                "prediction_instability",
                "Risks by the refits against the risk by the original model",
                "Prediction instability: each line is the range of one patient's risks, from "
                "the 2.5th to the 97.5th percentile of the refits; grey points are risks by "
                "some of them. On the diagonal nothing changes.",
            ),
            Figure(
                "mape",
                "Mean absolute prediction error of each patient against the original risk",
                "Mean absolute difference of the refits' risks from the original one, by "
                "patient.",
            ),
        ),
        contents.show(
            "instability_summary", summary.assign(measure=summary["measure"].map(_NAMES))
        ),
        Text(notes["classification_instability"]),
        Text(notes.get("calibration_instability", "")),
        *contents.pair(
            Figure(
                "classification_instability",
                "Share of refits that put each patient on the other side of a threshold",
                "Classification instability at the thresholds of the study.",
                hint="Click a threshold in the legend to single it out.",
            ),
            Figure(
                "calibration_instability",
                "Calibration lines of the refits and of the original model",
                "Calibration instability: the line (intercept and slope) of each refit on all "
                "patients in grey, that of the original model in colour. The original's own is "
                "of the patients it was developed on.",
            ),
        ),
        contents.show("classification_summary"),
        *([] if is_survival else _write_performance(contents)),
    ]


def _write_performance(contents: Contents) -> Blocks:
    notes, performance = contents.notes, contents.tables["bootstrap_performance"]
    return [
        Text(notes["bootstrap_performance"]),
        contents.show(
            "bootstrap_performance",
            performance.assign(metric=performance["metric"].map(_NAMES)),
        ),
    ]


SECTION = Section(_write, _compute)
