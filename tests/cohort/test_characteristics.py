"""Groups of samples are described by counts and quartiles, column by column."""

import json

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.characteristics import count_missing, describe_groups
from deepcme.cohort.merging import merge_cohorts
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from tests.conftest import binary_transbig

TABLE = pd.DataFrame(
    {
        "note": [f"seen on day {i}" for i in range(20)],
        "site": ["north"] * 20,
        "weight": [*range(50, 69), np.nan],
        "grade": [1, 2, 3, np.nan] * 5,
        "er": ["pos", "neg", "unknown", "pos"] * 5,
        "age": [str(40 + i) for i in range(20)],
    }
)
GROUPS = {"all": np.full(20, True), "event": np.arange(20) < 4}


def describe(table=TABLE, most=15, **options):
    patients = pd.Series([f"P{i // 2}" for i in range(len(table))])
    return describe_groups(table, patients, GROUPS, most=most, **options)


def test_numbers_have_quartiles_and_words_counts_and_missing_ones_are_counted():
    columns = {column["column"]: column for column in describe()["columns"]}
    assert columns["age"]["event"] == {"missing": 0, "quartiles": [40.75, 41.5, 42.25]}
    assert columns["weight"]["all"] == {"missing": 1, "quartiles": [54.5, 59.0, 63.5]}
    assert columns["er"]["all"] == {"missing": 5, "words": {"neg": 5, "pos": 10}}
    assert columns["er"]["event"] == {"missing": 1, "words": {"neg": 1, "pos": 2}}


def test_a_few_numbers_are_told_by_their_values():
    columns = {column["column"]: column for column in describe()["columns"]}
    assert columns["grade"]["all"] == {"missing": 5, "words": {"1": 5, "2": 5, "3": 5}}


def test_samples_and_patients_of_each_group_are_counted():
    assert describe()["samples"] == {"all": 20, "event": 4}
    assert describe()["patients"] == {"all": 10, "event": 2}


def test_texts_and_columns_beyond_the_most_are_named_and_those_of_one_value_are_not():
    everything = describe()
    assert [column["column"] for column in everything["columns"]] == [
        "grade", "er", "age", "weight",
    ]  # fmt: skip
    assert everything["not_shown"] == ["note"]
    assert describe(most=2, first=["weight"])["columns"][0]["column"] == "weight"
    assert describe(most=2)["not_shown"] == ["note", "weight", "age"]


def test_a_group_without_a_known_value_has_no_quartiles():
    table = TABLE[["age"]].assign(age=[None] * 4 + list(range(16)))
    assert describe(table)["columns"][0]["event"] == {"missing": 4}


def test_missing_values_of_expression_are_counted():
    X = np.array([[1, np.nan, np.nan], [1, 2, np.nan], [1, 2, 3]], dtype=np.float32)
    assert count_missing(X) == {"values": 3, "genes": 2, "samples": 2}


@pytest.fixture
def left_out(tables):
    """Ten of thirty samples have a blank label, those of the south and of high age."""
    expression, samples = tables
    table = pd.read_csv(samples)
    table.loc[20:, "relapse"] = np.nan
    table.to_csv(samples, index=False)
    return cohort_from_tables(expression, samples, TableColumns("relapse"), scale="fpkm")


def test_a_cohort_keeps_characteristics_of_those_left_out_beside_those_kept(left_out, tmp_path):
    left_out.save(tmp_path / "cohort.h5ad")
    (found,) = Cohort.load(tmp_path / "cohort.h5ad").provenance["left_out"]
    assert found["step"] == "labelled"
    assert found["samples"] == {"kept": 20, "left_out": 10}
    age = next(column for column in found["columns"] if column["column"] == "age")
    assert age["kept"]["quartiles"] == [44.75, 49.5, 54.25]
    assert age["left_out"]["quartiles"] == [62.25, 64.5, 66.75]


def test_nothing_is_kept_where_every_sample_is_labelled(tables):
    cohort = cohort_from_tables(*tables, TableColumns("relapse"), scale="fpkm")
    assert cohort.provenance["left_out"] == []


def test_the_example_has_it():
    (found,) = binary_transbig().provenance["left_out"]
    assert found["samples"] == {"kept": 189, "left_out": 9}


def test_merged_cohorts_keep_it_under_their_names(left_out):
    other = left_out.derive(left_out.adata.copy())
    other.obs["sample"] = [f"other {sample}" for sample in other.obs["sample"]]
    merged = merge_cohorts({"A": left_out, "B": other})
    assert [step["step"] for step in merged.provenance["left_out"]] == [
        "A: labelled", "B: labelled",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "damaged"),
    [("samples", "many"), ("patients", {"kept": 3}), ("columns", [{"column": "age"}])],
)
def test_a_damaged_record_is_refused(left_out, tmp_path, place, damaged):
    left_out.provenance["left_out"][0][place] = damaged
    left_out.save(tmp_path / "cohort.h5ad")
    with pytest.raises(DeepCMEError, match=rf"damaged: 'left_out.0.{place}.* is not what"):
        Cohort.load(tmp_path / "cohort.h5ad")


def test_it_is_json():
    assert json.loads(json.dumps(describe())) == describe()
