"""Added value: the study's clinical columns alone, and beside the genes.

The genes enter as one number, the logit that the whole gene model, fitted on the other
patients in folds, gives a patient (pre-validation: Tibshirani and Efron 2002, Stat Appl
Genet Mol Biol 1:1). The clinical columns stay without penalty whatever the gene model is.

Tables
------
clinical.csv          column, value, coding, n, events, missing, separated_splits
odds_ratios.csv       model, column, value, odds_ratio, ci_low, ci_high, interval, n, events,
                      n_fitted, events_fitted: of one fit on all tested samples
score_tests.csv       number, statistic, coefficient, signed_root, n, events: what the gene
                      score adds to the columns; 0 as observed, then permutation by permutation
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from deepcme.audit.follow_up import find_follow_up_columns
from deepcme.audit.leakage import find_telling_columns
from deepcme.base.errors import DeepCMEError
from deepcme.base.names import stored_name
from deepcme.base.processes.threads import single_thread
from deepcme.base.seeds import integer_seed, seed_for
from deepcme.base.words import listed
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.making.checks import own_columns
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.models.clinical import (
    FILL,
    INDICATOR,
    ClinicalEncoder,
    ClinicalRegression,
    Term,
)
from deepcme.models.registry import KINDS
from deepcme.study.fit import Fit, Results, TaskResult, results_of
from deepcme.study.part import PREDICTIONS, Kept, TextColumns
from deepcme.study.parts.fits import FitsPart
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.predictors import as_predictor
from deepcme.study.parts.prevalidated import (
    PermutedGenesFit,
    ScoreRegression,
    compute_prevalidated_score,
    compute_score_tests,
    make_permuted_fits,
)
from deepcme.study.resolved import Study
from deepcme.study.settings import ClinicalSettings
from deepcme.study.tables import concatenate, predictions_of
from deepcme.study.tasks import Plan, content_key

# What the clinical columns say alone, and beside the gene model.
CLINICAL = "clinical"
CLINICAL_AND_GENES = "clinical + genes"
GENE_SCORE = "gene score"
ODDS_RATIOS, SCORE_TESTS = "odds_ratios.csv", "score_tests.csv"
MOST_MISSING = 0.1
"""A column that lacks a larger share of its values is warned about."""
# What may stand for the genes: fitted on both parts, as the clinical columns are, with
# scores out of fold.
PREVALIDATED = tuple(
    name
    for name, kind in KINDS.items()
    if kind.out_of_fold and BinaryOutcome.kind in kind.outcomes
)


class AddedValue(FitsPart[PermutedGenesFit]):
    """Regressions on clinical columns; quick enough to be fitted with the tables.

    Its tasks are reruns of the gene model with permuted expression, where they are asked for.
    """

    name = "clinical"
    settings = ClinicalSettings
    stands_beside = False
    tables: ClassVar[TextColumns] = {
        "clinical.csv": ("column", "value"),
        ODDS_RATIOS: ("column", "value"),
        SCORE_TESTS: (),
    }
    purpose = "with permuted expression"
    inputs = "values of clinical columns"

    def fill_in(self, values: dict[str, Any]) -> dict[str, Any]:
        """Add to the models the one that stands for the genes."""
        models, clinical = values["models"], values.get(self.name)
        if not isinstance(models, list | tuple) or not isinstance(clinical, dict):
            return values
        genes = clinical.get("genes", ClinicalSettings.model_fields["genes"].default)
        names = [model.get("name") if isinstance(model, dict) else model for model in models]
        if genes in names or genes not in PREVALIDATED:
            return values
        return {**values, "models": [*models, genes]}

    def check_settings(self, study: Study) -> None:
        """Refuse models that take a name of ours, or a gene model that cannot be one."""
        if study.clinical is None:
            return
        by_name = {model.name: model for model in study.models}
        for name in {CLINICAL, CLINICAL_AND_GENES} & by_name.keys():
            raise DeepCMEError(f"a model must not be called {name!r}, as [clinical] adds one.")
        genes = by_name.get(study.clinical.genes)
        if genes is None or genes.estimator not in PREVALIDATED:
            raise DeepCMEError(
                f"clinical.genes: {study.clinical.genes!r} cannot stand for the genes; name a "
                f"model of the study whose estimator is {' or '.join(PREVALIDATED)}."
            )

    def check(self, plan: Plan) -> None:
        if plan.study.clinical is not None:
            take_clinical(plan.cohort, plan.study.clinical.columns)

    def tasks(self, plan: Plan) -> Iterator[PermutedGenesFit]:
        return make_permuted_fits(plan, self.name, MODELS.results_version)

    def announce(self, plan: Plan) -> str:
        """What is rerun, and which columns lack so many values that they are weak."""
        clinical = plan.study.clinical
        if clinical is None:
            return ""
        columns = take_clinical(plan.cohort, clinical.columns)
        lacking = describe_missing_columns(plan.cohort, columns, clinical.missing)
        reruns = (
            f"Reruns of {clinical.genes}: {clinical.permutations:,} with permuted expression."
            if clinical.permutations
            else ""
        )
        return " ".join(filter(None, [reruns, lacking]))

    def read_inputs(self, plan: Plan) -> dict[str, str]:
        clinical = plan.study.clinical
        return {
            name: content_key({name: [*plan.cohort.obs[name]]})
            for name in (() if clinical is None else clinical.columns)
        }

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        """Predictions of both regressions, the columns, and one fit on all patients."""
        if plan.study.clinical is None:
            return {}
        fits = fit_clinical_models(plan, results_of(kept, MODELS.of(plan)))
        tables = {PREDICTIONS: fits.predictions, "clinical.csv": fits.columns}
        return tables | make_prevalidated_tables(plan, plan.study.clinical, kept)


ADDED_VALUE = AddedValue()


def make_prevalidated_tables(
    plan: Plan, settings: ClinicalSettings, kept: Kept
) -> dict[str, pd.DataFrame]:
    """Odds ratios of the columns without and with the pre-validated score, and its test."""
    genes = [task for task in MODELS.of(plan) if task.model.name == settings.genes]
    score = compute_prevalidated_score(plan.cohort, results_of(kept, genes))
    clinical = take_clinical(plan.cohort, settings.columns)
    regression = ScoreRegression.of(plan, clinical, settings.missing, GENE_SCORE)
    permuted = results_of(kept, ADDED_VALUE.of(plan))
    with single_thread():
        return {
            ODDS_RATIOS: regression.odds_ratios((CLINICAL, CLINICAL_AND_GENES), score),
            SCORE_TESTS: compute_score_tests(regression, score, permuted),
        }


def take_clinical(cohort: Cohort, columns: Sequence[str]) -> pd.DataFrame:
    """Clinical columns of a cohort, as numbers or words.

    Numbers are floats, NaN where missing; anything else is words, None where
    missing, blank, "unknown" or "not reported". "None" is a word like any other.

    Raises
    ------
    DeepCMEError
        If a column is not there, made the label, is follow-up, gives the label away by its
        values or its gaps, has one value only, too many different words, or numbers
        written as words.
    """
    telling, follow_up = dict(find_telling_columns(cohort)), find_follow_up_columns(cohort)
    predictors = {}
    for column in columns:
        _refuse_unusable(cohort, column)
        predictors[column] = as_predictor(cohort.obs[column], cohort.outcome.events)
        if column in telling:
            raise DeepCMEError(
                f"The clinical column {column!r} gives the label away (its AUC alone is "
                f"{telling[column]:.3f}, DCM008): leave it out of clinical.columns."
            )
        if column in follow_up:
            raise DeepCMEError(
                f"The clinical column {column!r} is follow-up, which is known only afterwards: "
                "leave it out of clinical.columns, or give it a name of its own if it is not."
            )
    return pd.DataFrame(predictors).reset_index(drop=True)


def _refuse_unusable(cohort: Cohort, column: str) -> None:
    if column == GENE_SCORE:
        raise DeepCMEError(
            f"A clinical column must not be called {column!r}, as the genes' score beside it "
            "is: give it another name."
        )
    if column not in cohort.obs and (kept := stored_name(column)) in cohort.obs:
        raise DeepCMEError(
            f"The cohort {cohort.name} keeps the column {column!r} as {kept!r}: call it so."
        )
    own = own_columns(type(cohort.outcome))
    taken = (*own, GENE_SCORE)
    usable = listed(str(name) for name in cohort.obs.columns if name not in taken)
    if column in own or column not in cohort.obs.columns:
        raise DeepCMEError(
            f"The cohort {cohort.name} has no clinical column {column!r}: choose from "
            f"{usable or 'none (prepare it with a table that has some)'}."
        )
    if column in cohort.outcome.endpoint.columns:
        raise DeepCMEError(
            f"The clinical column {column!r} was used to make the label: leave it out of "
            "clinical.columns."
        )


@dataclass(frozen=True)
class ClinicalFits:
    """What the clinical columns say, alone and beside the genes.

    Attributes
    ----------
    predictions : DataFrame
        Of the models `CLINICAL` and `CLINICAL_AND_GENES`, as a study's table.
    columns : DataFrame
        As `compute_clinical_columns` gives it.
    """

    predictions: pd.DataFrame
    columns: pd.DataFrame


def fit_clinical_models(plan: Plan, results: Results[Fit]) -> ClinicalFits:
    """Fit both models in every split, on the patients that the gene model was fitted on.

    These are the training and validation part; imputation, coding and scales are
    learned there too. Out-of-fold scores come from fits on the other patients of the
    two parts.

    Raises
    ------
    DeepCMEError
        If the study names no clinical columns, or one that cannot be used.
    """
    if plan.study.clinical is None:
        raise DeepCMEError("The study names no clinical columns: add [clinical] columns = ...")
    clinical = take_clinical(plan.cohort, plan.study.clinical.columns)
    tables: dict[str, list[pd.DataFrame]] = {CLINICAL: [], CLINICAL_AND_GENES: []}
    separated: Counter[str] = Counter()
    with single_thread():
        for task, result in results:
            if task.model.name != plan.study.clinical.genes or result.oof_score is None:
                continue
            rows = clinical.iloc[result.rows].reset_index(drop=True)
            by_model = {
                CLINICAL: rows,
                CLINICAL_AND_GENES: rows.assign(**{GENE_SCORE: _gene_scores(result)}),
            }
            named: set[str] = set()
            for name, predictors in by_model.items():
                seed = integer_seed(
                    seed_for(plan.study.seed, "fit", CLINICAL, task.split_number)
                )
                model = ClinicalRegression(plan.study.clinical.missing, random_state=seed)
                fitted = _fit(plan.cohort, model, predictors, task, result)
                tables[name].append(predictions_of(plan.cohort, task, fitted, name))
                named.update(model.separated_columns_)
            separated.update(named)
    return ClinicalFits(
        concatenate([table for of_model in tables.values() for table in of_model]),
        compute_clinical_columns(plan.cohort, clinical, separated, plan.study.clinical.missing),
    )


def _gene_scores(result: TaskResult) -> NDArray[np.float64]:
    """Logit of every row by a gene model that was not fitted on it."""
    assert result.oof_score is not None
    return np.concatenate([result.oof_score, result.score[len(result.oof_score) :]])


def _fit(
    cohort: Cohort,
    model: ClinicalRegression,
    predictors: pd.DataFrame,
    task: Fit,
    result: TaskResult,
) -> TaskResult:
    n_fitting = len(predictors) - len(task.split.test)
    rows = result.rows[:n_fitting]
    model.fit(predictors.iloc[:n_fitting], cohort.labels[rows], groups=cohort.patients[rows])
    score = model.decision_function(predictors)
    return replace(
        result, score=score, probability=expit(score), oof_score=model.oof_decision_function_
    )


def compute_clinical_columns(
    cohort: Cohort, clinical: pd.DataFrame, separated: Counter[str], missing: str = FILL
) -> pd.DataFrame:
    """What is in the clinical columns, and how they enter a regression.

    Parameters
    ----------
    cohort : Cohort
    clinical : DataFrame
        As `take_clinical` gives it.
    separated : Counter of str
        In how many splits each column separated the outcomes.
    missing : {"fill", "indicator"}

    Returns
    -------
    DataFrame
        One row for each number, each word and each indicator of missing values: column,
        value, coding, n, events, missing, separated_splits. `n` and `events` count the
        samples with a known number, with the word, or without a value. The reference is
        the word most frequent in the cohort; in a split it is that of the fitting rows. The
        gene score, which enters beside them, comes last.
    """
    entering = ClinicalEncoder(missing).fit(clinical).terms_
    rows: list[tuple[Any, ...]] = []
    for column in clinical:
        values = clinical[column]
        levels = sorted(term.level for term in entering if term.column == column and term.level)
        n_missing, n_separated = int(values.isna().sum()), separated[str(column)]
        if not levels:
            described = [("number", "per standard deviation", values.notna())]
        else:
            reference = values.dropna()[~values.dropna().isin(levels)].iloc[0]
            described = [(reference, "reference", values == reference)]
            described += [(level, f"against {reference}", values == level) for level in levels]
        if Term(str(column), is_missing=True) in entering:
            described.append(("missing", INDICATOR, values.isna()))
        for value, coding, held in described:
            n, events = int(held.sum()), int(cohort.outcome.events[held].sum())
            rows.append((column, value, coding, n, events, n_missing, n_separated))
    counts = (cohort.n_samples, cohort.n_positives, 0, separated[GENE_SCORE])
    rows.append((GENE_SCORE, "number", "per standard deviation", *counts))
    columns = ["column", "value", "coding", "n", "events", "missing", "separated_splits"]
    return pd.DataFrame(rows, columns=columns)


def describe_missing_columns(cohort: Cohort, clinical: pd.DataFrame, missing: str) -> str:
    """The same of columns as `take_clinical` gives them."""
    columns = compute_clinical_columns(cohort, clinical, Counter(), missing)
    return describe_missing(columns, missing)


def describe_missing(columns: pd.DataFrame, missing: str) -> str:
    """A warning of the columns that lack many values; empty if there is none.

    Parameters
    ----------
    columns : DataFrame
        As `compute_clinical_columns` gives it.
    missing : {"fill", "indicator"}
    """
    n_samples = _count_samples(columns)
    lacking = "; ".join(
        f"{name} lacks {missing:,} of {n_samples:,} values ({missing / n_samples:.0%})"
        for name, missing in find_lacking_columns(columns).items()
    )
    if not lacking:
        return ""
    filled = "filled with the median or the most frequent word"
    if missing == INDICATOR:
        return f"{lacking}: {filled}, with an indicator beside it that says where."
    return (
        f"{lacking}: {filled}, and a weak comparator makes genes look better. With "
        'missing = "indicator" under [clinical] (--clinical-missing indicator) a column beside '
        "it says where values are missing; better is to find them."
    )


def find_lacking_columns(columns: pd.DataFrame) -> dict[str, int]:
    """Columns that lack more than a tenth of their values, and how many each lacks."""
    of_column = columns.drop_duplicates("column").set_index("column")["missing"]
    most = MOST_MISSING * _count_samples(columns)
    return {str(name): int(missing) for name, missing in of_column.items() if missing > most}


def _count_samples(columns: pd.DataFrame) -> int:
    return int(columns.loc[columns["column"] == GENE_SCORE, "n"].iloc[0])
