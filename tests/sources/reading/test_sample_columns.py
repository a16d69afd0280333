"""Which column names the samples, in a table of samples and in a clinical one."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.reading.sample_columns import row_names_column
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

SAMPLES = [str(n) for n in (3, 5, 0, 1, 4, 2, 7, 6)]
LABELS = [1, 0, 0, 1, 1, 0, 1, 0]
RELAPSE = TableColumns(label="relapse")


@pytest.fixture
def cohort(tmp_path, random):
    """Make a cohort of eight samples called 0 to 7 and the table of samples in question."""

    def made(header, rows, columns=RELAPSE, ids=SAMPLES):
        matrix = pd.DataFrame(random.gamma(2.0, 3.0, (3, 8)), index=["A", "B", "C"])
        matrix.set_axis(ids, axis=1).rename_axis("gene").to_csv(tmp_path / "expression.csv")
        lines = [header, *(",".join(map(str, row)) for row in rows)]
        (tmp_path / "samples.csv").write_text("\n".join(lines) + "\n")
        return cohort_from_tables(
            tmp_path / "expression.csv", tmp_path / "samples.csv", columns
        )

    return made


def labels_by_sample(cohort):
    return dict(zip(cohort.samples.tolist(), cohort.labels.tolist(), strict=True))


TRUTH = dict(zip(SAMPLES, LABELS, strict=True))
OTHERS = SAMPLES[1:] + SAMPLES[:1]


@pytest.mark.parametrize("name", ["sample", "Sample Name", "sample-id", "SAMPLE_ID", "Samples"])
@pytest.mark.parametrize("first", ["", "Unnamed: 0", "patient", "sample type"])
def test_a_column_called_like_samples_goes_before_the_first(cohort, name, first):
    rows = zip(OTHERS, SAMPLES, LABELS, strict=True)
    assert labels_by_sample(cohort(f"{first},{name},relapse", rows)) == TRUTH


def test_a_column_of_kinds_of_sample_holds_no_ids(cohort):
    kinds = ["Primary Tumor", "Normal"] * 4
    rows = zip(SAMPLES, kinds, LABELS, strict=True)
    assert labels_by_sample(cohort("accession,sample,relapse", rows)) == TRUTH


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "index", "X"])
@pytest.mark.parametrize("start", [0, 1])
def test_a_count_of_the_rows_is_no_sample(cohort, name, start):
    ids = [f"K{sample}" for sample in SAMPLES]
    rows = zip(range(start, 8 + start), ids, LABELS, strict=True)
    read = cohort(f"{name},biopsy,relapse", rows, ids=ids)
    assert labels_by_sample(read) == dict(zip(ids, LABELS, strict=True))
    assert any(
        "numbers the rows; the sample ids were taken from 'biopsy'" in n for n in read.notes
    )


def test_a_count_is_the_sample_where_nothing_else_can_be(cohort):
    rows = zip(range(8), [50.5, *range(41, 48)], LABELS, strict=True)
    read = cohort(",age,relapse", rows, ids=[str(n) for n in range(8)])
    assert labels_by_sample(read) == {str(n): label for n, label in enumerate(LABELS)}


def test_the_label_is_no_sample(cohort):
    rows = zip(LABELS, SAMPLES, strict=True)
    assert labels_by_sample(cohort("relapse,accession", rows)) == TRUTH


def test_columns_can_be_asked_for_in_any_spelling(cohort):
    columns = TableColumns(
        label=" relapse  seen ", sample="Tube-No", patient="Patient ID", batch="PLATE"
    )
    rows = zip(OTHERS, SAMPLES, LABELS, "PPQQRRSS", "xxxxyyyy", strict=True)
    read = cohort("sample,tube_no,relapse seen,patient_id,plate", rows, columns)
    assert labels_by_sample(read) == TRUTH
    assert (read.n_patients, set(read.obs["batch"])) == (4, {"x", "y"})
    with pytest.raises(DeepCMEError, match="no column 'grade'; it has sample, relapse"):
        cohort(
            "sample,relapse",
            zip(SAMPLES, LABELS, strict=True),
            TableColumns("relapse", "grade"),
        )


def test_samples_may_be_the_patients(cohort):
    columns = TableColumns(label="relapse", patient="patient")
    rows = zip(SAMPLES, LABELS, strict=True)
    read = cohort("patient,relapse", rows, columns)
    np.testing.assert_array_equal(read.patients, read.samples)


@pytest.mark.parametrize("title", [[], ["Table S1: samples"]])
def test_a_blank_id_is_found_by_the_one_before_it(cohort, title):
    header = "\n".join([*title, "sample,relapse"])
    rows = list(zip([*SAMPLES[:3], '" "', *SAMPLES[4:]], LABELS, strict=True))
    with pytest.raises(DeepCMEError, match="the row after 0 has no sample id in 'sample'"):
        cohort(header, rows)


def test_a_table_without_columns_has_no_row_names():
    assert row_names_column(pd.DataFrame()) is None
