"""A signature is not praised on the patients that made it."""

import numpy as np
import pytest

from deepcme.models.signatures.overlap import find_training_overlap
from deepcme.models.signatures.published import load_signature
from deepcme.sources.examples import load_transbig
from tests.models.signatures.invented import cohort, signature
from tests.real_cohorts import load_real_cohort

PROFILE, ROTTERDAM = load_signature("gene70"), load_signature("gene76")


def named(**fields):
    return cohort(np.eye(6), list("UVWXYZ"), **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "NKI"},
        {"name": "van_t_Veer_2002"},
        {"batch": ["NKI"] * 3 + ["Oslo"] * 3},
        {"provenance": {"source": "Tumours of van 't Veer et al., Nature 2002"}},
        {"samples": [f"VEER_{i}" for i in range(6)]},
        {"samples": [f"NKI{i}" for i in range(6)]},
    ],
)
def test_the_netherlands_cancer_institutes_tumours_made_the_70_genes(fields):
    found = find_training_overlap(PROFILE, named(**fields))
    assert "70-gene prognosis profile was made on patients of this cohort" in found
    assert find_training_overlap(ROTTERDAM, named(**fields)) == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "GSE2034"},
        {"name": "vdx_gse2034_gse5327"},
        {"provenance": {"source": "GEO GSE2034"}},
        {"samples": ["GSM36780", "GSM37062", "GSM1", "GSM2", "GSM3", "GSM4"]},
    ],
)
def test_gse2034_made_the_76_genes(fields):
    found = find_training_overlap(ROTTERDAM, named(**fields))
    assert "76-gene signature was made on patients of this cohort" in found
    assert "115 of the 286" in found


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "GSE20341"},
        {"name": "NKIS2X"},
        {"name": "monkill"},
        {"samples": ["GSM36776", "GSM37063", *"abcd"]},
        {"name": "TRANSBIG", "provenance": {"source": "GEO GSE7390"}},
    ],
)
def test_other_cohorts_made_none(fields):
    for published in (PROFILE, ROTTERDAM):
        assert find_training_overlap(published, named(**fields)) == ""


def test_genes_that_are_nearly_all_the_signatures_are_said():
    found = find_training_overlap(ROTTERDAM, load_transbig())
    assert found.startswith("76 of the cohort's 76 genes are those of the Rotterdam 76-gene")
    assert find_training_overlap(PROFILE, load_transbig()) == ""


def test_a_users_own_signature_was_trained_on_nothing_that_is_known():
    assert find_training_overlap(signature(1, 1), named()) == ""


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("veer2002_symbols", {"seventy-gene"}),
        ("vdx_gse2034_gse5327_150_symbols", {"seventy-six-gene"}),
        ("gse1992_relapse", set()),
        ("GSE25055", set()),
    ],
)
def test_real_cohorts_are_known(shared_data, name, made):
    of = load_real_cohort(shared_data, name)
    published = [PROFILE, ROTTERDAM, load_signature("ggi"), load_signature("rs21")]
    assert {one.name for one in published if find_training_overlap(one, of)} == made
