"""Signatures on real cohorts: what is known of them comes out again."""

import pytest
from sklearn.metrics import roc_auc_score

from deepcme.models.signatures.measured import measured
from deepcme.models.signatures.published import load_signature
from deepcme.models.signatures.scoring import SINGLE_SAMPLE, WITHIN_COHORT
from deepcme.trained.signatures.samples import SamplesToScore
from deepcme.trained.signatures.scores import score_signatures
from tests.real_cohorts import load_real_cohort

pytestmark = pytest.mark.shared


def scored(folder, name, signature):
    cohort = load_real_cohort(folder, name)
    samples = SamplesToScore(measured(cohort), list(cohort.patients), ())
    found = score_signatures(samples, [load_signature(signature)])
    scores = found.table.set_index(["scaling", "sample"])
    return cohort, scores, found.notes


def test_the_21_genes_tell_relapses_of_gse1992(shared_data):
    """0.750 is known of their linear form there, genes standardised."""
    cohort, scores, _ = scored(shared_data, "gse1992_relapse", "rs21")
    auc = roc_auc_score(cohort.labels, scores.loc[WITHIN_COHORT, "score"])
    assert auc == pytest.approx(0.75, abs=0.015)


def test_the_76_genes_tell_metastases_of_transbig_on_both_scalings(shared_data):
    """The poor class had 5-year metastases in 24%, the good one in 2% (Desmedt et al. 2007)."""
    cohort, scores, notes = scored(shared_data, "gse7390_transbig76", "gene76")
    single = scores.loc[SINGLE_SAMPLE]
    assert roc_auc_score(cohort.labels, single["score"]) == pytest.approx(0.718, abs=0.005)
    assert roc_auc_score(cohort.labels, scores.loc[WITHIN_COHORT, "score"]) == pytest.approx(
        0.74, abs=0.01
    )
    shares = {
        name: cohort.labels[(single["class"] == name).to_numpy()].mean()
        for name in ("low", "high")
    }
    assert shares["low"] < 0.05
    assert shares["high"] == pytest.approx(0.22, abs=0.03)
    assert any("76 of the cohort's 76 genes" in note for note in notes)


def test_a_cohort_that_made_a_signature_is_warned_of(shared_data):
    *_, notes = scored(shared_data, "veer2002_symbols", "gene70")
    assert any(note.startswith("Warning") and "made on patients" in note for note in notes)
