"""The methods of a study in words, every setting of its models, and how to repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from deepcme.base.version import __version__
from deepcme.cohort.scales.scales import LINEAR_SCALES
from deepcme.evaluation.bootstrap import DEFAULT_DRAWS
from deepcme.evaluation.comparison import REFITTED_FACTOR
from deepcme.evaluation.nulls import PERMUTED_LABELS
from deepcme.evaluation.probabilities.recalibration import DEGREES_OF_FREEDOM, OUT_OF_FOLD
from deepcme.evaluation.survival.tables.nulls import PERMUTED_OUTCOMES
from deepcme.report.blocks import Blocks, Folded, Heading, Preformatted, Terms, Text
from deepcme.report.design import describe_design
from deepcme.report.formatting import TableLayout
from deepcme.report.layouts.numbers import as_percent
from deepcme.report.models import (
    compute_model_settings,
    describe_baselines,
    describe_committees,
    describe_networks,
    describe_tuning,
    join_model_settings,
)
from deepcme.report.section import Contents, Section
from deepcme.report.sections.comparison import DESCRIBED_PROBABILITIES
from deepcme.report.survival.methods_words import (
    STRATIFIED,
    describe_censoring,
    describe_learning,
    describe_outcome,
    describe_risk_groups,
    describe_survival_measures,
)
from deepcme.selection.rankers import describe_ranker
from deepcme.study.designs import LeaveOneCohortOutDesign
from deepcme.study.identity import describe_results_version
from deepcme.study.resolved import Study
from deepcme.study.settings import ModelSettings, PreprocessingSettings, SelectionSettings

Paragraph = tuple[str, str]
"""A heading and its text."""

_MODEL_SETTINGS = TableLayout(
    "Settings of each model, those left at their defaults too.",
    ("model", "Model", ""), ("estimator", "Estimator", ""), ("settings", "Settings", ""),
)  # fmt: skip


def describe_methods(
    study: Study,
    cohort: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    notes: Mapping[str, str],
) -> list[Paragraph]:
    """What was done, as sentences that a methods section can take.

    Parameters
    ----------
    study : Study
    cohort : mapping
        The cohort in numbers and words.
    tables, notes : mapping
        Those of the report: what was not run is not told.
    """
    is_survival = study.survival is not None
    design = describe_design(study.split, is_survival=is_survival)
    paragraphs = [
        ("Outcome", describe_outcome(study, cohort) if is_survival else ""),
        ("Censoring", describe_censoring(study) if is_survival else ""),
        ("Design", f"{design} {STRATIFIED}" if is_survival else design),
        ("Preprocessing", _preprocessing(study.preprocessing, cohort)),
        ("What is learned", describe_learning(study) if is_survival else ""),
        ("Committee", describe_committees(study)),
        ("Networks", describe_networks(study.models)),
        ("Tuning", describe_tuning(study)),
        ("Other models" if is_survival else "Baselines", describe_baselines(study)),
        ("Beside the models", notes.get("beside_clinic_methods", "")),
        (
            "Measures",
            describe_survival_measures(study, tables)
            if is_survival
            else _measures(study, tables, notes),
        ),
        ("Risk groups", describe_risk_groups(tables) if is_survival else ""),
        ("Other cohorts", notes.get("with_others_method", "")),
        ("Nulls", _nulls(tables)),
        ("Groups of patients", notes.get("subgroup_methods", "")),
        ("Clinical columns", notes.get("clinical_coding", "")),
        ("Genes", notes.get("gene_methods", "")),
        ("Gene selection", _selection(study.selection, is_survival=is_survival)),
        ("Gene sets", _gene_sets(tables)),
    ]
    return [(heading, text) for heading, text in paragraphs if text]


def _preprocessing(settings: PreprocessingSettings, cohort: Mapping[str, Any]) -> str:
    primary = settings.tissue == "primary"
    tissue = (
        "Primary tumours only (all samples where the tissue of none is known)."
        if primary
        else "All tissues."
    )
    linear = cohort["scale"] in LINEAR_SCALES
    log = (
        f"log2(x + 1) of the {cohort['scale']} values"
        if linear
        else "values as given, on a log scale already"
    )
    steps = [log, "the median of the gene where a value is missing"]
    if settings.min_prevalence > 0:
        steps.append(
            f"genes left out that fewer than {settings.min_prevalence:.0%} of the samples "
            "express (only on scales where 0, or the lowest value, means absent)"
        )
    steps.append("each gene standardised by its mean and standard deviation")
    if settings.clip != float("inf"):
        steps.append(f"clipped at {settings.clip:g} standard deviations")
    fitted = (
        "Medians, prevalences, means and deviations are learned in each split on what the "
        "model is fitted on: the training part, or training and validation part, never the "
        "test part."
        if settings.fit_on == "train"
        else "Medians, prevalences, means and deviations are learned on all rows, test rows "
        "included."
    )
    return f"{tissue} In this order: {'; '.join(steps)}. {fitted}"


def _measures(
    study: Study, tables: Mapping[str, pd.DataFrame], notes: Mapping[str, str]
) -> str:
    sentences = [
        "AUC of each test part, averaged; PR-AUC over patients, each by the mean rank of its "
        "scores within the test parts, beside its expectation by chance (Bestgen 2015). "
        f"95% intervals of AUC and PR-AUC: {DEFAULT_DRAWS:,} bootstrap draws of patients, "
        "their standard error on the logit scale with Student's t (Hesterberg 2015), that of "
        "the AUC widened as patients who test one model train another (Bengio and Grandvalet "
        "2004). What the others are stands with each table.",
        notes.get("estimand", ""),
    ]
    if "comparison" in tables:
        sentences.append(_comparison(study.models, tables["comparison"]))
    if "sensitivity" in tables:
        sentences.append(
            "Sensitivity at fixed specificities from the placement values of the events in "
            "each test part (Pepe and Cai 2004), averaged; intervals as those of the AUC."
        )
    if "classification" in tables:
        sentences.append(
            "Sensitivity, specificity and predictive values at fixed risks, as recalibrated; "
            "Wilson's intervals with the effective number of patients (Korn and Graubard 1998)."
        )
    if "calibration" in tables:
        sentences.append(
            "Calibration line and curve and Brier score of the probabilities as the models "
            "give them, test parts pooled."
        )
    if "net_benefit" in tables:
        sentences.append(_net_benefit(study.decisions.thresholds))
    if "recalibration_lines" in tables:
        sentences.append(_recalibration(tables["recalibration_lines"]))
    if isinstance(study.split, LeaveOneCohortOutDesign):
        sentences.append(
            "AUCs, predictive values, calibration and net benefit are those of each cohort by "
            "itself."
        )
    return " ".join(sentences)


def _comparison(models: Sequence[ModelSettings], comparison: pd.DataFrame) -> str:
    model, named = comparison["model"].iloc[0], comparison[comparison["comparator"]]
    planned = (
        f" The comparator, {named['baseline'].iloc[0]}, was named before anything was fitted: "
        "that one comparison is not corrected for the others."
        if len(named)
        else ""
    )
    refitted = (
        f" Where the validation part trains a model too, {REFITTED_FACTOR:g} times the ratio "
        "of test to training samples is taken, as simulations ask for."
        if any(model.kind.refitted for model in models)
        else ""
    )
    return (
        f"{model} is compared with each baseline by the corrected resampled t-test (Nadeau and "
        "Bengio 2003), an approximate test whose intervals are Student's t, p after Holm."
        f"{planned}{refitted} {DESCRIBED_PROBABILITIES}"
    )


def _net_benefit(thresholds: Sequence[float]) -> str:
    listed = ", ".join(map(as_percent, thresholds))
    return (
        "Net benefit (Vickers and Elkin 2006) of the recalibrated probabilities, minus that of "
        f"treating all and of treating none, on the same patients, at risks of {listed}: a "
        "model has to beat both (intersection-union test, Berger 1982). Its intervals hold at "
        "all these risks at once, by the largest standardised deviation in each draw (Romano "
        "and Wolf 2005); standard errors are at least those of the score test."
    )


def _recalibration(lines: pd.DataFrame) -> str:
    out_of_fold = lines.loc[lines["learned_on"] == OUT_OF_FOLD, "model"]
    own = (
        f" ({', '.join(out_of_fold)}: on out-of-fold scores of training and validation part, "
        "as they are fitted on both)"
        if len(out_of_fold)
        else ""
    )
    return (
        "Recalibrated by a line (Platt 1999) learned on the validation part of each split"
        f"{own}; slopes of log-odds drawn towards 1, their logarithm having Student's t "
        f"density with {DEGREES_OF_FREEDOM} degrees of freedom, others by Firth's method "
        "(1993); a slope of 0 or below is refused."
    )


def _nulls(tables: Mapping[str, pd.DataFrame]) -> str:
    if "nulls" not in tables:
        return ""
    runs = tables["null_runs"]
    counts = runs["kind"].value_counts()
    sentences = []
    if n_permutations := int(counts.get(PERMUTED_LABELS, 0)):
        sentences.append(
            f"Labels permuted between patients {n_permutations:,} times, everything fitted "
            "again; p counts the labels as they are as one permutation (Phipson "
            "and Smyth 2010), with Wilson's interval of the Monte-Carlo error."
        )
    if n_permutations := int(counts.get(PERMUTED_OUTCOMES, 0)):
        sentences.append(
            f"Outcomes, time and event together, permuted between patients {n_permutations:,} "
            "times, everything fitted again; p counts the outcomes as they are "
            "as one permutation (Phipson and Smyth 2010), with Wilson's interval of the "
            "Monte-Carlo error."
        )
    random = runs[runs["kind"] == "random genes"]
    if len(random):
        sizes = ", ".join(f"{size:,}" for size in sorted(random["size"].unique()))
        sentences.append(
            f"{len(random):,} random gene sets of {sizes} genes (Venet et al. 2011), the same "
            "splits."
        )
    if n_signatures := int(counts.get("signature", 0)):
        sentences.append(f"{n_signatures} gene signatures, refitted on the same splits.")
    return " ".join(sentences)


def _selection(selection: SelectionSettings, *, is_survival: bool) -> str:
    if not selection.run:
        return ""
    refitted = (
        "panels refitted as Cox regressions with a ridge penalty"
        if is_survival
        else "panels refitted without penalty"
    )
    return (
        f"Genes ranked by {' and '.join(map(describe_ranker, selection.rankers))} on training "
        f"and validation part, {refitted}, {selection.random_panels} random panels "
        "of each size (Venet et al. 2011); knockoffs at a false-discovery proportion of 0.2 "
        f"(Barber and Candes 2015); stability selection on {2 * selection.pairs} halves of "
        "the patients (Meinshausen and Buhlmann 2010, Shah and Samworth 2013); "
        "Nogueira's stability index (2018)."
    )


def _gene_sets(tables: Mapping[str, pd.DataFrame]) -> str:
    if "gene_sets" not in tables:
        return ""
    first = tables["gene_sets"].iloc[0]
    files = ", ".join(tables["gene_sets"]["file"].unique())
    return (
        f"Sets of {files} among {first['n_background']:,} measured genes, each once (of "
        "several columns the one with the highest mean). Score statistic of each gene (Mantel "
        "1963; of times with martingale residuals, Therneau et al. 1990); the mean of a set "
        "minus that of the other genes, its variance with a part for correlated errors, from "
        "permuted patients, and one for effects that differ between genes (MEACA, Zhuo et al. "
        f"2017); p by {first['n_permutations']:,} permutations of patients, or by Student's t "
        "where it is larger; Benjamini and Hochberg (1995). Enrichment scores and leading "
        "edges by GSEApy (Fang et al. 2023; Subramanian et al. 2005)."
    )


def _compute(contents: Contents) -> None:
    models = contents.results.study.models
    contents.add("model_settings", lambda: compute_model_settings(models), _MODEL_SETTINGS)


_COMMAND = "deepcme run study.toml --out ../again"
"""In the study's folder, so that the report is the same wherever it lies."""


