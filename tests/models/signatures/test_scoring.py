"""Scores within a cohort learn their scaling on the training part, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme.base.errors import AbsentError
from deepcme.models.signatures.matching import match_signature
from deepcme.models.signatures.published import load_signature, load_signatures
from deepcme.models.signatures.scoring import fit_within_cohort
from tests.models.signatures.invented import cohort, shaped_for, signature

EVERY = pytest.mark.parametrize(
    "published", load_signatures(), ids=lambda signature: signature.name
)
TRAINING = np.arange(20)


def clinical(n=30):
    return pd.DataFrame(
        {
            "er_status": ["positive", "negative", "positive"] * (n // 3),
            "grade": np.resize([1, 3, 3, 1, 2], n),
        }
    )


def scores_of(of, published, rows=TRAINING):
    return fit_within_cohort(match_signature(published, of), of, rows).score()


@EVERY
def test_what_is_held_out_is_not_looked_at(published):
    whole = shaped_for(published, clinical=clinical())
    X = np.array(whole.X)
    X[20:] = np.random.default_rng(1).uniform(-1e4, 1e4, X[20:].shape)
    X[25:] = np.nan
    held_out = clinical()
    held_out.loc[20:, "er_status"] = "negative"
    held_out.loc[20:, "grade"] = 3
    poisoned = cohort(X, list(whole.gene_ids), clinical=held_out)
    np.testing.assert_array_equal(
        scores_of(whole, published)[:20], scores_of(poisoned, published)[:20]
    )


@EVERY
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**16))
def test_the_order_of_samples_and_genes_makes_no_difference(published, seed):
    random = np.random.default_rng(seed)
    whole = shaped_for(published, n_others=5, clinical=clinical())
    rows, genes = random.permutation(30), random.permutation(whole.n_genes)
    shuffled = cohort(
        whole.X[rows][:, genes],
        list(whole.gene_ids[genes]),
        clinical=clinical().iloc[rows].reset_index(drop=True),
    )
    expected = scores_of(whole, published)[rows]
    found = scores_of(shuffled, published, np.flatnonzero(rows < 20))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


@EVERY
def test_one_missing_value_leaves_every_sample_its_score(published):
    whole = shaped_for(published, clinical=clinical())
    X = np.array(whole.X)
    X[3, :2] = np.nan
    X[22, :2] = np.nan
    holed = cohort(X, list(whole.gene_ids), clinical=clinical())
    assert np.isfinite(scores_of(holed, published)).all()


@EVERY
def test_a_missing_gene_leaves_every_sample_its_score(published):
    whole = shaped_for(published, clinical=clinical())
    lacking = cohort(whole.X[:, 1:], list(whole.gene_ids[1:]), clinical=clinical())
    assert match_signature(published, lacking).standing == "full"
    assert np.isfinite(scores_of(lacking, published)).all()


@EVERY
def test_rows_are_scored_as_all_are(published):
    whole = shaped_for(published, clinical=clinical())
    fitted = fit_within_cohort(match_signature(published, whole), whole, TRAINING)
    rows = np.array([25, 3, 7])
    np.testing.assert_array_equal(fitted.score(rows), fitted.score()[rows])
    assert "20 training samples" in fitted.describe()


@pytest.mark.parametrize("name", ["proliferation", "ggi", "rs21", "ep"])
def test_more_of_a_gene_of_positive_weight_is_worse(name):
    published = load_signature(name)
    whole = shaped_for(published)
    at = next(
        columns[0]
        for columns, gene in zip(
            match_signature(published, whole).columns, published.genes, strict=True
        )
        if gene.symbol == "UBE2C" or (name == "rs21" and gene.symbol == "CD68")
    )
    X = np.array(whole.X)
    X[25, at] += 1
    assert (
        scores_of(cohort(X, list(whole.gene_ids)), published)[25]
        > (scores_of(whole, published)[25])
    )


def test_linear_scales_are_taken_to_log2_first():
    linear = np.random.default_rng(2).uniform(0, 900, (12, 3))
    own, rows = signature(1, -2, 0.5, formula="weighted sum"), np.arange(8)
    np.testing.assert_allclose(
        scores_of(cohort(linear, ["A", "B", "C"], scale="fpkm"), own, rows),
        scores_of(cohort(np.log2(linear + 1), ["A", "B", "C"]), own, rows),
        atol=1e-5,
    )


def test_grades_1_and_3_of_the_training_part_have_means_of_minus_and_plus_one():
    index = load_signature("ggi")
    whole = shaped_for(index, clinical=clinical())
    grade = clinical()["grade"].to_numpy()[:20]
    plain = scores_of(shaped_for(index), index)
    higher_in_3 = plain[:20][grade == 3].mean() > plain[:20][grade == 1].mean()
    fitted = fit_within_cohort(match_signature(index, whole), whole, TRAINING)
    scores = fitted.score()
    np.testing.assert_array_equal(np.argsort(scores), np.argsort(plain))
    assert (fitted.by_grade is not None) == higher_in_3
    if higher_in_3:
        assert scores[:20][grade == 1].mean() == pytest.approx(-1)
        assert scores[:20][grade == 3].mean() == pytest.approx(1)
        assert "8 training samples of grade 1 and 8 of grade 3" in fitted.describe()


def test_grades_that_run_the_other_way_turn_no_score_over():
    index = load_signature("ggi")
    turned = clinical().assign(grade=lambda table: table["grade"].map({1: 3, 3: 1, 2: 2}))
    both = [shaped_for(index, clinical=table) for table in (clinical(), turned)]
    first, other = (scores_of(one, index) for one in both)
    np.testing.assert_array_equal(np.argsort(first), np.argsort(other))


def test_either_er_status_is_centred_on_its_own_training_samples():
    rotterdam = load_signature("gene76")
    whole = shaped_for(rotterdam, clinical=clinical())
    scores = scores_of(whole, rotterdam)[:20]
    is_positive = (clinical()["er_status"] == "positive").to_numpy()[:20]
    assert scores[is_positive].mean() == pytest.approx(0, abs=1e-4)
    assert scores[~is_positive].mean() == pytest.approx(0, abs=1e-4)


def test_too_few_genes_make_no_score():
    index = load_signature("ggi")
    few = cohort(np.eye(6), [gene.symbol for gene in index.genes[:2]] + list("wxyz"))
    with pytest.raises(AbsentError, match=r"genomic grade index: .* of 128 .*makes no score"):
        fit_within_cohort(match_signature(index, few), few, np.arange(4))
