"""Cohorts are put together at their common genes, and every sample keeps its origin."""

import numpy as np
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.merging import merge_cohorts


def cohort(prefix, genes, scale="fpkm", endpoint="relapse", **options):
    n = 6
    columns = np.arange(len(genes)) + 10.0 * np.arange(n)[:, np.newaxis]
    values = {"batch": [f"{prefix}-plate"] * n, **options}
    return Cohort.from_arrays(
        columns,
        [0, 1] * 3,
        samples=[f"{prefix}{i}" for i in range(n)],
        genes=genes,
        symbols=[gene.upper() for gene in genes],
        endpoint=endpoint,
        scale=scale,
        name=prefix,
        **values,
    )


def test_genes_in_common_in_the_order_of_the_first():
    merged = merge_cohorts(
        {"north": cohort("n", ["a", "b", "c"]), "south": cohort("s", ["d", "c", "a"])}
    )
    assert merged.gene_ids.tolist() == ["a", "c"]
    assert merged.symbols.tolist() == ["A", "C"]
    assert merged.X[1].tolist() == [10.0, 12.0]
    assert merged.X[7].tolist() == [12.0, 11.0]
    assert merged.samples.tolist() == [f"n{i}" for i in range(6)] + [f"s{i}" for i in range(6)]
    assert merged.obs["cohort"].tolist() == ["north"] * 6 + ["south"] * 6
    assert merged.obs["batch"].tolist() == ["n-plate"] * 6 + ["s-plate"] * 6
    assert merged.labels.tolist() == [0, 1] * 6
    assert merged.name == "north + south"
    assert merged.endpoint == "relapse"
    assert merged.notes[0] == (
        "Merged of north (6 samples, 3 positive, 3 genes), south (6 samples, 3 positive, "
        "3 genes); 2 genes are in all of them."
    )


def test_clinical_columns_that_all_have_stay(tmp_path):
    import pandas as pd

    ages = pd.DataFrame({"age": range(40, 46), "grade": 2})
    merged = merge_cohorts(
        {
            "north": cohort("n", ["a"], clinical=ages),
            "south": cohort("s", ["a"], clinical=ages[["age"]]),
        }
    )
    merged.save(tmp_path / "merged.h5ad")
    obs = Cohort.load(tmp_path / "merged.h5ad").obs
    assert obs["age"].tolist() == [*range(40, 46)] * 2
    assert "grade" not in obs
    assert obs["cohort"].tolist() == ["north"] * 6 + ["south"] * 6


def test_a_patient_of_two_cohorts_stays_one_patient_and_is_counted():
    merged = merge_cohorts(
        {
            "north": cohort("n", ["a"], patients=["P1", "P2", "P3", "P4", "P5", "P6"]),
            "south": cohort("s", ["a"], patients=["P6", "P7", "P8", "P9", "P10", "P11"]),
        }
    )
    assert merged.n_patients == 11
    assert "Patients in more than one of the cohorts: 1." in merged.notes


def test_endpoints_that_differ_are_both_told():
    merged = merge_cohorts(
        {"north": cohort("n", ["a"]), "south": cohort("s", ["a"], endpoint="death")}
    )
    assert merged.endpoint == "north: relapse; south: death"


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (cohort("s", ["a"], scale="log2"), "north is of scale fpkm and south of scale log2"),
        (cohort("s", ["z"]), "north, south have no gene in common: .*deepcme genes map"),
        (cohort("n", ["a"]), "The sample n0 is in north and in south"),
    ],
)
def test_cohorts_that_do_not_fit_are_told(other, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        merge_cohorts({"north": cohort("n", ["a"]), "south": other})


def test_one_cohort_is_none_to_merge():
    with pytest.raises(DeepCMEError, match="two or more cohorts"):
        merge_cohorts({"north": cohort("n", ["a"])})
