"""The last step of every source keeps what was found, under names that can be stored."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.base.notes import is_warning
from deepcme.cohort.endpoints.endpoints import binary_column
from deepcme.sources.assembly.assembly import assemble
from deepcme.sources.assembly.expression import Expression
from deepcme.sources.assembly.identity import annotate
from deepcme.sources.reading.matrices import Matrix

SAMPLES = ["TCGA-A1-0001-01A-11R-A115-07", "TCGA-A1-0002-11A-11R-A115-07", "TCGA-A1-0003-06A"]


def assembled(values, relapse, **clinical):
    annotation = annotate(SAMPLES)
    for name, column in {"relapse": relapse, **clinical}.items():
        annotation[name] = column
    return assemble(
        Expression(Matrix(np.asarray(values, dtype=np.float32), SAMPLES, ["A", "B"]), "fpkm"),
        annotation,
        lambda table: binary_column(table, "relapse"),
        name="invented",
        provenance={"source": "invented"},
    )


def test_what_barcodes_tell_and_what_the_rule_leaves_out():
    cohort = assembled([[1, 2], [3, 4], [5, 6]], ["1", "0", None])
    assert cohort.samples.tolist() == SAMPLES[:2]
    assert cohort.patients.tolist() == ["TCGA-A1-0001", "TCGA-A1-0002"]
    assert cohort.obs["tissue"].tolist() == ["primary", "normal"]
    assert cohort.obs["batch"].tolist() == ["A115", "A115"]
    assert cohort.obs["tissue_source_site"].tolist() == ["A1", "A1"]
    endpoint = cohort.outcome.endpoint
    assert endpoint.name == "relapse"
    assert endpoint.left_out == {"with a blank relapse": 1}
    assert endpoint.columns == ("relapse",)
    assert cohort.notes == ["1 samples with a blank relapse were left out."]


def test_genes_without_a_value_are_dropped():
    cohort = assembled([[1, np.nan], [3, np.nan], [5, 6]], ["1", "0", None])
    assert cohort.gene_ids.tolist() == ["A"]
    assert "2 values are missing; 1 genes without a single value" in " ".join(cohort.notes)


@pytest.mark.filterwarnings("error")
def test_any_name_of_a_column_can_be_stored(tmp_path):
    odd = {"er (+/-)": ["+", "-", "+"], "_index": [1, 2, 3], "": ["x", None, "y"]}
    cohort = assembled([[1, 2], [3, 4], [5, 6]], ["1", "0", "1"], **odd)
    cohort.save(tmp_path / "cohort.h5ad")
    obs = Cohort.load(tmp_path / "cohort.h5ad").obs
    assert obs["er (+|-)"].tolist() == ["+", "-", "+"]
    assert obs["index"].tolist() == [1, 2, 3]
    assert pd.isna(obs["unnamed"].iloc[1])


def test_names_that_become_one_in_storage_are_told_apart():
    columns = {"a/b": "1", "a|b": "2", "label": "3", "label_in_file": "4"}
    obs = assembled([[1, 2], [3, 4], [5, 6]], ["1", "0", None], **columns).obs
    names = ["a|b", "a|b 2", "label_in_file", "label_in_file 2"]
    assert obs[names].iloc[0].tolist() == [1, 2, 3, 4]


def test_the_column_of_the_label_is_known_under_its_name_in_the_cohort():
    annotation = annotate(SAMPLES).assign(label=["1", "0", "1"])
    values = np.ones((3, 2), dtype=np.float32)
    cohort = assemble(
        Expression(Matrix(values, SAMPLES, ["A", "B"]), "fpkm"),
        annotation,
        lambda table: binary_column(table, "label"),
        name="invented",
        provenance={},
    )
    assert cohort.outcome.endpoint.columns == ("label_in_file",)
    assert cohort.obs["label_in_file"].tolist() == [1, 0, 1]


def test_nothing_can_be_labelled():
    with pytest.raises(DeepCMEError, match="No sample can be labelled by relapse: 3 with a bl"):
        assembled([[1, 2], [3, 4], [5, 6]], [None, None, None])


def test_who_was_read_joined_and_labelled_is_counted():
    cohort = assembled([[1, 2], [3, 4], [5, 6]], ["1", "0", None], age=[50, 60, None])
    assert [step.as_json() for step in cohort.flow] == [
        {"step": "read", "samples": 3, "patients": 3, "positives": None, "left_out": {}},
        {
            "step": "of these with a clinical record",
            "samples": 2,
            "patients": 2,
            "positives": None,
            "left_out": {},
        },
        {
            "step": "labelled",
            "samples": 2,
            "patients": 2,
            "positives": 1,
            "left_out": {"with a blank relapse": 1},
        },
    ]


def test_labels_of_one_class_say_what_was_left_out():
    with pytest.raises(
        DeepCMEError,
        match=r"All 2 samples that relapse labels are of one class: there is no negative "
        r"sample to learn from \(left out: 1 with a blank relapse\)",
    ):
        assembled([[1, 2], [3, 4], [5, 6]], ["1", "1", None])


def test_a_matrix_of_missing_values_is_refused():
    with pytest.raises(DeepCMEError, match="No gene has a value in any of the 2 labelled"):
        assembled([[np.nan, np.nan]] * 2 + [[5, 6]], ["1", "0", None])


def of_many(values):
    """A cohort of samples S0, S1 ..., every second of which relapsed."""
    samples = [f"S{i}" for i in range(len(values))]
    annotation = annotate(samples).assign(relapse=np.resize(["0", "1"], len(values)))
    genes = [f"gene{i}" for i in range(values.shape[1])]
    return assemble(
        Expression(Matrix(values, samples, genes), "fpkm"),
        annotation,
        lambda table: binary_column(table, "relapse"),
        name="invented",
        provenance={},
    )


def test_samples_without_a_value_are_left_out_counted_and_named():
    values = np.ones((6, 4), dtype=np.float32)
    values[[1, 4]] = np.nan
    cohort = of_many(values)
    assert cohort.samples.tolist() == ["S0", "S2", "S3", "S5"]
    assert cohort.labels.tolist() == [0, 0, 1, 1]
    assert cohort.notes == [
        "Warning: 2 samples (S1, S4) left out: without a value of any gene."
    ]
    last = cohort.flow[-1]
    assert (last.step, last.samples, last.positives) == ("with values", 4, 2)
    assert last.left_out == {"without a value of any gene": 2}


def test_the_value_of_a_gene_that_is_the_same_in_all_is_none_of_a_sample():
    values = np.arange(24, dtype=np.float32).reshape(6, 4)
    values[:, 2] = 5
    values[[1, 4], :2] = np.nan
    values[4, 3] = np.nan
    values[2] = np.nan
    cohort = of_many(values)
    assert cohort.samples.tolist() == ["S0", "S1", "S3", "S5"]
    assert cohort.notes[:2] == [
        "Warning: 1 sample (S2) left out: without a value of any gene.",
        "Warning: 1 sample (S4) left out: without a value of any gene that differs between the "
        "samples.",
    ]
    assert cohort.flow[-1].left_out == {
        "without a value of any gene": 1,
        "without a value of any gene that differs between the samples": 1,
    }


def test_samples_without_a_value_that_are_all_of_one_outcome_are_refused():
    values = np.ones((6, 4), dtype=np.float32)
    values[1::2] = np.nan
    with pytest.raises(DeepCMEError, match=r"none of the 3 positive samples \(3 without a val"):
        of_many(values)


def test_samples_that_lack_most_genes_are_named():
    values = np.ones((6, 6), dtype=np.float32)
    values[2, :4] = values[3, :3] = values[4, :2] = values[:, 5] = np.nan
    (warning,) = filter(is_warning, of_many(values).notes)
    assert warning.startswith(
        "Warning: 2 samples without values of more than half of the genes (S2, S3): medians"
    )
