"""Cohorts are put together at their common genes, and every sample keeps its origin."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.audit.audit import audit_cohort
from deepcme.base.notes import is_warning
from deepcme.cohort.merging import merge_cohorts
from deepcme.cohort.outcome import Endpoint
from deepcme.study.parts.added_value import take_clinical
from tests.invented_values import genes_at_levels


def cohort(prefix, genes, scale="fpkm", endpoint="relapse", **options):
    n = 6
    columns = np.arange(len(genes)) + 10.0 * np.arange(n)[:, np.newaxis]
    values = {"batch": [f"{prefix}-plate"] * n, "samples": [f"{prefix}{i}" for i in range(n)]}
    return Cohort.from_arrays(
        columns,
        [0, 1] * 3,
        genes=genes,
        symbols=[gene.upper() for gene in genes],
        endpoint=endpoint,
        scale=scale,
        name=prefix,
        **(values | options),
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


def test_a_sample_without_a_value_of_the_genes_in_common_is_left_out():
    north = cohort("n", ["a", "b", "c"])
    north.X[2, [0, 2]] = np.nan
    merged = merge_cohorts({"north": north, "south": cohort("s", ["d", "c", "a"])})
    assert merged.n_samples == 11
    assert "n2" not in merged.samples
    assert merged.notes[-1] == (
        "With values: 1 sample (n2) left out: without a value of any gene in all cohorts."
    )
    assert merged.flow[-1].step == "with values"
    assert merged.flow[-1].left_out == {"without a value of any gene in all cohorts": 1}


def test_clinical_columns_that_all_have_stay(tmp_path):
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


def of_patients(*north):
    """Two cohorts of six patients; those of the south are P6 to P10 and a TCGA barcode."""
    south = ["P6 ", "P7", "P8", "P9", "P10", "TCGA-A1-0001"]
    return {
        "north": cohort("n", ["a"], patients=list(north)),
        "south": cohort("s", ["a"], patients=south),
    }


def test_patients_of_one_id_in_two_cohorts_are_two_people():
    merged = merge_cohorts(of_patients("P1", "P2", "P3", "P4", "P5", "P6"))
    assert merged.n_patients == 12
    assert merged.patients[[4, 5, 6, 7]].tolist() == ["P5", "north:P6", "south:P6", "P7"]
    (said,) = [note for note in merged.notes if "different people" in note]
    assert said.startswith("1 patient id in more than one of the cohorts (P6)")
    assert merged.flow[-1].patients == 12


def test_they_are_named_in_the_order_of_the_cohorts():
    merged = merge_cohorts(of_patients("P9", "P6", "P10", "P8", "P7", "P1"))
    (said,) = [note for note in merged.notes if "different people" in note]
    assert "(P9, P6, P10 ...)" in said


def test_they_are_one_where_the_user_says_so():
    merged = merge_cohorts(of_patients("P1", "P2", "P3", "P4", "p7", "P6"), same_patients=True)
    assert merged.n_patients == 11
    assert "Patients in more than one of the cohorts: 1." in merged.notes
    assert any(note.startswith("Warning: ") and "(P7 and p7)" in note for note in merged.notes)


def test_a_barcode_is_one_person_wherever_it_stands():
    merged = merge_cohorts(of_patients("P1", "P2", "P3", "P4", "P5", "TCGA.A1.0001"))
    assert merged.n_patients == 11
    assert merged.patients[[5, 11]].tolist() == ["TCGA-A1-0001"] * 2
    assert "Patients in more than one of the cohorts: 1." in merged.notes


@pytest.mark.parametrize("other", ["-01", "-01A-11R-A144-07", "-01A.1"])
def test_one_sample_under_two_barcodes_is_refused(other):
    north = cohort("n", ["a"], samples=["TCGA-A1-0001-01A", *"abcde"])
    south = cohort("s", ["a"], samples=[f"TCGA-A1-0001{other}", *"fghij"])
    with pytest.raises(DeepCMEError, match=r"The sample TCGA-A1-0001-01\S* is in .* there as"):
        merge_cohorts({"north": north, "south": south})


def test_sample_ids_that_differ_in_case_alone_are_warned_about():
    merged = merge_cohorts({"north": cohort("n", ["a"]), "south": cohort("N", ["a"])})
    assert merged.n_samples == 12
    assert any(note.startswith("Warning: sample ids") for note in merged.notes)


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


def made_by(name, *columns, n=1):
    """A cohort whose label was made of clinical columns that are in it."""
    stage = pd.DataFrame({"m_stage": ["M0", "M1"] * 3, "event": 0, "age": range(40, 46)})
    endpoint = Endpoint("relapse", name, left_out={"of stage MX": n}, columns=columns)
    return {"clinical": stage, "endpoint": endpoint}


def test_what_made_the_label_is_kept_so_that_it_is_refused_and_audited(tmp_path):
    parts = {
        "north": cohort("n", ["a"], **made_by("pathologic-m1", "m_stage", n=2)),
        "south": cohort("s", ["a"], **made_by("pathologic-m1", "m_stage", "event")),
    }
    merge_cohorts(parts).save(tmp_path / "merged.h5ad")
    merged = Cohort.load(tmp_path / "merged.h5ad")
    endpoint = merged.outcome.endpoint
    assert endpoint.name == "pathologic-m1"
    assert endpoint.columns == ("m_stage", "event")
    assert endpoint.left_out == {"of stage MX": 3}
    for column in ("m_stage", "event"):
        with pytest.raises(DeepCMEError, match=f"'{column}' was used to make the label"):
            take_clinical(merged, [column])
    (finding,) = [f for f in audit_cohort(merged) if f.code == "DCM009"]
    assert finding.severity == "severe"
    assert "All 6 positives are M1 at diagnosis, by the endpoint" in finding.evidence


def test_an_endpoint_has_no_name_where_the_cohorts_disagree():
    merged = merge_cohorts(
        {
            "north": cohort("n", ["a"], **made_by("pathologic-m1", "m_stage")),
            "south": cohort("s", ["a"], **made_by("column", "event")),
            "east": cohort("e", ["a"]),
        }
    )
    assert merged.outcome.endpoint.name == ""
    assert merged.outcome.endpoint.columns == ("m_stage", "event")
    plain = merge_cohorts({c: cohort(c, ["a"]) for c in "xy"})
    assert plain.outcome.endpoint == Endpoint("relapse")


def test_a_column_of_the_name_cohort_is_not_overwritten():
    arms = pd.DataFrame({"cohort": ["arm A", "arm B"] * 3})
    with pytest.raises(DeepCMEError, match="south has a column 'cohort' already"):
        merge_cohorts({"north": cohort("n", ["a"]), "south": cohort("s", ["a"], clinical=arms)})


def logs(prefix, values):
    return Cohort.from_arrays(
        values,
        [0, 1] * (len(values) // 2),
        samples=[f"{prefix}{i}" for i in range(len(values))],
        genes=[f"g{i}" for i in range(values.shape[1])],
        endpoint="relapse",
        scale="log2",
    )


def test_logs_of_another_offset_are_warned_of():
    values = genes_at_levels(60)
    north, south = logs("n", np.log2(values[:20] + 1)), logs("s", np.log2(values[20:40] + 1))
    east = logs("e", np.log2(values[40:] + 0.001))
    merged = merge_cohorts({"north": north, "south": south, "east": east})
    assert [note for note in merged.notes if is_warning(note)] == [
        "Warning: the values are not comparable: the lowest value, which means not expressed, "
        "is 0 in north and -9.966 in east (log2(x + 0.001)); bring all to one scale before "
        "they are put together."
    ]
    assert not any(map(is_warning, merge_cohorts({"north": north, "south": south}).notes))
