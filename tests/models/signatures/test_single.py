"""A single sample's score needs no other sample, or there is none."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme.base.errors import AbsentError
from deepcme.models.signatures.matching import match_signature
from deepcme.models.signatures.published import load_signature, load_signatures
from deepcme.models.signatures.signature import Signature, SignatureGene
from deepcme.models.signatures.single import score_single_samples
from tests.models.signatures.invented import cohort, shaped_for, signature

EVERY = pytest.mark.parametrize(
    "published", load_signatures(), ids=lambda signature: signature.name
)


def score(published, of):
    return score_single_samples(match_signature(published, of), of)


def for_single(published, **fields):
    """A cohort that has what the signature's single-sample scores need."""
    clinical = pd.DataFrame({"er": np.resize(["positive", "negative"], 30)})
    of = shaped_for(published, clinical=clinical, **fields)
    if published.single_sample != "ratios":
        return of
    return cohort(of.X - of.X.mean(), list(of.gene_ids), clinical=clinical)


@EVERY
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**16))
def test_no_other_sample_makes_a_difference(published, seed):
    of = for_single(published)
    X = np.array(of.X)
    X[1:] = np.random.default_rng(seed).uniform(-1e4, 1e4, X[1:].shape)
    others = cohort(X, list(of.gene_ids), clinical=of.obs[["er"]].reset_index(drop=True))
    assert score(published, others)[0] == score(published, of)[0]


@EVERY
def test_one_missing_value_leaves_a_sample_its_score(published):
    of = for_single(published)
    X = np.array(of.X)
    X[0, :2] = np.nan
    holed = cohort(X, list(of.gene_ids), clinical=of.obs[["er"]].reset_index(drop=True))
    scores = score(published, holed)
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores[1:], score(published, of)[1:])


def test_genes_are_relative_to_the_samples_other_genes():
    """Others of mean 6 and standard deviation 2: values 8 and 4 are +1 and -1."""
    X = np.tile(np.r_[8.0, 4.0, np.resize([4.0, 8.0], 200)], (4, 1))
    of = cohort(X, ["A", "B", *(f"other{i}" for i in range(200))])
    np.testing.assert_allclose(score(signature(1, -1), of), 1.0)


def test_a_panel_without_other_genes_has_no_single_sample_scores():
    of = cohort(
        np.random.default_rng(0).normal(8, 1, (6, 50)),
        [f"g{i}" for i in range(48)] + ["A", "B"],
    )
    with pytest.raises(
        AbsentError, match=r"needs 200 genes beside the signature's.* there are 48"
    ):
        score(signature(1, -1), of)


def test_the_recurrence_score_is_measured_against_reference_genes():
    """Every gene as high as the references counts 10, which makes a score of 100."""
    recurrence = load_signature("rs21")
    of = shaped_for(recurrence)
    level = np.full(of.X.shape, 7.0)
    level[1] = 11.0
    np.testing.assert_allclose(score(recurrence, cohort(level, list(of.gene_ids))), 100.0)


def test_without_reference_genes_it_has_no_single_sample_scores():
    recurrence = load_signature("rs21")
    of = shaped_for(recurrence)
    left = [at for at, gene in enumerate(of.gene_ids) if gene not in ("ACTB", "GAPDH", "GUSB")]
    with pytest.raises(AbsentError, match="2 of its 5 reference genes were measured, and 3"):
        score(recurrence, cohort(of.X[:, left], list(of.gene_ids[left])))


@pytest.mark.parametrize("name", ["rs21", "ep", "gene76"])
def test_constants_of_expression_are_not_used_on_ratios(name):
    published = load_signature(name)
    of = for_single(published)
    ratios = cohort(of.X - of.X.mean(), list(of.gene_ids), clinical=of.obs[["er"]])
    with pytest.raises(AbsentError, match="these values are ratios or centred"):
        score(published, ratios)


def test_the_good_profile_is_not_used_on_expression():
    profile = load_signature("gene70")
    with pytest.raises(
        AbsentError, match="ratios to a pool of tumours, and these values are none"
    ):
        score(profile, shaped_for(profile))


def test_logs_with_a_floor_are_no_ratios():
    """log2(x + 0.001) of genes that are not expressed is -9.97."""
    profile = load_signature("gene70")
    of = for_single(profile)
    X = np.where(np.random.default_rng(0).random(of.X.shape) < 0.3, -9.97, of.X)
    with pytest.raises(AbsentError, match="these values are none"):
        score(profile, cohort(X, list(of.gene_ids)))


def test_the_76_genes_need_every_probe_of_their_array():
    rotterdam = load_signature("gene76")
    of = for_single(rotterdam)
    with pytest.raises(AbsentError, match=r"need all 76 probes .* and 75 were measured"):
        score(rotterdam, cohort(of.X[:, 1:], list(of.gene_ids[1:])))


def test_the_76_genes_need_a_column_of_er_status():
    rotterdam = load_signature("gene76")
    with pytest.raises(AbsentError, match="no column says which tumours are ER-positive"):
        score(rotterdam, shaped_for(rotterdam))


def test_a_tumour_of_unknown_er_status_has_no_76_gene_score():
    rotterdam = load_signature("gene76")
    clinical = pd.DataFrame({"er": ["positive"] * 29 + ["unknown"]})
    assert np.isnan(score(rotterdam, shaped_for(rotterdam, clinical=clinical))).tolist() == (
        [False] * 29 + [True]
    )


def test_own_constants_are_taken_from_the_signature():
    genes = (
        SignatureGene("A", 2.0, centre=5.0, scale=2.0),
        SignatureGene("B", -1.0, centre=1.0, scale=1.0),
    )
    own = Signature("own", "own", genes, single_sample="own constants")
    np.testing.assert_allclose(score(own, cohort([[9.0, 2.0]] * 4, ["A", "B"])), 3.0)