def _write(contents: Contents) -> Blocks:
    results, tables = contents.results, contents.tables
    identity = results.folder.read_identity()
    packages = identity["versions"].items()
    command = Markup(
        "Repeat it: in the study's folder <code>{}</code> runs the file above again, into a "
        "new folder beside it. deepcme {}; results version {}; {}."
    ).format(
        _COMMAND,
        __version__,
        describe_results_version(identity),
        ", ".join(f"{name} {version}" for name, version in packages if name != "deepcme"),
    )
    methods = describe_methods(results.study, results.cohort, tables, contents.notes)
    settings = join_model_settings(tables["model_settings"])
    study_file = (results.folder.path / "study.toml").read_text(encoding="utf-8")
    return [
        Heading("Methods and settings", "methods", only="html"),
        Heading("Methods", "methods", only="md"),
        Folded("Methods in words, as a paper can take them", [Terms(methods)]),
        contents.show(
            "model_settings", settings, wrap=True, folded="Every setting of every model"
        ),
        Folded("The study file", [Preformatted(study_file)], only="html"),
        Text(command, only="html"),
    ]


def _write_command(_: Contents) -> Blocks:
    yield Heading("Repeat it", "repeat", only="md")
    yield Text(f"In the study's folder: `{_COMMAND}`; deepcme {__version__}.", only="md")


SECTION = Section(_write, _compute)
REPEAT = Section(_write_command)
