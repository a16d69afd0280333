"""The penalty of a Cox ridge, by cross-validated partial likelihood."""

import numpy as np

from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.models.survival.cox_ridge import CoxRidge
from deepcme.models.survival.dual import DualGenes
from deepcme.models.survival.penalty import cross_validate
from tests.models.survival.patients import FOLLOW_UP, X, Y


def test_cross_validation_is_what_held_out_patients_add():
    chosen = np.arange(5)
    genes = DualGenes.of(X, chosen)
    folds = [np.arange(0, 45), np.arange(45, 90)]
    totals = cross_validate(
        [(rows, genes) for rows in folds], np.empty((90, 0)), FOLLOW_UP, (np.inf, 0.2)
    )
    everyone, expected = PartialLikelihood.of(FOLLOW_UP), np.zeros(2)
    for held_out in folds:
        rest = np.setdiff1d(np.arange(90), held_out)
        fitted = PartialLikelihood.of(FOLLOW_UP.rows(rest))
        ridge = CoxRidge(penalties=(0.2,)).fit(X[rest, :5], Y[rest])
        for which, log_hazards in enumerate([np.zeros(90), ridge.predict(X[:, :5])]):
            expected[which] += everyone.log_likelihood(log_hazards)
            expected[which] -= fitted.log_likelihood(log_hazards[rest])
    np.testing.assert_allclose(totals, expected, atol=1e-8)
