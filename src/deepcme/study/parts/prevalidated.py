"""The pre-validated gene score beside the clinical columns, in one regression on all patients.

A patient's score is the mean of the logits that the gene model gives it as a test patient,
in fits that it had no part in (pre-validation: Tibshirani and Efron 2002, Stat Appl Genet
Mol Biol 1:1). Each score was learned from the other patients' outcomes all the same, so that
the likelihood ratio of the score has no chi-squared distribution (Hofling and Tibshirani 2008,
Ann Appl Stat 2:643-664). Its p-value comes from permutations alone: the patients' expression
is dealt out anew, outcomes and clinical columns stay together, and the gene model is rerun.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.seeds import seed_for
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.honest import fit_seed
from deepcme.cohort.outcome import permute_patients
from deepcme.evaluation.odds_ratios import (
    LikelihoodRatio,
    compute_likelihood_ratio,
    compute_odds_ratios,
)
from deepcme.models.clinical import make_design
from deepcme.study.fit import Fit, Results, TaskResult, View, fitted_split
from deepcme.study.tasks import Plan, common_content, content_key

SCORE_TEST_COLUMNS = ("number", "statistic", "coefficient", "signed_root", "n", "events")
_STRATUM = "(stratum)"


@dataclass(frozen=True, kw_only=True)
class PermutedGenesFit(Fit):
    """A fit of the gene model with the patients' expression permuted."""

    number: int

    @property
    def title(self) -> str:
        return (
            f"{self.model.name}, permuted expression {self.number}, split {self.split_number}"
        )


def make_permuted_fits(
    plan: Plan, part: str, results_version: int
) -> Iterator[PermutedGenesFit]:
    """Fits of the gene model on the study's own splits; permutation i depends on i alone."""
    study, cohort = plan.study, plan.cohort
    if study.clinical is None or study.clinical.permutations == 0:
        return
    model = next(model for model in study.models if model.name == study.clinical.genes)
    common, strata = common_content(plan, results_version), study.split.strata_of(cohort)
    for number in range(1, study.clinical.permutations + 1):
        title = f"permuted expression {number}"
        random = np.random.default_rng(seed_for(study.seed, title))
        rows = permute_patients(cohort.patients, random, strata)
        view = View(expression=tuple(rows.tolist()))
        for split_number, split in enumerate(plan.splits, start=1):
            content = {**common, "model": model.model_dump(), "number": split_number}
            yield PermutedGenesFit(
                key=content_key({**content, "permuted": title}),
                part=part,
                split_number=split_number,
                split=fitted_split(split, model),
                model=model,
                preprocessing=study.preprocessing,
                random_state=fit_seed(study.seed, model.name, title, split_number),
                view=view,
                scores_only=True,
                number=number,
            )


@dataclass(frozen=True)
class ScoreRegression:
    """The samples that were tested, and their clinical columns as a regression takes them.

    Attributes
    ----------
    cohort : Cohort
    clinical : DataFrame
        As `take_clinical` gives it; with the stratum of each sample where there are any, so
        that their different prevalences are no evidence.
    missing : {"fill", "indicator"}
    score_name : str
    """

    cohort: Cohort
    clinical: pd.DataFrame
    missing: str
    score_name: str

    @classmethod
    def of(
        cls, plan: Plan, clinical: pd.DataFrame, missing: str, score_name: str
    ) -> ScoreRegression:
        """That of a plan."""
        strata = plan.study.split.strata_of(plan.cohort)
        if strata is not None:
            clinical = clinical.assign(**{_STRATUM: strata})
        return cls(plan.cohort, clinical, missing, score_name)

    def odds_ratios(self, names: tuple[str, str], score: NDArray[np.float64]) -> pd.DataFrame:
        """Odds ratios of the columns alone, and with the score: model, column, value, ..."""
        tested = np.isfinite(score)
        alone = self.clinical[tested]
        both = alone.assign(**{self.score_name: score[tested]})
        rows = zip(names, (alone, both), strict=True)
        return pd.concat([self._of(name, X, tested) for name, X in rows], ignore_index=True)

    def _of(self, name: str, X: pd.DataFrame, tested: NDArray[np.bool_]) -> pd.DataFrame:
        design, terms = make_design(X.reset_index(drop=True), self.missing)
        labels = self.cohort.labels[tested]
        table = compute_odds_ratios(design, labels, self.cohort.patients[tested])
        held = [term.held_by(X[term.column]) for term in terms]
        table.insert(0, "model", name)
        table.insert(1, "column", [term.column for term in terms])
        table.insert(2, "value", [term.value for term in terms])
        # As for its test, there is no interval for a column that the outcomes have made.
        is_score = table["column"] == self.score_name
        table.loc[is_score, ["ci_low", "ci_high"]] = np.nan
        table.loc[is_score, "interval"] = ""
        table["n"] = [int(of_term.sum()) for of_term in held]
        table["events"] = [int(labels[of_term].sum()) for of_term in held]
        table["n_fitted"], table["events_fitted"] = len(labels), int(labels.sum())
        return table[table["column"] != _STRATUM]

    def test(self, number: int, score: NDArray[np.float64]) -> dict[str, float]:
        """What the score adds to the columns, as a row of `SCORE_TEST_COLUMNS`."""
        tested = np.isfinite(score)
        clinical = self.clinical[tested].reset_index(drop=True)
        design, _ = make_design(clinical, self.missing)
        labels, known = self.cohort.labels[tested], score[tested]
        whole = np.column_stack([design, (known - known.mean()) / (known.std() or 1.0)])
        ratio = LikelihoodRatio(0.0, 0.0)  # of a score that says no more than the columns
        if np.linalg.matrix_rank(whole) == whole.shape[1]:
            ratio = compute_likelihood_ratio(whole, labels)
        return {
            "number": number,
            "statistic": ratio.statistic,
            "coefficient": ratio.coefficient,
            "signed_root": ratio.signed_root,
            "n": len(labels),
            "events": int(labels.sum()),
        }


def compute_prevalidated_score(
    cohort: Cohort, results: Iterable[tuple[Fit, TaskResult]]
) -> NDArray[np.float64]:
    """Mean logit of each sample as a test sample; NaN of one that was never tested."""
    total, count = np.zeros(cohort.n_samples), np.zeros(cohort.n_samples)
    for task, result in results:
        n_test = len(task.split.test)
        rows = result.rows[-n_test:]
        total[rows] += result.score[-n_test:]
        count[rows] += 1
    score: NDArray[np.float64] = np.divide(
        total, count, out=np.full(cohort.n_samples, np.nan), where=count > 0
    )
    return score


def compute_score_tests(
    regression: ScoreRegression,
    score: NDArray[np.float64],
    permuted: Results[PermutedGenesFit],
) -> pd.DataFrame:
    """The likelihood ratio of the score, as number 0, and of the scores under permutation."""
    rows = [regression.test(0, score)]
    for number, results in groupby(permuted, key=lambda fitted: fitted[0].number):
        rows.append(
            regression.test(number, compute_prevalidated_score(regression.cohort, results))
        )
    return pd.DataFrame(rows, columns=list(SCORE_TEST_COLUMNS))
