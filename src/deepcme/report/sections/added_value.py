"""What the genes add to clinical columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.base.words import listed, quoted
from deepcme.evaluation.added_value import (
    compute_added_value,
    compute_auc_differences,
    compute_events_per_parameter,
    compute_score_test,
)
from deepcme.evaluation.nulls import FEWEST_PERMUTATIONS, LEVEL, describe_power_to_reject
from deepcme.models.clinical import INDICATOR
from deepcme.report.added_value_verdict import AboveChance, make_added_value_verdict
from deepcme.report.blocks import Blocks, Figure, Heading, Table, Text
from deepcme.report.chance import exceeds_chance
from deepcme.report.figures.forest import plot_comparison
from deepcme.report.formatting import (
    COUNTS,
    LEFT_OUT_COLUMN,
    N_AND_EVENTS,
    PROBABILITIES,
    TableLayout,
)
from deepcme.report.layouts.columns import Count, Estimate, Plain, PValue
from deepcme.report.section import Contents, Section
from deepcme.study.parts.added_value import (
    CLINICAL,
    CLINICAL_AND_GENES,
    MOST_MISSING,
    ODDS_RATIOS,
    SCORE_TESTS,
    describe_missing,
    find_lacking_columns,
)
from deepcme.study.settings import ClinicalSettings

_FEW_EVENTS_PER_PARAMETER = 10
_NAMED = 4
"""Columns in the command that asks for them."""

_ADDED_VALUE = TableLayout(
    "What the genes add to the clinical columns on the same test samples: above 0 the genes "
    "help.",
    ("measure", "Measure", ""), ("clinical", "Clinical", ".3f"),
    ("both", "Clinical + genes", ".3f"), Estimate("difference", "Gain", signed=True), *COUNTS,
    note="Mean over the splits of the difference between the two models (log loss: clinical "
    "minus clinical + genes, per sample; net benefit at the risk one would act at, and AUC: "
    "clinical + genes minus clinical). 95% intervals: corrected resampled t over splits, for "
    "models that are refitted (Nadeau and Bengio 2003); none where no split differs. The log "
    "loss alone was named beforehand; net benefit and AUC describe. A difference in AUC says "
    "least of the three: it looks at ranks alone, not at what the risks are worth, and is a "
    "weak test of whether a predictor is useful (Pepe et al. 2013; Vickers et al. 2011).",
)  # fmt: skip
_AUC_DIFFERENCES = TableLayout(
    "AUC of one model minus AUC of the other.",
    ("model", "Model", ""), ("baseline", "Minus", ""),
    Estimate("difference", "Difference", signed=True), PValue("p_holm", "p (Holm)"),
    *PROBABILITIES, *N_AND_EVENTS,
    note="Mean over the splits; corrected resampled t-test (Nadeau and Bengio 2003), p after "
    "Holm. Probabilities: posterior under a flat prior, equivalent meaning within 0.02 "
    "(Benavoli et al. 2017).",
)  # fmt: skip
_MEASURES = {"log_loss": "Log loss", "net_benefit": "Net benefit", "auc": "AUC"}
_HOW_TO_READ = (
    "Log loss and net benefit compare the probabilities that the two logistic regressions "
    "themselves give, without recalibration; the sentence above goes by the log loss alone."
)
_AUC = TableLayout(
    "Mean test AUC of the clinical columns alone, the genes alone, and both, on the same "
    "patients.",
    LEFT_OUT_COLUMN, ("model", "Model", ""), Estimate("auc", "AUC"), ("sd", "sd", ".2f"),
    *COUNTS, note="95% intervals: bootstrap of patients, stratified by label, 2,000 draws.",
    best="auc",
)  # fmt: skip
_CLINICAL_COLUMNS = TableLayout(
    "The clinical columns in the cohort, and how they enter.",
    ("column", "Column", ""), ("value", "Value", ""), ("coding", "Coding", ""),
    *N_AND_EVENTS, Count("missing", "Missing", "missing value"),
    Plain("separated_splits", "Separated in splits", ",.0f", constant="separated in {} splits"),
)  # fmt: skip


SCORE_TEST = TableLayout(
    "The pre-validated gene score added to the clinical columns, in one regression on all "
    "tested samples: likelihood ratio, and coefficient per standard deviation.",
    ("statistic", "Likelihood ratio", ".2f"), ("coefficient", "Coefficient", "+.2f"),
    ("n_permutations", "Permutations", ",.0f"), ("n_as_good", "As good", ",.0f"),
    PValue("p_value", "p", "ci_low", "ci_high"), *N_AND_EVENTS,
    note="p: one-sided, of reruns of the gene model with the patients' expression permuted, "
    "outcomes and clinical columns kept together, one permutation being the expression as it "
    "is (Phipson and Smyth 2010); its 95% interval is Wilson's, of the Monte-Carlo error.",
)  # fmt: skip
_ODDS_RATIOS = TableLayout(
    "Odds ratios of the clinical columns, alone and beside the gene score, of one logistic "
    "regression on all tested samples.",
    ("model", "Model", ""), ("column", "Column", ""), ("value", "Value", ""),
    Estimate("odds_ratio", "Odds ratio"),
    Plain("interval", "Interval", constant="intervals by {}"), *N_AND_EVENTS,
    note="Missing values filled. 95% intervals: Wald's; by the profile of Firth's likelihood "
    "where outcomes are separated (Heinze and Schemper 2002). The gene score has none, as the "
    "outcomes made it. Samples and events: with the word, or with a known number.",
)  # fmt: skip


def _compute(contents: Contents) -> None:
    study, predictions = contents.results.study, contents.results.predictions
    clinical = study.clinical
    if clinical is None:
        miss_clinical_columns(contents)
        return
    models = (CLINICAL, clinical.genes, CLINICAL_AND_GENES)
    by_model = contents.tables["discrimination"].set_index("model", drop=False)
    columns = contents.results.folder.read_table("clinical.csv")
    contents.add(
        "added_value_auc", lambda: by_model.loc[[*models]].reset_index(drop=True), _AUC
    )
    contents.add(
        "added_value",
        lambda: compute_added_value(
            predictions, CLINICAL, CLINICAL_AND_GENES, study.decisions.thresholds
        ),
        _ADDED_VALUE,
    )
    contents.add(
        "added_value_auc_differences",
        lambda: compute_auc_differences(predictions, *models),
        _AUC_DIFFERENCES,
        lambda table: plot_comparison(table.iloc[:2], contents.roles),  # both, minus each alone
    )
    contents.add("clinical_columns", lambda: columns, _CLINICAL_COLUMNS)
    contents.notes |= describe_clinical_columns(clinical, predictions, columns)
    if contents.results.folder.has_table(SCORE_TESTS):  # folders of before have none
        _add_prevalidated(contents)
    if "added_value" in contents.tables:
        contents.notes["added_value_verdict"] = _verdict(contents, clinical)


def miss_clinical_columns(contents: Contents) -> None:
    """Note that nothing is asked of clinical columns, where the cohort has characteristics."""
    if "characteristics" in contents.tables:
        names = contents.tables["characteristics"]["characteristic"].drop_duplicates()[2:]
        known = [quoted(str(name)) for name in names if "," not in str(name)]
        columns = ",".join(known[:_NAMED]) or "COLUMN"
        contents.miss("genes beside clinical columns", f"--clinical {columns}", asked=False)


def _add_prevalidated(contents: Contents) -> None:
    folder = contents.results.folder
    test = compute_score_test(folder.read_table(SCORE_TESTS))
    contents.add("gene_score_test", lambda: test, SCORE_TEST)
    contents.add("odds_ratios", lambda: folder.read_table(ODDS_RATIOS), _ODDS_RATIOS)
    contents.notes["gene_score_test"] = describe_score_test(test, exceeds_chance(contents))


def describe_score_test(test: pd.DataFrame, above_chance: bool) -> str:
    """What the pre-validated score adds, and its p-value where there can be one.

    Nothing is claimed of genes in a study whose headline is not above chance.
    """
    row = test.iloc[0]
    n_permutations = int(row["n_permutations"])
    found = (
        f"The pre-validated gene score added to the clinical columns has a likelihood ratio of "
        f"{row['statistic']:.2f} ({row['n']:,.0f} samples, {row['events']:,.0f} events)."
    )
    if not n_permutations:
        return (
            f"{found} It has no p-value: the score was learned from the outcomes of the other "
            "patients, so that a chi-squared test would reject too often (Hofling and "
            "Tibshirani 2008); permuting the genes gives one (--clinical-permutations N)."
        )
    reruns = (
        f"With the patients' expression permuted, the gene model rerun did at least as well in "
        f"{row['n_as_good']:,.0f} of {n_permutations:,}"
    )
    if too_few := describe_power_to_reject(n_permutations):
        return f"{found} {reruns}. {too_few}"
    says_more = "says more" if row["p_value"] <= LEVEL else "is not shown to say more"
    unsettled = row["ci_low"] <= LEVEL <= row["ci_high"]
    test_of_score = (
        f"{found} {reruns}: p = {row['p_value']:.3f} (95% Monte-Carlo interval "
        f"{row['ci_low']:.3f} to {row['ci_high']:.3f})"
    )
    if not above_chance:
        return f"{test_of_score}, in a study whose model is not shown to be above chance."
    return (
        f"{test_of_score}; the score {says_more} than expression that has to do with neither "
        f"outcome nor columns{', which more permutations could change' if unsettled else ''}."
    )


def _verdict(contents: Contents, clinical: ClinicalSettings) -> str:
    tables = contents.tables
    return make_added_value_verdict(
        listed(clinical.columns),
        contents.headline,
        tables["added_value"],
        tables["added_value_auc_differences"],
        tables["added_value_auc"].set_index("model")["auc"],
        AboveChance(
            headline=exceeds_chance(contents),
            clinical=exceeds_chance(contents, CLINICAL),
            genes=exceeds_chance(contents, clinical.genes),
        ),
        describe_limits(contents.results.predictions, tables["clinical_columns"]),
    )


def describe_clinical_columns(
    clinical: ClinicalSettings, predictions: pd.DataFrame, columns: pd.DataFrame
) -> dict[str, str]:
    """Sentences on the columns by rule, by name."""
    return {
        "clinical_coding": _coding(clinical, columns),
        "clinical_events": _events_per_parameter(predictions, columns),
        "clinical_separation": _separation(columns),
        "clinical_missing": describe_missing(columns, clinical.missing),
    }


def describe_limits(predictions: pd.DataFrame, columns: pd.DataFrame) -> list[str]:
    """What weakens the comparison: few events for each coefficient, many missing values."""
    limits = []
    if lacking := find_lacking_columns(columns):
        lack = "lacks" if len(lacking) == 1 else "lack"
        limits.append(
            f"{listed(lacking)} {lack} over {MOST_MISSING:.0%} of the values, which favours "
            "the genes"
        )
    n_parameters, ratio = _count_parameters(predictions, columns)
    if ratio < _FEW_EVENTS_PER_PARAMETER:
        limits.append(
            f"{n_parameters} unpenalised coefficients have {ratio:.1f} events each, which are "
            "few"
        )
    return limits


def _coding(clinical: ClinicalSettings, columns: pd.DataFrame) -> str:
    coded = ", ".join(
        _coding_of_column(str(name), rows)
        for name, rows in columns.groupby("column", sort=False)
        if name in clinical.columns
    )
    return (
        f"Clinical columns: {coded}. Logistic regression without penalty; it is fitted, and "
        "coding, medians and scales are learned, on the training and validation part, on which "
        "the gene model is fitted too. In "
        f"{CLINICAL_AND_GENES} the logit of {clinical.genes} is one more "
        "column: for the fitted patients by models fitted on the others, in five folds "
        "(pre-validation: Tibshirani and Efron 2002). Scores of the validation part come from "
        "such fits too."
    )


def _coding_of_column(name: str, rows: pd.DataFrame) -> str:
    missing = int(rows["missing"].iloc[0])
    is_indicator = rows["coding"] == INDICATOR
    beside = ", with an indicator beside them" if is_indicator.any() else ""
    if rows["value"].iloc[0] == "number":
        filled = f"; {missing} missing take the median{beside}" if missing else ""
        return f"{name} (a number, standardised{filled})"
    reference, *levels = rows.loc[~is_indicator, "value"].astype(str)
    filled = f"; {missing} missing take the most frequent word{beside}" if missing else ""
    return f"{name} ({', '.join(levels)} against {reference}{filled})"


def _events_per_parameter(predictions: pd.DataFrame, columns: pd.DataFrame) -> str:
    n_parameters, ratio = _count_parameters(predictions, columns)
    sentence = (
        f"{CLINICAL_AND_GENES} has {n_parameters} coefficients, {ratio:.1f} events of the "
        "fitted patients for each."
    )
    if ratio < _FEW_EVENTS_PER_PARAMETER:
        sentence += (
            f" Fewer than {_FEW_EVENTS_PER_PARAMETER} make them imprecise (Peduzzi 1996), and "
            "the clinical columns may look weaker than they are: name fewer columns, or merge "
            "words."
        )
    return sentence


def _count_parameters(predictions: pd.DataFrame, columns: pd.DataFrame) -> tuple[int, float]:
    """Coefficients beside the intercept, and events of the fitted patients for each."""
    n_parameters = int((columns["coding"] != "reference").sum())
    return n_parameters, compute_events_per_parameter(
        predictions, CLINICAL_AND_GENES, n_parameters
    )


def _separation(columns: pd.DataFrame) -> str:
    """Columns that no maximum-likelihood fit takes, and words that hold one outcome only."""
    parts = []
    separated = columns[columns["separated_splits"] > 0].drop_duplicates("column")
    if len(separated):
        named = ", ".join(
            f"{name} ({count} splits)"
            for name, count in zip(
                separated["column"], separated["separated_splits"], strict=True
            )
        )
        parts.append(
            f"Some values of {named} occurred with one outcome only in the fitted patients, "
            "where no maximum-likelihood estimate exists; Firth's regression was fitted there "
            "(Heinze and Schemper 2002)."
        )
    words = columns[columns["value"] != "number"]
    decided = words[(words["events"] == 0) | (words["events"] == words["n"])]
    if len(decided):
        named = ", ".join(
            f"{row['column']} = {row['value']} ({row['events']} events among {row['n']})"
            for row in decided.to_dict("records")
        )
        parts.append(
            f"One outcome only in the whole cohort: {named}. Was that known before the outcome?"
        )
    return " ".join(parts)


def _write(contents: Contents) -> Blocks:
    notes = contents.notes
    if "clinical_columns" not in contents.tables:
        return []
    return [
        Heading("Added value of genes over clinical columns", "added-value"),
        Text(notes["added_value" if "added_value" in notes else "added_value_verdict"]),
        Text(_HOW_TO_READ if "added_value" in contents.tables else ""),
        _show_added_value(contents),
        Text(notes["clinical_missing"]),
        Text(notes.get("gene_score_test", "")),
        show_score_test(contents),
        contents.show("added_value_auc"),
        Figure(
            "added_value_auc_differences",
            "AUC of both minus AUC of the clinical columns and of the genes alone; the "
            "numbers are in the next table",
            "What both together add to each alone: difference in AUC with its 95% interval "
            "(corrected resampled t). The grey band is practical equivalence.",
        ),
        contents.show("added_value_auc_differences"),
        _show_odds_ratios(contents),
        contents.show("clinical_columns"),
        Text(f"{notes['clinical_events']} {notes['clinical_separation']}"),
    ]


def show_score_test(contents: Contents) -> Table | None:
    """The gene score's test; without permutations the sentence has said all of it."""
    test = contents.tables.get("gene_score_test")
    if test is None or test["n_permutations"].iloc[0] == 0:
        return None
    # So few cannot reject: their p would say nothing.
    few = test["n_permutations"].iloc[0] < FEWEST_PERMUTATIONS
    return contents.show("gene_score_test", test.assign(p_value=np.nan) if few else test)


def _show_odds_ratios(contents: Contents) -> Table | None:
    """The odds ratios, each word with what it is against."""
    if "odds_ratios" not in contents.tables:
        return None
    columns = contents.tables["clinical_columns"]
    against = columns[columns["coding"].str.startswith("against ")]
    names = ["column", "value"]
    coding = contents.tables["odds_ratios"].merge(against[[*names, "coding"]], "left", names)
    value = (coding["value"] + " " + coding["coding"].fillna("")).str.strip()
    return contents.show("odds_ratios", coding.assign(value=value))


def _show_added_value(contents: Contents) -> Table | None:
    if "added_value" not in contents.tables:
        return None
    table = contents.tables["added_value"]
    measures = table["measure"].map(_MEASURES)
    at = [f" at a risk of {100 * r:g}%" if r > 0 else "" for r in table["threshold"]]
    return contents.show("added_value", table.assign(measure=measures + at))


SECTION = Section(_write, _compute)
