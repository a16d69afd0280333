"""A space too many makes no new patient, cohort or sample, whatever kind of file has it."""

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.merging import merge_cohorts
from deepcme.cohort.splits import LeaveOneCohortOut
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from tests.conftest import invented_cohort

N = 30
SPACES = ["", " ", "\u00a0", "  "]


def spaced(values):
    """Every value with another space behind it, or before."""
    return [
        value + SPACES[place % 4] if place % 2 else SPACES[place % 3] + value
        for place, value in enumerate(values)
    ]


WRITERS = {
    "csv": lambda table, path: table.to_csv(path, index=False),
    "tsv": lambda table, path: table.to_csv(path, index=False, sep="\t"),
    "parquet": lambda table, path: table.to_parquet(path, index=False),
    "xlsx": lambda table, path: table.to_excel(path, index=False),
}


@pytest.fixture(params=list(WRITERS))
def cohort(request, tables, tmp_path):
    """Two samples a patient and two cohorts, all ids with needless spaces."""
    expression, samples = tables
    table = pd.read_csv(samples)
    table["cohort"] = ["A", "B"] * (N // 2)
    for column in ("sample_id", "patient_id", "cohort"):
        table[column] = spaced(table[column])
    path = tmp_path / f"spaced.{request.param}"
    WRITERS[request.param](table, path)
    return cohort_from_tables(
        expression, path, TableColumns(label="relapse", patient="patient_id"), scale="fpkm"
    )


def test_ids_and_cohorts_are_counted_once(cohort):
    assert (cohort.n_samples, cohort.n_patients) == (N, N // 2)
    assert sorted(cohort.samples) == [f"S{i:02d}" for i in range(N)]
    assert sorted(cohort.obs["cohort"].unique()) == ["A", "B"]


def test_no_cohort_is_left_out_twice(cohort):
    splits = LeaveOneCohortOut(repeats=1).split(
        cohort.labels,
        cohort.samples,
        cohort.obs["cohort"],
        np.random.SeedSequence(1),
    )
    assert [split.left_out for split in splits] == ["A", "B"]


def test_merged_cohorts_know_a_patient_in_another_spelling():
    north, south = invented_cohort(n_patients=20, positives=8), invented_cohort(20, positives=8)
    south.adata.obs["sample"] = [f"{sample} of south" for sample in south.samples]
    north.adata.obs["patient"] = spaced(north.patients)
    merged = merge_cohorts({"north": north, "south": south}, same_patients=True)
    assert merged.n_patients == len(set(south.patients))


@pytest.mark.parametrize(
    "nobody", ["", "unknown", "Unknown ", "NA", "n/a", "none", "-", "missing", "Not available"]
)
def test_a_word_for_nobody_is_no_patient(nobody, tables):
    expression, samples = tables
    table = pd.read_csv(samples)
    table.loc[::2, "patient_id"] = nobody
    table.to_csv(samples, index=False)
    columns = TableColumns(label="relapse", patient="patient_id")
    found = cohort_from_tables(expression, samples, columns, scale="fpkm")
    assert found.n_patients == N
    assert any("15 samples with a blank patient_id" in note for note in found.notes)


def test_a_column_of_patients_is_proposed_though_its_ids_have_spaces(tables):
    expression, samples = tables
    table = pd.read_csv(samples)
    table.loc[1::2, "patient_id"] += " "
    table.to_csv(samples, index=False)
    notes = cohort_from_tables(
        expression, samples, TableColumns(label="relapse"), scale="fpkm"
    ).notes
    assert any("'patient_id' has 15 values for 30 samples" in note for note in notes)
