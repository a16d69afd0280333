"""Which cancer a cohort says that it is of."""

import pytest

from deepcme.sources.examples import load_transbig
from deepcme.study.parts.comparators.cancer import find_cancer
from tests.study.parts.comparators.invented import N, breast_cohort


@pytest.mark.parametrize(
    ("name", "columns", "cancer"),
    [
        ("invented", {}, ""),
        ("breast_dmfs_gse25055", {}, "breast"),
        ("TCGA-BRCA", {}, "breast"),
        ("TCGA-BLCA", {}, "BLCA"),
        ("tcga_blca_hcmdb", {}, "blca"),
        ("GSE6099_prostate", {}, "prostate"),
        ("cohort", {"project_id": ["TCGA-LUAD"] * N}, "LUAD"),
        ("cohort", {"project_id": ["TCGA-BRCA", "TCGA-LUAD"] * (N // 2)}, "LUAD"),
        ("cohort", {"primary_site": ["Breast"] * N}, "breast"),
        ("cohort", {"primary_site": ["Bronchus and lung"] * N}, "lung"),
        # Where metastases are found is not what they are of.
        ("cohort", {"metastasis_site": ["lung", "brain"] * (N // 2)}, ""),
        ("breast", {"disease": ["metastasis to the lung"] * N}, "breast"),
        ("cohort", {"study": [f"ward {i}" for i in range(N)]}, ""),
    ],
)
def test_name_source_and_columns_are_asked(name, columns, cancer):
    assert find_cancer(breast_cohort(name=name, **columns)) == cancer


def test_the_example_is_of_breast_cancer():
    assert find_cancer(load_transbig()) == "breast"
