"""Scores of samples by signatures: on both scalings, with classes only where cut-offs hold."""

from dataclasses import replace

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.models.signatures.matching import match_signature
from deepcme.models.signatures.measured import measured
from deepcme.models.signatures.published import load_signature
from deepcme.models.signatures.scoring import SINGLE_SAMPLE, WITHIN_COHORT, fit_within_cohort
from deepcme.models.signatures.single import score_single_samples
from deepcme.trained.signatures.samples import SamplesToScore, read_samples_to_score
from deepcme.trained.signatures.scores import Reference, classify, score_signatures
from tests.models.signatures.invented import cohort, shaped_for, signature

SCORE_21 = load_signature("recurrence-score-21")
WITH_CLASSES = replace(SCORE_21, cut_offs_hold=(SINGLE_SAMPLE,))


def to_score(own):
    return SamplesToScore(measured(own), list(own.patients), ())


@pytest.fixture(scope="module")
def own():
    return shaped_for(SCORE_21)


def test_both_scalings_are_those_of_their_modules(own):
    table = score_signatures(to_score(own), [SCORE_21]).table
    assert table["scaling"].tolist() == [WITHIN_COHORT] * 30 + [SINGLE_SAMPLE] * 30
    matched = match_signature(SCORE_21, own)
    within = fit_within_cohort(matched, own, np.arange(30)).score()
    single = score_single_samples(matched, own)
    np.testing.assert_allclose(table["score"], np.r_[within, single], atol=1e-6)
    assert table["sample"].tolist() == [*own.samples] * 2
    assert set(table["scaled_on"]) == {"these samples", ""}


def test_a_class_stands_only_where_the_cut_offs_hold(own):
    table = score_signatures(to_score(own), [WITH_CLASSES]).table
    assert set(table.loc[table["scaling"] == WITHIN_COHORT, "class"]) == {""}
    single = table[table["scaling"] == SINGLE_SAMPLE]
    by_cut_offs = pd.cut(
        single["score"],
        [-np.inf, 18, 31, np.inf],
        right=False,
        labels=["low", "intermediate", "high"],
    )
    assert single["class"].tolist() == by_cut_offs.tolist()


def test_it_is_said_that_cut_offs_are_of_another_platform(own):
    def said(**ways):
        notes = score_signatures(to_score(own), [WITH_CLASSES], **ways).notes
        return any("may cut elsewhere" in note for note in notes)

    assert said()
    assert not said(scaling="within-cohort")


def test_a_score_at_a_cut_off_is_in_the_class_above():
    assert classify(WITH_CLASSES, SINGLE_SAMPLE, np.array([17.9, 18.0, 31.0, np.nan])) == [
        *("low", "intermediate", "high", ""),
    ]


def test_a_signature_in_part_has_scores_and_no_class(own):
    less = own.adata[:, own.gene_ids[5:]].copy()
    table = score_signatures(to_score(own.derive(less)), [SCORE_21]).table
    assert set(table["standing"]) == {"partial"}
    assert set(table["class"]) == {""}


def test_a_signature_of_which_too_little_was_measured_has_no_row_and_a_reason(own):
    scored = score_signatures(to_score(own), [SCORE_21, load_signature("ggi")])
    assert set(scored.table["signature"]) == {"recurrence-score-21"}
    assert any("genomic grade index" in note and "refused" in note for note in scored.notes)


def test_none_at_all_is_refused_with_the_reasons(own):
    with pytest.raises(DeepCMEError, match="No sample has a score: genomic grade index: "):
        score_signatures(to_score(own), [load_signature("ggi")])


def test_few_samples_are_not_scaled_among_themselves(own):
    few = SamplesToScore(measured(own.derive(own.adata[:19].copy())), [""] * 19, ())
    scored = score_signatures(few, [SCORE_21])
    assert set(scored.table["scaling"]) == {SINGLE_SAMPLE}
    assert any("--reference" in note for note in scored.notes)
    scaled = score_signatures(few, [SCORE_21], reference=Reference(measured(own), "ours.h5ad"))
    within = scaled.table[scaled.table["scaling"] == WITHIN_COHORT]
    assert set(within["scaled_on"]) == {"ours.h5ad"}
    of_all = score_signatures(to_score(own), [SCORE_21], scaling="within-cohort").table
    np.testing.assert_allclose(within["score"], of_all["score"][:19], atol=1e-6)


def test_a_sample_that_lacks_its_references_has_no_score_and_that_is_said(own):
    lacking = own.adata.copy()
    lacking.X[3, [list(own.gene_ids).index(gene.symbol) for gene in SCORE_21.references]] = (
        np.nan
    )
    scored = score_signatures(to_score(own.derive(lacking)), [SCORE_21])
    single = scored.table[scored.table["scaling"] == SINGLE_SAMPLE].set_index("sample")
    assert single["score"].isna().to_numpy().nonzero()[0].tolist() == [3]
    assert any("1 sample of 30 has no score" in note for note in scored.notes)


def test_two_of_one_name_are_refused(own):
    with pytest.raises(DeepCMEError, match="Two signatures are called 'recurrence-score-21'"):
        score_signatures(to_score(own), [SCORE_21, SCORE_21])


def test_it_is_said_that_published_ones_are_no_assay_and_for_which_cancer(own):
    note = score_signatures(to_score(own), [SCORE_21]).notes[-1]
    assert "breast cancer" in note and "Research version, not the assay." in note
    mine = signature(1, 1, within_cohort="standardise")
    own_alone = score_signatures(to_score(cohort(np.arange(40).reshape(20, 2), "AB")), [mine])
    assert not any("assay" in note for note in own_alone.notes)


def test_labels_make_no_difference(own, tmp_path):
    """A cohort's file with labels missing, or of one class, is scored as with them."""
    own.save(tmp_path / "cohort.h5ad")
    expected = score_signatures(
        read_samples_to_score(tmp_path / "cohort.h5ad", [SCORE_21]), [SCORE_21]
    ).table
    for labels in (np.full(30, np.nan), np.ones(30)):
        stored = ad.read_h5ad(tmp_path / "cohort.h5ad")
        stored.obs["label"] = labels.astype(float)
        stored.write_h5ad(tmp_path / "other.h5ad")
        read = read_samples_to_score(tmp_path / "other.h5ad", [SCORE_21])
        pd.testing.assert_frame_equal(score_signatures(read, [SCORE_21]).table, expected)


@pytest.mark.parametrize("turned", [False, True])
def test_a_table_is_scored_as_the_cohort_whichever_way_round_it_lies(own, tmp_path, turned):
    table = pd.DataFrame(own.X, index=list(own.samples), columns=list(own.gene_ids))
    (table.T if turned else table).to_csv(tmp_path / "x.csv")
    read = read_samples_to_score(tmp_path / "x.csv", [SCORE_21])
    found = score_signatures(read, [SCORE_21]).table
    expected = score_signatures(to_score(own), [SCORE_21]).table
    assert found["sample"].tolist() == expected["sample"].tolist()
    np.testing.assert_allclose(found["score"], expected["score"], atol=1e-4)
    assert set(found["patient"]) == {""}


def test_a_sample_without_a_value_has_no_score_on_either_scaling(own):
    X = own.X.copy()
    X[3] = np.nan
    samples = replace(to_score(own), measured=replace(measured(own), X=X))
    scored = score_signatures(samples, [SCORE_21])
    blank = scored.table.loc[scored.table["score"].isna(), "sample"]
    assert blank.tolist() == [own.samples[3]] * 2
    assert any(
        "1 sample of 30 has no score on the scaling within" in one for one in scored.notes
    )
