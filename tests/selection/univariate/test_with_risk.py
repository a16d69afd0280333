"""How genes go with the score that a model gave patients it had not seen."""

import numpy as np
import pytest
from scipy.stats import rankdata

from deepcme.selection.univariate.with_risk import ScoredPart, compute_risk_correlations

N = 30
ROWS = np.arange(4, 22)


@pytest.fixture
def values():
    return np.random.default_rng(1).normal(size=(N, 4)).astype(np.float32)


@pytest.fixture
def tested(values):
    noise = np.random.default_rng(2).normal(size=len(ROWS))
    return ScoredPart(ROWS, values[ROWS, 0] - values[ROWS, 1] + noise)


def test_it_is_the_correlation_of_ranks(values, tested):
    values[:, 2] = np.round(values[:, 2])
    (found,) = compute_risk_correlations(values, [tested], [""] * N)
    for gene in range(4):
        ranks = rankdata(values[:, gene])[ROWS]
        expected = np.corrcoef(ranks, rankdata(tested.score))[0, 1]
        assert found[gene] == pytest.approx(expected, abs=1e-5)
    assert found[0] > 0.3 and found[1] < -0.3


def test_every_split_has_its_own(values, tested):
    other = ScoredPart(ROWS, -tested.score)
    found = compute_risk_correlations(values, [tested, other], [""] * N)
    assert found[1] == pytest.approx(-found[0], abs=1e-6)


def test_what_is_missing_of_a_gene_is_left_out_of_it(values, tested):
    values[[5, 9, 25], 3] = np.nan
    (found,) = compute_risk_correlations(values, [tested], [""] * N)
    known = ~np.isnan(values[:, 3])
    ranks = np.full(N, np.nan)
    ranks[known] = rankdata(values[known, 3])
    kept = known[ROWS]
    expected = np.corrcoef(ranks[ROWS][kept], rankdata(tested.score[kept]))[0, 1]
    assert found[3] == pytest.approx(expected, abs=1e-5)


def test_differences_between_strata_are_no_correlation(values, tested):
    strata = ["a" if row % 2 else "b" for row in range(N)]
    in_a = np.array([stratum == "a" for stratum in strata])
    constant = np.where(in_a, 5, 1)[:, np.newaxis].astype(np.float32)
    shifted = ScoredPart(ROWS, tested.score + 10 * in_a[ROWS])
    assert compute_risk_correlations(constant, [shifted], [""] * N)[0, 0] > 0.8
    assert np.isnan(compute_risk_correlations(constant, [shifted], strata)).all()


def test_a_gene_or_a_score_that_does_not_vary_has_none(values, tested):
    values[:, 0] = 2
    constant = ScoredPart(ROWS, np.zeros(len(ROWS)))
    found = compute_risk_correlations(values, [tested, constant], [""] * N)
    assert np.isnan(found[0, 0]) and np.isfinite(found[0, 1:]).all()
    assert np.isnan(found[1]).all()
