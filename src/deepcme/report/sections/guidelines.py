"""TRIPOD+AI and PROBAST+AI tables, filled where the study knows the answer.

The item texts are our short paraphrases of Collins et al., BMJ 2024;385:e078378 (TRIPOD+AI)
and of Moons et al., BMJ 2025;388:e082505 (PROBAST+AI); the authors' own checklists hold.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from deepcme.base.words import listed
from deepcme.cohort.flow import FlowStep, read_flow
from deepcme.report.blocks import Blocks, Heading, Subheading, Text
from deepcme.report.design import describe_design, describe_guard, find_leaks
from deepcme.report.formatting import TableLayout
from deepcme.report.section import Contents, Section
from deepcme.study.resolved import Study
from deepcme.study.settings import PreprocessingSettings

AUTHOR = "author must state"

_TRIPOD = TableLayout("", ("item", "Item", ""), ("asks", "Asks", ""), ("answer", "Answer", ""))
_PROBAST = TableLayout(
    "", ("domain", "Domain", ""), ("question", "Question", ""), ("answer", "Answer", "")
)


def compute_tripod(cohort: dict[str, Any], study: Study) -> pd.DataFrame:
    """TRIPOD+AI items that concern development and evaluation, with what the study says."""
    preprocessing = study.preprocessing
    models = ", ".join(model.name for model in study.models)
    columns = study.clinical.columns if study.clinical else ()
    clinical = f" Clinical columns: {listed(columns)}." if columns else ""
    prepared = " ".join([f"Scale {cohort['scale']}.", *cohort["notes"]]).strip()
    rows = [
        ("1 Title", "Name the study as developing or evaluating a model", AUTHOR),
        ("3 Background", "Health context, rationale, intended use and users", AUTHOR),
        ("5 Data", "Source and representativeness of the data", cohort["source"] or AUTHOR),
        ("5 Data", "Dates of accrual and follow-up", AUTHOR),
        ("6 Participants", "Setting, eligibility, treatments received", AUTHOR),
        ("7 Preparation", "Preparation and quality of the data", prepared),
        ("7 Preparation", "Scaling fitted on", f"{_fitted_on(preprocessing)}."),
        ("8 Outcome", "Definition and time horizon of the outcome", cohort["endpoint"]),
        ("8 Outcome", "Who assessed the outcome, blinded to predictors", AUTHOR),
        (
            "9 Predictors",
            "Choice and definition of the predictors",
            f"Expression of {cohort['genes']:,} genes, scale {cohort['scale']}.{clinical}",
        ),
        ("10 Sample size", "How the size was arrived at", _sample_size(cohort)),
        ("11 Missing data", "How missing values were handled", _missing_values(study)),
        (
            "12 Analysis",
            "Use of the data for development and evaluation",
            describe_design(study.split),
        ),
        ("12 Analysis", "Models, tuning and how they were built", f"{models}; settings below."),
        ("12 Analysis", "Selection of predictors", _selection(study)),
        (
            "12 Analysis",
            "Performance measures",
            "AUC, PR-AUC, sensitivity, specificity, PPV, NPV, Brier score, calibration slope "
            "and intercept, net benefit; each with a 95% interval, made as the methods say.",
        ),
        ("13 Imbalance", "Methods for class imbalance", "None, unless a class weight is set."),
        ("14 Fairness", "Approaches to model fairness", AUTHOR),
        ("17 Ethics", "Ethical approval and consent", AUTHOR),
        ("18 Open science", "Funding, interests, protocol, registration", AUTHOR),
        ("18 Open science", "Availability of data and code", f"Code: deepcme. Data: {AUTHOR}."),
        ("19 Involvement", "Patient and public involvement", AUTHOR),
        ("20 Participants", "Flow of participants", _flow(cohort)),
        ("23 Performance", "Performance with intervals", "In the sections above."),
        ("25 Discussion", "Interpretation, limitations, usability", AUTHOR),
    ]
    return pd.DataFrame(rows, columns=["item", "asks", "answer"])


def compute_probast(cohort: dict[str, Any], study: Study) -> pd.DataFrame:
    """PROBAST+AI signalling questions that a tool can speak to, with what the study shows."""
    leaks = find_leaks(cohort, study)
    per_gene = cohort["positives"] / cohort["genes"]
    rows = [
        ("Participants", "Were appropriate data sources used?", AUTHOR),
        ("Participants", "Were inclusions and exclusions appropriate?", _flow(cohort)),
        ("Predictors", "Measured alike for all, without knowledge of the outcome?", AUTHOR),
        ("Predictors", "Available when the model is to be used?", AUTHOR),
        ("Outcome", "Defined alike for all, without predictor information?", AUTHOR),
        (
            "Analysis",
            "Enough participants with the outcome?",
            f"{cohort['positives']} events for {cohort['genes']:,} candidate genes "
            f"({per_gene:.2g} per gene).",
        ),
        ("Analysis", "Was leakage between training and test data avoided?", _leakage(leaks)),
        ("Analysis", "Were missing values handled appropriately?", _missing_values(study)),
        *_added_value_rows(study),
        ("Analysis", "Was overfitting accounted for?", describe_guard(study.split, leaks)),
        (
            "Analysis",
            "Were discrimination and calibration both evaluated?",
            "Yes, with intervals.",
        ),
        ("Applicability", "Do data, predictors and outcome match the question?", AUTHOR),
    ]
    return pd.DataFrame(rows, columns=["domain", "question", "answer"])


def _leakage(leaks: list[str]) -> str:
    if leaks:
        return f"No: {' and '.join(leaks)}."
    return (
        "In what was run here, yes: split by patient, no learned step saw the test part. "
        "Whether genes were chosen, or values standardised together, with these patients "
        f"before that: {AUTHOR}."
    )


def _fitted_on(preprocessing: PreprocessingSettings) -> str:
    if preprocessing.fit_on == "all":
        return "all rows"
    return "what each model is fitted on, never the test part"


def _missing_values(study: Study) -> str:
    if study.clinical is None:
        return "Training-part median."
    return (
        "Genes: training-part median. Clinical columns: median or most frequent word of the "
        "training and validation part."
    )


def _added_value_rows(study: Study) -> list[tuple[str, str, str]]:
    if study.clinical is None:
        return []
    return [
        (
            "Analysis",
            "Was the model set against predictors already in use?",
            f"Clinical columns ({listed(study.clinical.columns)}) alone, the genes alone, and "
            f"both, on the same held-out patients. Whether these are the established ones: "
            f"{AUTHOR}.",
        )
    ]


def _selection(study: Study) -> str:
    models = "None for the models: all genes enter."
    if not study.selection.run:
        return models
    return f"{models} Panels: genes ranked on the training and validation part of each split."


def _sample_size(cohort: dict[str, Any]) -> str:
    counts = f"{cohort['samples']} samples, {cohort['positives']} events, as available"
    return f"{counts}. Rationale: {AUTHOR}."


def _flow(cohort: dict[str, Any]) -> str:
    """Counts by step; of a cohort whose flow was not counted, what its notes say."""
    analysed = f"{cohort['samples']} samples of {cohort['patients']} patients analysed."
    steps = "; ".join(map(_step, read_flow(cohort.get("flow", []))))
    return (
        f"{steps}. {analysed}" if steps else f"{analysed} {' '.join(cohort['notes'])}".strip()
    )


def _step(step: FlowStep) -> str:
    counts = f"{step.step}: {step.samples:,} samples of {step.patients:,} patients"
    left_out = step.describe_left_out()
    return f"{counts} ({left_out} left out)" if left_out else counts


def _compute(contents: Contents) -> None:
    cohort, study = contents.results.cohort, contents.results.study
    contents.add("tripod", lambda: compute_tripod(cohort, study), _TRIPOD)
    contents.add("probast", lambda: compute_probast(cohort, study), _PROBAST)


def _write(contents: Contents) -> Blocks:
    yield Heading("Reporting guidelines", "reporting")
    for title, name in (("TRIPOD+AI", "tripod"), ("PROBAST+AI", "probast")):
        yield Subheading(title)
        yield Text(title, only="md")
        yield contents.show(name, wrap=True)


SECTION = Section(_write, _compute)
