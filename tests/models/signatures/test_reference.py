"""A reference's scaling for other samples: theirs of common genes, and of one platform alone."""

import numpy as np
import pytest

from deepcme import match_signature
from deepcme.base.errors import AbsentError
from deepcme.models.signatures.reference import FARTHEST, fit_on_reference, keep_common
from deepcme.models.signatures.scoring import fit_within_cohort
from tests.models.signatures.invented import cohort, signature

STANDARDISED = signature(1, 2, -1, 0.5, within_cohort="standardise")


def values(n, n_genes=4, seed=0, shift=0.0):
    return 8 + shift + np.random.default_rng(seed).normal(size=(n, n_genes))


def test_the_reference_scores_itself_as_a_cohort_does():
    own = cohort(values(30), "ABCD")
    matched = match_signature(STANDARDISED, own)
    expected = fit_within_cohort(matched, own, np.arange(30)).score()
    np.testing.assert_array_equal(fit_on_reference(STANDARDISED, own, own).score(), expected)


def test_a_sample_has_its_score_whatever_comes_along():
    reference, X = cohort(values(30), "ABCD"), values(6, seed=1)
    company = fit_on_reference(STANDARDISED, reference, cohort(X, "ABCD")).score()
    pair = fit_on_reference(STANDARDISED, reference, cohort(X[:2], "ABCD")).score()
    np.testing.assert_allclose(pair, company[:2], rtol=1e-12)


def test_the_score_is_the_weighted_mean_of_genes_in_deviations_of_the_reference():
    X, new = values(30), values(2, seed=1)
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    expected = (new - mean) / deviation @ [1, 2, -1, 0.5] / 4.5
    found = fit_on_reference(STANDARDISED, cohort(X, "ABCD"), cohort(new, "ABCD")).score()
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_only_genes_of_both_count():
    there, here = cohort(values(30), "ABCX"), cohort(values(2, seed=1), "YBCD")
    fitted = fit_on_reference(signature(1, 2, -1, within_cohort="standardise"), there, here)
    assert fitted.matched.missing == ("A",)
    assert (fitted.matched.n_found, fitted.matched.n_listed) == (2, 3)
    assert fitted.matched.gene_share == pytest.approx(2 / 3)
    assert fitted.matched.weight_share == pytest.approx(3 / 4)


def test_too_little_in_common_is_refused_with_what_both_have():
    there, here = cohort(values(30), "ABXY"), cohort(values(2, seed=1), "XYCD")
    with pytest.raises(AbsentError, match="0 of 4 genes"):
        fit_on_reference(STANDARDISED, there, here)


def test_an_earlier_symbol_of_a_gene_that_is_left_out_is_not_told():
    own = cohort(values(4), "ABCD")
    matched = match_signature(STANDARDISED, own)
    assert keep_common(matched, matched) == matched


@pytest.mark.parametrize("samples", [1, 30])
def test_values_of_another_platform_are_refused(samples):
    reference = cohort(values(30), "ABCD")
    other = cohort(values(max(samples, 2), seed=1, shift=FARTHEST + 2), "ABCD")
    with pytest.raises(AbsentError, match="another platform or normalisation"):
        fit_on_reference(STANDARDISED, reference, other)


def test_null_samples_of_the_same_platform_are_hardly_ever_refused():
    """Medians of standard normal shifts of single samples lie far below the threshold."""
    reference = cohort(values(200, n_genes=8), "ABCDEFGH")
    eight = signature(*[1] * 8, within_cohort="standardise")
    for seed in range(20):
        fit_on_reference(eight, reference, cohort(values(2, 8, seed=seed + 1), "ABCDEFGH"))
