"""The pre-validated gene score beside the clinical columns, in a study of times.

A patient's score is the mean of the log hazards that the gene model gives it as a test
patient, in fits that it had no part in; what it adds to the columns is a likelihood ratio of
Cox regressions, whose p-value comes of reruns with the patients' expression permuted, outcomes
and clinical columns staying together, as `deepcme.study.parts.prevalidated` says.

Tables
------
score_tests.csv       number, statistic, coefficient (for each standard deviation of the score),
                      signed_root, n, events: 0 as observed, then permutation by permutation
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.processes.threads import single_thread
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.odds_ratios import LikelihoodRatio
from deepcme.evaluation.survival.likelihood_ratio import compute_cox_likelihood_ratio
from deepcme.models.clinical import ClinicalEncoder, find_independent_terms
from deepcme.study.fit import results_of
from deepcme.study.part import Kept, TextColumns
from deepcme.study.parts.added_value import SCORE_TESTS
from deepcme.study.parts.cox_clinical import take_columns
from deepcme.study.parts.fits import FitsPart
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.prevalidated import (
    SCORE_TEST_COLUMNS,
    PermutedGenesFit,
    compute_prevalidated_score,
    make_permuted_fits,
)
from deepcme.study.tasks import Plan


class CoxScore(FitsPart[PermutedGenesFit]):
    """What the genes add to clinical columns, tested by permutation."""

    name = "cox_score"
    outcomes = (SurvivalOutcome.kind,)
    settings = None
    stands_beside = False
    tables: ClassVar[TextColumns] = {SCORE_TESTS: ()}
    purpose = "with permuted expression"

    def tasks(self, plan: Plan) -> Iterator[PermutedGenesFit]:
        return make_permuted_fits(plan, self.name, MODELS.results_version)

    def announce(self, plan: Plan) -> str:
        clinical = plan.study.clinical
        if clinical is None or not clinical.permutations:
            return ""
        return (
            f"Reruns of {clinical.genes}: {clinical.permutations:,} with permuted expression."
        )

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        """The test as observed, and of each permutation."""
        settings, cohort = plan.study.clinical, plan.cohort
        if settings is None:
            return {}
        genes = [task for task in MODELS.of(plan) if task.model.name == settings.genes]
        score = compute_prevalidated_score(cohort, results_of(kept, genes))
        with single_thread():
            regression = CoxScoreRegression.of(
                cohort,
                take_columns(cohort, settings.columns),
                settings.missing,
                plan.study.split.strata_of(cohort),
                np.isfinite(score),
            )
            rows = [regression.test(0, score)]
            permuted = results_of(kept, self.of(plan))
            for number, results in groupby(permuted, key=lambda fitted: fitted[0].number):
                rows.append(
                    regression.test(number, compute_prevalidated_score(cohort, results))
                )
        return {SCORE_TESTS: pd.DataFrame(rows, columns=list(SCORE_TEST_COLUMNS))}


COX_SCORE = CoxScore()


@dataclass(frozen=True, eq=False)
class CoxScoreRegression:
    """The patients that were tested, one row each, and their clinical columns as numbers.

    Attributes
    ----------
    outcome : SurvivalOutcome
    rows : array of int
        First tested sample of each patient.
    design : array, patients x terms
    strata : array, optional
        Each with a baseline hazard of its own, so that their different hazards are no evidence.
    """

    outcome: SurvivalOutcome
    rows: NDArray[np.int64]
    design: NDArray[np.float64]
    strata: NDArray[Any] | None

    @classmethod
    def of(
        cls,
        cohort: Cohort,
        clinical: pd.DataFrame,
        missing: str,
        strata: list[str] | None,
        tested: NDArray[np.bool_],
    ) -> CoxScoreRegression:
        """That of the tested samples; terms that repeat others are left out."""
        samples = np.flatnonzero(tested)
        first = np.unique(cohort.patients[samples].astype(str), return_index=True)[1]
        rows = samples[np.sort(first)]
        encoded = (
            ClinicalEncoder(missing).fit(clinical.iloc[rows]).transform(clinical.iloc[rows])
        )
        assert isinstance(cohort.outcome, SurvivalOutcome)
        return cls(
            cohort.outcome.take(rows),
            rows,
            encoded[:, find_independent_terms(encoded)],
            None if strata is None else np.array(strata)[rows],
        )

    def test(self, number: int, score: NDArray[np.float64]) -> dict[str, float]:
        """What the score adds to the columns, as a row of `SCORE_TEST_COLUMNS`."""
        known = score[self.rows]
        standard = (known - known.mean()) / (known.std() or 1.0)
        design = np.column_stack([self.design, standard])
        ratio = LikelihoodRatio(0.0, 0.0)  # of a score that says no more than the columns
        if len(find_independent_terms(design)) == design.shape[1]:
            ratio = compute_cox_likelihood_ratio(
                design, self.outcome.follow_up, strata=self.strata
            )
        return {
            "number": number,
            "statistic": ratio.statistic,
            "coefficient": ratio.coefficient,
            "signed_root": ratio.signed_root,
            "n": len(self.rows),
            "events": int(self.outcome.events.sum()),
        }
